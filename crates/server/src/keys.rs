//! The key ring of an installation: from the environment, from a file, or, on a developer's machine, made once.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use domain::secret::KeyRing;
use rand::Rng as _;
use zeroize::Zeroizing;

use crate::app::system_rng;
use crate::config::KeySource;

/// Why there is no key ring. One line, with what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeysError(String);

/// Reads the ring; makes it, where this machine may make its own.
pub fn load(source: &KeySource) -> Result<KeyRing, KeysError> {
    match source {
        KeySource::Environment(text) => parse("TWINLOCK_KEYS", text),
        KeySource::File(path) => read(path)?.ok_or_else(|| {
            KeysError(format!(
                "TWINLOCK_KEYS_FILE: {} does not exist; make it with `twinlock keys generate`",
                path.display()
            ))
        }),
        KeySource::Generated(path) => match read(path)? {
            Some(ring) => Ok(ring),
            None => make(path),
        },
    }
}

fn parse(name: &str, text: &str) -> Result<KeyRing, KeysError> {
    KeyRing::parse(text)
        .map_err(|error| KeysError(format!("{name}: {error}; make a ring with `twinlock keys generate`")))
}

/// Reads a file of keys, which nobody else may read.
fn read(path: &Path) -> Result<Option<KeyRing>, KeysError> {
    let unreadable = |error| KeysError(format!("{}: the keys cannot be read: {error}", path.display()));
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        let why = format!("TWINLOCK_KEYS_FILE: {0} can be read by others; run `chmod 600 {0}`", path.display());
        return Err(KeysError(why));
    }
    parse(&path.display().to_string(), &text).map(Some)
}

/// Makes a ring and keeps it in a new file. Of two processes that do so at once, one finds the other's.
fn make(path: &Path) -> Result<KeyRing, KeysError> {
    let failed = |error| KeysError(format!("{}: the keys cannot be kept: {error}", path.display()));
    let ring = KeyRing::generate(&mut system_rng());
    let text = ring.to_text();
    // A name of its own: neither another start nor what a killed one left behind is in the way.
    let mut suffix = [0; 8];
    system_rng().fill_bytes(&mut suffix);
    let temporary = path.with_extension(format!("{:016x}.new", u64::from_be_bytes(suffix)));
    let unmade = |error| KeysError(format!("{}: the keys cannot be kept: {error}", temporary.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(unmade)?;
    let written =
        file.write_all(text.expose().as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary).map_err(unmade)?;
    match linked {
        Ok(()) => Ok(ring),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| KeysError(format!("{}: the keys went away", path.display())))
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twinlock.keys");
        let source = KeySource::Generated(path.clone());
        let made: Vec<_> = load(&source).unwrap().ids().collect();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&source).unwrap().ids().collect::<Vec<_>>(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn first_starts_at_the_same_moment_share_one_ring_and_leftovers_are_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twinlock.keys");
        fs::write(path.with_extension("new"), "left by a start that was killed").unwrap();
        let start = || load(&KeySource::Generated(path.clone())).map(|ring| ring.ids().collect::<Vec<_>>());
        let rings: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect()
        });
        assert!(rings.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn keys_others_can_read_missing_keys_and_broken_keys_are_refused_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let said = |source: &KeySource| load(source).unwrap_err().to_string();
        assert!(said(&KeySource::File(path.clone())).contains("twinlock keys generate"));
        fs::write(&path, KeyRing::generate(&mut domain::testing::rng(1)).to_text().expose()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(said(&KeySource::File(path.clone())).contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(load(&KeySource::File(path.clone())).is_ok());
        fs::write(&path, "nonsense").unwrap();
        assert!(said(&KeySource::File(path)).contains("43 characters"));
    }
}
