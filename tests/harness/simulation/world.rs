//! A small business on a real database: two cities, three trades, a handful of experts and customers, drawn from a seed.

use super::phone::Phone;
use super::truth::{CustomerTruth, ExpertTruth, Hours, Trouble};
use crate::simulation::Planted;
use shared::chance::{Chance, Seeded};
use shared::ids::{AreaId, Id, SkillId, StaffId};
use shared::money::{Currency, Money};
use shared::skills::{Level, Skills};
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sync_server::accounts::Person;
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::accounts::staff::{self, StaffFields, StaffRole};
use sync_server::clock::{Clock, SystemChance};
use sync_server::customers::{self, Address, NewCustomer, NewSite, NotifyBy};
use sync_server::db::{Database, Error, Lane, Tx};
use sync_server::dispatch::Bounds;
use sync_server::http::Site;
use sync_server::http::testing::{Client, site};
use sync_server::jobs::Runner;
use sync_server::plans::{self, NewEntitlement, Plan};
use sync_server::workforce::store::NewNeed;
use sync_server::workforce::{self, Area, Category, ExpertDetails, Home, PostalPrefix, ShiftDay, ShiftSpec, Skill};
use sync_server::{app, postal, sync};

/// The areas with the beginnings of their codes, and codes inside.
pub(super) const AREAS: [(&str, &[&str], &[&str]); 2] = [
    ("new-york", &["100", "101", "104", "112"], &["10001", "10003", "10025", "10463", "11201"]),
    ("chicago", &["606"], &["60601", "60614", "60637"]),
];
pub(super) const TRADES: [&str; 3] = ["tv", "router", "audio"];
const NAMES: [&str; 6] = ["Ana", "Ben", "Chloé", "Dmitri", "Eun-ji", "Fatima"];
/// Hours that experts keep. None begins or ends where the clocks change.
const HOURS: [(u16, u16); 5] =
    [(8 * 60, 16 * 60), (6 * 60, 22 * 60), (12 * 60, 20 * 60), (22 * 60, 6 * 60), (0, 1_440)];

/// When on-call times begin.
const NIGHT: u16 = 22 * 60;

/// Where everything happens.
pub(super) struct World {
    pub(super) db: Database,
    pub(super) site: Site,
    pub(super) bounds: Bounds,
    pub(super) runner: Runner,
    pub(super) desk: Client,
    pub(super) admin: Client,
    pub(super) chance: Seeded,
    pub(super) experts: Vec<ExpertTruth>,
    pub(super) phones: Vec<Phone>,
    pub(super) customers: Vec<CustomerTruth>,
    pub(super) troubles: Vec<Trouble>,
    /// What a ticket needs where an agent corrected it: a skill and its level.
    pub(super) needs: BTreeMap<String, (SkillId, i64)>,
    /// Offers that somebody of ours made against a rule, and said why.
    pub(super) overridden: BTreeSet<String>,
    pub(super) areas: Vec<AreaId>,
    pub(super) plan: shared::ids::PlanId,
}

