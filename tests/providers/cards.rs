//! Cards through the real adapter: a server that serves, a Stripe on a port that fails in the real ways and tells what
//! happened twice and backwards, and years that pass. No card number reaches us, and no period is charged twice.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use shared::chance::Seeded;
use shared::ids::{CustomerId, Id};
use shared::money::{Currency, Money};
use sync_server::app::{self, App};
use sync_server::billing::buy::{self, Paying};
use sync_server::billing::outside::Request;
use sync_server::billing::{self, Charge, ChargeState, Outside};
use sync_server::config::{Config, Mode, Secret, Stripe as Account};
use sync_server::customers::{self, Address, NewCustomer, NewSite, NotifyBy};
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Engine, Error, Lane};
use sync_server::http::Site;
use sync_server::jobs::Runner;
use sync_server::plans::{self, Plan};
use sync_server::postal;
use tests::stripe::{Fault, KEY, Stripe, WEBHOOK_SECRET, tell};
use tokio_util::sync::CancellationToken;

/// Stripe's documented test cards.
const WORKS: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";
const FUNDS: &str = "4000000000009995";
const CONFIRMS: &str = "4000002760003184";
const FAILS_LATER: &str = "4000000000000341";

struct Shop {
    site: Site,
    stripe: Stripe,
    url: String,
    customer: CustomerId,
    stop: CancellationToken,
}

fn id<Of>(number: u64) -> Id<Of> {
    Id::new(shared::time::Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
}

impl Shop {
    async fn open(fresh: &Fresh) -> Self {
        tests::tls();
        let clock = frozen_clock();
        let stripe = Stripe::start(clock.clone());
        let listener = app::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let bound = listener.local_addr().unwrap();
        let secret = Secret::from("a secret of the tests, long enough".to_owned());
        let mut config = Config::demo(std::env::temp_dir(), 0, secret);
        config.listens_on(bound);
        config.mode = Mode::Serve;
        config.providers.stripe = Some(Account {
            url: stripe.url().to_owned(),
            secret_key: Secret::from(KEY.to_owned()),
            webhook_secret: Secret::from(WEBHOOK_SECRET.to_owned()),
        });
        let app = App::open(config, fresh.settings(clock), Arc::new(Seeded::new(3))).await.unwrap();
        let (site, stop) = (app.site().clone(), CancellationToken::new());
        tokio::spawn(app.serve(listener, false, stop.clone()));
        let shop = Self { site, stripe, url: format!("http://{bound}"), customer: id(700), stop };
        shop.people().await;
        shop
    }

    async fn people(&self) {
        let found = postal::find("US", "10025").unwrap();
        let zone = found.zone.clone();
        let new = NewCustomer {
            name: "Zoë Łukasik".parse().unwrap(),
            email: Some("zoe@example.com".parse().unwrap()),
            phone: "+12125550100".parse().unwrap(),
            notify_by: NotifyBy::Email,
            locale: "en".into(),
            zone,
            site: NewSite {
                address: Address {
                    line1: "215 W 100th St".parse().unwrap(),
                    line2: None,
                    city: found.city.parse().unwrap(),
                    postal_code: "10025".into(),
                    country: "US".into(),
                    place: found.place,
                    zone: found.zone,
                },
                contact_name: "Zoë".parse().unwrap(),
                contact_phone: "+12125550100".parse().unwrap(),
                access_note: None,
            },
        };
        let plan = Plan {
            id: id(901),
            slug: "home".parse().unwrap(),
            name: "Home".parse().unwrap(),
            price: Money { minor_units: 11_900, currency: Currency::Usd },
            period_months: 12,
            categories: vec![],
            sites: 1,
            promise_hours: 24,
            waiting_days: 0,
            active: true,
            ver: 1,
        };
        let customer = self.customer;
        let write = self.site.db.write(Lane::Desk, async move |tx| {
            let now = frozen_clock().real_now();
            customers::store::create(tx, customer, id(800), &new, now).await?;
            plans::store::create_plan(tx, &plan).await?;
            Ok::<_, Error>(())
        });
        write.await.unwrap();
    }

    fn outside(&self) -> Outside {
        Outside::new(&self.site)
    }

    async fn drain(&self) {
        self.site.db.clock().advance(61_000);
        Runner::new(self.site.db.clone(), app::registry(&self.site)).drain().await.unwrap();
        let answers = self.stripe.tells(&self.url).await;
        assert!(answers.iter().all(|status| *status == 204), "{answers:?}");
        Runner::new(self.site.db.clone(), app::registry(&self.site)).drain().await.unwrap();
    }

    async fn days(&self, days: u32) {
        for _ in 0..days {
            self.site.db.clock().advance(86_400_000);
            self.drain().await;
        }
    }

    async fn leaves_card(&self, number: &str) {
        let (_, url) = buy::another_card(&self.site.db, &self.outside(), self.customer).await.unwrap();
        assert!(self.stripe.types(url.rsplit('/').next().unwrap(), number));
        self.drain().await;
    }

    async fn charges(&self) -> Vec<Charge> {
        let customer = self.customer;
        let read = self.site.db.read(async move |conn| billing::store::of_customer(conn, customer, 50).await);
        let mut charges = read.await.unwrap();
        charges.reverse();
        charges
    }

    async fn states(&self) -> Vec<&'static str> {
        self.charges().await.iter().map(|charge| charge.state.word()).collect()
    }

    fn n_paid_there(&self) -> usize {
        self.stripe.documents("intent").iter().filter(|intent| intent["status"] == json!("succeeded")).count()
    }

    async fn balances(&self) {
        let now = self.site.now();
        let ledger = self.site.db.read(async move |conn| billing::check::ledger(conn, now).await).await.unwrap();
        assert!(ledger.balances(), "{ledger}");
        assert_eq!(self.stripe.complaints(), [""; 0]);
    }
}

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
    no_card_number(&fresh, &shop).await;
    shop.stop.cancel();
}

