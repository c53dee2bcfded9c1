-- What batches, bearer tokens and commissions of the beneficiary need.

-- What the beneficiary bears is taken off the amount. Null where nobody bears anything, so that the
-- rows of the hot path stay narrow.
ALTER TABLE payout ADD COLUMN receiver_commission_minor INTEGER
    CHECK (receiver_commission_minor > 0 AND receiver_commission_minor < amount_minor);
-- The bank in the merchant's own words.
ALTER TABLE payout ADD COLUMN bank_name TEXT;
-- Where callbacks go: null to the merchant's URL, '' nowhere, otherwise the name of an endpoint.
ALTER TABLE payout ADD COLUMN callback_to TEXT;

DROP TRIGGER payout_terms_stay;
CREATE TRIGGER payout_terms_stay BEFORE UPDATE OF
    id, merchant_id, dialect, reference, scope, content, channel, currency, amount_minor,
    commission_minor, receiver_commission_minor, name, account, bank, bank_name, private,
    identity_tag, created_at, callback_to ON payout
BEGIN
    SELECT RAISE(ABORT, 'only the state of a payout changes');
END;

ALTER TABLE terms ADD COLUMN receiver_percent_ppm INTEGER NOT NULL DEFAULT 0
    CHECK (receiver_percent_ppm BETWEEN 0 AND 1000000);
ALTER TABLE terms ADD COLUMN receiver_fixed_minor INTEGER NOT NULL DEFAULT 0
    CHECK (receiver_fixed_minor >= 0);
ALTER TABLE terms ADD COLUMN receiver_minimum_minor INTEGER NOT NULL DEFAULT 0
    CHECK (receiver_minimum_minor >= 0);
ALTER TABLE terms ADD COLUMN receiver_maximum_minor INTEGER;

-- Further URLs of a merchant, by the name that its requests call them.
CREATE TABLE endpoint (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    name        TEXT    NOT NULL CHECK (name <> ''),
    url         TEXT    NOT NULL,
    PRIMARY KEY (merchant_id, name)
) STRICT, WITHOUT ROWID;

-- Proofs that stand for one content for good, and the last content of each kind.
CREATE TABLE used_proof (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    digest      BLOB    NOT NULL CHECK (length(digest) = 16),
    content     BLOB    NOT NULL CHECK (length(content) = 16),
    at          INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER used_proof_stays BEFORE DELETE ON used_proof
BEGIN
    SELECT RAISE(ABORT, 'a used proof is never forgotten');
END;

-- The keys of bearer tokens. The number only binds the sealed key to its row.
CREATE TABLE token_key (
    number  INTEGER PRIMARY KEY,
    id      TEXT    NOT NULL UNIQUE,
    private BLOB    NOT NULL, -- sealed
    since   INTEGER NOT NULL,
    until   INTEGER
) STRICT;
