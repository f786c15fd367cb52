//! The dispatch simulation: a small business on the server's real code and a real database, with people who do what
//! people do, and a checker that judges by the business's rules and not by our code.
//!
//! Everything but the people is real: intake, rounds, deadlines, sweeps, jobs, notices, the phones' protocol, the desk's
//! inbox. Time jumps from one doing, deadline or due job to the next; each jump is at least half a minute, so that every
//! sweep has come by when the checker looks. A seed repeats what people do; in which order the jobs of one instant run
//! is the machine's. Nothing here forgives: a fault is a sentence with its instant, and one is enough.

mod callers;
mod checker;
mod following;
mod office;
mod people;
mod phone;
mod planted;
mod promises;
mod reading;
pub mod scripts;
mod truth;
mod world;

pub use planted::Planted;

use checker::{Checker, People, Seen};
use people::Doing;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Engine, Settings, Tx};
use sync_server::tickets::check;
use world::World;

/// The least that time moves: the longest period of the sweeps that tickets wait for.
const TICK_MS: i64 = 30_000;
/// How long a waiting ticket is left alone when nothing happens.
const IDLE_MS: i64 = 30 * 60_000;
/// Steps of the people, and steps of time alone after them.
const STEPS_MAX: usize = 5_000;
const QUIET_STEPS_MAX: usize = 120;

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Where its numbers start.
    pub seed: u64,
    /// Tickets filed.
    pub n_tickets: usize,
    /// Lines of their histories.
    pub n_lines: usize,
    /// Offers made.
    pub n_offers: usize,
    /// Offers made by hand against a rule, with a reason.
    pub n_overridden: usize,
    /// Offers and late answers accepted.
    pub n_accepted: usize,
    /// Notices made.
    pub n_notices: usize,
    /// Jumps of time.
    pub n_steps: usize,
    /// What should not be, in the order in which it was seen.
    pub faults: Vec<String>,
}

/// One run.
pub(in crate::simulation) struct Simulation {
    world: World,
    checker: Checker,
    clock: Clock,
    agenda: BTreeMap<(Timestamp, u64), Doing>,
    n_doings: u64,
    planned: BTreeSet<String>,
    n_keys: u64,
    n_steps: usize,
}

/// Runs a day and a half of a business drawn from a seed, and then time alone until everything has ended or is a
/// person's.
///
/// # Panics
/// If there is no room for the database.
pub async fn run(engine: Engine, seed: u64) -> Report {
    let (fresh, db, clock) = open(engine, seed).await;
    let mut simulation = Simulation::new(db.clone(), clock, seed, Planted::Nothing).await;
    simulation.begins();
    simulation.goes_on().await;
    simulation.settles().await;
    let report = simulation.report(seed);
    db.close().await;
    fresh.remove().await;
    report
}

/// Runs these seeds on as many threads as the machine has cores, and hands each report over as it comes.
///
/// # Panics
/// If a run does.
pub fn run_many(engine: Engine, seeds: std::ops::Range<u64>, n_threads: usize, each: impl Fn(Report) + Sync) {
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for n in 0..n_threads.max(1) {
            let (next, each) = (&next, &each);
            scope.spawn(move || {
                crate::cores::stay_on(n);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("the machine has room for a runtime");
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    each(runtime.block_on(run(engine, seed)));
                }
            });
        }
    });
}

/// An empty database in memory where the machine has a folder for that, else on the disk.
async fn open(engine: Engine, seed: u64) -> (Room, Database, Clock) {
    let clock = world::clock_of(seed);
    let fresh = Fresh::new(engine).await;
    let (settings, room) = match engine {
        Engine::Postgres => (fresh.settings(clock.clone()), Room { fresh, _memory: None }),
        Engine::Sqlite => {
            let memory = Path::new("/dev/shm");
            let memory = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
            let settings = match &memory {
                Some(folder) => {
                    let file = folder.path().join("simulated.db");
                    let template = fresh.url.trim_start_matches("sqlite:").to_owned();
                    std::fs::copy(template, &file).expect("the folder in memory can be written");
                    let of_disk = fresh.settings(clock.clone());
                    let mut settings =
                        Settings::new(&format!("sqlite:{}", file.display()), clock.clone()).expect("the URL is ours");
                    (settings.write_limit, settings.read_limit) = (of_disk.write_limit, of_disk.read_limit);
                    settings
                }
                None => fresh.settings(clock.clone()),
            };
            (settings, Room { fresh, _memory: memory })
        }
    };
    let mut settings = settings;
    settings.chance = std::sync::Arc::new(shared::chance::Seeded::new(seed ^ 0x1d5));
    (room, Database::open(settings).await.expect("a fresh database opens"), clock)
}

