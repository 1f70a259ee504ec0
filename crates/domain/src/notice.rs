//! Puts messages into a decision: sealed into their outbox row, so that nothing readable waits in the database.
//!
//! Every notice has a copy for the backup address, where the person has one. What carries a code or a link that acts has none.

use crate::command::{Context, Origin};
use crate::decision::OutboxMessage;
use crate::destination::{Destination, PhoneNumber};
use crate::ids::{MessageId, UserId};
use crate::message::{Channel, EventDetails, MessageContent, MessageKind};
use crate::secret::{Place, SecretText};
use crate::sms_fraud::{Group, Limit};
use crate::time::{Duration, Timestamp};
use crate::user::{Account, Email};

/// How long a message without an end of its own is worth sending.
const NOTICE_LIFE: Duration = Duration::from_days(3);

/// Where an outbox payload stands.
pub const fn place(id: MessageId) -> Place {
    Place { table: "outbox", column: "payload", row: id.uuid(), owner: uuid::Uuid::nil() }
}

/// A notice, and its copies for the backup address and other addresses that were proved. A person without an address gets none.
#[derive(Debug)]
pub struct Notice {
    message: Option<OutboxMessage>,
    copies: Vec<OutboxMessage>,
}

impl Notice {
    /// Keeps it apart from the person it is about, who is about to be deleted.
    pub(crate) fn outlive_user(&mut self) {
        for message in self.message.iter_mut().chain(&mut self.copies) {
            message.user = None;
        }
    }
}

/// A message without a copy.
impl From<OutboxMessage> for Notice {
    fn from(message: OutboxMessage) -> Self {
        Self { message: Some(message), copies: Vec::new() }
    }
}

impl IntoIterator for Notice {
    type Item = OutboxMessage;
    type IntoIter = std::iter::Chain<std::option::IntoIter<OutboxMessage>, std::vec::IntoIter<OutboxMessage>>;

    fn into_iter(self) -> Self::IntoIter {
        self.message.into_iter().chain(self.copies)
    }
}

fn seal(message: &MessageContent, user: Option<UserId>, now: Timestamp, context: &mut Context<'_>) -> OutboxMessage {
    // Plain strings and times always serialize; were that ever to fail, the message would not open and be given up.
    let plain = message.to_bytes().unwrap_or_default();
    let expires_at = message.expires_at.unwrap_or(now + NOTICE_LIFE);
    seal_bytes(&plain, (message.kind, message.channel, masked(message)), user, expires_at, now, context)
}

fn seal_bytes(
    plain: &[u8],
    (kind, channel, destination): (MessageKind, Channel, String),
    user: Option<UserId>,
    expires_at: Timestamp,
    now: Timestamp,
    context: &mut Context<'_>,
) -> OutboxMessage {
    let id = MessageId::new(now, context.rng);
    let payload = context.keys.seal(&place(id), plain, context.rng);
    OutboxMessage { id, user, kind, channel, payload, destination, expires_at: Some(expires_at) }
}

fn masked(message: &MessageContent) -> String {
    match message.channel {
        Channel::Sms => PhoneNumber::from_e164(&message.to).map(|number| number.masked()).unwrap_or_default(),
        Channel::Email => Email::stored(message.to.clone()).masked(),
        // No message of words goes there.
        Channel::Webhook => String::new(),
    }
}

