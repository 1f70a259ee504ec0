//! Browsers that people have signed in with.

use domain::ids::{ApplicationId, UserId};
use domain::known_browser::KnownBrowser;
use domain::secret::TokenHash;
use domain::time::Timestamp;

use crate::load::{Handle, Reads, every};
use crate::{Row, Statement, StoreError, params};

/// Those of a challenge's person.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<KnownBrowser>> {
    reads.read(
        "SELECT name, seen_at FROM known_browsers \
         WHERE user_id = (SELECT user_id FROM challenges WHERE token_hash = $1)",
        params![&token.0],
        |rows| every(rows, browser),
    )
}

/// Those of an address's owner.
pub(crate) fn of_email(
    reads: &mut Reads<'_>,
    application: ApplicationId,
    email_key: &str,
) -> Handle<Vec<KnownBrowser>> {
    reads.read(
        "SELECT name, seen_at FROM known_browsers \
         WHERE user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2)",
        params![application.uuid(), email_key],
        |rows| every(rows, browser),
    )
}

fn browser(row: &Row) -> Result<KnownBrowser, StoreError> {
    Ok(KnownBrowser { name: row.get(0)?, seen_at: row.get(1)? })
}

/// Writes down that somebody signed in with a browser.
pub(crate) fn see(user: UserId, name: &str, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO known_browsers (user_id, name, seen_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, name) DO UPDATE SET seen_at = excluded.seen_at",
        params![user.uuid(), name, at],
    )
}
