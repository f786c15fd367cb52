//! The demo's world: staff, sixty experts on duty, customers with their plans, read from the files in `demo-data` as an
//! admin's import reads them. One password for all, hashed once: argon2 is slow on purpose, and a demo starts in a
//! moment. The same seed makes the same world. It is made in steps, each in one transaction that notes it, so that a
//! start that was interrupted goes on where it stopped.

use super::past;
use super::people::{self, Made};
use crate::accounts::password::{Password, PasswordHash};
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::app::StartError;
use crate::customers::import::{ImportedCustomer, customers};
use crate::db::{Error, Lane, Tx, meta};
use crate::http::Site;
use crate::plans::{self, Plan};
use crate::workforce::import::{self, Catalogue, CatalogueText, Known};
use crate::workforce::store::NewExpert;
use serde::Serialize;
use shared::chance::{Chance, Seeded};
use shared::ids::Id;
use shared::problem::FieldError;
use shared::time::Timestamp;

/// Everybody's password.
const PASSWORD: &str = "maple-tin-rain";
/// Notes how many steps are done.
const STEPS: &str = "demo_world";
/// Experts in one step.
const EXPERTS_MAX: usize = 20;
/// Customers in one step.
const CUSTOMERS_MAX: usize = 25;
/// Customers whose sign-ins are printed; the page lists all.
const PRINTED_MAX: usize = 12;

const STAFF: [(&str, &str, StaffRole); 2] =
    [("Ada Okafor", "admin@example.com", StaffRole::Admin), ("Émile Roux", "agent@example.com", StaffRole::Agent)];

/// Who can sign in, as it is printed: `role login password`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct SignIn {
    pub(super) role: &'static str,
    pub(super) name: String,
    pub(super) login: String,
    pub(super) password: &'static str,
}

impl std::fmt::Display for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.role, self.login, self.password)
    }
}

/// What the files say, with ids.
struct World {
    catalogue: Catalogue,
    plans: Vec<Plan>,
    experts: Vec<NewExpert>,
    customers: Vec<ImportedCustomer>,
}

impl World {
    /// The files are part of the program and a test reads them, so a fault in them is ours.
    fn read(chance: &dyn Chance) -> Self {
        Self::try_read(chance).expect("a test reads the demo's files")
    }

    fn try_read(chance: &dyn Chance) -> Result<Self, Vec<FieldError>> {
        let texts = CatalogueText {
            skills: include_str!("../../demo-data/skills.csv"),
            areas: include_str!("../../demo-data/areas.csv"),
            needs: include_str!("../../demo-data/needs.csv"),
        };
        let catalogue = import::catalogue(texts, chance, Timestamp::EPOCH)?;
        let known = Known::of(&catalogue.skills, &catalogue.areas);
        let experts = import::experts(include_bytes!("../../demo-data/experts.csv"), &known)?;
        Ok(Self {
            plans: plans::import::plans(include_bytes!("../../demo-data/plans.csv"), chance, Timestamp::EPOCH)?,
            experts: import::new_experts(experts, chance, Timestamp::EPOCH),
            customers: customers(include_bytes!("../../demo-data/customers.csv"))?,
            catalogue,
        })
    }

    fn sign_ins(&self) -> Vec<SignIn> {
        let sign_in = |role, name: &str, login: String| SignIn { role, name: name.into(), login, password: PASSWORD };
        let staff = STAFF.iter().map(|(name, email, role)| sign_in(role.role().word(), name, (*email).to_owned()));
        let customers = self.customers.iter().filter_map(|imported| {
            let email = imported.customer.email.as_ref()?;
            Some(sign_in("customer", imported.customer.name.as_str(), email.to_string()))
        });
        let experts = self
            .experts
            .iter()
            .filter(|expert| expert.active)
            .map(|expert| sign_in("expert", expert.details.name.as_str(), expert.details.email.to_string()));
        staff.chain(customers).chain(experts).collect()
    }
}

/// Who can sign in.
pub(super) fn sign_ins() -> Vec<SignIn> {
    World::read(&Seeded::new(1)).sign_ins()
}

/// Those that are printed: staff, experts, and a few customers.
pub(super) fn printed(sign_ins: Vec<SignIn>) -> Vec<SignIn> {
    let mut n_customers = 0;
    let is_printed = |one: &SignIn| {
        n_customers += usize::from(one.role == "customer");
        one.role != "customer" || n_customers <= PRINTED_MAX
    };
    sign_ins.into_iter().filter(is_printed).collect()
}

/// Makes so many days before today, on the world as it was made.
pub(super) async fn make_past(site: &Site, seed: u64, days: u32) -> Result<(), Error> {
    let world = World::read(&Seeded::new(seed));
    let made = past::Made { catalogue: &world.catalogue, plans: &world.plans, customers: &world.customers };
    past::make(site, seed, days, &made).await
}

