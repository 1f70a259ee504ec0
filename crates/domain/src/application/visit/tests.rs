//! Visits: begun by a link that works once, by the rules of the application, and nothing but visits.

use super::*;
use crate::application::tests::{SHOP, customer, shop};
use crate::secret::TokenHash;
use crate::session::SessionView;
use crate::session::visit::RecognizeVisitor;
use crate::status::{ReadStatus, Status, StatusView};
use crate::testing::{Lab, Person, entries_of, origin};

const BACK: &str = "https://shop.example.com/account";

/// Asks for a link, and gives its token and its row.
fn asked(lab: &mut Lab, person: &Person) -> (String, LinkToken) {
    let command = AskVisit {
        application: SHOP,
        user: ExternalId::parse("ada").unwrap(),
        return_url: ReturnUrl::parse(BACK).unwrap(),
        origin: origin(),
    };
    let view = AskVisitView { account: Some(person.account.clone()), may_return: true };
    let mut decision = lab.decide(&command, view).unwrap();
    assert_eq!(entries_of(&decision, AuditAction::SettingsLinkMade), [true]);
    let link = decision.changes.drain(..).find_map(|change| {
        let Change::PutLinkToken(link) = change else { return None };
        Some(link)
    });
    let url = decision.reply.unwrap().url;
    (url.expose().rsplit('/').next().unwrap().to_owned(), link.unwrap())
}

/// Opens it, and gives the session and its grant.
fn opened(lab: &mut Lab, person: &Person, link: &LinkToken) -> Result<(Session, Grant), Refusal> {
    let command = OpenVisit { token: link.token, origin: origin() };
    let view = LinkView { account: Some(person.account.clone()), link: Some(link.clone()) };
    let view = OpenVisitView { link: view, factors: person.factors.clone() };
    let mut decision = lab.decide(&command, view).unwrap();
    assert_eq!(entries_of(&decision, AuditAction::SettingsOpened), [decision.reply.is_ok()]);
    let session = decision.changes.drain(..).find_map(|change| {
        let Change::AddSession(session) = change else { return None };
        Some(session)
    });
    decision.reply.map(|grant| (session.unwrap(), grant))
}

fn recognized(lab: &mut Lab, person: &Person, session: &Session, grant: &Grant) -> Result<Visit, Refusal> {
    let token = RefreshToken::parse_of_pages(grant.refresh.expose()).unwrap();
    let view = RecognizeVisitView {
        account: Some(person.account.clone()),
        session: Some(session.clone()),
        application: Some(shop(true)),
    };
    lab.decide(&RecognizeVisit { token }, view).unwrap().reply
}

fn status(lab: &mut Lab, person: &Person, session: &Session, bearer: Bearer) -> Status {
    let view = StatusView {
        account: Some(person.account.clone()),
        session: Some(session.clone()),
        factors: person.factors.clone(),
        recovery_codes: 10,
        trusted_devices: vec![],
    };
    let view = AtVisitView { application: Some(shop(true)), view };
    let command = AtVisit { application: SHOP, turns_off: false, command: ReadStatus { bearer } };
    lab.decide(&command, view).unwrap().reply.unwrap()
}

#[test]
fn a_link_begins_a_visit_that_proves_nothing_yet() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let (token, link) = asked(&mut lab, &person);
    assert_eq!(TokenHash::of(&token), link.token);
    let (session, grant) = opened(&mut lab, &person, &link).unwrap();
    assert_eq!((session.fresh_at, session.method), (None, None), "the application's word is taken for a factor");
    assert_eq!(session.return_url.as_ref().map(ReturnUrl::as_str), Some(BACK));
    let visit = recognized(&mut lab, &person, &session, &grant).unwrap();
    assert_eq!((visit.application, visit.return_url.as_str(), visit.may_turn_off), (SHOP, BACK, false));
    assert_eq!(status(&mut lab, &person, &session, visit.bearer).fresh_until, None);
    lab.pass(VISIT_LIFE);
    assert_eq!(recognized(&mut lab, &person, &session, &grant).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn who_has_no_factor_may_set_up_the_first() {
    let mut lab = Lab::new();
    let mut person = Person::of(lab.account());
    person.account.user.application = SHOP;
    person.account.user.external = ExternalId::parse("ada");
    let (_, link) = asked(&mut lab, &person);
    let (session, grant) = opened(&mut lab, &person, &link).unwrap();
    let visit = recognized(&mut lab, &person, &session, &grant).unwrap();
    assert!(status(&mut lab, &person, &session, visit.bearer).fresh_until.is_some());
}

#[test]
fn a_link_is_good_once_and_for_two_minutes() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let (_, link) = asked(&mut lab, &person);
    let used = LinkToken { used_at: Some(lab.clock), ..link.clone() };
    assert_eq!(opened(&mut lab, &person, &used).unwrap_err(), Refusal::TokenInvalid);
    let other = LinkToken { purpose: LinkPurpose::Unlock, ..link.clone() };
    assert_eq!(opened(&mut lab, &person, &other).unwrap_err(), Refusal::TokenInvalid);
    lab.pass(LINK_LIFE);
    assert_eq!(opened(&mut lab, &person, &link).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn a_visit_is_no_sign_in_of_ours_and_a_sign_in_no_visit() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let (_, link) = asked(&mut lab, &person);
    let (session, grant) = opened(&mut lab, &person, &link).unwrap();
    let token = RefreshToken::parse_of_pages(grant.refresh.expose()).unwrap();
    let view = SessionView { account: Some(person.account.clone()), session: Some(session) };
    let came = lab.decide(&RecognizeVisitor { token }, view).unwrap().reply;
    assert_eq!(came.unwrap_err(), Refusal::TokenInvalid);
    let (own, grant) = lab.session(&person.account, None, RefreshHolder::Pages);
    assert_eq!(recognized(&mut lab, &person, &own, &grant).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn nobody_is_sent_for_another_application_or_back_to_elsewhere() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let command = AskVisit {
        application: SHOP,
        user: ExternalId::parse("ada").unwrap(),
        return_url: ReturnUrl::parse(BACK).unwrap(),
        origin: origin(),
    };
    let mut ask = |account, may_return| {
        let decision = lab.decide(&command, AskVisitView { account, may_return }).unwrap();
        assert!(decision.changes.is_empty());
        decision.reply.unwrap_err()
    };
    assert_eq!(ask(Some(person.account.clone()), false), Refusal::ReturnUrlUnknown);
    assert_eq!(ask(None, true), Refusal::NotFound);
    let mut disabled = person.account;
    disabled.user.disabled_at = Some(crate::testing::START);
    assert_eq!(ask(Some(disabled), true), Refusal::NotFound);
}
