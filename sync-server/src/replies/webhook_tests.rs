//! What an SMS does, on both engines: signed, repeated, from experts, customers, strangers, and two people with one number.

use super::{say, store, webhook};
use crate::config::{Providers, Secret, Twilio};
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::http::Site;
use crate::http::testing::{Client, encoded, site};
use crate::notify::samples::*;
use crate::notify::store::no_sms;
use crate::notify::webhook::testing::signed;
use crate::notify::{Notice, store as notices};
use crate::tickets::samples::id;
use crate::tickets::{self, Ticket};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use shared::ids::TicketId;
use shared::ticket::{Move, State};
use std::sync::Arc;

const SECRET: &str = "the account's secret";
const ANA: &str = "+12125550211";
const MIA: &str = "+12125550100";
const PATH: &str = "/webhooks/twilio/reply";

/// A server with an account at the provider, with its people.
async fn place(db: &Database) -> Client {
    people(db, NotifyBy::Sms, None).await;
    // By day: 10:00 in New York.
    db.clock().advance(6 * 60 * 60_000);
    let site = site(db);
    let mut config = (*site.config).clone();
    let (url, account_sid) = ("https://api.example.com".to_owned(), "AC1".to_owned());
    let auth_token = Secret::from(SECRET.to_owned());
    config.providers = Providers {
        twilio: Some(Twilio { url, account_sid, auth_token, from: "+15005550006".to_owned() }),
        ..Providers::default()
    };
    Client::new(Site { config: Arc::new(config), ..site }, webhook::routes())
}

async fn sends(client: &Client, sid: &str, from: &str, body: &str) -> (StatusCode, String) {
    sends_signed(client, sid, from, body, SECRET).await
}

