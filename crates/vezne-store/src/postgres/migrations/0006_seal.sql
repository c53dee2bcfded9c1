-- What was approved is what is paid, and a row that does not read stops no other.

-- A keyed tag over everything that a payout is and where it stands. Null only in rows from before, until
-- a person has confirmed them.
ALTER TABLE payout ADD COLUMN seal BYTEA CHECK (length(seal) = 16);
-- Since when no worker meets the row, because it does not read. A person takes it up.
ALTER TABLE payout ADD COLUMN set_aside_at BIGINT;
ALTER TABLE callback ADD COLUMN set_aside_at BIGINT;

-- A program from before seals may still move a payout. It must not look as if somebody else had, so
-- that the payout has no seal then and waits for the confirmation as all of old do.
CREATE FUNCTION lose_seal() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.seal := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_loses_seal BEFORE UPDATE ON payout
    FOR EACH ROW WHEN (NEW.seal IS NOT DISTINCT FROM OLD.seal AND OLD.seal IS NOT NULL AND
        (NEW.state, NEW.rail, NEW.rail_reference, NEW.dispatched_at, NEW.sends, NEW.accepted,
         NEW.absent_since, NEW.progress, NEW.doubt_since, NEW.doubt_detail, NEW.rejected_by, NEW.reason)
        IS DISTINCT FROM
        (OLD.state, OLD.rail, OLD.rail_reference, OLD.dispatched_at, OLD.sends, OLD.accepted,
         OLD.absent_since, OLD.progress, OLD.doubt_since, OLD.doubt_detail, OLD.rejected_by, OLD.reason))
    EXECUTE FUNCTION lose_seal();

-- What workers ask for has no room for rows that were set aside.
DROP INDEX payout_due;
DROP INDEX payout_approved;
CREATE INDEX payout_approved ON payout (merchant_id, channel, due_at, id)
    WHERE state = 'approved' AND set_aside_at IS NULL;
DROP INDEX payout_asked;
CREATE INDEX payout_asked ON payout (due_at, merchant_id, rail, progress)
    WHERE progress IS NOT NULL AND set_aside_at IS NULL;
DROP INDEX payout_line;
CREATE INDEX payout_line ON payout (rail, progress, merchant_id, due_at, id)
    WHERE progress IS NOT NULL AND set_aside_at IS NULL;
DROP INDEX callback_due;
CREATE INDEX callback_due ON callback (merchant_id, state_at)
    WHERE state = 'due' AND set_aside_at IS NULL;
-- What a person must look at. Few at any time.
CREATE INDEX payout_set_aside ON payout (set_aside_at) WHERE set_aside_at IS NOT NULL;
CREATE INDEX callback_set_aside ON callback (set_aside_at) WHERE set_aside_at IS NOT NULL;
-- What is to be confirmed; empty ever after.
CREATE INDEX payout_unsealed ON payout (id) WHERE seal IS NULL;