struct Room {
    fresh: Fresh,
    _memory: Option<tempfile::TempDir>,
}

impl Room {
    async fn remove(self) {
        self.fresh.remove().await;
    }
}

impl Simulation {
    async fn new(db: Database, clock: Clock, seed: u64, planted: Planted) -> Self {
        Self {
            world: World::new(db, seed, planted).await,
            checker: Checker::default(),
            clock,
            agenda: BTreeMap::new(),
            n_doings: 0,
            planned: BTreeSet::new(),
            n_keys: 0,
            n_steps: 0,
        }
    }

    /// Steps until nobody has anything to do.
    async fn goes_on(&mut self) {
        let mut seen = self.step(Vec::new()).await;
        while let Some((at, _)) = self.agenda.keys().next().copied() {
            if self.n_steps > STEPS_MAX {
                return self.fault(format!("people still act after {STEPS_MAX} steps"));
            }
            let now = self.world.now();
            let idle = seen.somebody_waits.then(|| now.plus_millis(IDLE_MS));
            let first = [seen.next_deadline_at, seen.next_due_at].into_iter().flatten().map(Timestamp::from_millis);
            let next = first.chain(idle).filter(|other| *other < at).min();
            self.moves_to(next.unwrap_or(at));
            // What time brings comes before what somebody does later.
            let doings = if next.is_some() { Vec::new() } else { self.next_doings() };
            seen = self.step(doings).await;
        }
    }

    /// The next thing on the agenda. Phones that are to speak by now speak in the same moment, each once, as phones do that
    /// one push woke; nobody else's doing is passed over for it.
    fn next_doings(&mut self) -> Vec<Doing> {
        let now = self.world.now();
        let mut doings: Vec<Doing> = Vec::new();
        while let Some(entry) = self.agenda.first_entry() {
            let speaks = matches!(entry.get(), Doing::Sync(_));
            if !(doings.is_empty() || speaks && entry.key().0 <= now) {
                break;
            }
            let doing = entry.remove();
            if !doings.contains(&doing) {
                doings.push(doing);
            }
            if !speaks {
                break;
            }
        }
        doings
    }

    /// Nobody acts any more: time alone must end everything or ask a person, and every phone must know how it ended.
    async fn settles(&mut self) {
        for at in 0..self.world.phones.len() {
            self.world.phones[at].has_signal = true;
            // The second time, a reply that was lost is made up for.
            for _ in 0..2 {
                let phone = &mut self.world.phones[at];
                phone.loses_reply = false;
                let faults = phone.syncs(&self.world.db, &self.world.bounds).await;
                for fault in faults {
                    self.fault(fault);
                }
            }
        }
        self.agenda.clear();
        self.moves_to(self.world.now());
        let mut seen = self.step(Vec::new()).await;
        self.agenda.clear();
        let mut n_quiet = 0;
        while seen.n_unasked > 0 {
            n_quiet += 1;
            if n_quiet > QUIET_STEPS_MAX {
                let open = format!("{seen:?}");
                return self.fault(format!("time alone led to no end and to no person: {open}"));
            }
            let next = [seen.next_deadline_at, seen.next_due_at].into_iter().flatten().min();
            let idle = self.world.now().plus_millis(IDLE_MS);
            self.moves_to(next.map_or(idle, Timestamp::from_millis));
            seen = self.step(Vec::new()).await;
            self.agenda.clear();
        }
        self.last_look().await;
    }

