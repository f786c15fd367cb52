//! The server of the model: its real database and the functions behind its routes, without HTTP. It can be killed at any
//! commit, copied, and set back to a copy.

use super::disk::Disk;
use super::script::{Death, EXPERTS};
use super::world::{self, Ids};
use shared::article::ArticleDoc;
use shared::blob::Sha;
use shared::event::Actor;
use shared::ids::{ArticleId, DeviceId, ExpertId, Id, OfferId, TicketId};
use shared::sync::{Have, SyncFailure, SyncReply, SyncRequest};
use shared::ticket::{CancelReason, Move, ReleaseReason, State, VisitPlan, WithdrawReason};
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::blobs::{self, Blobs};
use sync_server::clock::Clock;
use sync_server::db::{Crash, Database, Engine, Error, Lane, Planted, Settings, Tx, meta};
use sync_server::dispatch::Bounds;
use sync_server::http::undone::Undone;
use sync_server::knowledge::change::{self, By};
use sync_server::knowledge::store::NewArticle;
use sync_server::knowledge::{Deed, Text};
use sync_server::sync::{Refused, exchange, files, rescue, switched_off};
use sync_server::tickets::jobs::archive_ended;
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
    disk: Disk,
    planted: Planted,
    /// How many tickets and articles the copy has.
    copied: (usize, usize),
    /// Pictures. What was on the shelf stays there, whatever becomes of the database.
    pub(super) blobs: Blobs,
    articles: Vec<ArticleId>,
}

/// What a phone's request came to. Nothing at all means that the server died over it.
pub(super) type Outcome = Option<Result<SyncReply, SyncFailure>>;

