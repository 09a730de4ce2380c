-- The first tables of the warehouse. Dates are station days; timestamps are UTC. features.daily is in no script:
-- it is made to fit its rows.
CREATE SCHEMA raw;
CREATE SCHEMA features;
CREATE SCHEMA labels;
CREATE SCHEMA forecasts;
CREATE SCHEMA monitoring;

-- Nothing takes its numbers any more: rows are numbered as they are added, which a lake can do too.
CREATE SEQUENCE raw.revision_number;

-- Append-only: what each source said of a station's day, each time that it said something new.
CREATE TABLE raw.observation_revisions (
    revision BIGINT NOT NULL DEFAULT nextval('raw.revision_number'),
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    min_temp DOUBLE,
    max_temp DOUBLE,
    rainfall DOUBLE,
    evaporation DOUBLE,
    sunshine DOUBLE,
    wind_gust_dir VARCHAR,
    wind_gust_speed DOUBLE,
    wind_gust_time VARCHAR,
    temp_9am DOUBLE,
    humidity_9am DOUBLE,
    cloud_9am DOUBLE,
    wind_dir_9am VARCHAR,
    wind_speed_9am DOUBLE,
    pressure_9am DOUBLE,
    temp_3pm DOUBLE,
    humidity_3pm DOUBLE,
    cloud_3pm DOUBLE,
    wind_dir_3pm VARCHAR,
    wind_speed_3pm DOUBLE,
    pressure_3pm DOUBLE,
    rain_today BOOLEAN,
    source VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('final', 'provisional')),
    fetched_at TIMESTAMPTZ NOT NULL,
    content_sha256 VARCHAR NOT NULL
);

-- As the warehouse knew the world at a moment: the newest revision fetched until then.
CREATE MACRO raw.observations_as_of(moment) AS TABLE
    SELECT * FROM raw.observation_revisions
    WHERE fetched_at <= moment
    QUALIFY row_number() OVER (PARTITION BY station, date ORDER BY fetched_at DESC, revision DESC) = 1;

CREATE VIEW raw.observations AS
    SELECT * FROM raw.observation_revisions
    QUALIFY row_number() OVER (PARTITION BY station, date ORDER BY fetched_at DESC, revision DESC) = 1;

-- Values that were rejected, or kept but worth a look, each with the reason.
CREATE TABLE raw.quarantine (
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    parameter VARCHAR NOT NULL,
    value VARCHAR,
    verdict VARCHAR NOT NULL CHECK (verdict IN ('rejected', 'flagged')),
    reason VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    found_at TIMESTAMPTZ NOT NULL
);

-- Documents that could not be had or not be trusted.
CREATE TABLE raw.source_failures (
    origin VARCHAR NOT NULL,
    station VARCHAR,
    kind VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    found_at TIMESTAMPTZ NOT NULL
);

-- What happened after each forecast day: rain between 9 am of the date and 9 am of the next. Null is unknown.
CREATE TABLE labels.daily (
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    rain_mm DOUBLE,
    ge_0_2 BOOLEAN,
    gt_1_0 BOOLEAN,
    ge_5_0 BOOLEAN,
    ge_10_0 BOOLEAN,
    ge_25_0 BOOLEAN,
    PRIMARY KEY (station, date)
);

-- Forecasts as issued (never changed), and hindcasts made afterwards (replaced when made again).
CREATE TABLE forecasts.daily (
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    issue VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('issued', 'hindcast')),
    issued_at TIMESTAMPTZ NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    valid_to TIMESTAMPTZ NOT NULL,
    p_gt_1_0 DOUBLE NOT NULL,
    climatology_gt_1_0 DOUBLE NOT NULL,
    markov_gt_1_0 DOUBLE NOT NULL,
    route VARCHAR NOT NULL,
    model_version INTEGER NOT NULL,
    in_sample BOOLEAN NOT NULL,
    PRIMARY KEY (station, date, issue)
);

CREATE TABLE monitoring.drift (
    week DATE NOT NULL,
    parameter VARCHAR NOT NULL,
    score DOUBLE,
    threshold DOUBLE,
    rows BIGINT NOT NULL,
    verdict VARCHAR NOT NULL CHECK (verdict IN ('steady', 'drift', 'insufficient data')),
    PRIMARY KEY (week, parameter)
);
