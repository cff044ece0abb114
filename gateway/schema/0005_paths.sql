-- What is known of the paths over restarts: the newest heartbeat that the station answered, and the daily tests.
CREATE TABLE paths (
  path TEXT PRIMARY KEY,               -- alerts.topics.PATHS
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE path_tests (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  told TEXT NOT NULL
);
