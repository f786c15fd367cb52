//! A spike, tried: far more tickets are asked for than the server was set to take, then as many as it takes again. The
//! load is an open loop: each request is due at its instant, whatever became of those before, and a late answer counts
//! from the instant at which it should have been asked for.
//!
//! With a loud customer most of the load is hers, and the others ask for no more than their share: they must not notice.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use sync_server::db::Engine;
use sync_server::db::testing::frozen_clock;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, interval_at};

use crate::filing::{body, headers, number_of, there, token};
use crate::filled::Filled;
use crate::server::Server;
use crate::wire::Wire;

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// On which engine.
    pub engine: Engine,
    /// Tickets a second that the server is set to take.
    pub limit: NonZeroU32,
    /// How many times as many are asked for.
    pub times: u32,
    /// How long the spike lasts.
    pub spike: Duration,
    /// How long it goes on with what the server takes.
    pub after: Duration,
    /// Connections.
    pub n_conns: usize,
    /// Whether the spike is one customer's, while the others ask for a third of the limit together.
    pub loud: bool,
}

/// One request and what came of it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When it was due, from the beginning of the spike.
    pub due: Duration,
    /// From then to the answer.
    pub took: Duration,
    /// Whether it is the loud customer's.
    pub loud: bool,
    /// What was answered.
    pub answer: Answered,
}

/// An answer, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// 201, with the ticket's number.
    Accepted(String),
    /// 503 or 429, with `Retry-After`.
    Refused,
    /// 503 or 429 that does not say when to come back.
    RefusedForGood,
    /// Anything else, or none.
    Failed(String),
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// Everything that was asked for.
    pub asked: Vec<Asked>,
    /// Acknowledged, and not there.
    pub lost: usize,
    /// There, and not acknowledged to anybody.
    pub doubled: usize,
    /// Memory of the server before the spike, after a little work, in MiB.
    pub memory_before_mib: u64,
    /// The most that it held from then on, in MiB.
    pub memory_most_mib: u64,
}

impl Report {
    /// How many got such an answer.
    pub fn count(&self, such: impl Fn(&Answered) -> bool) -> usize {
        self.asked.iter().filter(|one| such(&one.answer)).count()
    }

    /// How much the server grew, in MiB.
    pub fn growth_mib(&self) -> u64 {
        self.memory_most_mib.saturating_sub(self.memory_before_mib)
    }
}

/// Of what a second allows, so much is filed before it begins, so that caches are there and the rest is not used up.
const WARM_UP_SHARE: u32 = 4;
/// How often the server's memory is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Of the connections, one in so many is the others', where one customer is loud.
const OTHERS_EVERY: usize = 8;

/// Tries it.
///
/// # Panics
/// If the server does not start.
pub async fn run(plan: Plan) -> Report {
    // The callers share one thread: they are not what is tried here.
    tokio::task::LocalSet::new().run_until(tried(plan)).await
}

async fn tried(plan: Plan) -> Report {
    let filled = Filled::new(plan.engine).await;
    let limit = plan.limit.to_string();
    let settings = [("SYSOPS_INTAKE_PER_SECOND", limit.as_str())];
    let mut server = Server::serve_with(&filled.fresh.url, &["--no-worker"], &settings).await;
    let mut tokens = Vec::new();
    for one in &filled.of("customer") {
        tokens.push(token(server.url(), &one.login, &one.password).await);
    }
    let tokens = Rc::new(tokens);
    let mut numbers = warmed_up(server.url(), &tokens, plan.limit.get() / WARM_UP_SHARE).await;
    let memory_before_mib = server.memory_mib();
    let mut memory_most_mib = memory_before_mib;

    let first = Instant::now();
    let mut callers = JoinSet::new();
    for number in 0..plan.n_conns {
        let (url, tokens) = (server.url().to_owned(), tokens.clone());
        callers.spawn_local(async move { Caller::new(number, plan, &tokens).ask(&url, first).await });
    }
    let (mut asked, mut looks) = (Vec::new(), interval(LOOK));
    // Each caller ends when nothing more is due.
    loop {
        tokio::select! {
            ended = callers.join_next() => match ended {
                Some(caller) => asked.extend(caller.expect("a caller ends in good order")),
                None => break,
            },
            _ = looks.tick() => memory_most_mib = memory_most_mib.max(server.memory_mib()),
        }
    }
    memory_most_mib = memory_most_mib.max(server.memory_mib());
    server.assert_balanced();
    drop(server);
    let db = filled.fresh.open(frozen_clock()).await;
    let found = there(&db).await;
    db.close().await;
    filled.fresh.remove().await;
    numbers.extend(asked.iter().filter_map(|one| match &one.answer {
        Answered::Accepted(number) => Some(number.clone()),
        Answered::Refused | Answered::RefusedForGood | Answered::Failed(_) => None,
    }));
    Report {
        asked,
        lost: numbers.iter().filter(|number| !found.contains_key(*number)).count(),
        doubled: found.keys().filter(|number| !numbers.contains(*number)).count(),
        memory_before_mib,
        memory_most_mib,
    }
}

