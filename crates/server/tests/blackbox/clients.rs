//! The client libraries, tried by tests of their own in their own language against a running server.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::database::Database;
use crate::harness::World;

/// Where the clients of the tests are sent back to: nobody listens there, what counts is the address.
const BACK: &str = "http://127.0.0.1:9/second-factor";

/// A folder of the repository.
pub(crate) fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).canonicalize().unwrap()
}

/// What `cargo xtask test` has fetched, by the name of its variable; `None` where it was not, which in CI is a failure.
#[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
pub(crate) fn fetched(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI is set and {variable} is not: run cargo xtask test");
        eprintln!("SKIPPED: {variable} is not set, so this was not tested: run cargo xtask test");
    }
    found
}

/// Runs the tests of a client in its folder, against this world. as an application sees them: a lost answer
/// costs no guess, a result about somebody else or brought by another browser signs nobody in, and no answer is no yes.
async fn try_out(world: World, client: &Path, program: impl AsRef<OsStr>, arguments: &[&str]) {
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    world.must(&["app", "return-url", "add", "shop", BACK]);
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(client)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TWINLOCK_URL", world.base())
        .env("TWINLOCK_API_KEY", shop.key)
        .env("TWINLOCK_OTHER_API_KEY", bank.key)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{wrong}", output.status);
    drop(world);
}

/// A world in which a key may call as often as tests do.
async fn busy(database: Database) -> World {
    World::on(database).with("TWINLOCK_API_RATE_LIMIT", "100000").start().await
}

async fn the_python_client_does_as_it_says(database: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let client = folder("clients/python");
    try_out(busy(database).await, &client, python, &["-W", "ignore", "-m", "unittest", "--verbose"]).await;
}

/// The TypeScript client, compiled beside its packages; `name` of the examples is put there too. Gives where it all is.
pub(crate) fn compiled(world: &World, packages: &Path, name: Option<&str>) -> PathBuf {
    let (client, modules) = (world.path().join("typescript"), world.path().join("node_modules"));
    std::fs::create_dir(&modules).unwrap();
    for package in std::fs::read_dir(packages).unwrap().map(Result::unwrap) {
        std::os::unix::fs::symlink(package.path(), modules.join(package.file_name())).unwrap();
    }
    std::os::unix::fs::symlink(&client, modules.join("twinlock")).unwrap();
    for (from, to) in [Some("clients/typescript"), name].into_iter().flatten().zip([&client, &world.path().join("app")])
    {
        let copied = Command::new("cp").arg("-R").args([&folder(from), to]).status().unwrap();
        assert!(copied.success(), "{from}");
    }
    let compiled = Command::new("node").arg(modules.join("typescript/bin/tsc")).current_dir(&client).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
    client
}

/// Its compiler finds nothing, and its tests pass.
async fn the_typescript_client_does_as_it_says(database: Database) {
    let Some(packages) = fetched("TWINLOCK_TEST_NODE") else { return };
    let world = busy(database).await;
    let client = compiled(&world, &packages, None);
    try_out(world, &client, "node", &["--test", "--test-concurrency=1", "dist/tests/"]).await;
}

/// What is typed is checked: `mypy` finds nothing.
async fn the_python_client_is_typed(_: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let modules = ["__init__", "fastapi"].map(|name| format!("twinlock/{name}.py"));
    let output = Command::new(python)
        .args(["-m", "mypy", "--strict", "--cache-dir=/dev/null"])
        .args(modules)
        .current_dir(folder("clients/python"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A client is short enough to be read before it is trusted: 400 lines at most, its tests and the frameworks aside.
#[test]
fn the_clients_are_short() {
    for (client, extension, index) in
        [("clients/python/twinlock", "py", "__init__"), ("clients/typescript/src", "ts", "index")]
    {
        let lines = |name: &str| {
            let text = std::fs::read_to_string(folder(&format!("{client}/{name}.{extension}"))).unwrap();
            text.lines().filter(|line| !line.trim().is_empty()).count()
        };
        let lines: usize = [index, "answers", "client", "errors", "transport", "webhook"].into_iter().map(lines).sum();
        assert!((200..=400).contains(&lines), "{client} has {lines} lines");
    }
}

on_sqlite![the_python_client_does_as_it_says, the_python_client_is_typed, the_typescript_client_does_as_it_says,];
