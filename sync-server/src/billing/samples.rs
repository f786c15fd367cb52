//! Money for tests: a customer with a plan on sale, a sandbox that can be made to fail, and charges to bend.

use super::charge::{Charge, ChargeState};
use super::outside::{Answer, Gateway, Outside, Request};
use super::sandbox::Sandbox;
use super::sandbox::cards::TestCard;
use super::sandbox::people::{self, Next};
use super::{buy, check, store};
use crate::customers::NotifyBy;
use crate::db::{Database, Error, Lane};
use crate::http::Site;
use crate::http::testing::site;
use crate::jobs::{Registry, Runner};
use crate::notify::outside::Unsent;
use crate::notify::samples::{people as register, registry};
use crate::notify::sandbox::captured;
use crate::plans::{self, Entitlement, Plan};
pub(crate) use crate::tickets::samples::id;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::CheckoutId;
use shared::money::{Currency, Money};
use shared::time::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub(crate) fn usd(minor_units: i64) -> Money {
    Money { minor_units, currency: Currency::Usd }
}

/// A scheduled charge of the second period.
pub(crate) fn charge(from_at: Timestamp, until_at: Timestamp) -> Charge {
    Charge {
        id: id(1),
        customer: id(700),
        entitlement: id(900),
        plan: id(901),
        period: 1,
        from_at,
        until_at,
        price: usd(11_900),
        state: ChargeState::Scheduled,
        due_at: from_at,
        intent: None,
        card: None,
        told_days: None,
        created_at: from_at,
    }
}

/// What goes wrong with a request for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was taken, and its answer was lost.
    AnswerLost,
    /// It was taken, and we died before we could write the answer.
    WeDie,
    /// It never arrived, and nobody knows that.
    RequestLost,
    /// It was certainly not taken.
    Busy,
}

/// The sandbox behind a bad line.
#[derive(Clone)]
pub(crate) struct Shaky {
    inner: Arc<dyn Gateway>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl Shaky {
    /// The next requests for money go wrong like this.
    pub(crate) fn fails(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }
}

impl Gateway for Shaky {
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unsent>> {
        async move {
            let money = matches!(request, Request::Charge(_) | Request::Refund { .. });
            let fault = if money { self.faults.lock().unwrap().pop_front() } else { None };
            match fault {
                Some(Fault::RequestLost) => return Err(Unsent::Unknown { why: "timeout: lost".into() }),
                Some(Fault::Busy) => return Err(Unsent::Later { after: None, why: "429: too many".into() }),
                Some(Fault::AnswerLost | Fault::WeDie) | None => {}
            }
            let answered = self.inner.ask(request).await;
            match fault {
                Some(Fault::AnswerLost) => Err(Unsent::Unknown { why: "timeout: lost".into() }),
                Some(Fault::WeDie) => panic!("the server died here"),
                Some(Fault::RequestLost | Fault::Busy) | None => answered,
            }
        }
        .boxed()
    }
}

/// A shop with one customer, Mia (700), and one plan, `home` for a year.
pub(crate) struct Shop {
    pub(crate) db: Database,
    pub(crate) site: Site,
    pub(crate) outside: Outside,
    pub(crate) line: Shaky,
    notices: crate::notify::Outside,
}

impl Shop {
    pub(crate) async fn open(db: &Database) -> Self {
        Self::with_plan(db, 0).await
    }

    pub(crate) async fn with_plan(db: &Database, waiting_days: u32) -> Self {
        // Ten in the morning where Mia lives: by night nothing is told that can wait.
        db.clock().advance(6 * 3_600_000);
        register(db, NotifyBy::Email, Some("mia@example.com")).await;
        let plan = Plan {
            id: id(901),
            slug: "home".parse().unwrap(),
            name: "Home".parse().unwrap(),
            price: usd(11_900),
            period_months: 12,
            categories: vec![],
            sites: 1,
            promise_hours: 24,
            waiting_days,
            active: true,
            ver: 1,
        };
        db.write(Lane::Desk, async move |tx| plans::store::create_plan(tx, &plan).await).await.unwrap();
        let site = site(db);
        let line = Shaky { inner: Arc::new(Sandbox::new(&site)), faults: Arc::default() };
        let outside = Outside { cards: Ok(Arc::new(line.clone())), ..Outside::new(&site) };
        let notices = crate::notify::samples::outside(db);
        Self { db: db.clone(), site, outside, line, notices }
    }

    fn registry(&self) -> Registry {
        let registry = registry(&self.notices);
        let registry = plans::jobs::register(registry);
        let timing = shared::ticket::Timing::default();
        let registry = crate::tickets::jobs::register(registry, &timing, &self.site.blobs);
        super::jobs::register(registry, self.outside.clone())
    }

    /// Another server's workers.
    pub(crate) fn worker(&self) -> Runner {
        Runner::new(self.db.clone(), self.registry())
    }

