//! What sending one expert to one ticket costs, term by term, in tenths of a minute of travel. Whole numbers only, so
//! that a decision replays to the same winner everywhere.

use super::candidate::Candidate;
use super::need::Need;
use super::settings::Weights;
use super::slot::Fit;
use serde::{Deserialize, Serialize};
use shared::time::Timestamp;

/// The parts of a cost. Each is in tenths of a minute; a negative one speaks for the expert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The way there.
    pub travel: i64,
    /// How long until the visit starts.
    pub wait: i64,
    /// How long past the due time it starts.
    pub late: i64,
    /// The visits the expert already has.
    pub load: i64,
    /// Levels above what is needed.
    pub surplus: i64,
    /// The customer's language is not spoken.
    pub language: i64,
    /// Was there before.
    pub same_expert: i64,
    /// Has the open offer.
    pub kept: i64,
    /// Let an offer of this ticket run out.
    #[serde(default)]
    pub lapsed: i64,
}

impl Terms {
    /// The whole cost.
    pub fn total(&self) -> i64 {
        let Self { travel, wait, late, load, surplus, language, same_expert, kept, lapsed } = *self;
        travel + wait + late + load + surplus + language + same_expert + kept + lapsed
    }
}

/// Works out the cost of an expert who fits.
pub fn rank(need: &Need, candidate: &Candidate, fit: &Fit, now: Timestamp, weights: &Weights) -> Terms {
    let late_minutes = fit.start_at.minutes_since(need.due_at).max(0);
    let n_visits = i64::try_from(candidate.visits.len()).unwrap_or(i64::MAX);
    let if_so = |yes: bool, weight: i64| if yes { weight } else { 0 };
    Terms {
        travel: fit.travel_tenths * weights.travel_minute / 10,
        wait: fit.start_at.minutes_since(now).max(0) * weights.wait_minute,
        late: late_minutes * weights.late_minute,
        load: n_visits.min(1_000) * weights.visit,
        surplus: surplus_levels(need, candidate) * weights.surplus_level,
        language: if_so(!candidate.languages.contains(&need.language), weights.foreign_language),
        same_expert: if_so(need.earlier_expert == Some(candidate.expert), -weights.same_expert),
        kept: if_so(need.offered_to == Some(candidate.expert), -weights.keep_offer),
        lapsed: if_so(need.lapsed_with.contains(&candidate.expert), weights.lapsed),
    }
}

fn surplus_levels(need: &Need, candidate: &Candidate) -> i64 {
    let above = need.skills.0.iter().map(|(skill, needed)| {
        let known = candidate.skills.0.get(skill).map_or(0, |level| i64::from(level.get()));
        (known - i64::from(needed.get())).max(0)
    });
    above.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::judge::{Verdict, judge};
    use crate::matching::samples::{candidate, need, now, today, visit};
    use crate::matching::settings::Settings;

    #[test]
    fn each_minute_past_the_due_time_and_each_visit_already_planned_counts() {
        let need = Need { due_at: today(9, 5), ..need(11) };
        let busy = Candidate {
            visits: vec![visit(5, today(13, 0), today(14, 0)), visit(6, today(14, 30), today(15, 0))],
            ..candidate(1)
        };
        let Verdict::Fits(fit) = judge(&need, &busy, now(), &Settings::default()) else { panic!("there is time") };
        let weights = Weights::default();
        let terms = rank(&need, &busy, &fit, now(), &weights);
        assert_eq!(fit.start_at, today(9, 12));
        assert_eq!((terms.late, terms.load), (7 * weights.late_minute, 2 * weights.visit));
        let in_time = Need { due_at: today(9, 12), ..need };
        assert_eq!(rank(&in_time, &candidate(1), &fit, now(), &weights).late, 0);
    }
}
