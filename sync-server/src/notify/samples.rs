//! People for tests: a customer with a site, two experts, an admin; and what runs their jobs.

use super::outside::{Outside, Pages};
use super::sandbox::{Captured, Sandbox, captured};
use super::store;
use super::{Notice, jobs};
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::config::{Sending, SendingBounds};
use crate::customers::{Address, NewCustomer, NewSite, NotifyBy};
use crate::db::{Database, Error, Lane};
use crate::jobs::{Registry, Runner};
use crate::links::Links;
use crate::tickets::samples::{filing, id};
use crate::tickets::{Book, begin};
use crate::workforce::{ExpertDetails, Home};
use crate::{customers, postal, tickets, workforce};
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{Move, Timing, VisitPlan};
use shared::time::Timestamp;

/// The instant of the frozen clock, 04:00 in New York.
pub(crate) fn now(db: &Database) -> Timestamp {
    db.clock().business_now()
}

/// A customer as she registered.
pub(crate) fn customer(notify_by: NotifyBy, email: Option<&str>) -> NewCustomer {
    let place = postal::find("US", "10025").expect("it is in the table");
    let address = Address {
        line1: "215 W 100th St".parse().unwrap(),
        line2: None,
        city: "New York".parse().unwrap(),
        postal_code: "10025".into(),
        country: "US".into(),
        place: place.place,
        zone: place.zone.clone(),
    };
    let (name, phone) = ("Mia Chén", "+12125550100");
    // Whoever opens the door is rung by the expert, and never told of anything by us.
    let site = NewSite {
        address,
        contact_name: "Nora Ægir".parse().unwrap(),
        contact_phone: "+12125550177".parse().unwrap(),
        access_note: None,
    };
    NewCustomer {
        name: name.parse().unwrap(),
        email: email.map(|email| email.parse().unwrap()),
        phone: phone.parse().unwrap(),
        notify_by,
        locale: "en-US".into(),
        zone: place.zone,
        site,
    }
}

/// An expert with the phone +1 212 555 02 and this number.
pub(crate) fn expert_details(name: &str, number: u64) -> ExpertDetails {
    let place = postal::find("US", "10027").expect("it is in the table");
    let home = Home {
        line1: None,
        city: "New York".parse().unwrap(),
        postal_code: "10027".into(),
        country: "US".into(),
        place: place.place,
        zone: place.zone,
    };
    ExpertDetails {
        name: name.parse().unwrap(),
        email: format!("expert{number}@example.com").parse().unwrap(),
        phone: format!("+121255502{number:02}").parse().unwrap(),
        home,
        languages: vec!["en".into()],
        locale: "en".into(),
        sms: crate::workforce::SmsRule::Always,
    }
}

/// Puts a customer (700, site 800), experts Ana (11) and Ben (12) and admin Ada into the database.
pub(crate) async fn people(db: &Database, notify_by: NotifyBy, email: Option<&str>) {
    let mia = customer(notify_by, email);
    let ada = StaffFields {
        name: "Ada".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        phone: None,
        role: StaffRole::Admin,
        locale: "en".into(),
        zone: "America/New_York".parse().unwrap(),
    };
    let write = db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        customers::store::create(tx, id(700), id(800), &mia, now).await?;
        for (name, number) in [("Ana Ruíz", 11), ("Ben", 12)] {
            workforce::store::create(tx, id(number), &expert_details(name, number), now).await?;
        }
        staff::create(tx, id(50), &ada, None, now).await?.expect("nobody has her address");
        Ok::<_, Error>(())
    });
    write.await.unwrap();
}

/// Files the ticket with this number.
pub(crate) async fn file(db: &Database, number: u64, covered: bool, danger: bool) -> TicketId {
    let mut filing = filing(number);
    filing.danger = danger;
    filing.entitlement = filing.entitlement.filter(|_| covered);
    let begun = vec![begin(filing, now(db), &Timing::default())];
    let written = db.write(Lane::Intake, async move |tx| tickets::store::insert(tx, &begun).await).await.unwrap();
    written.into_iter().next().expect("its number is free")
}

/// Makes moves of a ticket, at the clock's instant.
pub(crate) async fn moved(db: &Database, ticket: TicketId, moves: Vec<Move>) {
    let at = now(db);
    let write = db.write(Lane::Work, async move |tx| {
        let mut book = Book::open(tx, &[ticket], Timing::default()).await?;
        for to_do in &moves {
            book.make(ticket, to_do.clone(), Actor::Server, at).expect("a legal move");
        }
        book.save(tx).await
    });
    write.await.unwrap();
}

/// A visit so many minutes from now.
pub(crate) fn visit(db: &Database, minutes: i64) -> VisitPlan {
    VisitPlan { start_at: now(db).plus_minutes(minutes), travel_minutes: 20, work_minutes: 60 }
}

/// An offer to an expert.
pub(crate) fn offer(db: &Database, number: u64, expert: ExpertId, minutes: i64) -> Move {
    Move::Offer { offer: id(number), expert, visit: visit(db, minutes), decision: None }
}

/// Where links lead in tests.
pub(crate) fn pages() -> Pages {
    Pages { links: Links::new(b"a secret of the tests"), public_url: "https://help.example.com".into() }
}

/// Everything goes into the sandbox.
pub(crate) fn outside(db: &Database) -> Outside {
    Outside::captured(Sandbox::new(db.clone()), pages())
}

/// As fast as it goes.
pub(crate) fn unbounded() -> Sending {
    let Sending { push, sms, mail } = Sending::default();
    let fast = |bounds| SendingBounds { per_second: None, ..bounds };
    Sending { push: fast(push), sms: fast(sms), mail: fast(mail) }
}

/// Who tells, and sends into the sandbox.
pub(crate) fn register(registry: Registry, db: &Database) -> Registry {
    jobs::register(registry, outside(db), &unbounded())
}

/// Who tells and sends.
pub(crate) fn registry(outside: &Outside) -> Registry {
    jobs::register(Registry::new(), outside.clone(), &unbounded())
}

/// Runs everything that is due.
pub(crate) async fn drain(db: &Database, registry: Registry) {
    Runner::new(db.clone(), registry).drain().await.unwrap();
}

/// What was sent so far, in order; ids made while the real clock stands still have none.
pub(crate) async fn sent(db: &Database) -> Vec<Captured> {
    let mut sent = db.read(async |conn| captured(conn, "", 100).await).await.unwrap();
    sent.sort_by_key(|sent| sent.at);
    sent
}

/// What was told about a ticket.
pub(crate) async fn told(db: &Database, ticket: TicketId) -> Vec<Notice> {
    db.read(async move |conn| store::of_ticket(conn, ticket, 100).await).await.unwrap()
}
