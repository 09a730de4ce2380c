-- The service's log of what-ifs, collected day by day. Rows are added and never changed.
CREATE TABLE monitoring.prediction_requests (
    id BIGINT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    day DATE NOT NULL,
    user_id BIGINT,
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    issue VARCHAR NOT NULL,
    model_version INTEGER NOT NULL,
    snapshot VARCHAR NOT NULL,
    route VARCHAR NOT NULL,
    inputs JSON NOT NULL,
    missing JSON NOT NULL,
    p_gt_1_0 DOUBLE,
    -- The moment too: a service database begun anew counts from 1 again.
    PRIMARY KEY (id, asked_at)
);
COMMENT ON COLUMN monitoring.prediction_requests.id IS 'Number of the row in the service database';
COMMENT ON COLUMN monitoring.prediction_requests.asked_at IS 'When it was answered, UTC';
COMMENT ON COLUMN monitoring.prediction_requests.day IS 'Day in Sydney on which it was answered: the partition';
COMMENT ON COLUMN monitoring.prediction_requests.user_id IS 'Who asked, by number';
COMMENT ON COLUMN monitoring.prediction_requests.date IS 'Day that the question was about, on the station''s calendar';
COMMENT ON COLUMN monitoring.prediction_requests.issue IS 'Issue time: evening (all of the day observed) or morning';
COMMENT ON COLUMN monitoring.prediction_requests.model_version IS 'Version of meteo-rain that answered';
COMMENT ON COLUMN monitoring.prediction_requests.snapshot IS 'Serving snapshot that it was answered from';
COMMENT ON COLUMN monitoring.prediction_requests.route IS 'Variant of the model, or climatology';
COMMENT ON COLUMN monitoring.prediction_requests.inputs IS 'Parameters as given, in the units of the parameter table; null where null was given';
COMMENT ON COLUMN monitoring.prediction_requests.missing IS 'Parameters that were usable and unknown';
COMMENT ON COLUMN monitoring.prediction_requests.p_gt_1_0 IS 'Chance of more than 1.0 mm that was answered, 0 to 1';
