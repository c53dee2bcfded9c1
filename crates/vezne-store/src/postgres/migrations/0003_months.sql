-- Months that were taken out: what the books and the references need of them from then on. A row of
-- these is written once, in the commit that takes its month away, and proven with the rest.

CREATE TABLE taken_month (
    month     TEXT   PRIMARY KEY CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL CHECK (ends_at > starts_at),
    taken_at  BIGINT NOT NULL CHECK (taken_at > ends_at),
    taken_by  TEXT   NOT NULL,
    payouts   BIGINT NOT NULL CHECK (payouts >= 0),
    postings  BIGINT NOT NULL CHECK (postings >= 0)
);

-- What was answered about each of its payouts, for those who ask again.
CREATE TABLE taken_payout (
    merchant_id      BIGINT NOT NULL,
    payout_id        BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    commission_minor BIGINT NOT NULL CHECK (commission_minor >= 0),
    receiver_commission_minor BIGINT NOT NULL CHECK (receiver_commission_minor >= 0),
    content          BYTEA  NOT NULL CHECK (length(content) = 16),
    currency         TEXT   NOT NULL CHECK (length(currency) = 3),
    month            TEXT   NOT NULL REFERENCES taken_month (month),
    PRIMARY KEY (payout_id, merchant_id)
);

-- Its callbacks that attempts or lines of the trail of later months name.
CREATE TABLE taken_callback (
    merchant_id BIGINT NOT NULL,
    callback_id BIGINT NOT NULL,
    month       TEXT   NOT NULL REFERENCES taken_month (month),
    PRIMARY KEY (callback_id, merchant_id)
);

-- What its postings come to.
CREATE TABLE carried_balance (
    month       TEXT   NOT NULL REFERENCES taken_month (month),
    merchant_id BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    currency    TEXT   NOT NULL,
    account     TEXT   NOT NULL,
    PRIMARY KEY (month, merchant_id, currency, account)
);

-- What its payouts count for on their days.
CREATE TABLE carried_day_total (
    month       TEXT   NOT NULL REFERENCES taken_month (month),
    merchant_id BIGINT NOT NULL,
    day         BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    channel     TEXT   NOT NULL,
    PRIMARY KEY (month, merchant_id, day, channel)
);

CREATE TRIGGER taken_month_stays BEFORE UPDATE OR DELETE ON taken_month
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a month is taken out once');
CREATE TRIGGER taken_payout_stays BEFORE UPDATE OR DELETE ON taken_payout
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a first answer is never forgotten');
CREATE TRIGGER taken_callback_stays BEFORE UPDATE OR DELETE ON taken_callback
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a month is taken out once');
CREATE TRIGGER carried_balance_stays BEFORE UPDATE OR DELETE ON carried_balance
    FOR EACH ROW EXECUTE FUNCTION refuse_change('what is carried stays');
CREATE TRIGGER carried_day_total_stays BEFORE UPDATE OR DELETE ON carried_day_total
    FOR EACH ROW EXECUTE FUNCTION refuse_change('what is carried stays');
