-- By what a server knows, when it starts, that this database is the one it knew, and no older copy of it. One row.
CREATE TABLE database_mark (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    lineage BLOB NOT NULL,
    beat INTEGER NOT NULL,
    place TEXT NOT NULL,
    timeline TEXT NOT NULL,
    written_in INTEGER NOT NULL,
    marked_at INTEGER NOT NULL
) STRICT;
