//! Every state that moves of any kind can reach, and what time alone makes of it: an end or a person, in a few steps.
//!
//! The walk draws from the whole set of moves with every reason and both experts; a move that is added and not drawn
//! does not compile here.

use super::*;
use crate::chance::{Chance as _, Seeded};
use crate::offer::DeclineReason;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Kinds of moves.
const KINDS: usize = 24;
/// Moves from here on end the ticket.
const ENDS: usize = 21;
/// Deadlines that pass, at most, before it has ended or a person was asked.
const STEPS_MAX: usize = 4;

/// The number of a kind of move, from 0.
fn kind(to_do: &Move) -> usize {
    match to_do {
        Move::PlanFound => 0,
        Move::Offer { .. } => 1,
        Move::Accept { late: None, .. } => 2,
        Move::Accept { late: Some(_), .. } => 3,
        Move::Decline { .. } => 4,
        Move::Lapse { .. } => 5,
        Move::Withdraw { .. } => 6,
        Move::Depart { .. } => 7,
        Move::Arrive { .. } => 8,
        Move::Complete { .. } => 9,
        Move::CannotFix { .. } => 10,
        Move::Release { .. } => 11,
        Move::Hold { .. } => 12,
        Move::Resume => 13,
        Move::Reschedule { .. } => 14,
        Move::WaitForShift { .. } => 15,
        Move::AskHuman { .. } => 16,
        Move::Settle { .. } => 17,
        Move::Late { .. } => 18,
        Move::Shift { .. } => 19,
        Move::Correct { .. } => 20,
        Move::Solve => ENDS,
        Move::Cancel { .. } => 22,
        Move::TakeReport { .. } => 23,
    }
}

fn pick<T: Copy>(drawn: &Seeded, from: &[T]) -> T {
    from[usize::try_from(drawn.below(from.len() as u64)).expect("a short list")]
}

/// A move of this kind by one of two experts. `open` is the open offer: a lapse names it half of the time.
fn a_move(nth: usize, drawn: &Seeded, experts: [ExpertId; 2], open: Option<OfferId>, now: Timestamp) -> Move {
    let expert = pick(drawn, &experts);
    let minutes = |most: u64| i64::try_from(drawn.below(most)).expect("a few minutes");
    let visit = VisitPlan { start_at: now.plus_minutes(minutes(300)), travel_minutes: 25, work_minutes: 60 };
    let until = now.plus_minutes(1 + minutes(3_000));
    let offer = OfferId::new(now, drawn);
    let human = [
        HumanReason::NoCandidate,
        HumanReason::OffersExhausted,
        HumanReason::NotDelivered,
        HumanReason::NotDeparted,
        HumanReason::NotArrived,
        HumanReason::OverEstimate,
        HumanReason::RunningLate,
        HumanReason::CannotFix { why: CannotFix::Unsafe },
        HumanReason::HoldEnded,
        HumanReason::DoneByOther,
        HumanReason::Danger,
    ];
    match nth {
        0 => Move::PlanFound,
        1 => Move::Offer { offer, expert, visit, decision: None },
        2 => Move::Accept { expert, late: None },
        3 => Move::Accept { expert, late: Some(visit) },
        4 => Move::Decline { expert, reason: pick(drawn, &DeclineReason::ALL) },
        5 => Move::Lapse { offer: open.filter(|_| drawn.below(2) == 0).unwrap_or(offer) },
        6 => Move::Withdraw {
            why: pick(drawn, &[WithdrawReason::OffDuty, WithdrawReason::Absent, WithdrawReason::Staff]),
        },
        7 => Move::Depart { expert },
        8 => Move::Arrive { expert },
        9 => Move::Complete { expert, outcome: Outcome::Fixed, summary: "Done.".parse().expect("a short text") },
        10 => {
            let date = (drawn.below(2) == 0).then_some(until);
            Move::CannotFix { expert, why: pick(drawn, &CannotFix::ALL), part: None, until: date }
        }
        11 => {
            Move::Release { why: pick(drawn, &[ReleaseReason::Absent, ReleaseReason::Changed, ReleaseReason::Staff]) }
        }
        12 => Move::Hold { why: pick(drawn, &HoldReason::ALL), until },
        13 => Move::Resume,
        14 => Move::Reschedule { windows: vec![Window { from: now, until }] },
        15 => Move::WaitForShift { until },
        16 => Move::AskHuman { reason: pick(drawn, &human) },
        17 => Move::Settle { note: None },
        18 => Move::Late {
            expert,
            minutes: 1 + u32::try_from(minutes(60)).expect("a few minutes"),
            reported: drawn.below(2) == 0,
        },
        19 => Move::Shift { visit },
        20 => Move::Correct { what: vec![Corrected::Address], visit: (drawn.below(2) == 0).then_some(visit) },
        ENDS => Move::Solve,
        23 => Move::TakeReport { expert, outcome: Outcome::Fixed, summary: "Done.".parse().expect("a short text") },
        _ => Move::Cancel { why: CancelReason::Staff },
    }
}

