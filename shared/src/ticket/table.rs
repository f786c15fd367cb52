//! The table of states drawn from the code, so that pages, docs and `check` can be compared with what really happens.

use super::{
    CancelReason, CannotFix, Corrected, HoldReason, HumanReason, Life, Move, Outcome, ReleaseReason, State, Timing,
};
use super::{VisitPlan, Window, WithdrawReason};
use crate::chance::Seeded;
use crate::ids::{ExpertId, OfferId};
use crate::offer::DeclineReason;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// One state and the states that one step leads to. `time` is where its deadline alone leads.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The state's word.
    pub state: &'static str,
    /// Words of the states that one reported step leads to.
    pub ways_out: BTreeSet<&'static str>,
    /// The word of the state after the deadlines passed until a person was asked or the ticket ended, and whether a
    /// person was asked.
    pub time: (&'static str, bool),
}

/// All rows, in the order of [`State::WORDS`]. Steps that a phone skipped are not drawn: they are the sum of others.
pub fn table() -> Vec<Row> {
    let sample = Sample::new();
    sample.lives().into_iter().map(|life| sample.row(&life)).collect()
}

struct Sample {
    now: Timestamp,
    timing: Timing,
    expert: ExpertId,
    offer: OfferId,
    visit: VisitPlan,
}

impl Sample {
    fn new() -> Self {
        let now = Timestamp::EPOCH.plus_minutes(10_000);
        let chance = Seeded::new(1);
        let visit = VisitPlan { start_at: now.plus_minutes(60), travel_minutes: 20, work_minutes: 60 };
        let (expert, offer) = (ExpertId::new(now, &chance), OfferId::new(now, &chance));
        Self { now, timing: Timing::default(), expert, offer, visit }
    }

    /// One life in each state, each made by moves.
    fn lives(&self) -> Vec<Life> {
        let Self { expert, offer, visit, .. } = *self;
        let waiting = Life::received(self.now, &self.timing);
        let make = |life: &Life, to_do: Move| life.clone().make(to_do, self.now, &self.timing).expect("legal").life;
        let offered = make(&waiting, Move::Offer { offer, expert, visit, decision: None });
        let accepted = make(&offered, Move::Accept { expert, late: None });
        let en_route = make(&accepted, Move::Depart { expert });
        let on_site = make(&en_route, Move::Arrive { expert });
        let on_hold = make(&waiting, Move::Hold { why: HoldReason::Part, until: self.now.plus_minutes(1) });
        let completed = make(&on_site, self.complete());
        let cancelled = make(&waiting, Move::Cancel { why: CancelReason::Customer });
        vec![waiting, offered, accepted, en_route, on_site, on_hold, completed, cancelled]
    }

    fn complete(&self) -> Move {
        let summary = "done".parse().expect("a short text");
        Move::Complete { expert: self.expert, outcome: Outcome::Fixed, summary }
    }

    fn moves(&self) -> Vec<Move> {
        let Self { expert, visit, .. } = *self;
        let offer = OfferId::new(self.now, &Seeded::new(2));
        let mut moves = vec![
            Move::PlanFound,
            Move::Offer { offer, expert, visit, decision: None },
            Move::Accept { expert, late: None },
            Move::Decline { expert, reason: DeclineReason::Busy },
            Move::Withdraw { why: WithdrawReason::Staff },
            Move::Depart { expert },
            Move::Arrive { expert },
            self.complete(),
            Move::Release { why: ReleaseReason::Staff },
            Move::Hold { why: HoldReason::Part, until: self.now.plus_minutes(1) },
            Move::Resume,
            Move::Reschedule { windows: vec![Window { from: self.now, until: self.now.plus_minutes(30) }] },
            Move::Correct { what: vec![Corrected::Address, Corrected::Need], visit: None },
            Move::AskHuman { reason: HumanReason::Danger },
            Move::Solve,
            Move::Cancel { why: CancelReason::Customer },
        ];
        moves.extend(CannotFix::ALL.map(|why| Move::CannotFix { expert, why, part: None, until: None }));
        moves
    }

    fn row(&self, life: &Life) -> Row {
        let mut ways_out = BTreeSet::new();
        for to_do in self.moves() {
            if let Ok(done) = life.clone().make(to_do, self.now, &self.timing) {
                let skipped = done.events.iter().any(|event| event.skipped);
                if !skipped && done.life.state.word() != life.state.word() {
                    ways_out.insert(done.life.state.word());
                }
            }
        }
        Row { state: life.state.word(), ways_out, time: self.time_alone(life.clone()) }
    }

    fn time_alone(&self, mut life: Life) -> (&'static str, bool) {
        // Two deadlines at most: the reminder, then the person.
        for _ in 0..2 {
            if life.needs_human.is_some() || life.state.word() == State::Waiting.word() && life.n_offers > 0 {
                break;
            }
            let Some(deadline) = life.deadline_at else { break };
            life = life.overdue(deadline, &self.timing).expect("its deadline has passed").life;
        }
        (life.state.word(), life.needs_human.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// business.md's table, less the late accept of sync.md, which needs a visit that no offer states.
    const BUSINESS: [(&str, &str, (&str, bool)); 8] = [
        ("waiting", "cancelled completed offered on_hold", ("waiting", true)),
        ("offered", "accepted cancelled completed waiting", ("waiting", false)),
        ("accepted", "cancelled completed en_route on_hold waiting", ("accepted", true)),
        ("en_route", "cancelled completed on_hold on_site waiting", ("en_route", true)),
        ("on_site", "completed on_hold waiting", ("on_site", true)),
        // Offered to the same expert first; where nobody takes it, to a person.
        ("on_hold", "cancelled waiting", ("waiting", true)),
        ("completed", "", ("completed", false)),
        ("cancelled", "", ("cancelled", false)),
    ];

    #[test]
    fn the_states_drawn_from_the_code_are_those_of_the_business() {
        let drawn = table();
        assert_eq!(drawn.iter().map(|row| row.state).collect::<Vec<_>>(), State::WORDS);
        for (row, (state, ways_out, time)) in drawn.iter().zip(BUSINESS) {
            let found = row.ways_out.iter().copied().collect::<Vec<_>>().join(" ");
            assert_eq!((row.state, found.as_str(), row.time), (state, ways_out, time));
        }
    }
}
