//! Rounds of matching as stories, and what must hold for every round.

use super::*;
use crate::matching::explain::{Names, explain};
use crate::matching::need::Priority;
use crate::matching::samples::*;
use proptest::prelude::*;

const ANA: u64 = 1;
const BEN: u64 = 2;
const CAT: u64 = 3;

fn candidate_at(number: u64, minutes: i64) -> Candidate {
    Candidate { home: minutes_north(minutes), ..candidate(number) }
}

fn winners(batch: &Batch) -> Vec<Option<ExpertId>> {
    decide(batch).iter().map(|decision| decision.winner.map(|winner| winner.expert)).collect()
}

fn names() -> Names {
    Names {
        experts: [(id(ANA), "Ana".to_owned()), (id(BEN), "Ben".to_owned()), (id(CAT), "Cat".to_owned())].into(),
        skills: [(tv(), "TV".to_owned()), (id(ROUTER), "Router".to_owned())].into(),
        tickets: [(id(11), "K7M4-PQ".to_owned()), (id(12), "H3TT-9A".to_owned())].into(),
    }
}

#[test]
fn the_nearest_free_expert_wins_and_everybody_elses_verdict_is_kept() {
    let mut ben = candidate_at(BEN, 5);
    ben.skills = skills(&[(ROUTER, 2)]);
    let decisions = decide(&batch(vec![need(11)], vec![ben, candidate_at(CAT, 20), candidate_at(ANA, 12)]));
    let [decision] = decisions.as_slice() else { panic!("{decisions:?}") };
    assert_eq!(decision.winner.map(|winner| winner.expert), Some(id(ANA)));
    assert_eq!(decision.outcome, Outcome::Cheapest);
    let said = explain(decision, &names());
    assert_eq!(
        said.summary,
        "Ana is asked, there at 09:12: nobody else was better for this ticket (2 of 3 experts could be sent)."
    );
    let expected = [
        "Ana: 12 min away from the home base, there at 09:12, works until 16:00; counts 13.2 min: way 12 min, waiting 1.2 min.",
        "Cat: 20 min away from the home base, there at 09:20, works until 16:00; counts 22 min: way 20 min, waiting 2 min.",
        "Ben: lacks skill TV.",
    ];
    assert_eq!(said.experts, expected);
}

#[test]
fn the_best_for_one_ticket_may_go_to_another_that_has_nobody_else() {
    // Ana can do both; Ben only the television. Ticket 11 alone would take Ana.
    let mut router = need(12);
    router.skills = skills(&[(ROUTER, 1)]);
    let mut ana = candidate_at(ANA, 10);
    ana.skills = skills(&[(TV, 1), (ROUTER, 1)]);
    let decisions = decide(&batch(vec![router, need(11)], vec![ana, candidate_at(BEN, 30)]));
    assert_eq!(decisions[0].winner.map(|winner| winner.expert), Some(id(BEN)));
    assert_eq!(decisions[0].outcome, Outcome::CheapestElsewhere { expert: id(ANA), ticket: id(12), extra: 220 });
    assert_eq!(decisions[1].winner.map(|winner| winner.expert), Some(id(ANA)));
    let said = explain(&decisions[0], &names());
    assert_eq!(
        said.summary,
        "Ben is asked, there at 09:30: Ana would have been better by 22 min, but goes to H3TT-9A: all tickets together \
         are served better so (2 of 2 experts could be sent)."
    );
    assert!(said.experts[0].ends_with("; goes to H3TT-9A."), "{}", said.experts[0]);
}

#[test]
fn when_experts_are_few_the_urgent_then_the_older_ticket_is_served() {
    let older = Need { filed_at: now().plus_minutes(-60), ..need(12) };
    let urgent = Need { priority: Priority::Urgent, place: minutes_north(-90), ..need(13) };
    let one = vec![candidate_at(ANA, 1)];
    let all = batch(vec![need(11), older.clone(), urgent], one.clone());
    assert_eq!(winners(&all), [None, None, Some(id(ANA))]);
    assert_eq!(decide(&all)[0].outcome, Outcome::AllElsewhere);
    assert_eq!(winners(&batch(vec![need(11), older], one)), [None, Some(id(ANA))]);
}

#[test]
fn an_open_offer_moves_only_for_a_gain_above_the_bound() {
    let offered = Need { offered_to: Some(id(BEN)), ..need(11) };
    // A minute of way costs eleven tenths with the waiting; the bound is a hundred.
    for (nearer_by, winner) in [(9, BEN), (10, ANA)] {
        let round = batch(vec![offered.clone()], vec![candidate_at(ANA, 20 - nearer_by), candidate_at(BEN, 20)]);
        assert_eq!(winners(&round), [Some(id(winner))], "nearer by {nearer_by}");
    }
}

