//! The main job without a screen: two hundred tickets through the real phone store and sync against the real server over
//! HTTP, with the business clock jumping. Experts accept, decline, sleep, say yes too late, give visits back, work without
//! a network, lose replies, cannot fix; customers call off. After each step the ledger balances. The same seed takes the
//! same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use mobile::clock::Edge;
use mobile::platform::{Desktop, Platform};
use mobile::store::{Installation, Next, Store};
use mobile::sync::gateway::{Gateway, Proof};
use mobile::sync::pace::Tried;
use mobile::sync::runner::once;
use mobile::sync::sign_in::sign_in;
use shared::chance::{Chance, Seeded};
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::sync::SyncServer as _;
use shared::ticket::{CannotFix, Outcome, State};
use shared::time::Zone;
use sqlx::Row;
use sync_server::app::{App, bind, registry};
use sync_server::clock::Clock;
use sync_server::config::{Config, Secret};
use sync_server::db::{Engine, Error};
use sync_server::http::Site;
use sync_server::jobs::Runner;
use sync_server::tickets::check::ledger;
use sync_server::tickets::{Ticket, store as tickets};
use sync_server::workforce;
use tempfile::TempDir;
use tests::filing::{body, headers, token};
use tests::filled::Filled;
use tests::wire::Wire;
use tokio_util::sync::CancellationToken;

/// On PostgreSQL each step takes twice as long, and the way is the same.
const N_TICKETS: [(Engine, usize); 2] = [(Engine::Sqlite, 200), (Engine::Postgres, 60)];
const IN_ONE_WAVE: usize = 10;
/// Looks at everything that is held before a wave is left to the next.
const LOOKS: usize = 5;
/// Looks until the last ticket has ended or is a person's.
const LOOKS_MAX: usize = 400;
const SEED: u64 = 7;
/// The slowest sweep that dispatch rests on comes round in so many milliseconds.
const SWEEPS_COME_ROUND_MS: u64 = 30_000;

#[tokio::test]
async fn two_hundred_tickets_pass_through_phones_and_the_ledger_balances_after_each_step() {
    for (engine, n_tickets) in N_TICKETS {
        let mut world = World::new(engine, SEED).await;
        for _ in 0..n_tickets / IN_ONE_WAVE {
            for _ in 0..IN_ONE_WAVE {
                world.files().await;
            }
            for _ in 0..LOOKS {
                world.looks(false).await;
            }
        }
        let mut n_looks = 0;
        while world.looks(true).await > 0 {
            n_looks += 1;
            assert!(n_looks < LOOKS_MAX, "{engine:?}: some tickets neither end nor become a person's");
        }
        world.ends(engine, n_tickets).await;
    }
}

/// What happened, to see that the script went everywhere.
#[derive(Debug, Default)]
struct Tally {
    steps: usize,
    taps: usize,
    accepted: usize,
    declined: usize,
    given_back: usize,
    slept: usize,
    late: usize,
    offline: usize,
    lost_replies: usize,
    cannot_fix: usize,
    called_off: usize,
    completed: usize,
}

struct World {
    filled: Filled,
    site: Site,
    runner: Runner,
    url: String,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<()>,
    phones: BTreeMap<ExpertId, Phone>,
    customers: Vec<String>,
    wire: Wire,
    chance: Seeded,
    /// Who slept through an offer and will say yes all the same.
    sleepers: Vec<(ExpertId, TicketId)>,
    tally: Tally,
    _folder: TempDir,
}

struct Phone {
    store: Store,
    gateway: Gateway,
    platform: Arc<dyn Platform>,
    edge: Edge,
    _folder: TempDir,
}

