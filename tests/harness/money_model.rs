//! Years of plans on the server's real code, drawn from a seed: people buy, change cards, end plans and take that back, cards
//! are declined, answers are lost, servers die between a charge and its record, clocks jump. A judge that knows only the
//! provider's books and the calendar says what must be true: no period is paid twice, none is forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use shared::chance::{Chance, Seeded};
use shared::event::Actor;
use shared::ids::{CustomerId, EntitlementId, Id};
use shared::money::{Currency, Money};
use shared::time::{Timestamp, Zone};
use sync_server::billing::outside::{Answer, Gateway, Means, Outside, Request};
use sync_server::billing::sandbox::cards::TestCard;
use sync_server::billing::sandbox::people::{self, Next};
use sync_server::billing::sandbox::world::{Around, World};
use sync_server::billing::stripe::{call, read};
use sync_server::billing::{self, Charge, ChargeState, Renewal, RenewalState, Rules};
use sync_server::clock::Clock;
use sync_server::customers::{self, Address, NewCustomer, NewSite, NotifyBy};
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Engine, Error, Lane};
use sync_server::jobs::{Registry, Runner};
use sync_server::links::Links;
use sync_server::notify::outside::{Pages, Unsent};
use sync_server::plans::{self, Plan};
use sync_server::postal;

/// The first purchases: four months before a leap day.
const BEGINS: &str = "2027-12-01T15:00:00Z";
/// Purchases are spread over so many days.
const BUYING_DAYS: u64 = 120;
/// Three years and the grace of the last period.
const DAYS: u64 = BUYING_DAYS + 3 * 366 + 40;
const ZONES: [&str; 4] = ["America/New_York", "America/Los_Angeles", "Europe/Berlin", "Pacific/Apia"];

/// What one run did, and what was wrong.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Entitlements that began.
    pub n_entitlements: usize,
    /// Payments at the provider.
    pub n_paid: usize,
    /// Requests for money that went wrong on the way.
    pub n_faults: usize,
    /// Declines.
    pub n_declined: usize,
    /// Jumps of the clock.
    pub n_jumps: usize,
    /// Periods that are open or were given up, by name.
    pub n_named: usize,
    /// What must not be.
    pub faults: Vec<String>,
}

struct Books {
    world: World,
    chance: Seeded,
    n_faults: usize,
    fault_in: u64,
}

/// The provider behind a bad line.
#[derive(Clone)]
struct Line {
    books: Arc<Mutex<Books>>,
    clock: Clock,
}

impl Line {
    fn books(&self) -> MutexGuard<'_, Books> {
        // A request that dies on purpose poisons nothing that matters.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, act: impl FnOnce(&mut World, &mut Around<'_>) -> T) -> T {
        let mut books = self.books();
        let Books { world, chance, .. } = &mut *books;
        let now = self.clock.real_now();
        let mut name = || format!("{:016x}{:08x}", chance.next_u64(), chance.next_u64() >> 32);
        let mut around = Around { now, business_now: now, name: &mut name, pages: "https://cards.example.com" };
        act(world, &mut around)
    }
}

impl Gateway for Line {
    fn ask(&self, request: Request) -> Pin<Box<dyn Future<Output = Result<Answer, Unsent>> + Send + '_>> {
        Box::pin(async move {
            let money = matches!(request, Request::Charge(_) | Request::Cancel(_));
            let fate = {
                let mut books = self.books();
                let goes_wrong = money && books.fault_in > 0 && books.chance.below(books.fault_in) == 0;
                books.n_faults += usize::from(goes_wrong);
                if goes_wrong { Some(books.chance.below(4)) } else { None }
            };
            match fate {
                Some(0) => return Err(Unsent::Unknown { why: "timeout: never arrived".to_owned() }),
                Some(1) => return Err(Unsent::Later { after: None, why: "429: too many".to_owned() }),
                Some(_) | None => {}
            }
            let (status, body) = self.with(|world, around| world.answer(&call(&request), around));
            match fate {
                Some(2) => Err(Unsent::Unknown { why: "timeout: the answer is lost".to_owned() }),
                Some(_) => panic!("the server dies between the charge and its record"),
                None => {
                    let reply = read::Reply { status, after: None, body: body.to_string().into_bytes() };
                    read::answer(&request, &reply)
                }
            }
        })
    }
}

struct Run {
    db: Database,
    line: Line,
    outside: Outside,
    chance: Seeded,
    customers: Vec<CustomerId>,
    report: Report,
}

