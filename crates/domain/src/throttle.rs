//! Guessing made hopeless: the budget of wrong codes per account, and the counters shared by many.
//!
//! One [`GuessBudget`] per account serves every door. A guess is charged before it is judged; a right answer takes back its
//! own charge and clears only the in-a-row count. Locks double from 15 minutes to 24 hours; a hundred wrong codes in a row
//! stop the account until a stronger proof. Knowing the password is needed to spend the budget, so a stranger cannot lock
//! anyone out.
//!
//! ```text
//!   open ──10 wrong within an hour──▶ locked ──time──▶ open (ladder one higher; falls back after 24 quiet hours)
//!     └────100 wrong in a row───────▶ stopped ──right code after unlock mail, or administrator──▶ open
//! ```

use std::net::IpAddr;

use crate::ids::UserId;
use crate::policy::Policy;
use crate::secret::KeyRing;
use crate::time::{Duration, Timestamp};

/// Wrong codes of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuessBudget {
    /// When the wrong codes of the current window were given, oldest first.
    pub recent: Vec<Timestamp>,
    /// Wrong codes since the last right one.
    pub in_a_row: u32,
    /// Locked until then.
    pub locked_until: Option<Timestamp>,
    /// Locks on the ladder so far.
    pub lock_level: u32,
    /// Since when nothing short of a stronger proof opens the account.
    pub stopped_at: Option<Timestamp>,
    /// What the link of a mail about the lock gave; kept when it is used up, so that a lock gives one.
    pub unlock: Option<Unlock>,
}

/// Guesses that are allowed in spite of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlock {
    /// How many are left.
    pub left: u32,
    /// Until when they may be made.
    pub until: Timestamp,
}

/// The account takes no code now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Until when; `None` when only a stronger proof opens it.
    pub until: Option<Timestamp>,
}

/// What a wrong code led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still open, with this many tries left for the account.
    Open(u32),
    /// This guess locked the account.
    Locked(Locked),
}

/// The charge for one guess, to be taken back by a right answer.
#[derive(Debug)]
#[must_use = "a charge is either kept or returned"]
pub struct Charge {
    at: Timestamp,
    /// Paid from what an unlock link gave.
    by_unlock: bool,
}

impl GuessBudget {
    /// Whether a code may be judged at all.
    pub fn check(&self, now: Timestamp) -> Result<(), Locked> {
        match self.shut(now) {
            Some(_) if self.unlocked(now).is_some() => Ok(()),
            Some(locked) => Err(locked),
            None => Ok(()),
        }
    }

    /// The lock or stop there is, whatever a link allows.
    fn shut(&self, now: Timestamp) -> Option<Locked> {
        if self.stopped_at.is_some() {
            return Some(Locked { until: None });
        }
        self.locked_until.filter(|until| *until > now).map(|until| Locked { until: Some(until) })
    }

    /// Guesses that a link allows now in spite of a lock.
    fn unlocked(&self, now: Timestamp) -> Option<u32> {
        self.shut(now)?;
        self.unlock.filter(|unlock| now < unlock.until).map(|unlock| unlock.left).filter(|left| *left > 0)
    }

    /// The link of the mail about a lock was opened. Without a lock it gives nothing.
    pub fn unlock(&mut self, now: Timestamp, policy: &Policy) {
        if self.shut(now).is_some() {
            self.unlock = Some(Unlock { left: policy.unlock_guesses, until: now + policy.unlock_life });
        }
    }

    /// Pays for a guess, before it is judged.
    pub fn charge(&mut self, now: Timestamp, policy: &Policy) -> Charge {
        self.recent.retain(|at| now.since(*at) < policy.guess_window);
        self.recent.push(now);
        self.in_a_row = self.in_a_row.saturating_add(1);
        let by_unlock = self.unlocked(now).is_some();
        if let Some(unlock) = self.unlock.as_mut().filter(|_| by_unlock) {
            unlock.left -= 1;
        }
        Charge { at: now, by_unlock }
    }

