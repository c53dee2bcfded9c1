-- What keeps the cost of every statement apart from what is stored and from what waits.

-- A merchant's payouts, in the order of ids within each state: for its lists.
CREATE INDEX payout_merchant ON payout (merchant_id, state, id);
-- The payouts of a state, in the order of ids.
CREATE INDEX payout_state_id ON payout (state, id);
DROP INDEX payout_state;
-- Approved payouts, which are due whatever the clock says: merchants that wait are found one by
-- one, without walking through what any of them has.
CREATE INDEX payout_approved ON payout (merchant_id, channel, due_at, id) WHERE state = 'approved';
-- Dispatched payouts: the longest due of all, and those of each merchant with each rail.
CREATE INDEX payout_asked ON payout (due_at, merchant_id, rail, progress)
    WHERE progress IS NOT NULL;
CREATE INDEX payout_line ON payout (rail, progress, merchant_id, due_at, id)
    WHERE progress IS NOT NULL;

-- A merchant's callbacks, in the order of ids within each state: for its lists.
CREATE INDEX callback_merchant ON callback (merchant_id, state, id);
-- The callbacks of a state, in the order of ids.
CREATE INDEX callback_state_id ON callback (state, id);
DROP INDEX callback_state;
-- The callback that is due longest. The sign keeps it from those that look for a merchant's.
CREATE INDEX callback_oldest ON callback ((-state_at)) WHERE state = 'due';

-- How many payouts and callbacks there are in each state, as sums: every statement that changes
-- them adds what it changed, which no two of them wait for, and the nodes add the lines up now and
-- then.
CREATE TABLE tally (
    subject TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    count   BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Nothing may be added between the count and the triggers.
LOCK TABLE payout, callback IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO tally SELECT 'payout', state, count(*) FROM payout GROUP BY state;
INSERT INTO tally SELECT 'callback', state, count(*) FROM callback GROUP BY state;

CREATE FUNCTION count_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally SELECT TG_TABLE_NAME, state, count(*) FROM added GROUP BY state;
    RETURN NULL;
END $$;

CREATE FUNCTION count_moved() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally SELECT TG_TABLE_NAME, state, sum(step)
        FROM (SELECT state, 1 AS step FROM added UNION ALL SELECT state, -1 FROM gone) AS moved
        GROUP BY state HAVING sum(step) <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER payout_is_counted AFTER INSERT ON payout
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added();
CREATE TRIGGER payout_is_counted_again AFTER UPDATE ON payout
    REFERENCING NEW TABLE AS added OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_moved();
CREATE TRIGGER callback_is_counted AFTER INSERT ON callback
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added();
CREATE TRIGGER callback_is_counted_again AFTER UPDATE ON callback
    REFERENCING NEW TABLE AS added OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_moved();
