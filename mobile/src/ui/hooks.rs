//! The one place where screens meet the store, the syncer and the phone. A screen reads the [`Snapshot`], which follows
//! the store by itself, and acts through [`Ui`]: each act is one local transaction, off the screen's thread, and its
//! failure is said in words. Nothing here waits for a network except signing in.

pub(super) mod library;
#[cfg(any(target_os = "android", target_os = "ios"))]
mod native;
mod outside;
mod phone;
mod picked;
mod wishes;

#[cfg(any(target_os = "android", target_os = "ios"))]
pub(super) use crate::platform::{NativeParts, SCHEME, Told};
pub(super) use crate::platform::{navigation_link, phone_link};
pub use crate::settings::{Settings, Spoken, TextSize, Theme};
pub(super) use crate::store::Error;
pub use crate::store::{Archived, Attention, Status, Trouble};
pub(super) use crate::sync::gateway::Proof;
pub(super) use crate::sync::pace::Wake;
pub(super) use crate::sync::sign_in::SignInFailure;
#[cfg(any(target_os = "android", target_os = "ios"))]
pub(super) use native::native_parts;
pub(super) use outside::{Outside, use_outside};
pub(super) use phone::{use_back, use_phone_events};
pub(super) use picked::{PICK, Picking};
pub(super) use wishes::use_settings_on_page;

use crate::clock::Edge;
use crate::platform::{Platform, Target};
use crate::settings::SettingsFile;
pub(super) use crate::store::Shot;
use crate::store::{Installation, Salvage, Store};
use crate::sync::gateway::{Gateway, NotAServer};
use crate::sync::runner::Syncer;
use crate::ui::say::{Language, Say, Text};
use crate::ui::words;
use dioxus::core::spawn_forever;
use dioxus::prelude::{
    ReadableExt as _, Signal, WritableExt as _, spawn, try_consume_context, use_context, use_future, use_hook,
    use_signal,
};
use shared::document::ExpertDoc;
use shared::fold::TicketView;
use shared::ids::{ArticleId, MutationId, TicketId};
use shared::intent::Intent;
use shared::text::NoteText;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Taps so close together are one tap.
const DOUBLE_TAP: Duration = Duration::from_millis(500);

/// How long a report of being late can be taken back before it goes out.
const HELD: Duration = Duration::from_secs(15);

/// What the app is built from, once, by `main`.
#[derive(Clone)]
pub struct Parts {
    gateway: Gateway,
    installation: Installation,
    platform: Arc<dyn Platform>,
    edge: Edge,
    runtime: Handle,
    kept: SettingsFile,
}

/// Why the app cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// The address is none.
    #[error(transparent)]
    Server(#[from] NotAServer),
    /// The folder cannot be used.
    #[error(transparent)]
    Phone(#[from] Error),
}

impl Parts {
    /// Against this server, on this phone; the network is spoken on this runtime.
    pub fn new(server: &str, platform: Arc<dyn Platform>, runtime: Handle) -> Result<Self, StartFailure> {
        let edge = Edge::machine();
        let installation = Installation::new(platform.data_folder(), platform.secrets(), edge.clone())?;
        let kept = SettingsFile::in_folder(platform.data_folder());
        Ok(Self { gateway: Gateway::new(server)?, installation, platform, edge, runtime, kept })
    }

    /// What the page's outermost element says before anything is drawn: language, colours and size.
    pub fn page_attributes(&self) -> String {
        self.kept.read().attributes(self.platform.language())
    }
}

/// Who uses the app.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Session {
    /// Being looked up.
    Opening,
    /// Nobody.
    Out,
    /// The phone's storage cannot be opened; the sentence is for people.
    Stuck(String),
    /// An expert.
    In(Phone),
}

/// A signed-in expert's phone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phone {
    store: Store,
    syncer: Syncer,
    sign_in: u64,
}

impl Phone {
    /// What it keeps.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Another one for each sign-in: what is drawn for one must not be kept for the next.
    pub(super) fn key(&self) -> u64 {
        self.sign_in
    }
}

