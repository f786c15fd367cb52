//! At acceptance the customer hears at once who comes: the work that tells them is due within half a minute by the
//! business's clock, and the worker that finds it sends what they are told in the same go.

use super::NoticeState;
use super::plan::{Audience, Channel};
use super::samples::*;
use crate::customers::NotifyBy;
use crate::db::Database;
use crate::db::testing::both_engines;
use crate::jobs::{self, Kind};
use crate::tickets::samples::id;
use shared::ticket::Move;
use shared::time::Timestamp;

/// By then.
const PROMPTLY_MS: i64 = 30_000;

/// When the first work that tells a customer of an event is due, if it is within half a minute.
async fn due_at(db: &Database) -> Option<Timestamp> {
    let at = now(db).plus_millis(PROMPTLY_MS);
    let due = db.read(async move |conn| jobs::due(conn, at).await).await.unwrap();
    due.into_iter().find(|row| row.kind == Kind::NotifyCustomer.word()).map(|row| row.first_due_at)
}

/// What went out to the customer's phone, in order.
async fn texts(db: &Database) -> Vec<String> {
    sent(db).await.into_iter().filter(|sent| sent.to == "+12125550100").map(|sent| sent.body).collect()
}

#[tokio::test]
async fn at_acceptance_the_customers_notice_is_due_within_thirty_seconds_and_the_worker_sends_who_comes_and_when() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        // At four in the night of a visit that cannot wait for the morning, and at ten.
        for (number, hours, arrives) in [(1, 0, "04:45"), (2, 6, "10:45")] {
            db.clock().jump(hours * 60 * 60_000);
            let ticket = file(&db, number, true, false).await;
            moved(&db, ticket, vec![offer(&db, 20 + number, id(11), 45)]).await;
            drain(&db, registry(&outside)).await;
            assert_eq!(due_at(&db).await, None, "an offer is no news to the customer");
            let n_before = texts(&db).await.len();
            let accepted_at = now(&db);
            moved(&db, ticket, vec![Move::Accept { expert: id(11), late: None }]).await;
            assert!(due_at(&db).await.is_some(), "within half a minute of the yes");
            // No time passes.
            drain(&db, registry(&outside)).await;
            let all = told(&db, ticket).await;
            let theirs: Vec<_> = all.iter().filter(|notice| notice.audience == Audience::Customer).collect();
            let told: Vec<_> =
                theirs.iter().map(|notice| (notice.matter.word(), notice.channel, notice.state)).collect();
            assert_eq!(told, [("accepted", Channel::Sms, NoticeState::Sent)]);
            let promptly = accepted_at.plus_millis(PROMPTLY_MS);
            assert!(theirs[0].due_at <= promptly && theirs[0].ended_at.is_some_and(|at| at <= promptly), "{theirs:?}");
            let texts = texts(&db).await;
            assert_eq!(texts.len(), n_before + 1, "{texts:?}");
            let words = format!("Ana Ruiz will come on Mon 2 Mar, {arrives}");
            assert!(texts.iter().any(|text| text.starts_with(&words)), "{texts:?}");
            assert_eq!(due_at(&db).await, None, "and nothing is left to do");
        }
    })
    .await;
}

#[tokio::test]
async fn at_acceptance_by_an_expert_who_starts_at_once_the_customer_hears_that_he_is_on_the_way_and_when_he_arrives() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let ticket = file(&db, 1, true, false).await;
        // The way takes twenty minutes.
        moved(&db, ticket, vec![offer(&db, 21, id(11), 20), Move::Accept { expert: id(11), late: None }]).await;
        assert!(due_at(&db).await.is_some());
        drain(&db, registry(&outside(&db))).await;
        let texts = texts(&db).await;
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].starts_with("Ana Ruiz is on the way, arriving Mon 2 Mar, 04:20"), "{texts:?}");
    })
    .await;
}