async fn sends_signed(client: &Client, sid: &str, from: &str, body: &str, secret: &str) -> (StatusCode, String) {
    let fields: Vec<(String, String)> =
        [("MessageSid", sid), ("From", from), ("To", "+15005550006"), ("Body", body), ("NumMedia", "0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let signature = signed(secret, &format!("{}{PATH}", client.site.config.public_url), &fields);
    let form: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let request = Request::post(PATH)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature)
        .body(Body::from(form.join("&")));
    let heard = client.send(request.unwrap()).await;
    (heard.status, heard.text())
}

async fn ticket(db: &Database, id: TicketId) -> Ticket {
    db.read(async move |conn| tickets::store::get(conn, id).await).await.unwrap().unwrap()
}

async fn offered(db: &Database, number: u64, expert: u64) -> Ticket {
    let filed = file(db, number, true, false).await;
    moved(db, filed, vec![offer(db, 20 + number, id(expert), 60)]).await;
    ticket(db, filed).await
}

async fn inbox(db: &Database) -> Vec<Notice> {
    let now = now(db);
    db.read(async move |conn| notices::calls(conn, now, 10).await).await.unwrap()
}

async fn notes(db: &Database, ticket: TicketId) -> Vec<(String, String)> {
    let notes = db.read(async move |conn| tickets::store::notes(conn, &[ticket], 10).await).await.unwrap();
    notes.into_iter().map(|note| (note.author_name, note.text)).collect()
}

#[tokio::test]
async fn a_yes_answers_the_open_offer_once_and_a_no_gives_it_back() {
    both_engines(async |db| {
        let client = place(&db).await;
        let asked = offered(&db, 1, 11).await;
        let (status, answer) = sends(&client, "SM1", ANA, "Yes, thank you!").await;
        assert!(status == StatusCode::OK && answer.contains(&asked.number.to_string()), "{answer}");
        let state = ticket(&db, asked.id).await.life.state;
        assert!(matches!(state, State::Accepted { expert, .. } if expert == id(11)), "{state:?}");
        let before = ticket(&db, asked.id).await.n_events;
        assert_eq!(
            sends(&client, "SM1", ANA, "Yes, thank you!").await.1,
            answer,
            "a repeat is answered like the first"
        );
        assert_eq!(ticket(&db, asked.id).await.n_events, before);
        let other = offered(&db, 2, 11).await;
        let (_, answer) = sends(&client, "SM2", ANA, "nein").await;
        assert!(answer.contains("goes to somebody else"), "{answer}");
        assert_eq!(ticket(&db, other.id).await.life.state, State::Waiting);
        assert_eq!(inbox(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn of_several_offers_the_number_chooses_and_without_it_we_ask_back() {
    both_engines(async |db| {
        let client = place(&db).await;
        let first = offered(&db, 1, 11).await;
        db.clock().advance(1_000);
        let second = offered(&db, 2, 11).await;
        let short = say::short(&[first.clone(), second.clone()]);
        let (_, answer) = sends(&client, "SM1", ANA, "YES").await;
        assert!(answer.contains(&short[0]) && answer.contains(&short[1]), "{answer}");
        assert!(matches!(ticket(&db, first.id).await.life.state, State::Offered { .. }), "nothing was guessed");
        let (_, answer) = sends(&client, "SM2", ANA, &format!("yes {}", short[1].to_lowercase())).await;
        let state = ticket(&db, second.id).await.life.state;
        assert!(matches!(state, State::Accepted { .. }), "{answer} {state:?}");
        assert!(matches!(ticket(&db, first.id).await.life.state, State::Offered { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_yes_to_what_is_with_somebody_else_by_now_is_told_so() {
    both_engines(async |db| {
        let client = place(&db).await;
        let asked = offered(&db, 1, 11).await;
        drain(&db, registry(&outside(&db))).await;
        let withdraw = Move::Withdraw { why: shared::ticket::WithdrawReason::Staff };
        let yes = Move::Accept { expert: id(12), late: None };
        moved(&db, asked.id, vec![withdraw, offer(&db, 31, id(12), 60), yes]).await;
        let (_, answer) = sends(&client, "SM1", ANA, "YES").await;
        assert!(answer.contains("Nothing is open"), "{answer}");
        assert_eq!(ticket(&db, asked.id).await.life.state.holder(), Some(id(12)));
    })
    .await;
}

#[tokio::test]
async fn stop_and_start_hold_at_once() {
    both_engines(async |db| {
        let client = place(&db).await;
        let why = async || db.read(async |conn| no_sms::why(conn, &MIA.parse().unwrap()).await).await.unwrap();
        let (status, answer) = sends(&client, "SM1", MIA, "STOP").await;
        assert!(status == StatusCode::OK && answer.ends_with("<Response/>"), "the provider confirms it: {answer}");
        assert_eq!(why().await, Some(no_sms::NoSms::Stop));
        let (_, answer) = sends(&client, "SM2", MIA, "start").await;
        assert!(why().await.is_none() && answer.contains("You get our messages again"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn words_go_on_the_one_open_ticket_and_else_to_a_person() {
    both_engines(async |db| {
        let client = place(&db).await;
        let (_, answer) = sends(&client, "SM1", MIA, "Are you still there?").await;
        assert!(answer.contains("ring you"), "{answer}");
        assert!(inbox(&db).await[0].body.contains("Mia Chén") && inbox(&db).await[0].body.contains("still there?"));
        let open = file(&db, 1, true, false).await;
        let (_, answer) = sends(&client, "SM2", MIA, "No picture since noon <b>").await;
        assert!(!answer.contains("<Message>"), "thanked a moment ago: {answer}");
        assert_eq!(notes(&db, open).await, [("Mia Chén (SMS)".to_owned(), "No picture since noon <b>".to_owned())]);
        db.clock().advance(11 * 60_000);
        let (_, answer) = sends(&client, "SM3", MIA, "The gate code is 4711").await;
        assert!(answer.contains(&ticket(&db, open).await.number.to_string()), "{answer}");
        assert_eq!(notes(&db, open).await.len(), 2);
        // A second open ticket: only the number says which.
        let other = file(&db, 2, true, false).await;
        let number = ticket(&db, other).await.number;
        sends(&client, "SM4", MIA, "Please come early").await;
        sends(&client, "SM5", MIA, &format!("{number}: please come early")).await;
        assert_eq!((notes(&db, open).await.len(), notes(&db, other).await.len(), inbox(&db).await.len()), (2, 1, 2));
    })
    .await;
}

#[tokio::test]
async fn a_stranger_is_read_by_a_person_and_answered_nothing_and_no_flood_fills_the_inbox() {
    both_engines(async |db| {
        let client = place(&db).await;
        for n in 0..55 {
            let (status, answer) = sends(&client, &format!("SM{n}"), "+12125559999", "yes").await;
            assert!(status == StatusCode::OK && answer.ends_with("<Response/>"), "{answer}");
        }
        let now = now(&db);
        let calls = db.read(async move |conn| notices::calls(conn, now, 100).await).await.unwrap();
        assert_eq!(calls.len(), 50);
        assert!(calls[0].body.contains("nobody we know"), "{}", calls[0].body);
    })
    .await;
}

#[tokio::test]
async fn two_people_with_one_number_are_not_mistaken_for_each_other() {
    both_engines(async |db| {
        let client = place(&db).await;
        // Ben moves in with Ana and shares her phone.
        let write = db.write(Lane::Desk, async |tx| {
            let ben = crate::workforce::store::expert(tx, id(12)).await?.expect("he is there");
            let mut details = expert_details("Ben", 12);
            details.phone = ANA.parse().unwrap();
            assert_eq!(ben.name.as_str(), "Ben");
            crate::workforce::store::replace(tx, id(12), &details, shared::time::Timestamp::EPOCH).await
        });
        write.await.unwrap();
        let (anas, bens) = (offered(&db, 1, 11).await, offered(&db, 2, 12).await);
        let (_, answer) = sends(&client, "SM1", ANA, "YES").await;
        assert!(answer.contains("Which one?"), "{answer}");
        sends(&client, "SM2", ANA, &format!("YES {}", bens.number)).await;
        assert_eq!(ticket(&db, bens.id).await.life.state.holder(), Some(id(12)));
        assert!(matches!(ticket(&db, anas.id).await.life.state, State::Offered { .. }));
    })
    .await;
}

#[tokio::test]
async fn what_the_provider_did_not_sign_is_refused_and_forgetting_leaves_nothing() {
    both_engines(async |db| {
        let client = place(&db).await;
        let asked = offered(&db, 1, 11).await;
        let (status, _) = sends_signed(&client, "SM1", ANA, "YES", "a guess").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(matches!(ticket(&db, asked.id).await.life.state, State::Offered { .. }));
        sends(&client, "SM2", ANA, "YES").await;
        let left = db.write(Lane::Desk, async |tx| {
            let phone = ANA.parse().unwrap();
            let before = store::answer_to(tx, "SM2").await?.is_some();
            store::forget(tx, &phone).await?;
            Ok::<_, Error>((before, store::answer_to(tx, "SM2").await?))
        });
        assert_eq!(left.await.unwrap(), (true, None));
    })
    .await;
}
