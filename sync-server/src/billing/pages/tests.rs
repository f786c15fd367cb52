//! Buying and looking after a plan as a browser meets it, without scripts: the same pages, the provider's page between them.

use crate::accounts::Person;
use crate::billing::samples::{Shop, id};
use crate::billing::stripe::signature;
use crate::billing::{api, pages, sandbox, webhook};
use crate::db::testing::both_engines;
use crate::http::testing::{Client, Heard};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use shared::ids::CustomerId;

fn browser(shop: &Shop) -> Client {
    let routes = api::routes().merge(pages::routes()).merge(webhook::routes()).merge(sandbox::pages::routes());
    Client::new(shop.site.clone(), routes)
}

/// Where an answer leads, as a path.
fn led_to(heard: &Heard) -> String {
    assert_eq!(heard.status, 303, "{}", heard.text());
    heard.header("location").trim_start_matches("http://127.0.0.1:4000").to_owned()
}

/// Buys the plan with a card, as a browser does; gives back the page at the end.
async fn bought(mia: &Client, card: &str) -> String {
    let page = led_to(&mia.form("/plans/home", &[]).await);
    assert!(page.starts_with("/sandbox/pay/"), "{page}");
    let shown = mia.get(&page).await.text();
    assert!(shown.contains("Pay 119.00 USD") && shown.contains("no number is typed here"), "{shown}");
    let done = led_to(&mia.form(&page, &[("card", card)]).await);
    let news = led_to(&mia.get(&done).await);
    mia.get(&news).await.text()
}

#[tokio::test]
async fn a_newcomer_chooses_a_plan_pays_on_the_providers_page_and_finds_the_receipt() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let nobody = browser(&shop);
        let plans = nobody.get("/plans").await.text();
        assert!(plans.contains("119.00 USD</strong> for a year") && plans.contains("href=\"/plans/home\""), "{plans}");
        let offer = nobody.get("/plans/home").await.text();
        assert!(offer.contains("/sign-in?next=%2Fplans%2Fhome") && !offer.contains("id=\"buy\""), "{offer}");
        assert_eq!(nobody.get("/plans/castle").await.status, 404);
        let mia = nobody.signed_in(Person::Customer(id(700))).await;
        assert!(mia.get("/plan").await.text().contains("You have no plan yet"));
        let page = bought(&mia, "works").await;
        assert!(page.contains("Thank you. Your plan is paid") && page.contains("Visa ending in 4242"), "{page}");
        assert!(page.contains("It is paid until 2 March 2027 and then renews for 119.00 USD."), "{page}");
        assert!(mia.get("/plans").await.text().contains("Your plan"));
        let again = mia.form("/plans/home", &[]).await;
        assert_eq!(again.status, 422);
        assert!(again.text().contains("You have the plan Home already"), "{}", again.text());
        let receipt = shop.books().await.1[0].id;
        let page = mia.get(&format!("/plan/charges/{receipt}")).await.text();
        assert!(page.contains("R-") && page.contains("2 March 2026 to 2 March 2027"), "{page}");
        let other = nobody.signed_in(Person::Customer(id(701))).await;
        assert_eq!(other.get(&format!("/plan/charges/{receipt}")).await.status, 404, "it is nobody else's");
        for shown in [plans, offer, page] {
            assert!(!shown.contains("<script") && !shown.contains("style=") && shown.len() < 60 * 1024);
        }
    })
    .await;
}

#[tokio::test]
async fn a_declined_card_says_why_and_going_back_leaves_nothing() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let mia = browser(&shop).signed_in(Person::Customer(id(700))).await;
        let page = led_to(&mia.form("/plans/home", &[]).await);
        let again = led_to(&mia.form(&page, &[("card", "funds")]).await);
        let shown = mia.get(&again).await.text();
        assert!(shown.contains("insufficient funds") && shown.contains("Go back without paying"), "{shown}");
        let bank = led_to(&mia.form(&page, &[("card", "confirm_once")]).await);
        assert!(mia.get(&bank).await.text().contains("Is this you?"));
        let left = mia.get("/plans?left=x").await.text();
        assert!(left.contains("Nothing was paid, and nothing was begun."), "{left}");
        shop.days(1).await;
        assert_eq!(shop.books().await, (vec![], vec![]));
        assert_eq!(mia.get(&page).await.status, 410, "the page has closed by then");
    })
    .await;
}

