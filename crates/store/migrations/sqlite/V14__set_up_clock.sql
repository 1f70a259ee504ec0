-- What the last wrong code of a set-up said about the person's clock, as in challenges.
ALTER TABLE enrollments ADD COLUMN skew_step INTEGER;
ALTER TABLE enrollments ADD COLUMN skew_offset INTEGER;