impl World {
    /// Fills an empty database.
    pub(super) async fn new(db: Database, seed: u64, planted: Planted) -> Self {
        let chance = Seeded::new(seed ^ 0x5eed);
        let now = db.clock().business_now();
        let skills: Vec<SkillId> = TRADES.iter().map(|_| Id::new(now, &chance)).collect();
        let areas: Vec<AreaId> = AREAS.iter().map(|_| Id::new(now, &chance)).collect();
        let trouble = |(at, category): (usize, &&'static str)| Trouble {
            category,
            skill: skills[at],
            level: 1 + i64::try_from(chance.below(2)).unwrap_or_default(),
            work_minutes: [30, 60, 90][at],
        };
        let troubles: Vec<Trouble> = TRADES.iter().enumerate().map(trouble).collect();
        let plan: shared::ids::PlanId = Id::new(now, &chance);
        let n_experts = 3 + usize::try_from(chance.below(4)).unwrap_or_default();
        let experts: Vec<_> = (0..n_experts).map(|at| some_expert(at, &chance, &skills, &areas, now)).collect();
        let n_customers = 4 + usize::try_from(chance.below(4)).unwrap_or_default();
        let customers: Vec<_> = (0..n_customers).map(|at| some_customer(at, &chance, &areas, now)).collect();
        let staff: [StaffId; 2] = [Id::new(now, &chance), Id::new(now, &chance)];
        let kept = Arc::new((experts, customers, troubles, skills, areas));
        let written = Arc::clone(&kept);
        let devices = db
            .write(Lane::Desk, async move |tx| {
                let (experts, customers, troubles, skills, areas) = &*written;
                catalogue(tx, skills, areas, troubles, plan, now).await?;
                people_of_ours(tx, staff, now).await?;
                let mut devices = Vec::new();
                for (at, expert) in experts.iter().enumerate() {
                    devices.push(hire(tx, at, expert, now).await?);
                }
                for (at, customer) in customers.iter().enumerate() {
                    register(tx, at, customer, plan, now).await?;
                }
                Ok::<_, Error>(devices)
            })
            .await
            .expect("an empty database takes a world");
        let (experts, customers, troubles, _, areas) = (*kept).clone();
        let phones = experts.iter().zip(devices).map(|((expert, _), device)| Phone::new(expert.id, device.0, device.1));
        let phones = phones.collect();
        let site = site_of(&db, planted);
        let runner = Runner::new(db.clone(), planted.bend(app::registry(&site)));
        let nobody = Client::new(site.clone(), app::routes());
        let desk = nobody.signed_in(Person::Agent(staff[1])).await;
        let admin = nobody.signed_in(Person::Admin(staff[0])).await;
        let bounds = sync::bounds(&site.config);
        let experts = experts.into_iter().map(|(truth, _)| truth).collect();
        let customers = customers.into_iter().map(|(truth, _)| truth).collect();
        Self {
            db,
            site,
            bounds,
            runner,
            desk,
            admin,
            chance,
            experts,
            phones,
            customers,
            troubles,
            needs: BTreeMap::new(),
            overridden: BTreeSet::new(),
            areas,
            plan,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.db.clock().business_now()
    }

    /// A number from 0 to just below `bound`.
    pub(super) fn below(&self, bound: i64) -> i64 {
        i64::try_from(self.chance.below(u64::try_from(bound).unwrap_or_default())).unwrap_or_default()
    }

    /// So many times in a hundred.
    pub(super) fn percent(&self, chances: i64) -> bool {
        self.below(100) < chances
    }

    pub(super) fn any(&self, len: usize) -> usize {
        usize::try_from(self.below(i64::try_from(len).unwrap_or(1))).unwrap_or_default()
    }

    pub(super) fn new_id<Of>(&self) -> Id<Of> {
        Id::new(self.db.clock().real_now(), &self.chance)
    }
}

fn site_of(db: &Database, planted: Planted) -> Site {
    let mut site = site(db);
    let mut config = (*site.config).clone();
    planted.bend_settings(&mut config);
    site.config = Arc::new(config);
    site
}

/// A code inside an area.
pub(super) fn code_in(area: usize, chance: &Seeded) -> &'static str {
    let codes = AREAS[area].2;
    codes[usize::try_from(chance.below(codes.len() as u64)).unwrap_or_default()]
}

/// Draws an expert, with his postal code.
fn some_expert(
    at: usize,
    chance: &Seeded,
    skills: &[SkillId],
    areas: &[AreaId],
    now: Timestamp,
) -> (ExpertTruth, &'static str) {
    // Two of three live in the first city, so that there is a choice.
    let area = usize::from(chance.below(3) == 0);
    let (from, until) = HOURS[usize::try_from(chance.below(HOURS.len() as u64)).unwrap_or_default()];
    let shift = |weekday| Hours { weekday, from, until, on_call: false };
    let mut shifts: Vec<Hours> = (1..=7).filter(|_| chance.below(7) > 0).map(shift).collect();
    // Some who work by day can be rung in some nights.
    if until > from && until <= NIGHT && chance.below(3) == 0 {
        let night = |weekday| Hours { weekday, from: NIGHT, until: 6 * 60, on_call: true };
        shifts.extend((1..=7).filter(|_| chance.below(2) == 0).map(night));
    }
    let level = |skill: &SkillId| (*skill, 1 + i64::try_from(chance.below(3)).unwrap_or_default());
    let truth = ExpertTruth {
        id: Id::new(now, chance),
        name: NAMES[at % NAMES.len()],
        zone: zone_of(code_in(area, &Seeded::new(0))),
        skills: skills.iter().filter(|_| chance.below(4) > 0).map(level).collect(),
        areas: [areas[area]].into(),
        shifts,
        absences: BTreeMap::new(),
        holidays: BTreeSet::new(),
        active: true,
        on_duty: true,
        was_on_duty: true,
    };
    (truth, code_in(area, chance))
}

