//! An authenticator that shares no line with the server: every code is computed by `oathtool`.

use std::process::Command;

/// The six digits an authenticator shows for `secret` (base32) at `unix` seconds.
pub(crate) fn code(secret: &str, unix: i64) -> String {
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--digits=6", &format!("--now=@{unix}"), "--", secret])
        .output()
        .expect("oathtool is needed for these tests: apt-get install oathtool");
    assert!(output.status.success(), "oathtool refused: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The code `steps` steps of 30 seconds away from the one of `unix`.
pub(crate) fn code_at(secret: &str, unix: i64, steps: i64) -> String {
    code(secret, unix + 30 * steps)
}

/// `count` different codes that are surely wrong at `unix`, and for ten steps on either side of it.
pub(crate) fn wrong_codes(secret: &str, unix: i64, count: usize) -> Vec<String> {
    let live: Vec<String> = (-10..=10).map(|steps| code_at(secret, unix, steps)).collect();
    (0..)
        .map(|n: u32| format!("{:06}", (n * 7919 + 13) % 1_000_000))
        .filter(|code| !live.contains(code))
        .take(count)
        .collect()
}

/// One code that is surely wrong at `unix`.
pub(crate) fn wrong_code(secret: &str, unix: i64) -> String {
    wrong_codes(secret, unix, 1).remove(0)
}
