-- What has an end, and what is counted so that it can be bounded.

-- How many rows a merchant has of what costs it nothing, changed under the merchant's lock in the
-- commit that adds one.
CREATE TABLE kept_count (
    merchant_id BIGINT PRIMARY KEY,
    refusals    BIGINT NOT NULL CHECK (refusals >= 0), -- all rows of them
    folded      BIGINT NOT NULL CHECK (folded >= 0),   -- those that have a digest for their reference
    idle_proofs BIGINT NOT NULL CHECK (idle_proofs >= 0), -- those that brought nothing when they came
    CHECK (folded <= refusals)
) WITH (fillfactor = 50);
-- Nobody may add one between the count and the commit.
LOCK TABLE refusal IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO kept_count (merchant_id, refusals, folded, idle_proofs)
    SELECT merchant_id, count(*), 0, 0 FROM refusal GROUP BY merchant_id;

-- A refusal that is old has a digest of reference and scope for its reference, and '#' for its
-- scope, which no channel is called. One that a payout stands in the place of stays as it is.
CREATE INDEX refusal_whole ON refusal (at) WHERE reopened_at IS NULL AND scope <> '#';

-- Until when a proof is looked for; null for one that stands for its content for good.
ALTER TABLE used_proof ADD COLUMN until BIGINT;
CREATE INDEX used_proof_until ON used_proof (until) WHERE until IS NOT NULL;

DROP TRIGGER used_proof_stays ON used_proof;
CREATE TRIGGER used_proof_stays BEFORE DELETE ON used_proof
    FOR EACH ROW WHEN (OLD.until IS NULL)
    EXECUTE FUNCTION refuse_change('a used proof is never forgotten');

-- The attempts up to this number, and the bytes, were let go when the callback was long done.
ALTER TABLE callback ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;
CREATE INDEX callback_whole ON callback (state_at) WHERE state <> 'due' AND forgotten < attempts;

DROP TRIGGER callback_body_stays ON callback;
CREATE TRIGGER callback_body_stays BEFORE UPDATE OF body ON callback
    FOR EACH ROW WHEN (OLD.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body
        AND NOT (NEW.body IS NULL AND NEW.state <> 'due' AND NEW.forgotten = NEW.attempts))
    EXECUTE FUNCTION refuse_change('the bytes of a callback are the same on every attempt');

CREATE FUNCTION refuse_unforgotten() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM callback AS c
               WHERE c.id = OLD.callback_id AND c.merchant_id = OLD.merchant_id
               AND c.state <> 'due' AND c.forgotten >= OLD.number) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'attempt: attempts are append-only' USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER attempt_is_written_once ON attempt;
CREATE TRIGGER attempt_is_written_once BEFORE UPDATE ON attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_change('attempts are append-only');
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_unforgotten();
