//! `measure sync`: one phone and one server through HTTP and disks: the first sync, one without news, one with one change
//! in many, a long outbox, and a ticket that is taken away. Both on one core: run it under `taskset -c 0`.

use super::intake::EngineWord;
use clap::Args;
use mobile::clock::Edge;
use mobile::store::{Applied, Installation, Next, Secret, SecretMemory, Store};
use mobile::sync::gateway::Gateway;
use serde_json::{Value, json};
use shared::intent::Intent;
use shared::sync::{PUSH_MUTATIONS_MAX, SyncServer as _};
use std::io;
use std::sync::Arc;
use sync_server::db::Engine;
use tests::server::Server;
use tests::sync_model::{Loaded, load};
use tokio::time::Instant;

/// How much is synced.
#[derive(Args)]
pub(crate) struct Options {
    /// How many tickets the expert holds.
    #[arg(long, default_value_t = 10_000)]
    tickets: usize,
    /// How many notes wait in the outbox.
    #[arg(long, default_value_t = 1_000)]
    mutations: usize,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

/// Rounds of which the middle one counts.
const ROUNDS: usize = 21;

/// Measures.
pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> io::Result<()>) -> io::Result<()> {
    let engine: Engine = options.engine.engine();
    let loaded = load(engine, options.tickets).await;
    let mut server = Server::serve_with(&loaded.fresh.url, &["--no-worker"], &[]).await;
    let folder = tempfile::tempdir()?;
    let (store, gateway) = phone(&loaded, &server, folder.path());
    let start = Instant::now();
    let n_first = sync(&store, &gateway).await;
    let first_ms = millis(start);
    let n_tickets = store.tickets().await.map_err(io::Error::other)?.len();
    // The cursor of the last page is acknowledged by the next request.
    sync(&store, &gateway).await;

    let mut none = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        sync(&store, &gateway).await;
        none.push(millis(start));
    }
    let hand = loaded.open().await;
    let (mut one, mut n_one) = (Vec::new(), 0);
    for at in 0..ROUNDS {
        loaded.changes_one(&hand, at * 37).await;
        let start = Instant::now();
        n_one = n_one.max(sync(&store, &gateway).await);
        one.push(millis(start));
    }
    for at in 0..options.mutations {
        let note = shared::ids::NoteId::new(Edge::machine().wall(), &*Edge::machine().chance);
        let text = format!("Note {at}").parse().expect("a short text");
        let ticket = loaded.tickets[at % loaded.tickets.len()];
        store.tap(Intent::NoteAdd { note, text }, Some(ticket)).await.map_err(io::Error::other)?;
    }
    let start = Instant::now();
    let n_drain = sync(&store, &gateway).await;
    let drain_ms = millis(start);
    let n_left = store.status().await.map_err(io::Error::other)?.n_unsent;
    let gone = loaded.gives_away(&hand, 5).await;
    sync(&store, &gateway).await;
    let revoked_is_gone = store.ticket(gone).await.map_err(io::Error::other)?.is_none();
    hand.close().await;
    say(&json!({
        "what": "sync",
        "engine": options.engine.word(),
        "tickets": n_tickets,
        "ticket_bytes": ticket_bytes(&store).await,
        "first_ms": first_ms,
        "requests": n_first,
        "none_ms": middle(&mut none),
        "one_ms": middle(&mut one),
        "one_requests": n_one,
        "mutations": options.mutations,
        "drain_ms": drain_ms,
        "drain_requests": n_drain,
        "left": n_left,
        "revoked_is_gone": revoked_is_gone,
        "server_rss_mb": server.memory_mib(),
    }))?;
    drop(server);
    loaded.fresh.remove().await;
    Ok(())
}

fn phone(loaded: &Loaded, server: &Server, folder: &std::path::Path) -> (Store, Gateway) {
    let edge = Edge::machine();
    let secrets: Arc<SecretMemory> = Arc::default();
    let installation = Installation::new(folder, secrets, edge).expect("the folder can be written");
    let secret = Secret {
        server: server.url().to_owned(),
        login: "ana".into(),
        token: loaded.token.clone(),
        device: loaded.device,
        inc: loaded.inc,
    };
    let (store, _) = installation.sign_in(loaded.expert, &secret).expect("a fresh database opens");
    let gateway = Gateway::new(server.url()).expect("it is an address");
    gateway.set_token(loaded.token.clone());
    (store, gateway)
}

/// Exchanges until nothing is left. Gives how many requests it took.
async fn sync(store: &Store, gateway: &Gateway) -> usize {
    for n_requests in 1.. {
        let next = store.next(PUSH_MUTATIONS_MAX, None).await.expect("the store works");
        let Next::Send(request) = next else { panic!("this phone need not register") };
        let reply = gateway.sync(request).await.expect("the server answers");
        let stopped = reply.stop.is_some();
        let Applied::Taken(taken) = store.apply(reply).await.expect("the store works") else {
            panic!("nobody else syncs")
        };
        let goes_on = taken.more || taken.n_answered > 0 && store.has_unsent().await.expect("the store works");
        if !goes_on || stopped {
            return n_requests;
        }
    }
    unreachable!("it ends")
}

async fn ticket_bytes(store: &Store) -> usize {
    let views = store.tickets().await.unwrap_or_default();
    views.first().and_then(|view| serde_json::to_vec(&view.doc).ok()).map_or(0, |bytes| bytes.len())
}

fn millis(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}

fn middle(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
