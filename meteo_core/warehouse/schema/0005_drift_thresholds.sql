-- What the alarms of a year were measured against, and how that was come by.
CREATE TABLE monitoring.drift_thresholds (
    date DATE NOT NULL,
    kind VARCHAR NOT NULL,
    parameter VARCHAR NOT NULL,
    value DOUBLE,
    method VARCHAR NOT NULL,
    first DATE,
    last DATE,
    rate DOUBLE,
    multiplier DOUBLE,
    rows BIGINT NOT NULL,
    fitted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (date, kind, parameter)
);
COMMENT ON COLUMN monitoring.drift_thresholds.date IS 'First day that is judged by it; fitted on days before alone';
COMMENT ON COLUMN monitoring.drift_thresholds.kind IS 'Kind of alarm';
COMMENT ON COLUMN monitoring.drift_thresholds.value IS 'Score beyond which it is an alarm; null where there was too little data, and then there are no alarms';
COMMENT ON COLUMN monitoring.drift_thresholds.method IS 'How it was come by';
COMMENT ON COLUMN monitoring.drift_thresholds.first IS 'First day with a score in the fitting period';
COMMENT ON COLUMN monitoring.drift_thresholds.last IS 'Last day of the fitting period';
COMMENT ON COLUMN monitoring.drift_thresholds.rate IS 'Alarms that it lets pass in the fitting period, for each station-year; null where it is not fitted so';
COMMENT ON COLUMN monitoring.drift_thresholds.multiplier IS 'Of the largest score in the fitting period; null where it is not fitted so';
COMMENT ON COLUMN monitoring.drift_thresholds.rows IS 'Scores in the fitting period';
COMMENT ON COLUMN monitoring.drift_thresholds.fitted_at IS 'When it was fitted, UTC';
