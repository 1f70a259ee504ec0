//! What an onlooker knows who reads every answer and every message, and nothing that is stored: what each code was sent for,
//! when who proved what, and which events ended what. Every yes is held against it.

use std::collections::{BTreeMap, BTreeSet};

use super::Used;
use crate::code::TypedCode;
use crate::ids::{FactorId, SentCodeId, SessionId, TrustedDeviceId};
use crate::message::{Channel, MessageKind};
use crate::sent_code::Scope;
use crate::time::{Duration, Timestamp};
use crate::totp::{Step, TotpSecret};
use crate::trusted_device::NewDevice;

/// A code somebody was sent.
pub(super) struct Sent {
    pub(super) id: SentCodeId,
    pub(super) code: u32,
    pub(super) channel: Channel,
    pub(super) to: String,
    pub(super) scope: Scope,
    at: Timestamp,
    turn: usize,
}

/// A browser that was trusted.
struct Device {
    proved_at: Timestamp,
    used_at: Timestamp,
    turn: usize,
    over: bool,
    /// Its cookies, and when it was given each.
    cookies: Vec<(String, Timestamp)>,
}

/// A link somebody was sent.
struct Link {
    kind: MessageKind,
    at: Timestamp,
    turn: usize,
    used: bool,
}

/// What a session has proved last, and whether anything ended it.
#[derive(Clone, Copy)]
struct Proof {
    at: Option<Timestamp>,
    by_factor: bool,
    over: bool,
}

/// How a person proved themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proved {
    /// By a factor that is theirs.
    Factor,
    /// By something that is good for no trust: a recovery code, a password.
    Other,
    /// Not at all: a device stood for them.
    Nothing,
}

/// An event that ends trust, and whatever code or challenge was open; product.md section 5 and the test plan's A-57.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    FactorAdded,
    FactorRemoved,
    TwoFactorDisabled,
    /// Ends trust, but no code and no session.
    RecoveryCodeUsed,
    PasswordChanged,
    PasswordReset,
    EmailChanged,
    SessionsEnded,
    TwoFactorReset,
    UserDisabled,
    /// By their owner; ends no session.
    TrustRevoked,
}

impl Ending {
    /// How many kinds there are.
    pub(super) const COUNT: usize = Self::TrustRevoked as usize + 1;
}

/// Everything an onlooker knows.
#[derive(Default)]
pub(super) struct Ledger {
    turn: usize,
    pub(super) sent: Vec<Sent>,
    /// The secrets that answers have given out, by the factor they are for.
    pub(super) secrets: BTreeMap<FactorId, TotpSecret>,
    /// The newest set of recovery codes, and all there ever were.
    set: Vec<String>,
    pub(super) recovery_codes: Vec<String>,
    spent: BTreeSet<String>,
    /// Partial tokens: when and in which turn each was given, how many wrong codes it had, whether it was answered.
    challenges: BTreeMap<String, (Timestamp, usize, u32, bool)>,
    devices: BTreeMap<TrustedDeviceId, Device>,
    sessions: BTreeMap<SessionId, Proof>,
    links: BTreeMap<String, Link>,
    /// Who may download the newest set of recovery codes, and since when.
    kept: Option<(SessionId, Timestamp)>,
    /// Whether an operator has shut the person out.
    shut_out: bool,
    trust_ended: usize,
    doors_closed: usize,
    links_closed: usize,
    /// The way out of a lock is no way to the password, and stays when that is changed.
    unlocks_closed: usize,
    judged: Vec<Timestamp>,
    /// The kinds of event that came.
    pub(super) endings: BTreeSet<Ending>,
    /// How often a code was accepted, by kind: authenticator, sent, recovery.
    pub(super) accepted: [usize; 3],
    /// How often a device stood for the factor.
    pub(super) trusted: usize,
}

impl Ledger {
    /// One more command begins.
    pub(super) fn next(&mut self) {
        self.turn += 1;
    }

