//! `measure devices`: phones that only listen for hints. How much memory of the server each costs, and how long one hint
//! takes to reach all of them.

use super::intake::EngineWord;
use clap::Args;
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use sync_server::db::Engine;
use tests::http::client;
use tests::server::Server;
use tests::sync_model::load;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many listen.
#[derive(Args)]
pub(crate) struct Options {
    /// How many phones.
    #[arg(long, default_value_t = 5_000)]
    n: usize,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

/// Nobody waits longer for a hint.
const HINT_MAX: Duration = Duration::from_mins(1);
/// Connections that are opened at once.
const TOGETHER: usize = 100;

struct Heard {
    n_open: AtomicUsize,
    n_hints: AtomicUsize,
    all: Notify,
    n: usize,
}

/// Measures.
pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> io::Result<()>) -> io::Result<()> {
    let engine: Engine = options.engine.engine();
    let loaded = load(engine, 10).await;
    let mut server = Server::serve_with(&loaded.fresh.url, &["--no-worker"], &[]).await;
    let address = server.url().trim_start_matches("http://").to_owned();
    let heard =
        Arc::new(Heard { n_open: AtomicUsize::new(0), n_hints: AtomicUsize::new(0), all: Notify::new(), n: options.n });
    // One first, so that what the server makes once is not counted as a phone's.
    let before = server.memory_kib();
    let mut tasks = tokio::task::JoinSet::new();
    for first in (0..options.n).step_by(TOGETHER) {
        let until = options.n.min(first + TOGETHER);
        for _ in first..until {
            tasks.spawn(listen(address.clone(), loaded.token.clone(), Arc::clone(&heard)));
        }
        while heard.n_open.load(Ordering::SeqCst) < until {
            tokio::time::timeout(HINT_MAX, heard.all.notified()).await.map_err(io::Error::other)?;
        }
    }
    let after = server.memory_kib();
    // A tap of one device makes the expert's stream dirty.
    let duty = json!({
        "proto": 1, "app": "measure", "device": loaded.device, "inc": loaded.inc, "req": "r1",
        "mutations": [{"n": 1, "mid": "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d", "v": 1, "kind": "duty.set",
            "t": {"wall": "2026-03-02T09:00:00Z"}, "args": {"on": false}}],
    });
    let start = Instant::now();
    let sent = client().post(format!("{}/api/v1/sync", server.url())).bearer_auth(&loaded.token).json(&duty).send();
    let status = sent.await.map_err(io::Error::other)?.status();
    while heard.n_hints.load(Ordering::SeqCst) < options.n {
        tokio::time::timeout(HINT_MAX, heard.all.notified()).await.map_err(io::Error::other)?;
    }
    let hint_ms = start.elapsed().as_millis();
    let each = after.saturating_sub(before) * 1024 / u64::try_from(options.n.max(1)).unwrap_or(1);
    say(&json!({
        "what": "devices",
        "engine": options.engine.word(),
        "n": options.n,
        "status": status.as_u16(),
        "bytes_each": each,
        "hint_ms_all": u64::try_from(hint_ms).unwrap_or(u64::MAX),
    }))?;
    tasks.abort_all();
    drop(server);
    loaded.fresh.remove().await;
    Ok(())
}

async fn listen(address: String, token: String, heard: Arc<Heard>) -> io::Result<()> {
    let mut stream = TcpStream::connect(&address).await?;
    let asked = format!(
        "GET /api/v1/hints HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).await?;
    let (mut is_open, mut buffer) = (false, [0; 512]);
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        if !is_open {
            is_open = true;
            heard.n_open.fetch_add(1, Ordering::SeqCst);
            heard.all.notify_one();
        }
        if buffer[..n].windows(5).any(|five| five == b"data:") {
            if heard.n_hints.fetch_add(1, Ordering::SeqCst) + 1 >= heard.n {
                heard.all.notify_one();
            }
            std::future::pending::<()>().await;
        }
    }
}