/// Where a walk of legal moves and passing deadlines ends, and the kinds that were legal on it.
fn walk(seed: u64) -> (Life, Timestamp, BTreeSet<usize>) {
    let (timing, drawn) = (Timing::default(), Seeded::new(seed));
    let mut now = Timestamp::EPOCH.plus_minutes(100_000);
    let experts = [ExpertId::new(now, &drawn), ExpertId::new(now, &drawn)];
    let covered = drawn.below(4) > 0;
    let mut life = if covered { Life::received(now, &timing) } else { Life::received_without_plan(None, now, &timing) };
    let mut made = BTreeSet::new();
    for _ in 0..drawn.below(40) {
        now = now.plus_minutes(i64::try_from(drawn.below(40)).expect("a few minutes"));
        let open = match &life.state {
            State::Offered { offer, .. } => Some(*offer),
            State::Waiting
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => None,
        };
        let nth = usize::try_from(drawn.below(KINDS as u64)).expect("a small number");
        // An end is an end: it is made rarely, so that walks are long.
        if nth >= ENDS && drawn.below(4) > 0 {
            continue;
        }
        let to_do = a_move(nth, &drawn, experts, open, now);
        assert_eq!(kind(&to_do), nth, "each kind is drawn under its own number");
        let before = life.clone();
        match life.clone().make(to_do, now, &timing).or_else(|_| life.clone().overdue(now, &timing)) {
            Ok(done) => {
                life = done.life;
                made.insert(nth);
            }
            Err(_) => continue,
        }
        assert_eq!(life.fault(), None, "{before:?} became {life:?}");
        assert_eq!(life.deadline_at.is_none(), life.owner() == Owner::Nobody, "{life:?}");
    }
    (life, now, made)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn from_any_state_that_any_moves_reach_time_alone_leads_to_an_end_or_a_person(seed: u64) {
        let timing = Timing::default();
        let (mut life, _, _) = walk(seed);
        let is_settled = |life: &Life| life.state.is_ended() || life.needs_human.is_some() && life.owner() == Owner::Desk;
        for _ in 0..STEPS_MAX {
            if is_settled(&life) {
                break;
            }
            let deadline = life.deadline_at.expect("an open life has a deadline");
            prop_assert_eq!(life.clone().overdue(deadline.plus_millis(-1), &timing), Err(Refusal::Already));
            life = life.overdue(deadline, &timing).expect("its deadline has passed").life;
            prop_assert_eq!(life.fault(), None);
        }
        prop_assert!(is_settled(&life), "{:?}", life);
        // Where a person does nothing the admins hear of it, again and again; what waits for a plan is closed.
        if let Some(deadline) = life.deadline_at {
            let goes_on = |life: &Life| life.state.is_ended() || life.deadline_at > Some(deadline);
            let mut after = life.overdue(deadline, &timing).expect("its deadline has passed").life;
            if !goes_on(&after) {
                // An offer ran out in the instant in which the admins are to hear: both happen, one after the other.
                after = after.overdue(deadline, &timing).expect("its deadline has passed").life;
            }
            prop_assert!(goes_on(&after), "{:?}", after);
        }
    }
}

#[test]
fn an_offer_that_runs_out_when_the_admins_are_to_hear_does_not_keep_them_from_hearing() {
    // Found by the property above.
    let timing = Timing::default();
    let (life, _, _) = walk(7_000_752_668_230_372_457);
    let n_before = life.needs_human.as_ref().map(|flag| flag.n_escalations);
    let deadline = life.deadline_at.expect("an open life has a deadline");
    let lapsed = life.overdue(deadline, &timing).expect("the offer has run out").life;
    let told = lapsed.overdue(deadline, &timing).expect("the admins are due as well").life;
    assert_eq!(told.needs_human.as_ref().map(|flag| flag.n_escalations), n_before.map(|n| n + 1));
    assert!(told.deadline_at > Some(deadline));
}

#[test]
fn the_walks_make_moves_of_every_kind() {
    let made: BTreeSet<usize> = (0..500).flat_map(|seed| walk(seed).2).collect();
    assert_eq!(made, (0..KINDS).collect());
}
