//! Who helps a customer hears the news too, once, and nothing else of the account.

use super::plan::{Channel, NotifyBy};
use super::samples::*;
use crate::customers::{self, Helper, Profile};
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::tickets::samples::id;
use shared::ticket::Move;

async fn helped(db: &Database, phone: Option<&str>, email: Option<&str>) {
    let name = "Łukasz".parse().unwrap();
    let helper = Helper { name, phone: phone.map(|p| p.parse().unwrap()), email: email.map(|e| e.parse().unwrap()) };
    db.write(Lane::Desk, async move |tx| {
        let is = customers::store::customer(tx, id(700)).await?.expect("she was registered");
        let new = Profile { helper: Some(helper.clone()), ..Profile::of(&is) };
        customers::store::change(tx, &is, &new).await?;
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
}

/// What went to customers and helpers once an expert said yes: channel, address, body.
async fn accepted(db: &Database) -> Vec<(Channel, String, String)> {
    jump_to_day(db);
    let ticket = file(db, 1, true, false).await;
    moved(db, ticket, vec![offer(db, 21, id(11), 600), Move::Accept { expert: id(11), late: None }]).await;
    for _ in 0..2 {
        drain(db, registry(&outside(db))).await;
    }
    let all = sent(db).await.into_iter().filter(|one| one.link.as_ref().is_some_and(|link| link.contains("/track/")));
    all.map(|one| (one.channel, one.to, one.body)).collect()
}

fn jump_to_day(db: &Database) {
    db.clock().jump(6 * 60 * 60_000);
}

#[tokio::test]
async fn a_helper_with_a_phone_hears_the_same_words_by_sms_and_once() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        helped(&db, Some("+12125550177"), None).await;
        let told = accepted(&db).await;
        let to = |address: &str| told.iter().filter(|one| one.1 == address).collect::<Vec<_>>();
        let (mia, lukasz) = (to("+12125550100"), to("+12125550177"));
        assert_eq!((mia.len(), lukasz.len()), (1, 1), "{told:?}");
        assert_eq!(mia[0].2, lukasz[0].2);
    })
    .await;
}

#[tokio::test]
async fn a_helper_with_a_mailbox_hears_of_whom_it_is_and_where_to_look() {
    both_engines(async |db| {
        people(&db, NotifyBy::Call, None).await;
        helped(&db, None, Some("lukasz@example.com")).await;
        let told = accepted(&db).await;
        assert_eq!(told.len(), 1, "{told:?}");
        let (channel, to, body) = &told[0];
        assert_eq!((*channel, to.as_str()), (Channel::Email, "lukasz@example.com"));
        assert!(body.starts_with("Łukasz, ") && body.contains("Mia Chén") && body.contains("/track/"), "{body}");
    })
    .await;
}
