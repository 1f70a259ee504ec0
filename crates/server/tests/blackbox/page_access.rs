//! The pages for everybody: axe-core finds nothing to complain of, and the keyboard alone is enough.
//!
//! axe-core comes from npm, fetched by the test command; `TWINLOCK_TEST_AXE` names its file.

use serde_json::Value;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::page_scenes::scenes;

/// What axe-core is to check: WCAG 2.2 A and AA, and what experience adds.
const RULES: &str = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }";

/// The text of axe-core, or `None` (said loudly) where it was not fetched.
fn axe() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let (file, strict) = (std::env::var("TWINLOCK_TEST_AXE").ok(), std::env::var_os("CI").is_some());
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        assert!(!strict, "CI is set but TWINLOCK_TEST_AXE is not: run cargo xtask test");
        eprintln!(
            "SKIPPED: axe-core is missing (cargo xtask test fetches it), so nobody checked the pages for everybody"
        );
        return None;
    };
    Some(std::fs::read_to_string(file).expect("TWINLOCK_TEST_AXE names axe.min.js"))
}

/// What axe-core says about the page that is open.
fn violations(tab: &Tab, axe: &str) -> Vec<String> {
    if tab.evaluate("typeof axe") == "undefined" {
        tab.evaluate(&format!("{axe}; 0"));
    }
    let found = tab.evaluate(&format!("axe.run(document, {RULES}).then((result) => result.violations)"));
    let node = |rule: &Value, node: &Value| format!("{}: {} {}", rule["id"], node["html"], node["failureSummary"]);
    let rules = found.as_array().unwrap().iter();
    rules.flat_map(|rule| rule["nodes"].as_array().unwrap().iter().map(move |found| node(rule, found))).collect()
}

async fn axe_core_finds_nothing(database: Database) {
    let (Some(axe), Some(chromium)) = (axe(), Chromium::start()) else { return };
    let world = World::start(database).await;
    let mut found = Vec::new();
    scenes(&world, &chromium, View::PHONE, |tab, name| {
        for view in [View::PHONE, View { dark: true, ..View::DESKTOP }] {
            tab.look(view);
            found.extend(violations(tab, &axe).into_iter().map(|violation| format!("{name}: {violation}")));
        }
        tab.look(View::PHONE);
    })
    .await;
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// Light, dark, and in the system's own colors.
async fn axe_core_finds_nothing_from_right_to_left(database: Database) {
    let (Some(axe), Some(chromium)) = (axe(), Chromium::start()) else { return };
    let world = World::start(database).await;
    let mut found = Vec::new();
    let view = View { language: "ar", ..View::PHONE };
    scenes(&world, &chromium, view, |tab, name| {
        for look in [view, View { dark: true, ..view }, View { forced: true, ..view }] {
            tab.look(look);
            found.extend(violations(tab, &axe).into_iter().map(|violation| format!("{name}: {violation}")));
        }
        tab.look(view);
    })
    .await;
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// Every control is reached by Tab, in the order of the page, and shows that it has the focus; none is smaller than a
/// finger may miss (24 pixels, WCAG 2.5.8), and nothing is wider than the screen, down to 320 pixels.
async fn the_keyboard_alone_is_enough(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let narrow = View { width: 320, height: 640, ..View::PHONE };
    scenes(&world, &chromium, narrow, |tab, name| {
        let overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert!(overflow.as_f64().unwrap() <= 0.0, "{name} is {overflow} pixels too wide");
        let controls = tab.evaluate(
            "document.activeElement.blur(); window.getSelection().removeAllRanges(); \
             window.controls = [...document.querySelectorAll('a[href], button, input, select, summary')] \
             .filter((e) => !e.disabled && e.type !== 'hidden' && e.checkVisibility()); window.controls.length",
        );
        let small = tab.evaluate(
            "window.controls.filter((e) => !e.closest('p, .skip')).map((e) => [e.getBoundingClientRect(), e.outerHTML]) \
             .filter(([r]) => r.height < 24 || r.width < 24).map(([r, html]) => `${r.width}×${r.height} ${html}`)",
        );
        assert_eq!(small, serde_json::json!([]), "{name}: too small to be hit");
        tab.evaluate("document.querySelector('.skip').focus()");
        let mut reached = vec![0];
        // A date has a stop for each of its parts, and a table that scrolls is one more.
        for _ in 0..4 * controls.as_u64().unwrap() {
            if reached.len() as u64 == controls.as_u64().unwrap() {
                break;
            }
            let at = tab.evaluate("window.controls.indexOf(document.activeElement)").as_i64().unwrap();
            if at > 0 && !reached.contains(&at) {
                let outline = tab.evaluate(
                    "(() => { const s = getComputedStyle(document.activeElement); \
                     return s.outlineStyle === 'none' ? 0 : parseFloat(s.outlineWidth); })()",
                );
                let what = tab.evaluate("document.activeElement.outerHTML");
                assert!(outline.as_f64().unwrap() >= 2.0, "{name}: the focus does not show on {what}");
                assert!(*reached.last().unwrap() < at, "{name}: {what} is out of order");
                reached.push(at);
            }
            tab.key("Tab", 9, 0);
        }
        assert_eq!(reached.len() as u64, controls.as_u64().unwrap(), "{name}: Tab reaches {reached:?} only");
    })
    .await;
}

/// What the sign-in page costs over the wire: one round trip after the HTML, 30 kB in all.
async fn the_sign_in_page_is_light(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let page = browser.get("/sign-in").await.expect(200);
    let mut bytes = page.bytes.len();
    let references = page.text.split(['"']).filter(|part| part.starts_with("/assets/"));
    let references: std::collections::BTreeSet<&str> = references.collect();
    assert_eq!(references.len(), 3, "{references:?}");
    for reference in references {
        let asset = browser.get(reference).await.expect(200);
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(!asset.text.contains("@import") && !asset.text.contains("import("), "{reference} loads more");
        bytes += asset.bytes.len();
    }
    assert!(bytes <= 30_000, "{bytes} bytes");
}

on_sqlite![
    axe_core_finds_nothing,
    axe_core_finds_nothing_from_right_to_left,
    the_keyboard_alone_is_enough,
    the_sign_in_page_is_light,
];
