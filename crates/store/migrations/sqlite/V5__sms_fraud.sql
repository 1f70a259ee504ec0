-- Text messages sent, in slices of half an hour: per country, per block of neighboring numbers and per block of client
-- addresses (blind indexes, in hex). A busy slice is spread over several rows. Costs are in millionths of a unit of money.
CREATE TABLE sms_usage (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    alarmed_at INTEGER,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name, since, shard)
) STRICT;
CREATE INDEX sms_usage_by_expires_at ON sms_usage (expires_at);

-- Where a code sent by SMS is counted, so that it is counted there as verified.
ALTER TABLE two_factor_codes ADD COLUMN country TEXT;
ALTER TABLE two_factor_codes ADD COLUMN counted_at INTEGER;
