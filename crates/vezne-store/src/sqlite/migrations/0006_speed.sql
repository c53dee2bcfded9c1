-- What keeps the cost of every statement apart from what is stored and from what waits.

-- A merchant's payouts, in the order of ids within each state: for its lists.
CREATE INDEX payout_merchant ON payout (merchant_id, state);
-- Approved payouts, which are due whatever the clock says: merchants that wait are found one by
-- one, without walking through what any of them has.
CREATE INDEX payout_approved ON payout (merchant_id, channel, due_at) WHERE state = 'approved';
-- Dispatched payouts: the longest due of all, and those of each merchant with each rail.
DROP INDEX payout_due;
CREATE INDEX payout_due ON payout (due_at, merchant_id, rail, progress) WHERE progress IS NOT NULL;
CREATE INDEX payout_line ON payout (rail, progress, merchant_id, due_at)
    WHERE progress IS NOT NULL;

-- A merchant's callbacks, in the order of ids within each state: for its lists.
CREATE INDEX callback_merchant ON callback (merchant_id, state);
-- The callback that is due longest.
CREATE INDEX callback_oldest ON callback (state_at) WHERE state = 'due';

-- How many payouts and callbacks there are in each state, so that nobody has to count them.
CREATE TABLE tally (
    subject TEXT    NOT NULL CHECK (subject IN ('payout', 'callback')),
    state   TEXT    NOT NULL,
    count   INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (subject, state)
) STRICT, WITHOUT ROWID;

INSERT INTO tally (subject, state, count) VALUES
    ('payout', 'awaiting-approval', 0), ('payout', 'approved', 0), ('payout', 'dispatched', 0),
    ('payout', 'settled', 0), ('payout', 'rejected', 0), ('payout', 'failed', 0),
    ('payout', 'returned', 0),
    ('callback', 'due', 0), ('callback', 'acknowledged', 0), ('callback', 'parked', 0);
UPDATE tally SET count = (SELECT count(*) FROM payout WHERE payout.state = tally.state)
    WHERE subject = 'payout';
UPDATE tally SET count = (SELECT count(*) FROM callback WHERE callback.state = tally.state)
    WHERE subject = 'callback';

CREATE TRIGGER payout_is_counted AFTER INSERT ON payout
BEGIN
    UPDATE tally SET count = count + 1 WHERE subject = 'payout' AND state = NEW.state;
END;
CREATE TRIGGER payout_is_counted_again AFTER UPDATE OF state ON payout
    WHEN OLD.state <> NEW.state
BEGIN
    UPDATE tally SET count = count - 1 WHERE subject = 'payout' AND state = OLD.state;
    UPDATE tally SET count = count + 1 WHERE subject = 'payout' AND state = NEW.state;
END;
CREATE TRIGGER callback_is_counted AFTER INSERT ON callback
BEGIN
    UPDATE tally SET count = count + 1 WHERE subject = 'callback' AND state = NEW.state;
END;
CREATE TRIGGER callback_is_counted_again AFTER UPDATE OF state ON callback
    WHEN OLD.state <> NEW.state
BEGIN
    UPDATE tally SET count = count - 1 WHERE subject = 'callback' AND state = OLD.state;
    UPDATE tally SET count = count + 1 WHERE subject = 'callback' AND state = NEW.state;
END;
