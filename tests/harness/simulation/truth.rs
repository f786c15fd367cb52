//! What is true of the people in a simulated world, kept by the simulation itself beside what the server was told. The
//! checker judges by this and never asks the server who may go where.

use shared::ids::{AbsenceId, AreaId, CustomerId, ExpertId, SiteId, SkillId};
use shared::place::Place;
use shared::time::{Date, Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};
use sync_server::customers::NotifyBy;

/// An expert.
#[derive(Clone, Debug)]
pub(super) struct ExpertTruth {
    pub(super) id: ExpertId,
    pub(super) name: &'static str,
    pub(super) zone: Zone,
    pub(super) skills: BTreeMap<SkillId, i64>,
    pub(super) areas: BTreeSet<AreaId>,
    pub(super) shifts: Vec<Hours>,
    pub(super) absences: BTreeMap<AbsenceId, (Timestamp, Timestamp)>,
    /// Days on which he does not work; those of an area while he serves there.
    pub(super) holidays: BTreeSet<(Date, Option<AreaId>)>,
    pub(super) active: bool,
    pub(super) on_duty: bool,
    /// Before the last push: one push may hold a yes and the end of duty.
    pub(super) was_on_duty: bool,
}

/// A shift or an on-call time each week, by the clock on the wall. An end at or before the start is on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    /// 1 is Monday.
    pub(super) weekday: u8,
    pub(super) from: u16,
    pub(super) until: u16,
    /// He can be rung then, on holidays too.
    pub(super) on_call: bool,
}

/// A customer, with their one address.
#[derive(Clone, Debug)]
pub(super) struct CustomerTruth {
    pub(super) id: CustomerId,
    pub(super) site: SiteId,
    pub(super) place: Place,
    pub(super) zone: Zone,
    pub(super) area: AreaId,
    pub(super) notify_by: NotifyBy,
    pub(super) has_email: bool,
    /// Who must not come again.
    pub(super) blocked: BTreeSet<ExpertId>,
    /// A plan covers what they file.
    pub(super) covered: bool,
}

/// What a kind of trouble needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) category: &'static str,
    pub(super) skill: SkillId,
    pub(super) level: i64,
    pub(super) work_minutes: u32,
}

impl ExpertTruth {
    /// Whether the wall clock of his home stands inside one of his shifts.
    pub(super) fn works_at(&self, at: Timestamp) -> bool {
        let local = self.zone.local(at);
        let today = local.date.weekday().to_monday_one_offset();
        let yesterday = if today == 1 { 7 } else { today - 1 };
        self.shifts.iter().any(|hours| {
            let over_night = hours.until <= hours.from;
            let end = if over_night { 1_440 } else { hours.until };
            let weekday = i8::try_from(hours.weekday).unwrap_or_default();
            let begun_today = weekday == today && hours.from <= local.minute && local.minute < end;
            let still_runs = over_night && weekday == yesterday && local.minute < hours.until;
            let rests_on = |date| !hours.on_call && self.rests_on(date);
            (begun_today && !rests_on(local.date)) || (still_runs && !local.date.yesterday().is_ok_and(rests_on))
        })
    }

    /// Whether no shift of his begins on this day.
    fn rests_on(&self, date: Date) -> bool {
        self.holidays.iter().any(|(on, area)| *on == date && area.is_none_or(|area| self.areas.contains(&area)))
    }

    /// Whether he is away at some time in between.
    pub(super) fn is_away(&self, from: Timestamp, until: Timestamp) -> bool {
        self.absences.values().any(|(away, back)| *away < until && from < *back)
    }

    pub(super) fn can(&self, skill: SkillId, level: i64) -> bool {
        self.skills.get(&skill).is_some_and(|known| *known >= level)
    }
}

/// The way between two places in milliseconds: the straight line at 40 km/h. The sphere by the law of cosines, which is
/// not how the server does it.
pub(super) fn way_ms(from: Place, to: Place) -> i64 {
    let (lat1, lat2) = (from.lat().to_radians(), to.lat().to_radians());
    let between = (to.lon() - from.lon()).to_radians();
    let cosine = lat1.sin() * lat2.sin() + lat1.cos() * lat2.cos() * between.cos();
    let km = 6_371.0 * cosine.clamp(-1.0, 1.0).acos();
    #[expect(clippy::cast_possible_truncation, reason = "half the earth at 40 km/h is under 2e9 milliseconds")]
    {
        (km / 40.0 * 3_600_000.0) as i64
    }
}
