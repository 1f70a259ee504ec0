-- What the last wrong code of a set-up said about the person's clock, as in challenges.
ALTER TABLE enrollments ADD COLUMN skew_step bigint;
ALTER TABLE enrollments ADD COLUMN skew_offset bigint;
