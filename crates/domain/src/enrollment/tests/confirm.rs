//! Proving that the new authenticator works.

use super::*;
use crate::decision::CodeHint;
use crate::ids::FactorId;

/// A person without a factor, signed in, and a set-up with its secret.
struct Desk {
    lab: Lab,
    person: Person,
    session: Session,
    grant: Grant,
    waiting: Vec<Enrollment>,
    secret: TotpSecret,
}

impl Desk {
    fn new() -> Self {
        let mut lab = Lab::new();
        let person = Person::of(lab.account());
        let (session, grant) = lab.session(&person.account, None, RefreshHolder::Cookie);
        let (enrollment, secret) = lab.enrollment(&person.account, &session);
        Self { lab, person, session, grant, waiting: vec![enrollment], secret }
    }

    fn command(&self, code: TypedCode) -> ConfirmEnrollment {
        ConfirmEnrollment { bearer: bearer(&self.grant), code, factor: None, refresh: None, origin: origin() }
    }

    fn run(&mut self, command: &ConfirmEnrollment) -> Decision<Confirmed> {
        let view = EnrollmentView {
            account: Some(self.person.account.clone()),
            session: Some(self.session.clone()),
            factors: self.person.factors.clone(),
            enrollments: self.waiting.clone(),
            sends: Sends::default(),
            holders: Vec::new(),
        };
        self.lab.decide(command, view).unwrap()
    }

    fn right(&mut self) -> Decision<Confirmed> {
        let command = self.command(self.lab.code(&self.secret, 0));
        self.run(&command)
    }

    /// Types the code of so many steps away and tells what is said about it.
    fn hint(&mut self, steps: i64) -> Option<CodeHint> {
        let command = self.command(self.lab.code(&self.secret, steps));
        let decision = self.run(&command);
        for change in decision.changes {
            if let Change::SaveEnrollmentAttempts { attempts, skew, .. } = change {
                (self.waiting[0].attempts, self.waiting[0].skew) = (attempts, skew);
            }
        }
        let Err(Refusal::CodeIncorrect { hint, .. }) = decision.reply else { panic!("{:?}", decision.reply) };
        hint
    }
}

