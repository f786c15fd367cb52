//! What customers keep of themselves, through all layers, on both engines.

use super::{api, jobs, leave, pages};
use crate::accounts::Person;
use crate::billing;
use crate::billing::samples::Shop;
use crate::billing::sandbox::cards::TestCard;
use crate::customers;
use crate::db::dump;
use crate::db::testing::{Fresh, both_engines, frozen_clock};
use crate::db::{Database, Engine, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use crate::jobs::{Registry, Runner};
use crate::links::CONFIRM_DAYS;
use crate::notify::Outside;
use crate::notify::outside::Pages;
use crate::notify::samples::{registry, sent};
use crate::notify::sandbox::Sandbox;
use crate::tickets::check;
use crate::{accounts, intake, survey};
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::problem::ProblemCode;
use shared::ticket::{Move, Outcome};

pub(super) async fn mia(db: &Database) -> (World, Client) {
    let world = World::new(db).await;
    let routes = api::routes()
        .merge(pages::routes())
        .merge(accounts::api::routes())
        .merge(accounts::pages::routes())
        .merge(customers::api::routes())
        .merge(intake::api::routes())
        .merge(intake::pages::routes())
        .merge(survey::api::routes());
    let client = Client::new(site(db), routes);
    let mia = client.signed_in(Person::Customer(world.customer)).await;
    (world, mia)
}

fn everything(outside: &Outside) -> Registry {
    jobs::register(survey::jobs::register(registry(outside), outside.pages.clone()))
}

/// Everything that is due, with the links of the server that answers them.
pub(super) async fn drain(db: &Database) {
    let site = site(db);
    let pages = Pages { links: site.links, public_url: site.config.public_url.clone() };
    let outside = Outside::captured(Sandbox::new(db.clone()), pages);
    Runner::new(db.clone(), everything(&outside)).drain().await.unwrap();
}

/// Where the last mail about an address leads.
async fn link(db: &Database, to: &str) -> String {
    drain(db).await;
    let mails = sent(db).await;
    let mail = mails.iter().rfind(|mail| mail.to == to && mail.link.as_ref().is_some_and(|l| l.contains("/confirm/")));
    let link = mail.unwrap_or_else(|| panic!("nothing went to {to}: {mails:?}")).link.clone().unwrap();
    format!("/confirm/{}", link.rsplit('/').next().unwrap())
}

/// What the audit says of such changes: before and after, the newest first.
pub(super) async fn audited(db: &Database, what: &'static str) -> Vec<(Option<Value>, Option<Value>)> {
    let lines = db.read(async |conn| crate::audit::list(conn, None, None, 100).await).await.unwrap();
    lines.into_iter().filter(|line| line.what == what).map(|line| (line.before, line.after)).collect()
}

#[tokio::test]
async fn another_address_counts_once_its_owner_says_so_and_opening_the_link_says_nothing() {
    both_engines(async |db| {
        let (_world, mia) = mia(&db).await;
        let changed = mia.json("PATCH", "/api/v1/me", &json!({ "email": "new@example.com" })).await;
        assert_eq!((changed.status.as_u16(), &changed.value()["email"]), (200, &json!("mia@example.com")));
        assert_eq!(changed.value()["email_wanted"], "new@example.com");
        let link = link(&db, "new@example.com").await;
        for _ in 0..2 {
            let page = mia.get(&link).await;
            assert!(page.status.as_u16() == 200 && page.text().contains("Yes, this is my address"), "{}", page.text());
        }
        assert_eq!(mia.get("/api/v1/me/profile").await.value()["email"], "mia@example.com", "only looked at");
        for _ in 0..2 {
            let said = mia.form(&link, &[]).await;
            assert!(said.status.as_u16() == 200 && said.text().contains("new@example.com is confirmed"));
        }
        let now = mia.get("/api/v1/me/profile").await.value();
        assert_eq!(
            (&now["email"], &now["email_confirmed"], &now["email_wanted"]),
            (&json!("new@example.com"), &json!(true), &json!(null))
        );
        assert_eq!(mia.get("/api/v1/me").await.value()["email"], "new@example.com", "they sign in with it");
        let changes = audited(&db, "customer.email").await;
        // By what they signed in before: this login had no address.
        let change = (json!({ "email": null }), json!({ "email": "new@example.com" }));
        assert_eq!(changes, [(Some(change.0), Some(change.1))], "once");
        // An older link is about an address that is wanted no more.
        mia.json("PATCH", "/api/v1/me", &json!({ "email": "third@example.com" })).await;
        mia.json("PATCH", "/api/v1/me", &json!({ "email": "new@example.com" })).await;
        assert_eq!(mia.get("/api/v1/me/profile").await.value()["email_wanted"], json!(null));
        for bad in [
            "/confirm/x".to_owned(),
            mia.site.links.confirm(id(700), &"third@example.com".parse().unwrap(), mia.site.real_now()),
        ] {
            let path = if bad.starts_with('/') { bad } else { format!("/confirm/{bad}") };
            assert_eq!(mia.form(&path, &[]).await.status.as_u16(), 410);
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_that_confirms_an_address_ends_after_a_week_and_a_new_one_can_be_had() {
    both_engines(async |db| {
        let (_world, mia) = mia(&db).await;
        mia.json("PATCH", "/api/v1/me", &json!({ "email": "new@example.com" })).await;
        let old = link(&db, "new@example.com").await;
        db.clock().advance(u64::try_from(CONFIRM_DAYS).unwrap() * 24 * 3_600_000 - 1);
        assert_eq!(mia.get(&old).await.status.as_u16(), 200, "to the last hour");
        db.clock().advance(2 * 3_600_000);
        for answer in [mia.get(&old).await, mia.form(&old, &[]).await] {
            assert!(answer.status.as_u16() == 410 && answer.text().contains("no longer works"), "{}", answer.text());
        }
        assert_eq!(mia.get("/api/v1/me/profile").await.value()["email"], "mia@example.com");
        let again = mia.json("POST", "/api/v1/me/confirm", &json!({})).await;
        assert!(again.status.is_success(), "{}", again.text());
        let new = link(&db, "new@example.com").await;
        assert!(new != old && mia.form(&new, &[]).await.text().contains("new@example.com is confirmed"));
    })
    .await;
}

#[tokio::test]
async fn who_registers_is_asked_and_an_address_of_someone_else_is_never_taken() {
    both_engines(async |db| {
        let (_world, mia) = mia(&db).await;
        let nobody = Client::new(mia.site.clone(), customers::api::routes());
        let new = json!({ "name": "Zoë Wójcik", "email": "zoe@example.com", "phone": "212 555 0155",
            "password": "maple tin rain", "notify_by": "sms",
            "address": { "line1": "77 Juniper Alley", "postal_code": "10001" } });
        let registered = nobody.json("POST", "/api/v1/customers", &new).await;
        assert_eq!(registered.status.as_u16(), 201, "{}", registered.text());
        assert_eq!(registered.value()["email_confirmed"], false);
        let zoe = mia.signed_in(Person::Customer(registered.value()["id"].as_str().unwrap().parse().unwrap())).await;
        assert!(zoe.get("/account").await.text().contains("Is zoe@example.com your address?"));
        let link = link(&db, "zoe@example.com").await;
        assert_eq!(mia.form(&link, &[]).await.status.as_u16(), 200, "the link needs no sign-in");
        assert!(!zoe.get("/account").await.text().contains("your address?"));
        // Mia types Zoë's address: only who reads that mail could learn that it is in use.
        let asked = mia.json("PATCH", "/api/v1/me", &json!({ "email": "ZOE@example.com" })).await;
        assert_eq!(asked.status.as_u16(), 200);
        let token = mia.site.links.confirm(id(700), &"zoe@example.com".parse().unwrap(), mia.site.real_now());
        assert_eq!(mia.form(&format!("/confirm/{token}"), &[]).await.status.as_u16(), 409);
        assert_eq!(mia.get("/api/v1/me/profile").await.value()["email"], "mia@example.com");
        for n in 0..6 {
            db.clock().advance(1_000);
            drain(&db).await;
            mia.json("PATCH", "/api/v1/me", &json!({ "email": format!("n{n}@example.com") })).await;
        }
        drain(&db).await;
        assert_eq!(mia.json("POST", "/api/v1/me/confirm", &json!({})).await.problem().code, ProblemCode::RateLimited);
    })
    .await;
}

#[tokio::test]
async fn name_phone_helper_and_password_change_and_each_fault_stands_beside_its_field() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let rings = async || mia.get("/api/v1/me/sites").await.value()["items"][0]["contact_phone"].clone();
        let own = json!({ "address": { "line1": "350 5th Ave", "postal_code": "10001" } });
        mia.json("PUT", &format!("/api/v1/me/sites/{}", world.site), &own).await;
        assert_eq!(rings().await, "+12125550199", "whoever names nobody else is there oneself");
        let form = [
            ("name", "Mia Núñez"),
            ("email", "mia@example.com"),
            ("phone", "12"),
            ("notify_by", "sms"),
            ("locale", "en"),
            ("time_zone", "America/Denver"),
        ];
        let wrong = mia.form("/account/profile", &form).await;
        assert!(wrong.status.as_u16() == 422 && wrong.text().contains("href=\"#f-phone\""), "{}", wrong.text());
        let mut good = form;
        good[2].1 = "(212) 555-0107";
        let saved = mia.form("/account/profile", &good).await;
        assert_eq!((saved.status.as_u16(), saved.header("location")), (303, "/account?done=saved"));
        let helper = [("helper.name", "Łukasz"), ("helper.phone", ""), ("helper.email", "lukasz@example.com")];
        assert_eq!(mia.form("/account/helper", &helper).await.header("location"), "/account?done=saved");
        let page = mia.get("/account?done=saved").await.text();
        for shown in
            ["Mia Núñez", "+1 212-555-0107", "America/Denver", "Łukasz hears the news", "role=\"status\">Saved."]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!(mia.get("/api/v1/me").await.value()["phone"], "+12125550107", "they sign in with it");
        assert_eq!(rings().await, "+12125550107", "the expert rings the new number");
        assert_eq!(mia.form("/account/helper", &[("nobody", "1")]).await.status.as_u16(), 303);
        assert_eq!(mia.get("/api/v1/me/profile").await.value()["helper"], json!(null));
        assert_eq!(mia.form("/account/password", &[("new_password", "short")]).await.status.as_u16(), 422);
        assert_eq!(mia.form("/account/password", &[("new_password", "maple tin rain")]).await.status.as_u16(), 303);
        let change = |old: &str| json!({ "current_password": old, "new_password": "third time lucky" });
        let heard = mia.json("PATCH", "/api/v1/me", &change("wrong")).await;
        assert_eq!(heard.problem().errors[0].field, "current_password");
        assert_eq!(mia.json("PATCH", "/api/v1/me", &change("maple tin rain")).await.status.as_u16(), 204);
        assert_eq!(mia.get("/api/v1/me").await.status.as_u16(), 200, "the session that did it stays");
        let agent = mia.signed_in(Person::Agent(id(60))).await;
        let refused = agent.json("PATCH", "/api/v1/me", &json!({ "name": "Boss" })).await;
        assert_eq!(refused.problem().code, ProblemCode::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn addresses_are_added_mended_and_taken_out_on_pages() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let new = [("line1", "1 Workshop Way"), ("postal_code", "99501"), ("contact_name", "Bo")];
        assert_eq!(mia.form("/account/sites/new", &[("line1", "x")]).await.status.as_u16(), 422);
        assert_eq!(mia.form("/account/sites/new", &new).await.header("location"), "/account?done=address");
        let sites = mia.get("/api/v1/me/sites").await.value();
        let path = format!("/account/sites/{}", sites["items"][1]["id"].as_str().unwrap());
        let page = mia.get(&path).await.text();
        assert!(page.contains("value=\"1 Workshop Way\"") && page.contains("None of our experts works near"), "{page}");
        let near = [("line1", "1 Workshop Way"), ("postal_code", "10001"), ("contact_name", "Bo")];
        assert_eq!(mia.form(&path, &near).await.status.as_u16(), 303);
        assert!(!mia.get(&path).await.text().contains("None of our experts works near"));
        let stranger = mia.signed_in(Person::Customer(id(701))).await;
        assert_eq!(stranger.get(&path).await.status.as_u16(), 404);
        assert_eq!(mia.form(&format!("{path}/retire"), &[]).await.header("location"), "/account?done=retired");
        assert_eq!(mia.form(&format!("{path}/retire"), &[]).await.header("location"), "/account", "a second click");
        let only = mia.form(&format!("/account/sites/{}/retire", world.site), &[]).await;
        assert!(only.status.as_u16() == 422 && only.text().contains("This is the only address"), "{}", only.text());
    })
    .await;
}

/// A ticket that an expert completed, with words of everybody on it.
async fn completed(world: &World, mia: &Client) -> TicketId {
    let ana = world.expert("Ana", "10003").await;
    let ticket = world.ticket().await;
    world.round().await;
    world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
    let note = json!({ "text": "The key is under the blue frog." });
    let noted = mia.json("POST", &format!("/api/v1/tickets/{ticket}/note"), &note).await;
    assert_eq!(noted.status.as_u16(), 201, "{}", noted.text());
    world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
    world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
    let summary = "Showed Mia Łukaszewska the fuse; she can be rung at 212 555 0199.".parse().unwrap();
    world.act(ticket, Move::Complete { expert: ana, outcome: Outcome::Fixed, summary }).await.unwrap();
    ticket
}

#[tokio::test]
async fn a_copy_holds_everything_of_its_customer_and_nothing_of_others() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        completed(&world, &mia).await;
        drain(&db).await;
        let copy = mia.get("/api/v1/me/export").await;
        assert!(copy.header("content-disposition").starts_with("attachment"));
        let all = copy.value();
        assert_eq!(
            (&all["customer"]["name"], all["tickets"].as_array().unwrap().len()),
            (&json!("Mia Łukaszewska"), 1)
        );
        let ticket = &all["tickets"][0];
        assert_eq!(
            (&ticket["notes"][0]["text"], &ticket["last_expert"]),
            (&json!("The key is under the blue frog."), &json!("Ana"))
        );
        let what: Vec<&str> =
            ticket["history"].as_array().unwrap().iter().filter_map(|line| line["what"].as_str()).collect();
        assert!(what.starts_with(&["received", "offered", "accepted"]) && what.ends_with(&["completed"]), "{what:?}");
        assert!(!all["messages"].as_array().unwrap().is_empty() && all["entitlements"].as_array().unwrap().len() == 1);
        assert_eq!(mia.get("/account/export.json").await.value()["tickets"], all["tickets"]);
        let other = mia.signed_in(Person::Customer(id(701))).await;
        assert_eq!(other.get("/api/v1/me/export").await.status.as_u16(), 404);
        let expert = mia.signed_in(Person::Expert(id(11))).await;
        assert_eq!(expert.get("/api/v1/me/export").await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_can_stay_for_two_weeks_and_is_not_deleted_while_somebody_is_to_come() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let ticket = world.ticket().await;
        let unsure = mia.form("/account/leave", &[]).await;
        assert!(unsure.status.as_u16() == 422 && unsure.text().contains("tick that you are sure"));
        assert_eq!(mia.form("/account/leave", &[("sure", "yes")]).await.status.as_u16(), 303);
        let first = mia.json("DELETE", "/api/v1/me", &json!({})).await.value()["leaving_at"].clone();
        assert_eq!(first, json!(world.now().plus_minutes(leave::GRACE_DAYS * 1_440)), "twice is once");
        drain(&db).await;
        let told = sent(&db).await;
        assert!(told.iter().any(|one| one.body.contains("account is deleted on Mon 16 Mar, 05:00")), "{told:?}");
        let number = world.read(ticket).await.number.to_string();
        assert!(mia.get("/account/data").await.text().contains(&number), "what it waits for is named");
        assert_eq!(mia.form("/account/stay", &[]).await.header("location"), "/account?done=stay");
        let due = world.now().plus_minutes(leave::GRACE_DAYS * 1_440);
        assert!(!leave::finish(&db, world.customer, due).await.unwrap(), "they stay");
        mia.json("DELETE", "/api/v1/me", &json!({})).await;
        assert!(!leave::finish(&db, world.customer, due.plus_millis(-1)).await.unwrap(), "not a moment early");
        assert!(!leave::finish(&db, world.customer, due).await.unwrap(), "a ticket is open");
        world.act(ticket, Move::Solve).await.unwrap();
        assert!(leave::finish(&db, world.customer, due).await.unwrap());
        assert!(!leave::finish(&db, world.customer, due).await.unwrap(), "once");
        assert_eq!(mia.get("/api/v1/me").await.problem().code, ProblemCode::Unauthenticated);
    })
    .await;
}

#[tokio::test]
async fn of_a_deleted_customer_no_table_keeps_a_word_and_the_ledger_balances() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let db = fresh.open(frozen_clock()).await;
        let (world, mia) = mia(&db).await;
        // Sets the handles of the login too.
        let known = json!({ "phone": "+1 212 555 0188", "helper": { "name": "Zofia", "phone": "212 555 0177" } });
        assert_eq!(mia.json("PATCH", "/api/v1/me", &known).await.status.as_u16(), 200);
        assert_eq!(mia.json("PATCH", "/api/v1/me", &json!({ "phone": "212 555 0199" })).await.status.as_u16(), 200);
        let code = mia.json("POST", "/api/v1/sign-in/code", &json!({ "login": "2125550199" })).await;
        assert_eq!(code.status.as_u16(), 202);
        let ticket = completed(&world, &mia).await;
        drain(&db).await;
        db.clock().jump(5 * 60 * 60_000);
        drain(&db).await;
        let asked = db.read(async move |conn| survey::store::of_ticket(conn, ticket).await).await.unwrap().unwrap();
        let path = format!("/api/v1/survey/{}", mia.site.links.survey(asked.id));
        let answer = json!({ "working": true, "rating": 5, "comment": "Regards to the blue frog" });
        assert_eq!(mia.json("POST", &path, &answer).await.status.as_u16(), 200);
        mia.json("DELETE", "/api/v1/me", &json!({})).await;
        drain(&db).await;
        let words = [
            "Łukaszewska",
            "mia@example.com",
            "2125550199",
            "555-0199",
            "555 0199",
            "5550188",
            "350 5th Ave",
            "blue frog",
            "Sound is there",
            "Zofia",
            "5550177",
        ];
        let kept = dumped(&fresh).await;
        for word in words.iter().filter(|word| !word.starts_with("555-")) {
            assert!(kept.contains(word), "{word} was never there, so this test proves nothing");
        }
        db.clock().jump(15 * 24 * 60 * 60_000);
        db.clock().advance(60 * 60_000);
        drain(&db).await;
        let left = dumped(&fresh).await;
        for word in words {
            let lines: Vec<&str> = left.lines().filter(|line| line.contains(word)).collect();
            assert!(lines.is_empty(), "{word} is still there on {engine:?}: {lines:?}");
        }
        let now = world.now();
        let ledger = db.read(async move |conn| check::ledger(conn, now).await).await.unwrap();
        assert!(ledger.balances() && (ledger.receipts, ledger.completed) == (1, 1), "{ledger:?}");
        let after = world.read(ticket).await;
        assert_eq!((after.title.as_str(), after.category_label.as_str()), ("(deleted)", "Television"));
        assert_eq!(after.summary.unwrap().as_str(), "Showed … the fuse; she can be rung at …");
        let agent = mia.signed_in(Person::Agent(id(60))).await;
        let shown = agent.get(&format!("/api/v1/customers/{}", world.customer)).await.value();
        assert_eq!((&shown["name"], &shown["active"]), (&json!("Deleted customer"), &json!(false)), "{shown}");
        db.close().await;
        fresh.remove().await;
    }
}

