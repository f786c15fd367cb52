//! Plans bought, charged and ended, on both engines, with the sandbox as the provider: its tellings are signed and taken
//! like the real ones.

use super::buy::{self, Paying};
use super::charge::{ChargeState, Failure};
use super::samples::{Fault, Shop, id, usd};
use super::sandbox::Sandbox;
use super::sandbox::cards::TestCard;
use super::sandbox::people::{self, Next};
use super::store;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::http::caller::Caller;
use crate::http::undone::Undone;
use crate::notify::samples::file;
use crate::plans::EntitlementState;
use crate::tickets;
use shared::event::Actor;
use shared::ids::ChargeId;
use shared::problem::ProblemCode;
use shared::time::Timestamp;

fn now(db: &Database) -> Timestamp {
    db.clock().business_now()
}

async fn balanced(shop: &Shop) {
    let ledger = shop.ledger().await;
    assert!(ledger.balances(), "{ledger}");
}

async fn open_charge(shop: &Shop) -> ChargeId {
    shop.books().await.1.iter().find(|charge| !charge.state.is_ended()).expect("one is open").id
}

#[tokio::test]
async fn a_plan_begins_with_the_confirmed_payment_and_starts_the_ticket_that_waited() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let ticket = file(&db, 1, false, false).await;
        let (_, session) = shop.enter().await;
        assert_eq!(shop.books().await.0.len(), 0, "nothing begins before the payment");
        assert!(matches!(shop.choose(&session, TestCard::Works).await, Next::Away(url) if url.contains("/plan/done/")));
        shop.settle().await;
        let (entitlements, charges) = shop.books().await;
        assert_eq!((entitlements.len(), charges.len()), (1, 1));
        assert_eq!(charges[0].price, usd(11_900));
        let bought = db.read(async |conn| crate::audit::of_kind(conn, "plan.buy", None, 10).await).await.unwrap();
        assert!(bought.len() == 1 && bought[0].after.is_some(), "{bought:?}");
        assert_eq!(charges[0].card.as_deref(), Some("Visa ending in 4242"));
        assert!(matches!(charges[0].state, ChargeState::Paid { .. }));
        assert_eq!(entitlements[0].until_at.to_string(), "2027-03-02T15:01:01Z", "a year by the calendar");
        let life = db.read(async move |conn| tickets::store::get(conn, ticket).await).await.unwrap().unwrap().life;
        assert!(life.needs_human.is_none(), "it goes on by itself");
        shop.jump_days(1);
        shop.settle().await;
        assert_eq!(shop.told().await, ["Your receipt: Home, 119.00 USD"]);
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_left_half_way_leaves_neither_plan_nor_charge_and_a_second_click_leads_to_the_same_page() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let (first, session) = shop.enter().await;
        assert_eq!(shop.enter().await, (first, session.clone()));
        assert_eq!(shop.choose(&session, TestCard::Declined).await, Next::Stay);
        assert_eq!(
            shop.choose(&session, TestCard::ConfirmAlways).await,
            Next::Bank(format!("/sandbox/confirm/{session}"))
        );
        assert_eq!(shop.confirm(&session, false).await, Next::Stay, "the bank was told no");
        shop.days(1).await;
        assert_eq!(shop.books().await, (vec![], vec![]));
        let checkout = db.read(async move |conn| store::checkout(conn, first).await).await.unwrap().unwrap();
        assert_eq!(checkout.state, store::CheckoutState::Left);
        assert_eq!(shop.choose(&session, TestCard::Works).await, Next::Gone, "the page has closed");
        let (again, _) = shop.enter().await;
        assert_ne!(again, first);
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_is_paid_cannot_be_bought_twice() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        let again = buy::purchase(&db, &shop.outside, id(700), &"home".parse().unwrap()).await;
        assert!(matches!(again, Err(Undone::Refused(problem)) if problem.code == ProblemCode::Conflict));
        let unknown = buy::purchase(&db, &shop.outside, id(700), &"castle".parse().unwrap()).await;
        assert!(matches!(unknown, Err(Undone::Refused(problem)) if problem.code == ProblemCode::InvalidFields));
    })
    .await;
}