#[test]
fn the_first_factor_turns_the_second_factor_on_and_comes_with_ten_recovery_codes() {
    let mut desk = Desk::new();
    let decision = desk.right();
    assert_snapshot!(summary(&decision), @r"
    yes
    change ConsumeEnrollment
    change AddFactor, used true
    change EndChallengesOf
    change EndOtherSessions
    change RevokeTrust
    change ReplaceRecoveryCodes, 10
    change KeepRecoveryCodes
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_confirmed done totp
    audit factor_added done factor
    audit sessions_ended done factor_added
    audit trust_revoked done factor_added
    audit two_factor_enabled done
    audit recovery_codes_made done
    mail two_factor_enabled
    ");
    let Some(Change::SaveSettings(_, settings)) = decision.changes.last() else { panic!("{decision:?}") };
    assert_eq!((settings.enabled_at, settings.preferred_factor), (Some(desk.lab.clock), Some(desk.waiting[0].factor)));
    let told = desk.lab.read(&decision.outbox[0]).unwrap();
    assert_eq!(told.event.as_ref().unwrap().factor_label.as_deref(), Some("New phone"));
    assert_eq!(decision.reply.unwrap().recovery_codes.len(), 10);
}

#[test]
fn a_further_factor_changes_neither_codes_nor_preference() {
    let mut desk = Desk::new();
    desk.person = desk.lab.enrolled();
    (desk.session, desk.grant) = desk.lab.session(&desk.person.account, Some(Method::Totp), RefreshHolder::Cookie);
    let (enrollment, secret) = desk.lab.enrollment(&desk.person.account, &desk.session);
    (desk.waiting, desk.secret) = (vec![enrollment], secret);
    let decision = desk.right();
    assert_snapshot!(summary(&decision), @r"
    yes
    change ConsumeEnrollment
    change AddFactor, used true
    change EndChallengesOf
    change EndOtherSessions
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_confirmed done totp
    audit factor_added done factor
    audit sessions_ended done factor_added
    audit trust_revoked done factor_added
    mail factor_added
    ");
    let Some(Change::SaveSettings(_, settings)) = decision.changes.last() else { panic!("{decision:?}") };
    assert_eq!(settings.preferred_factor, Some(desk.person.factors[0].id));
    assert!(decision.reply.unwrap().recovery_codes.is_empty());
}

#[test]
fn the_code_that_proves_the_factor_does_not_sign_anyone_in() {
    let (mut world, _, grant) = signed_in();
    let begun = world.begin_enrollment(bearer(&grant)).unwrap();
    let secret = TotpSecret::from_base32(begun.secret.expose()).unwrap();
    let code = world.lab.code(&secret, 0);
    world.confirm(bearer(&grant), code.clone()).unwrap();
    let token = world.challenge();
    let again = Refusal::CodeIncorrect { attempts_left: 4, hint: Some(CodeHint::AlreadyUsed) };
    assert_eq!(world.verify(&token, code).unwrap_err(), again);
}

#[test]
fn all_other_sessions_and_challenges_end_and_this_session_goes_on() {
    let (mut world, _, grant) = signed_in();
    let other = sign_in(&mut world);
    let begun = world.begin_enrollment(bearer(&grant)).unwrap();
    let code = world.lab.code(&TotpSecret::from_base32(begun.secret.expose()).unwrap(), 0);
    world.confirm(bearer(&grant), code).unwrap();
    assert_eq!(world.status(bearer(&other)).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(world.refresh(other.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    assert!(world.status(bearer(&grant)).unwrap().is_enabled);
    assert!(world.refresh(grant.refresh.expose()).is_ok());
}

#[test]
fn a_cookie_is_replaced_where_it_holds_a_token_of_this_session_be_it_the_newest_or_not() {
    let mut desk = Desk::new();
    let code = desk.lab.code(&desk.secret, 0);
    let shown = |token: &str| RefreshToken::parse(token);
    let good = desk.grant.refresh.expose().to_owned();
    // Somebody else has traded it: they hold the newest.
    let traded = format!("{}{}", &good[..43], "A".repeat(43));
    for token in [&good, &traded] {
        let decision = desk.run(&ConfirmEnrollment { refresh: shown(token), ..desk.command(code.clone()) });
        assert!(decision.changes.iter().any(|change| matches!(change, Change::RotateSession { .. })));
        let grant = decision.reply.unwrap().grant.unwrap();
        assert_eq!(grant.session, desk.grant.session);
        assert_ne!(grant.refresh, desk.grant.refresh);
    }

    for refresh in [None, shown(&"A".repeat(86))] {
        let decision = desk.run(&ConfirmEnrollment { refresh, ..desk.command(code.clone()) });
        assert!(decision.reply.unwrap().grant.is_none());
    }
    desk.session.holder = RefreshHolder::Body;
    let decision = desk.run(&ConfirmEnrollment { refresh: shown(&good), ..desk.command(code) });
    assert!(decision.reply.unwrap().grant.is_none(), "a client that keeps its token itself would lose it");
}

#[test]
fn a_wrong_code_is_charged_to_the_set_up_and_to_the_account() {
    let mut desk = Desk::new();
    let command = desk.command(TypedCode::Other);
    assert_snapshot!(summary(&desk.run(&command)), @r"
    no: CodeIncorrect { attempts_left: 4, hint: None }
    change SaveEnrollmentAttempts 1, offset None
    change SaveSettings, 1 wrong, 1 in a row
    audit enrollment_confirmed failed totp wrong_code
    ");
    desk.waiting[0].attempts = 4;
    assert!(matches!(desk.run(&command).reply, Err(Refusal::CodeIncorrect { attempts_left: 0, .. })));
    desk.waiting[0].attempts = 5;
    assert_eq!(desk.right().reply.unwrap_err(), Refusal::TooManyAttempts { retry_after: None });
}

#[test]
fn guesses_here_and_at_sign_in_are_one_budget() {
    let mut desk = Desk::new();
    desk.person.account.settings.guesses.recent = vec![desk.lab.clock; 9];
    let command = desk.command(TypedCode::Other);
    assert_snapshot!(summary(&desk.run(&command)), @r"
    no: CodeIncorrect { attempts_left: 0, hint: None }
    change SaveEnrollmentAttempts 1, offset None
    change SaveSettings, 0 wrong, 1 in a row, locked
    change PutLinkToken unlock
    audit enrollment_confirmed failed totp wrong_code
    audit account_locked done wrong_codes
    mail account_locked
    ");
    desk.person.account.settings.guesses.locked_until = Some(desk.lab.clock + Duration::from_mins(15));
    let locked = Refusal::AccountLocked { retry_after: Some(Duration::from_mins(15)) };
    assert_eq!(desk.right().reply.unwrap_err(), locked);
}

#[test]
fn a_clock_that_is_behind_is_explained_at_once_and_one_that_is_ahead_when_two_codes_agree() {
    let mut desk = Desk::new();
    assert_eq!(desk.hint(-7), Some(CodeHint::ClockSkew(-210)));
    assert_eq!(desk.hint(6), None, "the first that is ahead");
    assert_eq!(desk.hint(6), None, "the same code again");
    desk.lab.pass(Duration::from_secs(30));
    assert_eq!(desk.hint(8), None, "another code, another offset");
    desk.lab.pass(Duration::from_secs(30));
    assert_eq!(desk.hint(8), Some(CodeHint::ClockSkew(240)));
}

#[test]
fn a_recovery_code_proves_no_new_factor() {
    let mut desk = Desk::new();
    let other = desk.lab.enrolled();
    let command = desk.command(TypedCode::parse(other.recovery_codes[0].expose()));
    assert!(matches!(desk.run(&command).reply, Err(Refusal::CodeIncorrect { hint: None, .. })));
}

#[test]
fn a_set_up_is_over_at_exactly_ten_minutes() {
    let mut desk = Desk::new();
    desk.lab.pass(Duration::from_micros(Duration::from_mins(10).as_micros() - 1));
    assert!(desk.right().reply.is_ok());
    desk.lab.pass(Duration::from_micros(1));
    desk.grant.access_expires_at = desk.lab.clock + Duration::from_mins(1);
    assert_snapshot!(summary(&desk.right()), @r"
    no: NoPendingSetup
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_confirmed failed no_pending_setup
    ");
}

#[test]
fn the_session_that_began_it_needs_no_new_proof_and_another_does() {
    let mut desk = Desk::new();
    desk.lab.pass(Duration::from_mins(6));
    assert!(desk.right().reply.is_ok(), "not fresh any more, but its own");
    let (other, grant) = desk.lab.session(&desk.person.account, None, RefreshHolder::Cookie);
    (desk.session, desk.grant) = (other, grant);
    assert!(desk.right().reply.is_ok(), "another session, but fresh");
    desk.session.fresh_at = None;
    assert_snapshot!(summary(&desk.right()), @r"
    no: StepUpRequired
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_confirmed failed step_up_required
    ");
}

#[test]
fn of_several_set_ups_one_must_be_named() {
    let mut desk = Desk::new();
    let (second, secret) = desk.lab.enrollment(&desk.person.account, &desk.session);
    desk.waiting.push(second);
    assert_eq!(desk.right().reply.unwrap_err(), Refusal::FactorIdNeeded);
    let code = desk.lab.code(&secret, 0);
    let named = ConfirmEnrollment { factor: Some(desk.waiting[1].factor), ..desk.command(code.clone()) };
    assert_eq!(desk.run(&named).reply.unwrap().factor, desk.waiting[1].factor);
    let unknown = ConfirmEnrollment { factor: Some(FactorId::from_uuid(uuid::Uuid::nil())), ..desk.command(code) };
    assert_eq!(desk.run(&unknown).reply.unwrap_err(), Refusal::NoPendingSetup);
    desk.waiting[1].expires_at = desk.lab.clock;
    assert!(desk.right().reply.is_ok(), "what ran out does not wait");
}

#[test]
fn nothing_pending_switched_off_and_no_session_are_refused() {
    let mut desk = Desk::new();
    let waiting = std::mem::take(&mut desk.waiting);
    assert_eq!(desk.right().reply.unwrap_err(), Refusal::NoPendingSetup);
    desk.waiting = waiting;
    desk.lab.policy.two_factor_enabled = false;
    assert_eq!(desk.right().reply.unwrap_err(), Refusal::FeatureDisabled);
    desk.session.ended_at = Some(desk.lab.clock);
    let decision = desk.right();
    assert_eq!(decision.reply.unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn each_try_is_one_entry_and_the_lock_comes_after_it() {
    let mut desk = Desk::new();
    assert_eq!(entries_of(&desk.right(), AuditAction::EnrollmentConfirmed), [true]);
    desk.person.account.settings.guesses.recent = vec![desk.lab.clock; 9];
    let command = desk.command(TypedCode::Other);
    let actions: Vec<AuditAction> = desk.run(&command).audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditAction::EnrollmentConfirmed, AuditAction::AccountLocked]);
}

#[test]
fn a_set_up_refused_as_over_does_not_live_again_when_the_clock_goes_back() {
    let (mut world, _, grant) = signed_in();
    let begun = world.begin_enrollment(bearer(&grant)).unwrap();
    let secret = TotpSecret::from_base32(begun.secret.expose()).unwrap();
    let long = crate::session::Bearer { expires_at: world.lab.clock + Duration::from_hours(1), ..bearer(&grant) };
    for minutes in [10, -10] {
        world.lab.pass(Duration::from_mins(minutes));
        let code = world.lab.code(&secret, 0);
        assert_eq!(world.confirm(long, code).unwrap_err(), Refusal::NoPendingSetup);
    }
}

#[test]
fn no_decision_shows_secret_or_recovery_codes() {
    let mut desk = Desk::new();
    let secret = desk.secret.to_base32();
    let decision = desk.right();
    let shown = format!("{decision:?}");
    let codes = decision.reply.unwrap().recovery_codes;
    for secret in codes.iter().map(SecretText::expose).chain([secret.expose(), "Ada@"]) {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
