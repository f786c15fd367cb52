//! `measure search`: how long a search takes among many articles, on a phone and on the server, on either engine. The
//! articles are made up from a seed: words that are as rare and as common as those of a language, a few in a title, some
//! eighty in a text. Filling is not counted. Half of the searches have a misspelt word.

use super::intake::EngineWord;
use super::quality;
use clap::{Args, ValueEnum};
use mobile::store::{Asked as AskedThere, Core, Secret, SecretMemory, Secrets as _};
use serde_json::{Value, json};
use shared::article::ArticleDoc;
use shared::chance::{Chance, Seeded};
use shared::event::Actor;
use shared::ids::{ArticleId, DeviceId, ExpertId, Id};
use shared::sync::{Change, Patch, StreamName};
use shared::time::Timestamp;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Database, Error, Lane, Tx};
use sync_server::knowledge::store::{self, NewArticle};
use sync_server::knowledge::{Asked, Audience, Text};
use tokio::time::Instant;

/// Where it is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Where {
    /// On a phone's own disk.
    Device,
    /// On the server.
    Server,
}

/// How much is searched.
#[derive(Args)]
pub(crate) struct Options {
    /// How many articles.
    #[arg(long, default_value_t = 10_000)]
    articles: u64,
    /// How many searches.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    searches: u64,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
    /// Only there.
    #[arg(long, value_enum)]
    on: Option<Where>,
    /// Measures how good the order is by this collection instead: a folder with documents, queries and judgements.
    #[arg(long, value_name = "DIR")]
    collection: Option<PathBuf>,
}

/// Articles in one write.
const WRITE_MAX: u64 = 10;
/// Different words.
const WORDS: u64 = 20_000;

/// The word with this rank: rank 0 is the most common.
fn word(rank: u64) -> String {
    const STARTS: [&str; 20] =
        ["b", "br", "c", "d", "dr", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "v"];
    const VOWELS: [&str; 6] = ["a", "e", "i", "o", "u", "ea"];
    let mut rest = rank + 37;
    let mut text = String::new();
    while rest > 0 {
        let pair = usize::try_from(rest % 120).unwrap_or_default();
        text.push_str(STARTS[pair / 6]);
        text.push_str(VOWELS[pair % 6]);
        rest /= 120;
    }
    text + "n"
}

/// Words as a language has them: half of what is said comes from a few.
fn words(chance: &Seeded, n: u64) -> String {
    let one = |_| {
        let most = 1 + chance.below(WORDS);
        let most = 1 + chance.below(most);
        word(chance.below(most))
    };
    (0..n).map(one).collect::<Vec<_>>().join(" ")
}

fn text(chance: &Seeded) -> Text {
    let parsed = "made-up words fit";
    Text {
        title: words(chance, 5).parse().expect(parsed),
        problem: words(chance, 25).parse().expect(parsed),
        steps: words(chance, 50).parse().expect(parsed),
        stop: None,
        category: None,
        symptom: None,
        make: None,
        model: None,
    }
}

async fn fill(db: &Database, n_articles: u64) -> Result<(), Error> {
    let now = db.clock().business_now();
    let mut first = 0;
    while first < n_articles {
        let next = (first + WRITE_MAX).min(n_articles);
        let put = async move |tx: &mut Tx| {
            for number in first..next {
                let chance = Seeded::new(number + 1);
                let new = NewArticle {
                    id: Id::new(now, &chance),
                    text: text(&chance),
                    author: Actor::Server,
                    author_name: "Measure".parse().expect("it is a name"),
                    ticket: None,
                };
                store::create(tx, &new, now).await?;
                store::index(tx, new.id, Audience::Ours, &new.text).await?;
            }
            Ok::<_, Error>(())
        };
        db.write(Lane::Bulk, put).await?;
        first = next;
    }
    Ok(())
}

/// Three words of some article; in every second search one of them lacks a letter.
fn search(number: u64, n_articles: u64) -> String {
    let chance = Seeded::new(number * 7_919 + 5);
    let of = text(&Seeded::new(chance.below(n_articles) + 1));
    let said: Vec<&str> = of.problem.as_str().split(' ').collect();
    let at = |from: u64| said[usize::try_from(from).unwrap_or_default() % said.len()].to_owned();
    let (one, two, mut three) = (at(number), at(number + 7), at(number + 13));
    if number.is_multiple_of(2) && three.len() > 4 {
        three.remove(2);
    }
    format!("{one} {two} {three}")
}

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> io::Result<()>) -> io::Result<()> {
    if let Some(collection) = &options.collection {
        return quality::measure(collection, options.engine, say).await;
    }
    if options.on.is_none_or(|only| only == Where::Device) {
        say(&on_a_device(options)?)?;
    }
    if options.on.is_none_or(|only| only == Where::Server) {
        say(&on_the_server(options).await?)?;
    }
    Ok(())
}

