-- Figures for those who run the service: what happened in each hour, counted. They name nobody. Only adds.

-- Hours that were summed, and when.
CREATE TABLE summed_hours (
    hour timestamptz PRIMARY KEY,
    summed_at timestamptz NOT NULL
);

-- What was counted in an hour. Amounts are in millionths of a unit of money.
CREATE TABLE hourly_figures (
    hour timestamptz NOT NULL REFERENCES summed_hours (hour) ON DELETE CASCADE,
    figure text NOT NULL,
    label text NOT NULL,
    count bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (hour, figure, label)
);
