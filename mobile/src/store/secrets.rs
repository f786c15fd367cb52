//! What must not lie in the database: the token, and the name under which this installation counts its mutations. On
//! phones it belongs into the system's keychain, outside of backups. So a database that was restored from a copy meets
//! a secret of another incarnation and asks for a new one before it sends anything.

use super::folders;
use serde::{Deserialize, Serialize};
use shared::ids::{DeviceId, ExpertId};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What one expert's sign-in left on this phone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Where he signed in, like `https://squad.example.com`.
    pub server: String,
    /// With what he signed in.
    pub login: String,
    /// Proves it to the server. Empty once he signed out.
    pub token: String,
    /// This installation, for this expert.
    pub device: DeviceId,
    /// Its incarnation.
    pub inc: i64,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("server", &self.server).field("device", &self.device).finish_non_exhaustive()
    }
}

/// A place for secrets, one for each expert who ever signed in here.
pub trait Secrets: Send + Sync {
    /// An expert's.
    fn load(&self, expert: ExpertId) -> io::Result<Option<Secret>>;
    /// Keeps it, in place of an older one. It is on the disk when this returns.
    fn save(&self, expert: ExpertId, secret: &Secret) -> io::Result<()>;
    /// Everyone who has one.
    fn experts(&self) -> io::Result<Vec<ExpertId>>;
}

/// Files that only their owner may read. For desktops; a phone's platform brings its keychain.
#[derive(Debug)]
pub struct SecretFiles {
    folder: PathBuf,
}

impl SecretFiles {
    /// In this folder, which is made if it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        folders::make(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, expert: ExpertId) -> PathBuf {
        self.folder.join(format!("{expert}.json"))
    }
}

impl Secrets for SecretFiles {
    fn load(&self, expert: ExpertId) -> io::Result<Option<Secret>> {
        match fs::read(self.path(expert)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&self, expert: ExpertId, secret: &Secret) -> io::Result<()> {
        let bytes = serde_json::to_vec(secret).expect("a secret has only text keys");
        write_private(&self.path(expert), &bytes)
    }

    fn experts(&self) -> io::Result<Vec<ExpertId>> {
        let mut experts = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let expert: Option<ExpertId> =
                name.to_str().and_then(|name| name.strip_suffix(".json")).and_then(|id| id.parse().ok());
            experts.extend(expert);
        }
        experts.sort_unstable();
        Ok(experts)
    }
}

/// Writes a file that only its owner may read, all or nothing: another name first, then the exchange.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), folders::keep)
}

/// Secrets that end with the process, for tests and for running without a disk.
#[derive(Debug, Default)]
pub struct SecretMemory(Mutex<BTreeMap<ExpertId, Secret>>);

impl Secrets for SecretMemory {
    fn load(&self, expert: ExpertId) -> io::Result<Option<Secret>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&expert).cloned())
    }

    fn save(&self, expert: ExpertId, secret: &Secret) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(expert, secret.clone());
        Ok(())
    }

    fn experts(&self) -> io::Result<Vec<ExpertId>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::time::Timestamp;

    #[test]
    fn a_secret_survives_its_file_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = SecretFiles::new(folder.path().join("secrets")).unwrap();
        let chance = Seeded::new(1);
        let expert = ExpertId::new(Timestamp::EPOCH, &chance);
        let device = DeviceId::new(Timestamp::EPOCH, &chance);
        let secret = Secret { server: "s".into(), login: "l".into(), token: "t0ken".into(), device, inc: 2 };
        assert_eq!(secrets.load(expert).unwrap(), None);
        secrets.save(expert, &secret).unwrap();
        secrets.save(expert, &Secret { inc: 3, ..secret.clone() }).unwrap();
        assert_eq!(secrets.load(expert).unwrap(), Some(Secret { inc: 3, ..secret.clone() }));
        assert_eq!(secrets.experts().unwrap(), [expert]);
        assert!(!format!("{secret:?}").contains("t0ken"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(secrets.path(expert)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
