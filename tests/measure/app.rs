//! The expert's app in its real window, with many tickets and articles: how long from its start to a list that can be
//! used, how long a tap and a search take to be answered, and how much memory it takes. The server is the app's own double;
//! all that is measured happens on the phone.

use clap::Args;
use mobile::clock::Edge;
use mobile::sync::fake::{Fake, PASSWORD};
use serde_json::{Value, json};
use shared::ids::{ArticleId, TicketId};
use shared::number::TicketNumber;
use std::io;
use std::time::Duration;
use tests::app::AppWindow;
use tests::display::Display;
use tests::proxy::Proxy;
use tests::wait::eventually;
use tokio::time::Instant;

/// The first sync of a large world takes its time; it is not what is measured.
const FILLED: Duration = Duration::from_mins(10);

#[derive(Args)]
pub(crate) struct Options {
    /// Tickets on the phone.
    #[arg(long, default_value_t = 1_000)]
    tickets: u64,
    /// Articles on the phone.
    #[arg(long, default_value_t = 10_000)]
    articles: u64,
    /// How often each is measured.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
}

/// A tap, from its event to the change on the screen, in the page's own milliseconds.
const TAP: &str = "new Promise((done) => {
    const start = performance.now();
    const watch = new MutationObserver(() => { watch.disconnect(); requestAnimationFrame(() => done(performance.now() - start)); });
    watch.observe(document.querySelector('#main'), {childList: true, subtree: true, attributes: true, characterData: true});
    WHAT;
})";

/// A search, from the last letter to its first article.
const SEARCH: &str = "new Promise((done) => {
    const field = document.querySelector('[data-testid=\"kb-search\"]');
    const list = () => [...document.querySelectorAll('[data-testid=\"kb-article\"]')].map((one) => one.innerText).join();
    const before = list(), start = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, 'TYPED');
    field.dispatchEvent(new Event('input', {bubbles: true}));
    const look = () => list() && list() !== before ? done(performance.now() - start) : requestAnimationFrame(look);
    look();
})";

pub(crate) async fn measure(options: &Options, say: fn(&Value) -> io::Result<()>) -> io::Result<()> {
    let edge = Edge::machine();
    let fake = Fake::start("Ana Gómez", edge.wall());
    fill(&fake, &edge, options);
    let network = Proxy::before(&fake.url());
    let data = tempfile::tempdir()?;
    let mut app = AppWindow::open_on(Display::start().await, &network.url(), data.path()).await;
    app.fill("login", "ana@example.com").await;
    app.fill("password", PASSWORD).await;
    app.tap("sign-in").await;
    app.sees_within("Everything is safe on the server", FILLED).await;
    app.tap("nav-knowledge").await;
    app.sees_within(&format!("{} articles are on this phone", options.articles), FILLED).await;
    let mut starts = Vec::new();
    for _ in 0..options.rounds.min(5) {
        app.kill_9();
        let began = Instant::now();
        app.open_again().await;
        app.has("more").await;
        starts.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    let (mut taps, mut screens, mut searches) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let duty = "document.querySelector('[data-testid=\"duty\"]').click()";
        taps.push(timed(&mut app, &TAP.replace("WHAT", duty)).await);
        app.has("duty").await;
        let open = "document.querySelector('[data-testid=\"card\"] .open').click()";
        screens.push(timed(&mut app, &TAP.replace("WHAT", open)).await);
        app.tap("nav-knowledge").await;
        app.has("kb-search").await;
        let typed = ["washin machne leaks", "no pictur", "hums and cliks", "dor does not lock"][round % 4];
        searches.push(timed(&mut app, &SEARCH.replace("TYPED", typed)).await);
        app.tap("nav-today").await;
        app.has("duty").await;
    }
    say(&json!({
        "what": "app", "tickets": options.tickets, "articles": options.articles,
        "build": if cfg!(debug_assertions) { "debug" } else { "release" },
        "start_ms": spread(starts), "tap_ms": spread(taps), "open_ticket_ms": spread(screens),
        "search_ms": spread(searches), "memory_mb": memory_mb(app.process().id()),
    }))
}

async fn timed(app: &mut AppWindow, script: &str) -> f64 {
    let kept = format!("window.took = null, {script}.then((took) => window.took = took), 0");
    app.evaluate(&kept).expect("the page is there");
    eventually("the screen answers", FILLED, async || {
        app.evaluate("window.took")?.as_f64().ok_or_else(|| "not yet".to_owned())
    })
    .await
}

fn fill(fake: &Fake, edge: &Edge, options: &Options) {
    let (now, mut world) = (edge.wall(), fake.world());
    for n in 0..options.tickets {
        let hash = n.to_be_bytes();
        let start = now.plus_minutes(45 + i64::try_from(n).unwrap_or(0) * 90);
        let doc = json!({
            "id": TicketId::new(now, &*edge.chance), "number": TicketNumber::from_hash([hash[3], hash[4], hash[5], hash[6], hash[7]]),
            "ver": 1, "phase": "accepted", "title": format!("No picture, sound is there ({n})"),
            "description": "Since Monday evening. The standby light blinks twice, then stays red.",
            "visit": {"start_at": start, "travel_minutes": 20, "work_minutes": 60},
            "product": {"category": "Television", "symptom": "No picture", "make": "Zenith", "model": "Z-9000"},
            "site": {"address": ["12 Cherry Lane", "New York, NY 10001"], "zone": "America/New_York"},
            "contact": {"name": "Mia Núñez", "phone": "+12125550100"}
        });
        world.put(serde_json::from_value(doc).expect("a document"));
    }
    let kinds =
        ["Washing machine leaks", "No picture but sound", "Hums and clicks", "Door does not lock", "Screen flickers"];
    for n in 0..options.articles {
        let title = format!("{} ({n})", kinds[usize::try_from(n).unwrap_or(0) % kinds.len()]);
        let article = json!({
            "id": ArticleId::new(now, &*edge.chance), "ver": 1, "author": "Ben Okafor", "reviewed": true, "changed_at": now,
            "text": {"title": title, "problem": format!("Somebody sees it on model {n} after a while, mostly when it is warm."),
                     "steps": "Switch it off.\nCheck the fuse.\nClean the filter.\nMeasure the supply.\nChange the board."}
        });
        world.articles.push(serde_json::from_value(article).expect("an article"));
    }
}

/// Middle and worst, in whole tenths.
fn spread(mut took: Vec<f64>) -> Value {
    took.sort_by(f64::total_cmp);
    let tenths = |ms: f64| (ms * 10.0).round() / 10.0;
    json!({"median": took.get(took.len() / 2).map(|ms| tenths(*ms)), "worst": took.last().map(|ms| tenths(*ms))})
}

/// What the app's own process holds; the web view's processes are the system's.
fn memory_mb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1_024)
}