/// Every run of 13 to 19 digits that a card could have is looked for in everything that the database keeps.
async fn no_card_number(fresh: &Fresh, shop: &Shop) {
    let mut dump = Vec::new();
    sync_server::db::dump::backup(&fresh.settings(frozen_clock()), &mut dump, shop.site.now()).await.unwrap();
    let text = String::from_utf8(zstd::decode_all(&dump[..]).unwrap()).unwrap();
    assert!(text.contains("Home") && text.contains("4242"), "the dump was not read: {} bytes", dump.len());
    assert_eq!(card_numbers(&text), [""; 0]);
    assert_eq!(card_numbers("a 4242 4242-4242 4242, b"), ["4242424242424242"], "the scan sees one");
}

/// Runs of digits, also with spaces or dashes, that pass Luhn's check and begin as cards do. Ids and instants are hex or
/// shorter, or begin otherwise.
fn card_numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.split(|char: char| !(char.is_ascii_digit() || char == ' ' || char == '-')) {
        let digits: Vec<u32> = run.chars().filter_map(|char| char.to_digit(10)).collect();
        let is_long = (15..=16).contains(&digits.len()) && matches!(digits.first(), Some(3..=6));
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(at, digit)| match (at % 2, digit * 2) {
                (0, _) => *digit,
                (_, double) if double > 9 => double - 9,
                (_, double) => double,
            })
            .sum();
        if is_long && sum.is_multiple_of(10) {
            found.push(digits.iter().map(ToString::to_string).collect());
        }
    }
    found
}

#[tokio::test]
async fn years_of_charges_through_a_line_that_breaks_are_each_paid_once() {
    story(Engine::Sqlite).await;
}

#[tokio::test]
async fn years_of_charges_on_postgresql_are_no_different() {
    story(Engine::Postgres).await;
}

/// Each field of the double's documents is one that Stripe's own have; what the double notes for itself is set apart.
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
    let mut seen = 0;
    for line in include_str!("../harness/stripe_shapes.txt").lines().filter(|line| !line.starts_with('#')) {
        let (kind, fields) = line.split_once(": ").unwrap();
        let known: Vec<&str> = fields.split(' ').collect();
        let documents = if kind == "event" { events.clone() } else { shop.stripe.documents(kind) };
        assert!(!documents.is_empty(), "there is no {kind} to compare");
        for document in documents {
            for field in document.as_object().unwrap().keys().filter(|field| *field != "sandbox") {
                assert!(known.contains(&field.as_str()), "Stripe's {kind} has no field {field}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100);
    shop.stop.cancel();
}
