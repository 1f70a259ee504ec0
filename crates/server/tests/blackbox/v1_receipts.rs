//! Receipts of step-ups: what was confirmed, by whom, with what and when, checked by our own hand and by other people's
//! libraries, with the published keys alone.

use std::process::{Command, Stdio};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clients::fetched;
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::{back, opened};

const TEXT: &str = "Transfer 500 € to Grace → IBAN \"DE02\"";

/// The header and the claims of a receipt, once its signature is that of a published key.
async fn checked(world: &World, receipt: &str) -> (Value, Value) {
    let (signed, signature) = receipt.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice::<Value>(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap();
    let (header, claims) = (read(header), read(claims));
    let set = world.browser().get("/.well-known/jwks.json").await.expect(200);
    let keys = set.json["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("a published key");
    let bytes = BASE64URL_NOPAD.decode(key["x"].as_str().unwrap().as_bytes()).unwrap();
    let key = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
    let signature = Signature::from_slice(&BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap()).unwrap();
    key.verify_strict(signed.as_bytes(), &signature).expect("signed by the published key");
    (header, claims)
}

/// Asks for a step-up and answers it with a code of the authenticator; gives the challenge and its result.
async fn stepped_up(world: &World, shop: &Shop, secret: &str, more: Value) -> (String, Value) {
    let mut body = json!({ "reason": "step_up" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let asked = shop.challenge_with("ada", body).await.expect(201);
    assert_eq!(asked.json["text"], more["text"], "{}", asked.text);
    let id = asked.text_at("/id");
    let answer = shop.verify(&id, &totp::code(secret, world.fresh_step().await)).await.expect(200);
    (id, answer.json["result"].clone())
}

/// R-32: a receipt names all there is to name, and is of no other use.
async fn a_step_up_is_receipted(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    let (secret, codes) = shop.enroll("ada").await;
    let (id, result) = stepped_up(&world, &shop, &secret, json!({ "text": TEXT })).await;
    let receipt = result["receipt"].as_str().unwrap();
    let (header, claims) = checked(&world, receipt).await;
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("receipt+jwt")));
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["acr", "amr", "aud", "auth_time", "iat", "iss", "jti", "method", "sub", "text_sha256"]);
    let hash = HEXLOWER.encode(&Sha256::digest(TEXT));
    let told = (&claims["iss"], &claims["aud"], &claims["sub"], &claims["jti"], &claims["text_sha256"]);
    assert_eq!(told, (&json!(world.base()), &json!("shop"), &json!("ada"), &json!(id), &json!(hash)));
    assert_eq!((&claims["method"], &claims["amr"], &claims["acr"]), (&json!("totp"), &result["amr"], &json!("2")));
    let at = claims["auth_time"].as_i64().unwrap();
    assert!(claims["iat"] == at && (world.now().await - at).abs() <= 5, "{claims}");
    let said = format!("{header} {claims}");
    for word in ["Transfer", "Grace", "IBAN", "€"] {
        assert!(!said.contains(word), "the text itself is in it: {said}");
    }
    world.browser().get_as(receipt, "/auth/2fa/status/").await.refused(401, "token_invalid");
    world.browser().post_as(receipt, "/v1/challenges", json!({})).await.refused(401, "api_key_invalid");

    let (other, result) = stepped_up(&world, &shop, &secret, json!({})).await;
    let (_, claims) = checked(&world, result["receipt"].as_str().unwrap()).await;
    assert_eq!((claims.get("text_sha256"), &claims["jti"]), (None, &json!(other)));
    bank.enroll("ada").await;
    let asked = shop.challenge_with("ada", json!({ "reason": "step_up", "text": TEXT })).await.expect(201);
    let path = format!("/v1/challenges/{}/verify", asked.text_at("/id"));
    let body = json!({ "code": codes[0] });
    let first = shop.post_once("once", &path, &body).await.expect(200);
    let again = shop.post_once("once", &path, &body).await.expect(200);
    assert_eq!(first.text, again.text, "one challenge, two receipts");
    let (_, claims) = checked(&world, &first.text_at("/result/receipt")).await;
    assert_eq!(claims["method"], "recovery_code");
    // A sign-in is none.
    let asked = shop.challenge_with("ada", json!({ "text": TEXT })).await.expect(201).text_at("/id");
    let answer = shop.verify(&asked, &codes[1]).await.expect(200);
    assert_eq!(answer.json["result"].get("receipt"), None);
}

/// Whoever is spared the factor has confirmed nothing: with a text nobody is, and without there is no receipt.
async fn a_trusted_device_confirms_nothing(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let body = json!({ "code": totp::code(&secret, world.fresh_step().await), "trust_device": true });
    let approved = shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200);
    let device = approved.text_at("/result/device_token");
    let asked = json!({ "reason": "step_up", "max_age": 3600, "device_token": device, "text": TEXT });
    assert_eq!(shop.challenge_with("ada", asked).await.expect(201).json["status"], "pending");
    let asked = json!({ "reason": "step_up", "max_age": 3600, "device_token": device });
    let spared = shop.challenge_with("ada", asked).await.expect(201);
    assert_eq!((&spared.json["status"], spared.json["result"].get("receipt")), (&json!("not_required"), None));
}