#[tokio::test]
async fn the_next_period_is_told_twice_charged_once_when_the_first_one_ends_and_covers_without_a_gap() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.days(336).await;
        assert_eq!(shop.states().await, ["paid", "scheduled"]);
        shop.days(60).await;
        assert_eq!(shop.states().await, ["paid", "paid"]);
        let (entitlements, charges) = shop.books().await;
        assert_eq!((entitlements.len(), entitlements[0].state), (1, EntitlementState::Active));
        assert_eq!(entitlements[0].until_at.to_string(), "2028-03-02T15:01:01Z");
        assert_eq!(charges[0].from_at, charges[1].until_at);
        assert_eq!(shop.n_paid_there().await, 2);
        let soon = "Your plan Home renews on 2 March 2027";
        let receipt = "Your receipt: Home, 119.00 USD";
        assert_eq!(shop.told().await, [receipt, soon, soon, receipt]);
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn however_an_answer_is_lost_one_period_is_charged_once() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        let nights: [&[Fault]; 5] = [
            &[Fault::AnswerLost],
            &[Fault::WeDie],
            &[Fault::RequestLost, Fault::RequestLost],
            &[Fault::Busy, Fault::AnswerLost, Fault::Busy],
            &[Fault::RequestLost, Fault::WeDie, Fault::AnswerLost],
        ];
        for (n, faults) in nights.iter().enumerate() {
            shop.line.fails(faults);
            shop.days(350).await;
            // The rest passes in steps in which the provider still knows our keys, and in some in which it does not.
            for _ in 0..20 {
                shop.days(1).await;
            }
            assert_eq!(shop.states().await.iter().filter(|state| **state == "paid").count(), n + 2, "{faults:?}");
            assert_eq!(shop.n_paid_there().await, n + 2, "{faults:?}");
        }
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn two_schedulers_that_race_make_one_charge() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.days(364).await;
        shop.jump_days(1);
        shop.db.clock().advance(120_000);
        let id = open_charge(&shop).await;
        // Both looked before either began.
        let gateway = shop.outside.gateway().unwrap();
        let mut looked = Vec::new();
        for _ in 0..2 {
            looked.push(super::step::look(&db, gateway, id).await.unwrap().unwrap());
        }
        let mut asked = 0;
        for looked in looked {
            let step = super::step::decide_in(&db, &shop.outside.means, id, looked).await.unwrap();
            asked += usize::from(matches!(step, super::step::Step::Ask(_)));
        }
        assert_eq!(asked, 1, "the second one sees that the first has begun");
        let (one, other) = (shop.worker(), shop.worker());
        let (one, other) = tokio::join!(one.drain(), other.drain());
        one.unwrap();
        other.unwrap();
        shop.days(2).await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid", "paid"], 2));
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_card_without_money_is_tried_on_the_named_days_and_the_plan_lapses_after_the_grace() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.change_card(TestCard::FailsLater).await;
        shop.days(366).await;
        let (entitlements, charges) = shop.books().await;
        assert!(matches!(charges[0].state, ChargeState::Open { failure: Failure::Declined, .. }), "{:?}", charges[0]);
        assert_eq!(entitlements[0].state, EntitlementState::Grace);
        assert!(entitlements[0].covers(&"tv".parse().unwrap(), now(&db)), "it covers on");
        let attempts = |shop: &Shop| {
            let (db, id) = (shop.db.clone(), charges[0].id);
            async move { db.read(async move |conn| store::attempts(conn, id).await).await.unwrap().len() }
        };
        shop.days(12).await;
        assert_eq!(attempts(&shop).await, 5);
        assert_eq!(shop.ledger().await.open.len(), 1, "it has a name");
        shop.days(3).await;
        assert_eq!(shop.states().await, ["paid", "given_up"]);
        assert_eq!(shop.books().await.0[0].state, EntitlementState::Lapsed);
        assert_eq!(shop.n_paid_there().await, 1);
        let told = shop.told().await;
        assert_eq!(told.iter().filter(|subject| *subject == "Your payment for Home did not go through").count(), 5);
        assert_eq!(told.last().map(String::as_str), Some("Your plan Home has ended"));
        balanced(&shop).await;
        shop.buy(TestCard::Works).await;
        assert_eq!(shop.books().await.0.len(), 2, "and it can be bought again");
    })
    .await;
}