/// Makes the world where it is not there yet; gives back who can sign in.
pub(super) async fn make(site: &Site, seed: u64) -> Result<Vec<SignIn>, StartError> {
    let world = World::read(&Seeded::new(seed));
    let sign_ins = world.sign_ins();
    let done = site.db.read(async |conn| meta::get(conn, STEPS).await).await?;
    let done: usize = done.and_then(|steps| steps.parse().ok()).unwrap_or(0);
    let n_batches = world.experts.len().div_ceil(EXPERTS_MAX) + world.customers.len().div_ceil(CUSTOMERS_MAX);
    if done < n_batches + 2 {
        let password: Password = PASSWORD.parse().expect("it is long and mixed");
        let hash = site.passwords.hash(&password).await.expect("nobody else hashes yet");
        let mut steps = vec![Step::Lists(world.catalogue.clone(), world.plans.clone())];
        for (at, experts) in world.experts.chunks(EXPERTS_MAX).enumerate() {
            steps.push(Step::Experts(at * EXPERTS_MAX, experts.to_vec(), hash.clone()));
        }
        for (at, some) in world.customers.chunks(CUSTOMERS_MAX).enumerate() {
            steps.push(Step::Customers(at * CUSTOMERS_MAX, some.to_vec(), world.plans.clone(), hash.clone()));
        }
        steps.push(Step::Staff(hash));
        for (number, step) in (1..).zip(steps).filter(|(number, _)| *number > done) {
            take(site, seed, number, step).await?;
        }
    }
    Ok(sign_ins)
}

/// One step of making the world.
#[derive(Clone)]
enum Step {
    Lists(Catalogue, Vec<Plan>),
    Experts(usize, Vec<NewExpert>, PasswordHash),
    Customers(usize, Vec<ImportedCustomer>, Vec<Plan>, PasswordHash),
    Staff(PasswordHash),
}

async fn take(site: &Site, seed: u64, number: usize, step: Step) -> Result<(), Error> {
    let now = site.now();
    let taken = async move |tx: &mut Tx| {
        // Its own chance for each step: a start that goes on half-way makes the same ids.
        let number_64 = u64::try_from(number).unwrap_or_default();
        let chance = Seeded::new(seed.wrapping_mul(1_000_003).wrapping_add(number_64));
        let made = Made { chance: &chance, now };
        match &step {
            Step::Lists(catalogue, plans) => {
                import::seed_catalogue(tx, catalogue, now).await?;
                for plan in plans {
                    plans::store::create_plan(tx, plan).await?;
                }
            }
            Step::Experts(first, experts, hash) => people::experts(tx, *first, experts, hash, &made).await?,
            Step::Customers(first, customers, plans, hash) => {
                people::customers(tx, (seed, *first), customers, plans, hash, now).await?;
            }
            Step::Staff(hash) => staff_of(tx, hash, &chance).await?,
        }
        meta::set(tx, STEPS, &number.to_string()).await
    };
    site.db.write(Lane::Desk, taken).await
}

async fn staff_of(tx: &mut Tx, hash: &PasswordHash, chance: &dyn Chance) -> Result<(), Error> {
    for (name, email, role) in STAFF {
        let fields = StaffFields {
            name: name.parse().expect("it is a name"),
            email: email.parse().expect("it is an address"),
            phone: None,
            role,
            locale: "en".into(),
            zone: "America/New_York".parse().expect("it is a zone"),
        };
        let now = tx.real_now();
        let made = staff::create(tx, Id::new(Timestamp::EPOCH, chance), &fields, Some(hash.clone()), now).await?;
        made.map_err(|taken| Error::Bug(format!("the demo's {name}: {taken}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::handle::Handle;
    use crate::accounts::store::by_handle;
    use crate::db::Engine;
    use crate::db::testing::on;
    use crate::http::testing::site;
    use crate::workforce;

    #[tokio::test]
    async fn a_world_is_made_once_and_everybody_in_it_can_sign_in() {
        on(Engine::Sqlite, async |db| {
            let site = site(&db);
            let sign_ins = make(&site, 7).await.unwrap();
            assert_eq!(make(&site, 7).await.unwrap(), sign_ins, "a second start makes nothing");
            let n_of = |role: &str| sign_ins.iter().filter(|one| one.role == role).count();
            assert_eq!((n_of("admin"), n_of("agent"), n_of("expert")), (1, 1, 60));
            assert!(n_of("customer") >= 200, "most of the three hundred have an e-mail address");
            assert_eq!(printed(sign_ins.clone()).len(), 62 + PRINTED_MAX);
            for one in sign_ins {
                let handle = Handle::read(&one.login).unwrap();
                let login = db.read(async move |conn| by_handle(conn, &handle).await).await.unwrap();
                assert!(login.is_some(), "{one}");
            }
            let rosters = db.read(async |conn| workforce::store::rosters(conn).await).await.unwrap();
            assert!(rosters.iter().all(|roster| roster.expert.on_duty && roster.expert.active));
            assert_eq!(rosters.len(), 60);
        })
        .await;
    }
}
