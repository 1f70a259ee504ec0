//! The way through the hosted pages and back.

use super::*;
use crate::application::challenge::RequestChallenge;
use crate::application::tests::{SHOP, customer, request, shop, view};
use crate::application::{Application, ApplicationId};
use crate::testing::{Lab, Person, origin};

const BACK: &str = "https://shop.example.com/back";

/// Somebody whose challenge was asked for with a link.
struct Scene {
    lab: Lab,
    person: Person,
    challenge: Challenge,
    hosted: Hosted,
    application: Application,
}

fn wish(binding: Option<&str>) -> HostedWish {
    HostedWish { return_url: ReturnUrl::parse(BACK).unwrap(), binding: binding.map(TokenHash::of) }
}

impl Scene {
    fn new(binding: Option<&str>) -> Self {
        let mut lab = Lab::new();
        let person = customer(&mut lab);
        let command = RequestChallenge { hosted: Some(wish(binding)), ..request(SHOP) };
        let mut read = view(Some(person.account.clone()), Some(&person), false);
        read.may_return = true;
        let decision = lab.decide(&command, read).unwrap();
        let (mut challenge, mut hosted) = (None, None);
        for change in decision.changes {
            if let Change::AddChallenge(new) = change {
                challenge = Some(new);
            } else if let Change::AddHosted(new) = change {
                hosted = Some(*new);
            }
        }
        let link = decision.reply.unwrap().link.expect("a link");
        let token = link.expose().rsplit('/').next().unwrap().to_owned();
        let (challenge, hosted) = (challenge.unwrap(), hosted.unwrap());
        assert_eq!(TokenHash::of(&token), hosted.link);
        Self { lab, person, challenge, hosted, application: shop(false) }
    }

    fn view(&self) -> HostedView {
        HostedView {
            account: Some(self.person.account.clone()),
            challenge: Some(self.challenge.clone()),
            hosted: Some(self.hosted.clone()),
        }
    }

    fn open(&mut self, browser: &str, from: Origin) -> Decision<ChallengeId> {
        let command = OpenHosted { link: self.hosted.link, browser: TokenHash::of(browser), origin: from };
        let view = self.view();
        self.lab.decide(&command, view).unwrap()
    }

    fn answer(&mut self, browser: &str, trust: bool) -> Decision<WayBack> {
        let code = self.lab.code(&self.person.secrets[0], 0);
        let command =
            AnswerHosted { id: self.challenge.id, browser: TokenHash::of(browser), code, trust, origin: origin() };
        let HostedView { account, challenge, hosted } = self.view();
        let verify = VerifyView {
            reset_request: None,
            browsers: vec![],
            account,
            challenge,
            factors: self.person.factors.clone(),
            recovery_codes: self.person.stored_codes.clone(),
            devices: vec![],
            sent_codes: vec![],
        };
        self.lab
            .decide(&command, AnswerHostedView { verify, hosted, application: Some(self.application.clone()) })
            .unwrap()
    }

    fn redeem(&mut self, application: ApplicationId, binding: Option<&str>) -> Decision<Approved> {
        let binding = binding.map(TokenHash::of);
        let token = self.hosted.result.map_or(TokenHash::of(""), |(token, _)| token);
        let command = RedeemHosted { application, token, binding, request_id: None };
        let view =
            RedeemView { hosted: self.view(), devices: vec![], recovery_codes: 10, application: Some(shop(false)) };
        self.lab.decide(&command, view).unwrap()
    }

    /// Opened and answered.
    fn approved(binding: Option<&str>, trust: bool) -> Self {
        let mut scene = Self::new(binding);
        scene.hosted.browser = Some(TokenHash::of("one"));
        let decision = scene.answer("one", trust);
        let kept = decision.changes.iter().find_map(|change| {
            let Change::ApproveHosted { method, trust, result, .. } = change else { return None };
            Some((*method, *trust, *result))
        });
        let (method, trust, result) = kept.expect("it is not kept");
        let back = decision.reply.unwrap();
        assert_eq!(back.url(), format!("{BACK}?tfa={}", back.token.expose()));
        assert_eq!(TokenHash::of(back.token.expose()), result.0);
        (scene.hosted.approved, scene.hosted.result) = (Some((method, trust)), Some(result));
        scene.challenge.completed_at = Some(decision.at);
        scene
    }
}

#[test]
fn nobody_is_sent_back_to_where_the_operator_has_not_said() {
    let mut lab = Lab::new();
    let person = customer(&mut lab);
    let command = RequestChallenge { hosted: Some(wish(None)), ..request(SHOP) };
    let decision = lab.decide(&command, view(Some(person.account.clone()), Some(&person), false)).unwrap();
    assert!(decision.changes.is_empty() && decision.audit.is_empty(), "something was begun");
    assert_eq!(decision.reply.unwrap_err(), Refusal::ReturnUrlUnknown);
}

