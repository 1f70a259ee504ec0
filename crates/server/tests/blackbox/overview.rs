//! The administration's overview: what happened is counted by the job, and shown in numbers.

use crate::chromium::without_tags;
use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{login, partial_token, verify};

/// The one page.
const PAGE: &str = "/admin/overview";

impl World {
    /// The beginning of the hour so many hours ago, as this database writes it.
    fn hour_ago(&self, hours: u32) -> String {
        if self.database.is_postgres() {
            format!("date_trunc('hour', now(), 'UTC') - interval '{hours} hours'")
        } else {
            format!("(unixepoch() / 3600 - {hours}) * 3600000000")
        }
    }

    /// Puts everything that was written down three hours back, so that its hour is over.
    async fn three_hours_pass(&self) {
        let earlier = if self.database.is_postgres() { "interval '3 hours'" } else { "10800000000" };
        for table in ["two_factor_audit_log", "delivery_events"] {
            self.look.execute(&format!("UPDATE {table} SET created_at = created_at - {earlier}")).await;
        }
    }

    /// Writes a month of figures, as the job would have: for pictures, and for words that no provider has.
    pub(crate) async fn write_a_month(&self) {
        let (mut hours, mut figures) = (Vec::new(), Vec::new());
        for ago in 1..720_u32 {
            let (at, busy) = (self.hour_ago(ago), 4 + (ago * 7) % 23 + (ago % 24) / 3);
            hours.push(format!("({at}, {at})"));
            let mut add = |figure: &str, label: &str, count: u32, amount: u32| {
                figures.push(format!("({at}, '{figure}', '{label}', {count}, {amount})"));
            };
            add("sign_ins", "code", busy, 0);
            add("sign_ins", "free", busy / 3, 0);
            add("codes", "right", busy, 0);
            add("codes", "wrong", busy / 7, 0);
            for (method, share) in [("totp", 2), ("sms", 4), ("email", 9), ("trusted_device", 3), ("recovery_code", 25)]
            {
                add("methods", method, busy / share, 0);
            }
            add("failures", "code_verified wrong_code", busy / 7, 0);
            add("failures", "password_checked wrong_password", busy / 5, 0);
            if ago % 31 == 0 {
                add("locks", "wrong_codes", 1 + ago % 3, 0);
                add("locks", "wrong_codes_in_a_row", 1, 0);
            }
            for (provider, failed) in [("sms twilio", 0), ("sms vonage", 1), ("email smtp", 0)] {
                add("accepted", provider, busy / 4, 0);
                add("delivered", provider, busy / 5, 0);
                add("failed", provider, failed, 0);
            }
            for (country, sent, typed) in [("DE", busy / 4, busy / 5), ("US", busy / 6, busy / 9)] {
                add("text_messages", country, sent, sent * 65_000);
                add("text_messages_typed", country, typed, 0);
            }
            for label in ["", "default"] {
                add("people", label, 1_000 + 2 * (720 - ago), 0);
                add("guarded", label, 400 + 2 * (720 - ago), 0);
            }
        }
        // The job may have counted an hour that is over since the server started.
        let mut all: Vec<String> =
            ["BEGIN", "DELETE FROM hourly_figures", "DELETE FROM summed_hours"].map(str::to_owned).into();
        all.push(format!("INSERT INTO summed_hours (hour, summed_at) VALUES {}", hours.join(",")));
        for some in figures.chunks(1_000) {
            let insert = "INSERT INTO hourly_figures (hour, figure, label, count, amount) VALUES";
            all.push(format!("{insert} {}", some.join(",")));
        }
        all.push("COMMIT".to_owned());
        self.look.execute(&all.join(";")).await;
    }
}

/// What the table under a heading says: the cells of each row.
fn table(page: &Answer, heading: &str) -> Vec<Vec<String>> {
    let card =
        page.text.split(&format!("id=\"{heading}\"")).nth(1).unwrap_or_else(|| panic!("no {heading}: {}", page.text));
    let card = card.split("<h2").next().unwrap();
    let body = card.split("<tbody").nth(1).unwrap_or_default();
    let cells = |row: &str| row.split("<td").skip(1).map(text_of).collect();
    body.split("<tr").skip(1).map(cells).collect()
}

