//! A database with one expert who holds as many tickets as one likes, and a phone of his that is signed in: for measuring
//! the protocol through real processes.

use super::world::{self, Ids};
use shared::chance::Seeded;
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId, Id, LoginId, OfferId, TicketId};
use shared::ticket::{Move, VisitPlan};
use shared::time::{Timestamp, Zone};
use sync_server::accounts::devices::{self, NewDevice, Platform};
use sync_server::accounts::store::{TokenKind, add_token, bind_to_device, create_login};
use sync_server::accounts::token::Token;
use sync_server::accounts::{NewLogin, Person, Profile};
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Engine, Error, Lane, Tx};
use sync_server::tickets::{self, Book};

/// Tickets in one write.
const WRITE_MAX: usize = 200;

/// The database, and who is signed in on it.
pub struct Loaded {
    /// Where it is.
    pub fresh: Fresh,
    /// The expert.
    pub expert: ExpertId,
    /// His device.
    pub device: DeviceId,
    /// Its incarnation.
    pub inc: i64,
    /// What opens for it.
    pub token: String,
    /// His tickets.
    pub tickets: Vec<TicketId>,
    other: ExpertId,
}

/// Makes one.
pub async fn load(engine: Engine, n_tickets: usize) -> Loaded {
    let fresh = Fresh::new(engine).await;
    let db = fresh.open(machine()).await;
    let ids = db.write(Lane::Desk, async |tx| world::fill(tx).await).await.expect("an empty database takes a world");
    let expert = ids.experts[0];
    let token = Token::new(&*db.chance());
    let hash = token.hash();
    let signed_in = db.write(Lane::Desk, async move |tx| sign_in(tx, expert, &hash).await).await;
    let (device, inc) = signed_in.expect("the expert signs in");
    let mut all = Vec::new();
    for first in (0..n_tickets).step_by(WRITE_MAX) {
        let numbers: Vec<usize> = (first..n_tickets.min(first + WRITE_MAX)).collect();
        all.extend(
            db.write(Lane::Bulk, async move |tx| give(tx, &ids, &numbers).await).await.expect("tickets are taken"),
        );
    }
    db.close().await;
    let token = token.expose().to_owned();
    Loaded { fresh, expert, device, inc, token, tickets: all, other: ids.experts[1] }
}

fn machine() -> Clock {
    sync_server::db::testing::frozen_clock()
}

/// The expert's own sign-in.
fn login() -> LoginId {
    Id::new(Timestamp::from_millis(world::START_MS), &Seeded::new(77))
}

async fn sign_in(
    tx: &mut Tx,
    expert: ExpertId,
    hash: &sync_server::accounts::token::TokenHash,
) -> Result<(DeviceId, i64), Error> {
    let (person, now) = (Person::Expert(expert), Timestamp::from_millis(world::START_MS));
    let profile = Profile { name: "Ana".parse().expect("a name"), locale: "en".into(), zone: Zone::utc() };
    let id = login();
    let login = NewLogin { id, person, profile, email: None, phone: None, password: None, now };
    create_login(tx, login).await?.expect("nobody has this handle");
    let name = "A phone".parse().expect("a line");
    let new = NewDevice { device: None, expert, name, platform: Platform::Desktop, push_token: None, now };
    let registered = devices::register(tx, &new).await?;
    add_token(tx, id, hash, TokenKind::Bearer, None).await?;
    bind_to_device(tx, hash, registered.device).await?;
    Ok((registered.device, registered.inc))
}

/// Files tickets and lets the first expert accept them, an hour apart each.
async fn give(tx: &mut Tx, ids: &Ids, numbers: &[usize]) -> Result<Vec<TicketId>, Error> {
    let now = Timestamp::from_millis(world::START_MS);
    let timing = world::bounds().timing;
    let begun: Vec<_> =
        numbers.iter().map(|number| tickets::begin(world::filing(ids, *number, 0, now), now, &timing)).collect();
    let all: Vec<TicketId> = begun.iter().map(|(ticket, _)| ticket.id).collect();
    tickets::store::insert(tx, &begun).await?;
    let mut book = Book::open(tx, &all, timing).await?;
    for (number, ticket) in numbers.iter().zip(&all) {
        let offer: OfferId = Id::from_uuid(ticket.uuid());
        let start_at = now.plus_minutes(60 * i64::try_from(*number).unwrap_or_default());
        let visit = VisitPlan { start_at, travel_minutes: 20, work_minutes: 30 };
        let expert = ids.experts[0];
        let asked = Move::Offer { offer, expert, visit, decision: None };
        book.make(*ticket, asked, Actor::Server, now).expect("a new ticket can be offered");
        book.make(*ticket, Move::Accept { expert, late: None }, Actor::Expert(expert), now).expect("and accepted");
    }
    book.save(tx).await?;
    Ok(all)
}

impl Loaded {
    /// Signs another phone of the same expert in: which device, its incarnation, and what opens for it.
    ///
    /// # Panics
    /// If the database does not take it.
    pub async fn another_phone(&self, db: &Database) -> (DeviceId, i64, String) {
        let token = Token::new(&*db.chance());
        let (expert, hash) = (self.expert, token.hash());
        let registered = db.write(Lane::Desk, async move |tx| {
            let name = "Another phone".parse().expect("a line");
            let now = Timestamp::from_millis(world::START_MS);
            let new = NewDevice { device: None, expert, name, platform: Platform::Desktop, push_token: None, now };
            let registered = devices::register(tx, &new).await?;
            add_token(tx, login(), &hash, TokenKind::Bearer, None).await?;
            bind_to_device(tx, &hash, registered.device).await?;
            Ok::<_, Error>(registered)
        });
        let registered = registered.await.expect("another phone signs in");
        (registered.device, registered.inc, token.expose().to_owned())
    }

    /// A second hand on the database, beside the server.
    pub async fn open(&self) -> Database {
        self.fresh.open(machine()).await
    }

    /// Changes one ticket as if something beside it had changed.
    pub async fn changes_one(&self, db: &Database, at: usize) {
        let ticket = self.tickets[at % self.tickets.len()];
        let changed = db.write(Lane::Desk, async move |tx| {
            let mut book = Book::open(tx, &[ticket], world::bounds().timing).await?;
            book.refresh(ticket);
            book.save(tx).await
        });
        changed.await.expect("a ticket changes");
    }

    /// Gives one ticket to somebody else.
    pub async fn gives_away(&self, db: &Database, at: usize) -> TicketId {
        let (ticket, other) = (self.tickets[at % self.tickets.len()], self.other);
        let given = db.write(Lane::Desk, async move |tx| {
            let now = Timestamp::from_millis(world::START_MS);
            let mut book = Book::open(tx, &[ticket], world::bounds().timing).await?;
            let release = Move::Release { why: shared::ticket::ReleaseReason::Staff };
            book.make(ticket, release, Actor::Server, now).expect("an accepted visit can be released");
            let visit = VisitPlan { start_at: now.plus_minutes(60), travel_minutes: 20, work_minutes: 30 };
            let offer: OfferId = Id::new(now, &Seeded::new(4_711));
            let asked = Move::Offer { offer, expert: other, visit, decision: None };
            book.make(ticket, asked, Actor::Server, now).expect("a waiting ticket can be offered");
            book.save(tx).await
        });
        given.await.expect("a ticket goes to somebody else");
        ticket
    }
}
