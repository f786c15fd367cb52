//! The server of the model: its real database and the functions behind its routes, without HTTP. It can be killed at any
//! commit, copied, and set back to a copy.

use super::script::{Death, EXPERTS};
use super::world::{self, Ids};
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId, Id, OfferId, TicketId};
use shared::sync::{Have, SyncFailure, SyncReply, SyncRequest};
use shared::ticket::{CancelReason, Move, ReleaseReason, State, VisitPlan, WithdrawReason};
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::clock::Clock;
use sync_server::db::{Crash, Database, Error, Lane, Planted, Settings, Tx, meta};
use sync_server::dispatch::Bounds;
use sync_server::sync::{Refused, exchange, rescue};
use sync_server::{feed, tickets};

/// The server.
pub(super) struct Server {
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) experts: [ExpertId; EXPERTS],
    pub(super) tickets: Vec<TicketId>,
    pub(super) epoch: u32,
    ids: Ids,
    bounds: Bounds,
    settings: Settings,
    folder: PathBuf,
    planted: Planted,
    n_lives: u32,
    backup: Option<Backup>,
    /// Files of the open database that were read beside it.
    held: Vec<File>,
}

struct Backup {
    file: PathBuf,
    n_tickets: usize,
}

/// What a phone's request came to. Nothing at all means that the server died over it.
pub(super) type Outcome = Option<Result<SyncReply, SyncFailure>>;

impl Server {
    /// A server with a small world in a folder of its own.
    pub(super) async fn new(folder: &Path, seed: u64, planted: Planted) -> Self {
        let clock = Clock::frozen(Timestamp::from_millis(world::START_MS));
        let file = folder.join("server-0.db");
        std::fs::copy(world::template().await, &file).expect("the folder can be written");
        let mut settings = settings_for(&file, &clock);
        settings.chance = Arc::new(shared::chance::Seeded::new(seed ^ 0x005e_77e7));
        settings.probe.plant(planted);
        let ids = world::ids();
        Self {
            db: Database::open(settings.clone()).await.expect("a copied database opens"),
            clock,
            experts: ids.experts,
            tickets: Vec::new(),
            epoch: 0,
            ids,
            bounds: world::bounds(),
            settings,
            folder: folder.to_owned(),
            planted,
            n_lives: 0,
            backup: None,
            held: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.business_now()
    }

    /// Starts from these files, as after a kill.
    async fn start_from(&mut self, from: &Path) {
        let old = self.file();
        self.n_lives += 1;
        let file = self.file();
        let held = copy_database(from, &file);
        let mut settings = settings_for(&file, &self.clock);
        settings.chance = self.settings.chance.clone();
        settings.probe.plant(self.planted);
        let db = Database::open(settings.clone()).await.expect("a killed database opens");
        std::mem::replace(&mut self.db, db).close().await;
        drop((std::mem::take(&mut self.held), held));
        self.settings = settings;
        remove_database(&old);
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("server-{}.db", self.n_lives))
    }

    /// If it died, it starts again.
    pub(super) async fn rise(&mut self) -> bool {
        let dead = self.settings.probe.is_dead();
        if dead {
            let file = self.file();
            self.start_from(&file).await;
        }
        dead
    }

    pub(super) fn back_up(&mut self) {
        let file = self.folder.join("backup.db");
        remove_database(&file);
        let held = copy_database(&self.file(), &file);
        self.held.extend(held);
        self.backup = Some(Backup { file, n_tickets: self.tickets.len() });
    }

    /// Goes back to the copy, under a new epoch. False: there is none.
    pub(super) async fn set_back(&mut self) -> bool {
        let Some(Backup { file, n_tickets }) = &self.backup else { return false };
        let (file, n_tickets) = (file.clone(), *n_tickets);
        self.tickets.truncate(n_tickets);
        self.start_from(&file).await;
        self.epoch += 1;
        let epoch = format!("e{}", self.epoch);
        self.write(async move |tx| meta::replace_epoch(tx, &epoch).await).await;
        true
    }