    /// The answer was right: its own charge comes back, and the row of wrong ones ends. Earlier wrong codes still count. A
    /// right answer that a link allowed ends the lock or stop.
    #[expect(clippy::needless_pass_by_value, reason = "a charge can be returned once only")]
    pub fn returned(&mut self, charge: Charge) {
        if let Some(at) = self.recent.iter().rposition(|at| *at == charge.at) {
            self.recent.remove(at);
        }
        self.in_a_row = 0;
        if charge.by_unlock {
            self.stopped_at = None;
            // Ended, not forgotten: the ladder of locks goes by when the last one ended.
            self.locked_until = self.locked_until.map(|until| until.min(charge.at));
            self.unlock = None;
        }
    }

    /// The answer was wrong: the charge stays, and may have been one too many.
    #[expect(clippy::needless_pass_by_value, reason = "a charge is settled once only")]
    pub fn kept(&mut self, charge: Charge, policy: &Policy) -> Outcome {
        let now = charge.at;
        if charge.by_unlock {
            if self.in_a_row >= policy.guesses_in_a_row {
                self.stopped_at.get_or_insert(now);
            }
            let shut = self.shut(now).unwrap_or(Locked { until: None });
            return self.unlocked(now).map_or(Outcome::Locked(shut), Outcome::Open);
        }
        if self.in_a_row >= policy.guesses_in_a_row {
            self.stopped_at = Some(now);
            self.unlock = None;
            return Outcome::Locked(Locked { until: None });
        }
        let left = self.left(now, policy);
        if left > 0 {
            return Outcome::Open(left);
        }
        let quiet = self.locked_until.is_none_or(|until| now.since(until) >= policy.lockout_max);
        self.lock_level = if quiet { 0 } else { self.lock_level.saturating_add(1) };
        let doubled = policy.lockout.times(1 << self.lock_level.min(20));
        let until = now + doubled.min(policy.lockout_max);
        self.locked_until = Some(until);
        self.unlock = None;
        self.recent.clear();
        Outcome::Locked(Locked { until: Some(until) })
    }

    /// The clock went back by so much that it was wrong before: what was written then ends as if it were written now.
    pub fn rewind(&mut self, now: Timestamp, policy: &Policy) {
        self.recent.iter_mut().for_each(|at| *at = now.min(*at));
        self.locked_until = self.locked_until.map(|until| until.min(now + policy.lockout_max));
        if let Some(unlock) = &mut self.unlock {
            unlock.until = unlock.until.min(now + policy.unlock_life);
        }
    }

    /// Tries the account has left before it locks or stops.
    pub fn left(&self, now: Timestamp, policy: &Policy) -> u32 {
        if let Some(left) = self.unlocked(now) {
            return left;
        }
        let spent = self.recent.iter().filter(|at| now.since(**at) < policy.guess_window).count();
        let spent = u32::try_from(spent).unwrap_or(u32::MAX);
        policy.guesses.saturating_sub(spent).min(policy.guesses_in_a_row.saturating_sub(self.in_a_row))
    }
}

/// A counter shared by many users: its key, how long its window lasts and how much fits in.
///
/// The window starts with the first charge and is forgotten when it ends. The key is a blind index: the table of counters
/// names no address and no account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// Blind index of what is counted.
    pub key: [u8; 32],
    /// Length of a window.
    pub window: Duration,
    /// Charges a window allows.
    pub limit: u32,
}

/// A counter after it was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Charges in the current window, this one included.
    pub count: i64,
    /// When the window began.
    pub since: Timestamp,
}

impl Counter {
    /// Wrong passwords for one account from one address block. The address need not belong to anybody.
    pub fn passwords_for_account(email_key: &str, ip: IpAddr, policy: &Policy, keys: &KeyRing) -> Self {
        Self {
            key: keys.blind_index("password-account", &[email_key.as_bytes(), &block(ip)]),
            window: policy.password_window,
            limit: policy.passwords_per_account,
        }
    }

