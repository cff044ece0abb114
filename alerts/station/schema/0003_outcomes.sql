-- Who set out, and what false alarms came from.

ALTER TABLE alerts ADD COLUMN set_out_at TEXT;
ALTER TABLE alerts ADD COLUMN set_out_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN cause TEXT;
ALTER TABLE decisions ADD COLUMN cause TEXT;

CREATE INDEX alerts_by_closing ON alerts (closed_at);
