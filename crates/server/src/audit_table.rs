//! The audit log as a table for spreadsheets: its columns, and how a cell is written. For the command line and the pages.

use domain::audit::checkpoint::Recorded;

/// The columns, under their names in the database.
pub(crate) const COLUMNS: [&str; 16] = [
    "created_at",
    "id",
    "person_id",
    "application_id",
    "seq",
    "action",
    "success",
    "method",
    "ip_address",
    "user_agent",
    "device_id",
    "actor_id",
    "request_id",
    "detail",
    "previous_hash",
    "hash",
];

/// What stands in them for one entry.
pub(crate) fn columns(entry: &Recorded) -> [Option<String>; 16] {
    let Recorded { words, seq, previous, hash } = entry;
    let hex = |bytes: &Vec<u8>| data_encoding::HEXLOWER.encode(bytes);
    [
        Some(words.at.to_string()),
        Some(words.id.to_string()),
        words.person.map(|id| id.to_string()),
        Some(words.application.to_string()),
        seq.map(|seq| seq.to_string()),
        Some(words.action.clone()),
        Some(words.success.to_string()),
        words.method.clone(),
        words.ip.clone(),
        words.user_agent.clone(),
        words.device.map(|id| id.to_string()),
        words.actor.clone(),
        words.request_id.clone(),
        Some(words.detail.clone()),
        previous.as_ref().map(hex),
        hash.as_ref().map(hex),
    ]
}

/// The first line of a table.
pub(crate) fn heading() -> String {
    line(&COLUMNS.map(str::to_owned))
}

/// The line of one entry.
pub(crate) fn entry(entry: &Recorded) -> String {
    line(&columns(entry).map(Option::unwrap_or_default))
}

/// A record of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: clients choose their
/// own user agent.
fn line(cells: &[String; 16]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, written) in [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }
}
