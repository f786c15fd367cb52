//! Reads the day from one snapshot: what waits and what is at risk first, then every expert with what they do and hold.

use super::day::{self, Doing, Risk, Stop};
use crate::customers;
use crate::db::{Conn, Error};
use crate::dispatch;
use crate::matching;
use crate::matching::candidate::Candidate;
use crate::matching::settings::Settings;
use crate::tickets::{Ticket, store};
use crate::workforce::store as workforce;
use shared::ids::{AreaId, ExpertId, SiteId, TicketId};
use shared::place::Place;
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Tickets and experts that are shown; a business with more looks at one area at a time.
const TICKETS_MAX: usize = 100;
/// So long after it the day says that matching had too little time.
const GREEDY_MINUTES: i64 = 15;
pub(super) const EXPERTS_MAX: usize = 150;
/// Tickets that are read of each kind.
const READ_MAX: i64 = 5_000;

/// A ticket that waits or is at risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pressing {
    pub(super) ticket: Ticket,
    pub(super) risk: Risk,
    pub(super) areas: String,
    pub(super) zone: Zone,
    /// Where; none if its site is not known any more.
    pub(super) place: Option<Place>,
}

/// An expert in the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) expert: ExpertId,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) zone: Zone,
    /// Where they are taken to be.
    pub(super) place: Place,
    pub(super) areas: String,
    pub(super) doing: Doing,
    pub(super) chain: Vec<Stop>,
}

/// The day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Today {
    /// By how pressing.
    pub(super) pressing: Vec<Pressing>,
    pub(super) n_pressing: usize,
    /// Working ones first.
    pub(super) experts: Vec<Ours>,
    pub(super) n_experts: usize,
    /// Every area, by name.
    pub(super) areas: Vec<(AreaId, String)>,
    /// When matching lately had no time for the best choice of all tickets together.
    pub(super) greedy_at: Option<Timestamp>,
    /// Numbers and titles of the tickets in the chains.
    pub(super) titles: BTreeMap<TicketId, (String, String)>,
}

/// Reads it; of one area or of all.
pub(super) async fn read(
    conn: &mut Conn,
    area: Option<AreaId>,
    settings: &Settings,
    now: Timestamp,
) -> Result<Today, Error> {
    let areas = workforce::areas(conn).await?;
    let mut areas: Vec<(AreaId, String)> = areas.into_iter().map(|area| (area.id, area.name.to_string())).collect();
    areas.sort_by(|one, other| one.1.cmp(&other.1));
    let held = store::held_by(conn, &[], READ_MAX).await?;
    let mut tickets: BTreeMap<TicketId, Ticket> = held.iter().map(|ticket| (ticket.id, ticket.clone())).collect();
    let others = [store::waiting(conn, READ_MAX).await?, store::inbox(conn, READ_MAX).await?];
    tickets.extend(others.into_iter().flatten().map(|ticket| (ticket.id, ticket)));
    let (pressing, n_pressing) = pressing(conn, tickets.into_values(), area, &areas, now).await?;
    let (experts, n_experts) = experts(conn, &held, area, &areas, settings, now).await?;
    let title = |ticket: &Ticket| (ticket.id, (ticket.number.to_string(), ticket.title.to_string()));
    let greedy_at = matching::store::last_greedy(conn, now.plus_minutes(-GREEDY_MINUTES)).await?;
    Ok(Today { pressing, n_pressing, experts, n_experts, areas, greedy_at, titles: held.iter().map(title).collect() })
}

async fn pressing(
    conn: &mut Conn,
    tickets: impl Iterator<Item = Ticket>,
    area: Option<AreaId>,
    areas: &[(AreaId, String)],
    now: Timestamp,
) -> Result<(Vec<Pressing>, usize), Error> {
    let mut found: Vec<(Ticket, Risk)> =
        tickets.filter_map(|ticket| day::risk(&ticket, now).map(|risk| (ticket, risk))).collect();
    found.sort_by_key(|(ticket, risk)| (!ticket.urgent, rank(risk), ticket.due_at, ticket.id));
    let mut places = Places::default();
    let (mut pressing, mut n) = (Vec::new(), 0);
    for (ticket, risk) in found {
        if area.is_none() && n >= TICKETS_MAX {
            n += 1;
            continue;
        }
        let (zone, place, covering) = places.of(conn, ticket.site).await?;
        if area.is_some_and(|area| !covering.contains(&area)) {
            continue;
        }
        n += 1;
        if pressing.len() < TICKETS_MAX {
            pressing.push(Pressing { areas: named(&covering, areas), zone, place, ticket, risk });
        }
    }
    Ok((pressing, n))
}

