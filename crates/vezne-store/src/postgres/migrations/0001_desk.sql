-- Everything the desk keeps, as in SQLite. Money is whole minor units, time is microseconds since 1970 in
-- UTC, and no decision is made here: the checks and triggers only stop what the engine never asks for.
--
-- Every hot table carries its merchant first, and every key of one holds the merchant, so that a
-- cluster can distribute them by it. Payouts, postings, callbacks, attempts and the trail are partitioned by time.

-- Facts about this database: the key check, and the id by which a restored copy is told from its original.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

-- One row. Whoever changes merchants, channels or token keys locks it and counts it up; everybody
-- else sees by it whether what is kept in memory is what stands here.
CREATE TABLE directory_version (
    only_one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one),
    version  BIGINT NOT NULL
);
INSERT INTO directory_version (version) VALUES (1);

-- What proves to a node that lost its connection whether a commit of its own took place. Rows may be
-- deleted after a day.
CREATE TABLE commit_mark (
    mark      BYTEA   PRIMARY KEY CHECK (length(mark) = 16),
    at        BIGINT  NOT NULL,
    committed BOOLEAN NOT NULL -- false where a node asked, and the group was not committed before
);
CREATE INDEX commit_mark_at ON commit_mark (at);

-- What is known of the desk as a whole, in one row. By the claim number a copy that was made before
-- payouts were sent is told from the original: markers outside have seen a higher one. Only groups that
-- claim payouts for sending touch it, at their end.
CREATE TABLE desk_state (
    only_one       BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one),
    claims         BIGINT NOT NULL CHECK (claims >= 0), -- grows with every commit that claims for sending
    releases       BIGINT NOT NULL CHECK (releases >= 0), -- from a quarantine
    quarantined_at BIGINT, -- since then nothing is sent
    reason         TEXT,
    doubtful_until BIGINT, -- payouts made up to then are asked about before they are sent
    home           TEXT, -- the server and the database that it was begun on; a dump takes it along
    CHECK ((quarantined_at IS NULL) = (reason IS NULL))
);
INSERT INTO desk_state (claims, releases) VALUES (0, 0);

CREATE TABLE merchant (
    id                  BIGINT  PRIMARY KEY CHECK (id > 0),
    name                TEXT    NOT NULL,
    mode                TEXT    NOT NULL CHECK (mode IN ('sandbox', 'live')),
    status              TEXT    NOT NULL CHECK (status IN ('active', 'suspended')),
    currency            TEXT    NOT NULL CHECK (length(currency) = 3),
    credit_limit_minor  BIGINT  NOT NULL CHECK (credit_limit_minor >= 0),
    day_limit_minor     BIGINT,
    approve_below_minor BIGINT,
    retry_refused       BOOLEAN NOT NULL,
    reference_scope     TEXT    NOT NULL CHECK (reference_scope IN ('merchant', 'channel')),
    requests_per_second BIGINT  CHECK (requests_per_second >= 0),
    callback_base_url   TEXT,
    webhook_secret      BYTEA   NOT NULL -- sealed
);

-- How a merchant logs in to a dialect. Two merchants never share a login. All keys are sealed.
CREATE TABLE access (
    merchant_id      BIGINT NOT NULL REFERENCES merchant (id),
    position         BIGINT NOT NULL,
    dialect          TEXT   NOT NULL,
    login            TEXT   NOT NULL,
    key              BYTEA  NOT NULL,
    former_key       BYTEA,
    former_key_until BIGINT,
    callback_key     BYTEA  NOT NULL,
    PRIMARY KEY (merchant_id, position),
    UNIQUE (dialect, login),
    CHECK ((former_key IS NULL) = (former_key_until IS NULL))
);

CREATE TABLE terms (
    merchant_id            BIGINT NOT NULL REFERENCES merchant (id),
    position               BIGINT NOT NULL,
    channel                TEXT   NOT NULL,
    percent_ppm            BIGINT NOT NULL CHECK (percent_ppm BETWEEN 0 AND 1000000),
    fixed_minor            BIGINT NOT NULL CHECK (fixed_minor >= 0),
    minimum_minor          BIGINT NOT NULL CHECK (minimum_minor >= 0),
    maximum_minor          BIGINT,
    least_amount_minor     BIGINT,
    most_amount_minor      BIGINT,
    day_limit_minor        BIGINT,
    rail                   TEXT,
    receiver_percent_ppm   BIGINT NOT NULL CHECK (receiver_percent_ppm BETWEEN 0 AND 1000000),
    receiver_fixed_minor   BIGINT NOT NULL CHECK (receiver_fixed_minor >= 0),
    receiver_minimum_minor BIGINT NOT NULL CHECK (receiver_minimum_minor >= 0),
    receiver_maximum_minor BIGINT,
    PRIMARY KEY (merchant_id, position)
);

