-- What the tests of the whole chain came to; readings of "gateway/trial" say when it was proved.
CREATE TABLE trials (
  id INTEGER PRIMARY KEY,
  began_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  "by" TEXT NOT NULL,
  passed INTEGER NOT NULL,
  run TEXT NOT NULL                    -- JSON: gateway.trial_run.Run
);
