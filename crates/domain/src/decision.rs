//! What a command comes to: a reply or a refusal, and everything to be committed with it.

use crate::administrator::Role;
use crate::administrator::key::AdminKey;
use crate::administrator::reset_request::{ResetOutcome, ResetRequest};
use crate::application::hosted::Hosted;
use crate::application::idempotency::KeptAnswer;
use crate::application::return_url::ReturnUrl;
use crate::application::webhook::{Announcement, Webhook};
use crate::application::{ApiKey, Application, KeyScope};
use crate::audit::{AuditEntry, AuditHead};
use crate::challenge::Challenge;
use crate::delivery::Unsent;
use crate::destination::PhoneFault;
use crate::enrollment::Enrollment;
use crate::factor::{Factor, Method};
use crate::ids::{
    AdminKeyId, ApiKeyId, ApplicationId, ChallengeId, EnrollmentId, FactorId, LinkTokenId, MessageId, PendingSignupId,
    PersonId, RecoveryCodeId, ResetRequestId, SentCodeId, SessionId, TrustedDeviceId, UserId, WebhookId,
};
use crate::link_token::{LinkPurpose, LinkToken};
use crate::locale::Locale;
use crate::message::{Channel, MessageKind};
use crate::notice::Notice;
use crate::recovery_code::StoredRecoveryCode;
use crate::recovery_code::set::KeptRecoveryCodes;
use crate::secret::{Sealed, TokenHash};
use crate::sent_code::SentCode;
use crate::session::Session;
use crate::signup::PendingSignup;
use crate::sms_fraud::{Count, Group};
use crate::throttle::{Counter, Locked};
use crate::time::{Duration, Timestamp};
use crate::totp::Step;
use crate::trusted_device::TrustedDevice;
use crate::user::{Account, Email, EmailFault, EmailKey, PasswordHash, Settings, User};

/// The outcome of a command. A refusal is a decision too: its charge and its audit entry are committed like any other.
#[derive(Debug)]
pub struct Decision<Reply> {
    /// What is answered, once all below is committed.
    pub reply: Result<Reply, Refusal>,
    /// The moment it was made: what is stored is stamped with it.
    pub at: Timestamp,
    /// What changes.
    pub changes: Vec<Change>,
    /// What is written down.
    pub audit: Vec<AuditEntry>,
    /// The chain the entries with a person go on.
    pub chain: Option<Chain>,
    /// What is sent.
    pub outbox: Vec<OutboxMessage>,
}

/// A person's audit chain as it was loaded.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// Whose.
    pub person: crate::ids::PersonId,
    /// Where it ended.
    pub head: AuditHead,
}

impl<Reply> Decision<Reply> {
    /// A decision that changes nothing yet.
    pub const fn new(reply: Result<Reply, Refusal>, at: Timestamp) -> Self {
        Self { reply, at, changes: Vec::new(), audit: Vec::new(), chain: None, outbox: Vec::new() }
    }

    /// With entries on a person's chain.
    #[must_use]
    pub fn on_chain_of(mut self, account: &Account) -> Self {
        self.chain = Some(Chain { person: account.user.person, head: account.head });
        self
    }

    /// A refusal to a person: on their chain, and with the time they were seen at.
    pub(crate) fn refused(account: &Account, refusal: Refusal, now: Timestamp) -> Self {
        Self::new(Err(refusal), now)
            .on_chain_of(account)
            .change(Change::SaveSettings(account.user.id, account.settings.clone()))
    }

    /// The same, answered in other words.
    pub fn map<Other>(self, words: impl FnOnce(Reply) -> Other) -> Decision<Other> {
        let Self { reply, at, changes, audit, chain, outbox } = self;
        Decision { reply: reply.map(words), at, changes, audit, chain, outbox }
    }

    /// Everything that was decided so far, and a refusal.
    pub(crate) fn refuse<Other>(self, refusal: Refusal) -> Decision<Other> {
        let Self { at, changes, audit, chain, outbox, .. } = self;
        Decision { reply: Err(refusal), at, changes, audit, chain, outbox }
    }