impl World {
    async fn new(engine: Engine, seed: u64) -> Self {
        let filled = Filled::new(engine).await;
        let new_york: Zone = "America/New_York".parse().expect("it is a zone");
        let tomorrow = new_york.local(Clock::machine().real_now().plus_minutes(24 * 60)).date;
        let clock = Clock::frozen(new_york.instant(tomorrow, 9 * 60));
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let secret = Secret::from("a secret of the tests, long enough".to_owned());
        let mut config = Config::demo(folder.path().to_owned(), 0, secret);
        let listener = bind(config.bind).await.expect("a port is free");
        config.listens_on(listener.local_addr().expect("it is bound"));
        let url = config.public_url.clone();
        let chance: Arc<dyn Chance> = Arc::new(Seeded::new(seed));
        let app = App::open(config, filled.fresh.settings(clock), chance).await.expect("the database is ours");
        let site = app.site().clone();
        let runner = Runner::new(site.db.clone(), registry(&site));
        let stop = CancellationToken::new();
        let server = tokio::spawn(app.serve(listener, false, stop.clone()));
        let mut customers = Vec::new();
        for one in filled.of("customer") {
            customers.push(token(&url, &one.login, &one.password).await);
        }
        let wire = Wire::open(&url).await.expect("the server is up");
        Self {
            filled,
            site,
            runner,
            url,
            stop,
            server,
            phones: BTreeMap::new(),
            customers,
            wire,
            chance: Seeded::new(seed),
            sleepers: Vec::new(),
            tally: Tally::default(),
            _folder: folder,
        }
    }

    /// True so often in a hundred.
    fn chances(&self, percent: u64) -> bool {
        self.chance.below(100) < percent
    }

    /// The server does all it has to do, and nothing is lost by it.
    async fn settles(&mut self) {
        self.runner.drain().await.expect("jobs end");
        self.tally.steps += 1;
        let now = self.site.now();
        let ledger = self.site.db.read(async move |conn| ledger(conn, now).await).await.expect("it can be added up");
        assert!(ledger.balances(), "after step {}: {ledger}\n{:?}", self.tally.steps, self.tally);
    }

    async fn minutes_pass(&mut self, minutes: u64) {
        // The business clock jumps; the real one, by which sweeps come round, runs on a little.
        self.site.db.clock().jump(minutes * 60_000);
        self.site.db.clock().advance(SWEEPS_COME_ROUND_MS);
        self.settles().await;
    }

    async fn files(&mut self) {
        let number = self.chance.below(u64::MAX);
        let customer = usize::try_from(number % self.customers.len() as u64).expect("there are few");
        let key = format!("phones-{number}");
        let heads = headers(&self.customers[customer], &key);
        let answer = self.wire.post("/api/v1/tickets", &heads, &body(&key)).await.expect("the server is up");
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.settles().await;
    }

    async fn held(&self) -> Vec<Ticket> {
        let held = self.site.db.read(async |conn| tickets::held_by(conn, &[], 1_000).await);
        held.await.expect("the database can be read")
    }

    /// Everybody who holds something does what they do, and some time passes. Gives back how many tickets are neither
    /// at an end nor a person's.
    async fn looks(&mut self, to_the_end: bool) -> usize {
        for ticket in self.held().await {
            self.acts(&ticket, to_the_end).await;
        }
        let minutes = if to_the_end { 20 + self.chance.below(40) } else { 2 + self.chance.below(9) };
        self.minutes_pass(minutes).await;
        for (expert, ticket) in std::mem::take(&mut self.sleepers) {
            self.tally.late += 1;
            self.taps(expert, ticket, Intent::OfferAccept {}).await;
            self.syncs(expert).await;
        }
        let count = self.site.db.read(async |conn| {
            let sql = "select cast(count(*) as bigint) as n from ticket
                where state not in ('completed', 'cancelled') and needs_human is null";
            let row = sqlx::query(sql).fetch_one(conn.sql()).await?;
            Ok::<_, Error>(row.try_get::<i64, _>("n")?)
        });
        usize::try_from(count.await.expect("it can be counted")).unwrap_or(0)
    }