/// Runs one seed with so many customers.
///
/// # Panics
/// If the database fails, which is no part of the game.
pub async fn run(engine: Engine, seed: u64, n_customers: usize) -> Report {
    let fresh = Fresh::new(engine).await;
    let clock = Clock::frozen(BEGINS.parse().expect("it is an instant"));
    let db = fresh.open(clock.clone()).await;
    let books = Books { world: World::default(), chance: Seeded::new(seed ^ 0x5eed), n_faults: 0, fault_in: 6 };
    let line = Line { books: Arc::new(Mutex::new(books)), clock };
    let pages = Pages { links: Links::new(b"a secret of the model"), public_url: "https://help.example.com".into() };
    let means = Means { pages, rules: Rules::default() };
    let outside = Outside { cards: Ok(Arc::new(line.clone())), means };
    let report = Report { seed, ..Report::default() };
    let mut run = Run { db: db.clone(), line, outside, chance: Seeded::new(seed), customers: Vec::new(), report };
    run.people(n_customers).await;
    run.years().await;
    run.judge().await;
    db.close().await;
    fresh.remove().await;
    run.report
}

impl Run {
    fn draw(&self, below: u64) -> u64 {
        self.chance.below(below)
    }

    fn card(&self) -> TestCard {
        match self.draw(20) {
            0..=11 => TestCard::Works,
            12..=13 => TestCard::ConfirmOnce,
            14 => TestCard::ConfirmAlways,
            15..=16 => TestCard::ExpiresSoon,
            17..=18 => TestCard::FailsLater,
            _ => TestCard::Funds,
        }
    }

    async fn people(&mut self, n: usize) {
        let made: Vec<(CustomerId, Zone)> = (0..n)
            .map(|_| {
                let zone = ZONES[usize::try_from(self.draw(4)).unwrap_or(0)].parse().expect("it is a zone");
                (Id::new(self.db.clock().real_now(), &self.chance), zone)
            })
            .collect();
        self.customers = made.iter().map(|(id, _)| *id).collect();
        let plan = Plan {
            id: Id::new(self.db.clock().real_now(), &self.chance),
            slug: "home".parse().expect("it is a word"),
            name: "Home".parse().expect("it is a name"),
            price: Money { minor_units: 11_900, currency: Currency::Usd },
            period_months: 12,
            categories: Vec::new(),
            sites: 1,
            promise_hours: 24,
            waiting_days: 0,
            active: true,
            ver: 1,
        };
        let kept = plan.clone();
        let write = self.db.write(Lane::Desk, async move |tx| plans::store::create_plan(tx, &kept).await);
        write.await.expect("the plan is kept");
        for chunk in made.chunks(50) {
            let (chunk, now) = (chunk.to_vec(), self.db.clock().real_now());
            let write = self.db.write(Lane::Desk, async move |tx| {
                for (at, (id, zone)) in chunk.iter().enumerate() {
                    let site = Id::new(now, &Seeded::new(id.uuid().as_u64_pair().1));
                    customers::store::create(tx, *id, site, &customer(at, zone.clone()), now).await?;
                }
                Ok::<_, Error>(())
            });
            write.await.expect("customers are kept");
        }
    }

    fn worker(&self) -> Runner {
        let registry = plans::jobs::register(Registry::new());
        Runner::new(self.db.clone(), billing::jobs::register(registry, self.outside.clone()))
    }

    async fn years(&mut self) {
        let mut waiting: VecDeque<(u64, CustomerId)> = {
            let mut waiting: Vec<_> = self.customers.iter().map(|id| (self.draw(BUYING_DAYS), *id)).collect();
            waiting.sort_unstable();
            waiting.into()
        };
        let worker = self.worker();
        let mut day = 0;
        while day < DAYS {
            // Sometimes nobody is there for weeks, but not at the end: what is left then would only be late.
            let jumps = self.draw(60) == 0 && day + 60 < DAYS;
            let days = if jumps { 2 + self.draw(40) } else { 1 };
            self.report.n_jumps += usize::from(jumps);
            day += days;
            self.db.clock().advance(days * 86_400_000);
            if day + 30 >= DAYS {
                self.line.books().fault_in = 0;
            }
            while waiting.front().is_some_and(|(at, _)| *at <= day) {
                let (_, customer) = waiting.pop_front().expect("there is one");
                self.buys(customer).await;
            }
            for _ in 0..(self.customers.len() / 100).max(1) {
                self.somebody_does_something().await;
            }
            worker.drain().await.expect("jobs come to an end");
            // Retries by the real clock come within the day.
            for _ in 0..2 {
                self.db.clock().advance(1_800_000);
                worker.drain().await.expect("jobs come to an end");
            }
            self.evening();
        }
    }

