//! Experts who answer by themselves: the demo's people who accept, drive and finish while somebody only watches. Each has a
//! phone like any other and does what he does by the phone's own mutations, so everything behind it is real. Who answers
//! is switched on `/demo` and kept.

use crate::accounts::devices::{self, NewDevice, Platform};
use crate::db::{Conn, Error, Lane, Tx, Wake, meta};
use crate::http::Site;
use crate::sync;
use crate::tickets::{self, Ticket};
use shared::ids::{DeviceId, ExpertId, Id, TicketId, of};
use shared::intent::{Intent, VERSION};
use shared::sync::{Have, MadeAt, Mutation, PROTO, StreamName, SyncReply, SyncRequest};
use shared::ticket::{HumanReason, Outcome, State};
use shared::time::Timestamp;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Keeps who answers: `all`, or ids with a space between.
const WHO: &str = "demo_answering";
/// How often they look at their phones.
const PACE: Duration = Duration::from_secs(1);
/// How long somebody looks at an offer before he takes it, in seconds.
const LOOKS_SECONDS: i64 = 12;
/// Tickets that are looked at.
const HELD_MAX: i64 = 2_000;
/// Requests of one exchange: the first one brings everything he has.
const REQUESTS_MAX: usize = 20;
/// What his phone is called in the list of his devices.
const PHONE: &str = "Answers by itself";

/// Who answers by himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody.
    All,
    /// These.
    These(BTreeSet<ExpertId>),
}

impl Who {
    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self::These(BTreeSet::new())
    }

    /// Whether this expert does.
    pub(super) fn has(&self, expert: ExpertId) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(&expert),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::These(these) => these.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "all" => Self::All,
            ids => Self::These(ids.split(' ').filter_map(|id| id.parse().ok()).collect()),
        }
    }
}

/// Who answers now.
pub(super) async fn who(conn: &mut Conn) -> Result<Who, Error> {
    Ok(meta::get(conn, WHO).await?.map_or_else(Who::nobody, |text| Who::read(&text)))
}

/// Switches it.
pub(super) async fn set(tx: &mut Tx, who: &Who) -> Result<(), Error> {
    meta::set(tx, WHO, &who.text()).await
}

/// What an expert does next with a ticket that is his, if it is time for it. Pure.
fn next(ticket: &Ticket, now: Timestamp, offer_minutes: i64) -> Option<(ExpertId, Intent)> {
    let stopped = ticket.life.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::DoneByOther);
    if stopped {
        return None;
    }
    match &ticket.life.state {
        State::Offered { expert, expires_at, .. } => {
            let asked_at = expires_at.plus_minutes(-offer_minutes);
            (asked_at.plus_seconds(LOOKS_SECONDS) <= now && now < *expires_at)
                .then_some((*expert, Intent::OfferAccept {}))
        }
        State::Accepted { expert, visit, .. } => {
            let leaves_at = visit.start_at.plus_minutes(-i64::from(visit.travel_minutes));
            (leaves_at <= now).then_some((*expert, Intent::TicketDepart {}))
        }
        State::EnRoute { expert, visit, departed_at } => {
            let there_at = departed_at.plus_minutes(i64::from(visit.travel_minutes));
            (there_at <= now).then_some((*expert, Intent::TicketArrive {}))
        }
        State::OnSite { expert, visit, arrived_at } => {
            let done_at = arrived_at.plus_minutes(i64::from(visit.work_minutes) * 9 / 10);
            (done_at <= now).then(|| (*expert, done(ticket)))
        }
        State::Waiting | State::OnHold { .. } | State::Completed { .. } | State::Cancelled { .. } => None,
    }
}

fn done(ticket: &Ticket) -> Intent {
    let what = ticket.symptom_label.as_ref().unwrap_or(&ticket.category_label);
    let summary = format!("{what}: found the fault, repaired it, and tried it out together with the customer.");
    Intent::TicketComplete { outcome: Outcome::Fixed, summary: summary.parse().expect("it is short") }
}

/// A phone of an expert who answers.
struct Phone {
    device: DeviceId,
    inc: i64,
    next_n: i64,
    cursors: BTreeMap<StreamName, String>,
}

/// Looks at their phones until the demo stops. A clock that jumped is looked at at once.
pub(super) async fn run(site: Site, stop: CancellationToken) {
    let mut wakes = site.db.listen();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut phones = BTreeMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pace.tick() => {}
            wake = wakes.next() => match wake {
                None => return,
                Some(Wake::Clock | Wake::Everything) => {}
                Some(Wake::Jobs | Wake::SignIns | Wake::Dirty(_)) => continue,
            },
        }
        if let Err(error) = round(&site, &mut phones).await {
            tracing::warn!(%error, "an expert who answers by himself did not; he tries again");
        }
    }
}