/// Draws a customer, with their postal code.
fn some_customer(at: usize, chance: &Seeded, areas: &[AreaId], now: Timestamp) -> (CustomerTruth, &'static str) {
    let drawn = usize::from(chance.below(3) == 0);
    // Two live in one city and apart, and have a plan; another has none.
    let (area, code) = match at {
        0 => (0, "10001"),
        2 => (0, "10463"),
        _ => (drawn, code_in(drawn, chance)),
    };
    let found = postal::find("US", code).expect("the code is in the table");
    let truth = CustomerTruth {
        id: Id::new(now, chance),
        site: Id::new(now, chance),
        place: found.place,
        zone: found.zone,
        area: areas[area],
        notify_by: [NotifyBy::Sms, NotifyBy::Email, NotifyBy::Call][at % 3],
        has_email: chance.below(2) == 0,
        blocked: BTreeSet::new(),
        covered: at == 0 || at == 2 || (at > 2 && chance.below(5) > 0),
    };
    (truth, code)
}

fn zone_of(code: &str) -> Zone {
    postal::find("US", code).expect("the code is in the table").zone
}

fn skills_of(known: &BTreeMap<SkillId, i64>) -> Skills {
    let level = |level: i64| Level::try_from(level).expect("levels are drawn from 1 to 3");
    Skills(known.iter().map(|(skill, known)| (*skill, level(*known))).collect())
}

async fn catalogue(
    tx: &mut Tx,
    skills: &[SkillId],
    areas: &[AreaId],
    troubles: &[Trouble],
    plan: shared::ids::PlanId,
    now: Timestamp,
) -> Result<(), Error> {
    let word = |word: &str| word.parse().expect("the word is ours");
    for (at, trade) in TRADES.iter().enumerate() {
        let (slug, name) = (word(trade), trade.parse().expect("the word is ours"));
        workforce::store::create_skill(tx, &Skill { id: skills[at], slug, name, active: true, ver: 1 }).await?;
    }
    for (at, (slug, prefixes, _)) in AREAS.iter().enumerate() {
        let prefix = |prefix: &&str| PostalPrefix { country: "US".into(), prefix: (*prefix).to_owned() };
        let area = Area {
            id: areas[at],
            slug: word(slug),
            name: slug.parse().expect("the word is ours"),
            active: true,
            ver: 1,
            postal: prefixes.iter().map(prefix).collect(),
            drawing: None,
        };
        workforce::store::create_area(tx, &area).await?;
    }
    for (trouble, at) in troubles.iter().zip(1..) {
        let label = trouble.category.parse().expect("the word is ours");
        let category = Category { slug: word(trouble.category), label, symptoms: Vec::new() };
        workforce::store::put_category(tx, &category, at, true).await?;
        let need = NewNeed {
            category: word(trouble.category),
            symptom: None,
            skills: skills_of(&[(trouble.skill, trouble.level)].into()),
            work_minutes: trouble.work_minutes,
            urgent: false,
        };
        workforce::store::put_need(tx, &need, now).await?;
    }
    let plan = Plan {
        id: plan,
        slug: word("home"),
        name: "Home".parse().expect("it is a name"),
        price: Money { minor_units: 9_900, currency: Currency::Usd },
        period_months: 12,
        categories: Vec::new(),
        sites: 1,
        promise_hours: 8,
        waiting_days: 0,
        active: true,
        ver: 1,
    };
    plans::store::create_plan(tx, &plan).await?;
    Ok(())
}

async fn people_of_ours(tx: &mut Tx, ids: [StaffId; 2], now: Timestamp) -> Result<(), Error> {
    for (id, (name, role)) in ids.into_iter().zip([("Ada", StaffRole::Admin), ("Gus", StaffRole::Agent)]) {
        let fields = StaffFields {
            name: name.parse().expect("it is a name"),
            email: format!("{}@ours.example", name.to_lowercase()).parse().expect("it is an address"),
            phone: None,
            role,
            locale: "en".into(),
            zone: Zone::utc(),
        };
        staff::create(tx, id, &fields, None, now).await?.map_err(|_| Error::Bug("a login is taken".into()))?;
    }
    Ok(())
}

