//! A story as a page tells it: every entry and every event of a delivery as a sentence, with what is known beside it.

use domain::audit::AuditAction;
use domain::time::Timestamp;
use domain::trusted_device::device_name;
use store::delivery::TimelineEntry;
use store::people::{StoryEntry, StoryEvent, StoryLine};

use crate::http::pages::security::key;

/// How something came out, for its color and its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it was meant.
    Good,
    /// Not as it was meant.
    Bad,
    /// As it was meant, to somebody's sorrow.
    Sad,
    /// Neither.
    Plain,
}

impl Mood {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Sad => "sad",
            Self::Plain => "plain",
        }
    }
}

/// One line.
pub(super) struct Line {
    /// When, and if it happened several times on end, when last.
    pub(super) at: Timestamp,
    /// How many times on end.
    pub(super) times: usize,
    /// The name of the sentence; nothing for what this version has no words for.
    pub(super) text: Option<String>,
    /// The name in the log.
    pub(super) name: String,
    /// How it came out.
    pub(super) mood: Mood,
    /// By which kind of factor, or by which way.
    pub(super) way: Option<String>,
    /// Where a message went, masked.
    pub(super) destination: Option<String>,
    /// Why, in a word of the log.
    pub(super) why: Option<String>,
    /// Why, in the words of whoever acted.
    pub(super) stated: Option<String>,
    /// With which browser, by its name; one that is not known, also as it names itself.
    pub(super) browser: Option<(String, Option<String>)>,
    /// From where.
    pub(super) ip: Option<String>,
    /// Who acted, when it was not the person.
    pub(super) actor: Option<String>,
}

impl Line {
    /// Whether another one says the same of another moment.
    fn says_the_same(&self, other: &Self) -> bool {
        let what = |line: &Self| (line.text.clone(), line.name.clone(), line.mood, line.way.clone(), line.why.clone());
        let whose = |line: &Self| (line.destination.clone(), line.browser.clone(), line.ip.clone(), line.actor.clone());
        what(self) == what(other) && whose(self) == whose(other) && self.stated == other.stated
    }
}

/// Puts a story into lines; what happened several times on end is told once.
pub(super) fn tell(lines: Vec<StoryLine>) -> Vec<Line> {
    let lines = lines.into_iter().map(|line| match line.event {
        StoryEvent::Entry(entry) => of_entry(line.at, *entry),
        StoryEvent::Message(event) => of_message(line.at, *event),
    });
    together(lines)
}

fn together(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut told: Vec<Line> = Vec::new();
    for line in lines {
        match told.last_mut() {
            Some(last) if last.says_the_same(&line) => last.times += 1,
            Some(_) | None => told.push(line),
        }
    }
    told
}

/// What an entry adds to its sentence: a word of the log, and the words of whoever acted. Ids of rows help nobody here.
fn reasons(detail: &str) -> (Option<String>, Option<String>) {
    let (word, stated) = match detail.split_once("stated:") {
        Some((before, stated)) => (before.trim_end_matches([' ', ';']), Some(stated.to_owned())),
        None => (detail, None),
    };
    let word = match word.split_once(':') {
        Some(("role", role)) => role,
        Some(_) => "",
        None => word,
    };
    (Some(word.to_owned()).filter(|word| !word.is_empty()), stated)
}

/// A lock comes out as it was meant, and is no good news; nor is a right password that it stopped.
fn mood(action: Option<AuditAction>, success: bool, why: Option<&str>) -> Mood {
    let alarming = [AuditAction::AccountLocked, AuditAction::TrustedDeviceStolen, AuditAction::ClockSkew];
    if !success {
        Mood::Bad
    } else if action.is_some_and(|action| alarming.contains(&action)) || why == Some("account_locked") {
        Mood::Sad
    } else {
        Mood::Good
    }
}

fn of_entry(at: Timestamp, entry: StoryEntry) -> Line {
    let (why, stated) = reasons(&entry.detail);
    let unknown = device_name(None);
    let browser = entry.user_agent.map(|agent| {
        let name = device_name(Some(&agent));
        let agent = Some(agent).filter(|_| name == unknown);
        (name, agent)
    });
    Line {
        at,
        times: 1,
        text: entry.action.map(|action| key(action, entry.success)),
        name: entry.name,
        mood: mood(entry.action, entry.success, why.as_deref()),
        way: entry.method,
        destination: None,
        why,
        stated,
        browser,
        ip: entry.ip,
        actor: entry.actor,
    }
}

fn of_message(at: Timestamp, event: TimelineEntry) -> Line {
    let mood = match event.event.as_str() {
        "delivered" => Mood::Good,
        "failed" | "tried" => Mood::Bad,
        _ => Mood::Plain,
    };
    let known = ["queued", "tried", "put_off", "accepted", "sent", "delivered", "failed"];
    let text = known.contains(&event.event.as_str()).then(|| message_key(&event.event));
    let why: Vec<String> = [event.trouble, event.reason].into_iter().flatten().collect();
    Line {
        at,
        times: 1,
        text,
        name: event.kind.unwrap_or(event.event),
        mood,
        way: event.channel,
        destination: event.destination,
        why: Some(why.join(", ")).filter(|why| !why.is_empty()),
        stated: None,
        browser: None,
        ip: None,
        actor: event.provider,
    }
}

/// The name of the sentence about an event of a delivery.
fn message_key(event: &str) -> String {
    format!("delivery-{}", event.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_word_of_the_log_or_the_words_of_whoever_acted() {
        let told = |detail: &str| {
            let (word, stated) = reasons(detail);
            (word.unwrap_or_default(), stated.unwrap_or_default())
        };
        let words = |word: &str, stated: &str| (word.to_owned(), stated.to_owned());
        assert_eq!(told(""), words("", ""));
        assert_eq!(told("wrong_code"), words("wrong_code", ""));
        assert_eq!(told("session:01890a5d-ac96-774b-bcce-b302099a8057"), words("", ""));
        assert_eq!(told("stated:lost phone: called back"), words("", "lost phone: called back"));
        assert_eq!(told("role:support"), words("support", ""));
        assert_eq!(told("role:support; stated:new at the desk"), words("support", "new at the desk"));
    }

    #[test]
    fn what_happens_several_times_on_end_is_told_once() {
        let wrong = |at: i64, ip: &str| Line {
            at: Timestamp::from_micros(at),
            times: 1,
            text: Some("event-code-verified-failed".to_owned()),
            name: "code_verified".to_owned(),
            mood: Mood::Bad,
            way: None,
            destination: None,
            why: Some("wrong_code".to_owned()),
            stated: None,
            browser: None,
            ip: Some(ip.to_owned()),
            actor: None,
        };
        let (here, there) = ("203.0.113.7", "203.0.113.8");
        let told = together([wrong(9, here), wrong(8, here), wrong(7, there), wrong(6, here)].into_iter());
        let told: Vec<(i64, usize)> = told.iter().map(|line| (line.at.as_micros(), line.times)).collect();
        assert_eq!(told, [(9, 2), (7, 1), (6, 1)], "the newest is the time, and who did it counts");
    }
}