    /// With one more change.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// With one more audit entry.
    #[must_use]
    pub fn audit(mut self, entry: AuditEntry) -> Self {
        self.audit.push(entry);
        self
    }

    /// With more audit entries.
    #[must_use]
    pub fn audit_all(mut self, entries: impl IntoIterator<Item = AuditEntry>) -> Self {
        self.audit.extend(entries);
        self
    }

    /// With one more message, and its copy where it has one.
    #[must_use]
    pub fn send(mut self, message: impl Into<Notice>) -> Self {
        self.outbox.extend(message.into());
        self
    }
}

/// A change of state. Those marked *guarded* fail the whole commit when the row is not as it was read.
#[derive(Debug)]
pub enum Change {
    /// A sign-up waits for its address.
    AddPendingSignup(PendingSignup),
    /// Its link is replaced by a new one.
    RenewPendingSignup {
        /// Which.
        id: PendingSignupId,
        /// The new link's token.
        token: TokenHash,
        /// Until when the new link works.
        expires_at: Timestamp,
    },
    /// *Guarded.* A sign-up's link was used: it and all others for the address are gone.
    ConsumePendingSignup {
        /// Which.
        id: PendingSignupId,
        /// In which application.
        application: ApplicationId,
        /// For which address.
        email_key: EmailKey,
    },
    /// A new user, with settings and an empty audit chain.
    AddUser(Box<User>, Settings),
    /// A password hash is replaced.
    SetPassword(UserId, PasswordHash),
    /// A person is spoken to in another language.
    SetLocale(UserId, Locale),
    /// A person's settings and guess budget, whole.
    SaveSettings(UserId, Settings),
    /// A new challenge.
    AddChallenge(Challenge),
    /// *Guarded.* Wrong codes of a live challenge.
    SaveAttempts {
        /// Which.
        id: ChallengeId,
        /// Wrong codes so far.
        attempts: u32,
        /// What the last wrong code said about the person's clock.
        skew: Option<SkewHint>,
    },
    /// *Guarded.* A challenge was answered.
    CompleteChallenge(ChallengeId),
    /// A challenge dies unanswered.
    EndChallenge(ChallengeId),
    /// Every live challenge of a person dies, and with them every code that was sent for anything.
    EndChallengesOf(UserId),
    /// The pending set-up of this person and method, replacing any other.
    PutEnrollment(Enrollment),
    /// *Guarded.* Wrong codes of a pending set-up.
    SaveEnrollmentAttempts {
        /// Of which set-up.
        id: EnrollmentId,
        /// All of them.
        attempts: u32,
        /// What the last one said about the person's clock.
        skew: Option<SkewHint>,
    },
    /// *Guarded.* A pending set-up was confirmed.
    ConsumeEnrollment(EnrollmentId),
    /// Pending set-ups begun by a session are gone.
    AbandonEnrollmentsOf(SessionId),
    /// Every pending set-up of a person is gone.
    AbandonAllEnrollmentsOf(UserId),
    /// A confirmed factor.
    AddFactor(Factor),
    /// Every factor of a person is gone.
    RemoveFactorsOf(UserId),
    /// *Guarded.* A step is used up.
    UseStep {
        /// Of which factor.
        factor: FactorId,
        /// Which step.
        step: Step,
        /// A memory beyond this came from a wrong clock and does not count.
        trusted: Step,
    },
    /// *Guarded.* A factor is called otherwise.
    RenameFactor(FactorId, String),
    /// *Guarded.* A factor is gone.
    RemoveFactor(FactorId),
    /// The set of recovery codes, replacing any other.
    ReplaceRecoveryCodes(UserId, Vec<StoredRecoveryCode>),
    /// *Guarded.* A recovery code is used up.
    UseRecoveryCode(RecoveryCodeId),
    /// Gives a bypass code, in the place of one that was given before.
    GiveBypassCode(UserId, StoredRecoveryCode),
    /// Uses up a bypass code; guarded by nobody having used it before, and by its end.
    UseBypassCode(RecoveryCodeId),
    /// Takes back the bypass code of a person, if there is one.
    WithdrawBypassCode(UserId),
    /// A set of recovery codes is kept to be downloaded, replacing any other.
    KeepRecoveryCodes(KeptRecoveryCodes),
    /// The kept set of a person is wiped.
    WipeKeptRecoveryCodes(UserId),
    /// *Guarded.* A code is sent: the one before it for the same thing dies, and its destination's counter is charged; a text
    /// message is counted with all of them.
    AddSentCode(Box<SentCode>, Counter, Option<Box<Count>>),
    /// The operator is told of a limit of text messages.
    MarkSmsAlarm(Group, Timestamp),
    /// *Guarded.* A sent code is used up.
    UseSentCode {
        /// Which.
        id: SentCodeId,
        /// By which factor it was sent.
        factor: FactorId,
    },
    /// A new session.
    AddSession(Session),
    /// *Guarded.* A session's refresh token is replaced.
    RotateSession {
        /// Which.
        id: SessionId,
        /// The token it must still have.
        old: TokenHash,
        /// What the session is found by from now on.
        family: TokenHash,
        /// The new one.
        new: TokenHash,
        /// When it ends unless refreshed.
        idle_expires_at: Timestamp,
    },
    /// *Guarded.* The person of a session has proved anew who they are.
    RaiseSession {
        /// Which.
        id: SessionId,
        /// With which factor; `None` with the password alone.
        method: Option<Method>,
        /// When: of sign-in and of freshness.
        at: Timestamp,
    },
    /// A session of the hosted pages is in use: it ends later.
    ProlongSession {
        /// Which.
        id: SessionId,
        /// When it ends unless used.
        idle_expires_at: Timestamp,
    },
    /// A session ends.
    EndSession(SessionId, EndReason),
    /// A person's sessions end, but for one, and with them the set-ups they began.
    EndOtherSessions {
        /// Whose.
        user: UserId,
        /// The one that stays.
        keep: SessionId,
    },
    /// Every session of a person ends, and every set-up with them.
    EndSessionsOf(UserId, EndReason),
    /// The trust in every device of a person ends.
    RevokeTrust(UserId),
    /// A browser is trusted.
    AddTrustedDevice(Box<TrustedDevice>),
    /// *Guarded.* A trusted device was used: saved whole.
    SaveTrustedDevice {
        /// The secret it must still have.
        was: TokenHash,
        /// As it is now.
        device: Box<TrustedDevice>,
    },
    /// The trust in one device ends.
    RevokeTrustedDevice(TrustedDeviceId),
    /// A charge on a shared counter is taken back.
    ReturnCharge(Counter),
    /// A link by mail, replacing any other of the same person and purpose.
    PutLinkToken(LinkToken),
    /// *Guarded.* A link was used.
    ConsumeLinkToken(LinkTokenId),
    /// A person's links of these purposes are dead.
    EndLinkTokens(UserId, &'static [LinkPurpose]),
    /// A person's messages that are nothing but a code or a link, and wait to be sent, are not. Notices are.
    DropMessagesOf(UserId),
    /// A person's messages that wait for another try are tried at once.
    HurryMessagesOf(UserId),
    /// *Guarded.* A message ends unsent.
    EndMessage(MessageId, Unsent),
    /// Somebody signed in with a browser of this name.
    SeeBrowser(UserId, String),
    /// A person has another address, verified.
    SetEmail(UserId, Email),
    /// Copies of a person's notices go to this address, sealed into its row; `None` for nowhere.
    SetBackupEmail(UserId, Option<Sealed>),
    /// Since when a user may not sign in; `None` when they may.
    SetDisabled(UserId, Option<Timestamp>),
    /// Somebody has this role from now on; `None` takes it away.
    SetRole(UserId, Option<Role>),
    /// *Guarded.* A reset of somebody's second factor is asked for, and none waits already.
    AddResetRequest(Box<ResetRequest>),
    /// *Guarded.* Somebody other than whoever asked approves it, once.
    ApproveResetRequest(ResetRequestId, PersonId),
    /// *Guarded.* It waits no more; one that is carried out is due, and approved where that is asked for.
    EndResetRequest {
        /// Which.
        id: ResetRequestId,
        /// What became of it.
        outcome: ResetOutcome,
        /// Whether nobody may end it so without an approval.
        approved: bool,
    },
    /// What is asked for of a person's second factor is overtaken by what happened to it.
    EndResetRequestsOf(UserId),
    /// A user is gone, with everything that is theirs; the audit log stays.
    DeleteUser(UserId),
    /// *Guarded.* What an application says a user is called, and their number, sealed into their row.
    SetContact(UserId, Option<String>, Option<Sealed>),
    /// A new application.
    AddApplication(Application),
    /// A new key of an application.
    AddApiKey(ApiKey),
    /// A key of an application was used.
    UseApiKey(ApiKeyId),
    /// *Guarded.* A key of an application is good no more.
    RevokeApiKey(ApiKeyId),
    /// A new key of the administration.
    AddAdminKey(AdminKey),
    /// A key of the administration was used.
    UseAdminKey(AdminKeyId),
    /// *Guarded.* A key of the administration is good no more.
    RevokeAdminKey(AdminKeyId),
    /// *Guarded.* An answer is kept to be given again: nobody else has answered to its idempotency key.
    KeepAnswer(KeptAnswer),
    /// An application is called at one more address.
    AddWebhook(Webhook),
    /// *Guarded.* An application is not called at an address any more; what waits to be sent there is dropped.
    RemoveWebhook(WebhookId),
    /// An application is told what happened, if it listens.
    Announce(Announcement),
    /// People may go back from the hosted pages to this address of an application.
    AddReturnUrl(ApplicationId, ReturnUrl),
    /// They may no longer.
    RemoveReturnUrl(ApplicationId, ReturnUrl),
    /// What people see of an application, and what it wants of their second factor.
    SetApplication(Box<Application>),
    /// A challenge can be answered at the hosted pages.
    AddHosted(Box<Hosted>),
    /// *Guarded.* It is of one browser from now on.
    OpenHosted(ChallengeId, TokenHash),
    /// *Guarded.* It was answered there, and its result waits.
    ApproveHosted {
        /// Which.
        id: ChallengeId,
        /// By which kind of code.
        method: Method,
        /// Whether the device is to be trusted.
        trust: bool,
        /// What the result is exchanged for, and until when.
        result: (TokenHash, Timestamp),
    },
    /// *Guarded.* A result that nobody has taken is exchanged for another token.
    RenewHostedResult(ChallengeId, (TokenHash, Timestamp)),
    /// *Guarded.* Its application has the result.
    RedeemHosted(ChallengeId),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// Its refresh token was used twice.
    TokenReused,
    /// It reached its end.
    Expired,
    /// Its owner ended it from another one.
    Revoked,
    /// The password was reset.
    PasswordReset,
    /// The user was disabled.
    Disabled,
    /// The second factor was reset.
    TwoFactorReset,
    /// A role was given or taken away.
    RoleChanged,
    /// An administrator ended it.
    EndedForThem,
}

impl EndReason {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::PasswordReset => "password_reset",
            Self::Disabled => "disabled",
            Self::TwoFactorReset => "two_factor_reset",
            Self::RoleChanged => "role_changed",
            Self::EndedForThem => "ended_for_them",
        }
    }
}

