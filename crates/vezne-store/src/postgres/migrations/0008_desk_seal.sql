-- A keyed tag over whether the desk is in quarantine and how often it was released, so that nobody who
-- has a hand on the database ends a quarantine. Null only on desks from before, until a person confirms.
ALTER TABLE desk_state ADD COLUMN seal BYTEA CHECK (length(seal) = 16);
