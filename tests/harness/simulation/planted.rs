//! Bugs planted on purpose, one at a time, so that the scripts can show that the checker finds each.

use sync_server::config::Config;
use sync_server::jobs::{Context, Job, Kind, Outcome, Registry};

/// What is broken in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// Nothing.
    #[default]
    Nothing,
    /// Whoever is away keeps his visits.
    AbsenceChangesNothing,
    /// Customers are not told who comes and when.
    CustomerNotTold,
    /// Experts are not told of offers.
    ExpertNotTold,
    /// The admins are not told what nobody looked at.
    AdminsNotTold,
    /// Nobody is asked how it was.
    NoSurvey,
    /// Deadlines pass without an answer.
    DeadlinesPass,
    /// Every way takes no time.
    WaysTakeNoTime,
    /// A plan that was granted starts nothing.
    PlanStartsNothing,
    /// An offer goes to somebody who lacks the skill.
    LacksSkill,
    /// To somebody who serves elsewhere.
    OutsideArea,
    /// To somebody off duty.
    OffDuty,
    /// To somebody at rest.
    OutsideShift,
    /// To somebody who is away.
    Absent,
    /// To somebody who no longer works here.
    Deactivated,
    /// On a day on which nobody works.
    OnHoliday,
    /// To somebody whom the customer wants never again.
    Blocked,
    /// To somebody who has declined it.
    DeclinedBefore,
    /// To somebody from whom the office took it to send somebody else.
    Replaced,
    /// To somebody who has another visit then.
    BookedTwice,
    /// For somebody whose plan does not cover it.
    NoPlan,
    /// What is urgent waits for the next shift like everything else.
    UrgentWaits,
    /// A deadline is lost.
    Unowned,
    /// A ticket is lost.
    Lost,
    /// A ticket changes and its history does not say so.
    WithoutHistory,
    /// A notice is made twice.
    ToldTwice,
}

impl Planted {
    /// Every bug, with words of the sentence in which the checker must say it.
    pub const BUGS: [(Self, &'static str); 25] = [
        (Self::AbsenceChangesNothing, "who is away then"),
        (Self::CustomerNotTold, "was not told accepted"),
        (Self::ExpertNotTold, "was not told offer"),
        (Self::AdminsNotTold, "nobody of ours was told escalated"),
        (Self::NoSurvey, "was not told survey"),
        (Self::DeadlinesPass, "is silent past its deadline"),
        (Self::WaysTakeNoTime, "who has the visit of"),
        (Self::PlanStartsNothing, "waits for a plan that its customer has"),
        (Self::LacksSkill, "who lacks a skill"),
        (Self::OutsideArea, "who serves another area"),
        (Self::OffDuty, "who is off duty"),
        (Self::OutsideShift, "who is not in a shift"),
        (Self::Absent, "who is away now"),
        (Self::Deactivated, "who is deactivated"),
        (Self::OnHoliday, "who does not work during the visit"),
        (Self::Blocked, "who must not visit this customer"),
        (Self::DeclinedBefore, "who declined it before"),
        (Self::Replaced, "who was to be replaced"),
        (Self::BookedTwice, "is booked twice"),
        (Self::NoPlan, "without a plan that covers it"),
        (Self::UrgentWaits, "waits for more than ten minutes"),
        (Self::Unowned, "is unowned"),
        (Self::Lost, "is gone"),
        (Self::WithoutHistory, "but its history says"),
        (Self::ToldTwice, "2 times"),
    ];

    /// The jobs with the bug in them.
    pub(super) fn bend(self, registry: Registry) -> Registry {
        let idle = |_: Job, _: Context| async { Outcome::Done };
        match self {
            Self::AbsenceChangesNothing => registry.on(Kind::ExpertAway, idle),
            Self::CustomerNotTold => registry.on(Kind::NotifyCustomer, idle),
            Self::ExpertNotTold => registry.on(Kind::NotifyExpert, idle),
            Self::AdminsNotTold => registry.on(Kind::NotifyAdmins, idle),
            Self::NoSurvey => registry.on(Kind::SurveyInvite, idle),
            Self::DeadlinesPass => registry.sweep("deadlines", std::time::Duration::from_secs(2), idle),
            Self::PlanStartsNothing => registry.on(Kind::PlanFound, idle),
            Self::Nothing
            | Self::WaysTakeNoTime
            | Self::LacksSkill
            | Self::OutsideArea
            | Self::OffDuty
            | Self::OutsideShift
            | Self::Absent
            | Self::Deactivated
            | Self::OnHoliday
            | Self::Blocked
            | Self::DeclinedBefore
            | Self::Replaced
            | Self::BookedTwice
            | Self::NoPlan
            | Self::UrgentWaits
            | Self::Unowned
            | Self::Lost
            | Self::WithoutHistory
            | Self::ToldTwice => registry,
        }
    }

    /// The settings with the bug in them.
    pub(super) fn bend_settings(self, config: &mut Config) {
        if self == Self::WaysTakeNoTime {
            config.matching.speed_km_per_hour = 100_000;
            config.matching.buffer_minutes = 0;
        }
    }
}
