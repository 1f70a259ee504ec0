//! What the audit log holds of an application's users and of the application itself, as the application may read it.
//!
//! It reads what happened, and by which of its keys. What an operator or administrator wrote of a person, and who of them it
//! was, stays here.

use uuid::Uuid;

use super::ExternalId;
use crate::audit::{AuditAction, Words};
use crate::command::{Context, Decide};
use crate::decision::Decision;
use crate::ids::ApplicationId;
use crate::secret::Broken;
use crate::time::Timestamp;

/// Reads a part of it, the newest first. Changes nothing.
#[derive(Debug)]
pub struct ReadAudit {
    /// Of which application.
    pub application: ApplicationId,
    /// About which user only.
    pub user: Option<ExternalId>,
    /// What only.
    pub action: Option<AuditAction>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Goes on after this entry.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: usize,
}

impl ReadAudit {
    /// One more than is shown: whether there is a next part.
    pub fn wanted(&self) -> u32 {
        u32::try_from(self.limit).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The ids it lies between: an id begins with its time, so that no other entries are looked at. The first is in it.
    pub fn bounds(&self) -> (Uuid, Uuid) {
        let first = self.from.map_or(Uuid::nil(), |from| first_of(from, 0));
        let end = self.to.map_or(Uuid::max(), |to| first_of(to, 1));
        (first, self.after.map_or(end, |after| after.min(end)))
    }
}

/// The first id of a millisecond, or of one that comes so much later.
fn first_of(at: Timestamp, later: i64) -> Uuid {
    let millis = u64::try_from(at.as_micros().div_euclid(1_000).saturating_add(later)).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its words.
    pub words: Words,
    /// Its number on the user's chain.
    pub seq: Option<i64>,
    /// What the application calls the user, while there is one.
    pub user: Option<ExternalId>,
}

/// An entry as its application reads it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// About whom; `None` for the application itself, and for users that are deleted.
    pub user: Option<ExternalId>,
    /// What happened.
    pub action: String,
    /// Whether it came out as the actor wanted.
    pub success: bool,
    /// With which kind of factor.
    pub method: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// On which trusted device.
    pub device: Option<Uuid>,
    /// By whom, where it was not the person.
    pub actor: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// What else was said.
    pub detail: Option<String>,
}

/// What stands before the id of a key, where one acted.
const BY_KEY: &str = "api_key:";

/// What stands for a key in the audit log where its application acts.
pub fn actor(key: crate::ids::ApiKeyId) -> String {
    format!("{BY_KEY}{key}")
}

impl From<Stored> for Line {
    fn from(stored: Stored) -> Self {
        let Words { id, at, action, success, method, ip, user_agent, device, actor, request_id, detail, .. } =
            stored.words;
        let theirs = actor.as_ref().is_none_or(|actor| actor.starts_with(BY_KEY));
        let told = |detail: &String| theirs || !detail.contains("stated:");
        Self {
            id,
            at,
            user: stored.user,
            action,
            success,
            method,
            // An operator's own address is none of the application's business.
            ip: ip.filter(|_| theirs),
            user_agent: user_agent.filter(|_| theirs),
            device,
            actor: actor.map(|actor| if theirs { actor } else { "operator".to_owned() }),
            request_id: request_id.filter(|_| theirs),
            detail: Some(detail).filter(|detail| !detail.is_empty()).filter(told),
        }
    }
}

/// A part of the log.
#[derive(Clone, Debug)]
pub struct Part {
    /// The newest first.
    pub items: Vec<Line>,
    /// Where the next part begins.
    pub next: Option<Uuid>,
}

impl Decide for ReadAudit {
    /// The newest first, one more than is shown.
    type View = Vec<Stored>;
    type Reply = Part;

    fn decide(&self, mut found: Vec<Stored>, context: &mut Context<'_>) -> Result<Decision<Part>, Broken> {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| more).map(|last| last.words.id);
        // What happened in one moment is told in the order of its chain.
        found.sort_by_key(|entry| std::cmp::Reverse((entry.words.at, entry.seq)));
        Ok(Decision::new(Ok(Part { items: found.into_iter().map(Line::from).collect(), next }), context.clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: Option<i64>, to: Option<i64>, after: Option<Uuid>) -> ReadAudit {
        let application = ApplicationId::from_uuid(Uuid::nil());
        let at = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        ReadAudit { application, user: None, action: None, from: at(from), to: at(to), after, limit: 10 }
    }

    #[test]
    fn every_id_of_a_span_lies_within_its_bounds() {
        let mut rng = crate::testing::rng(7);
        let (from, to) = (1_772_719_620_123_456, 1_772_719_620_987_654);
        let (first, end) = asked(Some(from), Some(to), None).bounds();
        for at in [from, from + 1, to - 1] {
            let id = crate::ids::new_uuid(Timestamp::from_micros(at), &mut rng);
            assert!(first <= id && id < end, "{at}");
        }
        for at in [from - 1_000, to + 1_000] {
            let id = crate::ids::new_uuid(Timestamp::from_micros(at), &mut rng);
            assert!(id < first || end <= id, "{at}");
        }
        assert_eq!(asked(None, None, Some(first)).bounds(), (Uuid::nil(), first));
        assert_eq!(asked(None, Some(from), Some(Uuid::max())).bounds().1, asked(None, Some(from), None).bounds().1);
    }

    #[test]
    fn what_an_operator_wrote_and_who_it_was_is_not_told() {
        let words = |actor: Option<&str>, detail: &str| Words {
            id: Uuid::nil(),
            at: Timestamp::EPOCH,
            person: None,
            application: Uuid::nil(),
            action: "two_factor_reset".to_owned(),
            success: true,
            method: None,
            ip: Some("192.0.2.1".to_owned()),
            user_agent: None,
            device: None,
            actor: actor.map(str::to_owned),
            request_id: Some("r".to_owned()),
            detail: detail.to_owned(),
        };
        let line = |actor, detail| Line::from(Stored { words: words(actor, detail), seq: None, user: None });
        let own = line(Some("api_key:1"), "stated:lost");
        assert_eq!((own.actor.as_deref(), own.detail.as_deref()), (Some("api_key:1"), Some("stated:lost")));
        let theirs = line(Some("cli"), "role:viewer; stated:secret");
        assert_eq!((theirs.actor.as_deref(), theirs.detail, theirs.ip), (Some("operator"), None, None));
        assert_eq!(line(None, "no_factor").detail.as_deref(), Some("no_factor"));
        assert_eq!(line(None, "").detail, None);
    }
}