CREATE TABLE bank (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    position    BIGINT NOT NULL,
    bank        BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, position)
);

CREATE TABLE allowed_network (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    position    BIGINT NOT NULL,
    network     TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, position)
);

CREATE TABLE merchant_option (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    name        TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, name)
);

-- Further URLs of a merchant, by the name that its requests call them.
CREATE TABLE endpoint (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    name        TEXT   NOT NULL CHECK (name <> ''),
    url         TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, name)
);

-- Channels as data: those that an operator put, or changed of the six that are always there.
CREATE TABLE channel (
    code          TEXT   PRIMARY KEY,
    pay_code      TEXT   UNIQUE,
    name          TEXT   NOT NULL,
    description   TEXT   NOT NULL,
    currency      TEXT   NOT NULL CHECK (length(currency) = 3),
    decimals      BIGINT NOT NULL CHECK (decimals BETWEEN 0 AND 4),
    minimum_minor BIGINT,
    maximum_minor BIGINT,
    account       TEXT   NOT NULL CHECK (account IN ('iban', 'wallet', 'free'))
);

CREATE TABLE channel_bank (
    channel  TEXT   NOT NULL REFERENCES channel (code),
    position BIGINT NOT NULL,
    bank     BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    PRIMARY KEY (channel, position)
);

CREATE TABLE channel_field (
    channel     TEXT    NOT NULL REFERENCES channel (code),
    position    BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('input', 'select', 'bank')),
    required    BOOLEAN NOT NULL,
    max_length  BIGINT  NOT NULL CHECK (max_length BETWEEN 1 AND 65535),
    placeholder TEXT    NOT NULL,
    PRIMARY KEY (channel, position),
    UNIQUE (channel, name)
);

CREATE TABLE channel_option (
    channel  TEXT   NOT NULL,
    field    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    value    TEXT   NOT NULL,
    label    TEXT   NOT NULL,
    PRIMARY KEY (channel, field, position),
    FOREIGN KEY (channel, field) REFERENCES channel_field (channel, position)
);

CREATE TABLE channel_rule (
    channel  TEXT   NOT NULL,
    field    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    rule     TEXT   NOT NULL,
    PRIMARY KEY (channel, field, position),
    FOREIGN KEY (channel, field) REFERENCES channel_field (channel, position)
);

-- The keys of bearer tokens. The number only binds the sealed key to its row.
CREATE TABLE token_key (
    number  BIGINT PRIMARY KEY,
    id      TEXT   NOT NULL UNIQUE,
    private BYTEA  NOT NULL, -- sealed
    since   BIGINT NOT NULL,
    until   BIGINT
);

-- What a group locks, in the order of merchants, before it looks at their books. Every merchant has
-- its row from the first group that wants it.
CREATE TABLE merchant_lock (
    merchant_id BIGINT PRIMARY KEY
);

-- Where the nodes get ids from. What a node does not use is lost, so ids have gaps.
CREATE SEQUENCE payout_id;
CREATE SEQUENCE entry_id;
CREATE SEQUENCE callback_id;

