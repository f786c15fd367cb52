//! The one place where screens meet the store, the syncer and the phone. A screen reads the [`Snapshot`], which follows
//! the store by itself, and acts through [`Ui`]: each act is one local transaction, off the screen's thread, and its
//! failure is said in words. Nothing here waits for a network except signing in.

pub(super) mod library;

pub(super) use crate::platform::{navigation_link, phone_link};
pub use crate::store::{Archived, Attention, Status, Trouble};
pub(super) use crate::sync::gateway::Proof;
pub(super) use crate::sync::pace::Wake;

use crate::clock::Edge;
use crate::platform::Platform;
pub(super) use crate::store::Shot;
use crate::store::{Error, Installation, Salvage, SignOut, Store};
use crate::sync::gateway::{Gateway, NotAServer};
use crate::sync::runner::Syncer;
use crate::sync::sign_in::{send_code, sign_in};
use dioxus::core::spawn_forever;
use dioxus::prelude::{ReadableExt as _, Signal, WritableExt as _, spawn, use_context, use_future, use_signal};
use shared::document::ExpertDoc;
use shared::fold::TicketView;
use shared::ids::{ArticleId, MutationId, TicketId};
use shared::intent::Intent;
use shared::sync::Location;
use shared::text::NoteText;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Taps so close together are one tap.
const DOUBLE_TAP: Duration = Duration::from_millis(500);

/// What the app is built from, once, by `main`.
#[derive(Clone)]
pub struct Parts {
    gateway: Gateway,
    installation: Installation,
    platform: Arc<dyn Platform>,
    edge: Edge,
    runtime: Handle,
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
        Ok(Self { gateway: Gateway::new(server)?, installation, platform, edge, runtime })
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
    drafts: Signal<BTreeMap<String, String>>,
}

/// The app's state, made by its root.
pub(super) fn use_new_ui() -> Ui {
    Ui {
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
                        ui.said.set(Some(salvaged(&salvage)));
                    }
                }
                Ok(None) => ui.session.set(Session::Out),
                Err(error) => ui.session.set(Session::Stuck(error.to_string())),
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

fn salvaged(salvage: &Salvage) -> String {
    format!(
        "This phone's storage was damaged. {} of your changes could be read and go out as usual; your tickets come again \
         from the server. The office can ask for the damaged file.",
        salvage.n_recovered
    )
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
            Ok(snapshot) => ui.snapshot.set(snapshot),
            Err(Error::Closed) => return,
            Err(error) => ui.said.set(Some(error.to_string())),
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

    /// Adds a note and forgets its draft.
    pub(super) fn add_note(mut self, ticket: TicketId, text: NoteText, key: String) {
        self.drafts.write().remove(&key);
        self.act(0, async move |store| store.add_note(ticket, text, key).await.map(|_| ()));
    }

    /// Keeps a photo, once its bytes have been read.
    pub(super) fn keep_photo(self, ticket: TicketId, shot: impl Future<Output = Result<Shot, String>> + 'static) {
        let mut said = self.said;
        self.act(0, async move |store| match shot.await {
            Ok(shot) => store.take_photo(ticket, shot).await.map(|_| ()),
            Err(why) => {
                said.set(Some(why));
                Ok(())
            }
        });
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
                Err(error) => self.said.set(Some(sentence(&error))),
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
                self.said.set(Some(sentence(&error)));
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

fn sentence(error: &Error) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What only the phone around the app can do.
#[derive(Clone)]
pub(super) struct Outside(Option<Parts>);

/// The phone around the app; without one (a test that only draws) nothing opens.
pub(super) fn use_outside() -> Outside {
    Outside(dioxus::prelude::try_consume_context())
}

impl Outside {
    /// The server's address.
    pub(super) fn server(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |parts| parts.gateway.server().to_owned())
    }

    /// With what the expert signed in last.
    pub(super) fn login(&self) -> String {
        let signed_in = self.0.as_ref().and_then(|parts| parts.installation.signed_in().ok().flatten());
        signed_in.map_or_else(String::new, |(_, secret)| secret.login)
    }

    /// Where the phone is, if it knows and may say, and what its own clock says now.
    pub(super) fn location(&self) -> Option<(Location, Timestamp)> {
        let parts = self.0.as_ref()?;
        Some((parts.platform.location()?, parts.edge.wall()))
    }

    /// Opens a link of another app.
    pub(super) fn open(&self, mut ui: Ui, link: &str, otherwise: String) {
        if !self.0.as_ref().is_some_and(|parts| parts.platform.open(link)) {
            ui.said.set(Some(otherwise));
        }
    }

    /// Signs in. Gives what to say if it did not work.
    pub(super) async fn sign_in(&self, mut ui: Ui, login: String, proof: Proof) -> Result<(), String> {
        let Some(parts) = self.0.clone() else { return Err("Nothing to sign in to.".into()) };
        let of_task = parts.clone();
        let signing =
            async move { sign_in(&of_task.gateway, &of_task.installation, &*of_task.platform, &login, &proof).await };
        let signed_in = parts.runtime.spawn(signing).await;
        match signed_in {
            Ok(Ok(store)) => {
                ui.enter(&parts, store).await;
                Ok(())
            }
            Ok(Err(failure)) => Err(failure.to_string()),
            Err(_) => Err("Signing in was interrupted. Please try again.".into()),
        }
    }

    /// Has a code sent.
    pub(super) async fn send_code(&self, login: String) -> Result<(), String> {
        let Some(parts) = self.0.clone() else { return Err("Nothing to sign in to.".into()) };
        let sending = async move { send_code(&parts.gateway, &login).await };
        let Some(parts) = &self.0 else { return Ok(()) };
        match parts.runtime.spawn(sending).await {
            Ok(sent) => sent.map_err(|failure| failure.to_string()),
            Err(_) => Err("That was interrupted. Please try again.".into()),
        }
    }

    /// Signs out; with unsent work only if `anyway`. Gives how much work is unsent if nobody was signed out.
    pub(super) async fn sign_out(&self, mut ui: Ui, anyway: bool) -> Option<u32> {
        let (Some(parts), Some(phone)) = (&self.0, ui.phone()) else { return None };
        let done = if anyway {
            parts.installation.sign_out_with_unsent_work(&phone.store).map(|()| SignOut::Done)
        } else {
            parts.installation.sign_out(&phone.store).await
        };
        match done {
            Ok(SignOut::Done) => {
                parts.gateway.set_token("");
                ui.session.set(Session::Out);
                ui.snapshot.set(Snapshot::default());
                None
            }
            Ok(SignOut::Unsent(n)) => Some(n),
            Err(error) => {
                ui.said.set(Some(sentence(&error)));
                None
            }
        }
    }
}