#[test]
fn the_browser_that_opens_the_link_first_keeps_it() {
    let mut scene = Scene::new(None);
    let opened = scene.open("one", origin());
    assert!(opened.changes.iter().any(|change| matches!(change, Change::OpenHosted(..))));
    scene.hosted.browser = Some(TokenHash::of("one"));
    let again = scene.open("one", origin());
    assert!(again.reply.is_ok() && again.changes.is_empty(), "a reload changes something");
    let other = scene.open("two", origin());
    assert_eq!(other.reply.unwrap_err(), Refusal::TokenInvalid);
    assert!(other.changes.iter().all(|change| matches!(change, Change::SaveSettings(..))), "{:?}", other.changes);
    assert_eq!(scene.answer("two", false).reply.unwrap_err(), Refusal::TokenInvalid);
    let unopened = Scene::new(None).answer("one", false);
    assert_eq!(unopened.reply.unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn a_bound_browser_is_the_one_the_application_told_of() {
    let mut scene = Scene::new(Some("a secret of the session"));
    let foreign = Origin { user_agent: Some("Another/1.0".into()), ..origin() };
    assert_eq!(scene.open("one", foreign.clone()).reply.unwrap_err(), Refusal::TokenInvalid);
    assert!(scene.open("one", origin()).reply.is_ok());
    assert!(Scene::new(None).open("one", foreign).reply.is_ok(), "nothing was said of the browser");
}

#[test]
fn a_result_is_given_once_to_its_application_for_its_browser_in_its_time() {
    let mut scene = Scene::approved(Some("a secret of the session"), false);
    for (application, binding) in
        [(ApplicationId::DEFAULT, Some("a secret of the session")), (SHOP, None), (SHOP, Some("another browser"))]
    {
        let refused = scene.redeem(application, binding);
        assert_eq!(refused.reply.unwrap_err(), Refusal::NotFound);
        assert!(!refused.changes.iter().any(|change| matches!(change, Change::RedeemHosted(_))));
    }
    let given = scene.redeem(SHOP, Some("a secret of the session"));
    assert!(given.changes.iter().any(|change| matches!(change, Change::RedeemHosted(_))));
    let proof = given.reply.unwrap().proof;
    assert_eq!((proof.by, proof.user.as_str()), (ProvedBy::Code(Method::Totp), "ada"));
    assert_eq!(Some(proof.at), scene.challenge.completed_at);
    assert!(proof.device.is_none(), "nobody wished for trust");
    scene.lab.clock = scene.lab.clock + RESULT_LIFE;
    assert_eq!(scene.redeem(SHOP, Some("a secret of the session")).reply.unwrap_err(), Refusal::ChallengeExpired);
    scene.hosted.redeemed_at = Some(scene.lab.clock);
    assert_eq!(scene.redeem(SHOP, Some("a secret of the session")).reply.unwrap_err(), Refusal::AlreadyCompleted);
}

#[test]
fn trust_begins_when_the_result_is_taken_and_counts_from_the_proof() {
    let mut scene = Scene::approved(None, true);
    scene.lab.clock = scene.lab.clock + Duration::from_secs(60);
    let given = scene.redeem(SHOP, None);
    let device = given
        .changes
        .iter()
        .find_map(|change| if let Change::AddTrustedDevice(device) = change { Some(device.clone()) } else { None });
    let life = scene.lab.policy.trust_life;
    assert_eq!(device.expect("no device").expires_at, scene.challenge.completed_at.unwrap() + life);
    assert!(given.reply.unwrap().proof.device.is_some());
    scene.lab.policy.trusted_devices = false;
    assert!(scene.redeem(SHOP, None).reply.unwrap().proof.device.is_none(), "switched off meanwhile");
}

#[test]
fn a_kind_the_application_has_switched_off_is_not_taken_here_either() {
    let mut scene = Scene::new(None);
    scene.open("one", origin()).reply.unwrap();
    scene.hosted.browser = Some(TokenHash::of("one"));
    scene.application.rules.methods = Some(vec![Method::Email]);
    let refused = scene.answer("one", false);
    assert!(
        !refused.changes.iter().any(|change| matches!(change, Change::ApproveHosted { .. })),
        "{:?}",
        refused.changes
    );
    scene.application.rules.methods = Some(vec![Method::Totp]);
    scene.application.rules.trust_days = Some(0);
    let taken = scene.answer("one", true);
    let trusts = |change: &Change| if let Change::ApproveHosted { trust, .. } = change { Some(*trust) } else { None };
    assert_eq!(taken.changes.iter().find_map(trusts), Some(false), "{:?}", taken.changes);
}

#[test]
fn a_lost_way_back_is_found_again_until_the_result_is_taken_or_the_challenge_is_over() {
    let mut scene = Scene::approved(None, false);
    let back = |scene: &mut Scene, browser: &str| {
        let command = ReturnHosted { id: scene.challenge.id, browser: TokenHash::of(browser) };
        let view = scene.view();
        scene.lab.decide(&command, view).unwrap()
    };
    let again = back(&mut scene, "one");
    assert!(matches!(again.changes.as_slice(), [Change::RenewHostedResult(..)]), "{:?}", again.changes);
    assert_eq!(back(&mut scene, "two").reply.unwrap_err(), Refusal::TokenInvalid);
    let taken = scene.hosted.redeemed_at.replace(scene.lab.clock);
    assert_eq!(back(&mut scene, "one").reply.unwrap_err(), Refusal::AlreadyCompleted);
    scene.hosted.redeemed_at = taken;
    scene.lab.clock = scene.challenge.expires_at;
    assert_eq!(back(&mut scene, "one").reply.unwrap_err(), Refusal::ChallengeExpired);
}