#[test]
fn nobody_fits_is_said_with_every_reason() {
    let mut ben = candidate(BEN);
    ben.on_duty = false;
    ben.absences = vec![period(today(8, 0), today(39, 0))];
    let strict = Need { skills: skills(&[(TV, 2), (ROUTER, 1)]), ..need(11) };
    let decisions = decide(&batch(vec![strict], vec![ben]));
    assert_eq!((decisions[0].winner, decisions[0].outcome), (None, Outcome::NobodyFits));
    let said = explain(&decisions[0], &names());
    assert_eq!(said.summary, "Nobody is asked: nobody keeps every rule (0 of 1 experts could be sent).");
    let lacks = "Ben: lacks skill TV at level 2 (has level 1), skill Router; is off duty; \
                 is away until Tue 03 Mar 15:00; an absence takes the time.";
    assert_eq!(said.experts, [lacks]);
}

#[test]
fn language_experience_and_level_tip_the_scale_between_equals() {
    let preferred = |change: fn(&mut Need, &mut Candidate)| {
        let (mut need, mut ben) = (need(11), candidate(BEN));
        change(&mut need, &mut ben);
        winners(&batch(vec![need], vec![candidate(ANA), ben]))[0]
    };
    assert_eq!(preferred(|_, _| ()), Some(id(ANA)));
    assert_eq!(preferred(|need, ben| need.earlier_expert = Some(ben.expert)), Some(id(BEN)));
    let spanish = |need: &mut Need, ben: &mut Candidate| {
        need.language = "es".to_owned();
        ben.languages = ["es".to_owned()].into();
    };
    assert_eq!(preferred(spanish), Some(id(BEN)));
    assert_eq!(preferred(|_, ben| ben.skills = skills(&[(TV, 3)])), Some(id(ANA)));
}

#[test]
fn a_decision_that_brings_no_news_repeats_the_earlier_one() {
    let round = |change: fn(&mut Batch)| {
        let mut round = batch(vec![need(11)], vec![candidate_at(ANA, 12), candidate_at(BEN, 20)]);
        change(&mut round);
        decide(&round).remove(0)
    };
    let first = round(|_| ());
    assert!(round(|round| round.made_at = now().plus_minutes(1)).repeats(&first));
    assert!(!round(|round| round.candidates[1].on_duty = false).repeats(&first));
    assert!(!round(|round| round.candidates[1].home = minutes_north(2)).repeats(&first));
    assert!(!round(|round| round.weights.version += 1).repeats(&first));
}

#[test]
fn of_equals_the_first_is_sent() {
    let equals = vec![candidate(CAT), candidate(ANA), candidate(BEN)];
    assert_eq!(winners(&batch(vec![need(11)], equals.clone())), [Some(id(ANA))]);
    // Of two tickets either may have either, but nobody has the third.
    let mut two = winners(&batch(vec![need(12), need(11)], equals));
    two.sort_unstable();
    assert_eq!(two, [Some(id(ANA)), Some(id(BEN))]);
}

prop_compose! {
    fn round()(
        tickets in prop::collection::vec((-60..60_i64, 0..3_usize, 1..3_u64, 0..100_i64, (prop::option::of(1..8_u64), prop::option::of(1..3_u64))), 0..8),
        experts in prop::collection::vec((-60..60_i64, 1..4_u64, any::<bool>()), 0..8),
    ) -> Batch {
        let priorities = [Priority::Normal, Priority::High, Priority::Urgent];
        let tickets = tickets.into_iter().enumerate();
        let needs = tickets.map(|(number, (place, priority, skill, age, (offered, site)))| Need {
            // Tickets of one site are at one place.
            place: minutes_north(site.map_or(place, |site| 10 * i64::try_from(site).unwrap())),
            site: site.map(id),
            priority: priorities[priority],
            skills: skills(&[(skill, 1)]),
            filed_at: now().plus_minutes(-age),
            offered_to: offered.map(id),
            ..need(number as u64 + 1)
        });
        let experts = experts.into_iter().enumerate();
        let candidates = experts.map(|(number, (place, known, on_duty))| Candidate {
            on_duty,
            // One skill, the other, or both.
            skills: skills(&[(TV, 2), (ROUTER, 1)].into_iter().filter(|(skill, _)| known & skill != 0).collect::<Vec<_>>()),
            ..candidate_at(number as u64 + 1, place)
        });
        batch(needs.collect(), candidates.collect())
    }
}

#[test]
fn without_time_each_ticket_takes_its_best_in_turn_and_the_record_says_so() {
    // Ana can do both; Ben only the television. Ticket 11 comes first and takes Ana, so nobody is left for 12.
    let mut router = need(12);
    router.skills = skills(&[(ROUTER, 1)]);
    let mut ana = candidate_at(ANA, 10);
    ana.skills = skills(&[(TV, 1), (ROUTER, 1)]);
    let round = batch(vec![router, need(11)], vec![ana, candidate_at(BEN, 30)]);
    let greedy = decide_unless(&round, &|| true);
    assert_eq!(greedy.iter().map(|one| one.settled).collect::<Vec<_>>(), [Settled::Greedy; 2]);
    assert_eq!(greedy[0].winner.map(|winner| winner.expert), Some(id(ANA)));
    assert_eq!((greedy[1].winner, greedy[1].outcome), (None, Outcome::AllElsewhere));
    let said = explain(&greedy[1], &names());
    assert_eq!(
        said.summary,
        "Nobody is asked: everybody who could come goes to another ticket (1 of 2 experts could be sent). There was no \
         time for the best choice of all tickets together: each took its best in turn."
    );
    assert!(!greedy[0].repeats(&decide(&round)[0]), "that the time did not do is news");
    let later = |minutes| Decision { made_at: now().plus_minutes(minutes), ..greedy[0].clone() };
    assert!(later(9).repeats(&greedy[0]) && !later(10).repeats(&greedy[0]), "and news again if it lasts");
}

