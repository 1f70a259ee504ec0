//! Running other programs, and ending them when we are told to end.
//!
//! Invariant: whatever ends a task (a failure, a panic, ctrl-c, SIGTERM) ends it through `main`'s return, so every
//! destructor runs and no database or server stays behind. An interrupt therefore only sets a mark and tells the running
//! child; the child's death then fails the step that waits for it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The process ids of the steps that run now.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns ctrl-c and its kin into the failure of the step that runs.
pub(crate) fn watch_signals() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            if signal == SIGINT {
                // A terminal has sent it to the child as well, which may end by itself, in order.
                thread::sleep(Duration::from_secs(1));
            }
            for pid in running().iter() {
                send("TERM", *pid);
            }
        }
    });
    Ok(())
}

/// Fails once the task has been interrupted.
pub(crate) fn check_interrupt() -> Result<()> {
    ensure!(!INTERRUPTED.load(Ordering::SeqCst), "interrupted");
    Ok(())
}

/// Sends a signal by name. A process that has ended already is what was wanted.
pub(crate) fn send(signal: &str, pid: u32) {
    let target = pid.to_string();
    let _ = Command::new("kill").args(["-s", signal, &target]).stderr(Stdio::null()).status();
}

/// Waits for the child's own end for `patience`, then kills it.
pub(crate) fn end(child: &mut Child, patience: Duration) {
    let deadline = Instant::now() + patience;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A child that is told of interrupts for as long as somebody waits for it.
struct Step {
    child: Child,
}

impl Step {
    fn start(command: &mut Command) -> Result<Self> {
        check_interrupt()?;
        let name = shown(command);
        let child = command.spawn().with_context(|| format!("cannot start `{name}`"))?;
        running().push(child.id());
        Ok(Self { child })
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let pid = self.child.id();
        running().retain(|other| *other != pid);
        end(&mut self.child, Duration::ZERO);
    }
}

/// Runs a step to its end, its output going where ours goes; fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = Step::start(command)?.child.wait()?;
    check_interrupt()?;
    ensure!(status.success(), "`{}` ended with {status}", shown(command));
    Ok(())
}

/// Runs a step as [`run`] does, and keeps those of its lines (colors removed) that `keep` chooses.
///
/// The lines come back beside the result, because a failed test run has a summary too.
pub(crate) fn run_keeping(mut command: Command, keep: fn(&str) -> bool) -> (Vec<String>, Result<()>) {
    announce(&command);
    let name = shown(&command);
    let (line_sender, lines) = mpsc::channel();
    let result = (|| {
        let (reader, writer) = std::io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let mut step = Step::start(&mut command)?;
        // The command still holds our end of the pipe: without this the reader would never see its end.
        drop(command);
        let copier = thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                let plain = without_colors(&line);
                if keep(&plain) {
                    let _ = line_sender.send(plain);
                }
            }
        });
        let status = step.child.wait()?;
        // A grandchild that was left behind could hold the pipe open for ever.
        let deadline = Instant::now() + Duration::from_secs(2);
        while !copier.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        check_interrupt()?;
        if !status.success() {
            bail!("`{name}` ended with {status}");
        }
        Ok(())
    })();
    (lines.try_iter().collect(), result)
}

/// Runs a quiet question and gives its standard output, trimmed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = shown(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{name}`"))?;
    ensure!(output.status.success(), "`{name}` ended with {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a quiet question is answered with success.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A cargo command at the root, as if it were typed there.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(arguments);
    // `cargo run` told us about our own package; a tool that reads that would take itself for a part of it.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Builds a program, as it is released or as `cargo build` makes it, and says where it lies.
pub(crate) fn build(package: &str, debug: bool) -> Result<PathBuf> {
    let mut command = cargo(&["build", "--package", package]);
    command.args((!debug).then_some("--release"));
    run(&mut command)?;
    let ours = env::current_exe()?;
    let folder = ours.parent().context("this program lies in no folder")?;
    let folder = if debug { folder.to_owned() } else { folder.with_file_name("release") };
    Ok(folder.join(package))
}

/// Where a program lies on the PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether we run where nobody watches and a skipped test would go unseen.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !["", "0", "false"].iter().any(|no| value == *no))
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

fn announce(command: &Command) {
    println!("+ {}", shown(command));
}

fn shown(command: &Command) -> String {
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args().map(OsStr::to_string_lossy) {
        let _ = write!(text, " {argument}");
    }
    text
}

fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A color is ESC [ … m.
            let _ = characters.by_ref().find(|end| *end == 'm');
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_removed_from_a_kept_line() {
        assert_eq!(without_colors("\u{1b}[32;1m Summary\u{1b}[0m [0.1s] 3 passed"), " Summary [0.1s] 3 passed");
    }

    #[test]
    fn the_kept_lines_come_back_from_a_failed_step_too() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo keep one; echo drop; echo keep two >&2; exit 3"]);
        let (lines, result) = run_keeping(command, |line| line.starts_with("keep"));
        assert_eq!(lines, ["keep one", "keep two"]);
        assert!(result.unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn a_program_is_found_on_the_path_only() {
        assert!(find_program("sh").is_some());
        assert_eq!(find_program("no-such-program-anywhere"), None);
    }
}
