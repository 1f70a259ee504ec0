//! Codes sent by SMS or e-mail: six digits, five minutes, used once.
//!
//! A code is good for one purpose, one challenge (or set-up, or session), one channel and one destination: all of them go
//! into its hash. A newer code for the same thing kills the older one. How often codes are sent is limited by what was sent
//! before, over all challenges, set-ups and sessions: per person and destination here, under the person's lock, and per
//! destination by a counter that all share. The limits stop the sending only: no other factor waits for them.
//!
//! ```text
//!   sent ──right code──▶ used
//!     ├──newer code, a change of factor, the end of its challenge──▶ ended
//!     └──5 minutes──▶ expired
//! ```

mod send;

use std::collections::BTreeMap;

use rand::CryptoRng;

use crate::delivery::{Stage, Trouble};
use crate::destination::Destination;
use crate::factor::Method;
use crate::ids::{ChallengeId, EnrollmentId, FactorId, SentCodeId, SessionId, UserId};
use crate::message::MessageKind;
use crate::policy::Policy;
use crate::secret::{Broken, Fault, KeyRing, PepperedHash, SecretText};
use crate::sms_fraud::Usage;
use crate::throttle::{Charged, Counter};
use crate::time::{Duration, Timestamp};

pub(crate) use send::dispatch;
pub use send::{CodeSent, SendCode, SendCodeView, SendFor, SessionPurpose, Which};

/// The first number that six digits cannot hold.
const CODES: u32 = 1_000_000;
/// The first 32-bit word that is drawn again, so that every code is drawn equally often.
const UNEVEN: u32 = u32::MAX - u32::MAX % CODES;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_days(1);

/// What a code is good for, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Answering this challenge.
    Login(ChallengeId),
    /// Confirming this set-up.
    Setup(EnrollmentId),
    /// A step-up of this session.
    StepUp(SessionId),
    /// Turning the second factor off, in this session.
    Disable(SessionId),
}

impl Scope {
    /// The name of its purpose in the database.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Login(_) => "login",
            Self::Setup(_) => "setup",
            Self::StepUp(_) => "step_up",
            Self::Disable(_) => "disable",
        }
    }

    /// The row it is bound to.
    pub const fn id(self) -> uuid::Uuid {
        match self {
            Self::Login(id) => id.uuid(),
            Self::Setup(id) => id.uuid(),
            Self::StepUp(id) | Self::Disable(id) => id.uuid(),
        }
    }

    /// From purpose and row.
    pub fn parse(purpose: &str, id: uuid::Uuid) -> Option<Self> {
        match purpose {
            "login" => Some(Self::Login(ChallengeId::from_uuid(id))),
            "setup" => Some(Self::Setup(EnrollmentId::from_uuid(id))),
            "step_up" => Some(Self::StepUp(SessionId::from_uuid(id))),
            "disable" => Some(Self::Disable(SessionId::from_uuid(id))),
            _ => None,
        }
    }

    const fn message(self) -> MessageKind {
        match self {
            Self::Login(_) => MessageKind::LoginCode,
            Self::Setup(_) => MessageKind::SetupCode,
            Self::StepUp(_) | Self::Disable(_) => MessageKind::StepUpCode,
        }
    }
}

/// How the sending of a code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// On its way, or handed over.
    Queued,
    /// It could not be sent, or there is nothing to send it with.
    Unavailable,
}

impl Delivery {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A code as stored. It shares its id with the message that carries it.
#[derive(Clone, Debug)]
pub struct SentCode {
    /// Its row.
    pub id: SentCodeId,
    /// Whose.
    pub user: UserId,
    /// What it is good for.
    pub scope: Scope,
    /// By which factor, enrolled or pending.
    pub factor: FactorId,
    /// By which way.
    pub method: Method,
    /// Blind index of where it went.
    pub destination: [u8; 32],
    /// Keyed hash over all that it is bound to.
    pub hash: PepperedHash,
    /// When it was sent.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it died unused.
    pub ended_at: Option<Timestamp>,
    /// How its message fares.
    pub stage: Stage,
}

impl SentCode {
    /// How its sending stands, as told to the person.
    pub const fn delivery(&self) -> Delivery {
        match self.stage {
            Stage::Queued | Stage::Accepted | Stage::Delivered => Delivery::Queued,
            Stage::Delayed(_) | Stage::Failed(_) => Delivery::Unavailable,
        }
    }

