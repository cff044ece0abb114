CREATE TABLE announcements (           -- what was said at home of an alert, each sentence once
  alert_key TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (alert_key, name)
) WITHOUT ROWID;
