//! What stands in the server's database before anything happens: two experts who may do everything at any hour, one
//! customer whose plan covers it. Made once in a process; each run begins with a copy.

use super::script::EXPERTS;
use shared::chance::Seeded;
use shared::event::Actor;
use shared::ids::{CustomerId, DeviceId, ExpertId, Id, SiteId};
use shared::money::{Currency, Money};
use shared::number::TicketNumber;
use shared::skills::{Level, Skills};
use shared::ticket::Timing;
use shared::time::Timestamp;
use std::path::PathBuf;
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::clock::Clock;
use sync_server::customers::{self, Address, NewCustomer, NewSite, NotifyBy};
use sync_server::db::testing::Fresh;
use sync_server::db::{Engine, Error, Lane, Tx};
use sync_server::dispatch::Bounds;
use sync_server::matching::settings::{Settings, Weights};
use sync_server::plans::{self, NewEntitlement, Plan};
use sync_server::postal;
use sync_server::tickets::Filing;
use sync_server::workforce::{self, Area, ExpertDetails, Home, PostalPrefix, ShiftDay, ShiftSpec, Skill};
use tokio::sync::OnceCell;

/// When a run begins: 2026-03-02T09:00:00Z.
pub(super) const START_MS: i64 = 1_772_442_000_000;
const CODE: &str = "10001";

/// Ids that every run knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    pub(super) experts: [ExpertId; EXPERTS],
    /// A device of each expert that only looks.
    pub(super) auditors: [(DeviceId, i64); EXPERTS],
    customer: CustomerId,
    site: SiteId,
}

fn id<Of>(number: u64) -> Id<Of> {
    Id::new(Timestamp::from_millis(START_MS), &Seeded::new(number))
}

/// The numbers of dispatch.
pub(super) fn bounds() -> Bounds {
    Bounds {
        timing: Timing::default(),
        settings: Settings::default(),
        weights: Weights::default(),
        budget: std::time::Duration::from_secs(1),
    }
}

static TEMPLATE: OnceCell<(PathBuf, tempfile::TempDir, Ids)> = OnceCell::const_new();

/// The ids in the template, which must have been made.
fn ids() -> Ids {
    TEMPLATE.get().expect("a server copies the template first").2
}

/// The file to copy.
pub(super) async fn template() -> PathBuf {
    TEMPLATE.get_or_init(make).await.0.clone()
}

/// A folder in memory where the machine has one, else on the disk.
pub(super) fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let memory = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
    memory.unwrap_or_else(|| tempfile::tempdir().expect("the temporary folder can be written"))
}

/// The same on PostgreSQL, to copy; one for all runs of a process.
pub(super) async fn template_on_postgres() -> &'static (Fresh, Ids) {
    static FILLED: OnceCell<(Fresh, Ids)> = OnceCell::const_new();
    FILLED.get_or_init(async || filled(Engine::Postgres).await).await
}

/// What stands in the world of this engine.
pub(super) async fn ids_on(engine: Engine) -> Ids {
    match engine {
        Engine::Sqlite => {
            template().await;
            ids()
        }
        Engine::Postgres => template_on_postgres().await.1,
    }
}

async fn filled(engine: Engine) -> (Fresh, Ids) {
    let fresh = Fresh::new(engine).await;
    let mut settings = fresh.settings(Clock::frozen(Timestamp::from_millis(START_MS)));
    settings.chance = std::sync::Arc::new(Seeded::new(1));
    let db = sync_server::db::Database::open(settings).await.expect("a fresh database opens");
    let filled = async move |tx: &mut Tx| {
        super::tables::logs_numbers(tx, engine).await?;
        fill(tx).await
    };
    let ids = db.write(Lane::Desk, filled).await.expect("an empty database takes a world");
    db.write(Lane::Desk, async |tx| sync_server::db::meta::replace_epoch(tx, "e0").await)
        .await
        .expect("it has an epoch");
    db.close().await;
    (fresh, ids)
}

async fn make() -> (PathBuf, tempfile::TempDir, Ids) {
    let (fresh, ids) = filled(Engine::Sqlite).await;
    let folder = folder();
    let file = folder.path().join("template.db");
    let from = fresh.url.trim_start_matches("sqlite:").to_owned();
    drop(super::server::copy_database(std::path::Path::new(&from), &file));
    fresh.remove().await;
    (file, folder, ids)
}

