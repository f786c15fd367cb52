//! The visit as the expert lives it: how far it is, and which taps lead where. Server and phone ask the same
//! [`route`], so the screen shows offline what the server will say later.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// When a visit should happen and how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitPlan {
    /// When the expert should be there.
    pub start_at: Timestamp,
    /// The way there.
    pub travel_minutes: u32,
    /// The work itself.
    pub work_minutes: u32,
}

impl VisitPlan {
    /// When the expert should leave.
    pub fn leave_at(&self) -> Timestamp {
        self.start_at.plus_minutes(-i64::from(self.travel_minutes))
    }

    /// When the work should be over.
    pub fn end_at(&self) -> Timestamp {
        self.start_at.plus_minutes(i64::from(self.work_minutes))
    }
}

/// How far a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The expert was asked.
    Offered,
    /// He said yes.
    Accepted,
    /// He is on the way.
    EnRoute,
    /// He is there.
    OnSite,
    /// The work is done.
    Completed,
    /// The ticket was called off.
    Cancelled,
}

/// What an expert can do about a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Say yes.
    Accept,
    /// Say no; after having said yes, too, until he is there.
    Decline,
    /// Leave.
    Depart,
    /// Be there.
    Arrive,
    /// Finish.
    Complete,
    /// Report that it cannot be finished.
    CannotFix,
}

/// Where an act leads from a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// It is already so: a repeated tap, or the same from another device.
    Already,
    /// Through these phases; all but the last were skipped by the expert and are made up for.
    Forward(&'static [Phase]),
    /// The expert gives the ticket back.
    Back,
    /// Not from here.
    Illegal,
}

/// Where an act leads. Skipping forward is legal: somebody who arrived has departed.
pub fn route(from: Phase, act: Act) -> Route {
    use Phase::{Accepted, Cancelled, Completed, EnRoute, Offered, OnSite};
    const WAY: [Phase; 4] = [Accepted, EnRoute, OnSite, Completed];
    let goal = match act {
        Act::Accept => Accepted,
        Act::Depart => EnRoute,
        Act::Arrive => OnSite,
        Act::Complete => Completed,
        Act::Decline => {
            return match from {
                Offered | Accepted | EnRoute => Route::Back,
                OnSite | Completed | Cancelled => Route::Illegal,
            };
        }
        Act::CannotFix => {
            return match from {
                Accepted | EnRoute | OnSite => Route::Back,
                Offered | Completed | Cancelled => Route::Illegal,
            };
        }
    };
    let first = match from {
        Offered => 0,
        Accepted => 1,
        EnRoute => 2,
        OnSite => 3,
        Completed => 4,
        Cancelled => return Route::Illegal,
    };
    let last = WAY.iter().position(|phase| *phase == goal).expect("every goal is on the way");
    if last < first {
        // Going back is never legal, but the report of what is long past is no mistake either.
        Route::Already
    } else {
        const LEGS: [&[Phase]; 10] = [
            &[Accepted],
            &[Accepted, EnRoute],
            &[Accepted, EnRoute, OnSite],
            &[Accepted, EnRoute, OnSite, Completed],
            &[EnRoute],
            &[EnRoute, OnSite],
            &[EnRoute, OnSite, Completed],
            &[OnSite],
            &[OnSite, Completed],
            &[Completed],
        ];
        let start = [0, 4, 7, 9][first];
        Route::Forward(LEGS[start + last - first])
    }
}

/// How a completed ticket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Repaired.
    Fixed,
    /// It works, by another way.
    Workaround,
    /// The product was replaced.
    Replaced,
    /// Nothing was wrong.
    NoFault,
    /// Solved by customer or agent; nobody came.
    SolvedWithoutVisit,
}

impl Outcome {
    /// What an expert can choose, in the order in which the app shows it.
    pub const BY_EXPERT: [Self; 4] = [Self::Fixed, Self::Workaround, Self::Replaced, Self::NoFault];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Workaround => "workaround",
            Self::Replaced => "replaced",
            Self::NoFault => "no_fault",
            Self::SolvedWithoutVisit => "solved_without_visit",
        }
    }
}

/// Why an expert could not fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotFix {
    /// It needs another skill.
    Skill,
    /// A part is missing.
    Part,
    /// Nobody opened.
    NoAccess,
    /// The address is wrong.
    WrongAddress,
    /// It is not safe there.
    Unsafe,
}

impl CannotFix {
    /// All of them, in the order in which the app shows them.
    pub const ALL: [Self; 5] = [Self::Skill, Self::Part, Self::NoAccess, Self::WrongAddress, Self::Unsafe];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Part => "part",
            Self::NoAccess => "no_access",
            Self::WrongAddress => "wrong_address",
            Self::Unsafe => "unsafe",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_forward_passes_every_phase_between() {
        use Phase::{Accepted, Completed, EnRoute, Offered, OnSite};
        static WAY: [Phase; 5] = [Offered, Accepted, EnRoute, OnSite, Completed];
        for (from, act, to) in [
            (0, Act::Accept, 1),
            (0, Act::Depart, 2),
            (0, Act::Complete, 4),
            (1, Act::Depart, 2),
            (1, Act::Arrive, 3),
            (1, Act::Complete, 4),
            (2, Act::Arrive, 3),
            (2, Act::Complete, 4),
            (3, Act::Complete, 4),
        ] {
            assert_eq!(route(WAY[from], act), Route::Forward(&WAY[from + 1..=to]), "{from} {act:?}");
        }
    }

    #[test]
    fn what_is_past_is_already_so() {
        assert_eq!(route(Phase::OnSite, Act::Depart), Route::Already);
        assert_eq!(route(Phase::Completed, Act::Complete), Route::Already);
        assert_eq!(route(Phase::Accepted, Act::Accept), Route::Already);
    }

    #[test]
    fn an_expert_who_is_there_cannot_decline_and_one_who_never_said_yes_cannot_fail() {
        assert_eq!(route(Phase::EnRoute, Act::Decline), Route::Back);
        assert_eq!(route(Phase::OnSite, Act::Decline), Route::Illegal);
        assert_eq!(route(Phase::Offered, Act::CannotFix), Route::Illegal);
        assert_eq!(route(Phase::Cancelled, Act::Complete), Route::Illegal);
    }
}
