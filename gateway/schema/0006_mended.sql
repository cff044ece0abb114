-- What was done about a damaged store, until people were told of it (alerts.durable.mended).
CREATE TABLE mended (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  condition TEXT NOT NULL,             -- alerts.durable.damage.Condition
  how TEXT NOT NULL,
  since TEXT                           -- ISO 8601, the backup's time; NULL: none was needed, or there
);
