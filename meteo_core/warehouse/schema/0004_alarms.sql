-- Alarms of drift and faults, one row for each day on which an alarm is active.
CREATE TABLE monitoring.alarms (
    date DATE NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('pooled', 'station', 'hard', 'skill')),
    station VARCHAR NOT NULL,
    parameter VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    threshold DOUBLE NOT NULL,
    PRIMARY KEY (date, kind, station, parameter)
);
COMMENT ON TABLE monitoring.alarms IS 'Days in succession, at most three apart, of the same kind, station and parameter are one alarm';
COMMENT ON COLUMN monitoring.alarms.date IS 'Day on which the alarm is active';
COMMENT ON COLUMN monitoring.alarms.kind IS 'pooled: all stations against their season; station: one against those near by; hard: values that no weather gives; skill: forecasts';
COMMENT ON COLUMN monitoring.alarms.station IS 'Station key; empty where the alarm is of all stations';
COMMENT ON COLUMN monitoring.alarms.parameter IS 'Name in the parameter table; of skill, what was scored';
COMMENT ON COLUMN monitoring.alarms.score IS 'What was measured, in the units of the threshold';
COMMENT ON COLUMN monitoring.alarms.threshold IS 'What may be reached without an alarm';
