-- The address that gets copies of a person's notices, and the link that proves it.

ALTER TABLE two_factor_settings ADD COLUMN backup_email bytea;
CREATE INDEX two_factor_settings_by_key_of_backup_email ON two_factor_settings (substr(backup_email, 2, 4))
WHERE backup_email IS NOT NULL;

ALTER TABLE link_tokens
DROP CONSTRAINT link_tokens_purpose_check,
ADD CONSTRAINT link_tokens_purpose_check
CHECK (purpose IN ('password_reset', 'unlock', 'email_change', 'backup_email'));
