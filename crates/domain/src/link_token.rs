//! Links that do one thing for one person, once: a new password, a new address, an unlocked sign-in, by mail; their own
//! security page, by the hand of their application.
//!
//! A link is bound to its person and its purpose. Of each purpose a person has at most one: a newer one takes its place. None
//! of them signs anybody in.
//!
//! ```text
//!   live ──opened and confirmed──▶ used
//!     └──a newer one, its end, a change it must not outlive──▶ gone
//! ```

use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{LinkTokenId, UserId};
use crate::secret::{Broken, Place, Sealed, SecretText, TokenHash, new_token};
use crate::time::{Duration, Timestamp};
use crate::user::Account;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// A new password for somebody who forgot theirs.
    PasswordReset,
    /// A few guesses while the account is locked.
    Unlock,
    /// Another address.
    EmailChange,
    /// An address for copies of notices.
    BackupEmail,
    /// A visit to the security page, for a user of an application.
    Settings,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::PasswordReset, Self::Unlock, Self::EmailChange, Self::BackupEmail, Self::Settings];
    /// What ends with all sessions: what changes an address, and what begins a visit.
    pub const ENDED_BY_SIGN_OUT: &'static [Self] = &[Self::EmailChange, Self::BackupEmail, Self::Settings];
    /// What a change of the password ends. The way out of a lock is no way to the password, and stays.
    pub const ENDED_BY_PASSWORD: &'static [Self] = &[Self::PasswordReset, Self::EmailChange, Self::BackupEmail];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::Unlock => "unlock",
            Self::EmailChange => "email_change",
            Self::BackupEmail => "backup_email",
            Self::Settings => "settings",
        }
    }

    /// The purpose of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// A link's token as stored.
#[derive(Clone, Debug)]
pub struct LinkToken {
    /// Which.
    pub id: LinkTokenId,
    /// Whose.
    pub user: UserId,
    /// What for.
    pub purpose: LinkPurpose,
    /// Hash of the token.
    pub token: TokenHash,
    /// What it is about, where it is about something: sealed.
    pub payload: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl LinkToken {
    /// Makes a token, and what is stored of it.
    pub(crate) fn new(
        account: &Account,
        purpose: LinkPurpose,
        payload: Option<&[u8]>,
        life: Duration,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> (SecretText, Self) {
        let token = new_token(context.rng);
        let (id, user) = (LinkTokenId::new(now, context.rng), account.user.id);
        let stored = Self {
            id,
            user,
            purpose,
            token: TokenHash::of(token.expose()),
            payload: payload.map(|plain| context.keys.seal(&Self::place(id, user), plain, context.rng)),
            created_at: now,
            expires_at: now + life,
            used_at: None,
        };
        (token, stored)
    }

    const fn place(id: LinkTokenId, user: UserId) -> Place {
        Place { table: "link_tokens", column: "payload", row: id.uuid(), owner: user.uuid() }
    }

    /// What it is about.
    pub(crate) fn open(&self, context: &Context<'_>) -> Result<zeroize::Zeroizing<Vec<u8>>, Broken> {
        let place = Self::place(self.id, self.user);
        let sealed = self.payload.as_ref().ok_or_else(|| place.broken(crate::secret::Fault::Missing))?;
        context.keys.open(&place, sealed)
    }

    /// Whether it may still be used. What was made in the future was made by a wrong clock, and is over.
    fn is_live(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.created_at <= now && now < self.expires_at
    }
}

/// What every command with a link reads.
#[derive(Debug)]
pub struct LinkView {
    /// The link's person.
    pub account: Option<Account>,
    /// The link.
    pub link: Option<LinkToken>,
}

/// A link that may be used.
pub(crate) struct Opened {
    /// Whose.
    pub(crate) account: Account,
    /// Which.
    pub(crate) link: LinkToken,
    /// The time it is for them.
    pub(crate) now: Timestamp,
    /// What the clock gives reason to write down.
    pub(crate) alarms: Vec<AuditEntry>,
}

/// Opens a link. Unknown, used, replaced, over, of another purpose, of a disabled person: one refusal.
pub(crate) fn open<R>(
    view: LinkView,
    purpose: LinkPurpose,
    action: AuditAction,
    origin: &Origin,
    context: &Context<'_>,
) -> Result<Opened, Box<Decision<R>>> {
    let refused = |at| Decision::new(Err(Refusal::TokenInvalid), at);
    let (Some(mut account), Some(link)) = (view.account, view.link) else {
        return Err(Box::new(refused(context.clock)));
    };
    let moment = account.moment(context.clock, context.policy);
    let now = moment.now;
    let alarms = account.seen(moment, origin, context.policy);
    let why = if link.purpose != purpose || link.user != account.user.id {
        "other_purpose"
    } else if account.user.disabled_at.is_some() {
        "disabled"
    } else if link.used_at.is_some() {
        "used"
    } else if link.is_live(now) {
        return Ok(Opened { account, link, now, alarms });
    } else {
        "expired"
    };
    Err(Box::new(
        refused(now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(account.entry(action, false, origin).because(why))
            .change(Change::SaveSettings(account.user.id, account.settings.clone())),
    ))
}