    /// A new set of recovery codes was given out to a session: the one before is dead.
    pub(super) fn recovery_codes_given(&mut self, codes: Vec<String>, to: SessionId, now: Timestamp) {
        self.recovery_codes.extend(codes.iter().cloned());
        (self.set, self.kept) = (codes, Some((to, now)));
    }

    /// A recovery code that is good.
    pub(super) fn good_recovery_code(&self) -> Option<&String> {
        self.set.iter().find(|code| !self.spent.contains(*code))
    }

    /// A session downloaded recovery codes.
    pub(super) fn downloaded(&self, codes: &[String], by: SessionId, now: Timestamp) {
        self.served(by);
        let (made_by, made_at) = self.kept.expect("codes were downloaded that nobody made");
        assert_eq!(made_by, by, "codes were downloaded by another session");
        assert!(is_within(made_at, Duration::from_mins(10), now), "codes were downloaded too late");
        assert!(codes == self.set, "codes were downloaded that are not the newest");
    }

    /// A link was sent.
    pub(super) fn link_sent(&mut self, token: &str, kind: MessageKind, at: Timestamp) {
        self.links.insert(token.to_owned(), Link { kind, at, turn: self.turn, used: false });
    }

    /// What a link is for.
    pub(super) fn kind_of_link(&self, token: &str) -> Option<MessageKind> {
        self.links.get(token).map(|link| link.kind)
    }

    /// A link did what it is for.
    pub(super) fn link_used(&mut self, token: &str, kind: MessageKind, life: Duration, now: Timestamp) {
        let link = self.links.get_mut(token).expect("a link nobody was sent");
        assert!(!link.used, "a link was used twice");
        assert_eq!(link.kind, kind, "a link served something else");
        assert!(is_within(link.at, life, now), "a link outlived its end");
        let unlocks = kind == MessageKind::AccountLocked;
        let closed = if unlocks { self.unlocks_closed } else { self.links_closed };
        assert!(link.turn > closed, "a link outlived an event that ends it");
        assert!(!self.shut_out, "somebody who is shut out used a link");
        link.used = true;
    }

    /// An operator shut the person out, or let them in again.
    pub(super) fn shut_out(&mut self, out: bool) {
        self.shut_out = out;
    }

    /// A code was sent.
    pub(super) fn code_sent(
        &mut self,
        (id, code): (SentCodeId, u32),
        (channel, to): (Channel, String),
        scope: Scope,
        at: Timestamp,
    ) {
        self.sent.push(Sent { id, code, channel, to, scope, at, turn: self.turn });
    }

    /// The newest code sent for something.
    pub(super) fn newest_for(&self, scope: Scope) -> Option<&Sent> {
        self.sent.iter().rfind(|sent| sent.scope == scope)
    }

    /// A partial token was given.
    pub(super) fn challenged(&mut self, token: &str, now: Timestamp) {
        self.challenges.insert(token.to_owned(), (now, self.turn, 0, false));
    }

    /// The partial token that was answered was good for it.
    pub(super) fn answered(&mut self, token: &str, now: Timestamp) {
        let (at, turn, wrong, answered) = self.challenges.get_mut(token).expect("a token nobody was given");
        assert!(!*answered, "a partial token was answered twice");
        assert!(*wrong < 5, "a partial token was answered after {wrong} wrong codes");
        assert!(*turn > self.doors_closed, "a partial token outlived an event that ends it");
        assert!(is_within(*at, Duration::from_mins(10), now), "a partial token outlived its end");
        *answered = true;
    }

