//! What a person is asked, how long the question stands, and who is asked first after a hold.

use super::*;

/// A ticket about which a person was told of smoke.
fn smoking(world: &World) -> Life {
    world.make(&world.waiting(), Move::AskHuman { reason: HumanReason::Danger }).unwrap().life
}

#[test]
fn a_question_that_only_a_person_answers_is_not_pushed_aside_by_a_lesser_one() {
    let soft = [HumanReason::NoCandidate, HumanReason::NotDelivered, HumanReason::RunningLate];
    let hard = [HumanReason::OffersExhausted, HumanReason::HoldEnded];
    for standing in soft {
        for new in soft.into_iter().chain(hard).filter(|new| *new != standing) {
            assert!(new.replaces(standing), "{new:?} for {standing:?}");
        }
    }
    for standing in hard.into_iter().chain([HumanReason::Danger, HumanReason::DoneByOther]) {
        for new in soft.into_iter().chain(hard) {
            assert!(!new.replaces(standing), "{new:?} for {standing:?}");
        }
        assert!(!standing.replaces(standing) && !standing.replaces(HumanReason::NoPlan));
    }
    assert!(HumanReason::Danger.replaces(HumanReason::HoldEnded));
    assert!(HumanReason::DoneByOther.replaces(HumanReason::Danger));
    let world = World::new();
    let asked = world.make(&smoking(&world), Move::AskHuman { reason: HumanReason::NoCandidate });
    assert_eq!(asked, Err(Refusal::Already));
}

#[test]
fn danger_stays_a_persons_question_while_experts_are_asked_and_come() {
    let world = World::new();
    let smoking = smoking(&world);
    assert!(smoking.is_matchable());
    let offered = world.offered_to(world.ana, &smoking);
    let State::Offered { expires_at, .. } = offered.state else { panic!("{offered:?}") };
    assert_eq!(offered.needs_human.as_ref().map(|flag| flag.reason), Some(HumanReason::Danger));
    assert_eq!(offered.deadline_at, Some(expires_at), "the offer's own time is nearer");
    let lapsed = offered.clone().overdue(expires_at, &world.timing).unwrap().life;
    let told_at = world.now.plus_minutes(world.timing.human_minutes);
    assert_eq!((lapsed.state.word(), lapsed.deadline_at), ("waiting", Some(told_at)));
    let told = lapsed.overdue(told_at, &world.timing).unwrap();
    assert_eq!(told.events[0].fact, Fact::Escalated { reason: HumanReason::Danger, n: 1 });
    let accepted = world.make(&offered, Move::Accept { expert: world.ana, late: None }).unwrap().life;
    assert_eq!((accepted.state.word(), accepted.deadline_at), ("accepted", Some(told_at)));
    let settled = world.make(&accepted, Move::Settle { note: None }).unwrap().life;
    assert_eq!((settled.needs_human, settled.deadline_at), (None, Some(world.visit().leave_at())));
}

#[test]
fn a_plan_that_was_bought_and_begins_later_is_waited_for() {
    let world = World::new();
    let from = world.now.plus_minutes(7 * 1_440);
    let life = Life::received_without_plan(Some(from), world.now, &world.timing);
    assert_eq!(life.deadline_at, Some(from.plus_minutes(world.timing.human_minutes)));
    let soon = Life::received_without_plan(Some(world.now.plus_minutes(1)), world.now, &world.timing);
    assert_eq!(soon.deadline_at, Some(world.now.plus_minutes(world.timing.no_plan_minutes)));
}

#[test]
fn after_a_hold_the_expert_who_had_it_is_named_until_somebody_is_asked() {
    let world = World::new();
    let until = world.now.plus_minutes(60);
    let held = world.make(&world.accepted(), Move::Hold { why: HoldReason::Customer, until }).unwrap().life;
    let waiting = held.overdue(until, &world.timing).unwrap().life;
    let first = waiting.first.expect("somebody had it");
    assert_eq!((first.expert, first.until), (world.ana, until.plus_minutes(world.timing.same_expert_minutes)));
    assert_eq!(world.offered_to(world.ana, &waiting).first, None);
}