#[test]
fn tickets_of_one_site_go_in_one_way_to_whoever_can_do_them_all() {
    let at_site = |number: u64, skill: u64| Need { site: Some(id(70)), skills: skills(&[(skill, 1)]), ..need(number) };
    let knows = |number: u64, minutes: i64, known: &[(u64, i64)]| Candidate {
        skills: skills(known),
        ..candidate_at(number, minutes)
    };
    let round = batch(
        vec![at_site(11, TV), at_site(12, ROUTER)],
        vec![knows(ANA, 1, &[(TV, 1)]), knows(BEN, 1, &[(ROUTER, 1)]), knows(CAT, 30, &[(TV, 1), (ROUTER, 1)])],
    );
    for in_time in [true, false] {
        let decisions = decide_unless(&round, &|| !in_time);
        let [one, other] = decisions.as_slice() else { panic!("{decisions:?}") };
        let (first, second) = (one.winner.unwrap(), other.winner.unwrap());
        assert_eq!((first.expert, second.expert), (id(CAT), id(CAT)));
        assert_eq!(second.fit.start_at, first.fit.end_at.plus_minutes(10), "the buffer between them, and no way");
        assert_eq!((one.together.as_slice(), one.outcome), ([id(11), id(12)].as_slice(), Outcome::Cheapest));
        let said = explain(one, &names());
        let begins =
            "Cat is asked, there at 09:30, in one way with H3TT-9A: nobody else was better for this ticket (1 of 3";
        assert!(said.summary.starts_with(begins), "{}", said.summary);
        assert_eq!(said.experts[1], "Ana: could come, but not in one way with the others there (H3TT-9A).");
        assert_eq!(said.experts[2], "Ben: lacks skill TV.");
        assert_eq!([replay(one), replay(other)], [Some(id(CAT)); 2]);
    }
    // Without Cat nobody can do both: each goes alone.
    let apart = Batch { candidates: round.candidates[..2].to_vec(), ..round };
    assert_eq!(winners(&apart), [Some(id(ANA)), Some(id(BEN))]);
    assert!(decide(&apart).iter().all(|decision| decision.together.is_empty()));
}

#[test]
fn a_decision_kept_before_there_was_a_budget_was_the_optimum() {
    let decision = decide(&batch(vec![need(11)], vec![candidate(ANA)])).remove(0);
    let mut kept = serde_json::to_value(&decision).unwrap();
    assert!(kept.as_object_mut().unwrap().remove("settled").is_some());
    assert_eq!(serde_json::from_value::<Decision>(kept).unwrap(), decision);
}

proptest! {
    #[test]
    fn stored_decisions_replay_to_the_same_winners(round in round(), in_time in any::<bool>()) {
        let decisions = decide_unless(&round, &|| !in_time);
        let store = |one| serde_json::from_str(&serde_json::to_string(one).unwrap()).unwrap();
        let stored: Vec<Decision> = decisions.iter().rev().map(store).collect();
        let winner = |one: &Decision| one.winner.map(|winner| winner.expert);
        for decision in &stored {
            prop_assert_eq!(replay(decision), winner(decision));
            prop_assert!(decision.repeats(decision));
        }
        prop_assert_eq!(replay_round(&stored), decisions.iter().map(|one| (one.ticket, winner(one))).collect());
    }

    #[test]
    fn the_order_of_tickets_and_experts_changes_nothing(round in round()) {
        let mut turned = round.clone();
        turned.needs.reverse();
        turned.candidates.reverse();
        prop_assert_eq!(decide(&turned), decide(&round));
    }

    #[test]
    fn nobody_is_sent_twice_or_against_a_rule_and_everybody_is_accounted_for(
        round in round(),
        in_time in any::<bool>(),
    ) {
        let decisions = decide_unless(&round, &|| !in_time);
        prop_assert_eq!(decisions.len(), round.needs.len());
        // What goes in one way is sent once.
        let heads = decisions.iter().filter(|one| one.together.first().is_none_or(|first| *first == one.ticket));
        let mut sent: Vec<_> = heads.filter_map(|one| one.winner).map(|winner| winner.expert).collect();
        let n_sent = sent.len();
        sent.sort_unstable();
        sent.dedup();
        prop_assert_eq!(sent.len(), n_sent);
        for decision in &decisions {
            prop_assert_eq!(decision.considered.len(), round.candidates.len());
            let ranked = |expert| decision.considered.iter().any(|one| one.expert == expert && matches!(one.judged, Judged::Ranked { .. }));
            prop_assert!(decision.winner.is_none_or(|winner| ranked(winner.expert)));
            // Somebody who fits and is free is never left standing.
            prop_assert!(decision.outcome != Outcome::NotWorthIt);
        }
    }
}
