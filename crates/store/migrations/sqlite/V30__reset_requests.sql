-- Resets of somebody's second factor that were asked for, and wait: for another administrator, for time to pass, or both.
-- Programs built between releases may have made them under another number.
CREATE TABLE IF NOT EXISTS reset_requests (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    asked_by BLOB NOT NULL,
    reason TEXT NOT NULL,
    stop_hash BLOB NOT NULL UNIQUE,
    asked_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    approved_by BLOB,
    approved_at INTEGER,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('carried_out', 'declined', 'withdrawn', 'stopped', 'expired', 'overtaken'))
) STRICT, WITHOUT ROWID;
-- Of each person at most one waits.
CREATE UNIQUE INDEX IF NOT EXISTS reset_requests_open ON reset_requests (user_id) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS reset_requests_by_user_id ON reset_requests (user_id);
CREATE INDEX IF NOT EXISTS reset_requests_by_expires_at ON reset_requests (expires_at);
