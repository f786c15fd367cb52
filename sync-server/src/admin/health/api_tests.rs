//! An admin sees which way fails and how, on both engines.

use super::{Failures, Standing, Tried, api, code, pages, standing};
use crate::accounts::Person;
use crate::billing::outside::Request;
use crate::billing::samples::Shop;
use crate::billing::sandbox::cards::TestCard;
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use crate::notify::Ended;
use crate::notify::samples::{drain, file, moved, offer, outside, people, registry};
use crate::tickets::samples::id;
use axum::http::StatusCode;
use serde_json::json;
use shared::time::Timestamp;

fn tried(ended: Ended, at: i64) -> Tried {
    Tried { ended, error: None, at: Timestamp::from_millis(at) }
}

#[test]
fn three_failures_in_a_row_are_a_failing_way_and_one_success_ends_it() {
    let (failed, unknown, sent) = (tried(Ended::Failed, 9), tried(Ended::Unknown, 8), tried(Ended::Sent, 7));
    assert_eq!(standing(&[]), Standing::Idle);
    assert_eq!(standing(&[tried(Ended::Attempted, 9)]), Standing::Idle);
    let of = |tried: &[&Tried]| standing(&tried.iter().map(|one| (*one).clone()).collect::<Vec<_>>());
    assert_eq!(of(&[&failed, &unknown]), Standing::Up);
    assert_eq!(of(&[&failed, &failed, &unknown, &sent]), Standing::Failing { since: unknown.at });
    assert_eq!(of(&[&sent, &failed, &failed, &failed]), Standing::Up);
}

#[test]
fn a_code_is_one_word_before_a_colon() {
    for (error, expected) in
        [("30003: off", "30003"), ("timeout", "timeout"), ("a sentence: with more", "other"), (": x", "other")]
    {
        assert_eq!(code(error), expected);
    }
}

#[tokio::test]
async fn an_admin_sees_what_failed_by_code_and_what_is_off() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let mut outside = outside(&db);
        outside.sms = Err("SMS is off");
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, id(11), 60)]).await;
        let client = Client::new(site(&db), api::routes().merge(pages::routes()));
        let ada = client.signed_in(Person::Admin(id(50))).await;
        let before = ada.get("/api/v1/admin/health").await.value();
        assert_eq!(before["providers"][0]["state"], json!("idle"));
        assert_eq!(before["providers"][1]["per_second"], json!(10));
        let waits = before["jobs"].as_array().unwrap().iter().find(|queue| queue["kind"] == "notify_expert");
        assert_eq!(waits.map(|queue| queue["n"].clone()), Some(json!(1)), "{before}");
        drain(&db, registry(&outside)).await;
        let after = ada.get("/api/v1/admin/health").await.value();
        let push = &after["providers"][0];
        assert_eq!((&push["channel"], &push["state"], &push["n_sent"]), (&json!("push"), &json!("up"), &json!(1)));
        assert_eq!(push["n_waiting"], json!(0));
        let page = ada.get("/admin/health").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("1 sent") && page.text().contains("Nothing waits"), "{}", page.text());
        let emile = client.signed_in(Person::Agent(id(51))).await;
        assert_eq!(emile.get("/admin/health").await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn an_admin_sees_how_the_card_provider_is_and_what_banks_said() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let client = Client::new(site(&db), api::routes().merge(pages::routes()));
        let ada = client.signed_in(Person::Admin(id(50))).await;
        let cards = async || {
            let health = ada.get("/api/v1/admin/health").await.value();
            (health["providers"][3].clone(), health["declines"].clone())
        };
        let (before, _) = cards().await;
        assert_eq!((&before["channel"], &before["state"]), (&json!("cards"), &json!("idle")));
        // Asked by a page, as a customer does; the provider is told apart from the sandbox by its name.
        let outside = crate::billing::Outside::new(&site(&db));
        let ask = async |intent: &str| outside.gateway().unwrap().ask(Request::Intent(intent.to_owned())).await;
        for _ in 0..3 {
            ask("pi_nobody").await.unwrap_err();
        }
        let (failing, _) = cards().await;
        assert_eq!((&failing["state"], &failing["by"]), (&json!("failing"), &json!("sandbox")), "{failing}");
        assert_eq!(failing["failures"][0]["code"], json!("resource_missing"));
        assert_eq!(failing["failures"][0]["n"], json!(3));
        db.clock().advance(1_000);
        let (_, session) = shop.enter().await;
        outside.gateway().unwrap().ask(Request::Session(session)).await.unwrap();
        let (up, _) = cards().await;
        assert_eq!((&up["state"], &up["n_sent"]), (&json!("up"), &json!(1)));
        // A charge that is due waits for a worker; a declined one is the bank's word, not the provider's fault.
        shop.buy(TestCard::Works).await;
        shop.change_card(TestCard::FailsLater).await;
        shop.days(366).await;
        let (_, declines) = cards().await;
        assert_eq!(declines[0]["code"], json!("generic_decline"), "{declines}");
        let page = ada.get("/admin/health").await.text();
        for words in ["Card payments", "By the sandbox of the demo", "Cards that banks declined"] {
            assert!(page.contains(words), "{words} is missing: {page}");
        }
        shop.jump_days(7);
        let (due, _) = cards().await;
        assert!(due["n_waiting"].as_i64().unwrap() >= 1 && due["oldest_due_at"].is_string(), "{due}");
    })
    .await;
}

#[test]
fn failures_are_counted_by_code_and_keep_their_last_words() {
    let with = |error: &str| Tried { error: Some(error.to_owned()), ..tried(Ended::Failed, 1) };
    let (newest, older, other) = (with("30003: off"), with("30003: gone"), with("timeout: nothing came"));
    let counted = super::failures(&[other, newest, older]);
    let first = Failures { code: "30003".into(), n: 2, last: "30003: off".into() };
    assert_eq!((counted.len(), &counted[0]), (2, &first));
}
