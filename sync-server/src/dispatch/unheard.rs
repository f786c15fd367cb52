//! The second half of the promise: a ticket that is an expert's is on a phone of his. A visit that no live device has
//! acknowledged is told again by push and SMS, and then given to a person who rings him. It is never taken from him for
//! it: he may be on his way. An offer's SMS waits here too, for experts who want one only if no phone heard of it.
//!
//! Nothing rings outside his hours: a visit of tomorrow that was booked in the night waits for his shift, unless he would
//! have to leave before it.

use super::store;
use crate::db::{Database, Error, Lane, Tx};
use crate::matching::candidate::{Availability, of_roster};
use crate::matching::settings::Settings;
use crate::notify::outside::Pages;
use crate::notify::{self, compose};
use crate::tickets::Book;
use crate::workforce;
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{HumanReason, Move, State, Timing, VisitPlan};
use shared::time::Timestamp;

/// Visits of one sweep; the rest waits for the next.
const VISITS_MAX: i64 = 200;
/// After so long the expert is told again.
const TELL_AFTER_MINUTES: i64 = 1;
/// After so long a person is asked.
const ASK_AFTER_MINUTES: i64 = 10;
/// So long before he should leave it rings at any hour.
const LEAVES_SOON_MINUTES: i64 = 60;

/// One look at everything that no phone has. Gives back how many visits a person was asked about.
pub(super) async fn look(db: &Database, pages: &Pages, timing: &Timing, settings: &Settings) -> Result<usize, Error> {
    let now = db.clock().business_now();
    let before = now.plus_minutes(-TELL_AFTER_MINUTES);
    let read = db.read(async move |conn| {
        let visits = store::unheard(conn, before, VISITS_MAX).await?;
        Ok::<_, Error>((visits, store::unheard_offers(conn, before, VISITS_MAX).await?))
    });
    let (found, offers) = read.await?;
    for (ticket, expert) in offers {
        let pages = pages.clone();
        db.write(Lane::Work, async move |tx| tell_by_sms(tx, &pages, ticket, expert, now).await).await?;
    }
    let mut n_asked = 0;
    for (ticket, expert) in found {
        let (pages, timing, settings) = (pages.clone(), timing.clone(), *settings);
        let told =
            db.write(Lane::Work, async move |tx| tell(tx, &pages, (ticket, expert), &timing, &settings, now).await);
        n_asked += usize::from(told.await?);
    }
    Ok(n_asked)
}

/// Sends the SMS that an offer had waited with. One that was sent already is left as it is.
async fn tell_by_sms(
    tx: &mut Tx,
    pages: &Pages,
    ticket: TicketId,
    expert: ExpertId,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(own) = crate::tickets::store::get(tx, ticket).await? else { return Ok(()) };
    match compose::unheard_offer(tx, pages, &own, expert, now).await {
        Ok(None) | Err(compose::Untold::NoAdmin | compose::Untold::Missing(_)) => Ok(()),
        Ok(Some(notice)) => notify::store::tell(tx, &[notice], now).await.map(|_| ()),
        Err(compose::Untold::Database(error)) => Err(error),
    }
}

/// Tells one expert of one visit, or asks a person. True for the latter.
async fn tell(
    tx: &mut Tx,
    pages: &Pages,
    (ticket, expert): (TicketId, ExpertId),
    timing: &Timing,
    settings: &Settings,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(roster) = workforce::store::roster(tx, expert).await? else { return Ok(false) };
    let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
    let Some(own) = book.ticket(ticket).cloned() else { return Ok(false) };
    let State::Accepted { expert: holder, visit, .. } = own.life.state else { return Ok(false) };
    if holder != expert || own.life.needs_human.is_some() || !may_ring(roster, &visit, settings, now) {
        return Ok(false);
    }
    if own.changed_at <= now.plus_minutes(-ASK_AFTER_MINUTES) {
        // Refused: somebody acted between the look and the lock.
        let asked = book.make(ticket, Move::AskHuman { reason: HumanReason::NotDelivered }, Actor::Server, now);
        book.save(tx).await?;
        return Ok(asked.is_ok());
    }
    match compose::unheard(tx, pages, &own, expert, visit, now).await {
        // One that was told already is left as it is.
        Ok(notices) => notify::store::tell(tx, &notices, now).await.map(|_| false),
        Err(compose::Untold::Database(error)) => Err(error),
        Err(compose::Untold::NoAdmin | compose::Untold::Missing(_)) => Ok(false),
    }
}

