//! What experts write reaches everybody's phones, once, and what they found useful counts once for each ticket.

use super::Phone;
use crate::accounts::Person;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use crate::knowledge::change::{self, By};
use crate::knowledge::{Audience, Deed, store};
use shared::article::Text;
use shared::event::Actor;
use shared::ids::{ArticleId, TicketId};
use shared::intent::Intent;
use shared::sync::{Change, MutationResult, Patch, StreamName, SyncReply, Unused};
use std::io::BufRead as _;

fn text(title: &str) -> Box<Text> {
    let text = serde_json::json!({ "title": title, "problem": "The lamp blinks red.", "steps": "Restart it." });
    Box::new(serde_json::from_value(text).unwrap())
}

fn draft(title: &str) -> Intent {
    Intent::ArticleDraft { article: id(77), text: text(title) }
}

fn titles(reply: &SyncReply) -> Vec<(String, Option<String>)> {
    let of_kb = reply.patch.iter().filter(|patch| patch.s == StreamName::Kb);
    let title = |patch: &Patch| match &patch.change {
        Change::Put { doc, .. } => Some(doc["text"]["title"].as_str().unwrap_or_default().to_owned()),
        Change::Del { .. } => None,
    };
    of_kb.map(|patch| (patch.kind.clone(), title(patch))).collect()
}

async fn retire(world: &World, article: ArticleId) {
    let now = world.now();
    let retired = world.db.write(Lane::Desk, async move |tx| {
        let by = By { actor: Actor::Server, name: "Ada".parse().unwrap() };
        let why = Some("It is wrong.".parse().unwrap());
        change::act(tx, article, Deed::Retire, None, why.as_ref(), &by, now).await.map(drop)
    });
    retired.await.unwrap();
}

#[tokio::test]
async fn an_article_from_a_phone_is_kept_once_and_its_next_version_with_it() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(phone.taps(draft("Router blinks"), ticket).await, MutationResult::Applied);
        assert_eq!(phone.taps(draft("Router blinks"), ticket).await, MutationResult::Noop, "sent twice");
        assert_eq!(phone.taps(draft("Router blinks red"), ticket).await, MutationResult::Applied);
        let article = db.read(async |conn| store::article(conn, id(77), Audience::Ours).await).await.unwrap().unwrap();
        assert_eq!((article.ver, article.ticket, article.author_name.as_str()), (2, Some(ticket), "Ana"));
        // Without a ticket too; a product that is not on the list is said in words and kept for him.
        let mut wrong = text("No such product");
        wrong.category = Some("toaster".parse().unwrap());
        let mutation = phone.mutation(&Intent::ArticleDraft { article: id(78), text: wrong }, None);
        let reply = phone.send(vec![mutation]).await.unwrap();
        assert_eq!(reply.acks[0].result, MutationResult::Rejected("There is no product toaster.".into()));
        let mutation = phone.mutation(&Intent::ArticleDraft { article: id(79), text: text("At home") }, None);
        assert_eq!(phone.send(vec![mutation]).await.unwrap().acks[0].result, MutationResult::Applied);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_says_once_from_the_phone_whether_an_article_helped() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(draft("Router blinks"), ticket).await;
        let helped = |fixed| Intent::ArticleHelped { article: id(77), fixed };
        assert_eq!(phone.taps(helped(true), ticket).await, MutationResult::Applied);
        assert_eq!(phone.taps(helped(false), ticket).await, MutationResult::Noop, "the first answer stays");
        let unknown: TicketId = id(9_999);
        assert_eq!(phone.taps(helped(true), unknown).await, MutationResult::Recorded(Unused::UnknownTicket));
        let other = world.ticket().await;
        assert_eq!(phone.taps(helped(true), other).await, MutationResult::Recorded(Unused::Reassigned));
        let none = Intent::ArticleHelped { article: id(5_555), fixed: true };
        assert!(matches!(phone.taps(none, ticket).await, MutationResult::Rejected(_)));
        let article = db.read(async |conn| store::article(conn, id(77), Audience::Ours).await).await.unwrap().unwrap();
        assert_eq!((article.n_fixed, article.n_tried), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_phone_begins_with_the_snapshot_and_pulls_what_came_after_it() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(draft("Router blinks"), ticket).await;
        let put = async |tx: &mut crate::db::Tx| store::put_synonyms(tx, 0, "tv = telly", id_time()).await;
        assert!(db.write(Lane::Desk, put).await.unwrap());
        assert!(titles(&phone.send(vec![]).await.unwrap()).is_empty(), "an app that does not ask gets nothing");

        let client = Client::new(site(&db), super::super::api::routes()).signed_in(Person::Expert(ana)).await;
        let file = client.get("/api/v1/kb/main/snapshot").await;
        assert_eq!(file.status, 200, "{}", file.text());
        let again = client.get("/api/v1/kb/main/snapshot").await;
        assert_eq!((file.header("etag"), &file.body), (again.header("etag"), &again.body), "the same bytes, one name");
        let unpacked = zstd::decode_all(&file.body[..]).unwrap();
        let lines: Vec<serde_json::Value> =
            unpacked.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        let kinds: Vec<_> = lines[1..].iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["article", "synonyms"]);
        assert_eq!(lines[1]["doc"]["reviewed"], false, "at once, as not reviewed");

        let cursor = lines[0]["cursor"].as_str().unwrap().to_owned();
        phone.cursors.insert(StreamName::Kb, cursor);
        assert!(titles(&phone.send(vec![]).await.unwrap()).is_empty(), "nothing came after it");
        phone.taps(draft("Router blinks red"), ticket).await;
        let kept = phone.cursors.clone();
        phone.taps(Intent::ArticleHelped { article: id(77), fixed: true }, ticket).await;
        phone.cursors = kept;
        let reply = phone.send(vec![]).await.unwrap();
        assert_eq!(titles(&reply), [("article".into(), Some("Router blinks red".into()))]);
        retire(&world, id(77)).await;
        assert_eq!(titles(&phone.send(vec![]).await.unwrap()), [("article".into(), None)]);

        // A cursor of another history, or none that can be read: the phone takes a new snapshot.
        phone.cursors.insert(StreamName::Kb, String::new());
        let reply = phone.send(vec![]).await.unwrap();
        assert_eq!((reply.reset, reply.cursors.contains_key(&StreamName::Kb)), (vec![StreamName::Kb], false));
    })
    .await;
}

fn id_time() -> shared::time::Timestamp {
    shared::time::Timestamp::from_millis(1_772_442_000_000)
}

#[tokio::test]
async fn a_phone_has_how_the_last_tickets_like_it_were_solved() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let first = world.ticket().await;
        world.round().await;
        phone.taps(Intent::OfferAccept {}, first).await;
        let done = Intent::TicketComplete {
            outcome: shared::ticket::Outcome::Fixed,
            summary: "Changed the strip. Call 2125550100 if it comes back.".parse().unwrap(),
        };
        // It is filed before the first one ends, and asked about a minute later.
        let second = world.ticket().await;
        assert_eq!(phone.taps(done, first).await, MutationResult::Applied);
        world.minutes_pass(1);
        world.round().await;
        phone.send(vec![]).await.unwrap();
        let solved = phone.tickets[&second.to_string()].solved.clone();
        assert_eq!(solved.len(), 1);
        assert_eq!(solved[0].summary, "Changed the strip. Call … if it comes back.");
        assert!(phone.tickets[&first.to_string()].solved.is_empty(), "who is done needs it no more");
    })
    .await;
}
