//! The pages a browser sees: nothing inline, nothing from elsewhere, and no secret in an address.

use crate::database::Database;
use crate::harness::World;
use crate::people::PASSWORD;

/// Every `src` and `href` of a page.
fn references(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["src=\"", "href=\"", "action=\""] {
        let parts = html.split(attribute).skip(1);
        found.extend(parts.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    found
}

/// the link of a mail opens a page that keeps the token out of every address and loads nothing foreign.
async fn the_link_of_a_mail_opens_a_careful_page(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let email = world.new_address();
    let body = serde_json::json!({ "email": email, "password": PASSWORD });
    browser.post("/auth/signup/", body).await.expect(201);
    let message = world.message(&email, "email_verification").await;
    let link = url::Url::parse(message["link"].as_str().unwrap()).unwrap();
    assert!(link.query().is_none(), "{link}");
    let token = link.fragment().unwrap().trim_start_matches("token=").to_owned();
    assert!(token.len() >= 43 && !link.path().contains(&token));

    let page = browser.get(link.path()).await.expect(200);
    assert!(page.header("content-type").unwrap_or_default().starts_with("text/html"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(!policy.contains("unsafe-") && !policy.contains("http"), "{policy}");
    for directive in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    let html = page.text.to_lowercase();
    for inline in ["<style", "style=\"", "\"javascript:", " onclick", " onload", "<script>"] {
        assert!(!html.contains(inline), "{inline} in {html}");
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let mut scripts = String::new();
    for reference in references(&page.text).into_iter().filter(|reference| !reference.starts_with('#')) {
        assert!(reference.starts_with('/') && !reference.starts_with("//"), "{reference}");
        if reference == "/language" {
            continue; // Takes a form only.
        }
        let asset = browser.get(&reference).await.expect(200);
        assert_eq!(asset.header("x-content-type-options"), Some("nosniff"));
        if asset.header("content-type").unwrap_or_default().starts_with("text/javascript") {
            scripts.push_str(&asset.text);
        }
    }
    assert!(scripts.contains("history.replaceState"), "the token stays in the address bar: {scripts}");
    assert!(!scripts.contains("http://") && !scripts.contains("https://") && !scripts.contains("innerHTML"));
    // Looking at the page, as scanners of mail do, uses nothing up.
    browser.post("/auth/verify-email/", serde_json::json!({ "token": token })).await.expect(200);
}

on_sqlite![the_link_of_a_mail_opens_a_careful_page];
