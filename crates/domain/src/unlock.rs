//! The way out of a lock: a link in the mail about it gives a few guesses, once, also out of the hard stop.
//!
//! Whoever opens it still needs password and second factor. The guesses it gave once, wrong again, bring no further link:
//! then the lock's end or an administrator is waited for.

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision};
use crate::link_token::{self, LinkPurpose, LinkView, Opened};
use crate::secret::{Broken, TokenHash};

/// Opens the link of a mail about a lock.
#[derive(Debug)]
pub struct UnlockAccount {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// Where from.
    pub origin: Origin,
}

impl Decide for UnlockAccount {
    type View = LinkView;
    type Reply = ();

    fn decide(&self, view: LinkView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let action = AuditAction::AccountUnlocked;
        let Opened { mut account, link, now, alarms } =
            match link_token::open(view, LinkPurpose::Unlock, action, &self.origin, context) {
                Ok(opened) => opened,
                Err(refused) => return Ok(*refused),
            };
        account.settings.guesses.unlock(now, context.policy);
        Ok(Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(account.entry(action, true, &self.origin).because("link"))
            .change(Change::ConsumeLinkToken(link.id))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

#[cfg(test)]
mod tests;
