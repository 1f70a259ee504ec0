//! Links by mail.

use domain::ids::{LinkTokenId, UserId};
use domain::link_token::{LinkPurpose, LinkToken};
use domain::secret::{Sealed, TokenHash};
use domain::time::Timestamp;

use crate::load::{Handle, Reads, optional};
use crate::{Row, Statement, StoreError, params};

/// The link of a token.
pub(crate) fn by_token(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<LinkToken>> {
    reads.read(
        "SELECT id, user_id, purpose, token_hash, payload, created_at, expires_at, used_at FROM link_tokens \
         WHERE token_hash = $1",
        params![&token.0],
        |rows| optional(rows, link),
    )
}

fn link(row: &Row) -> Result<LinkToken, StoreError> {
    let purpose: String = row.get(2)?;
    Ok(LinkToken {
        id: LinkTokenId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        purpose: LinkPurpose::parse(&purpose).ok_or_else(|| StoreError::Corrupt {
            table: "link_tokens".into(),
            column: "purpose".into(),
            reason: "unknown word".into(),
        })?,
        token: TokenHash(row.get(3)?),
        payload: row.get::<Option<Vec<u8>>>(4)?.map(Sealed::from_bytes),
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        used_at: row.get(7)?,
    })
}

/// Puts a link in the place of any other of the same person and purpose.
pub(crate) fn put(link: &LinkToken) -> Statement {
    Statement::new(
        "INSERT INTO link_tokens (id, user_id, purpose, token_hash, payload, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (user_id, purpose) DO UPDATE SET id = excluded.id, token_hash = excluded.token_hash, \
         payload = excluded.payload, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL",
        params![
            link.id.uuid(),
            link.user.uuid(),
            link.purpose.as_str(),
            &link.token.0,
            link.payload.as_ref().map(|sealed| sealed.as_bytes().to_vec()),
            link.created_at,
            link.expires_at,
        ],
    )
}

/// Uses a link; guarded by nobody having used it before.
pub(crate) fn consume(id: LinkTokenId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE link_tokens SET used_at = $2, payload = NULL WHERE id = $1 AND used_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Ends a person's link of a purpose.
pub(crate) fn end_of(user: UserId, purpose: LinkPurpose) -> Statement {
    Statement::new(
        "DELETE FROM link_tokens WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL",
        params![user.uuid(), purpose.as_str()],
    )
}
