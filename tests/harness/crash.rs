//! The first promise, tried: customers file tickets while the server is killed with -9 again and again. Each repeats
//! with its key until it is acknowledged, as a browser or a program of ours does. Then every acknowledged ticket must be
//! there once, with its history and its work, and a repeat of any key must give the very same answer.
//!
//! A kill comes with the very acknowledgement that is so many after the last kill, drawn anew each time, so that an answer
//! before its commit would show; the other callers are then anywhere between request and answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::chance::{Chance, Seeded};
use sync_server::db::Engine;
use sync_server::db::testing::frozen_clock;

pub use crate::filing::token;
use crate::filing::{body, headers, number_of, there};
use crate::filled::Filled;
use crate::server::Server;
use crate::wait::eventually;
use crate::wire::{Heard, Wire};
use tokio::sync::Notify;

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// On which engine.
    pub engine: Engine,
    /// Kills.
    pub n_kills: usize,
    /// Acknowledgements between two kills, on average.
    pub acks_between: usize,
    /// Customers who file at once.
    pub n_callers: usize,
    /// Where its numbers start.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Kills.
    pub n_kills: usize,
    /// Tickets of which a caller has the answer.
    pub acknowledged: usize,
    /// Requests that ended without an answer and were repeated.
    pub repeated: usize,
    /// Acknowledged, and not there.
    pub lost: usize,
    /// There more than once, or there without anybody having filed them.
    pub doubled: usize,
    /// There without its first event or without its job.
    pub incomplete: usize,
    /// Answers that a repeat did not get again to the letter.
    pub changed: usize,
}

impl Report {
    /// Whether the promise held.
    pub fn held(&self) -> bool {
        self.lost + self.doubled + self.incomplete + self.changed == 0
    }
}

/// How long a caller waits for one answer before it repeats.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the callers may make no progress.
const STUCK: Duration = Duration::from_mins(1);
/// Answers that are asked for again at the end.
const REPEATS: usize = 500;

/// What all callers share.
struct Shared {
    url: String,
    n_acked: AtomicUsize,
    /// At how many somebody waits to be told.
    target: AtomicUsize,
    reached: Notify,
    n_repeated: AtomicUsize,
    stop: AtomicBool,
    /// Key → (caller, answer).
    answers: Mutex<BTreeMap<String, (usize, String)>>,
}

/// Tries it.
///
/// # Panics
/// If the server does not come back, or the callers get nowhere.
pub async fn run(plan: Plan) -> Report {
    // The callers share one thread: they are not what is tried here.
    tokio::task::LocalSet::new().run_until(tried(plan)).await
}

async fn tried(plan: Plan) -> Report {
    let filled = Filled::new(plan.engine).await;
    // Without background work, so that each ticket's job is still there to be counted.
    let mut server = Server::serve_with(&filled.fresh.url, &["--no-worker"], &[]).await;
    let customers = filled.of("customer");
    let mut tokens = Vec::new();
    for one in &customers {
        tokens.push(token(server.url(), &one.login, &one.password).await);
    }
    let shared = Arc::new(Shared {
        url: server.url().to_owned(),
        n_acked: AtomicUsize::new(0),
        target: AtomicUsize::new(usize::MAX),
        reached: Notify::new(),
        n_repeated: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        answers: Mutex::default(),
    });
    let callers: Vec<_> = (0..plan.n_callers)
        .map(|number| tokio::task::spawn_local(caller(shared.clone(), number, tokens[number % tokens.len()].clone())))
        .collect();
    let chance = Seeded::new(plan.seed);
    let mut target = 0;
    for _ in 0..plan.n_kills {
        target += 1 + usize::try_from(chance.below(2 * plan.acks_between as u64)).unwrap_or(0);
        acknowledged(&shared, target).await;
        server.kill_9();
        server.up_again().await;
    }
    let total = plan.n_kills * plan.acks_between;
    acknowledged(&shared, total.max(target + 1)).await;
    shared.stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("a caller ends in good order");
    }
    let answers = std::mem::take(&mut *shared.answers.lock().unwrap_or_else(PoisonError::into_inner));
    let changed = asked_again(&shared.url, &tokens, &answers, &chance).await;
    server.assert_balanced();
    drop(server);
    let db = filled.fresh.open(frozen_clock()).await;
    let found = there(&db).await;
    db.close().await;
    let numbers: BTreeMap<String, usize> = answers.values().fold(BTreeMap::new(), |mut numbers, (_, body)| {
        *numbers.entry(number_of(body)).or_default() += 1;
        numbers
    });
    let report = Report {
        n_kills: plan.n_kills,
        acknowledged: answers.len(),
        repeated: shared.n_repeated.load(Ordering::Relaxed),
        lost: numbers.keys().filter(|number| !found.contains_key(*number)).count(),
        doubled: answers.len() - numbers.len() + found.keys().filter(|number| !numbers.contains_key(*number)).count(),
        incomplete: found.values().filter(|(events, jobs)| (*events, *jobs) != (1, 1)).count(),
        changed,
    };
    filled.fresh.remove().await;
    report
}

