-- What is known of a payout after a restore, and the reference that its rail knows it by.

-- A node of the version before would send payouts under another reference than they have from here
-- on. Nodes tell each other what they used several times a second, so one that runs is seen.
DO $$
BEGIN
    IF EXISTS (SELECT FROM usage_node WHERE seen_at > clock_timestamp() - interval '5 seconds') THEN
        RAISE EXCEPTION 'a node of the version before is running: stop every node, wait five seconds, then migrate';
    END IF;
END $$;

-- The number of releases from a quarantine that it is vouched for. An unfinished payout with fewer
-- than the desk asks for is in doubt.
ALTER TABLE payout ADD COLUMN trust BIGINT NOT NULL DEFAULT 0;
-- Null for payouts from before it was kept: theirs is made of their id and the second they were
-- made in. A program that does not know the column would send the others under another reference
-- than they have, so none may run beside this.
ALTER TABLE payout ADD COLUMN rail_key TEXT;

-- What was made after the last quarantine began was never in doubt.
UPDATE payout SET trust = (SELECT releases FROM desk_state)
WHERE (due_at IS NOT NULL OR state = 'awaiting-approval')
  AND created_at > (SELECT doubtful_until FROM desk_state WHERE releases > 0);

CREATE TRIGGER payout_rail_key_stays BEFORE UPDATE OF rail_key ON payout
    FOR EACH ROW EXECUTE FUNCTION refuse_change('only the state of a payout changes');
