-- Resets of somebody's second factor that were asked for, and wait: for another administrator, for time to pass, or both.
-- Programs built between releases may have made them under another number.
CREATE TABLE IF NOT EXISTS reset_requests (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    asked_by uuid NOT NULL,
    reason text NOT NULL,
    stop_hash bytea NOT NULL UNIQUE,
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    approved_by uuid,
    approved_at timestamptz,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('carried_out', 'declined', 'withdrawn', 'stopped', 'expired', 'overtaken'))
);
-- Of each person at most one waits.
CREATE UNIQUE INDEX IF NOT EXISTS reset_requests_open ON reset_requests (user_id) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS reset_requests_by_user_id ON reset_requests (user_id);
CREATE INDEX IF NOT EXISTS reset_requests_by_expires_at ON reset_requests (expires_at);