/// What the screens show, read in one go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    /// It was read at least once.
    pub(super) read: bool,
    pub(super) tickets: Vec<TicketView>,
    pub(super) archive: Vec<Archived>,
    pub(super) expert: Option<ExpertDoc>,
    pub(super) status: Status,
    /// The ticket whose last report of being late can still be taken back.
    pub(super) untold_late: Option<TicketId>,
}

impl Snapshot {
    pub(super) fn ticket(&self, id: TicketId) -> Option<&TicketView> {
        self.tickets.iter().find(|view| view.doc.id == id)
    }
}

/// Which screen is on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    Today,
    Knowledge,
    News,
    You,
    Ticket(TicketId),
    /// An article, and the ticket that it was opened from.
    Article(ArticleId, Option<TicketId>),
    /// Writing one from a ticket.
    Write(TicketId),
    Decline(TicketId),
    CannotFix(TicketId),
    Complete(TicketId),
    Settings,
    SignInAgain,
}

/// Everything a screen reads and does.
#[derive(Clone, Copy)]
pub(super) struct Ui {
    pub(super) session: Signal<Session>,
    pub(super) snapshot: Signal<Snapshot>,
    /// The server's business clock, moving each second.
    pub(super) now: Signal<Timestamp>,
    /// The same, moving each minute: what says "today" need not be drawn each second.
    pub(super) minute: Signal<Timestamp>,
    pub(super) screens: Signal<Vec<Screen>>,
    /// What must be said now: a failure, or that something was kept.
    pub(super) said: Signal<Option<String>>,
    /// An act is being written down; a second tap waits.
    pub(super) busy: Signal<bool>,
    /// How this phone's expert wants the app.
    pub(super) settings: Signal<Settings>,
    /// What the phone itself speaks.
    phone_language: Language,
    /// What a link or a push wants opened, as soon as it is here.
    wanted: Signal<Option<Target>>,
    /// A photo that the page reads.
    picked: Signal<Picking>,
    drafts: Signal<BTreeMap<String, String>>,
}

/// The app's state, made by its root.
pub(super) fn use_new_ui() -> Ui {
    // A test that only draws has no parts: it gets what a new phone has.
    let (settings, phone_language) = use_hook(|| {
        let parts: Option<Parts> = try_consume_context();
        parts.map_or_else(Default::default, |parts| (parts.kept.read(), parts.platform.language()))
    });
    Ui {
        settings: use_signal(|| settings),
        phone_language,
        wanted: use_signal(|| None),
        picked: use_signal(Picking::default),
        session: use_signal(|| Session::Opening),
        snapshot: use_signal(Snapshot::default),
        now: use_signal(|| Timestamp::EPOCH),
        minute: use_signal(|| Timestamp::EPOCH),
        screens: use_signal(|| vec![Screen::Today]),
        said: use_signal(|| None),
        busy: use_signal(|| false),
        drafts: use_signal(BTreeMap::new),
    }
}

/// The app's state, for a screen.
pub(super) fn use_ui() -> Ui {
    use_context()
}

/// Opens the database of whoever is signed in, when the app starts.
pub(super) fn use_opening(mut ui: Ui) {
    let parts: Parts = use_context();
    use_future(move || {
        let parts = parts.clone();
        async move {
            let opening = parts.clone();
            let opened = parts.runtime.spawn_blocking(move || open(&opening)).await;
            match opened.unwrap_or_else(|_| Err(Error::Bug("opening was interrupted".into()))) {
                Ok(Some((store, salvage))) => {
                    ui.enter(&parts, store).await;
                    if let Some(salvage) = salvage {
                        ui.said.set(Some(ui.say().n(Text::Salvaged, salvage.n_recovered)));
                    }
                }
                Ok(None) => ui.session.set(Session::Out),
                Err(error) => ui.session.set(Session::Stuck(words::failure(ui.say(), &error))),
            }
        }
    });
}

