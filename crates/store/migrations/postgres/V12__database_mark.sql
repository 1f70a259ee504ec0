-- By what a server knows, when it starts, that this database is the one it knew, and no older copy of it. One row.
CREATE TABLE database_mark (
    id integer PRIMARY KEY CHECK (id = 1),
    lineage uuid NOT NULL,
    beat bigint NOT NULL,
    place text NOT NULL,
    timeline text NOT NULL,
    written_in bigint NOT NULL,
    marked_at timestamptz NOT NULL
);
