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
    /// When.
    pub(super) at: Timestamp,
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

/// Puts a story into lines.
pub(super) fn tell(lines: Vec<StoryLine>) -> Vec<Line> {
    lines
        .into_iter()
        .map(|line| match line.event {
            StoryEvent::Entry(entry) => of_entry(line.at, *entry),
            StoryEvent::Message(event) => of_message(line.at, *event),
        })
        .collect()
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

/// A lock comes out as it was meant, and is no good news.
fn mood(action: Option<AuditAction>, success: bool) -> Mood {
    let alarming = [AuditAction::AccountLocked, AuditAction::TrustedDeviceStolen, AuditAction::ClockSkew];
    if !success {
        Mood::Bad
    } else if action.is_some_and(|action| alarming.contains(&action)) {
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
        text: entry.action.map(|action| key(action, entry.success)),
        name: entry.name,
        mood: mood(entry.action, entry.success),
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
}
