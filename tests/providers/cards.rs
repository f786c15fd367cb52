//! Cards through the real adapter: a server that serves, a Stripe on a port that fails in the real ways and tells what
//! happened twice and backwards, and years that pass. No card number reaches us, and no period is charged twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::shop::{Shop, id};
use serde_json::{Value, json};
use shared::money::{Currency, Money};
use sync_server::billing::buy::{self, Paying};
use sync_server::billing::outside::Request;
use sync_server::billing::{self, ChargeState};
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Engine, Lane};
use sync_server::me::leave;
use tests::card_numbers::card_numbers;
use tests::stripe::{Fault, tell};
use tests::wait::{SOON, eventually};

/// Stripe's documented test cards.
const WORKS: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";
const FUNDS: &str = "4000000000009995";
const CONFIRMS: &str = "4000002760003184";
const FAILS_LATER: &str = "4000000000000341";

async fn story(engine: Engine) {
    let fresh = Fresh::new(engine).await;
    let shop = Shop::open(&fresh).await;
    let home = "home".parse().unwrap();
    // Declined, then paid on the same page.
    let (_, page) = buy::purchase(&shop.site.db, &shop.outside(), shop.customer, &home).await.unwrap();
    let session = page.rsplit('/').next().unwrap();
    assert!(!shop.stripe.types(session, DECLINED) && !shop.stripe.types(session, FUNDS));
    shop.drain().await;
    assert_eq!(shop.states().await, [""; 0], "nothing was paid yet");
    assert!(shop.stripe.types(session, WORKS));
    shop.drain().await;
    assert_eq!(shop.states().await, ["paid"]);
    // Five years, each with a line that breaks in its own way.
    for faults in [
        &[][..],
        &[Fault::BreakAfterTaking],
        &[Fault::CloseAfterTaking, Fault::InUse, Fault::CloseBeforeTaking],
        &[Fault::TooMany, Fault::CloseBeforeTaking, Fault::BreakAfterTaking],
    ] {
        shop.stripe.fails(faults);
        let (paid, n) = (shop.n_paid_there(), shop.charges().await.len());
        for _ in 0..13 {
            // Every four weeks somebody looks; the days around the charge are lived one by one.
            shop.site.db.clock().advance(27 * 86_400_000);
            shop.drain().await;
        }
        shop.days(20).await;
        assert_eq!((shop.n_paid_there(), shop.charges().await.len()), (paid + 1, n + 1), "{faults:?}");
    }
    // A card that can be kept and not charged, and then one whose bank asks.
    shop.leaves_card(FAILS_LATER).await;
    for _ in 0..13 {
        shop.site.db.clock().advance(27 * 86_400_000);
        shop.drain().await;
    }
    shop.days(12).await;
    assert_eq!(shop.states().await.last(), Some(&"open"));
    shop.leaves_card(CONFIRMS).await;
    let open = shop.charges().await.pop().unwrap();
    let Paying::Confirm(bank) = buy::pay(&shop.site.db, &shop.outside(), shop.customer, open.id).await.unwrap() else {
        panic!("the bank asks")
    };
    shop.stripe.confirms(bank.rsplit('/').next().unwrap());
    shop.drain().await;
    let charges = shop.charges().await;
    assert!(charges.iter().all(|charge| matches!(charge.state, ChargeState::Paid { .. })), "{charges:?}");
    assert_eq!(shop.n_paid_there(), charges.len());
    // A bank asks money back.
    shop.stripe.disputes(charges[0].intent.as_deref().unwrap(), "needs_response");
    shop.drain().await;
    let (first, currency) = (charges[0].id, Currency::Usd);
    let read = shop.site.db.read(async move |conn| billing::store::disputes(conn, first, currency).await);
    assert_eq!(read.await.unwrap().len(), 1);
    // Somebody else's words are not believed.
    assert_eq!(tell(&shop.url, "t=1,v1=00", "{\"id\":\"evt\"}".to_owned()).await, 403);
    shop.balances().await;
    leaves(&shop).await;
    no_card_number(&fresh, &shop).await;
    shop.stop.cancel();
}

