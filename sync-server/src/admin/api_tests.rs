//! The desk as people of ours meet it: what lands in the inbox, what can be done about it, and why which expert was asked.

use super::{api, pages};
use crate::accounts::Person;
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard, site};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::ticket::{Move, Outcome};

pub(super) struct Desk {
    pub(super) world: World,
    pub(super) emile: Client,
    pub(super) ada: Client,
}

/// A world with two colleagues, Émile and Ada.
pub(super) async fn desk(db: &Database) -> Desk {
    let world = World::new(db).await;
    for (number, name, role) in [(51, "Émile Roux", StaffRole::Agent), (52, "Ada Okafor", StaffRole::Admin)] {
        let fields = StaffFields {
            name: name.parse().unwrap(),
            email: format!("staff{number}@example.com").parse().unwrap(),
            phone: None,
            role,
            locale: "en".into(),
            zone: "America/New_York".parse().unwrap(),
        };
        let created = db.write(Lane::Desk, async move |tx| {
            let now = tx.real_now();
            staff::create(tx, id(number), &fields, None, now).await
        });
        created.await.unwrap().unwrap();
    }
    let client = Client::new(site(db), api::routes().merge(pages::routes()));
    let (emile, ada) = (Person::Agent(id(51)), Person::Admin(id(52)));
    Desk { emile: client.signed_in(emile).await, ada: client.signed_in(ada).await, world }
}

pub(super) async fn items(client: &Client) -> Vec<Value> {
    let inbox = client.get("/api/v1/desk/inbox").await.value();
    let groups = inbox["groups"].as_array().unwrap().clone();
    groups.iter().flat_map(|group| group["items"].as_array().unwrap().clone()).collect()
}

async fn act(client: &Client, deed: &str, ticket: TicketId) -> Value {
    let body = json!({ "items": [format!("ticket:{ticket}")], "deed": deed, "note": "Rang Mia." });
    let heard = client.json("POST", "/api/v1/desk/inbox/act", &body).await;
    assert_eq!(heard.status, StatusCode::OK, "{}", heard.text());
    heard.value()["results"][0].clone()
}

#[tokio::test]
async fn a_ticket_that_nobody_can_take_comes_to_a_person_who_sends_it_searching_again() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        assert_eq!(items(&emile).await, Vec::<Value>::new());
        let ticket = world.ticket().await;
        world.round().await;
        let found = items(&emile).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["cause"], &found[0]["deeds"]), (&json!("no_candidate"), &json!(["settle", "cancel"])));
        assert_eq!(found[0]["customer"]["phone"], "+12125550199");

        world.expert("Ana", "10001").await;
        assert_eq!(act(&emile, "settle", ticket).await["done"], true);
        assert_eq!(items(&emile).await, Vec::<Value>::new());
        world.round().await;
        assert!(world.holder(ticket).await.is_some(), "the search began anew");
        let again = act(&emile, "settle", ticket).await;
        assert_eq!((again["done"].clone(), again["why"].as_str().unwrap().contains("already")), (json!(false), true));
        let path = format!("/api/v1/admin/tickets/{ticket}/events");
        let events = emile.get(&path).await.value();
        let settled =
            events["items"].as_array().unwrap().iter().find(|line| line["kind"] == "settled").cloned().unwrap();
        assert_eq!(
            (&settled["event"]["facts"]["note"], &settled["actor"]["role"]),
            (&json!("Rang Mia."), &json!("agent"))
        );
    })
    .await;
}

#[tokio::test]
async fn two_colleagues_do_not_do_the_same_work() {
    both_engines(async |db| {
        let Desk { world, emile, ada } = desk(&db).await;
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(act(&emile, "take", ticket).await["done"], true);
        assert_eq!(act(&emile, "take", ticket).await["done"], true, "a second click");
        let taken = act(&ada, "take", ticket).await;
        assert_eq!(taken["why"], "Émile Roux takes care of it already.");
        let refused = act(&ada, "cancel", ticket).await;
        assert_eq!(refused["why"], "Émile Roux takes care of it. Take it over first.");
        assert_eq!(items(&ada).await[0]["owner"]["name"], "Émile Roux");
        assert_eq!(act(&ada, "take_over", ticket).await["done"], true);
        assert_eq!(act(&ada, "cancel", ticket).await["done"], true);
        assert_eq!(world.read(ticket).await.life.state.word(), "cancelled");
    })
    .await;
}

