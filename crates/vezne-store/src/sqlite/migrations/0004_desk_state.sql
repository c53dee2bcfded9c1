-- What is known of the desk as a whole, in one row. By the claim number a copy that was made before
-- payouts were sent is told from the original: a marker outside this file has seen a higher one.
CREATE TABLE desk_state (
    only_one       INTEGER PRIMARY KEY CHECK (only_one = 1),
    claims         INTEGER NOT NULL CHECK (claims >= 0), -- grows with every commit that claims for sending
    releases       INTEGER NOT NULL CHECK (releases >= 0), -- from a quarantine
    quarantined_at INTEGER, -- since then nothing is sent
    reason         TEXT,
    doubtful_until INTEGER, -- payouts made up to then are asked about before they are sent
    CHECK ((quarantined_at IS NULL) = (reason IS NULL))
) STRICT;
INSERT INTO desk_state (only_one, claims, releases) VALUES (1, 0, 0);