impl Server {
    /// A server with a small world.
    pub(super) async fn new(engine: Engine, folder: &Path, seed: u64, planted: Planted) -> Self {
        let clock = Clock::frozen(Timestamp::from_millis(world::START_MS));
        let disk = Disk::new(engine, folder).await;
        let mut settings = disk.settings(&clock);
        settings.chance = Arc::new(shared::chance::Seeded::new(seed ^ 0x005e_77e7));
        settings.probe.plant(planted);
        let ids = world::ids_on(engine).await;
        Self {
            db: Database::open(settings.clone()).await.expect("a copied database opens"),
            clock,
            experts: ids.experts,
            tickets: Vec::new(),
            epoch: 0,
            ids,
            bounds: world::bounds(),
            settings,
            disk,
            planted,
            copied: (0, 0),
            blobs: Blobs::in_memory(),
            articles: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.business_now()
    }

    /// How it is opened in each of its lives: with the same chance, and the same bug.
    fn opens(&self) -> impl Fn(&Disk) -> Settings + use<> {
        let (clock, chance, planted) = (self.clock.clone(), self.settings.chance.clone(), self.planted);
        move |disk| {
            let mut settings = disk.settings(&clock);
            settings.chance = chance.clone();
            settings.probe.plant(planted);
            settings
        }
    }

    /// If it died, it starts again.
    pub(super) async fn rise(&mut self) -> bool {
        let dead = self.settings.probe.is_dead();
        if dead {
            let (old, opens) = (self.db.clone(), self.opens());
            (self.db, self.settings) = self.disk.survives(old, opens).await;
        }
        dead
    }

    pub(super) async fn back_up(&mut self) {
        let (old, opens) = (self.db.clone(), self.opens());
        // The same database goes on where nothing had to be closed; its settings too.
        let (db, settings) = self.disk.copies(old, opens).await;
        if matches!(self.disk, Disk::Postgres { .. }) {
            (self.db, self.settings) = (db, settings);
        }
        self.copied = (self.tickets.len(), self.articles.len());
    }

    /// Goes back to the copy, under a new epoch. False: there is none.
    pub(super) async fn set_back(&mut self) -> bool {
        if !self.disk.has_copy() {
            return false;
        }
        let (n_tickets, n_articles) = self.copied;
        self.articles.truncate(n_articles);
        self.tickets.truncate(n_tickets);
        let (old, opens) = (self.db.clone(), self.opens());
        (self.db, self.settings) = self.disk.goes_back(old, opens).await;
        self.epoch += 1;
        let epoch = format!("e{}", self.epoch);
        self.write(async move |tx| meta::replace_epoch(tx, &epoch).await).await;
        true
    }

    pub(super) async fn ends(self) {
        self.db.close().await;
        self.disk.ends().await;
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

    /// The office begins an article, mends one, or takes one away.
    pub(super) async fn edits(&mut self, any: usize) {
        let by = By { actor: Actor::Server, name: "The office".parse().expect("it is a name") };
        let now = self.now();
        let text: Text = serde_json::from_value(serde_json::json!({
            "title": format!("No picture, case {any}"), "problem": "The screen stays dark.", "steps": "Change the fuse.",
        }))
        .expect("it is a text");
        let known =
            (!any.is_multiple_of(3) && !self.articles.is_empty()).then(|| self.articles[any % self.articles.len()]);
        let id = known.unwrap_or_else(|| Id::new(now, &*self.settings.chance));
        let changed = async move |tx: &mut Tx| {
            let changed = match known {
                None => {
                    let author_name = by.name.clone();
                    let new = NewArticle { id, text: text.clone(), author: by.actor, author_name, ticket: None };
                    change::begin(tx, &new, now).await
                }
                Some(id) if any.is_multiple_of(5) => change::act(tx, id, Deed::Retire, None, None, &by, now).await,
                Some(id) => change::edit(tx, id, &text, None, &by, now).await,
            };
            // One that was taken away cannot be taken away again.
            match changed {
                Err(Undone::Database(error)) => Err(error),
                Ok(_) | Err(Undone::Refused(_)) => Ok(()),
            }
        };
        self.write(changed).await;
        if known.is_none() {
            self.articles.push(id);
        }
    }

    /// Days pass. What ended long ago is put away, and the operator keeps no old backup.
    pub(super) async fn days_pass(&mut self, days: u64) {
        self.clock.advance(days * 86_400_000);
        self.disk.forgets_copy().await;
        archive_ended(&self.db, &self.bounds.timing).await.expect("tickets are put away");
    }

    /// Puts bytes of a file in. None: it died over them.
    pub(super) async fn takes_part(
        &self,
        (sha, who): (Sha, &str),
        (at, n_bytes): (u64, u64),
        bytes: Vec<u8>,
        death: Option<Death>,
    ) -> Option<Result<Result<blobs::Kept, u64>, blobs::Refused>> {
        self.dies(death);
        let took = blobs::part(&self.blobs, &self.db, (sha, who), at, n_bytes, bytes.into()).await;
        if matches!(took, Ok(Ok(_))) && !self.settings.probe.is_dead() {
            self.hears_whole(sha).await;
        }
        self.settings.probe.crash(None);
        (!self.settings.probe.is_dead()).then_some(took)
    }

    /// A file is here: whoever shows it hears of it.
    pub(super) async fn hears_whole(&self, sha: Sha) {
        let said = files::arrived(&self.db, &self.bounds.timing, sha).await;
        assert!(said.is_ok() || self.settings.probe.is_dead(), "{said:?}");
    }

    fn dies(&self, death: Option<Death>) {
        self.settings.probe.crash(death.map(|death| match death {
            Death::BeforeCommit(left) => Crash::BeforeCommit(left),
            Death::AfterCommit(left) => Crash::AfterCommit(left),
        }));
    }

    /// The reply to a phone that is switched off.
    async fn switches_off(&self, request: &SyncRequest) -> SyncReply {
        let epoch = self.db.read(async |conn| meta::epoch(conn).await).await.expect("the model reads");
        switched_off(&self.db, epoch, request)
    }

    /// Every article as a phone keeps it, read by the tables alone.
    pub(super) async fn articles(&self) -> Vec<ArticleDoc> {
        let read = async |conn: &mut sync_server::db::Conn| {
            let sql = "select id, seq from feed where stream = 'kb:main' and kind = 'article' and op = 'put'";
            let rows = sqlx::query(sql).fetch_all(conn.sql()).await?;
            let mut found = Vec::new();
            for row in rows {
                let id: String = sqlx::Row::try_get(&row, "id")?;
                let seq: i64 = sqlx::Row::try_get(&row, "seq")?;
                let id: ArticleId = id.parse().expect("ids are ids");
                let docs = sync_server::knowledge::store::docs(conn, &[id]).await?;
                found.extend(docs.into_iter().map(|doc| ArticleDoc { ver: seq, ..doc }));
            }
            Ok::<_, Error>(found)
        };
        self.db.read(read).await.expect("the model reads")
    }

    // ── what phones ask ──

    /// One exchange, over which the server may die.
    pub(super) async fn answers(&self, expert: ExpertId, request: SyncRequest, death: Option<Death>) -> Outcome {
        self.dies(death);
        let answer = exchange(&self.db, &self.bounds, expert, request.clone()).await;
        self.settings.probe.crash(None);
        if self.settings.probe.is_dead() {
            return None;
        }
        if matches!(answer, Err(Refused::Revoked)) {
            return Some(Ok(self.switches_off(&request).await));
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
            push_token: None,
        };
        exchange(&self.db, &self.bounds, self.experts[expert], request).await.expect("an auditor is answered")
    }
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