/// Whoever leaves is forgotten there too: the name, the address, and every card. What was paid stays.
async fn leaves(shop: &Shop) {
    let (customer, db) = (shop.customer, &shop.site.db);
    let n_paid = shop.n_paid_there();
    let of_theirs = |kind: &str| -> Vec<Value> {
        shop.stripe.documents(kind).into_iter().filter(|doc| doc["customer"].is_string()).collect()
    };
    assert!(of_theirs("method").len() > 1, "more than one card was kept there");
    let now = shop.site.now();
    db.write(Lane::Desk, async move |tx| leave::begin(tx, customer, now).await).await.unwrap();
    shop.days(u32::try_from(leave::GRACE_DAYS).unwrap() + 2).await;
    assert_eq!(of_theirs("method"), Vec::<Value>::new(), "no card of theirs can be charged");
    let known = shop.stripe.documents("customer").remove(0);
    assert_eq!((&known["deleted"], &known["name"], &known["email"]), (&json!(true), &Value::Null, &Value::Null));
    assert_eq!(shop.n_paid_there(), n_paid, "what was paid stays in the books");
}

/// Every number that a card could have is looked for in everything that the database keeps.
async fn no_card_number(fresh: &Fresh, shop: &Shop) {
    let mut dump = Vec::new();
    sync_server::db::dump::backup(&fresh.settings(frozen_clock()), &mut dump, shop.site.now()).await.unwrap();
    let text = String::from_utf8(zstd::decode_all(&dump[..]).unwrap()).unwrap();
    assert!(text.contains("Home") && text.contains("4242"), "the dump was not read: {} bytes", dump.len());
    assert_eq!(card_numbers(&text), [""; 0]);
}

#[tokio::test]
async fn years_of_charges_through_a_line_that_breaks_are_each_paid_once() {
    story(Engine::Sqlite).await;
}

#[tokio::test]
async fn years_of_charges_on_postgresql_are_no_different() {
    story(Engine::Postgres).await;
}

/// Two servers look at the same charge at once and the answer is lost; what happened is told before it is answered; the
/// card is changed while an attempt with the old one is under way. Each period is paid once, and the books agree.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_races_a_period_is_paid_once_and_both_books_agree() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let shop = Arc::new(Shop::open(&fresh).await);
        let home = "home".parse().unwrap();
        let (_, page) = buy::purchase(&shop.site.db, &shop.outside(), shop.customer, &home).await.unwrap();
        assert!(shop.stripe.types(page.rsplit('/').next().unwrap(), WORKS));
        shop.drain().await;
        shop.reconciles().await;

        shop.nearly_a_year().await;
        shop.stripe.fails(&[Fault::CloseAfterTaking]);
        shop.site.db.clock().advance(2 * 86_400_000);
        let (one, other) = (shop.worker(), shop.worker());
        let (one, other) = tokio::join!(one.drain(), other.drain());
        one.unwrap();
        other.unwrap();
        shop.days(2).await;
        assert_eq!(shop.states().await, ["paid", "paid"], "two schedulers, and a timeout after the charge");
        shop.reconciles().await;

        shop.nearly_a_year().await;
        shop.stripe.fails(&[Fault::AnswersLate]);
        shop.site.db.clock().advance(2 * 86_400_000);
        let asks = shop.clone();
        let asks = tokio::spawn(async move { asks.worker().drain().await.map(|_| ()) });
        eventually("the charge is taken", SOON, async || match shop.n_paid_there() {
            3 => Ok(()),
            n => Err(format!("{n} were paid")),
        })
        .await;
        let answers = shop.stripe.tells(&shop.url).await;
        assert!(!answers.is_empty() && answers.iter().all(|status| *status == 204), "{answers:?}");
        shop.worker().drain().await.unwrap();
        shop.stripe.answers();
        asks.await.unwrap().unwrap();
        shop.days(2).await;
        assert_eq!(shop.states().await, ["paid"; 3], "a webhook before the response");
        shop.reconciles().await;

        shop.leaves_card(FAILS_LATER).await;
        shop.nearly_a_year().await;
        shop.days(2).await;
        assert_eq!(shop.states().await.last(), Some(&"open"));
        shop.stripe.fails(&[Fault::AnswersLate]);
        // The next attempt with the old card is under way when its owner leaves another one.
        let asks = shop.clone();
        let n_seen = shop.stripe.seen().len();
        let asks = tokio::spawn(async move {
            for _ in 0..4 {
                asks.site.db.clock().advance(86_400_000);
                asks.worker().drain().await.unwrap();
            }
        });
        let confirms = |seen: &String| seen.starts_with("POST /v1/payment_intents");
        eventually("an attempt is under way", SOON, async || {
            let seen = shop.stripe.seen();
            if seen[n_seen..].iter().any(confirms) { Ok(()) } else { Err(format!("{:?}", &seen[n_seen..])) }
        })
        .await;
        let (_, page) = buy::another_card(&shop.site.db, &shop.outside(), shop.customer).await.unwrap();
        assert!(shop.stripe.types(page.rsplit('/').next().unwrap(), WORKS));
        let answers = shop.stripe.tells(&shop.url).await;
        assert!(!answers.is_empty() && answers.iter().all(|status| *status == 204), "{answers:?}");
        shop.worker().drain().await.unwrap();
        shop.stripe.answers();
        asks.await.unwrap();
        shop.days(3).await;
        assert_eq!(shop.states().await, ["paid"; 4], "a card that is changed during a retry");
        shop.reconciles().await;
        shop.stop.cancel();
    }
}