    /// Whether it would still be accepted. One from the future was made by a wrong clock, and would live too long.
    fn is_live(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.ended_at.is_none() && self.created_at <= now && now < self.expires_at
    }
}

/// Draws a code: every one of the million is equally likely.
pub(crate) fn draw(rng: &mut dyn CryptoRng) -> u32 {
    loop {
        let word = rng.next_u32();
        if word < UNEVEN {
            return word % CODES;
        }
    }
}

/// As it is read and typed: six digits, with the leading zeros.
fn text(code: u32) -> SecretText {
    SecretText::new(format!("{code:06}"))
}

fn bound(user: UserId, scope: Scope, destination: &Destination) -> [Vec<u8>; 5] {
    [
        user.uuid().as_bytes().to_vec(),
        scope.purpose().as_bytes().to_vec(),
        scope.id().as_bytes().to_vec(),
        destination.method().as_str().as_bytes().to_vec(),
        destination.canonical().into_bytes(),
    ]
}

pub(crate) fn hash(code: u32, user: UserId, scope: Scope, destination: &Destination, keys: &KeyRing) -> PepperedHash {
    let (bound, code) = (bound(user, scope, destination), text(code));
    let parts: Vec<&[u8]> = bound.iter().map(Vec::as_slice).chain([code.expose().as_bytes()]).collect();
    keys.peppered("sent-code", &parts)
}

/// What a typed number is among the codes sent for one thing to one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Live: this code is to be used up.
    Live(SentCodeId),
    /// It was right, and was used.
    Used,
    /// It was right, and its time is over.
    Over,
}

/// Finds the code that was typed. Every code sent for `scope` by `factor` is compared, in constant time.
pub(crate) fn find(
    typed: u32,
    (user, scope, factor): (UserId, Scope, FactorId),
    destination: &Destination,
    codes: &[SentCode],
    now: Timestamp,
    keys: &KeyRing,
) -> Result<Option<Found>, Broken> {
    let (bound, typed) = (bound(user, scope, destination), text(typed));
    let parts: Vec<&[u8]> = bound.iter().map(Vec::as_slice).chain([typed.expose().as_bytes()]).collect();
    let mut found = None;
    for code in codes.iter().filter(|code| code.scope == scope && code.factor == factor) {
        let matches = match keys.pepper_matches(&code.hash, "sent-code", &parts) {
            Ok(matches) => matches,
            // A dead code needs no key: without it, nobody is told that it was right once.
            Err(_) if !code.is_live(now) => false,
            Err(key) => {
                let (table, column) = ("two_factor_codes", "code_hash");
                return Err(Broken { table, column, fault: Fault::MissingKey(key) });
            }
        };
        if matches && !matches!(found, Some(Found::Live(_))) {
            found = Some(match code {
                code if code.is_live(now) => Found::Live(code.id),
                code if code.used_at.is_some() => Found::Used,
                _ => Found::Over,
            });
        }
    }
    Ok(found)
}

/// What was sent before: what further sending is measured against.
#[derive(Clone, Debug, Default)]
pub struct Sends {
    /// The person's codes of the last day, for every purpose.
    pub codes: Vec<SentCode>,
    /// The shared counters of destinations, as they stand.
    pub days: Vec<([u8; 32], Charged)>,
    /// What was sent by SMS within a day, by everybody, as far as it bears on this.
    pub sms: Vec<Usage>,
}

/// Whether one more code may go to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// So many, this one included.
    Open(u32),
    /// Not before then: the last one was sent a moment ago.
    Wait(Timestamp),
    /// Not before then: as many were sent as may be.
    Spent(Timestamp),
}

impl Allowance {
    /// When the next one may be sent.
    pub(crate) fn next(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Open(_) => now,
            Self::Wait(until) | Self::Spent(until) => until,
        }
    }
}

/// The counter of a destination, shared by everybody who sends there. Set-ups, which anybody can begin for anybody's number,
/// leave some of it to those whose number it is.
pub fn day_counter(destination: [u8; 32], scope: Scope, policy: &Policy) -> Counter {
    let reserved = match scope {
        Scope::Setup(_) => 0,
        Scope::Login(_) | Scope::StepUp(_) | Scope::Disable(_) => policy.sends_reserved,
    };
    Counter { key: destination, window: DAY, limit: policy.sends_per_day.saturating_add(reserved) }
}

impl Sends {
    /// Codes this person sent to a destination within the last `span`, oldest first. What lies ahead of `now` came from a
    /// wrong clock.
    fn within(&self, destination: &[u8; 32], span: Duration, now: Timestamp) -> Vec<Timestamp> {
        let sent = self.codes.iter().filter(|code| code.destination == *destination).map(|code| code.created_at);
        let mut sent: Vec<Timestamp> = sent.filter(|at| *at <= now && now.since(*at) < span).collect();
        sent.sort_unstable();
        sent
    }

