//! The day in the words of the business: free, or on a job until about; what is late; what comes between.

use super::*;
use crate::matching::calendar::{Period, Shift, ShiftDay};
use crate::tickets::begin;
use crate::tickets::samples::{filing, id};
use shared::ids::ExpertId;
use shared::place::Place;
use shared::ticket::{HumanReason, Life, Move, Timing};
use shared::time::Zone;

fn now() -> Timestamp {
    "2026-03-02T14:00:00Z".parse().unwrap()
}

fn ana() -> ExpertId {
    id(11)
}

/// On duty and on shift every day from noon to eight in the evening.
fn expert() -> Candidate {
    let shift = |day| Shift { day: ShiftDay::Weekly(day), start_minute: 12 * 60, end_minute: 20 * 60, on_call: false };
    Candidate {
        expert: ana(),
        active: true,
        on_duty: true,
        skills: shared::skills::Skills::default(),
        areas: [].into(),
        languages: [].into(),
        zone: Zone::utc(),
        home: Place::from_degrees(40.7, -74.0).unwrap(),
        position: None,
        arrival: None,
        shifts: (1..=7).map(shift).collect(),
        holidays: [].into(),
        on_call: vec![],
        absences: vec![],
        visits: vec![],
    }
}

/// A visit that starts in so many minutes, after a way of 20, for an hour, taken this far.
fn ticket(number: u64, minutes: i64, moves: Vec<Move>) -> Ticket {
    let timing = Timing::default();
    let (ticket, _) = begin(filing(number), now(), &timing);
    let visit = VisitPlan { start_at: now().plus_minutes(minutes), travel_minutes: 20, work_minutes: 60 };
    let offer = Move::Offer { offer: id(number + 50), expert: ana(), visit, decision: None };
    let early = now().plus_minutes(minutes.min(0) - 30);
    let life = [offer]
        .into_iter()
        .chain(moves)
        .fold(Life::received(early, &timing), |life, to_do| life.make(to_do, early, &timing).unwrap().life);
    Ticket { life, due_at: now().plus_minutes(8 * 60), ..ticket }
}

fn accept() -> Move {
    Move::Accept { expert: ana(), late: None }
}

fn does(held: &[Ticket]) -> Doing {
    doing(&expert(), &chain(held, now()), now(), &Settings::default())
}

#[test]
fn an_expert_is_free_until_the_next_visit_calls_or_the_shift_ends() {
    assert_eq!(does(&[]), Doing::Free { until: now().plus_minutes(6 * 60) });
    let later = ticket(1, 90, vec![accept()]);
    assert_eq!(does(&[later]), Doing::Free { until: now().plus_minutes(70) });
}

#[test]
fn or_on_a_job_until_about() {
    let travels = ticket(1, 10, vec![accept(), Move::Depart { expert: ana() }]);
    let until = now().plus_minutes(70);
    assert_eq!(does(std::slice::from_ref(&travels)), Doing::OnAJob { ticket: travels.id, until, on_the_way: true });
    let mut works = travels;
    works.life =
        works.life.make(Move::Arrive { expert: ana() }, now().plus_minutes(-80), &Timing::default()).unwrap().life;
    let doing = does(std::slice::from_ref(&works));
    assert_eq!(doing, Doing::OnAJob { ticket: works.id, until: now().plus_minutes(-20), on_the_way: false });
    assert_eq!(risk(&works, now()), Some(Risk::Longer { since: now().plus_minutes(-20) }));
}

#[test]
fn what_was_not_reported_is_said_as_that() {
    let late = ticket(1, 10, vec![accept()]);
    let since = now().plus_minutes(-10);
    assert_eq!(does(std::slice::from_ref(&late)), Doing::ShouldHaveLeft { ticket: late.id, since });
    assert_eq!(risk(&late, now()), Some(Risk::NotLeft { since }));
    let travels = ticket(1, -5, vec![accept(), Move::Depart { expert: ana() }]);
    assert_eq!(risk(&travels, now()), Some(Risk::NotThere { since: now().plus_minutes(-5) }));
}

#[test]
fn who_does_not_work_says_when_that_changes() {
    let settings = Settings::default();
    let away = Period { from: now().plus_minutes(-60), until: now().plus_minutes(60) };
    let ask = |candidate: &Candidate| doing(candidate, &[], now(), &settings);
    assert_eq!(ask(&Candidate { absences: vec![away], ..expert() }), Doing::Away { until: away.until });
    assert_eq!(ask(&Candidate { on_duty: false, ..expert() }), Doing::OffDuty);
    let night = expert().shifts.into_iter().map(|shift| Shift { start_minute: 22 * 60, end_minute: 23 * 60, ..shift });
    let next_at = Some(now().plus_minutes(8 * 60));
    assert_eq!(ask(&Candidate { shifts: night.collect(), ..expert() }), Doing::NotWorking { next_at });
    assert!(!ask(&Candidate { shifts: vec![], ..expert() }).is_working());
}

#[test]
fn a_chain_shows_the_gaps_and_what_will_be_late() {
    let (first, second, third) =
        (ticket(1, 30, vec![accept()]), ticket(2, 100, vec![accept()]), ticket(3, 300, vec![]));
    let chain = chain(&[third.clone(), first.clone(), second.clone()], now());
    assert_eq!(chain.iter().map(|stop| stop.ticket).collect::<Vec<_>>(), [first.id, second.id, third.id]);
    assert_eq!(chain.iter().map(|stop| stop.gap_minutes).collect::<Vec<_>>(), [10, 0, 120]);
    assert_eq!(chain.iter().map(|stop| stop.is_tight).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn a_ticket_is_at_risk_by_the_worst_that_is_known() {
    let timing = Timing::default();
    let mut waiting = ticket(1, 30, vec![]);
    waiting.life = Life::received(now(), &timing);
    assert_eq!(risk(&waiting, now()), Some(Risk::Waiting { due_at: waiting.due_at }));
    let passed = waiting.due_at.plus_minutes(1);
    assert_eq!(risk(&waiting, passed), Some(Risk::PastPromise { due_at: waiting.due_at }));
    let asked = waiting.life.clone().make(Move::AskHuman { reason: HumanReason::NoCandidate }, now(), &timing);
    let asked = Ticket { life: asked.unwrap().life, ..waiting };
    assert_eq!(risk(&asked, now()), Some(Risk::Asked { reason: "no_candidate", since: now() }));
    let good = ticket(2, 60, vec![accept()]);
    assert_eq!(risk(&good, now()), None);
    let promised = Ticket { due_at: now().plus_minutes(59), ..good };
    assert_eq!(risk(&promised, now()), Some(Risk::AfterPromise { due_at: promised.due_at }));
}
