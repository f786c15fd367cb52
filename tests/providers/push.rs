//! Push by FCM: the phone rings although FCM refuses for a while, and a phone that is gone is asked no more.

use crate::notices::{comes_to, queue_push};
use shared::ids::ExpertId;
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Engine, Error, Lane};
use sync_server::notify::NoticeState;
use tests::fcm::{Fault, Fcm};
use tests::server::Server;
use tests::wait::LATER;

pub(crate) async fn phone(db: &Database, expert: ExpertId, push_token: &str) {
    let now = db.clock().real_now();
    let name = "A phone".parse().unwrap();
    let push_token = Some(push_token.to_owned());
    let new = NewDevice { device: None, expert, name, platform: Platform::Android, push_token, now };
    let added = db.write(Lane::Desk, async move |tx| devices::register(tx, &new).await.map(|_| ()));
    added.await.unwrap();
}

#[tokio::test]
async fn a_phone_rings_once_fcm_takes_it_and_one_that_is_gone_is_retired() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fcm = Fcm::start();
        let fresh = Fresh::new(engine).await;
        let db = fresh.open(Clock::machine()).await;
        let stories: [(&str, &[Fault]); 4] = [
            ("plain", &[]),
            ("busy", &[Fault::QuotaExceeded, Fault::Unavailable]),
            ("stale", &[Fault::TokenExpired]),
            ("gone", &[Fault::Unregistered]),
        ];
        let mut queued = Vec::new();
        for (name, faults) in stories {
            fcm.fails(name, faults);
            let expert = ExpertId::new(db.clock().real_now(), &*db.chance());
            phone(&db, expert, name).await;
            queued.push((name, expert, queue_push(&db, expert).await));
        }
        let server = Server::serve(&fresh.url, &fcm.env()).await;
        for (name, expert, notice) in &queued {
            let is_gone = *name == "gone";
            let state = if is_gone { NoticeState::Failed } else { NoticeState::Sent };
            let ended = comes_to(&db, *notice, state, LATER).await;
            assert_eq!(fcm.taken(name).len(), usize::from(!is_gone), "{engine:?} {name}");
            if is_gone {
                assert!(ended.why.unwrap().starts_with("UNREGISTERED: "), "{engine:?}");
            } else {
                let rang = &fcm.taken(name)[0]["data"]["notice"];
                assert_eq!(*rang, serde_json::json!(notice), "{engine:?}");
            }
            let expert = *expert;
            let reach = db.read(async move |conn| devices::reach(conn, expert).await);
            let reach: Result<_, Error> = reach.await;
            assert_eq!(reach.unwrap().len(), usize::from(!is_gone), "{engine:?} {name}");
        }
        let refused: Vec<String> = fcm.complaints().into_iter().filter(|why| why != "who are you?").collect();
        assert_eq!(refused, Vec::<String>::new());
        assert!(fcm.n_tokens() >= 2, "a token that is no longer good is replaced");
        drop(server);
        db.close().await;
        fresh.remove().await;
    }
}