    /// Something was accepted at a door, and used up with it.
    pub(super) fn accepted(
        &mut self,
        used: &[Used],
        typed: &TypedCode,
        door: Scope,
        now: Timestamp,
        destination: impl Fn(FactorId) -> Option<(Channel, String)>,
    ) -> Proved {
        self.forget_old_guesses(now);
        match (used, typed) {
            ([Used::Step(factor, step)], TypedCode::Digits(code)) => {
                self.accepted[0] += 1;
                assert_eq!(self.secrets[factor].code(*step), *code, "not the code of this authenticator and step");
                assert!((step.0 - Step::at(now).0).abs() <= 1, "a step that is not live");
                Proved::Factor
            }
            ([Used::Sent(id, factor)], TypedCode::Digits(code)) => {
                self.accepted[1] += 1;
                let sent = self.sent.iter().find(|sent| sent.id == *id).expect("a code nobody was sent");
                assert_eq!(sent.code, *code, "not the code that was sent");
                assert_eq!(sent.scope, door, "a code that was sent for something else");
                let newest = self.newest_for(door).map(|sent| sent.id);
                assert_eq!(newest, Some(*id), "a code that a newer one has replaced");
                let to = destination(*factor).expect("a factor nothing is sent to");
                assert_eq!(to, (sent.channel, sent.to.clone()), "a code that was sent elsewhere");
                assert!(sent.turn > self.doors_closed, "a code outlived an event that ends it");
                assert!(is_within(sent.at, Duration::from_mins(5), now), "a code outlived its end");
                Proved::Factor
            }
            ([Used::Recovery(_)], TypedCode::Recovery(code)) => {
                self.accepted[2] += 1;
                let text = code.to_text().expose().to_owned();
                assert!(self.set.contains(&text), "a recovery code of no set, or of an old one");
                assert!(self.spent.insert(text), "a recovery code was accepted twice");
                Proved::Other
            }
            (used, _) => panic!("one code was to be used up, not {used:?}"),
        }
    }

    /// A wrong code was judged; `open` says whether the account takes another one.
    pub(super) fn judged(&mut self, token: Option<&str>, open: bool, now: Timestamp) {
        if let Some((_, _, wrong, _)) = token.and_then(|token| self.challenges.get_mut(token)) {
            *wrong += 1;
            assert!(*wrong <= 5, "{wrong} codes were judged for one challenge");
        }
        self.forget_old_guesses(now);
        self.judged.push(now);
        let within = self.judged.len();
        assert!(within <= 10, "{within} wrong codes were judged within an hour");
        if open {
            assert!(within < 10, "the tenth did not lock");
        } else {
            self.judged.clear();
        }
    }

    /// With each guess those of an hour ago are forgotten for good, even if the clock goes back.
    fn forget_old_guesses(&mut self, now: Timestamp) {
        self.judged.retain(|at| now.since(*at) < Duration::from_hours(1));
    }

    /// The clock was found wrong: what was counted ahead of it counts from now on.
    pub(super) fn rewind(&mut self, now: Timestamp) {
        self.judged.iter_mut().for_each(|at| *at = now.min(*at));
    }

    /// An operator took all wrong codes back.
    pub(super) fn forgiven(&mut self) {
        self.judged.clear();
    }

    /// A session began.
    pub(super) fn signed_in(&mut self, session: SessionId, proved: Proved, now: Timestamp) {
        assert!(!self.shut_out, "somebody who is shut out signed in");
        self.proved(session, proved, now);
    }

    /// A session proved something anew.
    pub(super) fn proved(&mut self, session: SessionId, proved: Proved, now: Timestamp) {
        let at = (proved != Proved::Nothing).then_some(now);
        self.sessions.insert(session, Proof { at, by_factor: proved == Proved::Factor, over: false });
    }

    /// A session served its caller: nothing had ended it.
    pub(super) fn served(&self, session: SessionId) {
        assert!(!self.sessions[&session].over, "a session that is over served its caller");
        assert!(!self.shut_out, "a session served somebody who is shut out");
    }

    /// A session changed something that needs a fresh proof.
    pub(super) fn changed(&self, session: SessionId, now: Timestamp) {
        self.served(session);
        let proved = self.sessions[&session].at.expect("something changed without a proof");
        assert!(is_within(proved, Duration::from_mins(5), now), "something changed by a proof that is not fresh");
    }

