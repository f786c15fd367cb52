//! A desktop in place of a phone: secrets are files that only their owner reads, there is no push and no place unless
//! somebody says one. For developing, for tests, and for an office that keeps a screen open.

use super::{EVENTS_MAX, Platform, Told};
use crate::clock::Edge;
use crate::store::{SecretFiles, Secrets};
use shared::place::Place;
use shared::sync::Location;
use shared::texts::Language;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// A place that somebody said is theirs is a house, not a point.
const STANDS_METRES: u32 = 20;

/// This machine.
pub struct Desktop {
    folder: PathBuf,
    secrets: Arc<SecretFiles>,
    location: Mutex<Option<Location>>,
    /// Where it always stands, and the clock by which it says so.
    stands: Option<(Place, Edge)>,
    on_duty: AtomicBool,
    allowed: AtomicBool,
    push_token: Mutex<Option<String>>,
    tell: mpsc::Sender<Told>,
    told: Mutex<Option<mpsc::Receiver<Told>>>,
    edge: Edge,
}

impl Desktop {
    /// With its data in this folder, which is made (for its owner alone) if it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        make_private(&folder)?;
        let secrets = folder.join("secrets");
        make_private(&secrets)?;
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        Ok(Self {
            secrets: Arc::new(SecretFiles::new(secrets)?),
            folder,
            location: Mutex::new(None),
            stands: None,
            on_duty: AtomicBool::new(false),
            allowed: AtomicBool::new(true),
            push_token: Mutex::new(None),
            tell,
            told: Mutex::new(Some(told)),
            edge: Edge::machine(),
        })
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

    /// Plays what a phone's system would tell. A full queue drops it, as a phone does.
    pub fn tells(&self, told: Told) {
        if self.tell.try_send(told).is_err() {
            tracing::debug!("nobody hears what the phone tells");
        }
    }

    /// Plays a push service that gave this installation an address.
    pub fn set_push_token(&self, token: &str) {
        *self.push_token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.to_owned());
        self.tells(Told::PushAddress);
    }

    /// Plays what a line of text says: `push`, `open LINK`, `back`, `resume`, `token WORD`, `place LAT,LON`, `nowhere`.
    /// False if it says nothing.
    pub fn plays(&self, line: &str) -> bool {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (word, rest.trim()) {
            ("push", "") => self.tells(Told::Pushed),
            ("open", link) if !link.is_empty() => self.tells(Told::Opened(link.to_owned())),
            ("back", "") => self.tells(Told::Back),
            ("resume", "") => self.tells(Told::Resumed),
            ("token", token) if !token.is_empty() => self.set_push_token(token),
            ("nowhere", "") => self.set_location(None),
            ("place", at) => {
                let degrees = at.split_once(',').and_then(|(lat, lon)| Some((lat.parse().ok()?, lon.parse().ok()?)));
                let place = degrees.and_then(|(lat, lon)| Place::from_degrees(lat, lon).ok());
                let Some(place) = place else { return false };
                self.set_location(Some(Location { place, accuracy_m: STANDS_METRES, at: self.edge.wall() }));
            }
            (_, _) => return false,
        }
        true
    }

    /// Plays every line of a pipe, for as long as the app runs: how tests and demonstrations give a desktop a phone's
    /// push, links, gesture and place.
    pub fn play_from(self: &Arc<Self>, pipe: PathBuf) {
        let phone = Arc::clone(self);
        std::thread::spawn(move || {
            // Opening a pipe waits for its writer; when that one is gone, for the next.
            while let Ok(file) = std::fs::File::open(&pipe) {
                for line in BufReader::new(file).lines().map_while(Result::ok) {
                    if !phone.plays(&line) {
                        tracing::warn!(line, "nothing that a phone would tell");
                    }
                }
                if !is_pipe(&pipe) {
                    return;
                }
            }
        });
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
        self.push_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn language(&self) -> Language {
        let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let name = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
        name.and_then(|name| std::env::var(name).ok())
            .map_or_else(Language::default, |locale| Language::of_locale(&locale))
    }

    fn use_location(&self, on_duty: bool) {
        self.on_duty.store(on_duty, Ordering::Relaxed);
    }

    fn allow_location(&self, allowed: bool) {
        self.allowed.store(allowed, Ordering::Relaxed);
    }

    fn take_back(&self, _takes: bool) {}

    fn events(&self) -> Option<mpsc::Receiver<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn location(&self) -> Option<Location> {
        if !self.on_duty.load(Ordering::Relaxed) || !self.allowed.load(Ordering::Relaxed) {
            return None;
        }
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

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone() -> (tempfile::TempDir, Desktop) {
        let folder = tempfile::tempdir().unwrap();
        let phone = Desktop::new(folder.path().join("app")).unwrap();
        (folder, phone)
    }

    #[test]
    fn off_duty_or_unwanted_the_place_is_not_read_at_all() {
        let (_folder, phone) = phone();
        assert!(phone.plays("place 40.7,-74"));
        assert_eq!(phone.location(), None, "nobody is on duty yet");
        phone.use_location(true);
        assert!(phone.location().is_some());
        phone.allow_location(false);
        assert_eq!(phone.location(), None, "switched off in the settings");
        phone.allow_location(true);
        phone.use_location(false);
        assert_eq!(phone.location(), None, "off duty again");
    }

    #[test]
    fn what_a_phone_tells_is_heard_in_its_order_and_by_one() {
        let (_folder, phone) = phone();
        for line in ["push", "open sysops-expert://ticket/7KM-Q2D-9XA", "back", "resume", "token abc"] {
            assert!(phone.plays(line), "{line}");
        }
        assert!(!phone.plays("dance") && !phone.plays("place nowhere") && !phone.plays("open"));
        assert_eq!(phone.push_token().as_deref(), Some("abc"));
        let mut events = phone.events().unwrap();
        assert!(phone.events().is_none());
        let opened = Told::Opened("sysops-expert://ticket/7KM-Q2D-9XA".into());
        for told in [Told::Pushed, opened, Told::Back, Told::Resumed, Told::PushAddress] {
            assert_eq!(events.try_recv(), Ok(told));
        }
        assert!(events.try_recv().is_err());
    }

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
