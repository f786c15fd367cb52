//! What matching must know, read from tickets, customers, plans and the workforce, in matching's own words.

use super::under_way::under_way;
use crate::config::Config;
use crate::customers::{self, Site};
use crate::db::{Conn, Error};
use crate::matching::calendar::Period;
use crate::matching::candidate::{Candidate, Step, Visit, of_roster};
use crate::matching::need::{Need, Priority};
use crate::matching::settings::{Settings, Weights};
use crate::matching::weights;
use crate::tickets::{Ticket, store};
use crate::workforce;
use shared::ids::{AreaId, ExpertId, SiteId, TicketId};
use shared::ticket::{State, Timing};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Waiting tickets in one round.
const NEEDS_MAX: i64 = 500;
/// Held tickets that are read for a round.
const HELD_MAX: i64 = 20_000;

/// The numbers of dispatch.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How long states may last.
    pub timing: Timing,
    /// Bounds of the hard rules.
    pub settings: Settings,
    /// What is preferred until an admin sets it.
    pub weights: Weights,
    /// The time a round has for the optimum.
    pub budget: Duration,
}

impl Bounds {
    /// The numbers from the settings.
    pub fn of(config: &Config) -> Self {
        let matching = &config.matching;
        let settings = Settings {
            speed_km_per_hour: matching.speed_km_per_hour,
            position_minutes_max: matching.position_minutes_max,
            buffer_minutes: matching.buffer_minutes,
            horizon_minutes: matching.horizon_minutes,
        };
        let budget = std::time::Duration::from_millis(u64::from(matching.budget_ms));
        Self { timing: config.timing.clone(), settings, weights: Weights::default(), budget }
    }
}

/// What one round looks at.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The open tickets.
    pub needs: Vec<Need>,
    /// The experts, each with what he holds.
    pub candidates: Vec<Candidate>,
    /// What admins prefer, where they have said so.
    pub weights: Option<Weights>,
}

/// Everything for a round: the waiting tickets and every active expert.
pub(super) async fn all(conn: &mut Conn) -> Result<Known, Error> {
    let tickets = store::matchable(conn, NEEDS_MAX).await?;
    if tickets.is_empty() {
        return Ok(Known::default());
    }
    let needs = needs(conn, &tickets).await?;
    let weights = weights::store::current(conn).await?;
    Ok(Known { needs, candidates: candidates(conn, None).await?, weights })
}

/// What a round may take back: tickets that it offered itself and that their experts have not seen, with whom it asked.
pub(super) async fn unseen(conn: &mut Conn) -> Result<Vec<Need>, Error> {
    let tickets = store::offered_unseen(conn, NEEDS_MAX).await?;
    let mut needs = needs(conn, &tickets).await?;
    for need in &mut needs {
        let ticket = tickets.iter().find(|ticket| ticket.id == need.ticket);
        need.offered_to = ticket.and_then(|ticket| ticket.life.state.holder());
    }
    Ok(needs)
}

/// Every active expert with what he holds, without the ticket in question.
pub async fn candidates(conn: &mut Conn, without: Option<TicketId>) -> Result<Vec<Candidate>, Error> {
    let held = store::held_by(conn, &[], HELD_MAX).await?;
    let mut sites = Sites::default();
    let mut visits: BTreeMap<ExpertId, Vec<Visit>> = BTreeMap::new();
    for ticket in held.iter().filter(|ticket| Some(ticket.id) != without) {
        if let Some((expert, visit)) = visit_of(conn, ticket, &mut sites).await? {
            visits.entry(expert).or_default().push(visit);
        }
    }
    let rosters = workforce::store::rosters(conn).await?;
    let candidates = rosters.into_iter().map(|roster| {
        let visits = visits.remove(&roster.expert.id).unwrap_or_default();
        of_roster(roster, visits)
    });
    Ok(candidates.collect())
}

