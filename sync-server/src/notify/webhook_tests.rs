//! Second ways and receipts on both engines: what did not arrive is said by another way, and then is nobody's work.

use super::outside::{Gateway, Message, Unsent};
use super::plan::Channel;
use super::samples::*;
use super::twilio::signature::sign;
use super::{Notice, NoticeState, Outside, store, webhook};
use crate::config::{Providers, Secret, Twilio};
use crate::customers::NotifyBy;
use crate::db::Database;
use crate::db::testing::both_engines;
use crate::http::Site;
use crate::http::testing::{Client, site};
use crate::tickets::samples::id;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::Move;
use std::sync::{Arc, Mutex};

const SECRET: &str = "the account's secret";

fn ana() -> ExpertId {
    id(11)
}

/// Answers each wish to send from a list, then takes everything.
struct Scripted {
    answers: Mutex<Vec<Result<String, Unsent>>>,
    lists: Mutex<Vec<Result<Option<String>, Unsent>>>,
    n_sent: Mutex<usize>,
}

impl Scripted {
    fn new(mut answers: Vec<Result<String, Unsent>>, mut lists: Vec<Result<Option<String>, Unsent>>) -> Arc<Self> {
        answers.reverse();
        lists.reverse();
        Arc::new(Self { answers: Mutex::new(answers), lists: Mutex::new(lists), n_sent: Mutex::default() })
    }

    fn n_sent(&self) -> usize {
        *self.n_sent.lock().unwrap()
    }
}

impl Gateway for Scripted {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        *self.n_sent.lock().unwrap() += 1;
        let answer = self.answers.lock().unwrap().pop().unwrap_or_else(|| Ok(format!("SM{}", message.notice)));
        async move { answer }.boxed()
    }

    fn look_up(&self, _: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        let answer = self.lists.lock().unwrap().pop().unwrap_or(Ok(None));
        async move { answer }.boxed()
    }
}

/// A visit that its customer, who chose SMS, should hear of. It is 04:00 and the visit is in half an hour.
async fn promised(db: &Database, email: Option<&str>) -> TicketId {
    people(db, NotifyBy::Sms, email).await;
    let ticket = file(db, 1, true, false).await;
    moved(db, ticket, vec![offer(db, 21, ana(), 30), Move::Accept { expert: ana(), late: None }]).await;
    ticket
}

fn outside_with(db: &Database, sms: Arc<Scripted>) -> Outside {
    let mut outside = outside(db);
    outside.sms = Ok(sms);
    outside
}

/// What the customer was told of the promise: SMS, then e-mail.
async fn news(db: &Database, ticket: TicketId) -> Vec<Notice> {
    let mut news: Vec<_> =
        told(db, ticket).await.into_iter().filter(|notice| notice.matter.word() == "accepted").collect();
    news.sort_by_key(|notice| notice.channel);
    news
}

fn states(news: &[Notice]) -> Vec<(Channel, NoticeState)> {
    news.iter().map(|notice| (notice.channel, notice.state)).collect()
}

async fn n_for_people(db: &Database) -> usize {
    db.read(async |conn| store::undelivered(conn, 10).await).await.unwrap().len()
}

fn never() -> Unsent {
    Unsent::Never { why: "21211: no such number".into() }
}

