//! The same articles are found in the same order on both engines, and an article lives as it should.

use super::super::change::{self, By};
use super::super::{Asked, Audience, Deed, Text};
use super::*;
use crate::db::testing::both_engines;
use crate::db::{Conn, Database, Engine, Error, Lane, Tx};
use crate::http::undone::Undone;
use shared::chance::{Chance as _, Seeded};
use shared::event::Actor;
use shared::ids::{ArticleId, Id};
use shared::problem::ProblemCode;
use shared::time::Timestamp;

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(1_772_442_000_000 + i64::try_from(number).unwrap())
}

fn id(number: u64) -> ArticleId {
    Id::new(at(number), &Seeded::new(number))
}

fn text(title: &str, problem: &str, steps: &str) -> Text {
    Text {
        title: title.parse().unwrap(),
        problem: problem.parse().unwrap(),
        steps: steps.parse().unwrap(),
        stop: None,
        category: None,
        symptom: None,
        make: None,
        model: None,
    }
}

fn by() -> By {
    By { actor: Actor::Server, name: "Ana".parse().unwrap() }
}

async fn begin(tx: &mut Tx, number: u64, text: Text) -> Result<(), Undone> {
    let author_name = "Ana".parse().unwrap();
    let new = NewArticle { id: id(number), text, author: Actor::Server, author_name, ticket: None };
    change::begin(tx, &new, at(number)).await.map(drop)
}

async fn act(tx: &mut Tx, number: u64, deed: Deed) -> Result<(), Undone> {
    let note = Some("It is so.".parse().unwrap()).filter(|_| deed.needs_note());
    change::act(tx, id(number), deed, None, note.as_ref(), &by(), at(number)).await.map(drop)
}

async fn found(conn: &mut Conn, audience: Audience, words: &str) -> Result<Vec<ArticleId>, Error> {
    let asked = Asked { text: words.into(), ..Asked::default() };
    Ok(search(conn, audience, &asked, 20).await?.into_iter().map(|hit| hit.article.id).collect())
}

async fn looks_up(db: &Database, audience: Audience, words: impl Into<String>) -> Vec<ArticleId> {
    let words = words.into();
    db.read(async move |conn| found(conn, audience, &words).await).await.unwrap()
}

/// What articles and searches are made of.
const WORDS: [&str; 24] = [
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
    "menu",
    "black",
    "slow",
    "noise",
    "light",
    "thermostat",
    "keyboard",
];

/// One to four of the words, some with a letter lost, doubled or swapped, as thumbs do.
fn typed(seed: u64) -> String {
    let chance = Seeded::new(seed);
    let below = |n: usize| usize::try_from(chance.below(u64::try_from(n).unwrap())).unwrap();
    let one = |_| {
        let mut word: Vec<char> = WORDS[below(WORDS.len())].chars().collect();
        let at = below(word.len() - 1);
        match below(5) {
            0 => drop(word.remove(at)),
            1 => word.insert(at, word[at]),
            2 => word.swap(at, at + 1),
            _ => {}
        }
        word.into_iter().collect::<String>()
    };
    (0..=below(4)).map(one).collect::<Vec<_>>().join(" ")
}

/// Articles out of a few words, so that many are near each other and ties are many.
fn made_up(number: u64) -> Text {
    let mut state = number * 2_654_435_761 + 7;
    let mut take = |n: usize| {
        let mut words = Vec::new();
        for _ in 0..n {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            words.push(WORDS[usize::try_from(state >> 33).unwrap() % WORDS.len()]);
        }
        words.join(" ")
    };
    text(&take(3), &take(6), &take(12))
}

#[tokio::test]
async fn both_engines_find_hundreds_of_articles_in_one_order() {
    const SEARCHES: [&str; 10] = [
        "black screen",
        "wi-fi slow",
        "prnter paper",
        "bluetoth speeker noise",
        "remot batery",
        "thermostat",
        "keybo",
        "the picture is black and there is no sound",
        "camera update restart menu signal light",
        "zzzzz",
    ];
    /// As many as find something to differ in.
    const RANDOM_SEARCHES: u64 = 120;
    let mut orders = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = crate::db::testing::Fresh::new(engine).await;
        let db = fresh.open(crate::db::testing::frozen_clock()).await;
        for chunk in 0..30 {
            let write = db.write(Lane::Desk, async move |tx| {
                for number in chunk * 10..chunk * 10 + 10 {
                    begin(tx, number, made_up(number)).await?;
                }
                Ok::<_, Undone>(())
            });
            write.await.unwrap();
        }
        let mut order = Vec::new();
        for words in SEARCHES {
            order.push(looks_up(&db, Audience::Ours, words).await);
        }
        for seed in 0..RANDOM_SEARCHES {
            order.push(looks_up(&db, Audience::Ours, typed(seed)).await);
        }
        assert!(order[..9].iter().all(|found| !found.is_empty()) && order[9].is_empty());
        orders.push(order);
        db.close().await;
        fresh.remove().await;
    }
    assert_eq!(orders[0], orders[1]);
}

