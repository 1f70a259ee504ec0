//! The person who signs in, and the account that is decided about: user, settings and head of the audit chain, loaded
//! together under the user's lock.

use std::fmt;
use std::str::FromStr;

use crate::administrator::Role;
use crate::application::ExternalId;
use crate::audit::{self, AuditAction, AuditEntry, AuditHead};
use crate::command::Origin;
use crate::decision::Change;
use crate::factor::Factor;
use crate::ids::{ApplicationId, FactorId, PersonId, UserId};
use crate::locale::Locale;
use crate::policy::Policy;
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed, SecretText};
use crate::throttle::GuessBudget;
use crate::time::Timestamp;
use crate::totp::Step;

/// An e-mail address: ASCII, at most 254 characters, a dotted domain.
///
/// ASCII only, so that two spellings of one mailbox that merely look alike cannot be two accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why a text is no address this server takes; `reason` in the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailFault {
    /// Not the form of an address.
    Malformed,
    /// Longer than 254 characters.
    TooLong,
    /// Characters outside ASCII.
    NotAscii,
    /// The address the account has already.
    SameAddress,
}

impl EmailFault {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Malformed, Self::TooLong, Self::NotAscii, Self::SameAddress];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::NotAscii => "not_ascii",
            Self::SameAddress => "same_address",
        }
    }
}

impl Email {
    /// Reads an address. Quoted local parts and address literals are refused.
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        if !text.is_ascii() {
            return Err(EmailFault::NotAscii);
        }
        if text.len() > 254 {
            return Err(EmailFault::TooLong);
        }
        let options =
            email_address::Options::default().with_required_tld().without_domain_literal().without_display_text();
        email_address::EmailAddress::parse_with_options(text, options).map_err(|_| EmailFault::Malformed)?;
        if text.contains('"') {
            return Err(EmailFault::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// From the database, where only parsed addresses are.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// What stands in its place where an application told none: nothing is sent there.
    pub const fn none() -> Self {
        Self(String::new())
    }

    /// Whether there is none.
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found and counted by: lower case throughout.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }

    /// As shown to somebody who has only proved the password: `m***@e***.org`.
    pub fn masked(&self) -> String {
        let initial = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        let (host, tld) = domain.rsplit_once('.').unwrap_or((domain, ""));
        format!("{}***@{}***.{tld}", initial(local), initial(host))
    }
}

impl FromStr for Email {
    type Err = EmailFault;
    fn from_str(text: &str) -> Result<Self, EmailFault> {
        Self::parse(text)
    }
}

/// Addresses stay out of logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email")
    }
}

/// What an address is found by, on its way to the database. As little for logs as the address.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailKey(String);

impl EmailKey {
    /// The key of an address.
    pub fn of(email: &Email) -> Self {
        Self(email.key())
    }

    /// The key of what an application calls a user.
    pub fn of_id(id: &ExternalId) -> Self {
        Self(id.key())
    }
}

impl std::ops::Deref for EmailKey {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKey")
    }
}

/// A password hash in PHC string form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the hasher or the database.
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// What stands in its place where there is no password: nothing hashes to it.
    pub fn none() -> Self {
        Self("!".to_owned())
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// The pseudonym in the audit log.
    pub person: PersonId,
    /// Whose user.
    pub application: ApplicationId,
    /// What the application calls them; none for users of our own sign-in.
    pub external: Option<ExternalId>,
    /// The address to sign in with, verified before the user came to be; or the one an application told, which vouches for it.
    pub email: Email,
    /// What the application says they are called.
    pub name: Option<String>,
    /// The number the application knows them by, sealed into their row. Nothing is sent there before it is a factor.
    pub phone: Option<Sealed>,
    /// The password.
    pub password: PasswordHash,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// Since when the user may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// Language of messages, as a BCP 47 tag.
    pub locale: String,
    /// When the user came to be.
    pub created_at: Timestamp,
}

impl User {
    /// What the user is found by within the application: the application's own id where it has one, else the address.
    pub fn key(&self) -> String {
        self.external.as_ref().map_or_else(|| self.email.key(), ExternalId::key)
    }

    /// What an authenticator calls the account: the address; where there is none, the name or the application's own id.
    pub fn called(&self) -> &str {
        let other = self.name.as_deref().or(self.external.as_ref().map(ExternalId::as_str));
        other.filter(|_| self.email.is_none()).unwrap_or(self.email.as_str())
    }

    /// Where the number stands.
    pub const fn phone_place(user: UserId) -> Place {
        Place { table: "users", column: "phone", row: user.uuid(), owner: user.uuid() }
    }
}