pub(super) async fn fill(tx: &mut Tx) -> Result<Ids, Error> {
    let now = Timestamp::from_millis(START_MS);
    let skill = Skill { id: id(1), slug: word("tv"), name: word("tv"), active: true, ver: 1 };
    workforce::store::create_skill(tx, &skill).await?;
    let prefix = PostalPrefix { country: "US".into(), prefix: "100".into() };
    let area = Area {
        id: id(2),
        slug: word("new-york"),
        name: word("new-york"),
        active: true,
        ver: 1,
        postal: vec![prefix],
        drawing: None,
    };
    workforce::store::create_area(tx, &area).await?;
    let plan = Plan {
        id: id(3),
        slug: word("home"),
        name: word("Home"),
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
    let (customer, site) = (id(4), id(5));
    customers::store::create(tx, customer, site, &new_customer(), now).await?;
    let until_at = now.plus_minutes(365 * 1_440);
    let entitlement = NewEntitlement {
        id: id(6),
        customer,
        plan: plan.id,
        from_at: now,
        until_at,
        reason: None,
        grace_until_at: None,
    };
    plans::store::grant(tx, entitlement, now).await?;
    let experts = [id(10), id(11)];
    let mut auditors = [(id(0), 0); EXPERTS];
    for (at, expert) in experts.into_iter().enumerate() {
        auditors[at] = hire(tx, at, expert, skill.id, area.id, now).await?;
    }
    Ok(Ids { experts, auditors, customer, site })
}

async fn hire(
    tx: &mut Tx,
    at: usize,
    expert: ExpertId,
    skill: shared::ids::SkillId,
    area: shared::ids::AreaId,
    now: Timestamp,
) -> Result<(DeviceId, i64), Error> {
    let found = postal::find("US", CODE).expect("the code is in the table");
    let details = ExpertDetails {
        name: word(["Ana", "Ben"][at]),
        email: format!("expert{at}@example.com").parse().expect("it is an address"),
        phone: format!("+1212555{:04}", 100 + at).parse().expect("it is a number"),
        home: Home {
            line1: None,
            city: found.city.parse().expect("it is a city"),
            postal_code: CODE.to_owned(),
            country: "US".into(),
            place: found.place,
            zone: found.zone,
        },
        languages: vec!["en".into()],
        locale: "en".into(),
        sms: workforce::SmsRule::default(),
    };
    workforce::store::create(tx, expert, &details, now).await?;
    let skills = Skills([(skill, Level::LEARNED)].into());
    workforce::store::replace_skills(tx, expert, &skills, now).await?;
    workforce::store::replace_areas(tx, expert, &[area].into(), now).await?;
    let at_all_hours = |weekday| {
        let spec = ShiftSpec { day: ShiftDay::Weekly(weekday), start_minute: 0, end_minute: 1_440, on_call: false };
        spec.with_id(id(100 + u64::try_from(at).unwrap_or_default() * 10 + u64::from(weekday)))
    };
    let shifts: Vec<_> = (1..=7).map(at_all_hours).collect();
    workforce::store::replace_shifts(tx, expert, &shifts, now).await?;
    workforce::store::set_duty(tx, expert, true, now).await?;
    let name = "An auditor".parse().expect("it is a line");
    let new = NewDevice { device: None, expert, name, platform: Platform::Desktop, push_token: None, now };
    let registered = devices::register(tx, &new).await?;
    Ok((registered.device, registered.inc))
}

fn word<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("the word is ours")
}

fn new_customer() -> NewCustomer {
    let found = postal::find("US", CODE).expect("the code is in the table");
    NewCustomer {
        name: word("Mia Łukaszewska"),
        email: None,
        phone: word("+12125550199"),
        notify_by: NotifyBy::Sms,
        locale: "en".into(),
        zone: found.zone.clone(),
        site: NewSite {
            address: Address {
                line1: word("350 5th Ave"),
                line2: None,
                city: word(found.city),
                postal_code: CODE.to_owned(),
                country: "US".into(),
                place: found.place,
                zone: found.zone,
            },
            contact_name: word("Mia"),
            contact_phone: word("+12125550199"),
            access_note: None,
        },
    }
}

/// The so many-th ticket of a history of the server.
pub(super) fn filing(ids: &Ids, number: usize, epoch: u32, now: Timestamp) -> Filing {
    let n = u64::try_from(number).unwrap_or_default() + u64::from(epoch) * 1_000 + 1_000_000;
    let hash = *n.to_be_bytes().last_chunk().expect("eight bytes end in five");
    Filing {
        id: id(n),
        number: TicketNumber::from_hash(hash),
        by: Actor::Customer(ids.customer),
        customer: ids.customer,
        site: ids.site,
        entitlement: Some(id(6)),
        covered_from: None,
        category: word("tv"),
        symptom: None,
        category_label: "Television".into(),
        symptom_label: None,
        make: None,
        model: None,
        title: word("No picture since the storm"),
        description: word("Sound is there."),
        access_note: None,
        urgent: false,
        danger: false,
        skills: Skills([(id(1), Level::LEARNED)].into()),
        work_minutes: 60,
        language: "en".into(),
        due_at: now.plus_minutes(8 * 60),
        windows: Vec::new(),
        follows: None,
    }
}