    async fn acts(&mut self, ticket: &Ticket, to_the_end: bool) {
        let Some(expert) = ticket.life.state.holder() else { return };
        let id = ticket.id;
        if !to_the_end && self.chances(3) {
            self.tally.called_off += 1;
            self.calls_off(ticket).await;
            return;
        }
        match &ticket.life.state {
            State::Offered { .. } => {
                self.syncs(expert).await;
                let roll = if to_the_end { 0 } else { self.chance.below(100) };
                match roll {
                    0..55 => {
                        self.tally.accepted += 1;
                        self.taps(expert, id, Intent::OfferAccept {}).await;
                        self.syncs(expert).await;
                    }
                    55..70 => {
                        self.tally.declined += 1;
                        let reason = if roll < 60 { DeclineReason::Skill } else { DeclineReason::Busy };
                        self.taps(expert, id, Intent::OfferDecline { reason, skills: Vec::new() }).await;
                        self.syncs(expert).await;
                    }
                    70..80 => self.tally.slept += 1,
                    80..90 => self.sleepers.push((expert, id)),
                    _ => {
                        // No network from the yes to the end: everything goes out at once.
                        self.tally.offline += 1;
                        self.taps(expert, id, Intent::OfferAccept {}).await;
                        self.works(expert, id).await;
                    }
                }
            }
            State::Accepted { .. } => {
                self.syncs(expert).await;
                if !to_the_end && self.chances(10) {
                    self.tally.given_back += 1;
                    let reason = DeclineReason::Ill;
                    self.taps(expert, id, Intent::OfferDecline { reason, skills: Vec::new() }).await;
                    self.syncs(expert).await;
                } else if self.chances(60) || to_the_end {
                    self.taps(expert, id, Intent::TicketDepart {}).await;
                    if self.chances(30) {
                        self.loses_a_reply(expert).await;
                    }
                    self.syncs(expert).await;
                }
            }
            State::EnRoute { .. } | State::OnSite { .. } => {
                self.syncs(expert).await;
                if !to_the_end && self.chances(12) {
                    self.tally.cannot_fix += 1;
                    self.taps(expert, id, Intent::TicketArrive {}).await;
                    let why = CannotFix::ALL[usize::try_from(self.chance.below(5)).unwrap_or(0)];
                    let intent =
                        Intent::TicketCannotFix { why, skills: Vec::new(), part: None, until: None, called: None };
                    self.taps(expert, id, intent).await;
                    self.syncs(expert).await;
                } else {
                    self.works(expert, id).await;
                }
            }
            State::Waiting | State::OnHold { .. } | State::Completed { .. } | State::Cancelled { .. } => {}
        }
    }

    /// The visit to its end, with a note, sent at once at the end, sometimes with a reply that never arrives.
    async fn works(&mut self, expert: ExpertId, ticket: TicketId) {
        self.taps(expert, ticket, Intent::TicketArrive {}).await;
        let phone = &self.phones[&expert];
        let text = "Fuse F3 was blown".parse().expect("it is a note");
        phone.store.add_note(ticket, text, "note").await.expect("the phone keeps a note");
        self.tally.taps += 1;
        let summary = "Changed the fuse.".parse().expect("it is a summary");
        self.taps(expert, ticket, Intent::TicketComplete { outcome: Outcome::Fixed, summary }).await;
        self.tally.completed += 1;
        if self.chances(40) {
            self.loses_a_reply(expert).await;
        }
        self.syncs(expert).await;
    }

    async fn calls_off(&mut self, ticket: &Ticket) {
        let path = format!("/track/{}/cancel", self.site.links.track(ticket.id));
        let answer = tests::http::client().post(format!("{}{path}", self.url)).send().await.expect("the server is up");
        let status = answer.status().as_u16();
        // An expert who is there already is not called off.
        assert!(status == 303 || status == 409, "{status}");
        self.settles().await;
    }

    async fn phone(&mut self, expert: ExpertId) {
        if self.phones.contains_key(&expert) {
            return;
        }
        let found = self.site.db.read(async move |conn| workforce::store::expert(conn, expert).await).await;
        let login = found.expect("the database can be read").expect("the holder is an expert").email.to_string();
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let edge = Edge::machine();
        let gateway = Gateway::new(&self.url).expect("it is an address");
        let desktop = Arc::new(Desktop::new(folder.path()).expect("the folder can be used"));
        let installation = Installation::new(folder.path(), desktop.secrets(), edge.clone()).expect("it can be used");
        let password = self.filled.of("expert")[0].password.clone();
        let proof = Proof::Password(password);
        let store = sign_in(&gateway, &installation, &*desktop, &login, &proof).await.expect("he signs in");
        self.phones.insert(expert, Phone { store, gateway, platform: desktop, edge, _folder: folder });
    }

    async fn taps(&mut self, expert: ExpertId, ticket: TicketId, intent: Intent) {
        self.phone(expert).await;
        self.phones[&expert].store.tap(intent, Some(ticket)).await.expect("the phone keeps a tap");
        self.tally.taps += 1;
    }