/// The lines of a snapshot as a phone reads them in.
fn patch(number: u64) -> Patch {
    let now = Timestamp::EPOCH;
    let chance = Seeded::new(number + 1);
    let doc = ArticleDoc {
        id: ArticleId::new(now, &chance),
        ver: 1,
        text: text(&chance),
        labels: Vec::new(),
        reviewed: true,
        author: "Measure".into(),
        n_fixed: 0,
        n_tried: 0,
        changed_at: now,
    };
    let (id, doc) = (doc.id.to_string(), serde_json::to_value(doc).expect("a document is JSON"));
    Patch { s: StreamName::Kb, kind: "article".into(), id, change: Change::Put { ver: 1, doc } }
}

fn on_a_device(options: &Options) -> io::Result<Value> {
    let folder = tempfile::tempdir()?;
    let (secrets, chance, now) = (Arc::new(SecretMemory::default()), Seeded::new(1), Timestamp::EPOCH);
    let expert = ExpertId::new(now, &chance);
    let device = DeviceId::new(now, &chance);
    let secret = Secret { server: "none".into(), login: "ana".into(), token: "t".into(), device, inc: 0 };
    secrets.save(expert, &secret)?;
    let (mut core, _) = Core::open(folder.path(), expert, secrets, now).map_err(io::Error::other)?;
    let began = Instant::now();
    core.kb_begin().map_err(io::Error::other)?;
    for first in (0..options.articles).step_by(100) {
        let patches: Vec<Patch> = (first..options.articles.min(first + 100)).map(patch).collect();
        core.kb_read_in(&patches).map_err(io::Error::other)?;
    }
    core.kb_finish("c").map_err(io::Error::other)?;
    let fill_s = began.elapsed().as_secs_f64();
    let (mut times, mut n_found) = (Vec::new(), 0);
    for number in 0..options.searches {
        let asked = AskedThere { text: search(number, options.articles), limit: 20, ..AskedThere::default() };
        let began = Instant::now();
        let found = core.kb_search(&asked).map_err(io::Error::other)?;
        times.push(began.elapsed());
        n_found += usize::from(!found.is_empty());
    }
    let bytes = std::fs::metadata(folder.path().join("kb.db"))?.len();
    let mut said = summary(options, "device", times, n_found, fill_s);
    said["file_mb"] = json!(bytes / 1_048_576);
    Ok(said)
}

async fn on_the_server(options: &Options) -> io::Result<Value> {
    let fresh = Fresh::new(options.engine.engine()).await;
    let db = fresh.open(frozen_clock()).await;
    let began = Instant::now();
    fill(&db, options.articles).await.map_err(io::Error::other)?;
    let fill_s = began.elapsed().as_secs_f64();
    let mut times = Vec::new();
    let mut n_found = 0;
    for number in 0..options.searches {
        let asked = Asked { text: search(number, options.articles), ..Asked::default() };
        let began = Instant::now();
        let found = db.read(async move |conn| store::search(conn, Audience::Ours, &asked, 20).await).await;
        times.push(began.elapsed());
        n_found += usize::from(!found.map_err(io::Error::other)?.is_empty());
    }
    db.close().await;
    fresh.remove().await;
    Ok(summary(options, options.engine.word(), times, n_found, fill_s))
}

fn summary(options: &Options, on: &str, mut times: Vec<Duration>, n_found: usize, fill_s: f64) -> Value {
    times.sort_unstable();
    let ms = |per_cent: usize| times[(times.len() - 1) * per_cent / 100].as_secs_f64() * 1_000.0;
    json!({
        "what": "search",
        "on": on,
        "articles": options.articles,
        "searches": options.searches,
        "found": n_found,
        "p50_ms": ms(50),
        "p95_ms": ms(95),
        "max_ms": ms(100),
        "fill_s": fill_s,
    })
}
