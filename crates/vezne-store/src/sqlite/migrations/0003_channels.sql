-- Channels as data: those that an operator put, or changed of the six that are always there.

CREATE TABLE channel (
    code           TEXT    PRIMARY KEY,
    pay_code       TEXT    UNIQUE,
    name           TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    decimals       INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 4),
    minimum_minor  INTEGER,
    maximum_minor  INTEGER,
    account        TEXT    NOT NULL CHECK (account IN ('iban', 'wallet', 'free'))
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_bank (
    channel  TEXT    NOT NULL REFERENCES channel (code),
    position INTEGER NOT NULL,
    bank     INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    PRIMARY KEY (channel, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_field (
    channel     TEXT    NOT NULL REFERENCES channel (code),
    position    INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('input', 'select', 'bank')),
    required    INTEGER NOT NULL,
    max_length  INTEGER NOT NULL CHECK (max_length BETWEEN 1 AND 65535),
    placeholder TEXT    NOT NULL,
    PRIMARY KEY (channel, position),
    UNIQUE (channel, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_option (
    channel  TEXT    NOT NULL,
    field    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    value    TEXT    NOT NULL,
    label    TEXT    NOT NULL,
    PRIMARY KEY (channel, field, position),
    FOREIGN KEY (channel, field) REFERENCES channel_field (channel, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_rule (
    channel  TEXT    NOT NULL,
    field    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    rule     TEXT    NOT NULL,
    PRIMARY KEY (channel, field, position),
    FOREIGN KEY (channel, field) REFERENCES channel_field (channel, position)
) STRICT, WITHOUT ROWID;

-- payout.callback_to has one form more: a space and a URL, to the URL that the request named. The
-- name of an endpoint has no space, so what is there keeps its meaning.