    /// Wrong passwords from one address block, whoever they were for.
    pub fn passwords_from_block(ip: IpAddr, policy: &Policy, keys: &KeyRing) -> Self {
        Self {
            key: keys.blind_index("password-block", &[&block(ip)]),
            window: policy.password_block_window,
            limit: policy.passwords_per_block,
        }
    }

    /// Sign-ups from one address block, whoever they were for.
    pub fn signups_from_block(ip: IpAddr, policy: &Policy, keys: &KeyRing) -> Self {
        Self {
            key: keys.blind_index("signup-block", &[&block(ip)]),
            window: Duration::from_hours(1),
            limit: policy.signups_per_block,
        }
    }

    /// Mails to one address within an hour, and within a day.
    pub fn mails_to(email_key: &str, policy: &Policy, keys: &KeyRing) -> [Self; 2] {
        [
            Self {
                key: keys.blind_index("mail-hour", &[email_key.as_bytes()]),
                window: Duration::from_hours(1),
                limit: policy.sends_per_hour,
            },
            Self {
                key: keys.blind_index("mail-day", &[email_key.as_bytes()]),
                window: Duration::from_days(1),
                limit: policy.sends_per_day,
            },
        ]
    }

    /// Mails that one person has sent to addresses they have not proved, within a day, whatever the addresses.
    pub fn mails_by(user: UserId, policy: &Policy, keys: &KeyRing) -> Self {
        Self {
            key: keys.blind_index("mail-by", &[user.uuid().as_bytes()]),
            window: Duration::from_days(1),
            limit: policy.address_mails_per_day,
        }
    }

    /// How long to wait, when the charge was one too many.
    pub fn wait(&self, charged: &Charged, now: Timestamp) -> Option<Duration> {
        (charged.count > i64::from(self.limit))
            .then(|| (charged.since + self.window).since(now).max(Duration::from_secs(1)))
    }
}

