//! A server in this process that asks a card provider on a port, for what happens with money.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use shared::chance::Seeded;
use shared::ids::{CustomerId, Id};
use shared::money::{Currency, Money};
use sync_server::app::{self, App};
use sync_server::billing::buy;
use sync_server::billing::{self, Charge, Outside};
use sync_server::clock::Clock;
use sync_server::config::{Config, Mode, Secret, Stripe as Account};
use sync_server::customers::{self, Address, NewCustomer, NewSite, NotifyBy};
use sync_server::db::testing::{Fresh, frozen_clock};
use sync_server::db::{Error, Lane};
use sync_server::http::Site;
use sync_server::jobs::Runner;
use sync_server::plans::{self, Plan};
use sync_server::postal;
use tests::stripe::{KEY, Stripe, WEBHOOK_SECRET};
use tokio_util::sync::CancellationToken;

/// A server in this process, the card provider that it asks, and a customer with a plan on sale, `home` for a year.
pub(crate) struct Shop {
    pub(crate) site: Site,
    pub(crate) stripe: Stripe,
    pub(crate) url: String,
    pub(crate) customer: CustomerId,
    pub(crate) stop: CancellationToken,
}

pub(crate) fn id<Of>(number: u64) -> Id<Of> {
    Id::new(shared::time::Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
}

impl Shop {
    /// On a clock that stands still; jobs are done by [`Self::drain`].
    pub(crate) async fn open(fresh: &Fresh) -> Self {
        Self::with(fresh, frozen_clock(), false, |_| {}).await
    }

    /// On this clock, with a worker beside or without, and with more settings.
    pub(crate) async fn with(fresh: &Fresh, clock: Clock, with_worker: bool, set: impl FnOnce(&mut Config)) -> Self {
        tests::tls();
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
            at_once: Account::AT_ONCE,
            within_seconds: Account::WITHIN_SECONDS,
        });
        set(&mut config);
        let app = App::open(config, fresh.settings(clock), Arc::new(Seeded::new(3))).await.unwrap();
        let (site, stop) = (app.site().clone(), CancellationToken::new());
        tokio::spawn(app.serve(listener, with_worker, stop.clone()));
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
        let (customer, now) = (self.customer, self.site.real_now());
        let write = self.site.db.write(Lane::Desk, async move |tx| {
            customers::store::create(tx, customer, id(800), &new, now).await?;
            plans::store::create_plan(tx, &plan).await?;
            Ok::<_, Error>(())
        });
        write.await.unwrap();
    }

    pub(crate) fn outside(&self) -> Outside {
        Outside::new(&self.site)
    }

    pub(crate) async fn drain(&self) {
        self.site.db.clock().advance(61_000);
        Runner::new(self.site.db.clone(), app::registry(&self.site)).drain().await.unwrap();
        let answers = self.stripe.tells(&self.url).await;
        assert!(answers.iter().all(|status| *status == 204), "{answers:?}");
        Runner::new(self.site.db.clone(), app::registry(&self.site)).drain().await.unwrap();
    }

    pub(crate) async fn days(&self, days: u32) {
        for _ in 0..days {
            self.site.db.clock().advance(86_400_000);
            self.drain().await;
        }
    }

    pub(crate) async fn leaves_card(&self, number: &str) {
        let (_, url) = buy::another_card(&self.site.db, &self.outside(), self.customer).await.unwrap();
        assert!(self.stripe.types(url.rsplit('/').next().unwrap(), number));
        self.drain().await;
    }

    pub(crate) async fn charges(&self) -> Vec<Charge> {
        let customer = self.customer;
        let read = self.site.db.read(async move |conn| billing::store::of_customer(conn, customer, 50).await);
        let mut charges = read.await.unwrap();
        charges.reverse();
        charges
    }

    pub(crate) async fn states(&self) -> Vec<&'static str> {
        self.charges().await.iter().map(|charge| charge.state.word()).collect()
    }

    pub(crate) fn n_paid_there(&self) -> usize {
        self.stripe.documents("intent").iter().filter(|intent| intent["status"] == json!("succeeded")).count()
    }

    /// Another server's workers.
    pub(crate) fn worker(&self) -> Runner {
        Runner::new(self.site.db.clone(), app::registry(&self.site))
    }

    /// Time passes until a day before the paid period ends, looked at every four weeks.
    pub(crate) async fn nearly_a_year(&self) {
        const DAY_MS: i64 = 86_400_000;
        let ends_at = self.charges().await.last().expect("something was paid").until_at;
        loop {
            let left = ends_at.millis_since(self.site.now()) - DAY_MS;
            let Ok(step @ 1..) = u64::try_from(left.min(26 * DAY_MS)) else { return };
            self.site.db.clock().advance(step);
            self.drain().await;
        }
    }

    /// What the provider was paid, and what our books say: by payment, the same amounts, each once, and nothing is open.
    pub(crate) async fn reconciles(&self) {
        self.balances().await;
        let now = self.site.now();
        let ledger = self.site.db.read(async move |conn| billing::check::ledger(conn, now).await).await.unwrap();
        assert_eq!(ledger.open, []);
        let theirs =
            self.stripe.documents("intent").into_iter().filter(|intent| intent["status"] == json!("succeeded"));
        let theirs =
            theirs.map(|intent| (intent["id"].as_str().unwrap().to_owned(), intent["amount"].as_i64().unwrap()));
        let mut theirs: Vec<(String, i64)> = theirs.collect();
        let paid = self.charges().await.into_iter().filter(|charge| charge.state.word() == "paid");
        let mut ours: Vec<(String, i64)> =
            paid.map(|charge| (charge.intent.unwrap_or_default(), charge.price.minor_units)).collect();
        theirs.sort();
        ours.sort();
        assert_eq!(theirs, ours);
    }

    pub(crate) async fn balances(&self) {
        let now = self.site.now();
        let ledger = self.site.db.read(async move |conn| billing::check::ledger(conn, now).await).await.unwrap();
        assert!(ledger.balances(), "{ledger}");
        assert_eq!(self.stripe.complaints(), [""; 0]);
    }
}
