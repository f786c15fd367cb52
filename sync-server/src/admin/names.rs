//! The names of people, skills and tickets that histories and decisions know by id.

use crate::accounts::staff;
use crate::db::{Conn, Error};
use crate::events::Line;
use crate::matching::decide::{Decision, Judged, Outcome};
use crate::matching::explain;
use crate::matching::judge::Rule;
use crate::matching::slot::Fit;
use crate::tickets::store as tickets;
use crate::workforce::store as workforce;
use shared::event::{Actor, Fact};
use shared::ids::{ExpertId, StaffId, TicketId};
use std::collections::{BTreeMap, BTreeSet};

/// Names by id. Who is missing is called by what they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) experts: BTreeMap<ExpertId, String>,
    pub(super) staff: BTreeMap<StaffId, String>,
}

impl Names {
    pub(super) fn expert(&self, id: ExpertId) -> &str {
        self.experts.get(&id).map_or("an expert no longer known", String::as_str)
    }

    pub(super) fn actor(&self, actor: Actor) -> String {
        match actor {
            Actor::Customer(_) => "Customer".to_owned(),
            Actor::Agent(id) | Actor::Admin(id) => self.staff(id).to_owned(),
            Actor::Expert(id) => self.expert(id).to_owned(),
            Actor::Server => "Server".to_owned(),
        }
    }

    pub(super) fn staff(&self, id: StaffId) -> &str {
        self.staff.get(&id).map_or("a colleague", String::as_str)
    }
}

/// Who these are.
pub(super) async fn of(
    conn: &mut Conn,
    experts: BTreeSet<ExpertId>,
    colleagues: BTreeSet<StaffId>,
) -> Result<Names, Error> {
    let ids: Vec<ExpertId> = experts.into_iter().collect();
    let experts = workforce::experts_by_ids(conn, &ids).await?;
    let experts = experts.into_iter().map(|expert| (expert.id, expert.name.to_string())).collect();
    let mut names = Names { experts, staff: BTreeMap::new() };
    for id in colleagues {
        if let Some(colleague) = staff::store::get(conn, id).await? {
            names.staff.insert(id, colleague.fields.name.to_string());
        }
    }
    Ok(names)
}

/// Everybody whom a history names.
pub(super) fn in_history(lines: &[Line]) -> (BTreeSet<ExpertId>, BTreeSet<StaffId>) {
    let (mut experts, mut colleagues) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        match line.actor {
            Actor::Agent(id) | Actor::Admin(id) => drop(colleagues.insert(id)),
            Actor::Expert(id) => drop(experts.insert(id)),
            Actor::Customer(_) | Actor::Server => {}
        }
        experts.extend(expert_of(&line.event.fact));
    }
    (experts, colleagues)
}

fn expert_of(fact: &Fact) -> Option<ExpertId> {
    match fact {
        Fact::Offered { expert, .. }
        | Fact::Accepted { expert, .. }
        | Fact::Declined { expert, .. }
        | Fact::Lapsed { expert, .. }
        | Fact::Withdrawn { expert, .. }
        | Fact::Released { expert, .. }
        | Fact::Reminded { expert }
        | Fact::Departed { expert, .. }
        | Fact::Arrived { expert }
        | Fact::Completed { expert, .. }
        | Fact::Late { expert, .. }
        | Fact::Moved { expert, .. }
        | Fact::CannotFix { expert, .. }
        | Fact::SitePinned { expert, .. }
        | Fact::Confirmed { expert, .. }
        | Fact::WorkRecorded { expert, .. } => Some(*expert),
        Fact::Held { expert, .. } => *expert,
        Fact::SolvedWithoutVisit { released } | Fact::Cancelled { released, .. } => *released,
        Fact::Received { .. }
        | Fact::PlanFound
        | Fact::WaitsForShift { .. }
        | Fact::NeedCorrected { .. }
        | Fact::Rescheduled { .. }
        | Fact::Corrected { .. }
        | Fact::Resumed
        | Fact::NeedsHuman { .. }
        | Fact::Settled { .. }
        | Fact::Escalated { .. }
        | Fact::NoteAdded { .. }
        | Fact::PhotoAdded { .. } => None,
    }
}

/// The names that decisions are explained with.
pub(super) async fn of_decisions(conn: &mut Conn, decisions: &[&Decision]) -> Result<explain::Names, Error> {
    let mut experts = BTreeSet::new();
    let mut others: BTreeSet<TicketId> = BTreeSet::new();
    for decision in decisions {
        others.extend(&decision.together);
        if let Outcome::CheapestElsewhere { expert, ticket, .. } = decision.outcome {
            experts.insert(expert);
            others.insert(ticket);
        }
        for considered in &decision.considered {
            experts.insert(considered.expert);
            match &considered.judged {
                Judged::Ranked { fit, given_to, .. } => {
                    others.extend(*given_to);
                    others.extend(visit_before(fit));
                }
                Judged::Excluded { broken } => others.extend(broken.iter().flat_map(booked_by)),
            }
        }
    }
    let ids: Vec<ExpertId> = experts.into_iter().collect();
    let experts = workforce::experts_by_ids(conn, &ids).await?;
    let skills = workforce::skills(conn).await?;
    let others: Vec<TicketId> = others.into_iter().collect();
    let tickets = tickets::many(conn, &others).await?;
    Ok(explain::Names {
        experts: experts.into_iter().map(|expert| (expert.id, expert.name.to_string())).collect(),
        skills: skills.into_iter().map(|skill| (skill.id, skill.name.to_string())).collect(),
        tickets: tickets.into_iter().map(|ticket| (ticket.id, ticket.number.to_string())).collect(),
    })
}

/// The names that broken rules are told with, experts left out.
pub(super) async fn of_rules(conn: &mut Conn, rules: &[&Rule]) -> Result<explain::Names, Error> {
    let others: BTreeSet<TicketId> = rules.iter().flat_map(|rule| booked_by(rule)).collect();
    let others: Vec<TicketId> = others.into_iter().collect();
    let skills = workforce::skills(conn).await?;
    let tickets = tickets::many(conn, &others).await?;
    Ok(explain::Names {
        experts: BTreeMap::new(),
        skills: skills.into_iter().map(|skill| (skill.id, skill.name.to_string())).collect(),
        tickets: tickets.into_iter().map(|ticket| (ticket.id, ticket.number.to_string())).collect(),
    })
}

fn visit_before(fit: &Fit) -> Option<TicketId> {
    use crate::matching::candidate::Origin;
    match fit.origin {
        Origin::Visit { ticket } => Some(ticket),
        Origin::Phone { .. } | Origin::Arrival { .. } | Origin::Home => None,
    }
}

fn booked_by(rule: &Rule) -> Vec<TicketId> {
    match rule {
        Rule::Booked { by } | Rule::NotTogether { with: by } => by.clone(),
        Rule::Deactivated
        | Rule::NoPlan
        | Rule::LacksSkills { .. }
        | Rule::OutsideArea
        | Rule::Declined
        | Rule::Replaced
        | Rule::Blocked
        | Rule::OffDuty
        | Rule::OutsideShift { .. }
        | Rule::Absent { .. }
        | Rule::ShiftTooShort { .. }
        | Rule::NotWhenCustomerCan
        | Rule::AskedFirst { .. }
        | Rule::AwayThen => Vec::new(),
    }
}
