-- When each path of a home was last heard, and what the station found out by itself.

CREATE TABLE paths (
    home TEXT NOT NULL,
    path TEXT NOT NULL,            -- alerts.topics.PATHS
    heard_at TEXT,                 -- the station's time of the last sealed word that came by it
    heartbeat TEXT,                -- JSON of the last Heartbeat that came by it
    PRIMARY KEY (home, path)
) STRICT, WITHOUT ROWID;

INSERT INTO paths SELECT id, 'main', heard_at, heartbeat FROM homes WHERE heartbeat IS NOT NULL;

ALTER TABLE homes ADD COLUMN boots TEXT NOT NULL DEFAULT '[]';  -- JSON: Heartbeat.boot of the latest runs, newest last
ALTER TABLE homes ADD COLUMN forgotten_since TEXT;              -- the home's time from which this store has lost its word
ALTER TABLE alerts ADD COLUMN subject TEXT NOT NULL DEFAULT ''; -- of our own alerts: which path
