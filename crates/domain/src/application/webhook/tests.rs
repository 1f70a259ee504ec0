use super::*;
use crate::testing::{Lab, START, origin, rng};

const SHOP: ApplicationId = ApplicationId::from_uuid(uuid::Uuid::from_u128(7));

fn told(lab: &Lab, decision: &Decision<()>) -> Vec<Value> {
    let announced =
        decision.changes.iter().find_map(|change| if let Change::Announce(new) = change { Some(new) } else { None });
    let Some(announced) = announced else { return Vec::new() };
    assert_eq!((announced.application, announced.expires_at), (SHOP, START + LIFE));
    let plain = lab.keys.open(&notice::place(announced.id), &announced.payload).unwrap();
    serde_json::from_slice(&plain).unwrap()
}

fn announced(lab: &mut Lab, decision: Decision<()>) -> Decision<()> {
    let (keys, policy) = (&lab.keys, &lab.policy);
    announce(decision, &mut Context { clock: START, rng: &mut lab.rng, keys, policy })
}

#[test]
fn what_happened_to_a_user_is_told_to_their_application_and_to_nobody_else() {
    let mut lab = Lab::new();
    let mut account = lab.account();
    account.user.application = SHOP;
    let decide = |account: &crate::user::Account| {
        let entry = |action, success| account.entry(action, success, &origin());
        let (factor, device) =
            (uuid::Uuid::from_u128(1), crate::ids::TrustedDeviceId::from_uuid(uuid::Uuid::from_u128(2)));
        Decision::new(Ok(()), START)
            .audit(entry(AuditAction::FactorAdded, true).about("factor", factor))
            .audit(entry(AuditAction::FactorRemoved, false))
            .audit(entry(AuditAction::TrustedDeviceStolen, false).device(device))
            .audit(entry(AuditAction::ChallengeStarted, true))
            .audit(AuditEntry {
                detail: Detail::Stated("lost the phone".into()),
                ..entry(AuditAction::TwoFactorReset, true)
            })
    };
    let ours = announced(&mut lab, decide(&account));
    assert!(told(&lab, &ours).is_empty(), "a user of our own sign-in");
    account.user.external = ExternalId::parse("ada");
    let theirs = announced(&mut lab, decide(&account));
    let shown: Vec<String> =
        told(&lab, &theirs).iter().map(|event| format!("{} {}", event["type"], event["data"])).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    "factor.activated" {"factor_id":"00000000-0000-0000-0000-000000000001","user_id":"ada"}
    "device.stolen" {"device_id":"00000000-0000-0000-0000-000000000002","user_id":"ada"}
    "user.reset" {"user_id":"ada"}
    "#);
    assert!(told(&lab, &theirs).iter().all(|event| event["timestamp"] == START.to_string()));
    assert!(!format!("{theirs:?}").contains("ada"), "nothing of it is readable");
}

#[test]
fn the_wrong_code_that_kills_a_challenge_is_told() {
    let mut lab = Lab::new();
    let mut account = lab.account();
    (account.user.application, account.user.external) = (SHOP, ExternalId::parse("ada"));
    let id = crate::ids::ChallengeId::from_uuid(uuid::Uuid::from_u128(3));
    for (attempts, denied) in [(4, false), (5, true)] {
        let decision = Decision::new(Err(Refusal::NotFound), START)
            .audit(account.entry(AuditAction::CodeVerified, false, &origin()))
            .change(Change::SaveAttempts { id, attempts, skew: None });
        let decision = announced(&mut lab, decision);
        assert_eq!(told(&lab, &decision).iter().any(|event| event["type"] == "challenge.denied"), denied);
    }
}

#[test]
fn an_announcement_becomes_one_message_for_each_event_and_each_address_that_hears_of_it() {
    let mut lab = Lab::new();
    let mut add = |events: Option<Vec<EventKind>>| {
        let url = SecretText::new("https://shop.example/hook/t0ken");
        let command = AddWebhook { application: SHOP, url, host: "shop.example".into(), events, origin: origin() };
        let decision = lab.decide(&command, 0).unwrap();
        let (_, secret) = decision.reply.unwrap();
        let Some(Change::AddWebhook(webhook)) = decision.changes.into_iter().next() else { panic!("none") };
        assert!(!format!("{webhook:?}").contains("t0ken"));
        let target = webhook.target(&lab.keys).unwrap();
        assert_eq!((target.url.expose(), target.secret), ("https://shop.example/hook/t0ken", secret));
        webhook
    };
    let (all, some) = (add(None), add(Some(vec![EventKind::UserReset])));
    let events = br#"[{"type":"user.reset","data":{}},{"type":"device.trusted","data":{}}]"#;
    let webhooks = [all.clone(), some.clone()];
    let made = deliveries(events, &webhooks, START + LIFE, START, &lab.keys, &mut rng(1)).unwrap();
    let heard: Vec<_> = made.iter().map(|one| (one.webhook, one.kind)).collect();
    let (reset, trusted) = (EventKind::UserReset, EventKind::DeviceTrusted);
    assert_eq!(heard, [(all.id, reset), (some.id, reset), (all.id, trusted)]);
    let body = lab.keys.open(&notice::place(made[0].id), &made[0].payload).unwrap();
    assert_eq!(body.as_slice(), br#"{"data":{},"type":"user.reset"}"#);
    assert!(deliveries(b"{}", &webhooks, START, START, &lab.keys, &mut rng(1)).is_none());
    let command = AddWebhook {
        application: SHOP,
        url: SecretText::new("https://shop.example"),
        host: String::new(),
        events: None,
        origin: origin(),
    };
    assert_eq!(lab.decide(&command, ADDRESSES).unwrap().reply.unwrap_err(), Refusal::WebhooksFull);
}

#[test]
fn an_address_of_another_application_is_not_found() {
    let mut lab = Lab::new();
    let (id, target) = (
        WebhookId::from_uuid(uuid::Uuid::from_u128(4)),
        lab.keys.seal(&Webhook::place(WebhookId::from_uuid(uuid::Uuid::from_u128(4)), SHOP), b"x", &mut rng(1)),
    );
    let webhook = Webhook { id, application: SHOP, host: String::new(), target, events: None, created_at: START };
    let other = ApplicationId::from_uuid(uuid::Uuid::from_u128(8));
    let remove = |application| RemoveWebhook { application, id, origin: origin() };
    let decision = lab.decide(&remove(other), Some(webhook.clone())).unwrap();
    assert!(decision.reply == Err(Refusal::NotFound) && decision.changes.is_empty());
    assert!(lab.decide(&remove(SHOP), Some(webhook)).unwrap().reply.is_ok());
}
