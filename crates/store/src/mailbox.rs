//! The development mailbox: messages as they would have been sent, for a developer's eyes and for tests.

use domain::message::{Channel, MessageKind};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::only;
use crate::{Db, Row, Statement, StoreError, params};

/// A message as it was sent.
#[derive(Clone, Debug)]
pub struct MailboxMessage {
    /// The outbox message's id.
    pub id: Uuid,
    /// By which way.
    pub channel: Channel,
    /// To whom.
    pub to: String,
    /// What about.
    pub kind: MessageKind,
    /// In which language.
    pub locale: String,
    /// Subject of a mail.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML of a mail.
    pub html: String,
    /// The code in it.
    pub code: Option<String>,
    /// The link in it.
    pub link: Option<String>,
    /// How its delivery ended.
    pub state: String,
    /// When.
    pub at: Timestamp,
}

impl MailboxMessage {
    /// Puts the message into the mailbox; to be committed with its settling.
    pub fn insert(&self) -> Statement {
        Statement::new(
            "INSERT INTO mailbox (id, channel, recipient, kind, locale, subject, body_text, body_html, code, link, state, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            params![
                self.id,
                self.channel.as_str(),
                self.to.as_str(),
                self.kind.as_str(),
                self.locale.as_str(),
                self.subject.as_str(),
                self.text.as_str(),
                self.html.as_str(),
                self.code.clone(),
                self.link.clone(),
                self.state.as_str(),
                self.at,
            ],
        )
    }
}

macro_rules! mailbox_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, channel, recipient, kind, locale, subject, body_text, body_html, code, link, state, created_at \
             FROM mailbox ",
            $condition,
            " ORDER BY id DESC LIMIT 200"
        )
    };
}

impl Db {
    /// The newest 200 messages, to one recipient or to all, newest first: as they were asked for (ids hold that time), since
    /// they are sent several at once.
    pub async fn mailbox(&self, to: Option<&str>) -> Result<Vec<MailboxMessage>, StoreError> {
        let read = match to {
            Some(to) => Statement::new(mailbox_where!("WHERE lower(recipient) = lower($1)"), params![to]),
            None => Statement::new(mailbox_where!(""), params![]),
        };
        only(self.read(vec![read]).await?).iter().map(message).collect()
    }
}

fn message(row: &Row) -> Result<MailboxMessage, StoreError> {
    let corrupt = |column: &str| StoreError::Corrupt {
        table: "mailbox".into(),
        column: column.into(),
        reason: "unknown word".into(),
    };
    Ok(MailboxMessage {
        id: row.get(0)?,
        channel: Channel::parse(&row.get::<String>(1)?).ok_or_else(|| corrupt("channel"))?,
        to: row.get(2)?,
        kind: MessageKind::parse(&row.get::<String>(3)?).ok_or_else(|| corrupt("kind"))?,
        locale: row.get(4)?,
        subject: row.get(5)?,
        text: row.get(6)?,
        html: row.get(7)?,
        code: row.get(8)?,
        link: row.get(9)?,
        state: row.get(10)?,
        at: row.get(11)?,
    })
}
