//! Copying an SQLite database while it is in use, and putting a copy in its place while it is not.
//!
//! A copy is one snapshot: what is committed while it is made is in it as a whole or not at all. It is complete or not there:
//! it gets its name last. A file that takes the place of another does so in one step, and the other one is kept.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// How long a copy waits for a writer that closes the file.
const PATIENCE: Duration = Duration::from_secs(10);

fn failed(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::file(format_args!("{what}: {error}"))
}

/// Copies the database at `from` into a new file, readable by its owner only. Blocks as long as that takes.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(failed(&to.display().to_string(), "there is a file of this name"));
    }
    let part = beside(to, "-part");
    let _ = fs::remove_file(&part);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .map_err(|error| failed(&part.display().to_string(), error))?;
    let copied = fill(from, &part).and_then(|()| check(&part)).and_then(|()| {
        File::open(&part).and_then(|file| file.sync_all()).map_err(|error| failed("the copy cannot be kept", error))?;
        fs::rename(&part, to).map_err(|error| failed("the copy cannot be named", error))?;
        sync_folder(to)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

fn fill(from: &Path, part: &Path) -> Result<(), StoreError> {
    // Not created where it is not there.
    let connection =
        Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| failed(&from.display().to_string(), error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| failed("the database", error))?;
    let target = part.to_str().ok_or_else(|| failed("the copy", "its name is no text"))?;
    connection.execute("VACUUM INTO ?1", [target]).map_err(|error| failed("the database cannot be copied", error))?;
    Ok(())
}

/// Whether a file is a whole database of this program.
pub fn check(file: &Path) -> Result<(), StoreError> {
    let broken = |error: &dyn std::fmt::Display| failed(&file.display().to_string(), error);
    let connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| broken(&error))?;
    let said: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|error| broken(&error))?;
    if said != "ok" {
        return Err(broken(&said));
    }
    let ours = "SELECT count(*) FROM sqlite_schema WHERE name IN ('refinery_schema_history', 'two_factor_audit_log')";
    let tables: i64 = connection.query_row(ours, [], |row| row.get(0)).map_err(|error| broken(&error))?;
    if tables == 2 { Ok(()) } else { Err(broken(&"it is no database of twinlock")) }
}

/// Holds a database alone, as long as it is not dropped: nobody else has it open.
pub struct Alone {
    connection: Connection,
    path: PathBuf,
}

impl Alone {
    /// Takes hold of the database at `path`; refused while a server, a worker or anybody else has it open.
    pub fn hold(path: &Path) -> Result<Self, StoreError> {
        let taken = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;")?;
            Ok(connection)
        };
        let connection = taken().map_err(|error| {
            failed(&path.display().to_string(), format_args!("somebody has it open, stop the server first ({error})"))
        })?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Puts another file in its place, in one step; gives the name under which the old one is kept.
    pub fn replace_by(self, new: &Path, suffix: &str) -> Result<PathBuf, StoreError> {
        let path = self.path;
        // The last one to close writes the log back into the file, and removes it.
        self.connection.close().map_err(|(_, error)| failed("the database cannot be closed", error))?;
        if beside(&path, "-wal").exists() {
            return Err(failed(&beside(&path, "-wal").display().to_string(), "somebody has opened the database again"));
        }
        // Left over by a server that was killed: whoever holds a file alone uses none.
        let _ = fs::remove_file(beside(&path, "-shm"));
        let kept = beside(&path, suffix);
        fs::hard_link(&path, &kept)
            .or_else(|_| fs::copy(&path, &kept).map(drop))
            .map_err(|error| failed("the old database cannot be kept", error))?;
        File::open(new).and_then(|file| file.sync_all()).map_err(|error| failed("the new database", error))?;
        fs::rename(new, &path).map_err(|error| failed("the database cannot be replaced", error))?;
        sync_folder(&path)?;
        Ok(kept)
    }
}

/// A file of nearly the same name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes down for good what a folder holds.
pub fn sync_folder(of: &Path) -> Result<(), StoreError> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed("the folder", error))
}