    async fn write<T: Send + 'static>(&self, change: impl AsyncFn(&mut Tx) -> Result<T, Error> + Send + 'static) -> T {
        self.db.write(Lane::Desk, change).await.expect("the model's own changes are taken")
    }

    // ── what the business does ──

    pub(super) async fn files(&mut self) -> usize {
        let number = self.tickets.len();
        let filing = world::filing(&self.ids, number, self.epoch, self.now());
        self.tickets.push(filing.id);
        let begun = vec![tickets::begin(filing, self.now(), &self.bounds.timing)];
        self.write(async move |tx| tickets::store::insert(tx, &begun).await).await;
        number
    }

    async fn makes(&self, ticket: TicketId, to_do: Move) -> bool {
        let (now, timing) = (self.now(), self.bounds.timing.clone());
        let done = async move |tx: &mut Tx| {
            let done = tickets::act(tx, ticket, to_do.clone(), Actor::Server, now, &timing).await?;
            Ok::<_, Error>(matches!(done, Some(Ok(_))))
        };
        self.write(done).await
    }

    fn ticket(&self, any: usize) -> Option<TicketId> {
        (!self.tickets.is_empty()).then(|| self.tickets[any % self.tickets.len()])
    }

    async fn state(&self, ticket: TicketId) -> State {
        let read = self.db.read(async move |conn| tickets::store::get(conn, ticket).await).await;
        read.expect("the model reads").expect("a filed ticket is there").life.state
    }

    pub(super) async fn offers(&self, any: usize, expert: usize) {
        let Some(ticket) = self.ticket(any) else { return };
        match self.state(ticket).await {
            State::Offered { .. } => drop(self.makes(ticket, Move::Withdraw { why: WithdrawReason::Staff }).await),
            State::Accepted { .. } | State::EnRoute { .. } => {
                self.makes(ticket, Move::Release { why: ReleaseReason::Staff }).await;
            }
            State::Waiting
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => {}
        }
        let offer: OfferId = Id::new(self.now(), &*self.settings.chance);
        let visit = VisitPlan { start_at: self.now().plus_minutes(60), travel_minutes: 20, work_minutes: 60 };
        let expert = self.experts[expert % EXPERTS];
        self.makes(ticket, Move::Offer { offer, expert, visit, decision: None }).await;
    }

    pub(super) async fn lapses(&self, any: usize) {
        let Some(ticket) = self.ticket(any) else { return };
        if let State::Offered { offer, .. } = self.state(ticket).await {
            self.makes(ticket, Move::Lapse { offer }).await;
        }
    }

    pub(super) async fn cancels(&self, any: usize) {
        let Some(ticket) = self.ticket(any) else { return };
        self.makes(ticket, Move::Cancel { why: CancelReason::Customer }).await;
    }

    pub(super) async fn trims(&self) {
        let before = self.clock.real_now().plus_millis(1);
        self.write(async move |tx| feed::trim(tx, before, 1_000).await).await;
    }

    // ── what phones ask ──

    /// One exchange, over which the server may die.
    pub(super) async fn answers(&self, expert: ExpertId, request: SyncRequest, death: Option<Death>) -> Outcome {
        self.settings.probe.crash(death.map(|death| match death {
            Death::BeforeCommit(left) => Crash::BeforeCommit(left),
            Death::AfterCommit(left) => Crash::AfterCommit(left),
        }));
        let answer = exchange(&self.db, &self.bounds, expert, request).await;
        self.settings.probe.crash(None);
        if self.settings.probe.is_dead() {
            return None;
        }
        Some(answer.map_err(|refused| match refused {
            Refused::UnknownDevice | Refused::Revoked => SyncFailure::SignIn,
            Refused::Forked => SyncFailure::Forked,
            Refused::TooMany => SyncFailure::TooLarge,
            Refused::Database(error) => SyncFailure::Refused(error.to_string()),
        }))
    }

    pub(super) async fn registers(&self, device: Option<DeviceId>, expert: ExpertId) -> (DeviceId, i64) {
        let new = NewDevice {
            device,
            expert,
            name: "A phone".parse().expect("it is a line"),
            platform: Platform::Android,
            push_token: None,
            now: self.clock.real_now(),
        };
        let registered = self.write(async move |tx| devices::register(tx, &new).await).await;
        (registered.device, registered.inc)
    }

    pub(super) async fn revokes(&self, device: DeviceId) {
        let now = self.clock.real_now();
        self.write(async move |tx| devices::revoke(tx, device, now).await).await;
    }

    /// Whether it would let this device sync.
    pub(super) async fn knows(&self, device: DeviceId) -> bool {
        let read = async move |conn: &mut sync_server::db::Conn| {
            let sql = "select count(*) as n from device where id = $1 and revoked = 0";
            let row = sqlx::query(sql).bind(device.to_string()).fetch_one(conn.sql()).await?;
            Ok::<_, Error>(sqlx::Row::try_get::<i64, _>(&row, "n")? > 0)
        };
        self.db.read(read).await.expect("the model reads")
    }

    pub(super) async fn rescues(&self, expert: ExpertId, device: DeviceId, outbox: String) {
        rescue(&self.db, expert, Some(device), outbox).await.expect("an outbox is kept");
    }

    /// Everything in an expert's stream, as a phone that has nothing would get it.
    pub(super) async fn whole_stream(&self, expert: usize) -> SyncReply {
        let (device, inc) = self.ids.auditors[expert];
        let request = SyncRequest {
            proto: shared::sync::PROTO,
            app: "model".into(),
            device,
            inc,
            req: "audit".into(),
            cursors: BTreeMap::new(),
            limit_bytes: None,
            have: Have::default(),
            mutations: Vec::new(),
            location: None,
        };
        exchange(&self.db, &self.bounds, self.experts[expert], request).await.expect("an auditor is answered")
    }
}

fn settings_for(file: &Path, clock: &Clock) -> Settings {
    let mut settings = Settings::new(&format!("sqlite:{}", file.display()), clock.clone()).expect("the URL is ours");
    settings.write_limit = std::time::Duration::from_secs(20);
    settings.read_limit = std::time::Duration::from_secs(20);
    settings.shares_wakes = false;
    settings
}

/// The files of a database as they are on the disk now: what a kill leaves. Gives the files that it read: they must stay
/// open as long as anybody has that database open, because closing one lets go of this process's locks on it.
#[must_use]
pub(super) fn copy_database(from: &Path, to: &Path) -> Vec<File> {
    let copy = |tail: &str| -> std::io::Result<File> {
        let mut read = File::open(with_tail(from, tail))?;
        std::io::copy(&mut read, &mut File::create(with_tail(to, tail))?)?;
        Ok(read)
    };
    let copied = ["", "-wal"].map(copy).into_iter();
    let there = copied.filter(|copied| copied.as_ref().err().is_none_or(|why| why.kind() != ErrorKind::NotFound));
    there.map(|copied| copied.expect("the folder can be written")).collect()
}

pub(super) fn remove_database(file: &Path) {
    for tail in ["", "-wal", "-shm"] {
        // Not there: nothing to remove.
        let _ = std::fs::remove_file(with_tail(file, tail));
    }
}

fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}
