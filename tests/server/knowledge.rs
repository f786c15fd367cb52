//! The phone finds what the server finds, in the same order: both search out of tables of their own, and order by `shared`.

use std::sync::Arc;

use mobile::store::{self as phone, Core, SecretMemory};
use shared::chance::{Chance as _, Seeded};
use shared::event::Actor;
use shared::ids::{ArticleId, ExpertId, Id};
use shared::sync::{Change, Patch, StreamName};
use shared::time::Timestamp;
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Engine, Lane, Tx};
use sync_server::knowledge::store::{self, NewArticle};
use sync_server::knowledge::{Asked, Audience, Text};

const ARTICLES: u64 = 120;
const SEARCHES: u64 = 80;
/// Hits that are compared.
const DEPTH: usize = 10;
const WORDS: [&str; 20] = [
    "screen",
    "router",
    "printer",
    "picture",
    "sound",
    "cable",
    "remote",
    "battery",
    "wifi",
    "signal",
    "paper",
    "charger",
    "bluetooth",
    "speaker",
    "camera",
    "update",
    "restart",
    "black",
    "slow",
    "thermostat",
];

fn words(chance: &Seeded, n: u64) -> Vec<String> {
    let word = |_| WORDS[usize::try_from(chance.below(20)).unwrap_or_default()].to_owned();
    (0..n).map(word).collect()
}

fn text(number: u64) -> Text {
    let chance = Seeded::new(number + 1);
    let said = |n| words(&chance, n).join(" ");
    let text = serde_json::json!({ "title": said(3), "problem": said(6), "steps": said(12) });
    serde_json::from_value(text).expect("made-up words fit")
}

/// One to four words, every second time with a letter lost.
fn typed(seed: u64) -> String {
    let chance = Seeded::new(seed + 10_000);
    let mut words = words(&chance, 1 + seed % 4);
    if seed.is_multiple_of(2) && words[0].len() > 5 {
        words[0].remove(2);
    }
    words.join(" ")
}

fn id(number: u64) -> ArticleId {
    Id::new(Timestamp::from_millis(i64::try_from(number).unwrap_or_default()), &Seeded::new(number))
}

#[tokio::test]
async fn the_phone_finds_what_the_server_finds_in_the_same_order() {
    let fresh = Fresh::new(Engine::Sqlite).await;
    let db = fresh.open(frozen_clock()).await;
    let now = db.clock().business_now();
    for chunk in 0..ARTICLES / 10 {
        let put = async move |tx: &mut Tx| {
            for number in chunk * 10..chunk * 10 + 10 {
                let author_name = "Ana".parse().expect("it is a name");
                let new =
                    NewArticle { id: id(number), text: text(number), author: Actor::Server, author_name, ticket: None };
                store::create(tx, &new, now).await?;
                store::index(tx, new.id, Audience::Ours, &new.text).await?;
            }
            store::put_synonyms(tx, i64::try_from(chunk).unwrap_or_default(), "wifi = signal\npicture = screen", now)
                .await
                .map(drop)
        };
        db.write(Lane::Bulk, put).await.expect("articles are kept");
    }
    let ids: Vec<ArticleId> = (0..ARTICLES).map(id).collect();
    let docs = db.read(async move |conn| store::docs(conn, &ids).await).await.expect("they are there");
    assert_eq!(docs.len(), usize::try_from(ARTICLES).unwrap_or_default());
    let patch = |kind: &str, id: String, doc| Patch {
        s: StreamName::Kb,
        kind: kind.to_owned(),
        id,
        change: Change::Put { ver: 1, doc },
    };
    let list = serde_json::json!({ "ver": 1, "body": "wifi = signal\npicture = screen" });
    let mut patches = vec![patch("synonyms", "main".to_owned(), list)];
    for doc in &docs {
        patches.push(patch("article", doc.id.to_string(), serde_json::to_value(doc).expect("a document")));
    }
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let expert = ExpertId::new(now, &Seeded::new(1));
    let (mut core, _) =
        Core::open(folder.path(), expert, Arc::new(SecretMemory::default()), now).expect("the phone opens");
    core.kb_begin().expect("a fresh file");
    // In another order than the server's, as the stream would bring them.
    patches[1..].reverse();
    core.kb_read_in(&patches).expect("it is read in");
    core.kb_finish("c").expect("it takes its place");

    let mut n_found = 0;
    for seed in 0..SEARCHES {
        let words = typed(seed);
        let asked = Asked { text: words.clone(), ..Asked::default() };
        let hits = db.read(async move |conn| store::search(conn, Audience::Ours, &asked, DEPTH).await).await;
        let servers: Vec<ArticleId> = hits.expect("a search").into_iter().map(|hit| hit.article.id).collect();
        let asked = phone::Asked { text: words.clone(), limit: DEPTH, ..phone::Asked::default() };
        let phones: Vec<ArticleId> =
            core.kb_search(&asked).expect("a search").into_iter().map(|found| found.id).collect();
        assert_eq!(phones, servers, "{words}");
        n_found += usize::from(!phones.is_empty());
    }
    assert!(n_found > 60, "{n_found}");
    db.close().await;
    fresh.remove().await;
}