    /// The provider's tellings of the day are lost: what is due is found without them. It forgets what it may forget.
    fn evening(&self) {
        self.line.with(|world, around| {
            for (id, _) in world.untold() {
                world.told(&id);
            }
            world.forget_keys(around.now);
            world.take_changes();
        });
    }

    fn pays(&self, session: &str, card: TestCard) {
        let next = self.line.with(|world, around| people::chooses(world, session, card, around));
        if let Next::Bank(_) = next {
            self.line.with(|world, around| people::answers(world, session, true, around));
        }
    }

    async fn buys(&mut self, customer: CustomerId) {
        let plan = "home".parse().expect("it is a word");
        let Ok((_, url)) = billing::buy::purchase(&self.db, &self.outside, customer, &plan).await else { return };
        let session = url.rsplit('/').next().unwrap_or_default().to_owned();
        match self.draw(12) {
            0 => {} // Left half-way.
            1 => self.pays(&session, TestCard::Declined),
            _ => {
                let card = match self.card() {
                    TestCard::FailsLater | TestCard::Funds | TestCard::Declined => TestCard::Works,
                    good @ (TestCard::Works
                    | TestCard::ConfirmOnce
                    | TestCard::ConfirmAlways
                    | TestCard::ExpiresSoon) => good,
                };
                self.pays(&session, card);
            }
        }
    }

    async fn somebody_does_something(&mut self) {
        let at = usize::try_from(self.draw(self.customers.len() as u64)).unwrap_or(0);
        let customer = self.customers[at];
        let now = self.db.clock().business_now();
        let read = self.db.read(async move |conn| {
            let renewals = billing::store::renewals_of(conn, customer).await?;
            Ok::<_, Error>((renewals, billing::store::of_customer(conn, customer, 50).await?))
        });
        let (renewals, charges): (Vec<Renewal>, Vec<Charge>) = read.await.expect("it can be read");
        let Some(renewal) = renewals.iter().find(|one| one.state != RenewalState::Over) else { return };
        let (id, by, means) = (renewal.entitlement, Actor::Customer(customer), self.outside.means.clone());
        match self.draw(12) {
            0 => {
                let end = async move |tx: &mut sync_server::db::Tx| billing::buy::end(tx, customer, id, by, now).await;
                let _ = self.db.write(Lane::Intake, end).await;
            }
            1..=2 => {
                let keep = async move |tx: &mut sync_server::db::Tx| {
                    billing::buy::keep(tx, &means, customer, id, by, now).await
                };
                let _ = self.db.write(Lane::Intake, keep).await;
            }
            3..=5 => {
                if let Ok((_, url)) = billing::buy::another_card(&self.db, &self.outside, customer).await {
                    self.pays(url.rsplit('/').next().unwrap_or_default(), self.card());
                }
            }
            _ => self.looks_after_an_open_one(customer, &charges).await,
        }
    }

    async fn looks_after_an_open_one(&self, customer: CustomerId, charges: &[Charge]) {
        let open = charges.iter().find(|charge| matches!(charge.state, ChargeState::Open { .. }));
        let Some(open) = open else { return };
        let (db, outside, id) = (self.db.clone(), self.outside.clone(), open.id);
        // On a task of its own: the line may kill whoever asks.
        let paying = tokio::spawn(async move { billing::buy::pay(&db, &outside, customer, id).await });
        if let Ok(Ok(billing::buy::Paying::Confirm(url))) = paying.await {
            let intent = url.rsplit('/').next().unwrap_or_default().to_owned();
            let yes = self.draw(3) != 0;
            self.line.with(|world, around| people::answers(world, &intent, yes, around));
        }
    }

