-- A test of the chain, who set out, and why an alarm was false.
ALTER TABLE alerts ADD COLUMN set_out_at INTEGER;
ALTER TABLE alerts ADD COLUMN cause TEXT;
ALTER TABLE alerts ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
