//! What stands against an offer by hand, in words for people of ours: broken rules, warnings, and what no reason helps
//! against.

use super::names::{self, Names};
use super::words;
use crate::db::{Conn, Error};
use crate::dispatch::by_hand::store::Override;
use crate::dispatch::by_hand::{Against, Caution, No};
use crate::matching::explain;
use shared::ids::{ExpertId, StaffId};
use shared::problem::ProblemCode;
use shared::texts::Language;
use shared::time::{Timestamp, Zone};
use std::collections::BTreeSet;

/// One thing that stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// For programs.
    pub(super) code: &'static str,
    /// For people.
    pub(super) sentence: String,
}

/// The names that are needed to say it.
#[derive(Clone, Debug, Default)]
pub(super) struct Naming {
    pub(super) people: Names,
    pub(super) matching: explain::Names,
}

impl Naming {
    /// Reads those for what stands against offers to these experts.
    pub(super) async fn of(
        conn: &mut Conn,
        experts: BTreeSet<ExpertId>,
        staff: BTreeSet<StaffId>,
        against: &[&Against],
    ) -> Result<Self, Error> {
        let mut experts = experts;
        experts.extend(against.iter().flat_map(|one| &one.cautions).filter_map(warned_of));
        let rules: Vec<_> = against.iter().flat_map(|one| &one.broken).collect();
        let people = names::of(conn, experts, staff).await?;
        Ok(Self { matching: names::of_rules(conn, &rules).await?, people })
    }
}

fn warned_of(caution: &Caution) -> Option<ExpertId> {
    match caution {
        Caution::MayBeThere { expert, .. } => Some(*expert),
        Caution::OnHold { .. } | Caution::ReportedDone => None,
    }
}

/// Says everything that stands against offering to this expert, by the clocks of `zone`.
pub(super) fn said(against: &Against, expert: ExpertId, naming: &Naming, zone: &Zone, now: Timestamp) -> Vec<Said> {
    let who = naming.people.expert(expert);
    let rules = explain::rules_in_words(&against.broken, &naming.matching, zone, now);
    let rules = against.broken.iter().zip(rules);
    let rules = rules.map(|(rule, words)| Said { code: rule.word(), sentence: format!("{who}: {words}.") });
    rules.chain(against.cautions.iter().map(|caution| warning(caution, &naming.people, zone))).collect()
}

/// A warning in words.
pub(super) fn warning(caution: &Caution, names: &Names, zone: &Zone) -> Said {
    match caution {
        Caution::MayBeThere { expert, departed } => {
            let did = if *departed { "has left" } else { "said yes" };
            let who = names.expert(*expert);
            let sentence = format!(
                "{who} {did} and may already be there, even if nothing is heard: ring first. The visit is taken from {who}."
            );
            Said { code: "may_be_there", sentence }
        }
        Caution::OnHold { why, until } => {
            let until = Language::English.catalogue().when(zone, *until);
            Said { code: "on_hold", sentence: format!("It is on hold until {until}: {}.", words::hold(*why)) }
        }
        Caution::ReportedDone => {
            let sentence = "An expert who no longer had it reports that the work is done: ring the customer first.";
            Said { code: "reported_done", sentence: sentence.to_owned() }
        }
    }
}

/// Why it cannot be offered, whatever the reason.
pub(super) fn no(why: No, names: &Names) -> (ProblemCode, String) {
    match why {
        No::NoTicket => (ProblemCode::NotFound, "There is no such ticket.".to_owned()),
        No::NoExpert => (ProblemCode::NotFound, "There is no such expert.".to_owned()),
        No::Ended => (ProblemCode::AlreadySettled, "This ticket has ended.".to_owned()),
        No::AtWork(expert) => {
            let who = names.expert(expert);
            (ProblemCode::Conflict, format!("{who} is there and works on it. Ring {who} if somebody else must come."))
        }
        No::HasIt => (ProblemCode::AlreadySettled, "This expert has said yes already.".to_owned()),
        No::LeftUs => (ProblemCode::RuleBroken, "This expert no longer works here.".to_owned()),
        No::TooFar => (ProblemCode::RuleBroken, "The way there takes longer than visits are planned ahead.".to_owned()),
        No::NotNow => (ProblemCode::Conflict, "The ticket has moved on: look at it as it is now.".to_owned()),
    }
}

/// An override in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overridden {
    pub(super) made: Override,
    pub(super) expert: String,
    pub(super) staff: String,
    pub(super) against: Vec<Said>,
}

/// Says overrides, by the clocks of `zone`.
pub(super) async fn overridden(conn: &mut Conn, made: Vec<Override>, zone: &Zone) -> Result<Vec<Overridden>, Error> {
    let experts = made.iter().map(|one| one.expert).collect();
    let staff = made.iter().map(|one| one.staff).collect();
    let against: Vec<_> = made.iter().map(|one| &one.against).collect();
    let naming = Naming::of(conn, experts, staff, &against).await?;
    let say = |made: Override| Overridden {
        expert: naming.people.expert(made.expert).to_owned(),
        staff: naming.people.staff(made.staff).to_owned(),
        against: said(&made.against, made.expert, &naming, zone, made.made_at),
        made,
    };
    Ok(made.into_iter().map(say).collect())
}
