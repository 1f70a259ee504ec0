//! Signing up, and proving the address.

use insta::assert_snapshot;

use super::*;
use crate::testing::{Lab, origin, summary};
use crate::time::Duration;

fn email() -> Email {
    Email::parse("ada@example.org").unwrap()
}

fn mails(lab: &Lab, counts: [i64; 2]) -> Vec<(Counter, Charged)> {
    let counters = Counter::mails_to("ada@example.org", &lab.policy, &lab.keys);
    counters.into_iter().zip(counts).map(|(counter, count)| (counter, Charged { count, since: lab.clock })).collect()
}

fn sign_up(lab: &mut Lab, owner: Option<Account>, counts: [i64; 2]) -> Decision<()> {
    let command = SignUp {
        application: ApplicationId::DEFAULT,
        email: email(),
        password: PasswordHash::new("$argon2id$new".to_owned()),
        origin: origin(),
    };
    let view = SignUpView { owner, mails: mails(lab, counts) };
    lab.decide(&command, view).unwrap()
}

fn pending(decision: Decision<()>) -> PendingSignup {
    match decision.changes.into_iter().next() {
        Some(Change::AddPendingSignup(pending)) => pending,
        other => panic!("{other:?}"),
    }
}

fn token(link: &str) -> &str {
    link.strip_prefix("http://127.0.0.1:8080/verify-email#token=").unwrap()
}

fn resend(lab: &mut Lab, pending: Option<PendingSignup>, counts: [i64; 2]) -> Decision<()> {
    let command = ResendVerification { application: ApplicationId::DEFAULT, email: email(), origin: origin() };
    let view = ResendView { pending, mails: mails(lab, counts) };
    lab.decide(&command, view).unwrap()
}

fn verify(lab: &mut Lab, pending: Option<PendingSignup>, taken: bool) -> Decision<()> {
    let command = VerifyEmail { token: TokenHash::of("shown"), origin: origin() };
    lab.decide(&command, VerifyEmailView { pending, taken }).unwrap()
}

#[test]
fn sign_ups_of_one_block_wait_for_the_end_of_the_hour_beyond_their_limit() {
    let mut lab = Lab::new();
    let counter = Counter::signups_from_block("192.0.2.7".parse().unwrap(), &lab.policy, &lab.keys);
    let mut begin = |count| {
        let charged = Charged { count, since: lab.clock };
        let decision = lab.decide(&BeginSignUp { origin: origin() }, vec![(counter.clone(), charged)]).unwrap();
        assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
        decision.reply
    };
    assert_eq!(begin(1000), Ok(()));
    assert_eq!(begin(1001), Err(Refusal::TooManyAttempts { retry_after: Some(Duration::from_hours(1)) }));
    assert_eq!(lab.decide(&BeginSignUp { origin: Origin::default() }, vec![]).unwrap().reply, Ok(()));
}

#[test]
fn a_free_address_gets_a_link_that_fits_the_sign_up() {
    let mut lab = Lab::new();
    let decision = sign_up(&mut lab, None, [5, 10]);
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddPendingSignup, link true
    audit signup_requested done pending_signup, unchained
    mail email_verification
    ");
    let sent = lab.read(&decision.outbox[0]).unwrap();
    assert_eq!((sent.to.as_str(), sent.expires_at), ("ada@example.org", Some(lab.clock + Duration::from_hours(24))));
    let pending = pending(decision);
    assert_eq!(pending.token, Some(TokenHash::of(token(sent.link.as_deref().unwrap()))));
}

#[test]
fn a_taken_address_looks_the_same_and_its_owner_is_told_without_a_link_to_finish() {
    let mut lab = Lab::new();
    let owner = lab.account();
    let decision = sign_up(&mut lab, Some(owner), [1, 1]);
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddPendingSignup, link false
    audit signup_requested done pending_signup, unchained
    mail account_exists
    ");
    let sent = lab.read(&decision.outbox[0]).unwrap();
    assert_eq!(sent.to, "Ada@example.org", "as the owner spells it, not as a stranger did");
    assert_eq!(sent.link.as_deref(), Some("http://127.0.0.1:8080/"));
    assert_eq!(pending(decision).token, None);
}