fn text_of(cell: &str) -> String {
    let inside = cell.split_once('>').map_or("", |(_, rest)| rest.split("</td>").next().unwrap_or_default());
    without_tags(inside).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the columns of numbers of a chart's table come to.
fn sums(page: &Answer, chart: &str) -> (u32, u32) {
    let rows = table(page, chart);
    let sum = |column: usize| rows.iter().map(|row| row[column].parse::<u32>().unwrap()).sum();
    (sum(1), sum(2))
}

async fn open(desk: &Browser, span: &str) -> Answer {
    desk.get(&format!("{PAGE}?span={span}")).await.expect(200)
}

/// What people did is counted when its hour is over, and the page tells it as tables, in each span; to whoever has a role, and
/// without a line about whoever looked. However often the job runs, it is the same.
async fn what_happened_is_counted_and_shown(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    for _ in 0..2 {
        verify(&browser, &token, "000000").await.expect(422);
    }
    world.sign_in(&browser, &person).await;
    let wrong = crate::people::Person { password: "not this one".to_owned(), ..world.add_person(None) };
    login(&browser, &wrong).await.refused(401, "credentials_invalid");
    let viewer = world.add_administrator("viewer");
    let desk = world.at_the_desk(&viewer).await;
    let empty = desk.get(PAGE).await.says(200, "Nothing is counted yet");
    assert!(!empty.text.contains("<svg role"), "{}", empty.text);

    world.three_hours_pass().await;
    let said = world.cli(&["jobs", "run", "sum_figures"], "");
    assert!(said.status.success() && String::from_utf8_lossy(&said.stdout).contains("hours were summed"), "{said:?}");
    let count = async |filter: &str| {
        let sql = format!("SELECT count(*) FROM two_factor_audit_log WHERE {filter}");
        u32::try_from(world.look.count(&sql).await).unwrap()
    };
    let (yes, no) =
        if world.database.is_postgres() { ("success", "NOT success") } else { ("success = 1", "success = 0") };
    let right = count(&format!("action = 'code_verified' AND {yes}")).await;
    let free = count(&format!("action = 'signed_in' AND {yes}")).await;
    let failed = count(no).await;
    assert!(right >= 2 && failed >= 3, "{right} {failed}");
    let figures = "SELECT count(*) FROM hourly_figures";
    let (before, looks) = (world.look.count(figures).await, count("action = 'looked'").await);
    for again in [false, true] {
        if again {
            assert!(world.cli(&["jobs", "run", "sum_figures"], "").status.success());
            assert_eq!(world.look.count(figures).await, before);
        }
        for span in ["day", "week", "month", "%27%20or%201%3D1--"] {
            let page = open(&desk, span).await;
            assert_eq!(sums(&page, "codes"), (right, 2), "{span}");
            assert_eq!(sums(&page, "signins"), (right, free), "{span}");
            assert_eq!(table(&page, "methods"), [["Authenticator app".to_owned(), right.to_string()]], "{span}");
            let failures = table(&page, "failures");
            assert!(
                failures.contains(&["code_verified", "wrong_code", "2"].map(str::to_owned).to_vec()),
                "{failures:?}"
            );
            assert_eq!(failures.iter().map(|row| row[2].parse::<u32>().unwrap()).sum::<u32>(), failed, "{failures:?}");
            assert_eq!(table(&page, "locks"), Vec::<Vec<String>>::new());
            let applications = table(&page, "applications");
            let (all, users) = (&applications[0], world.look.count("SELECT count(*) FROM users").await);
            assert_eq!((all[0].as_str(), all[1].clone()), ("All", users.to_string()), "{applications:?}");
            assert!(!page.text.contains(&person.email.replace('@', "&#64;")), "{span}");
        }
    }
    assert_eq!(count("action = 'looked'").await, looks, "nobody was looked at");
    let failures = open(&desk, "day").await;
    let link = failures.text.split("href=\"/admin/audit?").nth(1).unwrap().split('"').next().unwrap();
    let led = desk.get(&format!("/admin/audit?{}", link.replace("&amp;", "&"))).await.expect(200);
    assert!(without_tags(&led.text).contains("Did not work"), "{link}");
}

/// A month of figures: money, shares, people; and what providers and countries are called stays text.
async fn a_month_is_told_and_names_stay_text(database: Database) {
    let world = World::start(database).await;
    world.write_a_month().await;
    let hostile = "<img src=x onerror=alert(1)>\"'--";
    let at = world.hour_ago(1);
    for (figure, label) in [
        ("accepted", format!("sms {hostile}")),
        ("text_messages", hostile.to_owned()),
        ("failures", format!("{hostile} {hostile}")),
        ("methods", hostile.to_owned()),
        ("people", hostile.to_owned()),
        ("not_known_yet", hostile.to_owned()),
    ] {
        let label = label.replace('\'', "''");
        let insert = "INSERT INTO hourly_figures (hour, figure, label, count, amount) VALUES";
        world.look.execute(&format!("{insert} ({at}, '{figure}', '{label}', 1, 300000)")).await;
    }
    let desk = world.at_the_desk(&world.add_administrator("viewer")).await;
    let page = open(&desk, "month").await;
    assert!(
        !page.text.contains("<img")
            && page.text.matches("&lt;img").count() + page.text.matches("&#60;img").count() >= 6
    );
    let countries = table(&page, "countries");
    let of =
        |name: &str| countries.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}: {countries:?}"));
    let sent: u64 = of("DE")[1].parse().unwrap();
    let typed: u64 = of("DE")[2].parse().unwrap();
    assert_eq!(of("DE")[3], format!("{} %", typed * 100 / sent));
    let cost = sent * 65_000;
    assert_eq!(of("DE")[4], format!("{}.{:04}", cost / 1_000_000, cost % 1_000_000 / 100));
    let applications = table(&page, "applications");
    assert_eq!(applications[0], ["All", "2438", "1838", "75 %"], "{applications:?}");
    let people = table(&page, "people");
    assert_eq!(people.len(), 30);
    assert_eq!(people.last().unwrap()[1..], ["1838", "600"], "as it is now: {people:?}");
    assert_eq!(table(&open(&desk, "day").await, "signins").len(), 24);
    assert_eq!(table(&open(&desk, "week").await, "signins").len(), 7);
}

on_both_databases![what_happened_is_counted_and_shown, a_month_is_told_and_names_stay_text];
