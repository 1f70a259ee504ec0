//! Applications, their keys and what is asked with them.

use super::challenge::{
    AnswerAsked, AnswerView, AskedChallenge, ProvedBy, ReadAsked, Reason, RequestChallenge, RequestView, Status,
};
use super::contact::Mentioned;
use super::factor::{ImportFactor, ImportView};
use super::idempotency::{Once, Words};
use super::keyed::{ByKey, ByKeyView, KeyHolder, Told};
use super::*;
use crate::challenge::{Challenge, ChallengeView};
use crate::code::TypedCode;
use crate::factor::Method;
use crate::ids::{ChallengeId, UserId};
use crate::sent_code::Sends;
use crate::testing::{Lab, Person, origin};
use crate::time::Duration;
use crate::totp::TotpSecret;
use crate::user::{Account, Email};
use crate::verification::VerifyView;

pub(super) const SHOP: ApplicationId = ApplicationId::from_uuid(uuid::Uuid::from_u128(7));

fn wanted(required: bool) -> SecondFactor {
    if required { SecondFactor::Required { from: None } } else { SecondFactor::Optional }
}

pub(super) fn shop(required: bool) -> Application {
    Application {
        id: SHOP,
        name: "shop".into(),
        display_name: None,
        test_of: None,
        rules: Rules { second_factor: wanted(required), ..Rules::default() },
        created_at: crate::testing::START,
    }
}

/// Somebody of the shop's, with an authenticator.
pub(super) fn customer(lab: &mut Lab) -> Person {
    let mut person = lab.enrolled();
    person.account.user.application = SHOP;
    person.account.user.external = ExternalId::parse("ada");
    person
}

pub(super) fn request(application: ApplicationId) -> RequestChallenge {
    let id = ExternalId::parse("ada").unwrap();
    RequestChallenge {
        user: Mentioned { application, id, email: None, phone: None, name: None },
        reason: Reason::Login,
        max_age: None,
        text: None,
        device: None,
        hosted: None,
        origin: origin(),
    }
}

pub(super) fn view(account: Option<Account>, person: Option<&Person>, required: bool) -> RequestView {
    RequestView {
        application: Some(shop(required)),
        account,
        factors: person.map(|person| person.factors.clone()).unwrap_or_default(),
        challenges: vec![],
        device: None,
        sends: Sends::default(),
        recovery_codes: 10,
        may_return: false,
    }
}

fn added(changes: &[Change]) -> Option<Challenge> {
    changes.iter().find_map(|change| if let Change::AddChallenge(new) = change { Some(new.clone()) } else { None })
}

pub(super) fn ask(lab: &mut Lab, command: &RequestChallenge, view: RequestView) -> (AskedChallenge, Challenge) {
    let decision = lab.decide(command, view).unwrap();
    let challenge = added(&decision.changes).expect("a challenge");
    (decision.reply.expect("an answer"), challenge)
}

#[test]
fn a_key_says_its_world_and_is_found_by_its_hash_only() {
    let mut lab = Lab::new();
    let twin = Application { test_of: Some(SHOP), ..shop(false) };
    for (application, prefix) in [(shop(false), "tl_live_"), (twin, "tl_test_")] {
        let command = AddApiKey { application: "shop".into(), scopes: KeyScope::ALL.to_vec(), origin: origin() };
        let decision = lab.decide(&command, Some(application)).unwrap();
        let (_, text) = decision.reply.unwrap();
        assert!(text.expose().starts_with(prefix));
        let Some(Change::AddApiKey(key)) = decision.changes.first() else { panic!("no key") };
        assert_eq!(ApiKey::parse(text.expose()), Some(key.hash));
        assert!(!format!("{:?}", decision.changes).contains(text.expose()));
    }
    for text in ["", "tl_live_", "tl_live_short", "sk_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(ApiKey::parse(text), None, "{text:?}");
    }
    let default = Application { id: ApplicationId::DEFAULT, ..shop(false) };
    let command = AddApiKey { application: "default".into(), scopes: vec![], origin: origin() };
    assert_eq!(lab.decide(&command, Some(default)).unwrap().reply.unwrap_err(), Refusal::NotFound);
}

