//! SMS fraud control: who sends codes to numbers that earn money by receiving them runs into one of these limits.
//!
//! What was sent is counted per country, per block of neighboring numbers and per block of client addresses, in slices of
//! time that all nodes share. Before each text message the slices of the last day are judged. A limit that is reached stops
//! text messages only: every other method goes on, and the operator is told once an hour. Nothing of it is kept with the
//! person, so removing a number and setting it up again resets nothing.
//!
//! Anybody can have codes sent to numbers they set up, and only to those. So these messages are counted a second time, on
//! their own: they may use up [half](SET_UPS_SHARE) of a day's messages and money, and when nobody types the codes it is
//! they that are stopped. Whoever signs in with a proven number gets a code still.
//!
//! The counts are read before the message is written, so messages that cross may exceed a limit by as many as cross.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rand::CryptoRng;

use crate::command::Origin;
use crate::destination::PhoneNumber;
use crate::policy::Policy;
use crate::secret::KeyRing;
use crate::throttle;
use crate::time::{Duration, Timestamp};
use crate::user::Email;

/// How long the slices are in which messages are counted.
pub const SLICE: Duration = Duration::from_mins(30);
/// As far back as the counts are judged.
pub const DAY: Duration = Duration::from_days(1);
/// How long counts are kept, for those who look at them.
pub const KEPT: Duration = Duration::from_days(35);
/// How far back the share of codes that were typed is looked at.
pub const RATIO_WINDOW: Duration = Duration::from_hours(6);
/// How often the operator is told of one limit.
const ALARM_PAUSE: Duration = Duration::from_hours(1);
/// Rows a busy slice is spread over, so that messages sent at once do not wait for each other.
const SHARDS: u32 = 4;
/// Parts of a unit of money that prices and costs are counted in.
pub const MILLION: u64 = 1_000_000;
/// Set-ups get one part of so many of a day's messages and money; the rest is for numbers that are proven.
pub const SET_UPS_SHARE: u64 = 2;
/// Digits at the end of a number that its neighbors differ in.
const NEIGHBORS: usize = 3;

/// A country or territory as ISO 3166-1 names it, in two capital letters; `ZZ` where a number tells none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Where a number tells no country.
    pub const UNKNOWN: Self = Self(*b"ZZ");

    /// Two letters, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The limits of text messages.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Countries that codes are sent to; `None` for all.
    pub countries: Option<BTreeSet<Country>>,
    /// Messages a day in all.
    pub per_day: u32,
    /// Messages a day to numbers that differ in their last three digits only, while those are set up.
    pub per_prefix: u32,
    /// Messages a day asked for from one IPv4 address or one /64 of IPv6.
    pub per_block: u32,
    /// Messages a day for one person.
    pub per_account: u32,
    /// Accounts of an application that may have the same number.
    pub accounts: u32,
    /// What may be spent a day, in millionths of a unit of money; `None` for no limit.
    pub budget: Option<u64>,
    /// What a message costs, by country.
    pub prices: BTreeMap<Country, u64>,
    /// What it costs elsewhere.
    pub price: u64,
    /// From how many messages to a country on the share of codes that were typed is judged.
    pub ratio_from: u32,
    /// The least share, in percent.
    pub ratio_percent: u32,
    /// Who is told.
    pub alarms_to: Option<Email>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            countries: None,
            per_day: 10_000,
            per_prefix: 50,
            per_block: 200,
            per_account: 20,
            accounts: 10,
            budget: None,
            prices: BTreeMap::new(),
            price: 0,
            ratio_from: 50,
            ratio_percent: 10,
            alarms_to: None,
        }
    }
}

impl Limits {
    /// Whether codes are sent to a country.
    pub fn serves(&self, country: Country) -> bool {
        self.countries.as_ref().is_none_or(|countries| countries.contains(&country))
    }

    fn price_of(&self, country: Country) -> u64 {
        self.prices.get(&country).copied().unwrap_or(self.price)
    }
}

/// What messages are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Everything; only alarms are kept for it.
    All,
    /// A block of client addresses, as a blind index.
    Block([u8; 32]),
    /// A country.
    Country(Country),
    /// A block of neighboring numbers, as a blind index.
    Prefix([u8; 32]),
    /// Those of a country's messages that set a number up.
    SetUps(Country),
}

impl Group {
    /// The neighbors of a number.
    pub fn neighbors(number: &PhoneNumber, keys: &KeyRing) -> Self {
        let digits = number.as_str();
        let prefix = digits.get(..digits.len().saturating_sub(NEIGHBORS)).unwrap_or_default();
        Self::Prefix(keys.blind_index("sms-prefix", &[prefix.as_bytes()]))
    }

    /// The block a request came from.
    pub fn block(origin: &Origin, keys: &KeyRing) -> Option<Self> {
        origin.ip.map(|ip| Self::Block(keys.blind_index("sms-block", &[&throttle::block(ip)])))
    }
}

/// What was sent to a group within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The group.
    pub of: Group,
    /// Messages.
    pub sent: u64,
    /// Messages of the last hours whose codes had all their time to be typed.
    pub settled: u64,
    /// How many of those were typed.
    pub verified: u64,
    /// What they cost, in millionths.
    pub cost: u64,
    /// When the operator was last told of a limit of this group.
    pub alarmed_at: Option<Timestamp>,
}

/// Where one more message is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Its groups, in the order they are locked in.
    pub groups: Vec<Group>,
    /// The country among them.
    pub country: Country,
    /// The slice of time.
    pub slice: Timestamp,
    /// The row of the slice.
    pub shard: u32,
    /// What it costs, in millionths.
    pub cost: u64,
}