    /// Whether one more for `scope` may go there at `now`, after `more` that are sent in the same moment.
    pub(crate) fn allowance(
        &self,
        (destination, scope): (&[u8; 32], Scope),
        more: u32,
        now: Timestamp,
        policy: &Policy,
    ) -> Allowance {
        let cool = self.cooling(destination, more, now, policy);
        match (self.left((destination, scope), more, now, policy), cool) {
            (Err(until), cool) => Allowance::Spent(cool.map_or(until, |cool| cool.max(until))),
            (Ok(_), Some(until)) => Allowance::Wait(until),
            (Ok(left), None) => Allowance::Open(left),
        }
    }

    /// Until when the last one has to cool down: longer after each.
    fn cooling(&self, destination: &[u8; 32], more: u32, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        let mut sent = self.within(destination, HOUR, now);
        sent.extend((0..more).map(|_| now));
        let step = sent.len().min(policy.send_cooldowns.len()).checked_sub(1);
        let wait = step.and_then(|step| policy.send_cooldowns.get(step));
        wait.zip(sent.last()).map(|(wait, last)| *last + *wait).filter(|until| *until > now)
    }

    /// How many more may be sent within the hour and the day, or when the first may be.
    fn left(
        &self,
        (destination, scope): (&[u8; 32], Scope),
        more: u32,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<u32, Timestamp> {
        let own = self.within(destination, DAY, now);
        let own_count = u32::try_from(own.len()).unwrap_or(u32::MAX).saturating_add(more);
        let mut sent = self.within(destination, HOUR, now);
        sent.extend((0..more).map(|_| now));
        let counter = day_counter(*destination, scope, policy);
        let day = self.days.iter().find(|(key, _)| key == destination).map(|(_, charged)| *charged);
        let day = day.filter(|day| day.since + counter.window > now && day.since <= now + counter.window);
        let day_count = day.map_or(0, |day| u32::try_from(day.count).unwrap_or(u32::MAX)).saturating_add(more);

        let count = u32::try_from(sent.len()).unwrap_or(u32::MAX);
        let left = policy.sends_per_hour.saturating_sub(count);
        let left =
            left.min(counter.limit.saturating_sub(day_count)).min(policy.sends_per_day.saturating_sub(own_count));
        if left > 0 {
            return Ok(left);
        }
        // The newest so many fill the hour; the first of them has to leave it.
        let hour = (count >= policy.sends_per_hour).then(|| {
            let before = sent.len().saturating_sub(policy.sends_per_hour as usize);
            sent.get(before).map_or(now, |first| *first) + HOUR
        });
        let day = (day_count >= counter.limit).then(|| day.map_or(now, |day| day.since) + counter.window);
        let own = (own_count >= policy.sends_per_day).then(|| {
            let before = own.len().saturating_sub(policy.sends_per_day as usize);
            own.get(before).map_or(now, |first| *first) + DAY
        });
        Err(hour.max(day).max(own).unwrap_or(now))
    }

    /// Until when this person gets no more text messages, to whatever number.
    pub(crate) fn too_many_texts(&self, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        let texts = self.codes.iter().filter(|code| code.method == Method::Sms && code.created_at <= now);
        let mut sent: Vec<Timestamp> = texts.map(|code| code.created_at).filter(|at| now.since(*at) < DAY).collect();
        sent.sort_unstable();
        let first = sent.len().checked_sub(policy.sms.per_account as usize)?;
        sent.get(first).map(|at| *at + DAY)
    }

    /// Whether this person's last code there was refused for good, within the hour: the next one would be, too.
    pub(crate) fn is_refused(&self, destination: &[u8; 32], now: Timestamp) -> bool {
        let there = self.codes.iter().filter(|code| code.destination == *destination && code.created_at <= now);
        let last = there.max_by_key(|code| code.created_at);
        last.is_some_and(|code| code.stage == Stage::Failed(Trouble::Refused) && now.since(code.created_at) < HOUR)
    }

    /// Until when this person may not send set-up codes where they have not sent any within the day: nobody enrolls a block
    /// of numbers.
    pub(crate) fn too_many_destinations(
        &self,
        destination: &[u8; 32],
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Timestamp> {
        let setups = self.codes.iter().filter(|code| matches!(code.scope, Scope::Setup(_)) && code.created_at <= now);
        let recent = setups.filter(|code| now.since(code.created_at) < DAY);
        let mut last: BTreeMap<[u8; 32], Timestamp> = BTreeMap::new();
        for code in recent {
            let at = last.entry(code.destination).or_insert(code.created_at);
            *at = code.created_at.max(*at);
        }
        let full = last.len() >= policy.new_destinations_per_day && !last.contains_key(destination);
        if full { last.values().min().map(|at| *at + DAY) } else { None }
    }
}

#[cfg(test)]
mod tests;
