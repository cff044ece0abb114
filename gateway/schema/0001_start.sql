-- What the box remembers. All times are integer microseconds since 1970 UTC.
-- Readings carry no index but their own order: an index would double the bytes that every reading writes to flash.

CREATE TABLE readings (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  device TEXT NOT NULL,
  kind TEXT NOT NULL,
  value NOT NULL,
  device_at INTEGER,
  sequence INTEGER,
  origin TEXT NOT NULL DEFAULT '',
  mid INTEGER                          -- the broker's packet id, to know a redelivery again
);

CREATE TABLE refusals (
  reason TEXT NOT NULL,
  topic TEXT NOT NULL,
  detail TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (reason, topic)
) WITHOUT ROWID;

CREATE TABLE alerts (
  key TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  device TEXT NOT NULL,
  evidence TEXT NOT NULL,              -- JSON object
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  "by" TEXT NOT NULL,
  acknowledged_at INTEGER,
  called_from INTEGER NOT NULL,
  rounds INTEGER NOT NULL,
  outcome TEXT,
  note TEXT NOT NULL
);
CREATE INDEX alerts_by_opening ON alerts (opened_at);

-- One live alert of a kind and subject: the store refuses a second one, whatever the code believes.
CREATE UNIQUE INDEX one_live_alert ON alerts (kind, subject)
  WHERE state NOT IN ('closed', 'cancelled');

CREATE TABLE alert_history (
  alert_key TEXT NOT NULL,
  revision INTEGER NOT NULL,
  at INTEGER NOT NULL,
  from_state TEXT,                     -- NULL: opened
  to_state TEXT NOT NULL,
  count INTEGER NOT NULL,
  "by" TEXT NOT NULL,
  PRIMARY KEY (alert_key, revision)
) WITHOUT ROWID;

-- History is written by the database itself, so no code path can change a state silently.
CREATE TRIGGER alert_opened AFTER INSERT ON alerts BEGIN
  INSERT INTO alert_history (alert_key, at, from_state, to_state, revision, count, "by")
  VALUES (new.key, new.updated_at, NULL, new.state, new.revision, new.count, new."by");
END;

CREATE TRIGGER alert_changed AFTER UPDATE ON alerts WHEN new.revision <> old.revision BEGIN
  INSERT INTO alert_history (alert_key, at, from_state, to_state, revision, count, "by")
  VALUES (new.key, new.updated_at, old.state, new.state, new.revision, new.count, new."by");
END;

CREATE TABLE applied (                 -- detections that have acted on an alert, each once
  name TEXT PRIMARY KEY,
  alert_key TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE deliveries (
  id TEXT NOT NULL,
  alert_key TEXT NOT NULL,
  contact TEXT NOT NULL,
  channel TEXT NOT NULL,
  severity TEXT NOT NULL,
  revision INTEGER NOT NULL,
  round INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  receipt TEXT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (alert_key, id)          -- rows of one alert lie together; an id is only looked for within its alert
) WITHOUT ROWID;
CREATE INDEX deliveries_under_way ON deliveries (state) WHERE state IN ('due', 'sent');

CREATE TABLE decisions (               -- what the station's staff decided, each applied once
  id TEXT PRIMARY KEY,
  alert_key TEXT NOT NULL,
  at INTEGER NOT NULL,
  answer TEXT NOT NULL                 -- what we told the station became of it
) WITHOUT ROWID;

CREATE TABLE snapshot (                -- what the box believed after reading `reading_id`, for a quick start
  id INTEGER PRIMARY KEY CHECK (id = 1),
  reading_id INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  state BLOB NOT NULL
);

CREATE TABLE starts (                  -- how often the process has begun; orders heartbeats across restarts
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
);
