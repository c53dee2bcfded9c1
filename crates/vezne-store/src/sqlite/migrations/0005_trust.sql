-- What is known of a payout after a restore, and the reference that its rail knows it by.

-- The number of releases from a quarantine that it is vouched for. An unfinished payout with fewer
-- than the desk asks for is in doubt.
ALTER TABLE payout ADD COLUMN trust INTEGER NOT NULL DEFAULT 0;
-- Null for payouts from before it was kept: theirs is made of their id and the second they were
-- made in.
ALTER TABLE payout ADD COLUMN rail_key TEXT;

-- What was made after the last quarantine began was never in doubt.
UPDATE payout SET trust = (SELECT releases FROM desk_state)
WHERE (due_at IS NOT NULL OR state = 'awaiting-approval')
  AND created_at > (SELECT doubtful_until FROM desk_state WHERE releases > 0);

CREATE TRIGGER payout_rail_key_stays BEFORE UPDATE OF rail_key ON payout
BEGIN
    SELECT RAISE(ABORT, 'only the state of a payout changes');
END;