fn open(parts: &Parts) -> Result<Option<(Store, Option<Salvage>)>, Error> {
    let signed_in = parts.installation.signed_in()?.filter(|(_, secret)| secret.server == parts.gateway.server());
    let Some((expert, secret)) = signed_in else { return Ok(None) };
    parts.gateway.set_token(secret.token);
    parts.installation.open(expert).map(Some)
}

/// Keeps the snapshot true while somebody is signed in, and moves the clock.
pub(super) fn use_following(ui: Ui, phone: Phone) {
    let store = phone.store.clone();
    use_future(move || follow(ui, store.clone()));
    let store = phone.store;
    use_future(move || tick(ui, store.clone()));
}

async fn follow(mut ui: Ui, store: Store) {
    let mut changes = store.changes();
    loop {
        changes.borrow_and_update();
        match read(&store).await {
            Ok(snapshot) => {
                ui.snapshot.set(snapshot);
                ui.open_wanted();
            }
            Err(Error::Closed) => return,
            Err(error) => ui.said.set(Some(words::failure(ui.say(), &error))),
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

async fn read(store: &Store) -> Result<Snapshot, Error> {
    Ok(Snapshot {
        read: true,
        tickets: store.tickets().await?,
        archive: store.archive().await?,
        expert: store.expert().await?,
        status: store.status().await?,
        untold_late: store.untold_late().await?,
    })
}

async fn tick(mut ui: Ui, store: Store) {
    loop {
        ui.set_now(store.business_now());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Says that a ticket was on the screen, again for each of its versions.
pub(super) fn use_saw(ui: Ui, ticket: TicketId) {
    dioxus::prelude::use_effect(move || {
        let seen = ui.snapshot.read().ticket(ticket).map(|view| view.doc.ver);
        if let (Some(_), Some(phone)) = (seen, ui.phone()) {
            spawn(async move {
                if let Err(error) = phone.store.saw(ticket).await {
                    tracing::warn!(%error, "a receipt could not be kept");
                }
            });
        }
    });
}

impl Ui {
    pub(super) fn phone(&self) -> Option<Phone> {
        match &*self.session.peek() {
            Session::In(phone) => Some(phone.clone()),
            Session::Opening | Session::Out | Session::Stuck(_) => None,
        }
    }

    /// The words of the language that is set; a screen that asks is drawn anew when it changes.
    pub(super) fn say(&self) -> Say {
        Say::of(self.settings.read().language(self.phone_language))
    }

    pub(super) fn set_now(&mut self, now: Timestamp) {
        self.now.set(now);
        if now.minutes_since(*self.minute.peek()) != 0 {
            self.minute.set(now);
        }
    }

    async fn enter(&mut self, parts: &Parts, store: Store) {
        // Text that was being typed comes with the first screen, so that no field fills itself later.
        self.drafts.set(store.drafts().await.unwrap_or_default());
        self.set_now(store.business_now());
        let snapshot = read(&store).await.unwrap_or_default();
        self.snapshot.set(snapshot);
        let _on_runtime = parts.runtime.enter();
        let (gateway, platform) = (parts.gateway.clone(), Arc::clone(&parts.platform));
        let syncer = Syncer::start(store.clone(), gateway, platform, parts.edge.clone());
        self.screens.set(vec![Screen::Today]);
        self.session.set(Session::In(Phone { store, syncer, sign_in: parts.edge.chance.next_u64() }));
        self.open_wanted();
    }

    /// Opens a screen over the present one.
    pub(super) fn go(mut self, screen: Screen) {
        self.said.set(None);
        match screen {
            Screen::Today | Screen::Knowledge | Screen::News | Screen::You => self.screens.set(vec![screen]),
            Screen::Ticket(_)
            | Screen::Article(..)
            | Screen::Write(_)
            | Screen::Decline(_)
            | Screen::CannotFix(_)
            | Screen::Complete(_)
            | Screen::Settings
            | Screen::SignInAgain => self.screens.write().push(screen),
        }
    }

    /// Goes back to the screen below.
    pub(super) fn back(mut self) {
        self.said.set(None);
        if self.screens.peek().len() > 1 {
            self.screens.write().pop();
        }
    }

    /// Writes down what the expert did and, once it is on the disk, goes back so many screens.
    pub(super) fn tap(self, intent: Intent, ticket: Option<TicketId>, back: usize) {
        self.act(back, async move |store| store.tap(intent, ticket).await.map(|_| ()));
    }

    /// The same for an act that takes the text of these fields along.
    pub(super) fn tap_drafts(mut self, intent: Intent, ticket: TicketId, keys: Vec<String>, back: usize) {
        if *self.busy.peek() {
            return;
        }
        for key in &keys {
            self.drafts.write().remove(key);
        }
        self.act(back, async move |store| {
            let mut keys = keys.into_iter();
            match keys.next() {
                Some(key) => store.tap_draft(intent, Some(ticket), key).await?,
                None => store.tap(intent, Some(ticket)).await?,
            };
            for key in keys {
                store.save_draft(key, "").await?;
            }
            Ok(())
        });
    }

    /// Adds a note and forgets its draft. Not while another act is being written down: then it says no, and the text stays.
    pub(super) fn add_note(mut self, ticket: TicketId, text: NoteText, key: String) -> bool {
        if *self.busy.peek() {
            return false;
        }
        self.drafts.write().remove(&key);
        self.act(0, async move |store| store.add_note(ticket, text, key).await.map(|_| ()));
        true
    }

    /// Says that he is late. It waits a few seconds before it goes out, so that a slip can be taken back.
    pub(super) fn late(self, intent: Intent, ticket: TicketId) {
        self.act(0, async move |store| {
            store.tap_held(intent, ticket).await?;
            spawn_forever(async move {
                tokio::time::sleep(HELD).await;
                if let Err(error) = store.let_go().await {
                    tracing::warn!(%error, "what was held goes out with the next start");
                }
            });
            Ok(())
        });
    }

    /// Takes the last report of being late back, if nobody heard of it yet, and says how that went.
    pub(super) fn take_back_late(self, ticket: TicketId) {
        let mut said = self.said;
        self.act(0, async move |store| {
            let taken = store.take_back_late(ticket).await?;
            said.set(Some(self.say().t(if taken { Text::LateUndone } else { Text::LateGone })));
            Ok(())
        });
    }

    /// Keeps a photo.
    pub(super) fn keep_photo(self, ticket: TicketId, shot: Shot) {
        self.act(0, async move |store| store.take_photo(ticket, shot).await.map(|_| ()));
    }

    /// An answer was read.
    pub(super) fn mark_read(self, mid: MutationId) {
        self.act(0, async move |store| store.mark_seen(mid).await);
    }

    fn act(mut self, back: usize, act: impl AsyncFnOnce(Store) -> Result<(), Error> + 'static) {
        let Some(phone) = self.phone() else { return };
        if *self.busy.peek() {
            return;
        }
        self.busy.set(true);
        // Not of the screen: an act often takes its own button away, and a task of that button would end with it.
        spawn_forever(async move {
            match act(phone.store).await {
                Ok(()) => (0..back).for_each(|_| self.back()),
                Err(error) => self.said.set(Some(words::failure(self.say(), &error))),
            }
            // The next step's button stands where this one stood: the second half of a double tap must not take it.
            tokio::time::sleep(DOUBLE_TAP).await;
            self.busy.set(false);
        });
    }

    /// Text that was being typed under this key.
    pub(super) fn draft(&self, key: &str) -> String {
        self.drafts.peek().get(key).cloned().unwrap_or_default()
    }

    /// Keeps text being typed, at each key.
    pub(super) fn keep_draft(mut self, key: String, text: String) {
        self.drafts.write().insert(key.clone(), text.clone());
        let Some(phone) = self.phone() else { return };
        spawn_forever(async move {
            if let Err(error) = phone.store.save_draft(key, text).await {
                self.said.set(Some(words::failure(self.say(), &error)));
            }
        });
    }

    /// Asks for a sync.
    pub(super) fn wake(&self, wake: Wake) {
        if let Some(phone) = self.phone() {
            phone.syncer.wake(wake);
        }
    }
}