#[tokio::test]
async fn ours_find_a_draft_at_once_and_customers_what_was_reviewed() {
    both_engines(async |db| {
        let old = || text("Router drops the connection", "It goes off.", "Move the router.");
        let new = || text("Router drops the connection", "It goes off.", "Move the router away from the aquarium.");
        db.write(Lane::Desk, async move |tx| begin(tx, 1, old()).await).await.unwrap();
        assert_eq!(looks_up(&db, Audience::Ours, "ruoter").await, [id(1)]);
        assert!(looks_up(&db, Audience::Customers, "router").await.is_empty());
        db.write(Lane::Desk, async |tx| act(tx, 1, Deed::Publish).await).await.unwrap();
        assert_eq!(looks_up(&db, Audience::Customers, "router").await, [id(1)]);
        let edit =
            db.write(Lane::Desk, async move |tx| change::edit(tx, id(1), &new(), Some(1), &by(), at(2)).await).await;
        assert_eq!(edit.unwrap().ver, 2);
        assert_eq!(looks_up(&db, Audience::Ours, "aquarium").await, [id(1)]);
        assert!(looks_up(&db, Audience::Customers, "aquarium").await.is_empty(), "not before a review");
        let stale = db.write(Lane::Desk, async |tx| {
            change::act(tx, id(1), Deed::Publish, Some(1), None, &by(), at(3)).await.map(drop)
        });
        let stale = stale.await.unwrap_err();
        assert!(matches!(stale, Undone::Refused(problem) if problem.code == ProblemCode::Stale));
        db.write(Lane::Desk, async |tx| act(tx, 1, Deed::Publish).await).await.unwrap();
        assert_eq!(looks_up(&db, Audience::Customers, "aquarium").await, [id(1)]);
        db.write(Lane::Desk, async |tx| act(tx, 1, Deed::Retire).await).await.unwrap();
        for audience in [Audience::Ours, Audience::Customers] {
            assert!(looks_up(&db, audience, "router").await.is_empty(), "{audience:?}");
        }
        let versions = db.read(async |conn| versions(conn, id(1)).await).await.unwrap();
        assert_eq!(versions.iter().map(|version| version.ver).collect::<Vec<_>>(), [2, 1], "nothing is deleted");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_votes_once() {
    both_engines(async |db| {
        let voted = db.write(Lane::Desk, async |tx| {
            begin(tx, 1, text("A", "b", "c")).await?;
            let vote = async |tx: &mut Tx, ticket: u64, fixed| {
                note_vote(tx, id(1), Id::new(at(ticket), &Seeded::new(ticket)), Actor::Server, fixed, at(9)).await
            };
            let new = [vote(tx, 1, true).await?, vote(tx, 1, false).await?, vote(tx, 2, false).await?];
            Ok::<_, Undone>((new, article(tx, id(1), Audience::Ours).await?.unwrap()))
        });
        let (new, article) = voted.await.unwrap();
        assert_eq!((new, article.n_fixed, article.n_tried), ([true, false, true], 1, 2));
    })
    .await;
}

#[tokio::test]
async fn synonyms_count_at_once_and_an_older_list_is_not_written_over() {
    both_engines(async |db| {
        db.write(Lane::Desk, async |tx| begin(tx, 1, text("Television is dark", "b", "c")).await).await.unwrap();
        assert!(looks_up(&db, Audience::Ours, "telly").await.is_empty());
        let put = db.write(Lane::Desk, async |tx| {
            let first = put_synonyms(tx, 0, "television = telly", at(1)).await?;
            Ok::<_, Error>((first, put_synonyms(tx, 0, "", at(2)).await?))
        });
        assert_eq!(put.await, Ok((true, false)));
        assert_eq!(looks_up(&db, Audience::Ours, "telly").await, [id(1)]);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_found_is_counted_without_anybodys_number() {
    both_engines(async |db| {
        let noted = db.write(Lane::Bulk, async |tx| {
            for (audience, words) in [
                (Audience::Ours, "Toaster"),
                (Audience::Customers, "toaster "),
                (Audience::Customers, "call 2125550100"),
            ] {
                note_miss(tx, audience, words, at(1)).await?;
            }
            misses(tx, 10).await
        });
        let noted: Vec<_> =
            noted.await.unwrap().into_iter().map(|one| (one.words, one.n_ours, one.n_customers)).collect();
        assert_eq!(noted, [("toaster".to_owned(), 1, 1), ("call ...".to_owned(), 0, 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_product_narrows_a_search_and_a_symptom_orders_it() {
    both_engines(async |db| {
        let hits = db.write(Lane::Desk, async |tx| {
            let abouts = [(None, None), (Some("tv"), None), (Some("tv"), Some("no_sound")), (Some("audio"), None)];
            for (number, (category, symptom)) in (1..).zip(abouts) {
                let slug = |slug: &str| slug.parse().unwrap();
                let text =
                    Text { category: category.map(slug), symptom: symptom.map(slug), ..text("No sound", "b", "c") };
                let author_name = "Ana".parse().unwrap();
                let new = NewArticle { id: id(number), text, author: Actor::Server, author_name, ticket: None };
                create(tx, &new, at(number)).await?;
                index(tx, id(number), Audience::Ours, &new.text).await?;
            }
            let (category, symptom) = (Some("tv".parse().unwrap()), Some("no_sound".parse().unwrap()));
            let hits = search(tx, Audience::Ours, &Asked { text: "sound".into(), category, symptom }, 5).await?;
            Ok::<_, Error>(hits.into_iter().map(|hit| hit.article.id).collect::<Vec<_>>())
        });
        assert_eq!(hits.await.unwrap(), [id(3), id(2), id(1)], "and one about any product is about this one too");
    })
    .await;
}