#[test]
fn no_address_is_ever_taken_for_an_id_of_an_application() {
    let id = ExternalId::parse("Ada@Example.org").unwrap();
    assert_eq!(ExternalId::of_key(&id.key()), Some(id.clone()));
    assert!(crate::user::Email::parse(&id.key()).is_err() && ExternalId::of_key("ada@example.org").is_none());
    assert!(ExternalId::parse("").is_none() && ExternalId::parse("a\nb").is_none());
    assert!(!format!("{id:?}").contains("Ada"));
}

#[test]
fn what_comes_next_follows_from_factors_and_from_what_the_application_wants() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let known = || Some(person.account.clone());
    let (free, challenge) = ask(&mut lab, &request(SHOP), view(None, None, false));
    assert_eq!((free.status, free.why.as_str()), (Status::NotRequired, "no_factor"));
    assert_eq!(free.proof.unwrap().by, ProvedBy::Nothing);
    assert!(challenge.completed_at.is_some(), "it can be answered");
    let (enroll, _) = ask(&mut lab, &request(SHOP), view(None, None, true));
    assert_eq!((enroll.status, enroll.proof.is_some()), (Status::EnrollmentRequired, false));
    for reason in [Reason::StepUp, Reason::Enroll] {
        let (enroll, _) = ask(&mut lab, &RequestChallenge { reason, ..request(SHOP) }, view(None, None, false));
        assert_eq!((enroll.status, enroll.proof.is_some()), (Status::EnrollmentRequired, false));
    }
    let (due, challenge) = ask(&mut lab, &request(SHOP), view(known(), Some(&person), false));
    assert_eq!((due.status, due.proof.is_some()), (Status::Pending, false));
    assert_eq!(due.state.unwrap().attempts_left, 5);
    assert!(challenge.completed_at.is_none() && challenge.asked.is_some());

    let mut locked = person.account.clone();
    locked.settings.guesses.locked_until = Some(lab.clock + Duration::from_mins(5));
    let (locked, challenge) = ask(&mut lab, &request(SHOP), view(Some(locked), Some(&person), false));
    assert_eq!((locked.status, locked.why.as_str()), (Status::Locked, "wrong_codes"));
    assert!(challenge.ended_at.is_some(), "it can be answered");
}

#[test]
fn settings_that_lost_their_factors_are_never_read_as_no_factor() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    assert!(lab.decide(&request(SHOP), view(Some(person.account), None, false)).is_err());
}

#[test]
fn a_right_code_gives_a_result_and_no_session_and_only_to_whom_it_belongs() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let (_, challenge) = ask(&mut lab, &request(SHOP), view(Some(person.account.clone()), Some(&person), false));
    let code = lab.code(&person.secrets[0], 0);
    let view = || VerifyView {
        reset_request: None,
        browsers: vec![],
        account: Some(person.account.clone()),
        challenge: Some(challenge.clone()),
        factors: person.factors.clone(),
        recovery_codes: person.stored_codes.clone(),
        devices: vec![],
        sent_codes: vec![],
    };
    let read = |verify| AnswerView { verify, application: Some(shop(false)) };
    let answer =
        |application, code| AnswerAsked { application, id: challenge.id, code, trust: false, request_id: None };
    let foreign = lab.decide(&answer(ApplicationId::DEFAULT, code.clone()), read(view())).unwrap();
    assert_eq!(foreign.reply.unwrap_err(), Refusal::NotFound);
    assert!(foreign.changes.is_empty(), "a stranger changed something: {:?}", foreign.changes);
    let ours = Challenge { asked: None, ..challenge.clone() };
    let own = VerifyView { challenge: Some(ours), ..view() };
    assert_eq!(lab.decide(&answer(SHOP, code.clone()), read(own)).unwrap().reply.unwrap_err(), Refusal::NotFound);

    let decision = lab.decide(&answer(SHOP, code), read(view())).unwrap();
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::AddSession(_))));
    assert!(decision.changes.iter().any(|change| matches!(change, Change::UseStep { .. })));
    let approved = decision.reply.unwrap();
    assert_eq!((approved.proof.by, approved.proof.user.as_str()), (ProvedBy::Code(Method::Totp), "ada"));
    let wrong = lab.decide(&answer(SHOP, TypedCode::Other), read(view())).unwrap();
    assert!(wrong.changes.iter().any(|change| matches!(change, Change::SaveAttempts { attempts: 1, .. })));
    assert_eq!(wrong.reply.unwrap_err(), Refusal::CodeIncorrect { attempts_left: 4, hint: None });

    let ask = |application| ReadAsked { application, id: challenge.id };
    let state = || ChallengeView {
        account: Some(person.account.clone()),
        challenge: Some(challenge.clone()),
        factors: person.factors.clone(),
        sends: Sends::default(),
    };
    assert_eq!(lab.decide(&ask(SHOP), state()).unwrap().reply.unwrap().status, Status::Pending);
    let foreign = lab.decide(&ask(ApplicationId::DEFAULT), state()).unwrap();
    assert_eq!(foreign.reply.unwrap_err(), Refusal::NotFound);
}