/// The block an address is counted with: the whole IPv4 address, the /64 of IPv6 (one customer's network).
pub(crate) fn block(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(budget: &mut GuessBudget, now: Timestamp, policy: &Policy) -> Outcome {
        let charge = budget.charge(now, policy);
        budget.kept(charge, policy)
    }

    #[test]
    fn the_tenth_wrong_code_within_an_hour_locks_for_15_minutes() {
        let (policy, mut budget) = (Policy::default(), GuessBudget::default());
        for left in (1..10).rev() {
            assert_eq!(wrong(&mut budget, Timestamp::from_secs(1), &policy), Outcome::Open(left));
        }
        let until = Timestamp::from_secs(1) + Duration::from_mins(15);
        assert_eq!(
            wrong(&mut budget, Timestamp::from_secs(1), &policy),
            Outcome::Locked(Locked { until: Some(until) })
        );
        assert!(budget.check(Timestamp::from_secs(2)).is_err());
        assert!(budget.check(until).is_ok());
    }

    #[test]
    fn locks_double_to_a_day_and_fall_back_after_a_quiet_day() {
        let (policy, mut budget) = (Policy::default(), GuessBudget::default());
        let mut now = Timestamp::from_secs(0);
        let mut minutes = Vec::new();
        for _ in 0..9 {
            budget.in_a_row = 0;
            for _ in 0..10 {
                let _ = wrong(&mut budget, now, &policy);
            }
            let until = budget.locked_until.unwrap();
            minutes.push(until.since(now).as_secs() / 60);
            now = until;
        }
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        now = now + Duration::from_hours(24);
        for _ in 0..10 {
            let _ = wrong(&mut budget, now, &policy);
        }
        assert_eq!(budget.locked_until.unwrap().since(now), Duration::from_mins(15));
    }

    #[test]
    fn wrong_codes_spread_thinly_stop_the_account_at_the_hundredth() {
        let (policy, mut budget) = (Policy::default(), GuessBudget::default());
        let mut now = Timestamp::from_secs(0);
        for _ in 0..99 {
            assert!(matches!(wrong(&mut budget, now, &policy), Outcome::Open(_)));
            now = now + Duration::from_mins(7);
        }
        assert_eq!(wrong(&mut budget, now, &policy), Outcome::Locked(Locked { until: None }));
        assert_eq!(budget.check(now + Duration::from_days(365)), Err(Locked { until: None }));
    }

    #[test]
    fn tries_left_are_those_before_the_stop_where_it_comes_first() {
        let (policy, mut budget) = (Policy::default(), GuessBudget { in_a_row: 97, ..GuessBudget::default() });
        let now = Timestamp::from_secs(1);
        assert_eq!(budget.left(now, &policy), 3);
        assert_eq!(wrong(&mut budget, now, &policy), Outcome::Open(2));
        assert_eq!(wrong(&mut budget, now, &policy), Outcome::Open(1));
        assert_eq!(wrong(&mut budget, now, &policy), Outcome::Locked(Locked { until: None }));
    }

    #[test]
    fn wrong_codes_count_for_exactly_an_hour() {
        let (policy, mut budget) = (Policy::default(), GuessBudget::default());
        let first = Timestamp::from_secs(0);
        let _ = wrong(&mut budget, first, &policy);
        let hour = first + Duration::from_hours(1);
        assert_eq!(budget.left(hour - Duration::from_micros(1), &policy), 9);
        assert_eq!(budget.left(hour, &policy), 10);
        assert_eq!(wrong(&mut budget, hour, &policy), Outcome::Open(9));
    }

    #[test]
    fn a_counter_waits_from_the_charge_beyond_its_limit_to_the_end_of_its_window() {
        let keys = KeyRing::generate(&mut crate::testing::rng(1));
        let [hour, day] = Counter::mails_to("a@x.org", &Policy::default(), &keys);
        assert_ne!(hour.key, day.key);
        let since = Timestamp::from_secs(0);
        let now = Timestamp::from_secs(600);
        assert_eq!(hour.wait(&Charged { count: 5, since }, now), None);
        assert_eq!(hour.wait(&Charged { count: 6, since }, now), Some(Duration::from_mins(50)));
        assert_eq!(day.wait(&Charged { count: 11, since }, now), Some(Duration::from_mins(23 * 60 + 50)));
        let late = since + Duration::from_days(2);
        assert_eq!(hour.wait(&Charged { count: 6, since }, late), Some(Duration::from_secs(1)), "never no time at all");
    }

    #[test]
    fn an_ipv6_customer_is_one_block_and_mapped_ipv4_is_ipv4() {
        let keys = KeyRing::generate(&mut crate::testing::rng(1));
        let key = |ip: &str| Counter::passwords_from_block(ip.parse().unwrap(), &Policy::default(), &keys).key;
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    proptest! {
        #[test]
        fn no_order_of_right_and_wrong_answers_buys_more_than_ten_wrong_ones_an_hour(
            moves in proptest::collection::vec((any::<bool>(), 0_i64..400), 1..300)
        ) {
            let (policy, mut budget) = (Policy::default(), GuessBudget::default());
            let mut now = Timestamp::from_secs(0);
            let mut judged_wrong: Vec<Timestamp> = Vec::new();
            for (right, pause) in moves {
                now = now + Duration::from_secs(pause);
                if budget.check(now).is_err() {
                    continue;
                }
                let charge = budget.charge(now, &policy);
                if right {
                    budget.returned(charge);
                } else {
                    judged_wrong.push(now);
                    let _ = budget.kept(charge, &policy);
                }
            }
            for (at, start) in judged_wrong.iter().enumerate() {
                let within = judged_wrong[at..].iter().filter(|t| t.since(*start) < Duration::from_mins(15)).count();
                prop_assert!(within <= 10, "{within} wrong codes judged within 15 minutes");
            }
        }
    }
}