    /// Runs everything that is due, sweeps too.
    pub(crate) async fn settle(&self) {
        self.db.clock().advance(61_000);
        self.worker().drain().await.unwrap();
    }

    /// So many days pass, each with its sweeps and jobs.
    pub(crate) async fn days(&self, days: u32) {
        for _ in 0..days {
            self.db.clock().advance(86_400_000);
            self.worker().drain().await.unwrap();
        }
    }

    /// So much time passes at once: the server was down, or the clock jumped.
    pub(crate) fn jump_days(&self, days: u64) {
        self.db.clock().advance(days * 86_400_000);
    }

    /// Somebody is led to the provider's page; its name there.
    pub(crate) async fn enter(&self) -> (CheckoutId, String) {
        let plan = "home".parse().unwrap();
        let (checkout, url) = buy::purchase(&self.db, &self.outside, id(700), &plan).await.unwrap();
        (checkout, url.rsplit('/').next().unwrap().to_owned())
    }

    /// A card is chosen there.
    pub(crate) async fn choose(&self, session: &str, card: TestCard) -> Next {
        let (sandbox, name) = (Sandbox::new(&self.site), session.to_owned());
        sandbox
            .with(session.to_owned(), String::new(), move |world, around| people::chooses(world, &name, card, around))
            .await
            .unwrap()
    }

    /// The bank is answered.
    pub(crate) async fn confirm(&self, name: &str, yes: bool) -> Next {
        let (sandbox, about) = (Sandbox::new(&self.site), name.to_owned());
        sandbox
            .with(name.to_owned(), String::new(), move |world, around| people::answers(world, &about, yes, around))
            .await
            .unwrap()
    }

    /// Mia buys the plan with this card.
    pub(crate) async fn buy(&self, card: TestCard) {
        let (_, session) = self.enter().await;
        if let Next::Bank(_) = self.choose(&session, card).await {
            self.confirm(&session, true).await;
        }
        self.settle().await;
    }

    /// Mia leaves another card.
    pub(crate) async fn change_card(&self, card: TestCard) {
        let (_, url) = buy::another_card(&self.db, &self.outside, id(700)).await.unwrap();
        let session = url.rsplit('/').next().unwrap();
        if let Next::Bank(_) = self.choose(session, card).await {
            self.confirm(session, true).await;
        }
        self.settle().await;
    }

    /// Her entitlements and charges, the last first.
    pub(crate) async fn books(&self) -> (Vec<Entitlement>, Vec<Charge>) {
        let read = self.db.read(async |conn| {
            let entitlements = plans::store::entitlements_of(conn, id(700)).await?;
            Ok::<_, Error>((entitlements, store::of_customer(conn, id(700), 100).await?))
        });
        read.await.unwrap()
    }

    /// The states of her charges, the first period first.
    pub(crate) async fn states(&self) -> Vec<&'static str> {
        self.books().await.1.iter().rev().map(|charge| charge.state.word()).collect()
    }

    /// The ledger.
    pub(crate) async fn ledger(&self) -> check::Ledger {
        let now = self.db.clock().business_now();
        self.db.read(async move |conn| check::ledger(conn, now).await).await.unwrap()
    }

    /// Payments at the provider that succeeded.
    pub(crate) async fn n_paid_there(&self) -> usize {
        let (_, charges) = self.books().await;
        let Some(intent) = charges.iter().find_map(|charge| charge.intent.clone()) else { return 0 };
        let sandbox = Sandbox::new(&self.site);
        sandbox
            .with(intent, String::new(), |world, _| {
                world
                    .of("intent")
                    .iter()
                    .filter(|(_, doc)| doc.body["status"] == serde_json::json!("succeeded"))
                    .count()
            })
            .await
            .unwrap()
    }

    /// What the provider keeps of her: her document, and whether any card of hers can be charged.
    pub(crate) async fn kept_there(&self) -> (serde_json::Value, bool) {
        let customer = id(700);
        let payer = self.db.read(async move |conn| store::payer(conn, customer).await).await.unwrap().unwrap();
        let (sandbox, reference) = (Sandbox::new(&self.site), payer.reference);
        let read = sandbox.with(reference.clone(), String::new(), move |world, _| {
            let cards = world.of("method").iter().any(|(_, doc)| doc.body["customer"].is_string());
            (world.get("customer", &reference).map(|doc| doc.body.clone()).unwrap_or_default(), cards)
        });
        read.await.unwrap()
    }

    /// The kinds of what Mia was told, in order.
    pub(crate) async fn told(&self) -> Vec<String> {
        let mut sent = self.db.read(async |conn| captured(conn, "", 500).await).await.unwrap();
        sent.sort_by_key(|one| one.at);
        sent.into_iter().filter_map(|one| one.subject).collect()
    }
}