/// A person's settings of the second factor, and what guards them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Since when a second factor is asked.
    pub enabled_at: Option<Timestamp>,
    /// The factor that is offered first.
    pub preferred_factor: Option<FactorId>,
    /// Wrong codes.
    pub guesses: GuessBudget,
    /// The latest moment this person was seen at: time does not run backwards for anyone.
    pub last_seen_at: Timestamp,
    /// No step up to this one is taken of an authenticator whose memory a wrong clock has overwritten.
    pub steps_used_to: Option<Step>,
}

impl Settings {
    /// Settings of a new user.
    pub fn new(now: Timestamp) -> Self {
        Self {
            enabled_at: None,
            preferred_factor: None,
            guesses: GuessBudget::default(),
            last_seen_at: now,
            steps_used_to: None,
        }
    }
}

/// What every decision about a person starts from.
#[derive(Clone, Debug)]
pub struct Account {
    /// The person.
    pub user: User,
    /// Their settings.
    pub settings: Settings,
    /// Where their audit chain ends.
    pub head: AuditHead,
    /// The address that gets copies of security notices, verified. It is no part of the settings, which are saved whole: so
    /// a command that runs beside a key rotation does not bring back what was sealed with the old key.
    pub backup_email: Option<Sealed>,
    /// What they may do in the administration; `None` for nothing.
    pub role: Option<Role>,
}

/// The time it is for a person, and whether the clock is to be distrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The later of the clock and when the person was last seen.
    pub now: Timestamp,
    /// The mark lay so far ahead of the clock that it was ignored.
    pub mark_ignored: bool,
}

impl Account {
    /// The time it is for this person. A clock that went back does not bring sessions, locks or codes back to life; a mark
    /// more than a day ahead came from a clock that was wrong then, and is ignored with an alarm.
    pub fn moment(&self, clock: Timestamp, policy: &Policy) -> Moment {
        let mark = self.settings.last_seen_at;
        if mark.since(clock) > policy.clock_trust {
            Moment { now: clock, mark_ignored: true }
        } else {
            Moment { now: clock.max(mark), mark_ignored: false }
        }
    }

    /// Moves the mark to `moment` and, when it had to be ignored, gives the alarm for the audit log.
    pub fn seen(&mut self, moment: Moment, origin: &Origin, policy: &Policy) -> Vec<AuditEntry> {
        self.settings.last_seen_at = moment.now;
        if !moment.mark_ignored {
            return Vec::new();
        }
        self.settings.guesses.rewind(moment.now, policy);
        // While the clock was wrong, the memories of used steps may have been overwritten: what is live now counts as used,
        // and what counted as used before goes on doing so, unless a wrong clock wrote that too.
        let (live, trusted) = (Step(Step::at(moment.now).0 + 1), Step::at(moment.now + policy.clock_trust));
        let before = self.settings.steps_used_to.filter(|floor| *floor <= trusted);
        self.settings.steps_used_to = Some(before.map_or(live, |before| before.max(live)));
        vec![self.entry(AuditAction::ClockSkew, false, origin)]
    }

    /// The person has signed in: from now on they are spoken to in the language of that browser, if it asks for one and it
    /// is another. A region somebody chose for them (`de-AT`) stays.
    pub fn spoken_to(&mut self, origin: &Origin) -> Option<Change> {
        let wanted = origin.locale.filter(|locale| Locale::of(&self.user.locale) != Some(*locale))?;
        wanted.as_str().clone_into(&mut self.user.locale);
        Some(Change::SetLocale(self.user.id, wanted))
    }

    /// Where the backup address stands.
    pub const fn backup_email_place(user: UserId) -> Place {
        Place { table: "two_factor_settings", column: "backup_email", row: user.uuid(), owner: user.uuid() }
    }

    /// The opened backup address.
    pub fn backup_email(&self, keys: &KeyRing) -> Result<Option<Email>, Broken> {
        let Some(sealed) = &self.backup_email else { return Ok(None) };
        let place = Self::backup_email_place(self.user.id);
        let plain = keys.open(&place, sealed)?;
        let text = String::from_utf8(plain.to_vec()).map_err(|_| place.broken(Fault::Altered))?;
        Ok(Some(Email::stored(text)))
    }

    /// Begins an audit entry on this person's chain.
    pub fn entry(&self, action: AuditAction, success: bool, origin: &Origin) -> AuditEntry {
        AuditEntry {
            person: Some(self.user.person),
            user: self.user.external.clone(),
            application: self.user.application,
            action,
            success,
            method: None,
            device: None,
            detail: audit::Detail::None,
            origin: origin.clone(),
        }
    }