-- One row per accepted payout. The columns after `state` carry what is known only in some states.
CREATE TABLE payout (
    merchant_id      BIGINT NOT NULL,
    id               BIGINT NOT NULL CHECK (id > 0),
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    due_at           BIGINT, -- when a worker looks at it next
    amount_minor     BIGINT NOT NULL CHECK (amount_minor > 0),
    commission_minor BIGINT NOT NULL CHECK (commission_minor >= 0),
    receiver_commission_minor BIGINT
        CHECK (receiver_commission_minor > 0 AND receiver_commission_minor < amount_minor),
    bank             BIGINT,
    dialect          TEXT   NOT NULL,
    reference        TEXT   NOT NULL,
    scope            TEXT   NOT NULL, -- the channel, or '' where references are the merchant's own
    content          BYTEA  NOT NULL CHECK (length(content) = 16),
    channel          TEXT   NOT NULL,
    currency         TEXT   NOT NULL CHECK (length(currency) = 3),
    name             TEXT   NOT NULL, -- the beneficiary's
    account          TEXT   NOT NULL,
    bank_name        TEXT,
    private          BYTEA, -- sealed: identity number, birth date and the dialect's note
    identity_tag     BYTEA CHECK (length(identity_tag) = 16), -- keyed hash of the identity number
    callback_to      TEXT, -- null to the merchant's URL, '' nowhere, ' ' and a URL, or an endpoint
    state            TEXT   NOT NULL,
    rail             TEXT,
    rail_reference   TEXT,
    dispatched_at    BIGINT,
    sends            BIGINT CHECK (sends > 0),
    accepted         BOOLEAN, -- whether the rail took the last send
    absent_since     BIGINT, -- since when the rail says that it never received it
    checks           BIGINT CHECK (checks >= 0),
    progress         TEXT CHECK (progress IN ('sending', 'accepted', 'unsent', 'in-doubt')),
    doubt_since      BIGINT,
    doubt_detail     TEXT,
    rejected_by      TEXT,
    reason           TEXT,
    PRIMARY KEY (id, merchant_id, created_at),
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
    CONSTRAINT doubt_is_whole CHECK ((doubt_since IS NOT NULL) = (progress IS NOT DISTINCT FROM 'in-doubt')
        AND (doubt_since IS NULL) = (doubt_detail IS NULL))
) PARTITION BY RANGE (created_at);

-- What the dispatch workers ask for; a payout that ended leaves it.
CREATE INDEX payout_due ON payout (due_at) WHERE due_at IS NOT NULL;
-- The console's queues, and the counts of the metrics.
CREATE INDEX payout_state ON payout (state);
-- What a person must resolve. Few at any time.
CREATE INDEX payout_in_doubt ON payout (id) WHERE progress = 'in-doubt';

-- The promise of one payout per reference over all partitions, and the way a repeat finds the first.
CREATE TABLE payout_reference (
    merchant_id BIGINT NOT NULL,
    payout_id   BIGINT NOT NULL,
    reference   TEXT   NOT NULL,
    scope       TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, reference, scope)
);

-- Why nothing was accepted under a reference. A later payout under it sets reopened_at.
CREATE TABLE refusal (
    merchant_id  BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    amount_minor BIGINT,
    reopened_at  BIGINT,
    reference    TEXT   NOT NULL,
    scope        TEXT   NOT NULL,
    code         TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, reference, scope)
);

-- Proofs that stand for one content for good, and the last content of each kind.
CREATE TABLE used_proof (
    merchant_id BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    digest      BYTEA  NOT NULL CHECK (length(digest) = 16),
    content     BYTEA  NOT NULL CHECK (length(content) = 16),
    PRIMARY KEY (merchant_id, digest)
);

-- The ledger. One row per posting; those of one entry share entry_id and what is said of the entry.
CREATE TABLE posting (
    merchant_id  BIGINT NOT NULL,
    entry_id     BIGINT NOT NULL CHECK (entry_id > 0),
    line         BIGINT NOT NULL CHECK (line > 0), -- within its entry
    at           BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    payout_id    BIGINT,
    currency     TEXT   NOT NULL CHECK (length(currency) = 3),
    reason       TEXT   NOT NULL CHECK (reason IN ('hold', 'settle', 'release', 'top-up', 'return')),
    debit        TEXT   NOT NULL,
    credit       TEXT   NOT NULL,
    CHECK (debit <> credit)
) PARTITION BY RANGE (at);

CREATE INDEX posting_payout ON posting (payout_id) WHERE payout_id IS NOT NULL;

-- What the postings of an account come to: credits less debits.
CREATE TABLE balance (
    merchant_id BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    currency    TEXT   NOT NULL,
    account     TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, currency, account)
) WITH (fillfactor = 50);

-- What counts against the limits of an Istanbul day: submitted, and neither rejected nor failed.
CREATE TABLE day_total (
    merchant_id BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    channel     TEXT   NOT NULL,
    PRIMARY KEY (merchant_id, day, channel)
) WITH (fillfactor = 50);