    async fn syncs(&mut self, expert: ExpertId) {
        self.phone(expert).await;
        let Phone { store, gateway, platform, edge, .. } = &self.phones[&expert];
        let tried = once(store, gateway, platform, edge).await.expect("the phone's store works");
        assert!(matches!(tried, Tried::Done { .. }), "{tried:?}");
        assert_eq!(store.status().await.expect("it can be read").n_unsent, 0);
        self.settles().await;
    }

    /// The server takes what was sent, and its reply never arrives.
    async fn loses_a_reply(&mut self, expert: ExpertId) {
        self.tally.lost_replies += 1;
        let Phone { store, gateway, .. } = &self.phones[&expert];
        let Next::Send(request) = store.next(200, None).await.expect("the phone's store works") else {
            panic!("nobody asked this phone to register again")
        };
        gateway.sync(request).await.expect("the server takes it");
        self.settles().await;
    }

    /// Every intent was answered once, every offer ended, everybody heard what they were to hear, once.
    async fn ends(mut self, engine: Engine, n_tickets: usize) {
        for expert in self.phones.keys().copied().collect::<Vec<_>>() {
            self.syncs(expert).await;
            let status = self.phones[&expert].store.status().await.expect("it can be read");
            assert!(status.booted && status.problem.is_none(), "{engine:?}: {status:?}");
        }
        let n = async |sql: &'static str| -> i64 {
            let read = self.site.db.read(async move |conn| {
                Ok::<_, Error>(sqlx::query(sql).fetch_one(conn.sql()).await?.try_get::<i64, _>("n")?)
            });
            read.await.unwrap_or_else(|error| panic!("{sql}: {error}"))
        };
        let told = |what: &str, expected: i64, found: i64| assert_eq!(found, expected, "{engine:?}: {what}");
        told(
            "tickets",
            i64::try_from(n_tickets).expect("there are few"),
            n("select cast(count(*) as bigint) as n from ticket").await,
        );
        told("open offers", 0, n("select cast(count(*) as bigint) as n from offer where state = 'open'").await);
        let taps = i64::try_from(self.tally.taps).expect("there are few");
        told("intents answered once", taps, n("select cast(count(distinct mid) as bigint) as n from mutation").await);
        told("dead letters", 0, n("select cast(count(*) as bigint) as n from dead_letter").await);
        told("dead jobs", 0, n("select cast(count(*) as bigint) as n from job where state = 'dead'").await);
        let offers = n("select cast(count(*) as bigint) as n from offer").await;
        let rung = n("select cast(count(*) as bigint) as n from notice where kind = 'offer'").await;
        // Tickets of one site that go in one way are offered with one notice.
        let with_another = n("select cast(count(*) as bigint) as n from offer o join ticket t on t.id = o.ticket
              where not exists (select 1 from notice n where n.kind = 'offer' and n.matter like '%' || o.id || '%')
                and exists (select 1 from offer p join ticket other on other.id = p.ticket
                  join notice n on n.kind = 'offer' and n.matter like '%' || p.id || '%'
                  where p.expert = o.expert and p.made_at = o.made_at and p.id <> o.id and other.site = t.site)")
        .await;
        told("a push and an SMS for each way on which one is asked", 2 * (offers - with_another), rung);
        let done = "select cast(count(*) as bigint) as n from ticket where state = 'completed'";
        told(
            "a survey for each completed visit",
            n(done).await,
            n("select cast(count(*) as bigint) as n from survey").await,
        );
        let twice = "select cast(count(*) as bigint) as n from (select ticket from event where kind = 'completed'
            group by ticket having count(*) > 1) t";
        told("completed twice", 0, n(twice).await);
        let notes = "select cast(count(*) as bigint) as n from note";
        told(
            "notes, each once",
            n(notes).await,
            n("select cast(count(*) as bigint) as n from mutation where kind = 'note.add'").await,
        );
        let Tally {
            accepted, declined, given_back, slept, late, offline, lost_replies, cannot_fix, called_off, ..
        } = self.tally;
        let ways = [accepted, declined, given_back, slept, late, offline, lost_replies, cannot_fix, called_off];
        assert!(ways.iter().all(|n| *n > 0), "the script did not go everywhere: {:?}", self.tally);
        self.stop.cancel();
        self.server.await.expect("the server ends in good order");
        self.filled.fresh.remove().await;
    }
}
