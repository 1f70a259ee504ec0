-- Which keys a database needs is asked at every start. These indexes answer it: the key's id is the second to the fifth byte of
-- what is sealed, and a column of its own of what is hashed.
CREATE INDEX factors_by_key_of_secret ON factors (substr(secret, 2, 4)) WHERE secret IS NOT NULL;
CREATE INDEX factors_by_key_of_destination ON factors (substr(destination, 2, 4)) WHERE destination IS NOT NULL;
CREATE INDEX enrollments_by_key_of_secret ON enrollments (substr(secret, 2, 4)) WHERE secret IS NOT NULL;
CREATE INDEX enrollments_by_key_of_destination ON enrollments (substr(destination, 2, 4)) WHERE destination IS NOT NULL;
CREATE INDEX kept_recovery_codes_by_key_of_codes ON kept_recovery_codes (substr(codes, 2, 4));
CREATE INDEX link_tokens_by_key_of_payload ON link_tokens (substr(payload, 2, 4)) WHERE payload IS NOT NULL;
CREATE INDEX outbox_by_key_of_payload ON outbox (substr(payload, 2, 4)) WHERE payload IS NOT NULL;
CREATE INDEX recovery_codes_by_pepper_id ON recovery_codes (pepper_id);
CREATE INDEX two_factor_codes_by_pepper_id ON two_factor_codes (pepper_id) WHERE used_at IS NULL AND ended_at IS NULL;
