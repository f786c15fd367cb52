//! The second promise of filing, tried: whatever is sent again under one key is one ticket with one answer. Each key comes
//! on five connections at once, some of them after a caller who hung up without waiting; then the server is killed, and
//! each comes once more; then each comes with other words, which is refused.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use sync_server::db::Engine;
use sync_server::db::testing::frozen_clock;

use crate::filing::{body, headers, number_of, there, token};
use crate::filled::Filled;
use crate::server::Server;
use crate::wait::eventually;
use crate::wire::{Heard, Wire};

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// On which engine.
    pub engine: Engine,
    /// Keys, each of them one ticket.
    pub n_keys: usize,
    /// Keys that are sent at once, each on [`AT_ONCE`] connections.
    pub n_callers: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Keys that have an answer.
    pub n_keys: usize,
    /// Requests that were sent and waited for.
    pub n_requests: usize,
    /// Requests whose caller hung up.
    pub n_left: usize,
    /// Repeats at the same moment that got another answer.
    pub differed: usize,
    /// Repeats after the restart that got another answer.
    pub changed: usize,
    /// Requests with other words that were not refused as a mistake of the caller.
    pub mistaken: usize,
    /// Tickets in the tables.
    pub n_tickets: usize,
    /// Tickets in the tables without their one event and one job.
    pub incomplete: usize,
    /// Answers whose ticket is not in the tables.
    pub lost: usize,
}

impl Report {
    /// Whether each key is one ticket.
    pub fn held(&self) -> bool {
        self.n_tickets == self.n_keys && self.differed + self.changed + self.mistaken + self.incomplete + self.lost == 0
    }
}

/// Connections on which one key comes at once.
pub const AT_ONCE: usize = 5;
/// One key of so many comes first from somebody who hangs up.
const LEAVES_EVERY: usize = 4;
/// How long one request may be told to come back.
const STUCK: Duration = Duration::from_secs(30);

/// What one caller saw.
#[derive(Default)]
struct Seen {
    /// Key → answer.
    answers: BTreeMap<usize, String>,
    n_requests: usize,
    n_left: usize,
    differed: usize,
    changed: usize,
    mistaken: usize,
}

/// Tries it.
///
/// # Panics
/// If the server does not come back, or answers with a fault.
pub async fn run(plan: Plan) -> Report {
    // The callers share one thread: they are not what is tried here.
    tokio::task::LocalSet::new().run_until(tried(plan)).await
}

async fn tried(plan: Plan) -> Report {
    let filled = Filled::new(plan.engine).await;
    // Without background work, so that each ticket's job is still there to be counted.
    let mut server = Server::serve_with(&filled.fresh.url, &["--no-worker"], &[]).await;
    let mut tokens = Vec::new();
    for one in &filled.of("customer") {
        tokens.push(token(server.url(), &one.login, &one.password).await);
    }
    let tokens = Rc::new(tokens);
    let first = callers(&server, &tokens, plan, Round::First).await;
    server.kill_9();
    server.up_again().await;
    let again = callers(&server, &tokens, plan, Round::Again(first.answers.clone())).await;
    server.assert_balanced();
    drop(server);
    let db = filled.fresh.open(frozen_clock()).await;
    let found = there(&db).await;
    db.close().await;
    filled.fresh.remove().await;
    Report {
        n_keys: first.answers.len(),
        n_requests: first.n_requests + again.n_requests,
        n_left: first.n_left,
        differed: first.differed,
        changed: again.changed,
        mistaken: again.mistaken,
        n_tickets: found.len(),
        incomplete: found.values().filter(|(events, jobs)| (*events, *jobs) != (1, 1)).count(),
        lost: first.answers.values().filter(|body| !found.contains_key(&number_of(body))).count(),
    }
}

/// What the callers do with each key.
#[derive(Clone)]
enum Round {
    /// Send it, many times at once.
    First,
    /// Send it again, then with other words; what was answered before.
    Again(BTreeMap<usize, String>),
}

async fn callers(server: &Server, tokens: &Rc<Vec<String>>, plan: Plan, round: Round) -> Seen {
    let callers: Vec<_> = (0..plan.n_callers)
        .map(|number| {
            let (url, tokens, round) = (server.url().to_owned(), tokens.clone(), round.clone());
            tokio::task::spawn_local(async move {
                let mut caller = Caller { url, wires: Vec::new(), seen: Seen::default() };
                for key in (number..plan.n_keys).step_by(plan.n_callers) {
                    let token = &tokens[key % tokens.len()];
                    match &round {
                        Round::First => caller.first(token, key).await,
                        Round::Again(answers) => caller.again(token, key, &answers[&key]).await,
                    }
                }
                caller.seen
            })
        })
        .collect();
    let mut all = Seen::default();
    for caller in callers {
        let seen = caller.await.expect("a caller ends in good order");
        all.answers.extend(seen.answers);
        all.n_requests += seen.n_requests;
        all.n_left += seen.n_left;
        all.differed += seen.differed;
        all.changed += seen.changed;
        all.mistaken += seen.mistaken;
    }
    all
}

struct Caller {
    url: String,
    wires: Vec<Wire>,
    seen: Seen,
}

impl Caller {
    async fn first(&mut self, token: &str, key: usize) {
        let (headers, body) = (headers(token, &name(key)), body(&name(key)));
        if key.is_multiple_of(LEAVES_EVERY) {
            let wire = Wire::open(&self.url).await.expect("the server is up");
            wire.post_and_leave(TICKETS, &headers, &body).await.expect("the server takes it");
            self.seen.n_left += 1;
        }
        let repeats: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (url, wire, headers, body) = (self.url.clone(), self.wires.pop(), headers.clone(), body.clone());
                tokio::task::spawn_local(async move { answered(&url, wire, &headers, &body).await })
            })
            .collect();
        let mut answers = Vec::new();
        for repeat in repeats {
            let (heard, wire) = repeat.await.expect("a repeat ends in good order");
            assert_eq!(heard.status, 201, "{}", heard.body);
            self.wires.push(wire);
            answers.push(heard.body);
        }
        self.seen.n_requests += AT_ONCE;
        self.seen.differed += answers.iter().filter(|body| **body != answers[0]).count();
        self.seen.answers.insert(key, answers.swap_remove(0));
    }

    async fn again(&mut self, token: &str, key: usize, before: &str) {
        let headers = headers(token, &name(key));
        let heard = self.once(&headers, &body(&name(key))).await;
        self.seen.changed += usize::from(heard.status != 201 || heard.body != before);
        let heard = self.once(&headers, &body("other words")).await;
        let refused = heard.status == 422 && heard.body.contains("idempotency_mismatch");
        self.seen.mistaken += usize::from(!refused);
    }

    async fn once(&mut self, headers: &str, body: &str) -> Heard {
        let (heard, wire) = answered(&self.url, self.wires.pop(), headers, body).await;
        self.wires.push(wire);
        self.seen.n_requests += 1;
        heard
    }
}

const TICKETS: &str = "/api/v1/tickets";

fn name(key: usize) -> String {
    format!("repeat-{key}")
}

/// Sends it until the server is not too busy to answer.
async fn answered(url: &str, wire: Option<Wire>, headers: &str, body: &str) -> (Heard, Wire) {
    let mut wire = match wire {
        Some(wire) => wire,
        None => Wire::open(url).await.expect("the server is up"),
    };
    let heard = eventually("the server is not too busy", STUCK, async || {
        let heard = wire.post(TICKETS, headers, body).await.expect("the server answers");
        if heard.status == 503 { Err(heard.body) } else { Ok(heard) }
    });
    let heard = heard.await;
    (heard, wire)
}
