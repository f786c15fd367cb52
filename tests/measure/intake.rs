//! `measure intake`: tickets a second over HTTP, full path: sign-in, validation, idempotency key, plan, event, job, and the
//! commit on disk before the answer. The server is a process of its own without background work; load and server share
//! the machine's cores. Closed loop (each connection asks again when it has its answer), or open loop with `--rate`,
//! where a late answer counts from the instant at which it should have been asked for.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use sync_server::db::Engine;
use tests::filing::{body, headers, token};
use tests::filled::Filled;
use tests::server::Server;
use tests::wire::Wire;
use tokio::time::{Instant, sleep_until};

/// Without `--conns`: 1, 8, 64 and 256, one after the other.
#[derive(Args)]
pub(crate) struct Options {
    /// Connections at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    conns: Vec<usize>,
    /// How long each is measured, after a second of warming up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Tickets a second that are asked for, whatever the server answers.
    #[arg(long)]
    rate: Option<u32>,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

/// An engine on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineWord {
    Sqlite,
    Postgres,
}

impl EngineWord {
    pub(crate) fn engine(self) -> Engine {
        match self {
            Self::Sqlite => Engine::Sqlite,
            Self::Postgres => Engine::Postgres,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

const WARM_UP: Duration = Duration::from_secs(1);

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> std::io::Result<()>) -> std::io::Result<()> {
    let filled = Filled::new(options.engine.engine()).await;
    let mut server = Server::serve_with(&filled.fresh.url, &["--no-worker"], &[]).await;
    let mut tokens = Vec::new();
    for one in filled.of("customer") {
        tokens.push(token(server.url(), &one.login, &one.password).await);
    }
    for &conns in &options.conns {
        let seen = load(server.url(), &tokens, conns, options).await;
        let memory = server.memory_mib();
        say(&seen.told(conns, options, memory))?;
    }
    server.assert_balanced();
    drop(server);
    filled.fresh.remove().await;
    Ok(())
}

/// What the connections saw within the measured time.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    refused: usize,
    refused_without_retry: usize,
    failed: usize,
}

async fn load(url: &str, tokens: &[String], conns: usize, options: &Options) -> Seen {
    let begin = Instant::now() + WARM_UP;
    let end = begin + Duration::from_secs(options.seconds);
    let connections: Vec<_> = (0..conns)
        .map(|number| {
            let pace = options.rate.map(|rate| Pace::new(begin - WARM_UP, number, conns, rate));
            tokio::spawn(connection(url.to_owned(), tokens[number % tokens.len()].clone(), number, pace, begin, end))
        })
        .collect();
    let mut all = Seen::default();
    for connection in connections {
        let seen = connection.await.expect("a connection ends in good order");
        all.latencies.extend(seen.latencies);
        all.refused += seen.refused;
        all.refused_without_retry += seen.refused_without_retry;
        all.failed += seen.failed;
    }
    all
}

/// When a connection asks, in an open loop.
#[derive(Clone, Copy)]
struct Pace {
    first: Instant,
    every: Duration,
}

impl Pace {
    fn new(begin: Instant, number: usize, conns: usize, rate: u32) -> Self {
        let (number, conns) = (u32::try_from(number).unwrap_or(0), u32::try_from(conns).unwrap_or(1));
        let every = Duration::from_secs(1) * conns / rate.max(1);
        Self { first: begin + every * number / conns, every }
    }
}

async fn connection(
    url: String,
    token: String,
    number: usize,
    pace: Option<Pace>,
    begin: Instant,
    end: Instant,
) -> Seen {
    let mut seen = Seen::default();
    let mut wire = Wire::open(&url).await.expect("the server is up");
    let run = begin.elapsed().as_nanos() + u128::from(std::process::id());
    for round in 0.. {
        let asked = match pace {
            Some(pace) => {
                let due = pace.first + pace.every * round;
                sleep_until(due).await;
                due
            }
            None => Instant::now(),
        };
        if asked >= end {
            break;
        }
        let key = format!("load-{run}-{number}-{round}");
        let answer = wire.post("/api/v1/tickets", &headers(&token, &key), &body(&key)).await;
        if asked < begin {
            continue;
        }
        match answer {
            Ok(heard) if heard.status == 201 => seen.latencies.push(asked.elapsed()),
            Ok(heard) if heard.status == 503 || heard.status == 429 => {
                seen.refused += 1;
                seen.refused_without_retry += usize::from(heard.retry_after.is_none());
            }
            Ok(_) => seen.failed += 1,
            Err(_) => {
                seen.failed += 1;
                let Ok(again) = Wire::open(&url).await else { break };
                wire = again;
            }
        }
    }
    seen
}

impl Seen {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn told(mut self, conns: usize, options: &Options, memory_mib: u64) -> Value {
        self.latencies.sort_unstable();
        let at = |share: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the list")]
            let place = ((self.latencies.len() as f64 * share) as usize).min(self.latencies.len().saturating_sub(1));
            let micros = self.latencies.get(place).copied().unwrap_or_default().as_micros();
            (micros as f64 / 10.0).round() / 100.0
        };
        json!({
            "what": "intake",
            "engine": options.engine.word(),
            "conns": conns,
            "rate": options.rate,
            "seconds": options.seconds,
            "tickets": self.latencies.len(),
            "per_second": self.latencies.len() as u64 / options.seconds.max(1),
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
            "refused": self.refused,
            "refused_without_retry_after": self.refused_without_retry,
            "failed": self.failed,
            "server_rss_mib": memory_mib,
        })
    }
}
