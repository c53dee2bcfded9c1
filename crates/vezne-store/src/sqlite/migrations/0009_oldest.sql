-- The callback that is due longest, of those that anybody will send: one that was set aside waits for
-- a person, and is counted by itself.
DROP INDEX callback_oldest;
CREATE INDEX callback_oldest ON callback (state_at) WHERE state = 'due' AND set_aside_at IS NULL;