#[tokio::test]
async fn a_new_card_during_the_retries_pays_at_once_and_once() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.change_card(TestCard::FailsLater).await;
        shop.days(366).await;
        // The answer to an attempt with the old card is lost while the card is changed.
        shop.line.fails(&[Fault::AnswerLost]);
        shop.days(1).await;
        shop.change_card(TestCard::Works).await;
        shop.days(2).await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid", "paid"], 2));
        assert_eq!(shop.books().await.1[0].card.as_deref(), Some("Visa ending in 4242"));
        let audit = db.read(async |conn| crate::audit::list(conn, None, None, 20).await).await.unwrap();
        let cards: Vec<_> = audit.iter().filter(|line| line.what == "card.change").collect();
        assert!(cards.len() == 3 && cards[0].before.is_some() && cards[2].before.is_none(), "{cards:?}");
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_wants_a_confirmation_is_asked_with_its_customer_there() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::ConfirmAlways).await;
        shop.days(366).await;
        let charge = open_charge(&shop).await;
        let pay = async || buy::pay(&db, &shop.outside, id(700), charge).await.unwrap();
        let Paying::Confirm(url) = pay().await else { panic!("the bank asks") };
        assert_eq!(pay().await, Paying::Confirm(url.clone()), "a second click leads there too");
        let intent = url.rsplit('/').next().unwrap();
        assert!(matches!(shop.confirm(intent, true).await, Next::Away(back) if back.ends_with("/back")));
        shop.settle().await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid", "paid"], 2));
        let other = buy::pay(&db, &shop.outside, id(701), charge).await;
        assert!(matches!(other, Err(Undone::Refused(problem)) if problem.code == ProblemCode::NotFound));
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_is_ended_runs_out_and_ending_it_can_be_taken_back() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.days(340).await;
        let entitlement = shop.books().await.0[0].id;
        let at = now(&db);
        let by = Actor::Customer(id(700));
        let end =
            async || db.write(Lane::Intake, async move |tx| buy::end(tx, id(700), entitlement, by, at).await).await;
        end().await.unwrap();
        end().await.unwrap();
        shop.days(1).await;
        assert_eq!(shop.states().await, ["paid", "cancelled"]);
        let means = shop.outside.means.clone();
        let keep = db.write(Lane::Intake, async move |tx| buy::keep(tx, &means, id(700), entitlement, by, at).await);
        keep.await.unwrap();
        assert_eq!(shop.states().await, ["paid", "scheduled"]);
        end().await.unwrap();
        shop.days(30).await;
        assert_eq!(shop.states().await, ["paid", "cancelled"]);
        assert_eq!(shop.books().await.0[0].state, EntitlementState::Lapsed);
        assert_eq!(shop.n_paid_there().await, 1);
        for what in ["plan.end", "plan.keep"] {
            let lines = db.read(async move |conn| crate::audit::of_kind(conn, what, None, 10).await).await.unwrap();
            let is_whole = lines.iter().all(|line| line.before.is_some() && line.after.is_some());
            assert!(!lines.is_empty() && is_whole, "{what}: {lines:?}");
        }
        let other = db.write(Lane::Intake, async move |tx| buy::end(tx, id(701), entitlement, by, at).await).await;
        assert!(matches!(other, Err(Undone::Refused(problem)) if problem.code == ProblemCode::NotFound));
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn after_weeks_without_a_server_the_period_is_charged_late_and_one_that_is_over_is_not_charged() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        shop.days(340).await;
        shop.jump_days(60);
        shop.settle().await;
        shop.days(2).await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid", "paid"], 2));
        shop.jump_days(900);
        shop.settle().await;
        shop.days(2).await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid", "paid", "missed"], 2));
        let ledger = shop.ledger().await;
        assert_eq!(ledger.open.iter().map(|open| open.what.as_str()).collect::<Vec<_>>(), ["missed"]);
        balanced(&shop).await;
    })
    .await;
}

