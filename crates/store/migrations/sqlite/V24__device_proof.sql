-- When the factor was proved that a trusted device stands for: often before trust began. Null for those trusted before it was
-- noted. Only adds.
ALTER TABLE trusted_devices ADD COLUMN proved_at INTEGER;
