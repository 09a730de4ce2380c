-- Drift of what the service is asked, beside that of the observations.
CREATE TABLE monitoring.request_drift (
    week DATE NOT NULL,
    parameter VARCHAR NOT NULL,
    score DOUBLE,
    threshold DOUBLE,
    rows BIGINT NOT NULL,
    verdict VARCHAR NOT NULL CHECK (verdict IN ('steady', 'drift', 'insufficient data')),
    PRIMARY KEY (week, parameter)
);
COMMENT ON COLUMN monitoring.request_drift.week IS 'Sunday that begins the week; what was asked in the 30 days to its end';
COMMENT ON COLUMN monitoring.request_drift.score IS 'Wasserstein distance of the anomalies asked about from those of the same season of earlier years at the same stations, in standard deviations; null with too few';
COMMENT ON COLUMN monitoring.request_drift.threshold IS '1.15 x the largest distance of an earlier year, drawn from as often at the same stations';
COMMENT ON COLUMN monitoring.request_drift.rows IS 'Questions that gave the parameter';
