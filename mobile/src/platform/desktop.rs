//! A desktop in place of a phone: secrets are files that only their owner reads, there is no push and no place unless
//! somebody says one. For developing, for tests, and for an office that keeps a screen open.

use super::Platform;
use crate::clock::Edge;
use crate::store::{SecretFiles, Secrets};
use shared::place::Place;
use shared::sync::Location;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// A place that somebody said is theirs is a house, not a point.
const STANDS_METRES: u32 = 20;

/// This machine.
pub struct Desktop {
    folder: PathBuf,
    secrets: Arc<SecretFiles>,
    location: Mutex<Option<Location>>,
    /// Where it always stands, and the clock by which it says so.
    stands: Option<(Place, Edge)>,
}

impl Desktop {
    /// With its data in this folder, which is made (for its owner alone) if it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        make_private(&folder)?;
        let secrets = folder.join("secrets");
        make_private(&secrets)?;
        Ok(Self { secrets: Arc::new(SecretFiles::new(secrets)?), folder, location: Mutex::new(None), stands: None })
    }

    /// The folder that desktops keep such data in: `$XDG_DATA_HOME`, else `~/.local/share`.
    pub fn usual_folder() -> PathBuf {
        let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        base.or_else(home).unwrap_or_else(std::env::temp_dir).join("sysops-expert")
    }

    /// A desktop that says that it stands here, until a place is set as a phone's receiver would.
    #[must_use]
    pub fn standing_at(mut self, place: Place) -> Self {
        self.stands = Some((place, Edge::machine()));
        self
    }

    /// Says where it is, as a phone's receiver would.
    pub fn set_location(&self, location: Option<Location>) {
        *self.location.lock().unwrap_or_else(PoisonError::into_inner) = location;
    }
}

impl Platform for Desktop {
    fn kind(&self) -> &'static str {
        "desktop"
    }

    fn name(&self) -> String {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name: String = name.trim().chars().filter(|char| !char.is_control()).take(60).collect();
        if name.is_empty() { "Desktop".into() } else { name }
    }

    fn data_folder(&self) -> &Path {
        &self.folder
    }

    fn secrets(&self) -> Arc<dyn Secrets> {
        Arc::clone(&self.secrets) as _
    }

    fn push_token(&self) -> Option<String> {
        None
    }

    fn location(&self) -> Option<Location> {
        let set = *self.location.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = || {
            let (place, edge) = self.stands.as_ref()?;
            Some(Location { place: *place, accuracy_m: STANDS_METRES, at: edge.wall() })
        };
        set.or_else(stands)
    }

    fn open(&self, link: &str) -> bool {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let started =
            Command::new(opener).arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        // Somebody must take its exit, or it stays as a zombie for as long as the app runs.
        started.map(|mut child| std::thread::spawn(move || child.wait())).is_ok()
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn only_the_owner_sees_what_the_app_keeps() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let phone = Desktop::new(folder.path().join("app")).unwrap();
        for path in [phone.data_folder().to_owned(), phone.data_folder().join("secrets")] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
        assert!(!phone.name().is_empty());
    }
}
