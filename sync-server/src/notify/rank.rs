//! Whose turn a notice is where a provider takes only so many. Pure.

use super::plan::Matter;
use crate::jobs::Rank;

/// Whose turn a notice is where a provider takes only so many: an expert's offer lapses in minutes, somebody on the way is
/// there soon, everything else can wait a little.
pub fn rank(matter: &Matter) -> Rank {
    match matter {
        Matter::Offer { .. }
        | Matter::Lost { .. }
        | Matter::Reminder { .. }
        | Matter::Stopped { .. }
        | Matter::GoOn { .. }
        | Matter::Unheard { .. }
        | Matter::Danger {}
        | Matter::SignInCode { .. } => Rank::First,
        Matter::Accepted { .. }
        | Matter::Departed { .. }
        | Matter::Later { .. }
        | Matter::LookingAgain { .. }
        | Matter::Escalated { .. } => Rank::Next,
        Matter::Held { .. }
        | Matter::Closed { .. }
        | Matter::Survey { .. }
        | Matter::SurveyAgain { .. }
        | Matter::NotWorking { .. }
        | Matter::Replied { .. }
        | Matter::Account { .. }
        | Matter::Money { .. } => Rank::Rest,
    }
}