/// A mail that carries a link with a token: `{base}/{path}#token=…`. In the fragment, so that no server log ever has it.
#[expect(clippy::too_many_arguments, reason = "all that a message is made of")]
pub fn link(
    kind: MessageKind,
    to: &Email,
    path: &str,
    token: Option<(&SecretText, Timestamp)>,
    locale: &str,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> OutboxMessage {
    let base = &context.policy.base_url;
    let message = MessageContent {
        kind,
        channel: Channel::Email,
        to: to.as_str().to_owned(),
        locale: locale.to_owned(),
        code: None,
        link: Some(match token {
            Some((token, _)) => format!("{base}/{path}#token={}", token.expose()),
            None => format!("{base}/{path}"),
        }),
        expires_at: token.map(|(_, expires_at)| expires_at),
        event: Some(event(origin, now)),
    };
    seal(&message, None, now, context)
}

/// A code, to where it proves presence.
#[expect(clippy::too_many_arguments, reason = "all that a message is made of")]
pub fn code(
    kind: MessageKind,
    to: &Destination,
    code: &SecretText,
    expires_at: Timestamp,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> OutboxMessage {
    let message = MessageContent {
        kind,
        channel: match to {
            Destination::Phone(_) => Channel::Sms,
            Destination::Email(_) => Channel::Email,
        },
        to: to.as_str().to_owned(),
        locale: account.user.locale.clone(),
        code: Some(code.expose().to_owned()),
        link: None,
        expires_at: Some(expires_at),
        event: Some(event(origin, now)),
    };
    seal(&message, Some(account.user.id), now, context)
}

/// A link with its token: `{base}/{path}#token=…`.
#[derive(Debug)]
pub struct Link<'a> {
    /// The page it opens.
    pub path: &'static str,
    /// Its token.
    pub token: &'a SecretText,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Link<'_> {
    fn url(&self, context: &Context<'_>) -> String {
        format!("{}/{}#token={}", context.policy.base_url, self.path, self.token.expose())
    }
}

/// A mail to somebody known that is of no use without its link: not sent when the link is over.
pub fn with_link(
    kind: MessageKind,
    account: &Account,
    to: &Email,
    link: &Link<'_>,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> OutboxMessage {
    let message = MessageContent {
        kind,
        channel: Channel::Email,
        to: to.as_str().to_owned(),
        locale: account.user.locale.clone(),
        code: None,
        link: Some(link.url(context)),
        expires_at: Some(link.expires_at),
        event: Some(event(origin, now)),
    };
    seal(&message, Some(account.user.id), now, context)
}

/// The notice of a lock, with the link out of it where there is one.
pub(crate) fn locked(
    account: &Account,
    until: Option<Timestamp>,
    link: Option<&Link<'_>>,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Notice {
    let event = EventDetails { locked_until: until, ..event(origin, now) };
    with_way(MessageKind::AccountLocked, account, link, event, now, context)
}

/// The notice that everything starts over, with the link that is the only way in where there is one.
pub(crate) fn start_over(
    account: &Account,
    link: Option<&Link<'_>>,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Notice {
    with_way(MessageKind::StartedOver, account, link, event(origin, now), now, context)
}

/// The notice that a reset of the second factor was asked for, with the link that stops it.
pub(crate) fn reset_requested(account: &Account, link: &Link<'_>, now: Timestamp, context: &mut Context<'_>) -> Notice {
    // Where the help desk sits is no business of whoever reads the mail.
    with_way(MessageKind::ResetRequested, account, Some(link), event(&Origin::default(), now), now, context)
}

/// A notice with a link for its owner alone. Told even when the link is over; no copy has the link.
fn with_way(
    kind: MessageKind,
    account: &Account,
    link: Option<&Link<'_>>,
    event: EventDetails,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Notice {
    let mut message = told(kind, &account.user.email, account, event.clone());
    message.link = link.map(|link| link.url(context));
    message.expires_at = link.map(|link| link.expires_at);
    let message = has_address(account)
        .then(|| OutboxMessage { expires_at: None, ..seal(&message, Some(account.user.id), now, context) });
    Notice { message, copies: copy(kind, account, event, now, context).into_iter().collect() }
}

impl Notice {
    /// With a copy, without any link, for each of these addresses of the person's.
    pub(crate) fn also_to(
        mut self,
        kind: MessageKind,
        addresses: &[Email],
        account: &Account,
        origin: &Origin,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Self {
        for to in addresses.iter().filter(|to| to.key() != account.user.email.key()) {
            let copy_for = has_address(account).then(|| account.user.email.masked());
            let event = EventDetails { copy_for, ..event(origin, now) };
            self.copies.push(seal(&told(kind, to, account, event), Some(account.user.id), now, context));
        }
        self
    }
}

fn event(origin: &Origin, now: Timestamp) -> EventDetails {
    EventDetails { ip: origin.ip.map(|ip| ip.to_string()), browser: origin.user_agent.clone(), ..EventDetails::at(now) }
}

/// A notice to a person about something that happened to their account.
pub fn notice(
    kind: MessageKind,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
    tell: impl FnOnce(&mut EventDetails),
) -> Notice {
    let mut event = event(origin, now);
    tell(&mut event);
    let message = told(kind, &account.user.email, account, event.clone());
    let message = has_address(account).then(|| seal(&message, Some(account.user.id), now, context));
    Notice { message, copies: copy(kind, account, event, now, context).into_iter().collect() }
}

/// Whether there is anywhere to write to: an application need not tell the addresses of its users.
fn has_address(account: &Account) -> bool {
    !account.user.email.is_none()
}

/// What a notice says, without code and link.
fn told(kind: MessageKind, to: &Email, account: &Account, event: EventDetails) -> MessageContent {
    MessageContent {
        kind,
        channel: Channel::Email,
        to: to.as_str().to_owned(),
        locale: account.user.locale.clone(),
        code: None,
        link: None,
        expires_at: None,
        event: Some(event),
    }
}

/// The copy for the backup address, without a link that acts. One that does not open hinders nothing: its copy waits in vain
/// and is given up, where the operator sees it. Wrong guesses stay charged, and a user can still be disabled.
fn copy(
    kind: MessageKind,
    account: &Account,
    event: EventDetails,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Option<OutboxMessage> {
    let user = Some(account.user.id);
    match account.backup_email(context.keys) {
        Ok(None) => None,
        Ok(Some(to)) if to.key() == account.user.email.key() => None,
        Ok(Some(to)) => {
            let event = EventDetails { copy_for: Some(account.user.email.masked()), ..event };
            Some(seal(&told(kind, &to, account, event), user, now, context))
        }
        Err(_) => Some(seal_bytes(&[], (kind, Channel::Email, String::new()), user, now + NOTICE_LIFE, now, context)),
    }
}

/// What tells the operator that a limit of text messages is reached.
pub(crate) fn sms_limit(
    to: &Email,
    limit: Limit,
    group: Group,
    origin: &Origin,
    context: &mut Context<'_>,
) -> OutboxMessage {
    let now = context.clock;
    let limit = match group {
        Group::Country(country) | Group::SetUps(country) => format!("{} {}", limit.as_str(), country.as_str()),
        Group::All | Group::Block(_) | Group::Prefix(_) => limit.as_str().to_owned(),
    };
    let message = MessageContent {
        kind: MessageKind::SmsLimitReached,
        channel: Channel::Email,
        to: to.as_str().to_owned(),
        locale: "en".to_owned(),
        code: None,
        link: None,
        expires_at: None,
        event: Some(EventDetails { limit: Some(limit), ..event(origin, now) }),
    };
    seal(&message, None, now, context)
}
