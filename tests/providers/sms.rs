//! SMS by Twilio: whatever it does, one message arrives, or people see that none did.

use crate::notices::{comes_to, number, queue};
use std::time::Duration;
use sync_server::clock::Clock;
use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use sync_server::notify::NoticeState;
use sync_server::notify::plan::Audience;
use tests::server::Server;
use tests::twilio::{Fault, SECRET, Twilio};
use tests::wait::LATER;

/// With so many faults in a row nobody asks for a while, and each attempt waits longer than the one before: by chance all
/// of it may come to more than a minute.
const PATIENT: Duration = Duration::from_mins(4);

#[tokio::test]
async fn each_fault_of_twilio_ends_in_one_message_or_in_a_failure_that_people_see() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let twilio = Twilio::start();
        let stories = [
            vec![],
            vec![Fault::TooMany],
            vec![Fault::Unavailable],
            vec![Fault::BreakAfterTaking],
            vec![Fault::CloseAfterTaking],
            vec![Fault::HangAfterTaking],
            vec![Fault::TooMany, Fault::Unavailable, Fault::CloseAfterTaking],
        ];
        let mut numbers: Vec<String> = (0..stories.len()).map(number).collect();
        for (to, faults) in numbers.iter().zip(&stories) {
            twilio.fails(to, faults);
        }
        let nobody = number(99);
        twilio.fails(&nobody, &[Fault::NoSuchNumber]);
        numbers.push(nobody.clone());
        let fresh = Fresh::new(engine).await;
        let queued = queue(&fresh, &numbers, Audience::Expert).await;
        let server = Server::serve(&fresh.url, &twilio.env()).await;
        let db = fresh.open(Clock::machine()).await;
        let failed = comes_to(&db, queued[&nobody], NoticeState::Failed, PATIENT).await;
        assert!(failed.why.unwrap().starts_with("21211: "), "{engine:?}");
        for (to, faults) in numbers.iter().zip(&stories) {
            comes_to(&db, queued[to], NoticeState::Sent, PATIENT).await;
            let n = twilio.taken().iter().filter(|one| one.to == *to).count();
            assert_eq!(n, 1, "{engine:?} {faults:?}");
        }
        assert_eq!(twilio.complaints(), Vec::<String>::new(), "each request is one that Twilio's document allows");
        assert!(twilio.n_lists() >= 4, "it looked before it sent again");
        told_what_became_of_it(&twilio, &db, &queued).await;
        drop(server);
        db.close().await;
        fresh.remove().await;
    }
}

/// Signed calls count, in any order and any number; forged ones do not.
async fn told_what_became_of_it(
    twilio: &Twilio,
    db: &sync_server::db::Database,
    queued: &std::collections::BTreeMap<String, shared::ids::NoticeId>,
) {
    let taken = twilio.taken();
    let of = |n: usize| taken.iter().find(|one| one.to == number(n)).unwrap();
    assert_eq!(twilio.tells(of(0), "delivered", None, "a guess").await, 403);
    for status in ["delivered", "sent", "delivered"] {
        assert_eq!(twilio.tells(of(0), status, None, SECRET).await, 204);
    }
    comes_to(db, queued[&number(0)], NoticeState::Delivered, LATER).await;
    assert_eq!(twilio.tells(of(1), "undelivered", Some("30003"), SECRET).await, 204);
    let failed = comes_to(db, queued[&number(1)], NoticeState::Failed, LATER).await;
    assert_eq!(failed.why.as_deref(), Some("30003: the phone is off or out of reach"));
}