/// Whether he works now, or must leave so soon that the hour does not matter.
fn may_ring(roster: workforce::Roster, visit: &VisitPlan, settings: &Settings, now: Timestamp) -> bool {
    let candidate = of_roster(roster, Vec::new());
    let at_work = Availability::of(&candidate, now, settings).free.iter().any(|period| period.holds(now));
    at_work || visit.leave_at().plus_minutes(-LEAVES_SOON_MINUTES) <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::devices::{self, NewDevice, Platform};
    use crate::db::testing::both_engines;
    use crate::dispatch::world::World;
    use crate::feed::Stream;
    use crate::notify::samples::pages;

    /// A phone of an expert that has taken his stream in up to now.
    async fn phone(world: &World, expert: ExpertId) -> shared::ids::DeviceId {
        let new = NewDevice {
            device: None,
            expert,
            name: "Phone".parse().unwrap(),
            platform: Platform::Desktop,
            push_token: None,
            now: world.db.clock().real_now(),
        };
        let write = world.db.write(Lane::Desk, async move |tx| {
            let device = devices::register(tx, &new).await?;
            let stream = Stream::of_expert(expert);
            let at = crate::feed::position(tx, &stream).await?;
            devices::acknowledge(tx, device.device, device.inc, &stream, at.seq).await?;
            Ok::<_, Error>(device.device)
        });
        write.await.unwrap()
    }

    async fn flag(world: &World, ticket: TicketId) -> Option<HumanReason> {
        world.read(ticket).await.life.needs_human.map(|flag| flag.reason)
    }

    async fn n_told(world: &World, ticket: TicketId) -> usize {
        let told = world.db.read(async move |conn| notify::store::of_ticket(conn, ticket, 50).await).await.unwrap();
        told.iter().filter(|notice| notice.matter.word() == "unheard").count()
    }

    #[tokio::test]
    async fn a_visit_that_no_live_phone_has_is_told_again_and_then_a_person_is_asked() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let look = async || look(&db, &pages(), &world.bounds.timing, &world.bounds.settings).await.unwrap();
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let phone = phone(&world, ana).await;
            world.minutes_pass(3);
            assert_eq!((look().await, n_told(&world, ticket).await), (0, 0), "her phone has it");
            // The phone is lost, and with it what it had.
            let real_now = db.clock().real_now();
            db.write(Lane::Desk, async move |tx| devices::revoke(tx, phone, real_now).await).await.unwrap();
            look().await;
            look().await;
            assert_eq!(n_told(&world, ticket).await, 2, "push and SMS, once");
            assert_eq!(flag(&world, ticket).await, None);
            world.minutes_pass(8);
            look().await;
            assert_eq!(flag(&world, ticket).await, Some(HumanReason::NotDelivered));
            assert_eq!(world.holder(ticket).await, Some(ana), "a silent phone never takes a visit away");
        })
        .await;
    }

    #[tokio::test]
    async fn an_offer_that_no_phone_acknowledged_in_a_minute_goes_by_sms_once_where_the_expert_wants_it_so() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let look = async || look(&db, &pages(), &world.bounds.timing, &world.bounds.settings).await.unwrap();
            let patient = async |name: &str, code: &str| {
                let expert = world.expert(name, code).await;
                let write = world.db.write(Lane::Desk, async move |tx| {
                    let known = workforce::store::expert(tx, expert).await?.unwrap().details();
                    let details = workforce::ExpertDetails { sms: workforce::SmsRule::IfUnheard, ..known };
                    workforce::store::replace(tx, expert, &details, shared::time::Timestamp::EPOCH).await
                });
                write.await.unwrap();
                expert
            };
            let told = async |ticket| {
                let told = db.read(async move |conn| notify::store::of_ticket(conn, ticket, 50).await).await.unwrap();
                told.iter().map(|notice| notice.channel).collect::<Vec<_>>()
            };
            let delivered =
                async |ticket| db.read(async move |conn| crate::dispatch::delivered(conn, ticket).await).await.unwrap();
            let ana = patient("Ana", "10003").await;
            let (first, second) = (world.ticket().await, world.ticket().await);
            assert_eq!(delivered(first).await, None, "nobody has it");
            world.round().await;
            assert_eq!((world.holder(first).await, delivered(first).await), (Some(ana), Some(false)));
            look().await;
            assert_eq!(told(first).await, [], "her phone has a minute");
            world.minutes_pass(1);
            look().await;
            look().await;
            assert_eq!(told(first).await, [notify::plan::Channel::Sms]);
            // Ben's phone takes the offer in.
            let (ben, now) = (patient("Ben", "10463").await, world.now());
            let off = db.write(Lane::Desk, async move |tx| workforce::store::set_duty(tx, ana, false, now).await);
            assert!(off.await.unwrap());
            world.round().await;
            assert_eq!(world.holder(second).await, Some(ben));
            phone(&world, ben).await;
            world.minutes_pass(2);
            look().await;
            assert_eq!((told(second).await, delivered(second).await), (vec![], Some(true)));
        })
        .await;
    }

    #[tokio::test]
    async fn nothing_rings_outside_the_hours_of_whoever_need_not_leave_yet() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            // It is 04:00 in New York.
            let ana = world.expert_on("Ana", "10003", "Mon-Fri 08:00-16:00", 1).await;
            let ticket = world.ticket().await;
            let visit = VisitPlan { start_at: world.now().plus_minutes(8 * 60), travel_minutes: 10, work_minutes: 60 };
            let offer = crate::dispatch::world::id(77_000);
            world.act(ticket, Move::Offer { offer, expert: ana, visit, decision: None }).await.unwrap();
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            world.minutes_pass(30);
            look(&db, &pages(), &world.bounds.timing, &world.bounds.settings).await.unwrap();
            assert_eq!((flag(&world, ticket).await, n_told(&world, ticket).await), (None, 0));
            world.minutes_pass(4 * 60);
            look(&db, &pages(), &world.bounds.timing, &world.bounds.settings).await.unwrap();
            assert_eq!(flag(&world, ticket).await, Some(HumanReason::NotDelivered));
        })
        .await;
    }
}
