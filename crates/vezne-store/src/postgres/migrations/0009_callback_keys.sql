-- The secret of the Standard Webhooks headers before its last rotation, sealed, and until when it signs
-- beside the present one.
ALTER TABLE merchant ADD COLUMN former_webhook_secret BYTEA;
ALTER TABLE merchant ADD COLUMN former_webhook_until BIGINT;
-- Grows whenever what a merchant's callbacks are made with changes; a body from before is made afresh.
ALTER TABLE merchant ADD COLUMN callback_version BIGINT NOT NULL DEFAULT 0 CHECK (callback_version >= 0);
ALTER TABLE callback ADD COLUMN body_version BIGINT NOT NULL DEFAULT 0 CHECK (body_version >= 0);
DROP TRIGGER callback_body_stays ON callback;
CREATE TRIGGER callback_body_stays BEFORE UPDATE OF body ON callback
    FOR EACH ROW WHEN (OLD.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body
        AND NOT (NEW.body IS NULL AND NEW.state <> 'due' AND NEW.forgotten = NEW.attempts)
        AND NOT (NEW.body IS NOT NULL AND NEW.body_version > OLD.body_version))
    EXECUTE FUNCTION refuse_change('the bytes of a callback change for later keys only');
-- What nobody has taken for long, by whose it is. Few at any time, and nothing of what is taken at once.
CREATE INDEX callback_failing ON callback (merchant_id, created_at)
    WHERE state = 'due' AND set_aside_at IS NULL AND attempts > 4;