/// Everybody who answers does what it is time for. Gives back how much was done.
async fn round(site: &Site, phones: &mut BTreeMap<ExpertId, Phone>) -> Result<usize, Error> {
    let found = site.db.read(async |conn| {
        let who = who(conn).await?;
        if who == Who::nobody() {
            return Ok((who, vec![]));
        }
        Ok::<_, Error>((who, tickets::store::held_by(conn, &[], HELD_MAX).await?))
    });
    let (who, held) = found.await?;
    let (now, offer_minutes) = (site.now(), site.config.timing.offer_minutes);
    let mut to_do: BTreeMap<ExpertId, Vec<(TicketId, Intent)>> = BTreeMap::new();
    for ticket in &held {
        if let Some((expert, intent)) = next(ticket, now, offer_minutes).filter(|(expert, _)| who.has(*expert)) {
            to_do.entry(expert).or_default().push((ticket.id, intent));
        }
    }
    let mut n_done = 0;
    for (expert, intents) in to_do {
        let phone = match phones.entry(expert) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(none) => none.insert(take_up(site, expert).await?),
        };
        n_done += intents.len();
        if send(site, expert, phone, intents).await.is_none() {
            // Another start of the demo has taken the phone, or the office has switched it off: a new one next time.
            phones.remove(&expert);
        }
    }
    Ok(n_done)
}

/// His phone: the one of an earlier start, or a new one.
async fn take_up(site: &Site, expert: ExpertId) -> Result<Phone, Error> {
    let now = site.real_now();
    let registered = site.db.write(Lane::Sync, async move |tx: &mut Tx| {
        let known = devices::of_expert(tx, expert).await?;
        let own = known.iter().find(|device| device.name.as_str() == PHONE && !device.revoked);
        let new = NewDevice {
            device: own.map(|device| device.id),
            expert,
            name: PHONE.parse().expect("it is short"),
            platform: Platform::Desktop,
            push_token: None,
            now,
        };
        devices::register(tx, &new).await
    });
    let registered = registered.await?;
    Ok(Phone { device: registered.device, inc: registered.inc, next_n: 1, cursors: BTreeMap::new() })
}

/// One exchange, until he has everything. None: this phone is not taken any more.
async fn send(site: &Site, expert: ExpertId, phone: &mut Phone, intents: Vec<(TicketId, Intent)>) -> Option<()> {
    let mutation = |(at, (ticket, intent)): (i64, (TicketId, Intent))| {
        let mid: Id<of::Mutation> = site.new_id();
        Mutation {
            n: phone.next_n + at,
            mid: mid.to_string(),
            v: VERSION,
            kind: intent.kind().to_owned(),
            ticket: Some(ticket.to_string()),
            t: MadeAt { wall: site.now(), mono_ms: 0, boot: String::new() },
            args: intent.args(),
        }
    };
    let mut mutations: Vec<Mutation> = (0..).zip(intents).map(mutation).collect();
    for _ in 0..REQUESTS_MAX {
        let req: Id<of::Mutation> = site.new_id();
        let request = SyncRequest {
            proto: PROTO,
            app: "demo".into(),
            device: phone.device,
            inc: phone.inc,
            req: req.to_string(),
            cursors: phone.cursors.clone(),
            limit_bytes: None,
            have: Have::default(),
            mutations: std::mem::take(&mut mutations),
            location: None,
            push_token: None,
        };
        let reply: SyncReply = match sync::exchange(&site.db, &sync::bounds(&site.config), expert, request).await {
            Ok(reply) => reply,
            Err(refused) => {
                tracing::warn!(%expert, error = %refused, "the phone of an expert who answers by himself is refused");
                return None;
            }
        };
        phone.next_n = reply.next_n;
        phone.cursors.extend(reply.cursors);
        if !reply.more {
            return Some(());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::dispatch::world::World;
    use crate::http::testing::site;

    async fn state(world: &World, ticket: TicketId) -> &'static str {
        world.read(ticket).await.life.state.word()
    }

    #[tokio::test]
    async fn an_expert_who_answers_by_himself_accepts_drives_and_finishes_at_their_time() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let site = site(&db);
            let ticket = world.ticket().await;
            world.round().await;
            let mut phones = BTreeMap::new();
            db.clock().jump(60_000);
            assert_eq!(round(&site, &mut phones).await, Ok(0), "nobody answers until it is switched on");
            let on = Who::These([ana].into());
            db.write(Lane::Desk, async move |tx| set(tx, &on).await).await.unwrap();
            assert_eq!(round(&site, &mut phones).await, Ok(1));
            assert_eq!(state(&world, ticket).await, "accepted");
            for expected in ["en_route", "on_site", "completed"] {
                db.clock().jump(8 * 3_600_000);
                assert_eq!(round(&site, &mut phones).await, Ok(1), "{expected}");
                assert_eq!(state(&world, ticket).await, expected);
            }
            assert_eq!(round(&site, &mut phones).await, Ok(0));
            let known = db.read(async move |conn| devices::of_expert(conn, ana).await).await.unwrap();
            assert_eq!(known.len(), 1, "by one phone of his");
            // After a new start he takes the same phone up again.
            let second = world.ticket().await;
            world.round().await;
            db.clock().jump(60_000);
            assert_eq!(round(&site, &mut BTreeMap::new()).await, Ok(1));
            assert_eq!(state(&world, second).await, "accepted");
            let known = db.read(async move |conn| devices::of_expert(conn, ana).await).await.unwrap();
            assert_eq!(known.len(), 1);
        })
        .await;
    }

    #[test]
    fn who_answers_is_kept_as_it_was_said() {
        let some = Who::These([crate::dispatch::world::id(3), crate::dispatch::world::id(4)].into());
        for who in [Who::All, Who::nobody(), some] {
            assert_eq!(Who::read(&who.text()), who);
        }
        assert!(!Who::nobody().has(crate::dispatch::world::id(3)));
    }
}
