//! A ticket is put on hold at the desk, by page and by JSON, and goes on with the expert who had it.

use super::{api, pages};
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use crate::notify;
use serde_json::json;
use shared::ticket::{HoldReason, Move, State};

#[tokio::test]
async fn a_customer_on_holiday_is_left_alone_and_the_expert_who_had_the_visit_is_told_and_asked_first() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket) = (world.expert("Ana", "10027").await, world.ticket().await);
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let desk = Client::new(site(&db), api::routes().merge(pages::routes()));
        let desk = desk.signed_in(Person::Agent(id(50))).await;
        let page = format!("/desk/tickets/{ticket}");
        let shown = desk.get(&page).await;
        assert!(shown.text().contains("From which day on may somebody come?"), "{}", shown.text());
        let zone = "America/New_York".parse::<shared::time::Zone>().unwrap();
        let friday = zone.local(world.now().plus_minutes(4 * 1_440)).date;
        for wrong in ["", "soon", "1999-01-01", "2099-01-01"] {
            let refused = desk.form(&format!("{page}/hold"), &[("until", wrong)]).await;
            assert_eq!(refused.status, 422, "{wrong:?}");
        }
        desk.form(&format!("{page}/hold"), &[("until", &friday.to_string())]).await;
        let until = zone.instant(friday, 8 * 60);
        let held = world.read(ticket).await.life;
        assert_eq!(held.state, State::OnHold { why: HoldReason::Customer, until, expert: Some(ana), part: None });
        let outside = notify::samples::outside(&db);
        notify::samples::drain(&db, notify::samples::registry(&outside)).await;
        let told = notify::samples::told(&db, ticket).await;
        assert!(told.iter().any(|notice| notice.matter.word() == "lost" && notice.person == ana.to_string()));
        let _near = world.expert("Ben", "10025").await;
        world.minutes_pass(u64::try_from(until.minutes_since(world.now())).unwrap());
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana), "Ben is nearer");
    })
    .await;
}

#[tokio::test]
async fn a_program_holds_a_ticket_and_lets_it_go_on() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ticket = world.ticket().await;
        let desk = Client::new(site(&db), api::routes()).signed_in(Person::Agent(id(50))).await;
        let path = format!("/api/v1/tickets/{ticket}");
        let until = world.now().plus_minutes(3_000);
        let held = desk.json("POST", &format!("{path}/hold"), &json!({ "until": until })).await;
        assert_eq!((held.status.as_u16(), held.value()["state"].as_str()), (200, Some("on_hold")));
        let again = desk.json("POST", &format!("{path}/hold"), &json!({ "until": until })).await;
        assert_eq!(again.status, 409, "it is held already");
        let far =
            desk.json("POST", &format!("{path}/hold"), &json!({ "until": world.now().plus_minutes(300_000) })).await;
        assert_eq!(far.status, 422);
        let on = desk.json("POST", &format!("{path}/resume"), &json!({})).await;
        assert_eq!((on.status.as_u16(), on.value()["state"].as_str()), (200, Some("waiting")));
        assert_eq!(desk.json("POST", &format!("{path}/resume"), &json!({})).await.status, 409);
    })
    .await;
}
