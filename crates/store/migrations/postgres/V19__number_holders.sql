-- How many accounts have the same number is asked before one more confirms it.
CREATE INDEX factors_by_destination_key ON factors (destination_key) WHERE destination_key IS NOT NULL;
