-- Text messages sent, in slices of half an hour: per country, per block of neighboring numbers and per block of client
-- addresses (blind indexes, in hex). A busy slice is spread over several rows. Costs are in millionths of a unit of money.
CREATE TABLE sms_usage (
    kind text NOT NULL,
    name text NOT NULL,
    since timestamptz NOT NULL,
    shard integer NOT NULL,
    sent integer NOT NULL,
    verified integer NOT NULL,
    cost bigint NOT NULL,
    alarmed_at timestamptz,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (kind, name, since, shard)
);
CREATE INDEX sms_usage_by_expires_at ON sms_usage (expires_at);

-- Where a code sent by SMS is counted, so that it is counted there as verified.
ALTER TABLE two_factor_codes ADD COLUMN country text;
ALTER TABLE two_factor_codes ADD COLUMN counted_at timestamptz;