/// Keeps an expert with everything of his, and gives him a phone.
async fn hire(
    tx: &mut Tx,
    at: usize,
    (expert, code): &(ExpertTruth, &'static str),
    now: Timestamp,
) -> Result<(shared::ids::DeviceId, i64), Error> {
    let found = postal::find("US", code).expect("the code is in the table");
    let details = ExpertDetails {
        name: expert.name.parse().expect("it is a name"),
        email: format!("expert{at}@example.com").parse().expect("it is an address"),
        phone: format!("+1212555{:04}", 100 + at).parse().expect("it is a number"),
        home: Home {
            line1: None,
            city: found.city.parse().expect("it is a city"),
            postal_code: (*code).to_owned(),
            country: "US".into(),
            place: found.place,
            zone: found.zone,
        },
        languages: vec!["en".into()],
        locale: "en".into(),
        sms: workforce::SmsRule::default(),
    };
    workforce::store::create(tx, expert.id, &details, now).await?;
    workforce::store::replace_skills(tx, expert.id, &skills_of(&expert.skills), now).await?;
    workforce::store::replace_areas(tx, expert.id, &expert.areas, now).await?;
    set_hours(tx, expert.id, &expert.shifts, now).await?;
    let new = NewDevice {
        device: None,
        expert: expert.id,
        name: "A phone".parse().expect("it is a line"),
        platform: Platform::Android,
        push_token: Some(format!("push-{at}")),
        now,
    };
    let registered = devices::register(tx, &new).await?;
    Ok((registered.device, registered.inc))
}

/// Puts these shifts in place of an expert's.
pub(super) async fn set_hours(
    tx: &mut Tx,
    expert: shared::ids::ExpertId,
    hours: &[Hours],
    now: Timestamp,
) -> Result<(), Error> {
    let mut rows = Vec::new();
    for Hours { weekday, from, until, on_call } in hours {
        let day = ShiftDay::Weekly(*weekday);
        let spec = ShiftSpec { day, start_minute: *from, end_minute: *until, on_call: *on_call };
        rows.push(spec.with_id(random_id()));
    }
    workforce::store::replace_shifts(tx, expert, &rows, now).await
}

/// Puts these skills in place of an expert's.
pub(super) async fn set_skills(
    tx: &mut Tx,
    expert: shared::ids::ExpertId,
    skills: &BTreeMap<SkillId, i64>,
    now: Timestamp,
) -> Result<(), Error> {
    workforce::store::replace_skills(tx, expert, &skills_of(skills), now).await
}

async fn register(
    tx: &mut Tx,
    at: usize,
    (customer, code): &(CustomerTruth, &'static str),
    plan: shared::ids::PlanId,
    now: Timestamp,
) -> Result<(), Error> {
    let found = postal::find("US", code).expect("the code is in the table");
    let email = format!("customer{at}@example.com");
    let new = NewCustomer {
        name: format!("Customer {at}").parse().expect("it is a name"),
        email: customer.has_email.then(|| email.parse().expect("it is an address")),
        phone: format!("+1212555{:04}", 500 + at).parse().expect("it is a number"),
        notify_by: customer.notify_by,
        locale: "en".into(),
        zone: customer.zone.clone(),
        site: NewSite {
            address: Address {
                line1: "1 Main St".parse().expect("it is a line"),
                line2: None,
                city: found.city.parse().expect("it is a city"),
                postal_code: (*code).to_owned(),
                country: "US".into(),
                place: found.place,
                zone: found.zone,
            },
            contact_name: "Mia".parse().expect("it is a name"),
            contact_phone: "+12125550199".parse().expect("it is a number"),
            access_note: None,
        },
    };
    customers::store::create(tx, customer.id, customer.site, &new, now).await?;
    if customer.covered {
        grant(tx, customer.id, plan, now).await?;
    }
    Ok(())
}

/// Grants a customer a year's plan.
pub(super) async fn grant(
    tx: &mut Tx,
    customer: shared::ids::CustomerId,
    plan: shared::ids::PlanId,
    now: Timestamp,
) -> Result<(), Error> {
    let until_at = now.plus_minutes(365 * 1_440);
    let id = random_id();
    plans::store::grant(
        tx,
        NewEntitlement { id, customer, plan, from_at: now, until_at, reason: None, grace_until_at: None },
        now,
    )
    .await?;
    Ok(())
}

/// An id for a row that nobody asks for by it: chance need not repeat.
fn random_id<Of>() -> Id<Of> {
    Id::new(Timestamp::EPOCH, &SystemChance)
}

/// A clock at the beginning of a simulated day: an ordinary one, a night on which the clocks change in either direction,
/// the end of a short month, of a year, of February in a leap year.
pub(super) fn clock_of(seed: u64) -> Clock {
    const BEGINNINGS: [&str; 7] = [
        "2026-06-01T12:00:00Z",
        "2026-03-07T20:00:00Z",
        "2026-10-31T20:00:00Z",
        "2026-04-30T18:00:00Z",
        "2026-12-31T14:00:00Z",
        "2028-02-28T22:00:00Z",
        "2026-09-04T15:00:00Z",
    ];
    let at = usize::try_from(seed % BEGINNINGS.len() as u64).unwrap_or_default();
    Clock::frozen(BEGINNINGS[at].parse().expect("it is an instant"))
}
