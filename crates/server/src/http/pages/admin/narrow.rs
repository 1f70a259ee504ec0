//! What lists and the audit log alike are narrowed to, as addresses and forms have it.

use domain::factor::Method;
use domain::time::Timestamp;
use store::desk_list::{Cell, List, ListFilter};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use super::days::Span;
use crate::app::App;
use crate::problem::Problem;

/// Applications that can be chosen from.
const MOST: u32 = 200;

/// Kind, application and days.
#[derive(Clone, Default)]
pub(super) struct Narrow {
    pub(super) method: String,
    pub(super) application: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Narrow {
    /// Every kind an entry or a row may be of.
    pub(super) const METHODS: [Method; 4] = [Method::Totp, Method::Sms, Method::Email, Method::RecoveryCode];

    /// Takes a pair of an address that is one of these.
    pub(super) fn take(&mut self, name: &str, value: String) {
        match name {
            "method" => self.method = value,
            "application" => self.application = value,
            "from" => self.from = value,
            "to" => self.to = value,
            _ => {}
        }
    }

    /// Writes what is chosen into an address, with these days.
    pub(super) fn write(&self, address: &mut Serializer<'_, String>, from: &str, to: &str) {
        for (name, value) in
            [("method", &*self.method), ("application", &*self.application), ("from", from), ("to", to)]
        {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
    }

    /// Whether anything is chosen.
    pub(super) fn is_chosen(&self) -> bool {
        [&self.method, &self.application, &self.from, &self.to].into_iter().any(|text| !text.is_empty())
    }

    /// The days it is about; what is no day narrows nothing.
    pub(super) fn span(&self) -> Span {
        Span::between(&self.from, &self.to)
    }

    /// The kind; what is none narrows nothing.
    pub(super) fn method(&self) -> Option<Method> {
        Method::parse(&self.method)
    }

    /// The application; what is no id narrows nothing.
    pub(super) fn application(&self) -> Option<Uuid> {
        Uuid::parse_str(&self.application).ok()
    }
}

/// Id and name of each application that can be chosen.
pub(super) async fn applications(app: &App, now: Timestamp) -> Result<Vec<(String, String)>, Problem> {
    let found = app.db.list(List::Applications, &ListFilter::default(), None, MOST, now).await?;
    let name = |cells: &[Cell]| match cells.first() {
        Some(Cell::Text(name)) => name.clone(),
        Some(_) | None => String::new(),
    };
    Ok(found.lines.into_iter().map(|line| (line.id.to_string(), name(&line.cells))).collect())
}