/// A command that always says yes, for what is decided around it.
#[derive(Debug)]
struct Yes;

impl Decide for Yes {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let change = Change::EndChallenge(ChallengeId::from_uuid(uuid::Uuid::nil()));
        Ok(Decision::new(Ok(()), context.clock).change(change))
    }
}

fn yes(call: u8, secret: bool) -> ByKey<Yes> {
    let plain: super::keyed::Wording<()> =
        |answer| answer.ok().map(|()| Words { status: 200, body: SecretText::new("{}"), secret: false });
    let kept_short: super::keyed::Wording<()> =
        |answer| answer.ok().map(|()| Words { status: 200, body: SecretText::new("{}"), secret: true });
    let once = Once { key: TokenHash::of("once"), call: [call; 32] };
    ByKey {
        holder: KeyHolder { key: ApiKeyId::from_uuid(uuid::Uuid::from_u128(9)), application: SHOP },
        scope: KeyScope::Users,
        once: Some((once, if secret { kept_short } else { plain })),
        question: false,
        command: Yes,
    }
}

fn key(scopes: &[KeyScope]) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_uuid(uuid::Uuid::from_u128(9)),
        application: SHOP,
        hash: TokenHash::of("key"),
        scopes: scopes.to_vec(),
        created_at: crate::testing::START,
        last_used_at: None,
        revoked_at: None,
    }
}

fn by(key: Option<ApiKey>) -> ByKeyView<()> {
    ByKeyView { key, application: Some(shop(false)), kept: None, view: () }
}

#[test]
fn a_dead_key_and_a_missing_scope_do_nothing() {
    let mut lab = Lab::new();
    let revoked = ApiKey { revoked_at: Some(lab.clock), ..key(&KeyScope::ALL) };
    for (key, refusal) in [
        (None, Refusal::ApiKeyInvalid),
        (Some(revoked), Refusal::ApiKeyInvalid),
        (Some(key(&[KeyScope::Challenges])), Refusal::ScopeMissing(KeyScope::Users)),
        (Some(key(&[])), Refusal::ScopeMissing(KeyScope::Users)),
    ] {
        let decision = lab.decide(&yes(1, false), by(key)).unwrap();
        assert!(decision.changes.is_empty());
        assert_eq!(decision.reply.unwrap_err(), refusal);
    }
}

#[test]
fn an_answer_is_kept_in_its_own_commit_and_given_again_to_the_same_call_only() {
    for secret in [false, true] {
        let mut lab = Lab::new();
        let decision = lab.decide(&yes(1, secret), by(Some(key(&KeyScope::ALL)))).unwrap();
        let kept = decision
            .changes
            .iter()
            .find_map(|change| if let Change::KeepAnswer(kept) = change { Some(kept.clone()) } else { None });
        assert!(decision.changes.iter().any(|change| matches!(change, Change::UseApiKey(_))));
        let kept = kept.expect("a kept answer");
        let again = |lab: &mut Lab, call| {
            let view = ByKeyView { kept: Some(kept.clone()), ..by(Some(key(&KeyScope::ALL))) };
            let decision = lab.decide(&yes(call, secret), view).unwrap();
            let done = decision.changes.iter().any(|change| matches!(change, Change::EndChallenge(_)));
            (decision.reply.map(|told| matches!(told, Told::Again(_))), done)
        };
        assert_eq!(again(&mut lab, 1), (Ok(true), false));
        assert_eq!(again(&mut lab, 2), (Err(Refusal::IdempotencyKeyReused), false));
        lab.clock = lab.clock + Duration::from_mins(11);
        let after = if secret { Err(Refusal::ReplayExpired) } else { Ok(true) };
        assert_eq!(again(&mut lab, 1), (after, false));
        lab.clock = lab.clock + Duration::from_hours(24);
        assert_eq!(again(&mut lab, 1), (Ok(false), true), "after a day it is another call");
    }
}

