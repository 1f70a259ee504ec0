//! Signing in with a password.

use insta::assert_snapshot;

use super::*;
use crate::ids::PendingSignupId;
use crate::testing::{Entered, Lab, Person, World, entries_of, origin, summary};
use crate::time::Duration;
use crate::user::Email;

const DEFAULT: ApplicationId = ApplicationId::DEFAULT;

fn email() -> Email {
    Email::parse("ada@example.org").unwrap()
}

fn pending(lab: &mut Lab) -> PendingSignup {
    PendingSignup {
        id: PendingSignupId::new(lab.clock, &mut lab.rng),
        application: DEFAULT,
        email: email(),
        password: PasswordHash::new("$argon2id$pending".to_owned()),
        token: None,
        created_at: lab.clock,
        expires_at: lab.clock + Duration::from_hours(24),
        origin: origin(),
    }
}

fn begin(
    lab: &mut Lab,
    account: Option<Account>,
    pending: Option<PendingSignup>,
    [account_count, block_count]: [i64; 2],
) -> Decision<PasswordCheck> {
    let command = BeginLogin { application: DEFAULT, email: email(), origin: origin() };
    let since = lab.clock + Duration::from_mins(-5);
    let counters = command.counters(&lab.policy, &lab.keys);
    let counts = [block_count, account_count];
    let passwords =
        counters.into_iter().zip(counts).map(|(counter, count)| (counter, Charged { count, since })).collect();
    lab.decide(&command, BeginLoginView { account, pending, passwords }).unwrap()
}

fn finish(lab: &mut Lab, person: Option<&Person>, proof: PasswordProof) -> Decision<LoggedIn> {
    let holder = RefreshHolder::Cookie;
    let command = FinishLogin {
        application: DEFAULT,
        email: email(),
        proof,
        rehashed: None,
        repeated: true,
        holder,
        device: None,
        origin: origin(),
    };
    let view = FinishLoginView {
        browsers: vec![],
        account: person.map(|person| person.account.clone()),
        factors: person.map_or(vec![], |person| person.factors.clone()),
        challenges: vec![],
        device: None,
        sends: Sends::default(),
    };
    lab.decide(&command, view).unwrap()
}

fn right(person: &Person) -> PasswordProof {
    PasswordProof::Right(person.account.user.password.clone())
}

#[test]
fn what_to_check_against_is_given_out_for_owner_and_newest_sign_up() {
    let mut lab = Lab::new();
    let (account, sign_up) = (lab.account(), pending(&mut lab));
    let check = begin(&mut lab, Some(account.clone()), Some(sign_up.clone()), [10, 100]).reply.unwrap();
    assert_eq!((check.user, check.pending), (Some(account.user.password), Some(sign_up.password)));
    let check = begin(&mut lab, None, None, [1, 1]).reply.unwrap();
    assert!(check.user.is_none() && check.pending.is_none());
}

#[test]
fn a_sign_up_has_no_password_from_the_moment_it_ends() {
    let mut lab = Lab::new();
    let sign_up = PendingSignup { expires_at: lab.clock, ..pending(&mut lab) };
    assert!(begin(&mut lab, None, Some(sign_up), [1, 1]).reply.unwrap().pending.is_none());
}

#[test]
fn the_eleventh_try_from_a_block_waits_whether_the_account_exists_or_not() {
    let mut lab = Lab::new();
    let account = lab.account();
    let wait = Refusal::TooManyAttempts { retry_after: Some(Duration::from_mins(10)) };
    let known = begin(&mut lab, Some(account), None, [11, 11]);
    let unknown = begin(&mut lab, None, None, [11, 11]);
    assert_eq!((known.reply.as_ref().err(), unknown.reply.as_ref().err()), (Some(&wait), Some(&wait)));
    assert_snapshot!(summary(&known), @r"
    no: TooManyAttempts { retry_after: Some(Duration(600000000)) }
    audit password_checked failed too_many_attempts
    ");
    assert_snapshot!(summary(&unknown), @r"
    no: TooManyAttempts { retry_after: Some(Duration(600000000)) }
    audit password_checked failed too_many_attempts, unchained
    ");
}

#[test]
fn the_longer_of_two_waits_is_told() {
    let mut lab = Lab::new();
    let wait = Refusal::TooManyAttempts { retry_after: Some(Duration::from_mins(55)) };
    assert_eq!(begin(&mut lab, None, None, [11, 101]).reply.unwrap_err(), wait);
}

#[test]
fn the_command_line_has_no_counters() {
    let lab = Lab::new();
    let command = BeginLogin { application: DEFAULT, email: email(), origin: Origin::default() };
    assert!(command.counters(&lab.policy, &lab.keys).is_empty());
}

#[test]
fn a_disabled_user_has_no_password_to_be_right_and_so_costs_what_a_wrong_one_costs() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    person.account.user.disabled_at = Some(lab.clock);
    assert!(begin(&mut lab, Some(person.account.clone()), None, [1, 1]).reply.unwrap().user.is_none());
    let wrong = finish(&mut lab, Some(&person), PasswordProof::Wrong);
    assert_eq!(wrong.audit[0].detail, Detail::Reason("disabled"));
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), right(&person))), @r"
    no: CredentialsInvalid
    audit password_checked failed disabled
    ");
}

