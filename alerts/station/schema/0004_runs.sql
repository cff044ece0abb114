-- homes.boots, JSON: now pairs of the latest runs' names and the sequence of the latest heartbeat of each. The runs that
-- were known are forgotten: two boxes that take turns are noticed again with their next heartbeats.
UPDATE homes SET boots = '[]';