#[tokio::test]
async fn a_plan_is_ended_and_kept_with_two_clicks_and_another_card_is_left_without_a_charge() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let mia = browser(&shop).signed_in(Person::Customer(id(700))).await;
        bought(&mia, "works").await;
        let plan = shop.books().await.0[0].id;
        let ended = led_to(&mia.form(&format!("/plan/{plan}/end"), &[]).await);
        let page = mia.get(&ended).await.text();
        assert!(page.contains("It covers until 2 March 2027. Nothing is charged after that."), "{page}");
        let kept = led_to(&mia.form(&format!("/plan/{plan}/keep"), &[]).await);
        assert!(mia.get(&kept).await.text().contains("Your plan goes on."));
        let page = led_to(&mia.form("/plan/card", &[]).await);
        assert!(mia.get(&page).await.text().contains("Nothing is charged today."));
        let done = led_to(&mia.form(&page, &[("card", "expires_soon")]).await);
        let page = mia.get(&led_to(&mia.get(&done).await)).await.text();
        assert!(page.contains("Mastercard ending in 4444") && page.contains("Please leave another card"), "{page}");
        assert_eq!(shop.states().await, ["paid"]);
        let other = browser(&shop).signed_in(Person::Customer(id(701))).await;
        assert_eq!(other.form(&format!("/plan/{plan}/end"), &[]).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn an_admin_sees_every_charge_and_gives_money_back_with_a_reason() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let client = browser(&shop);
        bought(&client.signed_in(Person::Customer(id(700))).await, "works").await;
        let ada = client.signed_in(Person::Admin(id(50))).await;
        let list = ada.get("/admin/charges?state=paid").await.text();
        assert!(list.contains("Mia Chén") && list.contains("The money balances"), "{list}");
        assert!(ada.get("/admin/charges?state=open").await.text().contains("There is none here."));
        let hers = ada.get(&format!("/admin/charges?customer={}", id::<CustomerId>(700))).await.text();
        assert!(hers.contains("<h1>Charges of Mia Chén</h1>") && hers.contains("119.00 USD"), "{hers}");
        let nobodys = ada.get(&format!("/admin/charges?customer={}", id::<CustomerId>(701))).await.text();
        assert!(nobodys.contains("There is none here."), "{nobodys}");
        let charge = shop.books().await.1[0].id;
        let path = format!("/admin/charges/{charge}");
        let refused = ada.form(&format!("{path}/refund"), &[("amount", "12,5x"), ("reason", "")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("An amount looks like 12.50"), "{}", refused.text());
        let refused = ada.form(&format!("{path}/refund"), &[("amount", "120"), ("reason", "too late")]).await;
        assert!(refused.text().contains("at most 119.00 USD"), "{}", refused.text());
        let asked = led_to(&ada.form(&format!("{path}/refund"), &[("amount", "19"), ("reason", "too late")]).await);
        assert!(ada.get(&asked).await.text().contains("on its way"));
        shop.settle().await;
        let page = ada.get(&path).await.text();
        assert!(page.contains("given back on 2 March 2026") && page.contains("At most 100.00 USD."), "{page}");
        let read = ada.get(&format!("/api/v1{path}")).await.value();
        assert_eq!(
            (&read["refundable"]["minor_units"], &read["refunds"][0]["state"]),
            (&json!(10_000), &json!("done"))
        );
        let body = json!({ "reason": "all of it" });
        let all = ada.json("POST", &format!("/api/v1{path}/refund"), &body).await;
        assert_eq!((all.status.as_u16(), &all.value()["amount"]["minor_units"]), (202, &json!(10_000)));
        let none = ada.json("POST", &format!("/api/v1{path}/refund"), &body).await;
        assert_eq!(none.status, 422, "nothing is left");
    })
    .await;
}

#[tokio::test]
async fn a_program_buys_by_the_same_door_and_only_signed_calls_are_taken() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let client = browser(&shop);
        let mia = client.signed_in(Person::Customer(id(700))).await;
        let bought = mia.json("POST", "/api/v1/me/entitlements", &json!({ "plan": "home" })).await;
        assert_eq!(bought.status, 201);
        assert!(bought.value()["checkout_url"].as_str().unwrap().contains("/sandbox/pay/cs_test_"));
        assert_eq!(mia.json("POST", "/api/v1/me/entitlements", &json!({ "plan": "castle" })).await.status, 422);
        assert_eq!(mia.get("/api/v1/me/card").await.value(), json!({ "card": null }));
        assert_eq!(mia.get("/api/v1/me/charges").await.value()["items"], json!([]));
        let event = json!({ "id": "evt_1", "type": "x.y", "created": 1, "data": { "object": {} } }).to_string();
        let call = async |signature: String, body: String| {
            let request = Request::post("/webhooks/stripe").header("stripe-signature", signature);
            client.send(request.body(Body::from(body)).unwrap()).await.status.as_u16()
        };
        let secret = sandbox::secret(&shop.site);
        let good = |body: &str| signature::header(&secret, body.as_bytes(), db.clock().real_now());
        assert_eq!(call("t=1,v1=0".into(), event.clone()).await, 403);
        assert_eq!(call(good(&event), event.clone()).await, 204);
        assert_eq!(call(good(&event), event.clone()).await, 204, "a repeat is answered like the first");
        assert_eq!(call(good("[]"), "[]".into()).await, 400);
    })
    .await;
}
