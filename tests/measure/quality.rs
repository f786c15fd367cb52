//! `measure search --collection DIR`: how good the order of a search is, by a collection of documents, queries and
//! judgements: `docs.jsonl.zst` (id, title, body), `queries.tsv`, `qrels.tsv`. Each document is kept as an article and
//! searched as one. Collections are for measuring only and are no part of this project.

use super::intake::EngineWord;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::chance::Seeded;
use shared::event::Actor;
use shared::ids::{ArticleId, Id};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Error, Lane, Tx};
use sync_server::knowledge::store::{self, NewArticle};
use sync_server::knowledge::{Asked, Audience, Text};

/// Documents in one write.
const WRITE_MAX: usize = 10;
/// How far down the order counts.
const DEPTH: usize = 10;

#[derive(Deserialize)]
struct Document {
    id: Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

/// A text that can be kept: without control characters, from one character to another.
fn part(text: &str, from: usize, max: usize) -> String {
    let kept: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).skip(from).take(max).collect();
    let kept = kept.trim().to_owned();
    if kept.is_empty() { "-".to_owned() } else { kept }
}

impl Document {
    fn name(&self) -> String {
        self.id.as_str().map_or_else(|| self.id.to_string(), str::to_owned)
    }

    fn text(&self) -> Text {
        let parsed = "cut to fit";
        Text {
            title: part(&self.title, 0, 140).parse().expect(parsed),
            problem: part(&self.body, 0, 2_000).parse().expect(parsed),
            steps: part(&self.body, 2_000, 6_000).parse().expect(parsed),
            stop: None,
            category: None,
            symptom: None,
            make: None,
            model: None,
        }
    }
}

fn pairs(path: &Path) -> io::Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

/// How good an order is against these judgements: 1 is the best that there is.
fn ndcg(order: &[&String], relevant: &BTreeSet<&String>) -> f64 {
    let gain = |at: usize| 1.0 / f64::from(u32::try_from(at).unwrap_or(u32::MAX) + 2).log2();
    let found: f64 =
        order.iter().take(DEPTH).enumerate().filter(|(_, id)| relevant.contains(*id)).map(|(at, _)| gain(at)).sum();
    let best: f64 = (0..relevant.len().min(DEPTH)).map(gain).sum();
    if best > 0.0 { found / best } else { 0.0 }
}

pub(crate) async fn measure(
    collection: &Path,
    engine: EngineWord,
    say: impl Fn(&Value) -> io::Result<()>,
) -> io::Result<()> {
    let packed = std::fs::File::open(collection.join("docs.jsonl.zst"))?;
    let lines = BufReader::new(zstd::stream::Decoder::new(packed)?).lines();
    let documents = lines.map(|line| Ok(serde_json::from_str::<Document>(&line?)?)).collect::<io::Result<Vec<_>>>()?;
    let fresh = Fresh::new(engine.engine()).await;
    let db = fresh.open(frozen_clock()).await;
    let now = db.clock().business_now();
    let mut names: BTreeMap<ArticleId, String> = BTreeMap::new();
    for (chunk, some) in documents.chunks(WRITE_MAX).enumerate() {
        let articles: Vec<(ArticleId, Text)> = (0..)
            .zip(some)
            .map(|(at, document)| {
                let number = u64::try_from(chunk * WRITE_MAX).unwrap_or_default() + at;
                (Id::new(now, &Seeded::new(number + 1)), document.text())
            })
            .collect();
        names.extend(articles.iter().map(|(id, _)| *id).zip(some.iter().map(Document::name)));
        let put = async move |tx: &mut Tx| {
            for (id, text) in &articles {
                let (id, text) = (*id, text.clone());
                let author_name = "Measure".parse().expect("it is a name");
                let new = NewArticle { id, text, author: Actor::Server, author_name, ticket: None };
                store::create(tx, &new, now).await?;
                store::index(tx, id, Audience::Ours, &new.text).await?;
            }
            Ok::<_, Error>(())
        };
        db.write(Lane::Bulk, put).await.map_err(io::Error::other)?;
    }
    let judged = pairs(&collection.join("qrels.tsv"))?;
    let mut relevant: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for line in &judged {
        if let [query, document, grade] = line.as_slice()
            && grade != "0"
        {
            relevant.entry(query).or_default().insert(document);
        }
    }
    let (mut sum, mut n) = (0.0, 0);
    for query in pairs(&collection.join("queries.tsv"))? {
        let [id, text] = query.as_slice() else { continue };
        let Some(relevant) = relevant.get(id) else { continue };
        let asked = Asked { text: text.clone(), ..Asked::default() };
        let hits = db.read(async move |conn| store::search(conn, Audience::Ours, &asked, DEPTH).await).await;
        let order: Vec<&String> =
            hits.map_err(io::Error::other)?.iter().filter_map(|hit| names.get(&hit.article.id)).collect();
        sum += ndcg(&order, relevant);
        n += 1;
    }
    db.close().await;
    fresh.remove().await;
    say(&json!({
        "what": "search",
        "collection": collection.file_name().map(|name| name.to_string_lossy().into_owned()),
        "engine": engine.word(),
        "documents": documents.len(),
        "queries": n,
        "ndcg_at_10": sum / f64::from(n.max(1)),
    }))
}