/// Waits until so many were acknowledged; goes on with the very one.
async fn acknowledged(shared: &Shared, target: usize) {
    shared.target.store(target, Ordering::Relaxed);
    while shared.n_acked.load(Ordering::Relaxed) < target {
        let before = shared.n_acked.load(Ordering::Relaxed);
        // Only a standstill is too long.
        if tokio::time::timeout(STUCK, shared.reached.notified()).await.is_err() {
            let now = shared.n_acked.load(Ordering::Relaxed);
            assert!(now > before, "nobody was acknowledged for {STUCK:?}, {now} of {target} so far");
        }
    }
}

/// Files one ticket after another, each until it has its answer.
async fn caller(shared: Arc<Shared>, number: usize, token: String) {
    let mut wire = None;
    for round in 0.. {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let key = format!("crash-{number}-{round}");
        let answer = until_answered(&shared, &mut wire, &token, &key).await;
        shared.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (number, answer.body));
        let n_acked = shared.n_acked.fetch_add(1, Ordering::Relaxed) + 1;
        if n_acked == shared.target.load(Ordering::Relaxed) {
            shared.reached.notify_one();
        }
    }
}

async fn until_answered(shared: &Shared, wire: &mut Option<Wire>, token: &str, key: &str) -> Heard {
    eventually("a ticket is acknowledged", STUCK, async || {
        let answer = once(&shared.url, wire, token, key).await;
        match answer {
            Ok(heard) if heard.status == 201 => Ok(heard),
            // Overloaded or starting: come back. Anything else is a fault and shown.
            Ok(heard) if heard.status == 503 || heard.status == 429 => Err(heard.body),
            Ok(heard) => panic!("{key}: {} {}", heard.status, heard.body),
            Err(why) => {
                *wire = None;
                shared.n_repeated.fetch_add(1, Ordering::Relaxed);
                Err(why.to_string())
            }
        }
    })
    .await
}

async fn once(url: &str, wire: &mut Option<Wire>, token: &str, key: &str) -> std::io::Result<Heard> {
    let open = match wire.take() {
        Some(open) => open,
        None => Wire::open(url).await?,
    };
    let open = wire.insert(open);
    let answer = tokio::time::timeout(PATIENCE, open.post("/api/v1/tickets", &headers(token, key), &body(key))).await;
    answer.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}

/// Repeats some of the calls; how many of the answers were not the first ones.
async fn asked_again(
    url: &str,
    tokens: &[String],
    answers: &BTreeMap<String, (usize, String)>,
    chance: &Seeded,
) -> usize {
    let keys: Vec<&String> = answers.keys().collect();
    let mut wire = None;
    let mut changed = 0;
    for _ in 0..REPEATS.min(keys.len()) {
        let key = keys[usize::try_from(chance.below(keys.len() as u64)).unwrap_or(0)];
        let (caller, first) = &answers[key];
        let again = once(url, &mut wire, &tokens[caller % tokens.len()], key).await.expect("the server is up");
        changed += usize::from(again.status != 201 || again.body != *first);
    }
    changed
}
