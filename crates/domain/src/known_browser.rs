//! Browsers a person has signed in with. A sign-in with another one is told to them: the mail is often the first sign that
//! somebody else has their password and their code.
//!
//! A browser is known by its name ("Firefox on Linux"), made of words of a list: it stays the same when the browser is
//! updated or its address changes. That is no proof of anything, and nothing is allowed by it. The first browser of a person
//! is told to nobody; one that was not seen for ninety days is forgotten.

use crate::command::{Context, Origin};
use crate::decision::{Change, Decision};
use crate::message::MessageKind;
use crate::notice;
use crate::time::{Duration, Timestamp};
use crate::trusted_device::device_name;
use crate::user::Account;

/// How long a browser is remembered after its last sign-in.
pub const MEMORY: Duration = Duration::from_days(90);
/// A browser seen within this span is not written down anew.
const FRESH: Duration = Duration::from_days(1);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    /// What it is called.
    pub name: String,
    /// When it was last signed in with.
    pub seen_at: Timestamp,
}

/// Writes down the browser of a sign-in, and tells the person where it is another one than before.
pub(crate) fn meet<R>(
    decision: Decision<R>,
    account: &Account,
    known: &[KnownBrowser],
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let name = device_name(origin.user_agent.as_deref());
    // What lies ahead came from a wrong clock, and is as good as now.
    let mut remembered = known.iter().filter(|browser| now < browser.seen_at + MEMORY).peekable();
    let first = remembered.peek().is_none();
    let seen_at = remembered.find(|browser| browser.name == name).map(|browser| browser.seen_at);
    if seen_at.is_some_and(|at| now < at + FRESH) {
        return decision;
    }
    let decision = decision.change(Change::SeeBrowser(account.user.id, name));
    if first || seen_at.is_some() {
        return decision;
    }
    decision.send(notice::notice(MessageKind::NewSignIn, account, origin, now, context, |_| {}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lab;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
    const UPDATED: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

    /// Whether a sign-in with this browser is written down, and whether it is told.
    fn met(lab: &mut Lab, known: &[(&str, Duration)], user_agent: &str) -> (bool, bool) {
        let account = lab.account();
        let now = lab.clock + Duration::from_days(400);
        let known: Vec<KnownBrowser> = known
            .iter()
            .map(|(agent, ago)| KnownBrowser { name: device_name(Some(agent)), seen_at: now - *ago })
            .collect();
        let origin = Origin { user_agent: Some(user_agent.to_owned()), ..Origin::default() };
        let decision = Decision::new(Ok(()), now);
        let decision = meet(decision, &account, &known, &origin, now, &mut lab.context());
        let told: Vec<_> = decision.outbox.iter().map(|message| message.kind).collect();
        assert!(told.is_empty() || told == [MessageKind::NewSignIn]);
        (!decision.changes.is_empty(), !told.is_empty())
    }

    #[test]
    fn another_browser_is_told_and_the_first_and_a_known_one_are_not() {
        let lab = &mut Lab::new();
        let (hour, day) = (Duration::from_hours(1), Duration::from_days(1));
        assert_eq!(met(lab, &[], FIREFOX), (true, false));
        assert_eq!(met(lab, &[(FIREFOX, hour)], FIREFOX), (false, false));
        assert_eq!(met(lab, &[(FIREFOX, hour)], UPDATED), (false, false));
        assert_eq!(met(lab, &[(FIREFOX, day)], FIREFOX), (true, false));
        assert_eq!(met(lab, &[(FIREFOX, hour)], CHROME), (true, true));
        assert_eq!(met(lab, &[(FIREFOX, hour)], ""), (true, true));
        assert_eq!(met(lab, &[(FIREFOX, hour), (CHROME, MEMORY)], CHROME), (true, true));
        assert_eq!(met(lab, &[(FIREFOX, MEMORY)], CHROME), (true, false));
    }
}