    /// A session is over.
    pub(super) fn session_over(&mut self, session: SessionId) {
        if let Some(proof) = self.sessions.get_mut(&session) {
            proof.over = true;
        }
    }

    /// A browser was trusted by a session that proved a factor a moment ago.
    pub(super) fn remembered(&mut self, device: &NewDevice, session: SessionId, now: Timestamp) {
        self.changed(session, now);
        let Proof { at: Some(proved_at), by_factor: true, .. } = self.sessions[&session] else {
            panic!("trust began without a factor")
        };
        let cookies = vec![(device.cookie.token.expose().to_owned(), now)];
        let new = Device { proved_at, used_at: now, turn: self.turn, over: false, cookies };
        self.devices.insert(device.id, new);
    }

    /// The trust in one device is over.
    pub(super) fn forgotten(&mut self, device: TrustedDeviceId) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.over = true;
        }
    }

    /// A device stood for the factor by the cookie it showed, and perhaps got another one.
    pub(super) fn recognized(&mut self, used: &[Used], (shown, given): (&str, &str), now: Timestamp) {
        let [Used::Device(id)] = used else { panic!("no device was used: {used:?}") };
        let device = self.devices.get_mut(id).expect("a device nobody trusted");
        assert!(!device.over, "a device stood for the factor after its trust was ended");
        assert!(device.turn > self.trust_ended, "trust outlived an event that ends it");
        assert!(is_within(device.proved_at, Duration::from_days(30), now), "trust outlived its end");
        assert!(is_within(device.used_at, Duration::from_days(14), now), "trust was idle for too long");
        let age = device.cookies.iter().rev().position(|(cookie, _)| cookie == shown);
        let crossed = |(_, replaced_at): &(String, Timestamp)| now.since(*replaced_at) < Duration::from_secs(60);
        match age {
            Some(0) => {}
            Some(1) => {
                assert!(device.cookies.last().is_some_and(crossed), "a replaced cookie was taken after a minute");
            }
            _ => panic!("an old cookie, or one of another device, was taken"),
        }
        if given != shown {
            device.cookies.push((given.to_owned(), now));
        }
        device.used_at = now;
        self.trusted += 1;
    }

    /// Something happened that ends trust, and more. `stays` is the session it leaves alive.
    pub(super) fn ended(&mut self, ending: Ending, stays: Option<SessionId>) {
        self.endings.insert(ending);
        self.trust_ended = self.turn;
        match ending {
            Ending::RecoveryCodeUsed => return,
            Ending::TrustRevoked => {
                self.doors_closed = self.turn;
                return;
            }
            Ending::FactorAdded
            | Ending::FactorRemoved
            | Ending::TwoFactorDisabled
            | Ending::PasswordChanged
            | Ending::PasswordReset
            | Ending::EmailChanged
            | Ending::SessionsEnded
            | Ending::TwoFactorReset
            | Ending::UserDisabled => {}
        }
        self.doors_closed = self.turn;
        let by_password = matches!(ending, Ending::PasswordChanged | Ending::PasswordReset);
        if matches!(ending, Ending::EmailChanged | Ending::TwoFactorReset | Ending::UserDisabled) {
            (self.links_closed, self.unlocks_closed) = (self.turn, self.turn);
        } else if by_password {
            self.links_closed = self.turn;
        }
        if matches!(ending, Ending::TwoFactorDisabled | Ending::TwoFactorReset) {
            (self.set, self.kept) = (Vec::new(), None);
        }
        for (id, proof) in &mut self.sessions {
            proof.over |= Some(*id) != stays;
        }
    }
}

/// Whether something that began at `at` and lasts so long is there at `now`; what begins later is not.
fn is_within(at: Timestamp, length: Duration, now: Timestamp) -> bool {
    at <= now && now.since(at) < length
}