    /// Whether a second factor is due. Settings that say yes without a factor to ask for are [`Broken`], and a factor
    /// without such settings is asked for: whatever is lost, the answer is never a silent "no".
    pub fn factor_due(&self, factors: &[Factor], policy: &Policy) -> Result<bool, Broken> {
        if !policy.two_factor_enabled {
            return Ok(false);
        }
        if self.settings.enabled_at.is_some() && factors.is_empty() {
            return Err(Broken { table: "factors", column: "id", fault: Fault::Missing });
        }
        Ok(!factors.is_empty())
    }
}

/// A password that was checked or hashed before the command ran.
#[derive(Clone, Debug)]
pub enum PasswordProof {
    /// It is the one of this hash.
    Right(PasswordHash),
    /// It is the one of the newest pending sign-up for the address.
    Pending,
    /// It is none of those looked at.
    Wrong,
}

/// A text somebody typed that must reach nothing but a hasher.
pub type Password = SecretText;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lab;
    use crate::time::Duration;

    #[test]
    fn addresses_are_found_by_their_lower_case() {
        assert_eq!(Email::parse("A.Person@Example.ORG").unwrap().key(), "a.person@example.org");
    }

    #[test]
    fn what_is_no_plain_address_is_refused_with_its_reason() {
        for (text, fault) in [
            ("", EmailFault::Malformed),
            ("a", EmailFault::Malformed),
            ("a@", EmailFault::Malformed),
            ("@x.org", EmailFault::Malformed),
            ("a@localhost", EmailFault::Malformed),
            (" a@x.org", EmailFault::Malformed),
            ("a@x.org\r\nBcc: e@x.org", EmailFault::Malformed),
            ("a\0@x.org", EmailFault::Malformed),
            ("\"a b\"@x.org", EmailFault::Malformed),
            ("Ann <a@x.org>", EmailFault::Malformed),
            ("a@[127.0.0.1]", EmailFault::Malformed),
            ("ä@x.org", EmailFault::NotAscii),
            ("ａ@x.org", EmailFault::NotAscii),
            (&format!("{}@x.org", "a".repeat(250)), EmailFault::TooLong),
        ] {
            assert_eq!(Email::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn time_does_not_run_backwards_for_anyone_within_a_day() {
        let mut lab = Lab::new();
        let (account, policy) = (lab.account(), Policy::default());
        let mark = account.settings.last_seen_at;
        for (behind, now, mark_ignored) in [
            (Duration::from_secs(-1), mark + Duration::from_secs(1), false),
            (Duration::ZERO, mark, false),
            (Duration::from_hours(24), mark, false),
            (Duration::from_micros(24 * 3_600_000_000 + 1), mark - Duration::from_micros(24 * 3_600_000_000 + 1), true),
        ] {
            assert_eq!(account.moment(mark - behind, &policy), Moment { now, mark_ignored }, "{behind:?} behind");
        }
    }

    #[test]
    fn what_counts_as_used_after_a_wrong_clock_still_does_after_the_next_one() {
        let (mut lab, policy) = (Lab::new(), Policy::default());
        let mut account = lab.account();
        let (right, ahead) = (lab.clock, lab.clock + Duration::from_hours(30));
        let step = |at| Step(Step::at(at).0 + 1);
        let wrong_until = |account: &mut Account, clock| {
            account.settings.last_seen_at = ahead;
            let moment = account.moment(clock, &policy);
            assert_eq!(account.seen(moment, &Origin::default(), &policy).len(), 1, "an alarm");
            account.settings.steps_used_to
        };
        assert_eq!(wrong_until(&mut account, right), Some(step(right)));
        let earlier = right - Duration::from_hours(5);
        assert_eq!(wrong_until(&mut account, earlier), Some(step(right)), "it went down");
        let long_ago = right - Duration::from_days(9);
        assert_eq!(wrong_until(&mut account, long_ago), Some(step(long_ago)), "it locks nobody out for days");
    }

    #[test]
    fn a_second_factor_is_due_where_settings_or_factors_say_so_and_never_silently_not() {
        let mut lab = Lab::new();
        let (mut person, mut policy) = (lab.enrolled(), Policy::default());
        assert_eq!(person.account.factor_due(&person.factors, &policy), Ok(true));
        assert!(person.account.factor_due(&[], &policy).is_err());
        person.account.settings.enabled_at = None;
        assert_eq!(person.account.factor_due(&person.factors, &policy), Ok(true));
        assert_eq!(person.account.factor_due(&[], &policy), Ok(false));
        policy.two_factor_enabled = false;
        assert_eq!(person.account.factor_due(&person.factors, &policy), Ok(false));
    }

    #[test]
    fn a_masked_address_shows_initials_only() {
        assert_eq!(Email::parse("mary@example.org").unwrap().masked(), "m***@e***.org");
    }
}
