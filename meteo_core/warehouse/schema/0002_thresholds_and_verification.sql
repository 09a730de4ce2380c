-- Chances and references at every threshold, and what forecasts and outcomes came to.

-- Null in forecasts made when there was one threshold, more than 1.0 mm.
ALTER TABLE forecasts.daily ADD COLUMN p_ge_0_2 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN p_ge_5_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN p_ge_10_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN p_ge_25_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN climatology_ge_0_2 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN climatology_ge_5_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN climatology_ge_10_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN climatology_ge_25_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN markov_ge_0_2 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN markov_ge_5_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN markov_ge_10_0 DOUBLE;
ALTER TABLE forecasts.daily ADD COLUMN markov_ge_25_0 DOUBLE;
COMMENT ON COLUMN forecasts.daily.p_ge_0_2 IS 'Chance of at least 0.2 mm from 9 am of the date to 9 am of the next, 0 to 1';
COMMENT ON COLUMN forecasts.daily.p_gt_1_0 IS 'Chance of more than 1 mm from 9 am of the date to 9 am of the next, 0 to 1';
COMMENT ON COLUMN forecasts.daily.p_ge_5_0 IS 'Chance of at least 5 mm from 9 am of the date to 9 am of the next, 0 to 1';
COMMENT ON COLUMN forecasts.daily.p_ge_10_0 IS 'Chance of at least 10 mm from 9 am of the date to 9 am of the next, 0 to 1';
COMMENT ON COLUMN forecasts.daily.p_ge_25_0 IS 'Chance of at least 25 mm from 9 am of the date to 9 am of the next, 0 to 1';
COMMENT ON COLUMN forecasts.daily.climatology_ge_0_2 IS 'Chance of at least 0.2 mm by station and month alone, 0 to 1';
COMMENT ON COLUMN forecasts.daily.climatology_gt_1_0 IS 'Chance of more than 1 mm by station and month alone, 0 to 1';
COMMENT ON COLUMN forecasts.daily.climatology_ge_5_0 IS 'Chance of at least 5 mm by station and month alone, 0 to 1';
COMMENT ON COLUMN forecasts.daily.climatology_ge_10_0 IS 'Chance of at least 10 mm by station and month alone, 0 to 1';
COMMENT ON COLUMN forecasts.daily.climatology_ge_25_0 IS 'Chance of at least 25 mm by station and month alone, 0 to 1';
COMMENT ON COLUMN forecasts.daily.markov_ge_0_2 IS 'Chance of at least 0.2 mm by station, month and today''s rain, 0 to 1';
COMMENT ON COLUMN forecasts.daily.markov_gt_1_0 IS 'Chance of more than 1 mm by station, month and today''s rain, 0 to 1';
COMMENT ON COLUMN forecasts.daily.markov_ge_5_0 IS 'Chance of at least 5 mm by station, month and today''s rain, 0 to 1';
COMMENT ON COLUMN forecasts.daily.markov_ge_10_0 IS 'Chance of at least 10 mm by station, month and today''s rain, 0 to 1';
COMMENT ON COLUMN forecasts.daily.markov_ge_25_0 IS 'Chance of at least 25 mm by station, month and today''s rain, 0 to 1';

CREATE SCHEMA verification;

-- Each forecast that may be scored beside its outcome, for each threshold. A revised observation replaces the
-- outcome and the errors here; the forecast itself never changes.
CREATE TABLE verification.daily (
    station VARCHAR NOT NULL,
    date DATE NOT NULL,
    issue VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('issued', 'hindcast')),
    model_version INTEGER NOT NULL,
    threshold VARCHAR NOT NULL,
    chance DOUBLE NOT NULL,
    climatology DOUBLE,
    markov DOUBLE,
    outcome BOOLEAN NOT NULL,
    squared_error DOUBLE NOT NULL,
    squared_error_climatology DOUBLE,
    squared_error_markov DOUBLE,
    PRIMARY KEY (station, date, issue, threshold)
);
COMMENT ON COLUMN verification.daily.date IS 'Day on the station''s calendar on which it was issued; valid from 9 am of it to 9 am of the next';
COMMENT ON COLUMN verification.daily.issue IS 'Issue time: evening (all of the day observed) or morning';
COMMENT ON COLUMN verification.daily.kind IS 'issued on its day, or a hindcast by a model that had not seen the outcome';
COMMENT ON COLUMN verification.daily.threshold IS 'Rule for calling a day wet, such as gt_1_0: more than 1.0 mm';
COMMENT ON COLUMN verification.daily.chance IS 'Forecast probability, 0 to 1';
COMMENT ON COLUMN verification.daily.climatology IS 'Probability by station and month alone; null where none was kept';
COMMENT ON COLUMN verification.daily.markov IS 'Probability by station, month and today''s rain; null where none was kept';
COMMENT ON COLUMN verification.daily.outcome IS 'Whether the rule was met; forecasts without a known outcome have no row';
COMMENT ON COLUMN verification.daily.squared_error IS '(chance - outcome) squared; its mean is the Brier score';
COMMENT ON COLUMN verification.daily.squared_error_climatology IS 'The same of climatology';
COMMENT ON COLUMN verification.daily.squared_error_markov IS 'The same of Markov';