/// Each field of the double's documents is one that Stripe's own have, and of the same kind; what the double notes for
/// itself is set apart.
#[tokio::test]
async fn the_documents_of_the_double_have_the_fields_of_stripes_own() {
    let fresh = Fresh::new(Engine::Sqlite).await;
    let shop = Shop::open(&fresh).await;
    let home = "home".parse().unwrap();
    let (_, page) = buy::purchase(&shop.site.db, &shop.outside(), shop.customer, &home).await.unwrap();
    assert!(shop.stripe.types(page.rsplit('/').next().unwrap(), WORKS));
    let events = shop.stripe.documents("event");
    shop.drain().await;
    shop.leaves_card(WORKS).await;
    let intent = shop.charges().await[0].intent.clone().unwrap();
    shop.stripe.disputes(&intent, "needs_response");
    let (outside, amount) = (shop.outside(), Money { minor_units: 100, currency: Currency::Usd });
    let give = Request::Refund { refund: id(5), intent, amount };
    outside.gateway().unwrap().ask(give).await.unwrap();
    let known = shop.stripe.documents("customer");
    let payer = known[0]["id"].as_str().unwrap().to_owned();
    let mut seen = compare("customer", known);
    for kind in ["session", "intent", "method", "setup", "refund", "dispute"] {
        seen += compare(kind, shop.stripe.documents(kind));
    }
    seen += compare("event", events);
    outside.gateway().unwrap().ask(Request::Forget(payer)).await.unwrap();
    seen += compare("deleted_customer", shop.stripe.documents("customer"));
    assert!(seen > 100);
    shop.stop.cancel();
}

/// How many fields were compared.
fn compare(kind: &str, documents: Vec<Value>) -> usize {
    let mut lines = include_str!("../harness/stripe_shapes.txt").lines();
    let fields = lines.find_map(|line| line.strip_prefix(&format!("{kind}: "))).expect("its shape is there");
    let known: BTreeMap<&str, &str> = fields.split(' ').filter_map(|field| field.split_once('=')).collect();
    assert!(!documents.is_empty(), "there is no {kind} to compare");
    let mut seen = 0;
    for document in documents {
        for (field, value) in document.as_object().unwrap().iter().filter(|(field, _)| *field != "sandbox") {
            let is = known.get(field.as_str());
            let is = is.unwrap_or_else(|| panic!("Stripe's {kind} has no field {field}"));
            let of = match value {
                Value::Null => "-",
                Value::Bool(_) => "b",
                Value::Number(_) => "n",
                Value::String(_) => "s",
                Value::Array(_) => "a",
                Value::Object(_) => "o",
            };
            assert!(of == "-" || *is == "-" || of == *is, "{kind}.{field} is {value}, Stripe's is of kind {is}");
            seen += 1;
        }
    }
    seen
}
