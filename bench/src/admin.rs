//! What the administration reads, over many people and a long log: searches, the story of one person, lists and the log, by
//! the statements its pages send, in the first page and far behind it.

mod seed;

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::factor::Method;
use domain::ids::UserId;
use store::audit_search::AuditFilter;
use store::desk_list::{List, ListFilter};
use store::people::{Before, Place as After, Wanted};
use store::{Db, Options};

use self::seed::{LOUD, address, external, user};
use crate::databases::Place;
use crate::stats::percentile;

/// The database of this measurement.
const NAME: &str = "admin";
/// How often each page is read.
const TIMES: u64 = 300;
/// The same in a brief run.
const BRIEFLY: u64 = 100;
/// What a page asks for: fifty lines, and one more to know whether there is another page.
const LINES: u32 = 51;
/// What a page may take, at the 99th percentile.
const TARGET: Duration = Duration::from_millis(100);

/// Adds people with ten entries of the log each, then reads pages, and prints what they took.
pub(crate) async fn measure(place: &Place, people: u64, briefly: bool) -> Result<()> {
    ensure!(people >= 2_000, "fewer than two thousand people show nothing");
    place.create(NAME).await?;
    let db = Db::connect(&Options { url: place.url(NAME), ..Options::default() }).await?;
    db.migrate().await?;
    let begun = Instant::now();
    let entries = seed::seed(&db, people).await?;
    place.tidy(NAME).await?;
    println!(
        "\n{}: {people} people and {entries} entries of the audit log, added in {:.0} s\n",
        place.name(),
        begun.elapsed().as_secs_f64()
    );
    println!("| database | page | p50, ms | p99, ms | slowest, ms | target | |\n|---|---|--:|--:|--:|---|---|");
    let bench = Bench { db: db.clone(), place: place.name(), times: if briefly { BRIEFLY } else { TIMES }, people };
    bench.searches().await?;
    bench.stories().await?;
    bench.lists().await?;
    bench.log().await?;
    db.close().await;
    place.drop(NAME).await
}

struct Bench {
    db: Db,
    place: &'static str,
    times: u64,
    people: u64,
}

impl Bench {
    /// Someone else each time, over all people but the last few.
    fn somebody(&self, time: u64) -> u64 {
        time.wrapping_mul(7_919) % (self.people - self.people % 4)
    }

    async fn searches(&self) -> Result<()> {
        let one = |found: usize| found == 1;
        let full = |found: usize| found == LINES as usize;
        self.page("search, a whole address", |time| self.find(address(self.somebody(time)), None), one).await?;
        self.page("search, an id", |time| self.find(user(self.somebody(time)).uuid().to_string(), None), one).await?;
        let whole_external = |time| self.find(format!("id:{}", external(self.somebody(time) | 1)), None);
        self.page("search, what an application calls one", whole_external, one).await?;
        self.page("search, one letter", |_| self.find("a".to_owned(), None), full).await?;
        let far = |time| {
            // One whose address begins with an m.
            let number = self.somebody(time) / 26 * 26 + 12;
            self.find(String::new(), Some((address(number), user(number))))
        };
        self.page("everybody by address, further on", far, |found| found > 0).await?;
        self.page("search, nobody", |time| self.find(format!("zz{time}"), None), |found| found == 0).await?;
        let far = |time| {
            let number = (self.somebody(time) / 2) | 1;
            self.find("id:".to_owned(), Some((format!("id:{}", external(number)), user(number))))
        };
        self.page("everybody by external id, further on", far, |found| found > 0).await
    }

    async fn stories(&self) -> Result<()> {
        self.page("story of one", |time| self.story(user(self.somebody(time) | 2), None), |lines| lines > 0).await?;
        self.page("story of one under attack", |_| self.story(user(LOUD), None), |lines| lines >= 60).await?;
        let far = |time| {
            let seq = i64::try_from(seed::loud_entries(self.people) / 2 + time).unwrap_or(i64::MAX);
            self.story(user(LOUD), Some(Before { seq, at: crate::population::now() }))
        };
        self.page("story of one under attack, further on", far, |lines| lines >= 60).await
    }