/// What tickets need.
pub(super) async fn needs(conn: &mut Conn, tickets: &[Ticket]) -> Result<Vec<Need>, Error> {
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
    let mut declined = store::declined(conn, &ids).await?;
    let mut replaced = store::replaced(conn, &ids).await?;
    let mut lapsed = store::lapsed(conn, &ids).await?;
    let customers = tickets.iter().map(|ticket| ticket.customer).collect();
    let blocked = workforce::store::blocked(conn, &customers).await?;
    let mut sites = Sites::default();
    let mut needs = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let Some((site, areas)) = sites.with_areas(conn, ticket.site).await? else { continue };
        let priority = match (ticket.urgent, ticket.follows) {
            (true, _) => Priority::Urgent,
            (false, Some(_)) => Priority::High,
            (false, None) => Priority::Normal,
        };
        needs.push(Need {
            ticket: ticket.id,
            customer: ticket.customer,
            site: Some(ticket.site),
            skills: ticket.skills.clone(),
            work_minutes: ticket.work_minutes,
            place: site.at(),
            zone: site.zone,
            areas,
            filed_at: ticket.filed_at,
            // Whoever chose a later time is not late before it.
            due_at: ticket.windows.first().map_or(ticket.due_at, |first| ticket.due_at.max(first.from)),
            priority,
            windows: ticket.windows.iter().map(|window| Period { from: window.from, until: window.until }).collect(),
            plan_valid: ticket.entitlement.is_some(),
            declined_by: declined.remove(&ticket.id).unwrap_or_default(),
            replaced: replaced.remove(&ticket.id).unwrap_or_default(),
            lapsed_with: lapsed.remove(&ticket.id).unwrap_or_default(),
            blocked: blocked.get(&ticket.customer).cloned().unwrap_or_default(),
            language: ticket.language.clone(),
            earlier_expert: ticket.last_expert,
            first: ticket.life.first,
            offered_to: None,
        });
    }
    Ok(needs)
}

/// One expert with what he holds, without the ticket in question.
pub(super) async fn candidate_with(
    conn: &mut Conn,
    expert: ExpertId,
    held: &[Ticket],
    without: TicketId,
) -> Result<Option<Candidate>, Error> {
    let Some(roster) = workforce::store::roster(conn, expert).await? else { return Ok(None) };
    let mut sites = Sites::default();
    let mut visits = Vec::new();
    for ticket in held.iter().filter(|ticket| ticket.id != without) {
        match visit_of(conn, ticket, &mut sites).await? {
            Some((holder, visit)) if holder == expert => visits.push(visit),
            Some(_) | None => {}
        }
    }
    Ok(Some(of_roster(roster, visits)))
}

/// What an expert holds, under the lock of his day.
pub(super) async fn held(conn: &mut Conn, expert: ExpertId) -> Result<Vec<Ticket>, Error> {
    store::held_by(conn, &[expert], HELD_MAX).await
}

async fn visit_of(conn: &mut Conn, ticket: &Ticket, sites: &mut Sites) -> Result<Option<(ExpertId, Visit)>, Error> {
    let (Some(expert), Some(plan)) = (ticket.life.state.holder(), ticket.life.state.visit()) else { return Ok(None) };
    let Some(site) = sites.get(conn, ticket.site).await? else { return Ok(None) };
    let (start_at, step) = match (under_way(&ticket.life.state), &ticket.life.state) {
        (Some((start_at, _)), State::OnSite { .. }) => (start_at, Step::There),
        (Some((start_at, _)), _) => (start_at, Step::OnTheWay),
        (None, _) => (plan.start_at, Step::NotLeft { travel_minutes: plan.travel_minutes }),
    };
    let end_at = start_at.plus_minutes(i64::from(plan.work_minutes));
    Ok(Some((expert, Visit { ticket: ticket.id, place: site.at(), start_at, end_at, step })))
}

/// Sites that were read in this round.
#[derive(Default)]
struct Sites {
    known: BTreeMap<SiteId, Option<Site>>,
    coverage: workforce::store::Coverage,
}

impl Sites {
    async fn get(&mut self, conn: &mut Conn, id: SiteId) -> Result<Option<Site>, Error> {
        if let Some(site) = self.known.get(&id) {
            return Ok(site.clone());
        }
        let site = customers::store::site(conn, id).await?;
        self.known.insert(id, site.clone());
        Ok(site)
    }

    async fn with_areas(&mut self, conn: &mut Conn, id: SiteId) -> Result<Option<(Site, BTreeSet<AreaId>)>, Error> {
        let Some(site) = self.get(conn, id).await? else { return Ok(None) };
        let areas = self.coverage.of(conn, &site.country, &site.postal_code, site.at()).await?;
        Ok(Some((site, areas)))
    }
}
