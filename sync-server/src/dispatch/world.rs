//! A small world for stories: one skill, one area in New York, experts who are always on shift, and a customer whose plan
//! covers everything.

use super::{Bounds, run_round};
use crate::customers::{self, Address, NewCustomer, NewSite};
use crate::db::{Database, Error, Lane};
use crate::matching::settings::{Settings, Weights};
use crate::plans::{self, NewEntitlement, Plan};
use crate::tickets::{self, Filing, Ticket, begin, samples::filing};
use crate::workforce::store::samples::{a_skill, an_area, details, home, shifts};
use crate::workforce::{self, ExpertDetails};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId, Id, SiteId, TicketId};
use shared::skills::{Level, Skills};
use shared::ticket::{Move, Refusal, Timing};
use shared::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) bounds: Bounds,
    pub(crate) customer: CustomerId,
    pub(crate) site: SiteId,
    next: AtomicU64,
}

/// The id with this number.
pub(crate) fn id<Of>(number: u64) -> Id<Of> {
    tickets::samples::id(number)
}

/// The skill that tickets need.
pub(crate) const SKILL: u64 = 5;
/// The area that the customer lives in and experts serve.
pub(crate) const AREA: u64 = 6;

impl World {
    pub(crate) async fn new(db: &Database) -> Self {
        let (timing, settings, weights) = (Timing::default(), Settings::default(), Weights::default());
        // Longer than any test: whether a round is the optimum must not hang on the machine.
        let bounds = Bounds { timing, settings, weights, budget: std::time::Duration::from_mins(10) };
        let (customer, site) = (id(700), id(800));
        let now = db.clock().business_now();
        db.write(Lane::Desk, async move |tx| {
            workforce::store::create_skill(tx, &a_skill(SKILL, "tv")).await?;
            workforce::store::create_area(tx, &an_area(AREA, "manhattan", &["100", "101"])).await?;
            let found = home("10001");
            let plan = Plan {
                id: id(901),
                slug: "home".parse().unwrap(),
                name: "Home".parse().unwrap(),
                price: shared::money::Money { minor_units: 9_900, currency: shared::money::Currency::Usd },
                period_months: 12,
                categories: Vec::new(),
                sites: 1,
                promise_hours: 8,
                waiting_days: 0,
                active: true,
                ver: 1,
            };
            plans::store::create_plan(tx, &plan).await?;
            let new = NewCustomer {
                name: "Mia Łukaszewska".parse().unwrap(),
                email: Some("mia@example.com".parse().unwrap()),
                phone: "+12125550199".parse().unwrap(),
                notify_by: customers::NotifyBy::Sms,
                locale: "en".into(),
                zone: found.zone.clone(),
                site: NewSite {
                    address: Address {
                        line1: "350 5th Ave".parse().unwrap(),
                        line2: None,
                        city: found.city.clone(),
                        postal_code: found.postal_code.clone(),
                        country: found.country.clone(),
                        place: found.place,
                        zone: found.zone,
                    },
                    // Not the customer: whoever opens the door.
                    contact_name: "Nora Ægir".parse().unwrap(),
                    contact_phone: "+12125550198".parse().unwrap(),
                    access_note: None,
                },
            };
            customers::store::create(tx, customer, site, &new, now).await?;
            let entitlement = NewEntitlement {
                id: id(900),
                customer,
                plan: plan.id,
                from_at: now.plus_minutes(-60),
                until_at: now.plus_minutes(365 * 24 * 60),
                reason: None,
                grace_until_at: None,
            };
            plans::store::grant(tx, entitlement, now).await?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        Self { db: db.clone(), bounds, customer, site, next: AtomicU64::new(1_000) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.db.clock().business_now()
    }

    /// Lets time pass.
    pub(crate) fn minutes_pass(&self, minutes: u64) {
        self.db.clock().advance(minutes * 60_000);
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(100, Ordering::SeqCst)
    }

    /// An expert with the skill, always on shift and on duty, at home at this postal code.
    pub(crate) async fn expert(&self, name: &str, postal_code: &str) -> ExpertId {
        self.expert_on(name, postal_code, "Mon-Sun 00:00-00:00", 1).await
    }

    /// The same with these shifts and this level, 0 for no skill at all.
    pub(crate) async fn expert_on(&self, name: &str, postal_code: &str, hours: &str, level: i64) -> ExpertId {
        let number = self.number();
        let (expert, now) = (id(number), self.now());
        let details = ExpertDetails { home: home(postal_code), ..details(name, number) };
        let rows = shifts(number + 1, hours, false);
        self.db
            .write(Lane::Desk, async move |tx| {
                workforce::store::create(tx, expert, &details, now).await?;
                if let Ok(level) = Level::try_from(level) {
                    workforce::store::replace_skills(tx, expert, &Skills([(id(SKILL), level)].into()), now).await?;
                }
                workforce::store::replace_areas(tx, expert, &[id(AREA)].into(), now).await?;
                workforce::store::replace_shifts(tx, expert, &rows, now).await?;
                workforce::store::set_duty(tx, expert, true, now).await?;
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        expert
    }

    /// One more address of the customer, at the same place.
    pub(crate) async fn another_site(&self) -> SiteId {
        let (site, customer, now, first) = (id(self.number()), self.customer, self.now(), self.site);
        self.db
            .write(Lane::Desk, async move |tx| {
                let like = customers::store::site(tx, first).await?.unwrap();
                let address = Address {
                    line1: like.line1,
                    line2: like.line2,
                    city: like.city,
                    postal_code: like.postal_code,
                    country: like.country,
                    place: like.place,
                    zone: like.zone,
                };
                let (contact_name, contact_phone) = (like.contact_name, like.contact_phone);
                let new = NewSite { address, contact_name, contact_phone, access_note: None };
                customers::store::add_site(tx, site, customer, &new, now).await
            })
            .await
            .unwrap();
        site
    }

    /// A covered ticket that needs the skill, at an address where there is no other: tickets of one go together.
    pub(crate) async fn ticket(&self) -> TicketId {
        self.file(|_| {}).await
    }

    /// The same, bent.
    pub(crate) async fn file(&self, bend: impl FnOnce(&mut Filing)) -> TicketId {
        let mut filing = filing(self.number());
        filing.customer = self.customer;
        filing.site = self.another_site().await;
        filing.by = Actor::Customer(self.customer);
        filing.skills = Skills([(id(SKILL), Level::LEARNED)].into());
        filing.due_at = self.now().plus_minutes(8 * 60);
        bend(&mut filing);
        let ticket = filing.id;
        let begun = vec![begin(filing, self.now(), &self.bounds.timing)];
        self.db.write(Lane::Intake, async move |tx| tickets::store::insert(tx, &begun).await).await.unwrap();
        ticket
    }

    pub(crate) async fn read(&self, ticket: TicketId) -> Ticket {
        self.db.read(async move |conn| tickets::store::get(conn, ticket).await).await.unwrap().unwrap()
    }

    pub(crate) async fn act(&self, ticket: TicketId, to_do: Move) -> Result<(), Refusal> {
        let (now, timing) = (self.now(), self.bounds.timing.clone());
        let done = self.db.write(Lane::Work, async move |tx| {
            tickets::act(tx, ticket, to_do.clone(), Actor::Server, now, &timing).await
        });
        done.await.unwrap().unwrap().map(|_| ())
    }

    /// Who holds a ticket.
    pub(crate) async fn holder(&self, ticket: TicketId) -> Option<ExpertId> {
        self.read(ticket).await.life.state.holder()
    }

    /// A round, and whatever deadlines have passed before it.
    pub(crate) async fn round(&self) -> usize {
        tickets::jobs::answer_deadlines(&self.db, &self.bounds.timing).await.unwrap();
        run_round(&self.db, &self.bounds).await.unwrap()
    }
}