#[tokio::test]
async fn an_sms_that_is_refused_for_good_goes_by_email_and_is_nobodys_work() {
    both_engines(async |db| {
        let ticket = promised(&db, Some("mia@example.com")).await;
        drain(&db, registry(&outside_with(&db, Scripted::new(vec![Err(never())], vec![])))).await;
        let news = news(&db, ticket).await;
        assert_eq!(states(&news), [(Channel::Sms, NoticeState::Failed), (Channel::Email, NoticeState::Sent)]);
        assert_eq!(news[0].instead, Some(news[1].id));
        assert_eq!(news[0].why.as_deref(), Some("21211: no such number"));
        assert!(news[1].subject.is_some() && news[1].body.contains("Ana Ru"), "{news:?}");
        assert_eq!(n_for_people(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn without_an_address_what_failed_is_a_persons() {
    both_engines(async |db| {
        let ticket = promised(&db, None).await;
        drain(&db, registry(&outside_with(&db, Scripted::new(vec![Err(never())], vec![])))).await;
        assert_eq!(states(&news(&db, ticket).await), [(Channel::Sms, NoticeState::Failed)]);
        assert_eq!(n_for_people(&db).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_is_off_sends_customers_the_second_way() {
    both_engines(async |db| {
        let ticket = promised(&db, Some("mia@example.com")).await;
        let mut outside = outside(&db);
        outside.sms = Err("SMS is off");
        drain(&db, registry(&outside)).await;
        let expected = [(Channel::Sms, NoticeState::Failed), (Channel::Email, NoticeState::Sent)];
        assert_eq!(states(&news(&db, ticket).await), expected);
    })
    .await;
}

#[tokio::test]
async fn after_five_minutes_without_a_taker_the_customer_gets_an_email() {
    both_engines(async |db| {
        let ticket = promised(&db, Some("mia@example.com")).await;
        let busy = || Err(Unsent::Later { after: None, why: "20429: too many requests".into() });
        let outside = outside_with(&db, Scripted::new((0..100).map(|_| busy()).collect(), vec![]));
        let mut n_minutes = 0;
        while states(&news(&db, ticket).await).len() < 2 && n_minutes < 30 {
            drain(&db, registry(&outside)).await;
            db.clock().advance(60_000);
            n_minutes += 1;
        }
        assert!((5..=8).contains(&n_minutes), "{n_minutes}");
        drain(&db, registry(&outside)).await;
        let expected = [(Channel::Sms, NoticeState::Failed), (Channel::Email, NoticeState::Sent)];
        assert_eq!(states(&news(&db, ticket).await), expected);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_does_not_answer_is_no_leave_to_send_again() {
    both_engines(async |db| {
        let ticket = promised(&db, None).await;
        let lost = Err(Unsent::Unknown { why: "timeout: nothing came".into() });
        let busy = Err(Unsent::Later { after: None, why: "unreachable: refused".into() });
        let provider = Scripted::new(vec![lost], vec![busy, Ok(Some("SM1".into()))]);
        let outside = outside_with(&db, provider.clone());
        for _ in 0..4 {
            drain(&db, registry(&outside)).await;
            db.clock().advance(30_000);
        }
        assert_eq!(states(&news(&db, ticket).await), [(Channel::Sms, NoticeState::Sent)]);
        assert_eq!(provider.n_sent(), 1);
    })
    .await;
}

/// A server that has an account at Twilio.
fn with_account(db: &Database) -> Client {
    let site = site(db);
    let mut config = (*site.config).clone();
    let account = Twilio {
        url: "http://127.0.0.1:1".into(),
        account_sid: "AC00000000000000000000000000000000".into(),
        auth_token: Secret::from(SECRET.to_owned()),
        from: "+15005550006".into(),
    };
    config.providers = Providers { twilio: Some(account), ..Providers::default() };
    Client::new(Site { config: Arc::new(config), ..site }, webhook::routes())
}

/// Twilio tells what became of a message.
async fn receipt(client: &Client, notice: &Notice, status: &str, code: &str, secret: &str) -> StatusCode {
    let path = format!("/webhooks/twilio/status?notice={}", notice.id);
    let fields = [("MessageSid", "SM1"), ("MessageStatus", status), ("ErrorCode", code)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signature = sign(secret, &client.site.address(&path), &fields);
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature)
        .body(Body::from(body.join("&")));
    client.send(request.unwrap()).await.status
}

#[tokio::test]
async fn receipts_repeat_and_come_out_of_order_and_only_signed_ones_count() {
    both_engines(async |db| {
        let ticket = promised(&db, Some("mia@example.com")).await;
        drain(&db, registry(&outside_with(&db, Scripted::new(vec![], vec![])))).await;
        let client = with_account(&db);
        let sms = news(&db, ticket).await[0].clone();
        assert_eq!(receipt(&client, &sms, "delivered", "", "a guess").await, StatusCode::FORBIDDEN);
        assert_eq!(news(&db, ticket).await[0].state, NoticeState::Sent);
        for status in ["delivered", "sent", "delivered", "undelivered", "queued"] {
            assert_eq!(receipt(&client, &sms, status, "30003", SECRET).await, StatusCode::NO_CONTENT, "{status}");
            assert_eq!(states(&news(&db, ticket).await), [(Channel::Sms, NoticeState::Delivered)], "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_sms_that_twilio_took_and_could_not_deliver_goes_by_email_once() {
    both_engines(async |db| {
        let ticket = promised(&db, Some("mia@example.com")).await;
        let outside = outside_with(&db, Scripted::new(vec![], vec![]));
        drain(&db, registry(&outside)).await;
        let client = with_account(&db);
        let sms = news(&db, ticket).await[0].clone();
        for _ in 0..2 {
            assert_eq!(receipt(&client, &sms, "undelivered", "30006", SECRET).await, StatusCode::NO_CONTENT);
        }
        drain(&db, registry(&outside)).await;
        let news = news(&db, ticket).await;
        assert_eq!(states(&news), [(Channel::Sms, NoticeState::Failed), (Channel::Email, NoticeState::Sent)]);
        assert_eq!(news[0].why.as_deref(), Some("30006: a landline takes no SMS"));
        assert_eq!(n_for_people(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_receipt_that_overtakes_the_lost_answer_saves_the_second_sending() {
    both_engines(async |db| {
        let ticket = promised(&db, None).await;
        let lost = || Err(Unsent::Unknown { why: "timeout: nothing came".into() });
        let provider = Scripted::new(vec![lost(), lost()], vec![]);
        let outside = outside_with(&db, provider.clone());
        drain(&db, registry(&outside)).await;
        let client = with_account(&db);
        let sms: Vec<_> = told(&db, ticket).await.into_iter().filter(|notice| notice.channel == Channel::Sms).collect();
        for notice in &sms {
            receipt(&client, notice, "sent", "", SECRET).await;
        }
        let n_before = provider.n_sent();
        db.clock().advance(60_000);
        drain(&db, registry(&outside)).await;
        assert_eq!(provider.n_sent(), n_before);
        assert_eq!(states(&news(&db, ticket).await), [(Channel::Sms, NoticeState::Sent)]);
    })
    .await;
}

#[tokio::test]
async fn without_an_account_nobody_is_heard() {
    both_engines(async |db| {
        let client = Client::new(site(&db), webhook::routes());
        let heard = client.form("/webhooks/twilio/status", &[("MessageStatus", "delivered")]).await;
        assert_eq!(heard.status, StatusCode::NOT_FOUND);
    })
    .await;
}