    /// Compares what the provider's books say with the calendar, and with what we say ourselves.
    async fn judge(&mut self) {
        let now = self.db.clock().business_now();
        let (mut paid_for, mut declined) = (BTreeMap::<String, usize>::new(), 0);
        {
            let books = self.line.books();
            for (_, doc) in books.world.of("intent") {
                declined += usize::from(doc.body["last_payment_error"] != json!(null));
                if doc.body["status"] == json!("succeeded") {
                    let about = &doc.body["metadata"];
                    let about = about["charge"].as_str().or_else(|| about["checkout"].as_str()).unwrap_or_default();
                    *paid_for.entry(about.to_owned()).or_default() += 1;
                }
            }
            self.report.n_faults = books.n_faults;
        }
        self.report.n_declined = declined;
        self.report.n_paid = paid_for.values().sum();
        for (about, n) in paid_for.iter().filter(|(_, n)| **n > 1) {
            self.report.faults.push(format!("{about} was paid {n} times"));
        }
        let mut n_ours = 0;
        for customer in self.customers.clone() {
            let read = self.db.read(async move |conn| {
                let renewals = billing::store::renewals_of(conn, customer).await?;
                Ok::<_, Error>((renewals, billing::store::of_customer(conn, customer, 100).await?))
            });
            let (renewals, charges) = read.await.expect("it can be read");
            self.report.n_entitlements += renewals.len();
            for renewal in &renewals {
                let of: Vec<&Charge> =
                    charges.iter().filter(|charge| charge.entitlement == renewal.entitlement).collect();
                n_ours += of.iter().filter(|charge| matches!(charge.state, ChargeState::Paid { .. })).count();
                self.judge_one(renewal, &of, &paid_for, now);
            }
        }
        if n_ours != self.report.n_paid {
            self.report.faults.push(format!("we know of {n_ours} payments, the provider of {}", self.report.n_paid));
        }
        let ledger = self.db.read(async move |conn| billing::check::ledger(conn, now).await).await.expect("it adds up");
        self.report.faults.extend(ledger.faults);
    }

    fn judge_one(
        &mut self,
        renewal: &Renewal,
        charges: &[&Charge],
        paid_for: &BTreeMap<String, usize>,
        now: Timestamp,
    ) {
        let id: EntitlementId = renewal.entitlement;
        let mut covered_until = renewal.anchor_at;
        for n in 0_u32.. {
            let begins = renewal.zone.months_later(renewal.anchor_at, 12 * n);
            let from_at = if n == 0 { renewal.anchor_at } else { begins };
            if now < from_at.plus_minutes(1_440) {
                break;
            }
            let Some(charge) = charges.iter().find(|charge| charge.period == n) else {
                if renewal.state == RenewalState::On {
                    self.report.faults.push(format!("{id}: period {n} has begun and nobody knows of it"));
                }
                break;
            };
            if charge.from_at != from_at || charge.from_at != covered_until {
                self.report.faults.push(format!("{id}: period {n} begins {} and not {from_at}", charge.from_at));
            }
            covered_until = charge.until_at;
            match charge.state {
                ChargeState::Paid { .. } if n > 0 && paid_for.get(&charge.id.to_string()) != Some(&1) => {
                    self.report.faults.push(format!("{id}: period {n} counts as paid and was not"));
                }
                ChargeState::Paid { .. } => {}
                ChargeState::Scheduled => self.report.faults.push(format!("{id}: period {n} is due and nobody tried")),
                ChargeState::Open { .. }
                | ChargeState::GivenUp { .. }
                | ChargeState::Missed { .. }
                | ChargeState::Cancelled { .. } => {
                    self.report.n_named += 1;
                    if paid_for.contains_key(&charge.id.to_string()) {
                        let state = charge.state.word();
                        self.report.faults.push(format!("{id}: period {n} was paid and is {state}"));
                    }
                    break;
                }
            }
        }
    }
}

fn customer(at: usize, zone: Zone) -> NewCustomer {
    let found = postal::find("US", "10025").expect("the code is in the table");
    NewCustomer {
        name: format!("Customer {at}").parse().expect("it is a name"),
        email: None,
        phone: format!("+1212555{:04}", 1_000 + at).parse().expect("it is a number"),
        notify_by: NotifyBy::Sms,
        locale: "en".into(),
        zone,
        site: NewSite {
            address: Address {
                line1: "1 Main St".parse().expect("it is a line"),
                line2: None,
                city: found.city.parse().expect("it is a city"),
                postal_code: "10025".to_owned(),
                country: "US".into(),
                place: found.place,
                zone: found.zone,
            },
            contact_name: "Mia".parse().expect("it is a name"),
            contact_phone: "+12125550199".parse().expect("it is a number"),
            access_note: None,
        },
    }
}