#[test]
fn mails_are_capped_in_silence_by_hour_and_by_day() {
    let mut lab = Lab::new();
    let owner = lab.account();
    insta::allow_duplicates! {
        for counts in [[6, 6], [1, 11]] {
            // The link is not sent now; it can be asked for when the limit is over.
            assert_snapshot!(summary(&sign_up(&mut lab, None, counts)), @r"
            yes
            change AddPendingSignup, link true
            audit signup_requested done send_limit, unchained
            ");
        }
    }
    assert_snapshot!(summary(&sign_up(&mut lab, Some(owner), [6, 6])), @r"
    yes
    change AddPendingSignup, link false
    audit signup_requested done send_limit, unchained
    ");
}

#[test]
fn signing_up_can_be_switched_off() {
    let mut lab = Lab::new();
    lab.policy.signup_enabled = false;
    assert_snapshot!(summary(&sign_up(&mut lab, None, [1, 1])), @"no: FeatureDisabled");
}

#[test]
fn a_mail_asked_for_again_tells_of_the_sign_up_not_of_who_asked() {
    let mut lab = Lab::new();
    let mut waiting = pending(sign_up(&mut lab, None, [1, 1]));
    assert_eq!(waiting.origin, origin());
    waiting.origin.ip = Some("198.51.100.66".parse().unwrap());
    waiting.origin.user_agent = Some("Squatter".to_owned());
    let decision = resend(&mut lab, Some(waiting), [2, 2]);
    let event = lab.read(&decision.outbox[0]).unwrap().event.clone().unwrap();
    assert_eq!((event.ip.as_deref(), event.browser.as_deref()), (Some("198.51.100.66"), Some("Squatter")));
}

#[test]
fn asking_again_replaces_the_link() {
    let mut lab = Lab::new();
    let waiting = pending(sign_up(&mut lab, None, [1, 1]));
    let decision = resend(&mut lab, Some(waiting.clone()), [2, 2]);
    assert_snapshot!(summary(&decision), @r"
    yes
    change RenewPendingSignup
    audit verification_resent done pending_signup, unchained
    mail email_verification
    ");
    let sent = lab.read(&decision.outbox[0]).unwrap();
    let Some(Change::RenewPendingSignup { id, token: new, .. }) = decision.changes.first() else {
        panic!("{decision:?}")
    };
    assert_eq!((*id, *new), (waiting.id, TokenHash::of(token(sent.link.as_deref().unwrap()))));
    assert_ne!(waiting.token, Some(*new));
}

#[test]
fn asking_again_for_nothing_sends_nothing_and_says_the_same() {
    let mut lab = Lab::new();
    let owner = lab.account();
    let taken = pending(sign_up(&mut lab, Some(owner), [1, 1]));
    let mut over = pending(sign_up(&mut lab, None, [1, 1]));
    over.expires_at = lab.clock;
    insta::allow_duplicates! {
        for waiting in [None, Some(taken), Some(over)] {
            assert_snapshot!(summary(&resend(&mut lab, waiting, [2, 2])), @r"
            yes
            change ReturnCharge
            change ReturnCharge
            audit verification_resent done nothing_pending, unchained
            ");
        }
    }
    let waiting = pending(sign_up(&mut lab, None, [1, 1]));
    insta::allow_duplicates! {
        for counts in [[6, 6], [1, 11]] {
            assert_snapshot!(summary(&resend(&mut lab, Some(waiting.clone()), counts)), @r"
            yes
            audit verification_resent done send_limit, unchained
            ");
        }
    }
}

#[test]
fn the_link_makes_the_user_and_signs_nobody_in() {
    let mut lab = Lab::new();
    let waiting = pending(sign_up(&mut lab, None, [1, 1]));
    let decision = verify(&mut lab, Some(waiting.clone()), false);
    assert_snapshot!(summary(&decision), @r"
    yes
    change ConsumePendingSignup
    change AddUser
    audit email_verified done user
    ");
    let Some(Change::AddUser(user, settings)) = decision.changes.get(1) else { panic!("{decision:?}") };
    assert_eq!((&user.email, &user.password), (&waiting.email, &waiting.password));
    assert_eq!((user.email_verified_at, settings.enabled_at), (Some(lab.clock), None));
}

#[test]
fn a_link_is_over_at_exactly_its_end() {
    let mut lab = Lab::new();
    let waiting = pending(sign_up(&mut lab, None, [1, 1]));
    lab.pass(Duration::from_micros(Duration::from_hours(24).as_micros() - 1));
    assert_eq!(verify(&mut lab, Some(waiting.clone()), false).reply, Ok(()));
    lab.pass(Duration::from_micros(1));
    assert_snapshot!(summary(&verify(&mut lab, Some(waiting), false)), @r"
    no: TokenInvalid
    audit email_verified failed expired, unchained
    ");
}

#[test]
fn an_address_taken_meanwhile_makes_no_second_user() {
    let mut lab = Lab::new();
    let waiting = pending(sign_up(&mut lab, None, [1, 1]));
    assert_snapshot!(summary(&verify(&mut lab, Some(waiting), true)), @r"
    no: TokenInvalid
    audit email_verified failed address_taken, unchained
    ");
}

#[test]
fn a_link_that_was_used_is_unknown() {
    assert_snapshot!(summary(&verify(&mut Lab::new(), None, false)), @"no: TokenInvalid");
}

#[test]
fn no_decision_shows_the_address_the_hash_or_the_link() {
    let mut lab = Lab::new();
    let first = sign_up(&mut lab, None, [1, 1]);
    let sent = lab.read(&first.outbox[0]).unwrap();
    let shown = format!("{first:?}");
    let waiting = pending(first);
    let second = resend(&mut lab, Some(waiting.clone()), [1, 1]);
    let third = verify(&mut lab, Some(waiting), false);
    let shown = format!("{shown} {second:?} {third:?}");
    for secret in [token(sent.link.as_deref().unwrap()), "ada@example.org", "$argon2id$"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
