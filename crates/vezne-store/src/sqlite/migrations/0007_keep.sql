-- What has an end, and what is counted so that it can be bounded.

-- How many rows a merchant has of what costs it nothing, changed in the commit that adds one.
CREATE TABLE kept_count (
    merchant_id INTEGER PRIMARY KEY REFERENCES merchant (id),
    refusals    INTEGER NOT NULL CHECK (refusals >= 0), -- all rows of them
    folded      INTEGER NOT NULL CHECK (folded >= 0),   -- those that have a digest for their reference
    idle_proofs INTEGER NOT NULL CHECK (idle_proofs >= 0), -- those that brought nothing when they came
    CHECK (folded <= refusals)
) STRICT;
INSERT INTO kept_count (merchant_id, refusals, folded, idle_proofs)
    SELECT merchant_id, count(*), 0, 0 FROM refusal GROUP BY merchant_id;

-- A refusal that is old has a digest of reference and scope for its reference, and '#' for its
-- scope, which no channel is called. One that a payout stands in the place of stays as it is.
CREATE INDEX refusal_whole ON refusal (at) WHERE reopened_at IS NULL AND scope <> '#';

-- Until when a proof is looked for; null for one that stands for its content for good.
ALTER TABLE used_proof ADD COLUMN until INTEGER;
CREATE INDEX used_proof_until ON used_proof (until) WHERE until IS NOT NULL;

DROP TRIGGER used_proof_stays;
CREATE TRIGGER used_proof_stays BEFORE DELETE ON used_proof WHEN OLD.until IS NULL
BEGIN
    SELECT RAISE(ABORT, 'a used proof is never forgotten');
END;

-- The attempts up to this number, and the bytes, were let go when the callback was long done.
ALTER TABLE callback ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten >= 0);
CREATE INDEX callback_whole ON callback (state_at) WHERE state <> 'due' AND forgotten < attempts;

DROP TRIGGER callback_body_stays;
CREATE TRIGGER callback_body_stays BEFORE UPDATE OF body ON callback
    WHEN OLD.body IS NOT NULL
    AND NOT (NEW.body IS NULL AND NEW.state <> 'due' AND NEW.forgotten = NEW.attempts)
BEGIN
    SELECT RAISE(ABORT, 'the bytes of a callback are the same on every attempt');
END;

DROP TRIGGER attempt_stays;
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt WHEN NOT EXISTS (
    SELECT 1 FROM callback AS c
    WHERE c.id = OLD.callback_id AND c.state <> 'due' AND c.forgotten >= OLD.number)
BEGIN
    SELECT RAISE(ABORT, 'attempts are append-only');
END;
