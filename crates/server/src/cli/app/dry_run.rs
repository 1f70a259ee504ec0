//! `twinlock app set … --dry-run`: what other rules would mean for the users an application has.

use domain::application::rules::outlook::{Outlook, TryApplication};
use domain::time::Timestamp;
use store::Surroundings as _;

use crate::app::App;
use crate::cli::say;

/// Users read at a time.
const PAGE: u32 = 1_000;
/// As many are named of each kind.
const NAMED: usize = 50;

/// Those to whom the same would happen.
#[derive(Default)]
struct Group {
    count: u64,
    named: Vec<String>,
}

impl Group {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(name.to_owned());
        }
    }

    fn say(&self, what: &str) -> anyhow::Result<()> {
        say(&format!("{:>8}  {what}", self.count))?;
        for name in &self.named {
            say(&format!("          {name}"))?;
        }
        match self.count - self.named.len() as u64 {
            0 => Ok(()),
            more => say(&format!("          and {more} more")),
        }
    }
}

/// Says who would be locked out and who asked to enroll, and changes nothing.
pub(super) async fn run(app: &App, command: TryApplication) -> anyhow::Result<()> {
    let tried = super::settings::act(app, command).await?.application;
    let (mut asked, mut passes) = (0_u64, 0_u64);
    let (mut enrolls, mut locked_out) = (Group::default(), Group::default());
    let (now, mut after) = (app.world.now(), None);
    let mut from: Option<Timestamp> = None;
    loop {
        let users = app.db.kinds_of_users(tried.id, after, PAGE).await?;
        for user in &users {
            match tried.outlook(app.world.policy(), &user.kinds, now) {
                Outlook::Asked => asked += 1,
                Outlook::Passes => passes += 1,
                Outlook::Enrolls(when) => {
                    from = when;
                    enrolls.add(user.external.as_str());
                }
                Outlook::LockedOut => locked_out.add(user.external.as_str()),
            }
        }
        let Some(last) = users.last().filter(|_| users.len() == PAGE as usize) else { break };
        after = Some(last.id);
    }
    say(&format!("{}: {}", tried.name, super::settings::rule(&tried)))?;
    say(&format!("{asked:>8}  are asked for a factor they have"))?;
    say(&format!("{passes:>8}  have none and need none"))?;
    let when = from.map_or_else(String::new, |from| format!(" from {from} on"));
    enrolls.say(&format!("have none and have to enroll one{when}"))?;
    locked_out.say("are locked out until they are reset: none of their factors is of a kind that is taken")?;
    say("Nothing was changed.")
}