#[test]
fn a_wrong_password_is_refused_and_its_charge_kept() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), PasswordProof::Wrong)), @r"
    no: CredentialsInvalid
    audit password_checked failed wrong_password
    ");
    assert_snapshot!(summary(&finish(&mut lab, None, PasswordProof::Wrong)), @r"
    no: CredentialsInvalid
    audit password_checked failed wrong_password, unchained
    ");
}

#[test]
fn the_right_password_of_a_sign_up_says_that_its_address_is_unverified_and_is_charged() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    insta::allow_duplicates! {
        for person in [None, Some(&person)] {
            assert_snapshot!(summary(&finish(&mut lab, person, PasswordProof::Pending)), @r"
            no: EmailUnverified
            audit password_checked failed email_unverified, unchained
            ");
        }
    }
}

#[test]
fn a_hash_that_changed_during_the_check_proves_nothing() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let proof = || PasswordProof::Right(PasswordHash::new("$argon2id$before".to_owned()));
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), proof())), @r"
    no: CredentialsInvalid
    audit password_checked failed password_changed
    ");
    assert_snapshot!(summary(&finish(&mut lab, None, proof())), @r"
    no: CredentialsInvalid
    audit password_checked failed password_changed, unchained
    ");
}

#[test]
fn without_a_factor_the_password_signs_in() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), right(&person))), @r"
    yes
    change AddSession, fresh true
    change SeeBrowser Unknown browser
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit signed_in done session
    ");
}

#[test]
fn with_a_factor_the_password_leads_to_a_challenge_and_no_session() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let decision = finish(&mut lab, Some(&person), right(&person));
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddChallenge
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit challenge_started done challenge
    ");
    let LoggedIn::FactorDue { partial_token, challenge } = decision.reply.unwrap() else { panic!("signed in") };
    assert_eq!(partial_token.expose().len(), 43);
    assert_eq!(challenge.methods.len(), 1);
    assert_eq!((challenge.attempts_left, challenge.expires_at), (5, lab.clock + Duration::from_mins(10)));
}

#[test]
fn with_the_second_factor_switched_off_a_password_signs_in_but_proves_nothing_fresh() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    lab.policy.two_factor_enabled = false;
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), right(&person))), @r"
    yes
    change AddSession, fresh false
    change SeeBrowser Unknown browser
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit signed_in done session
    ");
}

#[test]
fn a_locked_account_is_told_to_who_has_the_password_only() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    person.account.settings.guesses.locked_until = Some(lab.clock + Duration::from_mins(15));
    assert_snapshot!(summary(&finish(&mut lab, Some(&person), right(&person))), @r"
    no: AccountLocked { retry_after: Some(Duration(900000000)) }
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row, locked
    audit password_checked done account_locked
    ");
    assert_eq!(finish(&mut lab, Some(&person), PasswordProof::Wrong).reply.unwrap_err(), Refusal::CredentialsInvalid);
}

#[test]
fn without_a_factor_a_lock_of_codes_does_not_matter() {
    let mut lab = Lab::new();
    let mut person = Person::of(lab.account());
    person.account.settings.guesses.locked_until = Some(lab.clock + Duration::from_mins(15));
    assert!(finish(&mut lab, Some(&person), right(&person)).reply.is_ok());
}

#[test]
fn settings_and_factors_that_contradict_each_other_never_read_as_no_second_factor() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (holder, proof) = (RefreshHolder::Cookie, right(&person));
    let command = FinishLogin {
        application: DEFAULT,
        email: email(),
        proof,
        rehashed: None,
        repeated: true,
        holder,
        device: None,
        origin: origin(),
    };
    let lost = FinishLoginView {
        browsers: vec![],
        account: Some(person.account.clone()),
        factors: vec![],
        challenges: vec![],
        device: None,
        sends: Sends::default(),
    };
    assert_eq!(lab.decide(&command, lost).unwrap_err().to_string(), "factors.id: missing where it must exist");
    let mut account = person.account.clone();
    account.settings.enabled_at = None;
    let lost = FinishLoginView {
        browsers: vec![],
        account: Some(account),
        factors: person.factors,
        challenges: vec![],
        device: None,
        sends: Sends::default(),
    };
    assert!(matches!(lab.decide(&command, lost).unwrap().reply, Ok(LoggedIn::FactorDue { .. })));
}