    /// What must hold at the end, beside what always must.
    async fn last_look(&mut self) {
        let now = self.world.now();
        for stuck in reading::stuck_notices(&self.world.db, now).await {
            self.fault(format!("a notice is stuck: {stuck}"));
        }
        let rows = reading::read(&self.world.db, now).await.tickets;
        for at in 0..self.world.phones.len() {
            let faults = self.world.phones[at].syncs(&self.world.db, &self.world.bounds).await;
            for fault in faults {
                self.fault(fault);
            }
            let phone = &self.world.phones[at];
            let (me, n_unsent) = (phone.expert.to_string(), phone.outbox.len());
            let shown: BTreeMap<String, String> =
                phone.view.iter().map(|(id, doc)| (id.to_string(), word(doc.phase).to_owned())).collect();
            let his = rows.iter().filter(|row| row.stream_of.as_ref() == Some(&me));
            let his: BTreeMap<String, String> = his.map(|row| (row.id.clone(), row.state.clone())).collect();
            if n_unsent > 0 {
                self.fault(format!("{n_unsent} intents of a phone were never answered"));
            }
            if shown != his {
                self.fault(format!("a phone shows {shown:?}, and its expert has {his:?}"));
            }
        }
        let ledger = self.world.db.read(async move |conn| check::ledger(conn, now).await).await;
        match ledger {
            Ok(ledger) if ledger.balances() && usize::try_from(ledger.receipts) == Ok(self.checker.filed.len()) => {}
            other => self.fault(format!("the ledger does not balance: {other:?}")),
        }
    }

    /// Somebody does something, the server does what is due, the checker looks.
    async fn step(&mut self, doings: Vec<Doing>) -> Seen {
        self.n_steps += 1;
        for expert in &mut self.world.experts {
            expert.was_on_duty = expert.on_duty;
        }
        for doing in doings {
            self.does(doing).await;
        }
        self.look().await
    }

    async fn look(&mut self) -> Seen {
        self.drains().await;
        self.reads().await
    }

    /// Everything that is due is done.
    async fn drains(&mut self) {
        if let Err(why) = self.world.runner.drain().await {
            self.fault(format!("the jobs do not end: {why}"));
        }
    }

    async fn reads(&mut self) -> Seen {
        let now = self.world.now();
        let reading = reading::read(&self.world.db, now).await;
        let World { experts, customers, troubles, needs, overridden, .. } = &self.world;
        let people = People { experts, customers, troubles, needs, overridden };
        let seen = self.checker.look(&reading, &people, now);
        let concerned =
            (0..experts.len()).filter(|at| seen.concerned.contains(&experts[*at].id.to_string())).collect::<Vec<_>>();
        for expert in concerned {
            // A hint or a push wakes the phone.
            self.plan(now.plus_millis(TICK_MS), Doing::Sync(expert));
        }
        seen
    }

    /// Lets time pass up to this instant, and by a tick at least.
    fn moves_to(&mut self, at: Timestamp) {
        let millis = at.millis_since(self.world.now()).max(TICK_MS);
        self.clock.advance(u64::try_from(millis).unwrap_or_default());
    }

    async fn write<F>(&mut self, change: F)
    where
        F: AsyncFn(&mut Tx) -> Result<(), sync_server::db::Error> + Send + 'static,
    {
        if let Err(why) = self.world.db.write(sync_server::db::Lane::Desk, change).await {
            self.fault(format!("a change was not taken: {why}"));
        }
    }

    fn fault(&mut self, what: String) {
        let now = self.world.now();
        self.checker.fault(now, what);
    }

    fn report(self, seed: u64) -> Report {
        let Checker { filed, faults, n_lines, n_offers, n_accepted, n_notices, .. } = self.checker;
        let n_overridden = self.world.overridden.len();
        Report {
            seed,
            n_tickets: filed.len(),
            n_lines,
            n_offers,
            n_overridden,
            n_accepted,
            n_notices,
            n_steps: self.n_steps,
            faults,
        }
    }
}

fn word(phase: shared::ticket::Phase) -> &'static str {
    use shared::ticket::Phase;
    match phase {
        Phase::Offered => "offered",
        Phase::Accepted => "accepted",
        Phase::EnRoute => "en_route",
        Phase::OnSite => "on_site",
        Phase::Completed => "completed",
        Phase::Cancelled => "cancelled",
    }
}