async fn dumped(fresh: &Fresh) -> String {
    let mut file = Vec::new();
    dump::backup(&fresh.settings(frozen_clock()), &mut file, shared::time::Timestamp::EPOCH).await.unwrap();
    String::from_utf8(zstd::decode_all(file.as_slice()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_on_pages_with_a_code() {
    both_engines(async |db| {
        let (_world, mia) = mia(&db).await;
        mia.json("PATCH", "/api/v1/me", &json!({ "phone": "212 555 0188" })).await;
        assert_eq!(mia.form("/password/code", &[("login", " ")]).await.status.as_u16(), 422);
        for login in ["212 555 0188", "nobody@example.com"] {
            let page = mia.form("/password/code", &[("login", login)]).await.text();
            assert!(page.contains("a code is on its way"), "{page}");
        }
        drain(&db).await;
        let body = sent(&db).await.pop().unwrap().body;
        let digits: String = body.chars().take(7).filter(char::is_ascii_digit).collect();
        let fields = |code: &str, password: &str| {
            vec![("login", "212 555 0188".to_owned()), ("code", code.to_owned()), ("password", password.to_owned())]
        };
        let send = async |fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            mia.form("/password", &fields).await
        };
        assert_eq!(send(fields(&digits, "short")).await.status.as_u16(), 422);
        assert_eq!(send(fields("000000", "maple tin rain")).await.status.as_u16(), 401);
        let done = send(fields(&digits, "maple tin rain")).await;
        assert!(done.text().contains("Your password is set"), "{}", done.text());
        let signed = json!({ "login": "2125550188", "password": "maple tin rain" });
        assert_eq!(mia.json("POST", "/api/v1/sign-in", &signed).await.status.as_u16(), 200);
    })
    .await;
}

/// Rows of the document are there under the names that programs rely on.
#[tokio::test]
async fn the_profile_names_what_programs_rely_on() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let profile: Value = mia.get("/api/v1/me/profile").await.value();
        for field in ["id", "name", "email", "email_confirmed", "phone", "notify_by", "locale", "time_zone", "helper"] {
            assert!(profile.get(field).is_some(), "{field}: {profile}");
        }
        assert_eq!(profile["sites"][0]["id"], json!(world.site));
        let unknown = mia.json("PATCH", "/api/v1/me", &json!({ "colour": "red" })).await;
        assert_eq!(unknown.problem().code, ProblemCode::Malformed);
        assert_eq!(mia.json("PATCH", "/api/v1/me", &json!({})).await.status.as_u16(), 422);
        let none = db.write(Lane::Desk, async |tx| customers::store::customer(tx, id(9)).await);
        assert_eq!(none.await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_is_charged_no_more_and_the_card_is_forgotten_while_the_books_stay() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        shop.buy(TestCard::Works).await;
        let (known, has_card) = shop.kept_there().await;
        assert!(known["name"].is_string() && has_card, "{known}");
        let (customer, now) = (id(700), db.clock().business_now());
        db.write(Lane::Desk, async move |tx| leave::begin(tx, customer, now).await).await.unwrap();
        shop.days(15).await;
        assert!(leave::finish(&db, customer, db.clock().business_now()).await.unwrap());
        let payer = db.read(async move |conn| billing::store::payer(conn, customer).await).await.unwrap().unwrap();
        assert_eq!(payer.card, None);
        // The provider forgets her as soon as nothing has to be asked there in her name.
        shop.settle().await;
        let (known, has_card) = shop.kept_there().await;
        assert_eq!((&known["deleted"], &known["name"], has_card), (&json!(true), &Value::Null, false), "{known}");
        shop.days(360).await;
        assert_eq!((shop.states().await, shop.n_paid_there().await), (vec!["paid"], 1));
    })
    .await;
}