#[test]
fn a_password_hashed_with_other_parameters_is_replaced() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let new = PasswordHash::new("$argon2id$new".to_owned());
    let command = FinishLogin {
        application: DEFAULT,
        email: email(),
        proof: right(&person),
        rehashed: Some(new.clone()),
        repeated: false,
        holder: RefreshHolder::Cookie,
        device: None,
        origin: origin(),
    };
    let view = FinishLoginView {
        browsers: vec![],
        account: Some(person.account),
        factors: vec![],
        challenges: vec![],
        device: None,
        sends: Sends::default(),
    };
    let decision = lab.decide(&command, view).unwrap();
    assert!(decision.changes.iter().any(|change| matches!(change, Change::SetPassword(_, hash) if *hash == new)));
}

#[test]
fn a_hash_that_changed_during_the_check_is_checked_again_once() {
    let mut lab = Lab::new();
    let account = lab.account();
    let mut decide = |repeated| {
        let command = FinishLogin {
            application: DEFAULT,
            email: email(),
            proof: PasswordProof::Right(PasswordHash::new("pbkdf2_sha256$old".to_owned())),
            rehashed: None,
            repeated,
            holder: RefreshHolder::Cookie,
            device: None,
            origin: origin(),
        };
        let view = FinishLoginView {
            browsers: vec![],
            account: Some(account.clone()),
            factors: vec![],
            challenges: vec![],
            device: None,
            sends: Sends::default(),
        };
        lab.decide(&command, view).unwrap()
    };
    let first = decide(false);
    assert!(matches!(first.reply, Ok(LoggedIn::HashChanged)) && first.audit.is_empty());
    assert!(!first.changes.is_empty() && first.changes.iter().all(|change| matches!(change, Change::ReturnCharge(_))));
    let second = decide(true);
    assert_eq!(second.reply.unwrap_err(), Refusal::CredentialsInvalid);
    assert_eq!((second.audit.len(), second.changes.len()), (1, 0), "the charge stays");
}

#[test]
fn the_eleventh_live_challenge_ends_the_oldest() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    let mut tokens = Vec::new();
    for _ in 0..12 {
        tokens.push(world.challenge());
        world.lab.pass(Duration::from_secs(1));
    }
    for (number, token) in tokens.iter().enumerate() {
        assert_eq!(world.read_challenge(token).is_ok(), number >= 2, "challenge number {}", number + 1);
    }
}

#[test]
fn challenges_that_ran_out_are_not_counted_as_live() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let now = lab.clock;
    let challenges = (0..10).map(|_| (ChallengeId::new(now, &mut lab.rng), now)).collect();
    let (holder, proof) = (RefreshHolder::Cookie, right(&person));
    let command = FinishLogin {
        application: DEFAULT,
        email: email(),
        proof,
        rehashed: None,
        repeated: true,
        holder,
        device: None,
        origin: origin(),
    };
    let view = FinishLoginView {
        browsers: vec![],
        account: Some(person.account),
        factors: person.factors,
        challenges,
        device: None,
        sends: Sends::default(),
    };
    let decision = lab.decide(&command, view).unwrap();
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::EndChallenge(_))));
}

#[test]
fn a_right_password_gives_back_its_own_charge_and_no_other() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    let mut enter = |right| world.log_in("ada@example.org", right, RefreshHolder::Cookie).map(drop);
    for _ in 0..9 {
        assert_eq!(enter(false), Err(Refusal::CredentialsInvalid));
    }
    for _ in 0..20 {
        assert_eq!(enter(true), Ok(()));
    }
    assert_eq!(enter(false), Err(Refusal::CredentialsInvalid));
    let wait = Refusal::TooManyAttempts { retry_after: Some(Duration::from_mins(15)) };
    assert_eq!(enter(true), Err(wait), "ten wrong ones are ten, whatever came between");
}

#[test]
fn each_try_is_one_entry_of_a_password() {
    let mut lab = Lab::new();
    let (with, without) = (lab.enrolled(), Person::of(lab.account()));
    for (person, proof, success) in [
        (Some(&with), right(&with), true),
        (Some(&without), right(&without), true),
        (Some(&with), PasswordProof::Wrong, false),
        (Some(&with), PasswordProof::Pending, false),
        (None, PasswordProof::Wrong, false),
    ] {
        let decision = finish(&mut lab, person, proof);
        assert_eq!(entries_of(&decision, AuditAction::PasswordChecked), [success]);
    }
}

#[test]
fn no_decision_shows_the_partial_token_the_address_or_the_hash() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let decision = finish(&mut lab, Some(&person), right(&person));
    let shown = format!("{decision:?}");
    let LoggedIn::FactorDue { partial_token, .. } = decision.reply.unwrap() else { panic!("signed in") };
    for secret in [partial_token.expose(), "Ada@", "ada@", "$argon2id$"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_sign_in_without_a_factor_goes_where_the_client_said() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let Ok(Entered::Session(grant)) = world.log_in("ADA@example.org", true, RefreshHolder::Body) else {
        panic!("refused")
    };
    assert_eq!((grant.holder, grant.method), (RefreshHolder::Body, None));
}
