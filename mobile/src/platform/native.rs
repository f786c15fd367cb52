//! A real phone, Android or iOS. The parts that its plugins do on the screen's thread (the receiver, push, links, the back
//! gesture) are driven by `ui/native.rs`; here is what the rest of the app sees of them, the keychain, and the folder.
//! A plugin that fails is as if the phone could not: the app goes on without, and says so in its log.

use super::receiver::Receiver;
use super::{EVENTS_MAX, Platform, Told};
use crate::clock::Edge;
use crate::store::{Secret, Secrets};
use g3_native_plugins::KeyValueStore;
use shared::ids::ExpertId;
use shared::sync::Location;
use shared::texts::Language;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Links to other apps that may wait.
const LINKS_MAX: usize = 8;

/// What the plugins and the app share.
#[derive(Default)]
struct State {
    receiver: Receiver,
    push_token: Option<String>,
    language: Language,
    links: Vec<String>,
    takes_back: bool,
}

/// The side of the phone that the plugins feed, for `ui/native.rs`.
#[derive(Clone)]
pub struct NativeParts {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    tell: mpsc::Sender<Told>,
    edge: Edge,
}

/// A phone.
pub struct Native {
    folder: PathBuf,
    parts: NativeParts,
    told: Mutex<Option<mpsc::Receiver<Told>>>,
}

impl Native {
    /// This phone, and its side for the plugins.
    pub fn new() -> io::Result<(Self, NativeParts)> {
        let folder = folder()?;
        std::fs::create_dir_all(&folder)?;
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        let parts = NativeParts { state: Arc::default(), changed: Arc::default(), tell, edge: Edge::machine() };
        Ok((Self { folder, parts: parts.clone(), told: Mutex::new(Some(told)) }, parts))
    }
}

impl NativeParts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the app wants something of the plugins.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether the receiver is to be asked where the phone is.
    pub fn asks_place(&self) -> bool {
        let now = self.edge.wall();
        self.state().receiver.is_due(now)
    }

    /// What the receiver said.
    pub fn found(&self, degrees: (f64, f64), accuracy_metres: f64) {
        let Ok(place) = shared::place::Place::from_degrees(degrees.0, degrees.1) else { return };
        // Rounded up: a place is never said to be better known than it is.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits before")]
        let accuracy_m = accuracy_metres.clamp(1.0, 1_000_000.0).ceil() as u32;
        let here = Location { place, accuracy_m, at: self.edge.wall() };
        self.state().receiver.found(here);
    }

    /// Where pushes go from now on.
    pub fn pushed_to(&self, token: String) {
        let is_new = self.state().push_token.replace(token.clone()) != Some(token);
        if is_new {
            self.tells(Told::PushAddress);
        }
    }

    /// What the phone is set to, like `de-AT`.
    pub fn speaks(&self, locale: &str) {
        self.state().language = Language::of_locale(locale);
    }

    /// Something for the app to hear. A full queue drops it: what waits there makes the app look anyway.
    pub fn tells(&self, told: Told) {
        if self.tell.try_send(told).is_err() {
            tracing::debug!("nobody hears what the phone tells");
        }
    }

    /// Links that the app wants opened by others.
    pub fn take_links(&self) -> Vec<String> {
        std::mem::take(&mut self.state().links)
    }

    /// Whether the back gesture is the app's.
    pub fn takes_back(&self) -> bool {
        self.state().takes_back
    }
}