async fn warmed_up(url: &str, tokens: &[String], n_tickets: u32) -> BTreeSet<String> {
    let mut wire = Wire::open(url).await.expect("the server is up");
    let mut numbers = BTreeSet::new();
    for (n, token) in (0..n_tickets).zip(tokens.iter().cycle()) {
        let answer = one(&mut wire, token, &format!("warm-{n}")).await;
        if let Answered::Accepted(number) = answer {
            numbers.insert(number);
        }
    }
    numbers
}

async fn one(wire: &mut Wire, token: &str, key: &str) -> Answered {
    match wire.post("/api/v1/tickets", &headers(token, key), &body(key)).await {
        Ok(heard) if heard.status == 201 => Answered::Accepted(number_of(&heard.body)),
        Ok(heard) if heard.status == 503 || heard.status == 429 => {
            if heard.retry_after.is_some() {
                Answered::Refused
            } else {
                Answered::RefusedForGood
            }
        }
        Ok(heard) => Answered::Failed(format!("{} {}", heard.status, heard.body)),
        Err(why) => Answered::Failed(why.to_string()),
    }
}

/// A connection that asks at its instants.
struct Caller {
    number: usize,
    token: String,
    loud: bool,
    plan: Plan,
    /// Between two requests in the spike, and the first of them.
    every: Duration,
    offset: Duration,
    /// The same after it.
    every_after: Duration,
    offset_after: Duration,
}

impl Caller {
    fn new(number: usize, plan: Plan, tokens: &[String]) -> Self {
        let second = Duration::from_secs(1);
        let limit = plan.limit.get();
        let of = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let all = of(plan.n_conns);
        // A pace of `rate` a second for `n` connections together, of which this is number `at`.
        let pace = |rate: u32, n: u32, at: u32| (second * n / rate.max(1), second * at / rate.max(1));
        let is_other = number.is_multiple_of(OTHERS_EVERY);
        let n_others = plan.n_conns.div_ceil(OTHERS_EVERY);
        let place = number / OTHERS_EVERY;
        let (every, offset) = match (plan.loud, is_other) {
            (false, _) => pace(limit * plan.times, all, of(number)),
            (true, true) => pace(limit / 3, of(n_others), of(place)),
            (true, false) => pace(limit * plan.times, all - of(n_others), of(number - place - 1)),
        };
        let (every_after, offset_after) = pace(limit, all, of(number));
        let loud = plan.loud && !is_other;
        let token = match (plan.loud, is_other) {
            (false, _) => number % tokens.len(),
            (true, true) => 1 + place % (tokens.len() - 1),
            (true, false) => 0,
        };
        Self { number, token: tokens[token].clone(), loud, plan, every, offset, every_after, offset_after }
    }

    async fn ask(self, url: &str, first: Instant) -> Vec<Asked> {
        let mut wire = Wire::open(url).await.expect("the server is up");
        let mut asked = Vec::new();
        let (spike, end) = (self.plan.spike, self.plan.spike + self.plan.after);
        let paces = [(self.offset, self.every, spike), (spike + self.offset_after, self.every_after, end)];
        let mut round = 0;
        for (begins, every, ends) in paces {
            // Each request is due at its time, however long the one before took.
            let mut pace = interval_at(first + begins, every);
            let mut due = begins;
            while due < ends {
                pace.tick().await;
                let answer = one(&mut wire, &self.token, &format!("spike-{}-{round}", self.number)).await;
                if let Answered::Failed(_) = answer
                    && let Ok(again) = Wire::open(url).await
                {
                    wire = again;
                }
                asked.push(Asked { due, took: first.elapsed().saturating_sub(due), loud: self.loud, answer });
                (due, round) = (due + every, round + 1);
            }
        }
        asked
    }
}
