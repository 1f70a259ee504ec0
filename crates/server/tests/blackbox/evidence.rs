//! What the database shows, for the rows of the test plan that allow a look into it.

use crate::harness::World;
use crate::people::Person;

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) person: Option<String>,
    pub(crate) seq: Option<i64>,
    pub(crate) action: String,
    pub(crate) success: bool,
    pub(crate) method: Option<String>,
    pub(crate) ip_address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) detail: String,
    pub(crate) created_at: String,
    pub(crate) previous_hash: Option<String>,
    pub(crate) hash: Option<String>,
}

impl World {
    /// Every entry of the audit log: each person's in the order of the chain, then the unchained ones.
    pub(crate) async fn audit(&self) -> Vec<Entry> {
        let sql = "SELECT id, person_id, seq, action, success, method, ip_address, user_agent, request_id, detail, \
                   created_at, previous_hash, hash FROM two_factor_audit_log ORDER BY person_id, seq, created_at";
        let rows = self.look.rows(sql).await;
        rows.into_iter()
            .map(|row| {
                let mut fields = row.into_iter();
                let mut next = || fields.next().unwrap();
                Entry {
                    id: next().unwrap(),
                    person: next(),
                    seq: next().map(|seq| seq.parse().unwrap()),
                    action: next().unwrap(),
                    success: matches!(next().as_deref(), Some("1" | "t")),
                    method: next(),
                    ip_address: next(),
                    user_agent: next(),
                    request_id: next(),
                    detail: next().unwrap(),
                    created_at: next().unwrap(),
                    previous_hash: next(),
                    hash: next(),
                }
            })
            .collect()
    }

    /// The entries about one person, in the order of the chain.
    pub(crate) async fn audit_of(&self, person: &Person) -> Vec<Entry> {
        let id = self.look.value(&format!("SELECT person_id FROM users WHERE email = '{}'", person.email)).await;
        self.audit().await.into_iter().filter(|entry| entry.person == id).collect()
    }

    /// How many entries about a person have this action and outcome.
    pub(crate) async fn audit_count(&self, person: &Person, action: &str, success: bool) -> usize {
        let entries = self.audit_of(person).await;
        entries.iter().filter(|entry| entry.action == action && entry.success == success).count()
    }

    /// How many wrong codes were judged for a person: refusals of codes that were looked at, not those of a lock.
    pub(crate) async fn judged_wrong(&self, person: &Person) -> usize {
        let judged = ["wrong_code", "replayed", "clock_skew"];
        let entries = self.audit_of(person).await;
        entries.iter().filter(|entry| !entry.success && judged.contains(&entry.detail.as_str())).count()
    }

    /// Every address the audit log names.
    pub(crate) async fn audit_addresses(&self) -> Vec<String> {
        let entries = self.audit().await;
        entries.into_iter().filter_map(|entry| entry.ip_address).map(|address| bare(&address)).collect()
    }

    /// Disables somebody, as an administrator will: by the mark in the row.
    pub(crate) async fn disable(&self, person: &Person) {
        let now = if self.database.is_postgres() { "now()" } else { "unixepoch() * 1000000" };
        let sql = format!("UPDATE users SET disabled_at = {now} WHERE email = '{}'", person.email);
        self.look.execute(&sql).await;
    }

    /// The user's id as the database shows it, ready to stand in a statement.
    pub(crate) async fn id_of(&self, person: &Person) -> String {
        let id = self.look.value(&format!("SELECT id FROM users WHERE email = '{}'", person.email)).await.unwrap();
        match id.strip_prefix("\\x") {
            Some(hex) => format!("x'{hex}'"),
            None => format!("'{id}'"),
        }
    }
}

/// An address without the prefix length PostgreSQL may show.
fn bare(address: &str) -> String {
    address.split('/').next().unwrap_or_default().to_owned()
}
