-- Visits of an application's users to their security page: the link that begins one, and where its session leads back to.
ALTER TABLE sessions ADD COLUMN return_url text;

ALTER TABLE link_tokens
DROP CONSTRAINT link_tokens_purpose_check,
ADD CONSTRAINT link_tokens_purpose_check
CHECK (purpose IN ('password_reset', 'unlock', 'email_change', 'backup_email', 'settings'));