/// What is looked at first.
fn rank(risk: &Risk) -> u8 {
    match risk {
        Risk::Asked { .. } => 0,
        Risk::PastPromise { .. } => 1,
        Risk::NotThere { .. } | Risk::NotLeft { .. } | Risk::Longer { .. } => 2,
        Risk::Waiting { .. } => 3,
        Risk::AfterPromise { .. } => 4,
    }
}

async fn experts(
    conn: &mut Conn,
    held: &[Ticket],
    area: Option<AreaId>,
    areas: &[(AreaId, String)],
    settings: &Settings,
    now: Timestamp,
) -> Result<(Vec<Ours>, usize), Error> {
    let candidates: Vec<Candidate> = dispatch::candidates(conn, None).await?;
    let by_holder = by_holder(held);
    let wanted = candidates.iter().filter(|one| area.is_none_or(|area| one.areas.contains(&area)));
    let mut ours: Vec<Ours> = wanted
        .map(|candidate| {
            let chain = day::chain(by_holder.get(&candidate.expert).map_or(&[], Vec::as_slice), now);
            Ours {
                expert: candidate.expert,
                name: String::new(),
                phone: String::new(),
                zone: candidate.zone.clone(),
                place: candidate.located(now, settings).0,
                areas: named(&candidate.areas, areas),
                doing: day::doing(candidate, &chain, now, settings),
                chain,
            }
        })
        .collect();
    // As they stand in the type: who should have left, who is on a job, who is free, and then those who do not work.
    ours.sort_by_key(|one| (one.doing, one.expert));
    let n = ours.len();
    ours.truncate(EXPERTS_MAX);
    let ids: Vec<ExpertId> = ours.iter().map(|one| one.expert).collect();
    let people = workforce::experts_by_ids(conn, &ids).await?;
    let people: BTreeMap<_, _> = people.into_iter().map(|expert| (expert.id, expert)).collect();
    for one in &mut ours {
        if let Some(expert) = people.get(&one.expert) {
            one.name = expert.name.to_string();
            one.phone = expert.phone.to_string();
        }
    }
    Ok((ours, n))
}

/// What every active expert does now, with their zone: the day in one column.
pub(super) async fn doing(
    conn: &mut Conn,
    settings: &Settings,
    now: Timestamp,
) -> Result<BTreeMap<ExpertId, (Doing, Zone)>, Error> {
    let held = by_holder(&store::held_by(conn, &[], READ_MAX).await?);
    let candidates = dispatch::candidates(conn, None).await?;
    let doing = candidates.into_iter().map(|candidate| {
        let chain = day::chain(held.get(&candidate.expert).map_or(&[], Vec::as_slice), now);
        (candidate.expert, (day::doing(&candidate, &chain, now, settings), candidate.zone))
    });
    Ok(doing.collect())
}

fn by_holder(held: &[Ticket]) -> BTreeMap<ExpertId, Vec<Ticket>> {
    let mut by_holder: BTreeMap<ExpertId, Vec<Ticket>> = BTreeMap::new();
    for ticket in held {
        if let Some(holder) = ticket.life.state.holder() {
            by_holder.entry(holder).or_default().push(ticket.clone());
        }
    }
    by_holder
}

fn named(covering: &BTreeSet<AreaId>, areas: &[(AreaId, String)]) -> String {
    let names: Vec<&str> =
        areas.iter().filter(|(id, _)| covering.contains(id)).map(|(_, name)| name.as_str()).collect();
    if names.is_empty() { "outside every area".to_owned() } else { names.join(", ") }
}

/// Sites that were read for this day.
#[derive(Default)]
struct Places {
    sites: BTreeMap<SiteId, (Zone, Option<Place>, BTreeSet<AreaId>)>,
    coverage: workforce::Coverage,
}

impl Places {
    async fn of(&mut self, conn: &mut Conn, id: SiteId) -> Result<(Zone, Option<Place>, BTreeSet<AreaId>), Error> {
        if let Some(found) = self.sites.get(&id) {
            return Ok(found.clone());
        }
        let Some(site) = customers::store::site(conn, id).await? else {
            return Ok((Zone::utc(), None, BTreeSet::new()));
        };
        let covering = self.coverage.of(conn, &site.country, &site.postal_code, site.at()).await?;
        let place = Some(site.at());
        self.sites.insert(id, (site.zone.clone(), place, covering.clone()));
        Ok((site.zone, place, covering))
    }
}