-- The outbox. A payout has at most one callback per event.
CREATE TABLE callback (
    merchant_id  BIGINT NOT NULL,
    id           BIGINT NOT NULL CHECK (id > 0),
    payout_id    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    state_at     BIGINT NOT NULL, -- when it is due, or since when it is done
    attempts     BIGINT NOT NULL CHECK (attempts >= 0),
    refusals     BIGINT NOT NULL CHECK (refusals >= 0),
    failure_step BIGINT NOT NULL CHECK (failure_step >= 0),
    refusal_step BIGINT NOT NULL CHECK (refusal_step >= 0),
    state        TEXT   NOT NULL CHECK (state IN ('due', 'acknowledged', 'parked')),
    event        TEXT   NOT NULL CHECK (event IN ('settled', 'rejected', 'failed', 'returned')),
    message      TEXT   NOT NULL,
    body         BYTEA, -- sealed, because it holds the callback key
    PRIMARY KEY (id, merchant_id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX callback_payout ON callback (payout_id);
-- What the courier asks for; a callback that is done leaves it.
CREATE INDEX callback_due ON callback (merchant_id, state_at) WHERE state = 'due';
-- The console's list of parked callbacks, and the counts of the metrics.
CREATE INDEX callback_state ON callback (state);

CREATE TABLE attempt (
    merchant_id BIGINT NOT NULL,
    callback_id BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number > 0),
    at          BIGINT NOT NULL,
    took_micros BIGINT NOT NULL CHECK (took_micros >= 0),
    http_status BIGINT,
    outcome     TEXT   NOT NULL CHECK (outcome IN ('acknowledged', 'refused', 'failed')),
    detail      TEXT   NOT NULL,
    PRIMARY KEY (callback_id, number, merchant_id, at)
) PARTITION BY RANGE (at);

-- Who did what, when. A submission is its payout's own row and has no line here.
CREATE TABLE trail (
    merchant_id BIGINT,
    id          BIGINT GENERATED ALWAYS AS IDENTITY,
    at          BIGINT NOT NULL,
    payout_id   BIGINT,
    callback_id BIGINT,
    actor       TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    detail      TEXT   NOT NULL
) PARTITION BY RANGE (at);

CREATE INDEX trail_payout ON trail (payout_id, id) WHERE payout_id IS NOT NULL;

-- Rows go here when nobody has made a partition for their time.
CREATE TABLE payout_default PARTITION OF payout DEFAULT;
CREATE TABLE posting_default PARTITION OF posting DEFAULT;
CREATE TABLE callback_default PARTITION OF callback DEFAULT;
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;
CREATE TABLE trail_default PARTITION OF trail DEFAULT;

CREATE FUNCTION refuse_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER payout_stays BEFORE DELETE ON payout
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a payout is never deleted');
CREATE TRIGGER payout_terms_stay BEFORE UPDATE OF
    id, merchant_id, dialect, reference, scope, content, channel, currency, amount_minor,
    commission_minor, receiver_commission_minor, name, account, bank, bank_name, private,
    identity_tag, created_at, callback_to ON payout
    FOR EACH ROW EXECUTE FUNCTION refuse_change('only the state of a payout changes');
CREATE TRIGGER reference_stays BEFORE UPDATE OR DELETE ON payout_reference
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a reference stays with its payout');
CREATE TRIGGER refusal_stays BEFORE DELETE ON refusal
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a refusal is never deleted');
CREATE TRIGGER used_proof_stays BEFORE DELETE ON used_proof
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a used proof is never forgotten');
CREATE TRIGGER posting_is_written_once BEFORE UPDATE OR DELETE ON posting
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the ledger is append-only');
CREATE TRIGGER callback_stays BEFORE DELETE ON callback
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a callback is never deleted');
CREATE TRIGGER callback_facts_stay BEFORE UPDATE OF
    id, merchant_id, payout_id, event, message, created_at ON callback
    FOR EACH ROW EXECUTE FUNCTION refuse_change('only the state of a callback changes');
CREATE TRIGGER callback_body_stays BEFORE UPDATE OF body ON callback
    FOR EACH ROW WHEN (OLD.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body)
    EXECUTE FUNCTION refuse_change('the bytes of a callback are the same on every attempt');
CREATE TRIGGER attempt_is_written_once BEFORE UPDATE OR DELETE ON attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_change('attempts are append-only');
CREATE TRIGGER trail_is_written_once BEFORE UPDATE OR DELETE ON trail
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the trail is append-only');

-- What the limits of requests count, on its way from node to node. Losing it does no harm.
CREATE UNLOGGED TABLE usage_node (
    node    BYTEA       PRIMARY KEY CHECK (length(node) = 16),
    seen_at TIMESTAMPTZ NOT NULL
);
CREATE UNLOGGED TABLE usage_post (
    recipient BYTEA  NOT NULL,
    subject   TEXT   NOT NULL,
    count     BIGINT NOT NULL CHECK (count > 0),
    PRIMARY KEY (recipient, subject)
);
