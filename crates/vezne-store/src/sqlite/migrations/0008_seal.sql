-- What was approved is what is paid, and a row that does not read stops no other.

-- A keyed tag over everything that a payout is and where it stands. Null only in rows from before, until
-- a person has confirmed them.
ALTER TABLE payout ADD COLUMN seal BLOB CHECK (length(seal) = 16);
-- Since when no worker meets the row, because it does not read. A person takes it up.
ALTER TABLE payout ADD COLUMN set_aside_at INTEGER;
ALTER TABLE callback ADD COLUMN set_aside_at INTEGER;

-- What workers ask for has no room for rows that were set aside.
DROP INDEX payout_approved;
CREATE INDEX payout_approved ON payout (merchant_id, channel, due_at)
    WHERE state = 'approved' AND set_aside_at IS NULL;
DROP INDEX payout_due;
CREATE INDEX payout_due ON payout (due_at, merchant_id, rail, progress)
    WHERE progress IS NOT NULL AND set_aside_at IS NULL;
DROP INDEX payout_line;
CREATE INDEX payout_line ON payout (rail, progress, merchant_id, due_at)
    WHERE progress IS NOT NULL AND set_aside_at IS NULL;
DROP INDEX callback_due;
CREATE INDEX callback_due ON callback (merchant_id, state_at)
    WHERE state = 'due' AND set_aside_at IS NULL;
-- What a person must look at. Few at any time.
CREATE INDEX payout_set_aside ON payout (set_aside_at) WHERE set_aside_at IS NOT NULL;
CREATE INDEX callback_set_aside ON callback (set_aside_at) WHERE set_aside_at IS NOT NULL;
-- What is to be confirmed; empty ever after.
CREATE INDEX payout_unsealed ON payout (seal) WHERE seal IS NULL;