#[tokio::test]
async fn of_a_group_what_can_be_done_is_done_and_the_rest_says_why() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (first, second) = (world.ticket().await, world.ticket().await);
        world.round().await;
        world.act(first, Move::Cancel { why: shared::ticket::CancelReason::Customer }).await.unwrap();
        let (a, b) = (format!("item-ticket:{first}"), format!("item-ticket:{second}"));
        let page = emile.form("/desk/inbox/act", &[("deed", "cancel"), (&a, "1"), (&b, "1")]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert!(
            page.text().contains("Done, once.") && page.text().contains("taken care of already"),
            "{}",
            page.text()
        );
        assert!(page.text().contains("Nobody needs you now."));
        let nothing = emile.form("/desk/inbox/act", &[("deed", "cancel")]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        let bad = emile.json("POST", "/api/v1/desk/inbox/act", &json!({ "items": [], "deed": "cancel" })).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_decision_says_in_words_who_was_asked_and_what_stood_against_everybody_else() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        world.expert("Ana", "10001").await;
        world.expert_on("Unskilled Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let ticket = world.ticket().await;
        world.round().await;
        let decisions = emile.get(&format!("/api/v1/admin/tickets/{ticket}/decisions")).await.value();
        let why = &decisions["items"][0];
        assert!(why["summary"].as_str().unwrap().starts_with("Ana is asked"), "{why}");
        assert_eq!(why["replays"], true);
        let experts: Vec<&str> = why["experts"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(experts.iter().any(|line| line.starts_with("Unskilled Ulf: lacks skill")), "{experts:?}");
        let page = emile.get(&format!("/desk/tickets/{ticket}")).await.text();
        assert!(
            page.contains("Ana is asked") && page.contains("<dt>lacks skill tv</dt><dd>Unskilled Ulf</dd>"),
            "{page}"
        );
        assert!(page.contains("Offered to Ana until"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn tickets_are_listed_by_state_in_pages_and_found_by_number() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let mut tickets = Vec::new();
        for _ in 0..3 {
            tickets.push(world.ticket().await);
        }
        world.act(tickets[1], Move::Cancel { why: shared::ticket::CancelReason::Staff }).await.unwrap();
        let ids = |heard: &Heard| -> Vec<String> {
            let items = heard.value()["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        let first = emile.get("/api/v1/admin/tickets?state=waiting&limit=1").await;
        let next = first.value()["next_cursor"].as_str().unwrap().to_owned();
        let second = emile.get(&format!("/api/v1/admin/tickets?state=waiting&limit=1&cursor={next}")).await;
        let mut seen = [ids(&first), ids(&second)].concat();
        seen.sort();
        let mut expected = [tickets[0].to_string(), tickets[2].to_string()];
        expected.sort();
        assert_eq!(seen, expected);
        assert_eq!(second.value()["next_cursor"], Value::Null);
        assert_eq!(emile.get("/api/v1/admin/tickets?state=lost").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let number = world.read(tickets[2]).await.number;
        let found = emile.get(&format!("/desk/tickets?number={number}")).await;
        assert_eq!(found.header("location"), format!("/desk/tickets/{}", tickets[2]));
        let list = emile.get("/desk/tickets?state=cancelled").await.text();
        assert!(list.contains(&tickets[1].to_string()) && !list.contains(&tickets[0].to_string()), "{list}");
        let missing = emile.get(&format!("/api/v1/admin/tickets/{}/events", id::<shared::ids::of::Ticket>(1))).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_note_of_the_desk_is_written_once_under_its_authors_name() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ticket = world.ticket().await;
        let key = "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d";
        for _ in 0..2 {
            let path = format!("/desk/tickets/{ticket}/note");
            let sent = emile.form(&path, &[("key", key), ("text", "Rang twice, nobody there.")]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        }
        let page = emile.get(&format!("/desk/tickets/{ticket}")).await.text();
        assert_eq!(page.matches("Rang twice, nobody there.").count(), 1, "{page}");
        assert!(page.contains("Émile Roux"));
    })
    .await;
}

#[tokio::test]
async fn a_call_is_in_the_inbox_with_the_sentence_to_say_until_it_was_said() {
    both_engines(async |db| {
        use crate::customers::NotifyBy;
        use crate::notify::samples::{drain, file, moved, offer, outside, people, registry};
        people(&db, NotifyBy::Call, None).await;
        let client = Client::new(site(&db), api::routes().merge(pages::routes()));
        let emile = client.signed_in(Person::Agent(id(51))).await;
        let ticket = file(&db, 1, true, true).await;
        moved(&db, ticket, vec![offer(&db, 21, id(11), 60), Move::Accept { expert: id(11), late: None }]).await;
        drain(&db, registry(&outside(&db))).await;
        let found = items(&emile).await;
        let call = found.iter().find(|item| item["cause"] == "call").unwrap_or_else(|| panic!("{found:?}"));
        assert!(call["say"].as_str().is_some_and(|say| !say.is_empty()), "{call}");
        let said = json!({ "items": [call["item"]], "deed": "said" });
        let came = emile.json("POST", "/api/v1/desk/inbox/act", &said).await.value();
        assert_eq!(came["results"][0]["done"], true, "{came}");
        assert!(items(&emile).await.iter().all(|item| item["cause"] != "call"));
        let again = emile.json("POST", "/api/v1/desk/inbox/act", &said).await.value();
        assert_eq!(again["results"][0]["done"], false);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_taken_from_a_silent_expert_only_with_a_reason_for_he_may_be_there() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let reason = shared::ticket::HumanReason::NotDeparted;
        world.act(ticket, Move::AskHuman { reason }).await.unwrap();
        let item = format!("ticket:{ticket}");
        let asks = async |note: Option<&str>| {
            let body = json!({ "items": [item], "deed": "release", "note": note });
            emile.json("POST", "/api/v1/desk/inbox/act", &body).await.value()["results"][0].clone()
        };
        let refused = asks(None).await;
        assert_eq!(refused["done"], false, "{refused}");
        assert!(refused["why"].as_str().is_some_and(|why| why.contains("may already be there")), "{refused}");
        assert_eq!(world.holder(ticket).await, Some(ana));
        assert_eq!(asks(Some("He rang: his car is dead.")).await["done"], true);
        assert_eq!(world.holder(ticket).await, None);
    })
    .await;
}

async fn send(client: &Client, ticket: TicketId, expert: shared::ids::ExpertId, reason: Option<&str>) -> Heard {
    let body = json!({ "expert": expert, "override_reason": reason });
    client.json("POST", &format!("/api/v1/admin/tickets/{ticket}/offer"), &body).await
}

#[tokio::test]
async fn an_offer_by_hand_against_a_rule_needs_a_reason_and_is_reported_to_the_admins() {
    both_engines(async |db| {
        let Desk { world, emile, ada } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ulf = world.expert_on("Unskilled Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let ticket = world.ticket().await;
        let refused = send(&emile, ticket, ulf, None).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let problem = refused.problem();
        assert_eq!((problem.code.word(), problem.errors[0].code.as_str()), ("rule_broken", "lacks_skills"));
        assert!(problem.errors[0].message.starts_with("Unskilled Ulf: lacks skill"), "{problem:?}");
        let made = send(&emile, ticket, ulf, Some("He knows this television.")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let again = send(&emile, ticket, ulf, Some("He knows this television.")).await;
        assert_eq!((again.status, &again.value()["offer"]), (StatusCode::OK, &made.value()["offer"]));
        assert_eq!(send(&emile, ticket, ana, None).await.status, StatusCode::CREATED, "an open offer is taken back");
        let report = ada.get("/api/v1/admin/reports/overrides").await.value();
        let items = report["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "what kept every rule is not in it: {report}");
        assert_eq!(
            (&items[0]["staff"]["name"], &items[0]["expert"]["name"], &items[0]["reason"]),
            (&json!("Émile Roux"), &json!("Unskilled Ulf"), &json!("He knows this television."))
        );
        assert_eq!(emile.get("/api/v1/admin/reports/overrides").await.status, StatusCode::FORBIDDEN);
        let page = ada.get("/admin/overrides").await.text();
        assert!(page.contains("Émile Roux sent Unskilled Ulf") && page.contains("lacks skill"), "{page}");
        let page = emile.get(&format!("/desk/tickets/{ticket}")).await.text();
        assert!(page.contains("Émile Roux sent Unskilled Ulf all the same"), "{page}");
        let lines = db.read(async |conn| crate::audit::store::list(conn, None, None, 10).await).await.unwrap();
        let offers: Vec<_> = lines.iter().filter(|line| line.what == "ticket.offer").collect();
        assert_eq!(offers.len(), 2, "a second click is no deed");
    })
    .await;
}

#[tokio::test]
async fn the_page_lists_every_expert_with_the_rules_word_and_asks_for_the_reason_in_place() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ulf = world.expert_on("Unskilled Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let ticket = world.ticket().await;
        let path = format!("/desk/tickets/{ticket}/offer");
        let page = emile.get(&path).await.text();
        let (first, second) = (page.find(&ana.to_string()).unwrap(), page.find(&ulf.to_string()).unwrap());
        assert!(first < second && page[second..].contains("lacks skill"), "{page}");
        let named = emile.get(&format!("{path}?name=ULF")).await.text();
        assert!(named.contains(&ulf.to_string()) && !named.contains(&ana.to_string()), "{named}");
        let nobody = emile.form(&path, &[("name", "")]).await;
        assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(nobody.text().contains("Choose who is to be asked."));
        let refused = emile.form(&path, &[("expert", &ulf.to_string()), ("override_reason", " ")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let shown = refused.text();
        assert!(shown.contains("Unskilled Ulf: lacks skill") && shown.contains("details open"), "{shown}");
        let sent = emile.form(&path, &[("expert", &ana.to_string())]).await;
        assert_eq!(sent.header("location"), format!("/desk/tickets/{ticket}"));
        assert_eq!(world.holder(ticket).await, Some(ana));
        let page = emile.get(&format!("/desk/tickets/{ticket}")).await.text();
        let offer = page.split("name=\"offer\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        for _ in 0..2 {
            let back = emile.form(&format!("/desk/tickets/{ticket}/take-back"), &[("offer", &offer)]).await;
            assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
        }
        assert_eq!(world.holder(ticket).await, None);
    })
    .await;
}

#[tokio::test]
async fn who_said_yes_is_rung_before_somebody_else_is_sent_and_who_works_there_is_left_alone() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (ana, ben) = (world.expert("Ana", "10001").await, world.expert("Ben", "10463").await);
        let ticket = world.ticket().await;
        assert_eq!(send(&emile, ticket, ana, None).await.status, StatusCode::CREATED);
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let path = format!("/desk/tickets/{ticket}/offer");
        let page = emile.get(&path).await.text();
        assert!(page.contains("Ana said yes and may already be there"), "{page}");
        let warned = send(&emile, ticket, ben, None).await.problem();
        assert_eq!(warned.errors[0].code, "may_be_there");
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        let refused = send(&emile, ticket, ben, Some("I want Ben.")).await.problem();
        assert_eq!(refused.code.word(), "conflict");
        assert!(refused.detail.as_deref().is_some_and(|detail| detail.contains("Ana is there")), "{refused:?}");
        let page = emile.get(&path).await.text();
        assert!(page.contains("Ana is there and works on it") && !page.contains("Offer it"), "{page}");
        let nobody = send(&emile, id(1), ben, None).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_and_what_it_follows_lead_to_each_other() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let first = world.ticket().await;
        assert_eq!(send(&emile, first, ana, None).await.status, StatusCode::CREATED);
        let summary = "New fuse.".parse().unwrap();
        world.act(first, Move::Complete { expert: ana, outcome: Outcome::Fixed, summary }).await.unwrap();
        let earlier = world.read(first).await;
        let second = world.file(|filing| filing.follows = Some(crate::tickets::Earlier::of(&earlier))).await;
        let page = emile.get(&format!("/desk/tickets/{second}")).await.text();
        let said = format!("/desk/tickets/{first}");
        assert!(page.contains(&said) && page.contains("Completed by Ana") && page.contains("New fuse."), "{page}");
        let page = emile.get(&format!("/desk/tickets/{first}")).await.text();
        assert!(page.contains("It did not stay fixed") && page.contains(&format!("/desk/tickets/{second}")), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_desk_ends_a_ticket_on_the_customers_word_but_not_while_an_expert_works_on_it() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let (first, second) = (world.ticket().await, world.ticket().await);
        for _ in 0..2 {
            let back = emile.form(&format!("/desk/tickets/{first}/end"), &[("how", "solved")]).await;
            assert_eq!(back.header("location"), format!("/desk/tickets/{first}"));
        }
        assert_eq!(world.read(first).await.life.state.word(), "completed");
        let unclear = emile.form(&format!("/desk/tickets/{second}/end"), &[]).await;
        assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
        world.round().await;
        world.act(second, Move::Arrive { expert: ana }).await.unwrap();
        let page = emile.get(&format!("/desk/tickets/{second}")).await.text();
        assert!(!page.contains("Nobody needs to come"), "{page}");
        let refused = emile.form(&format!("/desk/tickets/{second}/end"), &[("how", "solved")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn what_an_expert_says_on_the_phone_is_recorded_from_the_tickets_page_under_ones_own_name() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        let (page, path) = (format!("/desk/tickets/{ticket}"), format!("/desk/tickets/{ticket}/word"));
        assert!(!emile.get(&page).await.text().contains(&path), "nobody has it");
        assert!(emile.get(&path).await.text().contains("No expert has this ticket"));
        assert_eq!(send(&emile, ticket, ana, None).await.status, StatusCode::CREATED);
        assert!(emile.get(&page).await.text().contains("Record what Ana says"));
        let her = ana.to_string();
        for act in ["accept", "arrive", "arrive"] {
            let sent = emile.form(&path, &[("expert", &her), ("act", act)]).await;
            assert_eq!(sent.header("location"), page, "{act}: {}", sent.text());
        }
        let there = emile.get(&path).await.text();
        let before = world.read(ticket).await.life.state.visit().unwrap().work_minutes;
        let late = there.split("value=\"late\"").next().unwrap().rsplit("name=\"mid\" value=\"").next().unwrap();
        let late = late.split('"').next().unwrap().to_owned();
        for _ in 0..2 {
            let form = [("expert", &*her), ("act", "late"), ("mid", &*late), ("minutes", "30")];
            assert_eq!(emile.form(&path, &form).await.header("location"), page);
        }
        let longer = world.read(ticket).await.life.state.visit().unwrap().work_minutes;
        assert_eq!(longer, before + 30, "a second click adds nothing");
        assert!(there.contains("Finished the visit") && !there.contains("Gives it back"), "{there}");
        let empty = emile.form(&path, &[("expert", &her), ("act", "complete"), ("summary", "The fuse.")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let shown = empty.text();
        assert!(shown.contains("Choose how it ended.") && shown.contains("The fuse."), "{shown}");
        let whole = [("expert", &*her), ("act", "complete"), ("outcome", "fixed"), ("summary", "The fuse.")];
        assert_eq!(emile.form(&path, &whole).await.header("location"), page);
        let ended = emile.get(&page).await.text();
        assert!(ended.contains("Émile Roux</time>Ana completed it (fixed): The fuse."), "{ended}");
        let late = emile.form(&path, &[("expert", &her), ("act", "decline"), ("reason", "ill")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.text().contains("This is not possible where the ticket is now."), "{}", late.text());
    })
    .await;
}

#[tokio::test]
async fn the_map_beside_the_day_marks_what_waits_and_who_works_and_the_page_stays_small() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let empty = emile.get("/desk/day").await.text();
        assert!(!empty.contains("class=\"map\""), "nothing to mark: {empty}");
        for number in 0..12 {
            world.expert(&format!("Ana {number}"), "10463").await;
        }
        let waiting = world.ticket().await;
        let number = world.read(waiting).await.number.to_string();
        let page = emile.get("/desk/day").await.text();
        assert!(page.contains(".map.svg\" width=\"975\"") && page.contains("<polygon") && page.contains("<circle"));
        let marks = page.split("<title>").skip(2).map(|rest| rest.split("</title>").next().unwrap().to_owned());
        let marks: Vec<String> = marks.collect();
        assert_eq!(marks.len(), 2, "{marks:?}");
        assert!(marks[0].starts_with(&number) && marks[1].ends_with("and 9 more"), "{marks:?}");
        assert!(page.len() < 60_000, "{} bytes", page.len());
    })
    .await;
}
