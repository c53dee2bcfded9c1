-- Everything the desk keeps. Money is whole minor units, time is microseconds since 1970 in UTC, and
-- no decision is made here: the checks and triggers only stop what the engine would never ask for.

-- Facts about this file: the key check, and the id by which a restored copy is told from its original.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE merchant (
    id                  INTEGER PRIMARY KEY CHECK (id > 0),
    name                TEXT    NOT NULL,
    mode                TEXT    NOT NULL CHECK (mode IN ('sandbox', 'live')),
    status              TEXT    NOT NULL CHECK (status IN ('active', 'suspended')),
    currency            TEXT    NOT NULL CHECK (length(currency) = 3),
    credit_limit_minor  INTEGER NOT NULL CHECK (credit_limit_minor >= 0),
    day_limit_minor     INTEGER,
    approve_below_minor INTEGER,
    retry_refused       INTEGER NOT NULL CHECK (retry_refused IN (0, 1)),
    reference_scope     TEXT    NOT NULL CHECK (reference_scope IN ('merchant', 'channel')),
    requests_per_second INTEGER CHECK (requests_per_second >= 0),
    callback_base_url   TEXT,
    webhook_secret      BLOB    NOT NULL -- sealed
) STRICT;

-- How a merchant logs in to a dialect. Two merchants never share a login. All keys are sealed.
CREATE TABLE access (
    merchant_id      INTEGER NOT NULL REFERENCES merchant (id),
    position         INTEGER NOT NULL,
    dialect          TEXT    NOT NULL,
    login            TEXT    NOT NULL,
    key              BLOB    NOT NULL,
    former_key       BLOB,
    former_key_until INTEGER,
    callback_key     BLOB    NOT NULL,
    PRIMARY KEY (merchant_id, position),
    UNIQUE (dialect, login),
    CHECK ((former_key IS NULL) = (former_key_until IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE terms (
    merchant_id        INTEGER NOT NULL REFERENCES merchant (id),
    position           INTEGER NOT NULL,
    channel            TEXT    NOT NULL,
    percent_ppm        INTEGER NOT NULL CHECK (percent_ppm BETWEEN 0 AND 1000000),
    fixed_minor        INTEGER NOT NULL CHECK (fixed_minor >= 0),
    minimum_minor      INTEGER NOT NULL CHECK (minimum_minor >= 0),
    maximum_minor      INTEGER,
    least_amount_minor INTEGER,
    most_amount_minor  INTEGER,
    day_limit_minor    INTEGER,
    rail               TEXT,
    PRIMARY KEY (merchant_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE bank (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    position    INTEGER NOT NULL,
    bank        INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    PRIMARY KEY (merchant_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE allowed_network (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    position    INTEGER NOT NULL,
    network     TEXT    NOT NULL,
    PRIMARY KEY (merchant_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE merchant_option (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    PRIMARY KEY (merchant_id, name)
) STRICT, WITHOUT ROWID;

-- One row per accepted payout. The columns after `state` carry what is known only in some states.
CREATE TABLE payout (
    id               INTEGER PRIMARY KEY CHECK (id > 0),
    merchant_id      INTEGER NOT NULL REFERENCES merchant (id),
    dialect          TEXT    NOT NULL,
    reference        TEXT    NOT NULL,
    scope            TEXT    NOT NULL, -- the channel, or '' where references are the merchant's own
    content          BLOB    NOT NULL CHECK (length(content) = 16),
    channel          TEXT    NOT NULL,
    currency         TEXT    NOT NULL CHECK (length(currency) = 3),
    amount_minor     INTEGER NOT NULL CHECK (amount_minor > 0),
    commission_minor INTEGER NOT NULL CHECK (commission_minor >= 0),
    name             TEXT    NOT NULL, -- the beneficiary's
    account          TEXT    NOT NULL,
    bank             INTEGER,
    private          BLOB, -- sealed: identity number, birth date and the dialect's note
    identity_tag     BLOB CHECK (length(identity_tag) = 16), -- keyed hash of the identity number
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    due_at           INTEGER, -- when a worker looks at it next
    rail             TEXT,
    rail_reference   TEXT,
    dispatched_at    INTEGER,
    sends            INTEGER CHECK (sends > 0),
    accepted         INTEGER CHECK (accepted IN (0, 1)), -- whether the rail took the last send
    absent_since     INTEGER, -- since when the rail says that it never received it
    checks           INTEGER CHECK (checks >= 0),
    progress         TEXT CHECK (progress = 'sending' OR progress = 'accepted'
                                 OR progress = 'unsent' OR progress = 'in-doubt'),
    doubt_since      INTEGER,
    doubt_detail     TEXT,
    rejected_by      TEXT,
    reason           TEXT,
    -- One line per state, most frequent first. A list after IN would be built anew for every row.
    CONSTRAINT state_is_whole CHECK (CASE state
        WHEN 'awaiting-approval' THEN
            due_at IS NULL AND rail IS NULL AND progress IS NULL AND reason IS NULL
        WHEN 'approved' THEN
            due_at IS NOT NULL AND rail IS NULL AND progress IS NULL AND reason IS NULL
        WHEN 'dispatched' THEN
            due_at IS NOT NULL AND rail IS NOT NULL AND progress IS NOT NULL AND reason IS NULL
        WHEN 'settled' THEN
            due_at IS NULL AND rail IS NOT NULL AND progress IS NULL AND reason IS NULL
        WHEN 'rejected' THEN
            due_at IS NULL AND rail IS NULL AND progress IS NULL AND reason IS NOT NULL
        WHEN 'failed' THEN
            due_at IS NULL AND rail IS NOT NULL AND progress IS NULL AND reason IS NOT NULL
        WHEN 'returned' THEN
            due_at IS NULL AND rail IS NOT NULL AND progress IS NULL AND reason IS NOT NULL
        ELSE FALSE END),
    CONSTRAINT rejection_is_signed CHECK ((rejected_by IS NOT NULL) = (state = 'rejected')),
    CONSTRAINT dispatch_is_whole CHECK (progress IS NULL OR
        (dispatched_at IS NOT NULL AND sends IS NOT NULL AND checks IS NOT NULL
         AND accepted IS NOT NULL)),
    CONSTRAINT doubt_is_whole CHECK ((doubt_since IS NOT NULL) = (progress IS 'in-doubt')
        AND (doubt_since IS NULL) = (doubt_detail IS NULL))
) STRICT;

-- The promise of one payout per reference, and the way a repeat finds the first.
CREATE UNIQUE INDEX payout_reference ON payout (merchant_id, reference, scope);
-- What the dispatch worker asks for; a payout that ended leaves it.
CREATE INDEX payout_due ON payout (due_at) WHERE due_at IS NOT NULL;
-- The console's queues, and the counts of the metrics.
CREATE INDEX payout_state ON payout (state);
-- What a person must resolve. Few at any time.
CREATE INDEX payout_in_doubt ON payout (progress) WHERE progress = 'in-doubt';

CREATE TRIGGER payout_stays BEFORE DELETE ON payout
BEGIN
    SELECT RAISE(ABORT, 'a payout is never deleted');
END;
CREATE TRIGGER payout_terms_stay BEFORE UPDATE OF
    id, merchant_id, dialect, reference, scope, content, channel, currency, amount_minor,
    commission_minor, name, account, bank, private, identity_tag, created_at ON payout
BEGIN
    SELECT RAISE(ABORT, 'only the state of a payout changes');
END;

-- Why nothing was accepted under a reference. A later payout under it sets reopened_at.
CREATE TABLE refusal (
    merchant_id  INTEGER NOT NULL REFERENCES merchant (id),
    reference    TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    code         TEXT    NOT NULL,
    amount_minor INTEGER,
    reopened_at  INTEGER,
    PRIMARY KEY (merchant_id, reference, scope)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER refusal_stays BEFORE DELETE ON refusal
BEGIN
    SELECT RAISE(ABORT, 'a refusal is never deleted');
END;

-- The ledger. One row per posting; those of one entry share entry_id and what is said of the entry.
-- A submission writes exactly one, so the row is narrow and has one index only.
CREATE TABLE posting (
    id           INTEGER PRIMARY KEY,
    entry_id     INTEGER NOT NULL CHECK (entry_id > 0),
    at           INTEGER NOT NULL,
    merchant_id  INTEGER NOT NULL,
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    reason       TEXT    NOT NULL CHECK (reason = 'hold' OR reason = 'settle' OR reason = 'release'
                                         OR reason = 'top-up' OR reason = 'return'),
    payout_id    INTEGER REFERENCES payout (id),
    debit        TEXT    NOT NULL,
    credit       TEXT    NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    CHECK (debit <> credit)
) STRICT;

CREATE INDEX posting_payout ON posting (payout_id) WHERE payout_id IS NOT NULL;

CREATE TRIGGER posting_is_written_once BEFORE UPDATE ON posting
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER posting_stays BEFORE DELETE ON posting
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- What the postings of an account come to: credits less debits.
CREATE TABLE balance (
    merchant_id INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    minor       INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, currency, account)
) STRICT, WITHOUT ROWID;

-- What counts against the limits of an Istanbul day: submitted, and neither rejected nor failed.
CREATE TABLE day_total (
    merchant_id INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    minor       INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, day, channel)
) STRICT, WITHOUT ROWID;

-- The outbox. A payout has at most one callback per event.
CREATE TABLE callback (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    payout_id   INTEGER NOT NULL REFERENCES payout (id),
    event       TEXT    NOT NULL CHECK (event IN ('settled', 'rejected', 'failed', 'returned')),
    message     TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    body        BLOB, -- sealed, because it holds the callback key
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    refusals    INTEGER NOT NULL CHECK (refusals >= 0),
    failure_step INTEGER NOT NULL CHECK (failure_step >= 0),
    refusal_step INTEGER NOT NULL CHECK (refusal_step >= 0),
    state       TEXT    NOT NULL CHECK (state IN ('due', 'acknowledged', 'parked')),
    state_at    INTEGER NOT NULL, -- when it is due, or since when it is done
    UNIQUE (payout_id, event)
) STRICT;

-- What the courier asks for; a callback that is done leaves it.
CREATE INDEX callback_due ON callback (merchant_id, state_at) WHERE state = 'due';
-- The console's list of parked callbacks, and the counts of the metrics.
CREATE INDEX callback_state ON callback (state);

CREATE TRIGGER callback_stays BEFORE DELETE ON callback
BEGIN
    SELECT RAISE(ABORT, 'a callback is never deleted');
END;
CREATE TRIGGER callback_facts_stay BEFORE UPDATE OF
    id, merchant_id, payout_id, event, message, created_at ON callback
BEGIN
    SELECT RAISE(ABORT, 'only the state of a callback changes');
END;
CREATE TRIGGER callback_body_stays BEFORE UPDATE OF body ON callback WHEN OLD.body IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'the bytes of a callback are the same on every attempt');
END;

CREATE TABLE attempt (
    callback_id INTEGER NOT NULL REFERENCES callback (id),
    number      INTEGER NOT NULL CHECK (number > 0),
    at          INTEGER NOT NULL,
    took_micros INTEGER NOT NULL CHECK (took_micros >= 0),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('acknowledged', 'refused', 'failed')),
    http_status INTEGER,
    detail      TEXT    NOT NULL,
    PRIMARY KEY (callback_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attempt_is_written_once BEFORE UPDATE ON attempt
BEGIN
    SELECT RAISE(ABORT, 'attempts are append-only');
END;
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
BEGIN
    SELECT RAISE(ABORT, 'attempts are append-only');
END;

-- Who did what, when. A submission is its payout's own row and has no line here.
CREATE TABLE trail (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    merchant_id INTEGER,
    payout_id   INTEGER,
    callback_id INTEGER,
    detail      TEXT    NOT NULL
) STRICT;

CREATE INDEX trail_payout ON trail (payout_id) WHERE payout_id IS NOT NULL;

CREATE TRIGGER trail_is_written_once BEFORE UPDATE ON trail
BEGIN
    SELECT RAISE(ABORT, 'the trail is append-only');
END;
CREATE TRIGGER trail_stays BEFORE DELETE ON trail
BEGIN
    SELECT RAISE(ABORT, 'the trail is append-only');
END;