/// A limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The country is not served.
    Country,
    /// As many messages as may be sent in a day.
    Day,
    /// The money of the day is spent.
    Budget,
    /// Too many neighboring numbers.
    Prefix,
    /// Too many messages asked for from one place.
    Block,
    /// Too few codes sent to this country are typed by anybody.
    Ratio,
    /// Set-ups have used their share of the day's messages or money.
    SetUps,
}

impl Limit {
    /// Its name in the audit log and in the operator's mail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Country => "sms_country",
            Self::Day => "sms_per_day",
            Self::Budget => "sms_budget",
            Self::Prefix => "sms_per_prefix",
            Self::Block => "sms_per_block",
            Self::Ratio => "sms_verify_ratio",
            Self::SetUps => "sms_set_ups",
        }
    }
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The limit.
    pub limit: Limit,
    /// Whose it is, when it is time to tell the operator.
    pub alarm: Option<Group>,
}

/// The slice a moment lies in.
pub fn slice(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(SLICE.as_micros()))
}

/// An amount of millionths as people read it: with four decimals.
pub fn money(millionths: u64) -> String {
    format!("{}.{:04}", millionths / MILLION, millionths % MILLION / 100)
}

/// Before when a code was sent that nobody can type any more.
pub fn settled_before(now: Timestamp, policy: &Policy) -> Timestamp {
    slice(now - policy.code_life)
}

/// Judges one more message at `now`, by what was sent within the day before it.
pub(crate) fn judge(
    usage: &[Usage],
    number: &PhoneNumber,
    setting_up: bool,
    origin: &Origin,
    (now, keys, policy): (Timestamp, &KeyRing, &Policy),
    rng: &mut dyn CryptoRng,
) -> Result<Count, Reached> {
    let (limits, country) = (&policy.sms, number.country());
    let reached = |limit, of: Group| {
        let told = usage.iter().find(|usage| usage.of == of).and_then(|usage| usage.alarmed_at);
        let due = told.is_none_or(|told| told > now || now.since(told) >= ALARM_PAUSE);
        Err(Reached { limit, alarm: due.then_some(of) })
    };
    if !limits.serves(country) {
        return Err(Reached { limit: Limit::Country, alarm: None });
    }
    let cost = limits.price_of(country);
    let all = Spent::of(usage, |group| matches!(group, Group::Country(_)));
    if let Some(limit) = all.reaches(limits, cost, 1) {
        return reached(limit, Group::All);
    }
    if setting_up
        && Spent::of(usage, |group| matches!(group, Group::SetUps(_))).reaches(limits, cost, SET_UPS_SHARE).is_some()
    {
        return reached(Limit::SetUps, Group::SetUps(country));
    }
    let block = Group::block(origin, keys);
    let set_up = [Group::neighbors(number, keys), Group::SetUps(country)];
    let set_up = set_up.into_iter().filter(|_| setting_up);
    let groups: Vec<Group> = block.into_iter().chain([Group::Country(country)]).chain(set_up).collect();
    let sent = |group: &Group| usage.iter().find(|usage| usage.of == *group).map_or(0, |usage| usage.sent);
    for group in &groups {
        let (limit, most) = match group {
            Group::Block(_) => (Limit::Block, limits.per_block),
            Group::Prefix(_) => (Limit::Prefix, limits.per_prefix),
            Group::All | Group::Country(_) | Group::SetUps(_) => continue,
        };
        if sent(group) >= u64::from(most) {
            return reached(limit, *group);
        }
    }
    if let Some(group) = unanswered(usage, country, setting_up, limits) {
        return reached(Limit::Ratio, group);
    }
    Ok(Count { groups, country, slice: slice(now), shard: rng.next_u32() % SHARDS, cost })
}

/// What a day has used up.
struct Spent {
    sent: u64,
    cost: u64,
}

impl Spent {
    fn of(usage: &[Usage], counts: fn(&Group) -> bool) -> Self {
        let counted = || usage.iter().filter(|usage| counts(&usage.of));
        Self { sent: counted().map(|usage| usage.sent).sum(), cost: counted().map(|usage| usage.cost).sum() }
    }

    /// The limit that one more message meets, where one part in `parts` of each may be used.
    fn reaches(&self, limits: &Limits, cost: u64, parts: u64) -> Option<Limit> {
        if self.sent >= u64::from(limits.per_day).div_ceil(parts) {
            return Some(Limit::Day);
        }
        let over = |budget: u64| self.cost.saturating_add(cost) > budget.div_ceil(parts);
        limits.budget.is_some_and(over).then_some(Limit::Budget)
    }
}

/// The group that a message would be sent in, when too few of its codes are typed: set-ups are judged by set-ups, and proven
/// numbers by proven ones.
fn unanswered(usage: &[Usage], country: Country, setting_up: bool, limits: &Limits) -> Option<Group> {
    let counts =
        |of: Group| usage.iter().find(|usage| usage.of == of).map_or((0, 0), |usage| (usage.settled, usage.verified));
    let (all, set_ups) = (counts(Group::Country(country)), counts(Group::SetUps(country)));
    let (group, (settled, verified)) = if setting_up {
        (Group::SetUps(country), set_ups)
    } else {
        (Group::Country(country), (all.0.saturating_sub(set_ups.0), all.1.saturating_sub(set_ups.1)))
    };
    let few = verified.saturating_mul(100) < settled.saturating_mul(u64::from(limits.ratio_percent));
    (settled >= u64::from(limits.ratio_from) && few).then_some(group)
}

#[cfg(test)]
mod tests;
