-- What the station keeps. Times are ISO 8601 in UTC with microseconds, so that they sort as text.

CREATE TABLE homes (
    id TEXT PRIMARY KEY,
    heard_at TEXT,                 -- the station's time of the last sealed word
    heartbeat TEXT,                -- JSON of the last Heartbeat
    bed TEXT                       -- JSON of the last BedInfo, for words about a home that says nothing
) STRICT;

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    home TEXT NOT NULL,
    key TEXT NOT NULL,             -- the home's, or "gateway_silent:..." for our own
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,           -- alerts.model.AlertState, as this station sees it
    revision INTEGER NOT NULL,     -- of the newest message
    count INTEGER NOT NULL,        -- occurrences told so far
    since TEXT NOT NULL,
    last_at TEXT NOT NULL,
    home_updated_at TEXT NOT NULL, -- the newest message's alert.updated_at
    test INTEGER NOT NULL,
    message TEXT,                  -- JSON: alert, bed, brief_zh, brief_en
    stored_at TEXT NOT NULL,       -- first stored here
    waiting_since TEXT NOT NULL,   -- when it last began to need a person
    told INTEGER NOT NULL,         -- tellings stored
    told_at TEXT NOT NULL,         -- the latest telling that asks for a person
    acknowledged_at TEXT,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    attended_at TEXT,
    attended_by TEXT NOT NULL DEFAULT '',
    closed_at TEXT,
    closed_by TEXT NOT NULL DEFAULT '',
    outcome TEXT,
    note TEXT NOT NULL DEFAULT '',
    recovered_at TEXT,             -- the condition went away
    refused TEXT NOT NULL DEFAULT '',  -- why the home did not take our latest decision
    UNIQUE (home, key)
) STRICT;

CREATE INDEX alerts_by_state ON alerts (state);

CREATE TABLE deliveries (
    home TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    PRIMARY KEY (home, delivery_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
    number INTEGER PRIMARY KEY,    -- the order in which people decided
    id TEXT NOT NULL UNIQUE,
    alert INTEGER NOT NULL REFERENCES alerts (id),
    action TEXT NOT NULL,
    revision INTEGER NOT NULL,
    count INTEGER NOT NULL,        -- occurrences that the person knew of
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT,
    note TEXT NOT NULL DEFAULT '',
    receipted_at TEXT              -- the home has it; decisions about our own alerts need no receipt
) STRICT;

CREATE INDEX decisions_to_send ON decisions (alert) WHERE receipted_at IS NULL;

CREATE TABLE keys (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