#[test]
fn a_first_mention_makes_the_user_and_a_new_address_ends_trust() {
    let mut lab = Lab::new();
    let user = Mentioned { email: crate::user::Email::parse("ada@example.org").ok(), ..request(SHOP).user };
    let command = RequestChallenge { user, ..request(SHOP) };
    let decision = lab.decide(&command, view(None, None, false)).unwrap();
    let Some(Change::AddUser(new, _)) = decision.changes.first() else { panic!("no user") };
    assert_eq!((new.key().as_str(), new.application), ("id:ada", SHOP));
    assert_eq!(new.password, crate::user::PasswordHash::none());

    let person = customer(&mut lab);
    let id: UserId = person.account.user.id;
    let decision = lab.decide(&command, view(Some(person.account.clone()), Some(&person), false)).unwrap();
    assert!(decision.changes.iter().any(|change| matches!(change, Change::RevokeTrust(whose) if *whose == id)));
    let silent = lab.decide(&request(SHOP), view(Some(person.account.clone()), Some(&person), false)).unwrap();
    assert!(!silent.changes.iter().any(|change| matches!(change, Change::RevokeTrust(_) | Change::SetEmail(..))));
}

#[test]
fn a_list_leaves_whoever_has_a_factor_as_they_are() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let secret = || TotpSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    let email = Some(Email::parse("moved@example.org").unwrap());
    let user = Mentioned { email, ..request(SHOP).user };
    let import = |listed| ImportFactor { user: user.clone(), secret: secret(), label: None, listed, origin: origin() };
    let known = |factors| ImportView { account: Some(person.account.clone()), factors };
    let left = lab.decide(&import(true), known(person.factors.clone())).unwrap();
    assert_eq!(left.reply.unwrap_err(), Refusal::AlreadyEnabled);
    assert!(left.changes.is_empty() && left.audit.is_empty() && left.outbox.is_empty());
    let added = lab.decide(&import(false), known(person.factors.clone())).unwrap();
    assert!(added.reply.is_ok() && added.changes.iter().any(|change| matches!(change, Change::AddFactor(_))));

    let new = |listed, lab: &mut Lab| {
        let decision = lab.decide(&import(listed), ImportView { account: None, factors: vec![] }).unwrap();
        let made = decision.changes.iter().any(|change| matches!(change, Change::ReplaceRecoveryCodes(..)));
        (decision.reply.unwrap().recovery_codes.len(), made)
    };
    assert_eq!((new(false, &mut lab), new(true, &mut lab)), ((10, true), (0, false)));
    let mut disabled = person.account.clone();
    disabled.user.disabled_at = Some(lab.clock);
    let disabled = ImportView { account: Some(disabled), factors: person.factors.clone() };
    assert_eq!(lab.decide(&import(true), disabled).unwrap().reply.unwrap_err(), Refusal::NotFound);
}

#[test]
fn the_parts_of_a_call_have_keys_of_their_own() {
    let once = |key| Once { key: TokenHash::of(key), call: [1; 32] };
    let keys: Vec<_> = ["a", "b"].iter().flat_map(|key| (0..100).map(|part| once(key).part(part).key.0)).collect();
    for (place, key) in keys.iter().enumerate() {
        assert!(!keys[..place].contains(key) && *key != once("a").key.0 && *key != once("b").key.0);
    }
    assert_eq!(once("a").part(7).call, [1; 32]);
}
