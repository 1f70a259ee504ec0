-- Figures for those who run the service: what happened in each hour, counted. They name nobody. Only adds.

-- Hours that were summed, and when.
CREATE TABLE summed_hours (
    hour INTEGER NOT NULL PRIMARY KEY,
    summed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was counted in an hour. Amounts are in millionths of a unit of money.
CREATE TABLE hourly_figures (
    hour INTEGER NOT NULL REFERENCES summed_hours (hour) ON DELETE CASCADE,
    figure TEXT NOT NULL,
    label TEXT NOT NULL,
    count INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (hour, figure, label)
) STRICT, WITHOUT ROWID;