    async fn lists(&self) -> Result<()> {
        let (since, one) = (Some(crate::population::now() - domain::time::Duration::from_days(30)), Some(user(1)));
        let all = ListFilter::default();
        for list in List::ALL {
            let name = list.as_str();
            self.page(&format!("{name}, newest"), |_| self.list(list, all.clone()), |lines| lines > 0).await?;
            let of_one = ListFilter { person: one.filter(|_| list.is_of_people()), ..all.clone() };
            self.page(&format!("{name}, of one"), |_| self.list(list, of_one.clone()), |lines| lines > 0).await?;
            for state in list.states() {
                let in_state = ListFilter { state: Some(state), since, ..all.clone() };
                self.page(&format!("{name}, {state}"), |_| self.list(list, in_state.clone()), |_| true).await?;
            }
            let nothing =
                ListFilter { application: Some(uuid::Uuid::max()), method: Some(Method::Email), ..all.clone() };
            self.page(&format!("{name}, of what there is not"), |_| self.list(list, nothing.clone()), |_| true).await?;
        }
        Ok(())
    }

    async fn log(&self) -> Result<()> {
        let all = AuditFilter::default();
        let failed = AuditFilter { success: Some(false), ..all.clone() };
        let day = crate::population::now() - domain::time::Duration::from_days(200);
        let days = AuditFilter { until: Some(day), action: Some("code_verified".to_owned()), ..all.clone() };
        let rare = AuditFilter { action: Some("account_locked".to_owned()), ..all.clone() };
        self.page("audit log, newest", |_| self.search(all.clone()), |entries| entries > 0).await?;
        self.page("audit log, what failed", |_| self.search(failed.clone()), |entries| entries > 0).await?;
        self.page("audit log, an action of long ago", |_| self.search(days.clone()), |entries| entries > 0).await?;
        self.page("audit log, what there is not", |_| self.search(rare.clone()), |entries| entries == 0).await
    }

    async fn list(&self, list: List, filter: ListFilter) -> Result<usize> {
        Ok(self.db.list(list, &filter, None, LINES, crate::population::now()).await?.lines.len())
    }

    async fn search(&self, filter: AuditFilter) -> Result<usize> {
        Ok(self.db.search_audit(&filter, None, LINES).await?.entries.len())
    }

    async fn find(&self, text: String, after: Option<After>) -> Result<usize> {
        Ok(self.db.find_people(&Wanted::parse(&text), after.as_ref(), LINES).await?.len())
    }

    async fn story(&self, user: UserId, before: Option<Before>) -> Result<usize> {
        Ok(self.db.story(user, before).await?.lines.len())
    }

    /// Reads one page again and again and prints what it took. What it found has to be what is to be found.
    async fn page<F>(&self, what: &str, read: impl Fn(u64) -> F, is_right: impl Fn(usize) -> bool) -> Result<()>
    where
        F: Future<Output = Result<usize>>,
    {
        let mut took = Vec::new();
        // The first reads prepare the statement.
        for time in 0..self.times + 10 {
            let begun = Instant::now();
            let found = read(time).await?;
            took.push(begun.elapsed());
            ensure!(is_right(found), "{what}: {found} lines were found");
        }
        let mut took = took.split_off(10);
        took.sort();
        let millis = |share| percentile(&took, share).as_secs_f64() * 1e3;
        let outcome = if percentile(&took, 0.99) <= TARGET { "pass" } else { "**MISS**" };
        println!(
            "| {} | {what} | {:.1} | {:.1} | {:.1} | ≤ {} | {outcome} |",
            self.place,
            millis(0.5),
            millis(0.99),
            millis(1.0),
            TARGET.as_millis()
        );
        Ok(())
    }
}