#[tokio::test]
async fn a_card_that_expires_is_told_of_once_and_before_the_charge() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::ExpiresSoon).await;
        shop.days(345).await;
        let told = shop.told().await;
        let soon = "Your card expires soon (Home)";
        assert_eq!(told.iter().filter(|subject| *subject == soon).count(), 1, "{told:?}");
        let sent = db.read(async |conn| crate::notify::sandbox::captured(conn, "", 500).await).await.unwrap();
        let notice = sent.iter().find(|one| one.body.contains("goes on for another period")).unwrap();
        assert!(notice.body.contains("Mastercard ending in 4444 expires before that day"), "{}", notice.body);
    })
    .await;
}

#[tokio::test]
async fn money_goes_back_once_and_never_more_than_was_paid() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        let charge = shop.books().await.1[0].id;
        let admin = Caller {
            login: id(1),
            person: crate::accounts::Person::Admin(id(50)),
            token: crate::accounts::token::TokenHash::of("x"),
            device: None,
        };
        let give = async |amount| {
            let reason = "The expert never came".parse().unwrap();
            super::api::give_back(&shop.site, &admin, charge, amount, reason).await
        };
        shop.line.fails(&[Fault::AnswerLost, Fault::WeDie]);
        give(Some(5_000)).await.unwrap();
        for _ in 0..4 {
            shop.settle().await;
        }
        let refused = give(Some(6_901)).await;
        assert!(matches!(refused, Err(Undone::Refused(problem)) if problem.code == ProblemCode::InvalidFields));
        give(None).await.unwrap();
        shop.days(1).await;
        let refunds = db.read(async move |conn| store::refunds(conn, charge).await).await.unwrap();
        let done: Vec<_> = refunds.iter().map(|one| (one.amount.minor_units, one.state.word())).collect();
        assert_eq!(done, [(5_000, "done"), (6_900, "done")]);
        let (sandbox, intent) = (Sandbox::new(&shop.site), shop.books().await.1[0].intent.clone().unwrap());
        let n = sandbox.with(intent.clone(), String::new(), |world, _| world.of("refund").len()).await.unwrap();
        assert_eq!(n, 2, "the lost answer did not give it twice");
        let disputed = sandbox.with(intent.clone(), String::new(), move |world, around| {
            people::disputes(world, &intent, "needs_response", around)
        });
        assert!(disputed.await.unwrap());
        let open = shop.ledger().await.open;
        assert_eq!(open.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), ["disputed"]);
        assert!(shop.told().await.contains(&"We gave you 50.00 USD back".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn days_to_wait_come_before_the_first_period_and_are_not_paid() {
    both_engines(async |db| {
        let shop = Shop::with_plan(&db, 14).await;
        shop.buy(TestCard::Works).await;
        let (entitlements, charges) = shop.books().await;
        assert_eq!(entitlements[0].from_at.minutes_since(now(&db)), 14 * 1_440);
        assert_eq!(entitlements[0].until_at.to_string(), "2027-03-16T15:01:01Z", "the same hour of New York's summer");
        assert_eq!((charges[0].from_at, charges[0].until_at), (entitlements[0].from_at, entitlements[0].until_at));
        balanced(&shop).await;
    })
    .await;
}
