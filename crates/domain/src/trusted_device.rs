//! Trusted devices: how trust ends.
//!
//! One function for every event that ends it: a change of password, address, number or factor, the use of a recovery code, a
//! reset, the end of all sessions.

use crate::audit::{AuditAction, AuditEntry};
use crate::command::Origin;
use crate::decision::Change;
use crate::user::Account;

/// Ends the trust in every device of a person. `why` is the audit log's word for the event.
pub(crate) fn revoke_trust(account: &Account, why: &'static str, origin: &Origin) -> (Change, AuditEntry) {
    let entry = account.entry(AuditAction::TrustRevoked, true, origin).because(why);
    (Change::RevokeTrust(account.user.id), entry)
}