impl Platform for Native {
    fn kind(&self) -> &'static str {
        if cfg!(target_os = "android") { "android" } else { "ios" }
    }

    fn name(&self) -> String {
        if cfg!(target_os = "android") { "Android".into() } else { "iPhone".into() }
    }

    fn data_folder(&self) -> &Path {
        &self.folder
    }

    fn secrets(&self) -> Arc<dyn Secrets> {
        Arc::new(Keychain)
    }

    fn push_token(&self) -> Option<String> {
        self.parts.state().push_token.clone()
    }

    fn language(&self) -> Language {
        self.parts.state().language
    }

    fn location(&self) -> Option<Location> {
        let now = self.parts.edge.wall();
        self.parts.state().receiver.here(now)
    }

    fn use_location(&self, on_duty: bool) {
        self.parts.state().receiver.on_duty(on_duty);
        self.parts.changed.notify_one();
    }

    fn allow_location(&self, allowed: bool) {
        self.parts.state().receiver.allowed(allowed);
        self.parts.changed.notify_one();
    }

    fn take_back(&self, takes: bool) {
        self.parts.state().takes_back = takes;
        self.parts.changed.notify_one();
    }

    fn events(&self) -> Option<mpsc::Receiver<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn open(&self, link: &str) -> bool {
        let mut state = self.parts.state();
        if state.links.len() >= LINKS_MAX {
            return false;
        }
        state.links.push(link.to_owned());
        drop(state);
        self.parts.changed.notify_one();
        true
    }
}

/// The system's keychain: Android's Keystore, Apple's Keychain. One entry for each expert, and one that names them all.
struct Keychain;

/// The entry with everyone who ever signed in here.
const EXPERTS: &str = "experts";

impl Keychain {
    fn get(key: &str) -> io::Result<Option<String>> {
        KeyValueStore::new().get(key).map_err(io::Error::other)
    }

    fn set(key: &str, value: &str) -> io::Result<()> {
        KeyValueStore::new().set(key, value).map_err(io::Error::other)
    }

    fn key(expert: ExpertId) -> String {
        format!("expert.{expert}")
    }
}

impl Secrets for Keychain {
    fn load(&self, expert: ExpertId) -> io::Result<Option<Secret>> {
        let text = Self::get(&Self::key(expert))?;
        text.map(|text| serde_json::from_str(&text).map_err(io::Error::other)).transpose()
    }

    fn save(&self, expert: ExpertId, secret: &Secret) -> io::Result<()> {
        // First the name: an entry that nobody finds again would be a token for ever.
        let mut experts = self.experts()?;
        if !experts.contains(&expert) {
            experts.push(expert);
            Self::set(EXPERTS, &serde_json::to_string(&experts).map_err(io::Error::other)?)?;
        }
        Self::set(&Self::key(expert), &serde_json::to_string(secret).map_err(io::Error::other)?)
    }

    fn experts(&self) -> io::Result<Vec<ExpertId>> {
        let Some(text) = Self::get(EXPERTS)? else { return Ok(Vec::new()) };
        serde_json::from_str(&text).map_err(io::Error::other)
    }
}

/// The app's own folder, which Android's backup leaves out: the system names it after the package and the user, and both
/// stand in what the process says of itself. (Asking the system would take code that our lints forbid.)
#[cfg(target_os = "android")]
fn folder() -> io::Result<PathBuf> {
    /// Android gives each of a phone's users so many ids.
    const IDS_OF_A_USER: u32 = 100_000;
    let bad = |what: &str| io::Error::other(format!("this phone does not say {what}"));
    let line = std::fs::read("/proc/self/cmdline")?;
    let name = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let package = std::str::from_utf8(name).ok().and_then(|name| name.split(':').next());
    let package = package.filter(|name| !name.is_empty() && !name.contains('/')).ok_or_else(|| bad("its package"))?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next()?.parse::<u32>().ok());
    let user = uid.ok_or_else(|| bad("its user"))? / IDS_OF_A_USER;
    Ok(PathBuf::from(format!("/data/user/{user}/{package}/no_backup/expert")))
}

/// The app's own folder.
#[cfg(target_os = "ios")]
fn folder() -> io::Result<PathBuf> {
    let home =
        std::env::var_os("HOME").ok_or_else(|| io::Error::other("this phone does not say where its data lies"))?;
    Ok(PathBuf::from(home).join("Library/Application Support/expert"))
}
