//! An admin sees which way fails and how, on both engines.

use super::{Failures, Standing, api, code, pages, standing};
use crate::accounts::Person;
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use crate::notify::Ended;
use crate::notify::plan::Channel;
use crate::notify::samples::{drain, file, moved, offer, outside, people, registry};
use crate::notify::store::lately::Tried;
use crate::tickets::samples::id;
use axum::http::StatusCode;
use serde_json::json;
use shared::time::Timestamp;

fn tried(ended: Ended, at: i64) -> Tried {
    Tried { channel: Channel::Sms, ended, error: None, at: Timestamp::from_millis(at) }
}

#[test]
fn three_failures_in_a_row_are_a_failing_way_and_one_success_ends_it() {
    let (failed, unknown, sent) = (tried(Ended::Failed, 9), tried(Ended::Unknown, 8), tried(Ended::Sent, 7));
    assert_eq!(standing(&[]), Standing::Idle);
    assert_eq!(standing(&[&tried(Ended::Attempted, 9)]), Standing::Idle);
    assert_eq!(standing(&[&failed, &unknown]), Standing::Up);
    assert_eq!(standing(&[&failed, &failed, &unknown, &sent]), Standing::Failing { since: unknown.at });
    assert_eq!(standing(&[&sent, &failed, &failed, &failed]), Standing::Up);
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

#[test]
fn failures_are_counted_by_code_and_keep_their_last_words() {
    let with = |error: &str| Tried { error: Some(error.to_owned()), ..tried(Ended::Failed, 1) };
    let (newest, older, other) = (with("30003: off"), with("30003: gone"), with("timeout: nothing came"));
    let counted = super::failures(&[&other, &newest, &older]);
    let first = Failures { code: "30003".into(), n: 2, last: "30003: off".into() };
    assert_eq!((counted.len(), &counted[0]), (2, &first));
}