/// What a wrong code told about the clock of the person's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkewHint {
    /// The step the code belongs to.
    pub step: Step,
    /// How many steps it lies from the server's.
    pub offset: i64,
}

/// A message to be sent, committed with the state it speaks of. Its content is sealed until it is delivered.
#[derive(Clone, Debug)]
pub struct OutboxMessage {
    /// Its row.
    pub id: MessageId,
    /// Whose, if anybody's.
    pub user: Option<UserId>,
    /// What about.
    pub kind: MessageKind,
    /// By which way.
    pub channel: Channel,
    /// Recipient and content, sealed into this row.
    pub payload: Sealed,
    /// Where it goes, masked: for operators, once the payload is gone.
    pub destination: String,
    /// After this it is not sent any more.
    pub expires_at: Option<Timestamp>,
}

/// Why a code was not accepted, beyond being wrong. Says only what is dead already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeHint {
    /// It was right, and was used.
    AlreadyUsed,
    /// It was right, and its time is over.
    Expired,
    /// The person's clock seems off by this many seconds; negative when behind ours.
    ClockSkew(i64),
}

/// We understood, and say no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// E-mail and password do not go together; or nobody may know whether they do.
    CredentialsInvalid,
    /// A bearer, refresh or link token that is not, or no longer, good.
    TokenInvalid,
    /// No challenge has this partial token.
    PartialTokenInvalid,
    /// No application has this key, or it was revoked.
    ApiKeyInvalid,
    /// The key lets its application not do this.
    ScopeMissing(KeyScope),
    /// The administrator's role is not enough.
    RoleRequired(Role),
    /// This takes another administrator than the one who asks.
    SecondAdministratorRequired,
    /// What was asked for is carried out when some time has passed.
    CoolingOff {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The call was answered before, and its answer is not kept any more.
    ReplayExpired,
    /// Another call had this idempotency key.
    IdempotencyKeyReused,
    /// Nobody may be sent back to this address.
    ReturnUrlUnknown,
    /// The right password of a sign-up whose address is not verified.
    EmailUnverified,
    /// The proof behind this session is too old for this change.
    StepUpRequired,
    /// Switched off by configuration, or not part of this version.
    FeatureDisabled,
    /// The challenge was answered already.
    AlreadyCompleted,
    /// Nothing waits to be confirmed.
    NoPendingSetup,
    /// Several set-ups wait: which one?
    FactorIdNeeded,
    /// As many factors as one person may have.
    AlreadyEnabled,
    /// There is no second factor yet.
    NotEnabled,
    /// The only factor there is, or the only one that can be used here.
    LastFactor,
    /// As many webhooks as one application may have.
    WebhooksFull,
    /// Unknown, or somebody else's: nobody learns which.
    NotFound,
    /// The recovery codes cannot be shown any more.
    RecoveryCodesGone,
    /// This number or address is a factor of the person already.
    DestinationEnrolled,
    /// The challenge ran out.
    ChallengeExpired,
    /// A wrong code. It was charged.
    CodeIncorrect {
        /// Tries left.
        attempts_left: u32,
        /// What can be said.
        hint: Option<CodeHint>,
    },
    /// Not a password this server takes.
    PasswordRejected(PasswordFault),
    /// Not an address this server takes.
    EmailRejected(EmailFault),
    /// Not a number this server sends to.
    PhoneRejected(PhoneFault),
    /// Too many wrong codes for this challenge, or too many wrong passwords.
    TooManyAttempts {
        /// How long to wait, when waiting helps.
        retry_after: Option<Duration>,
    },
    /// The account takes no code now.
    AccountLocked {
        /// How long to wait; `None` when only a stronger proof helps.
        retry_after: Option<Duration>,
    },
    /// A code was sent a moment ago.
    SendCooldown {
        /// How long to wait.
        retry_after: Duration,
    },
    /// As many codes were sent as may be.
    SendLimit {
        /// How long to wait.
        retry_after: Duration,
    },
    /// There is nothing to send a code with.
    DeliveryUnavailable {
        /// The methods that work.
        alternatives: Vec<Method>,
    },
}

impl Refusal {
    /// A locked account, seen at `now`.
    pub fn locked(locked: Locked, now: Timestamp) -> Self {
        Self::AccountLocked { retry_after: locked.until.map(|until| until.since(now)) }
    }
}

/// Why a new password is not taken; `reason` in the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than 8 characters.
    TooShort,
    /// More than 1,024 characters.
    TooLong,
    /// Among the first that would be tried.
    TooCommon,
}

impl PasswordFault {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::TooShort, Self::TooLong, Self::TooCommon];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::TooCommon => "too_common",
        }
    }
}