/// The person reads at our page what they confirm, as text; the receipt comes with the result.
async fn what_is_confirmed_at_our_pages_is_shown_and_receipted(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let text = "Pay <b>500 €</b> & more";
    let asked = shop.hosted("ada", json!({ "reason": "step_up", "text": text })).await.expect(201);
    let browser = world.browser();
    let page = opened(&world, &browser, &asked).await;
    let shown = browser.get(&page).await.expect(200);
    assert!(shown.text.contains("Pay &#60;b&#62;500 €&#60;/b&#62; &#38; more"), "{}", shown.text);
    let code = totp::code(&secret, world.fresh_step().await);
    let token = back(browser.form(&page, &[("code", &code)]).await, "tfa");
    let result = shop.post("/v1/challenges/redeem", json!({ "token": token })).await.expect(200);
    let (_, claims) = checked(&world, &result.text_at("/result/receipt")).await;
    assert_eq!(claims["text_sha256"], HEXLOWER.encode(&Sha256::digest(text)));
    assert_eq!((&claims["jti"], &claims["sub"]), (&asked.json["id"], &json!("ada")));
}

/// Reads a receipt as an application in Python would: by its documentation, with `PyJWT`.
const IN_PYTHON: &str = r#"
import hashlib, json, sys, jwt
receipt, keys, issuer, text = sys.argv[1:]
keys = jwt.PyJWKSet.from_json(keys)
def check(receipt, audience):
    key = keys[jwt.get_unverified_header(receipt)["kid"]]
    return jwt.decode(receipt, key, algorithms=["EdDSA"], audience=audience, issuer=issuer,
        # The clock of the tests runs ahead.
        options={"verify_iat": False, "require": ["iat", "sub", "jti", "auth_time"]})
claims = check(receipt, "shop")
assert jwt.get_unverified_header(receipt)["typ"] == "receipt+jwt"
assert claims["text_sha256"] == hashlib.sha256(text.encode()).hexdigest(), claims
header, body, signature = receipt.split(".")
forged = ".".join([header, jwt.utils.base64url_encode(json.dumps({**claims, "sub": "eve"}).encode()).decode(), signature])
for wrong, audience in [(forged, "shop"), (receipt, "bank")]:
    try:
        check(wrong, audience)
    except jwt.InvalidTokenError:
        continue
    raise SystemExit("a forged or foreign receipt passed")
print(claims["sub"])
"#;

/// The same for Node, with `jose`.
const IN_NODE: &str = r#"
import { createHash } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
const [receipt, keys, issuer, text] = process.argv.slice(2);
const set = createLocalJWKSet(JSON.parse(keys));
const check = (receipt, audience) => jwtVerify(receipt, set, { issuer, audience, typ: "receipt+jwt", algorithms: ["EdDSA"] });
const { payload } = await check(receipt, "shop");
if (payload.text_sha256 !== createHash("sha256").update(text).digest("hex")) throw new Error("another text");
const [header, body, signature] = receipt.split(".");
const claims = JSON.parse(Buffer.from(body, "base64url"));
const forged = [header, Buffer.from(JSON.stringify({ ...claims, sub: "eve" })).toString("base64url"), signature].join(".");
for (const [wrong, audience] of [[forged, "shop"], [receipt, "bank"]]) {
  if (await check(wrong, audience).then(() => true, () => false)) throw new Error("a forged or foreign receipt passed");
}
console.log(payload.sub);
"#;

/// Runs a program over a receipt, the published keys, the issuer and the text.
async fn read_by(world: &World, command: &mut Command) {
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    let (_, result) = stepped_up(world, &shop, &secret, json!({ "text": TEXT })).await;
    let keys = world.browser().get("/.well-known/jwks.json").await.expect(200).text;
    let receipt = result["receipt"].as_str().unwrap();
    let output = command.args([receipt, &keys, world.base(), TEXT]).stdin(Stdio::null()).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.trim() == "ada", "{}\n{said}\n{wrong}", output.status);
}

async fn python_reads_a_receipt(database: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let world = World::start(database).await;
    read_by(&world, Command::new(python).args(["-c", IN_PYTHON])).await;
}

async fn node_reads_a_receipt(database: Database) {
    let Some(packages) = fetched("TWINLOCK_TEST_NODE") else { return };
    let world = World::start(database).await;
    std::os::unix::fs::symlink(packages, world.path().join("node_modules")).unwrap();
    let script = world.path().join("receipt.mjs");
    std::fs::write(&script, IN_NODE).unwrap();
    read_by(&world, Command::new("node").arg(script)).await;
}

on_both_databases!(
    a_step_up_is_receipted,
    a_trusted_device_confirms_nothing,
    what_is_confirmed_at_our_pages_is_shown_and_receipted,
);
on_sqlite![python_reads_a_receipt, node_reads_a_receipt];
