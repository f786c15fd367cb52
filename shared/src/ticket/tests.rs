//! How tickets move: the table of moves, the phone's skips forward, and what the fold shows.

mod questions;

use super::*;
use crate::chance::{Chance as _, Seeded};
use crate::document::{ContactDoc, OfferDoc, ProductDoc, SiteDoc, TicketDoc};
use crate::event::Fact;
use crate::fold::{Overlay, fold};
use crate::ids::{MutationId, NoteId, TicketId};
use crate::intent::Intent;
use crate::number::TicketNumber;
use crate::offer::DeclineReason;
use crate::time::Zone;
use proptest::prelude::*;

struct World {
    now: Timestamp,
    timing: Timing,
    chance: Seeded,
    ana: ExpertId,
    ben: ExpertId,
}

impl World {
    fn new() -> Self {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let chance = Seeded::new(7);
        let (ana, ben) = (ExpertId::new(now, &chance), ExpertId::new(now, &chance));
        Self { now, timing: Timing::default(), chance, ana, ben }
    }

    fn visit(&self) -> VisitPlan {
        VisitPlan { start_at: self.now.plus_minutes(40), travel_minutes: 25, work_minutes: 60 }
    }

    fn make(&self, life: &Life, to_do: Move) -> Result<Done, Refusal> {
        life.clone().make(to_do, self.now, &self.timing)
    }

    fn waiting(&self) -> Life {
        Life::received(self.now, &self.timing)
    }

    fn offered_to(&self, expert: ExpertId, life: &Life) -> Life {
        let offer = OfferId::new(self.now, &self.chance);
        self.make(life, Move::Offer { offer, expert, visit: self.visit(), decision: None }).unwrap().life
    }

    fn accepted(&self) -> Life {
        let offered = self.offered_to(self.ana, &self.waiting());
        self.make(&offered, Move::Accept { expert: self.ana, late: None }).unwrap().life
    }
}

fn complete(expert: ExpertId) -> Move {
    Move::Complete { expert, outcome: Outcome::Fixed, summary: "New fuse.".parse().unwrap() }
}

#[test]
fn a_phone_that_only_says_complete_has_accepted_departed_and_arrived() {
    let world = World::new();
    let offered = world.offered_to(world.ana, &world.waiting());
    let done = world.make(&offered, complete(world.ana)).unwrap();
    let events: Vec<_> = done.events.iter().map(|event| (event.fact.word(), event.skipped)).collect();
    assert_eq!(events, [("accepted", true), ("departed", true), ("arrived", true), ("completed", false)]);
    assert_eq!((done.life.state.word(), done.life.deadline_at), ("completed", None));
    assert_eq!(world.make(&done.life, complete(world.ana)), Err(Refusal::Already));
}

#[test]
fn an_expert_who_lost_the_ticket_changes_nothing() {
    let world = World::new();
    let accepted = world.accepted();
    assert_eq!(world.make(&accepted, complete(world.ben)), Err(Refusal::NotHolder));
    let cancelled = world.make(&accepted, Move::Cancel { why: CancelReason::Customer }).unwrap().life;
    assert_eq!(world.make(&cancelled, complete(world.ana)), Err(Refusal::Cancelled));
}

#[test]
fn at_its_expiry_an_offer_cannot_be_accepted_though_nobody_recorded_the_lapse_yet() {
    let mut world = World::new();
    let offered = world.offered_to(world.ana, &world.waiting());
    let accept = Move::Accept { expert: world.ana, late: None };
    world.now = world.now.plus_minutes(5);
    assert_eq!(world.make(&offered, accept), Err(Refusal::Lapsed));
    let lapsed = offered.overdue(world.now, &world.timing).unwrap();
    assert_eq!(lapsed.life.state, State::Waiting);
    let granted = world.make(&lapsed.life, Move::Accept { expert: world.ana, late: Some(world.visit()) }).unwrap();
    assert!(matches!(granted.events[0].fact, Fact::Accepted { late: true, .. }));
}

#[test]
fn the_fifth_offer_without_a_yes_asks_a_person_and_stops_the_matcher() {
    let world = World::new();
    let mut life = world.waiting();
    for n in 1..=5 {
        let offered = world.offered_to(world.ana, &life);
        let decline = Move::Decline { expert: world.ana, reason: DeclineReason::Busy };
        life = world.make(&offered, decline).unwrap().life;
        assert_eq!(life.is_matchable(), n < 5, "after {n}");
    }
    assert_eq!(life.needs_human.as_ref().unwrap().reason, HumanReason::OffersExhausted);
    let settled = world.make(&life, Move::Settle { note: None }).unwrap().life;
    assert!(settled.is_matchable() && settled.n_offers == 0);
}

#[test]
fn without_a_plan_the_ticket_waits_is_asked_about_and_is_closed() {
    let world = World::new();
    let life = Life::received_without_plan(None, world.now, &world.timing);
    assert_eq!((life.owner(), life.is_matchable()), (Owner::Customer, false));
    let paid = world.make(&life, Move::PlanFound).unwrap().life;
    assert_eq!((paid.owner(), paid.is_matchable()), (Owner::Matcher, true));
    let asked = life.clone().overdue(life.deadline_at.unwrap(), &world.timing).unwrap().life;
    assert_eq!(asked.owner(), Owner::Desk);
    let closed = asked.clone().overdue(asked.deadline_at.unwrap(), &world.timing).unwrap().life;
    assert!(matches!(closed.state, State::Cancelled { why: CancelReason::NoPlan, .. }));
}

#[test]
fn a_silent_phone_never_moves_a_ticket_it_asks_a_person() {
    let world = World::new();
    let accepted = world.accepted();
    assert_eq!(accepted.deadline_at, Some(world.visit().leave_at()));
    let reminded = accepted.clone().overdue(accepted.deadline_at.unwrap(), &world.timing).unwrap();
    assert_eq!(reminded.events[0].fact, Fact::Reminded { expert: world.ana });
    let asked = reminded.life.clone().overdue(reminded.life.deadline_at.unwrap(), &world.timing).unwrap().life;
    assert_eq!((asked.state.holder(), asked.owner()), (Some(world.ana), Owner::Desk));
    let departed = world.make(&asked, Move::Depart { expert: world.ana }).unwrap().life;
    assert_eq!((departed.needs_human, departed.state.word()), (None, "en_route"));
}

/// What becomes of a visit that cannot be finished for this reason.
fn cannot_fix(world: &World, life: &Life, why: CannotFix, until: Option<Timestamp>) -> Life {
    let part = (why == CannotFix::Part).then(|| "T-con board".parse().unwrap());
    world.make(life, Move::CannotFix { expert: world.ana, why, part, until }).unwrap().life
}

#[test]
fn cannot_fix_for_a_skill_goes_on_at_once_and_danger_asks_a_person_at_once() {
    let world = World::new();
    let on_site = world.make(&world.accepted(), Move::Arrive { expert: world.ana }).unwrap().life;
    let skill = cannot_fix(&world, &on_site, CannotFix::Skill, None);
    assert!(skill.is_matchable() && skill.needs_human.is_none() && skill.n_offers == 0);
    let not_safe = cannot_fix(&world, &on_site, CannotFix::Unsafe, None);
    let reason = HumanReason::CannotFix { why: CannotFix::Unsafe };
    assert_eq!(not_safe.needs_human.as_ref().map(|flag| flag.reason), Some(reason));
    assert!(!not_safe.is_matchable() && not_safe.state.holder().is_none());
}

#[test]
fn a_missing_part_holds_the_ticket_until_its_date_and_then_it_goes_on() {
    let world = World::new();
    let on_site = world.make(&world.accepted(), Move::Arrive { expert: world.ana }).unwrap().life;
    let date = world.now.plus_minutes(3 * 1_440);
    let held = cannot_fix(&world, &on_site, CannotFix::Part, Some(date));
    assert_eq!((held.deadline_at, held.needs_human.is_none(), held.owner()), (Some(date), true, Owner::Desk));
    assert!(matches!(&held.state, State::OnHold { why: HoldReason::Part, expert: Some(expert), part: Some(_), .. }
        if *expert == world.ana));
    assert_eq!(held.clone().overdue(date.plus_millis(-1), &world.timing), Err(Refusal::Already));
    let goes_on = held.overdue(date, &world.timing).unwrap().life;
    assert!(goes_on.is_matchable());
    let nobody = goes_on.clone().overdue(goes_on.deadline_at.unwrap(), &world.timing).unwrap().life;
    assert_eq!(nobody.needs_human.unwrap().reason, HumanReason::NoCandidate);
    // Without a date, or with one that has passed, a person finds one.
    for until in [None, Some(world.now)] {
        let undated = cannot_fix(&world, &on_site, CannotFix::Part, until);
        assert_eq!(undated.needs_human.unwrap().reason, HumanReason::CannotFix { why: CannotFix::Part });
    }
}

#[test]
fn a_closed_door_is_the_customers_for_a_day_and_the_second_time_a_person_looks_at_once() {
    let world = World::new();
    for why in [CannotFix::NoAccess, CannotFix::WrongAddress] {
        let on_site = world.make(&world.accepted(), Move::Arrive { expert: world.ana }).unwrap().life;
        let held = cannot_fix(&world, &on_site, why, None);
        assert_eq!((held.owner(), held.needs_human.clone()), (Owner::Customer, None));
        let day = held.deadline_at.unwrap();
        assert_eq!(day, world.now.plus_minutes(24 * 60));
        let asked = held.clone().overdue(day, &world.timing).unwrap().life;
        assert_eq!(asked.needs_human.as_ref().map(|flag| flag.reason), Some(HumanReason::HoldEnded));
        assert_eq!(asked.state.word(), "on_hold");
        let resumed = world.make(&held, Move::Resume).unwrap().life;
        let offered = world.offered_to(world.ana, &resumed);
        let again = world.make(&offered, Move::Arrive { expert: world.ana }).unwrap().life;
        let again = cannot_fix(&world, &again, CannotFix::NoAccess, None);
        let flag = again.needs_human.map(|flag| flag.reason);
        assert_eq!(flag, Some(HumanReason::CannotFix { why: CannotFix::NoAccess }), "after {why:?}");
    }
}

fn words(done: &Done) -> Vec<&'static str> {
    done.events.iter().map(|event| event.fact.word()).collect()
}

#[test]
fn another_time_keeps_a_visit_that_fits_it_and_takes_back_one_that_does_not() {
    let world = World::new();
    let start = world.visit().start_at;
    let chosen = |from: Timestamp| Move::Reschedule { windows: vec![Window { from, until: from.plus_minutes(60) }] };
    let offered = world.offered_to(world.ana, &world.waiting());
    for life in [&offered, &world.accepted()] {
        for to_do in [chosen(start), Move::Reschedule { windows: Vec::new() }] {
            let kept = world.make(life, to_do).unwrap();
            assert_eq!((&kept.life, words(&kept)), (life, vec!["rescheduled"]));
        }
    }
    let withdrawn = world.make(&offered, chosen(start.plus_minutes(1))).unwrap();
    assert_eq!(words(&withdrawn), ["rescheduled", "withdrawn"]);
    let released = world.make(&world.accepted(), chosen(start.plus_minutes(-60))).unwrap();
    assert_eq!(words(&released), ["rescheduled", "released"]);
    assert!(withdrawn.life.is_matchable() && released.life.is_matchable());
}

#[test]
fn another_time_ends_the_wait_for_a_closed_door_and_mends_neither_a_part_nor_an_address() {
    let world = World::new();
    let on_site = world.make(&world.accepted(), Move::Arrive { expert: world.ana }).unwrap().life;
    let soon = || Move::Reschedule { windows: Vec::new() };
    let shut = cannot_fix(&world, &on_site, CannotFix::NoAccess, None);
    let resumed = world.make(&shut, soon()).unwrap();
    assert_eq!(words(&resumed), ["rescheduled", "resumed"]);
    assert!(resumed.life.is_matchable());
    let en_route = world.make(&world.accepted(), Move::Depart { expert: world.ana }).unwrap().life;
    let part = cannot_fix(&world, &on_site, CannotFix::Part, None);
    let wrong = cannot_fix(&world, &on_site, CannotFix::WrongAddress, None);
    for life in [&en_route, &on_site, &part, &wrong] {
        assert_eq!(world.make(life, soon()), Err(Refusal::Illegal), "{}", life.state.word());
    }
}

#[test]
fn another_time_is_looked_for_anew_where_nobody_was_found_and_hides_no_other_question() {
    let world = World::new();
    let ask = |reason| world.make(&world.waiting(), Move::AskHuman { reason }).unwrap().life;
    let anew = |life: &Life| world.make(life, Move::Reschedule { windows: Vec::new() }).unwrap().life;
    assert_eq!(anew(&ask(HumanReason::NoCandidate)), world.waiting());
    let danger = ask(HumanReason::Danger);
    assert_eq!(anew(&danger), danger);
    let unpaid = Life::received_without_plan(None, world.now, &world.timing);
    assert_eq!(anew(&unpaid), unpaid);
}

/// A random walk over all moves, with experts, chance and time drawn by a seed.
fn walk(seed: u64) -> (World, Life) {
    let mut world = World::new();
    let drawn = Seeded::new(seed);
    let mut life =
        if drawn.below(4) == 0 { Life::received_without_plan(None, world.now, &world.timing) } else { world.waiting() };
    for _ in 0..drawn.below(25) {
        world.now = world.now.plus_minutes(i64::try_from(drawn.below(30)).unwrap());
        let expert = if drawn.below(2) == 0 { world.ana } else { world.ben };
        let late = (drawn.below(3) == 0).then(|| world.visit());
        let until = world.now.plus_minutes(60);
        let offer = OfferId::new(world.now, &drawn);
        let windows = vec![Window { from: until, until: until.plus_minutes(60) }];
        let to_do = match drawn.below(20) {
            0..=3 => Move::Offer { offer, expert, visit: world.visit(), decision: None },
            4 | 5 => Move::Accept { expert, late },
            6 => Move::Decline { expert, reason: DeclineReason::Ill },
            7 => Move::Withdraw { why: WithdrawReason::OffDuty },
            8 => Move::Depart { expert },
            9 => Move::Arrive { expert },
            10 => complete(expert),
            11 => Move::CannotFix {
                expert,
                why: CannotFix::ALL[usize::try_from(drawn.below(5)).unwrap()],
                part: None,
                until: None,
            },
            12 => Move::Release { why: ReleaseReason::Absent },
            13 => Move::Hold { why: HoldReason::Part, until },
            14 => Move::Resume,
            15 => Move::AskHuman { reason: HumanReason::Danger },
            16 => Move::Settle { note: None },
            17 => Move::Reschedule { windows },
            18 => Move::Correct { what: vec![Corrected::Address], visit: None },
            _ => Move::PlanFound,
        };
        if let Ok(done) = world.make(&life, to_do) {
            life = done.life;
        } else if let Ok(done) = life.clone().overdue(world.now, &world.timing) {
            life = done.life;
        }
        assert_eq!(life.fault(), None, "{life:?}");
    }
    (world, life)
}

proptest! {
    #[test]
    fn from_any_reachable_state_time_alone_leads_to_an_end_or_a_human(seed: u64) {
        let (world, mut life) = walk(seed);
        for _ in 0..4 {
            if life.state.is_ended() || life.owner() == Owner::Desk {
                break;
            }
            let deadline = life.deadline_at.expect("open");
            prop_assert_eq!(life.clone().overdue(deadline.plus_millis(-1), &world.timing), Err(Refusal::Already));
            life = life.overdue(deadline, &world.timing).expect("passed").life;
            prop_assert_eq!(life.fault(), None);
        }
        prop_assert!(life.state.is_ended() || life.owner() == Owner::Desk, "{:?}", life);
    }

    #[test]
    fn a_life_survives_its_stored_form(seed: u64) {
        let (_, life) = walk(seed);
        let stored = serde_json::to_string(&life).unwrap();
        prop_assert_eq!(serde_json::from_str::<Life>(&stored).unwrap(), life);
    }

    /// The promise behind the offline screen: what the phone shows is what the server will say, if nothing came between.
    #[test]
    fn the_phone_shows_what_the_server_will_say(seed: u64, act in 0_usize..6) {
        let (world, life) = walk(seed);
        let (Some(expert), Some(phase)) = (life.state.holder(), life.state.phase()) else { return Ok(()) };
        let summary = "New fuse.".parse().unwrap();
        let (intent, to_do) = match act {
            0 => (Intent::OfferAccept {}, Move::Accept { expert, late: None }),
            1 => (Intent::TicketDepart {}, Move::Depart { expert }),
            2 => (Intent::TicketArrive {}, Move::Arrive { expert }),
            3 => (Intent::TicketComplete { outcome: Outcome::Fixed, summary }, complete(expert)),
            4 => {
                let reason = DeclineReason::Busy;
                (Intent::OfferDecline { reason, skills: vec![] }, Move::Decline { expert, reason })
            }
            _ => {
                let why = CannotFix::Part;
                let intent = Intent::TicketCannotFix { why, skills: vec![], part: None, until: None, called: None };
                (intent, Move::CannotFix { expert, why, part: None, until: None })
            }
        };
        let doc = document(&world, phase, &life);
        let mid = MutationId::new(world.now, &world.chance);
        let view = fold(&doc, "Ana", &[Overlay { mid, intent, made_at: world.now, acked: false }]);
        match world.make(&life, to_do) {
            Ok(done) if done.life.state.holder() == Some(expert) => {
                prop_assert_eq!(Some(view.doc.phase), done.life.state.phase());
            }
            Ok(done) if done.life.state.is_ended() => prop_assert_eq!(view.doc.phase, Phase::Completed),
            Ok(_) => prop_assert!(view.given_back),
            Err(Refusal::Lapsed) => {}
            Err(_) => prop_assert_eq!((view.doc.phase, view.given_back), (phase, false)),
        }
    }
}

fn document(world: &World, phase: Phase, life: &Life) -> TicketDoc {
    let offer = match &life.state {
        State::Offered { offer, expires_at, .. } => Some(OfferDoc { id: *offer, expires_at: *expires_at }),
        _ => None,
    };
    TicketDoc {
        id: TicketId::new(world.now, &world.chance),
        number: TicketNumber::from_hash([1, 2, 3, 4, 5]),
        ver: 1,
        phase,
        offer,
        visit: life.state.visit(),
        title: "No picture".into(),
        description: String::new(),
        product: ProductDoc {
            category: "Television".into(),
            symptom: None,
            make: None,
            model: None,
            category_slug: None,
            symptom_slug: None,
        },
        urgent: false,
        site: SiteDoc {
            address: vec!["1 Main St".into()],
            zone: Zone::utc(),
            place: None,
            pinned: false,
            access_note: None,
            corrected: false,
        },
        contact: ContactDoc { name: "Mia".into(), phone: None },
        why_you: None,
        notes: vec![],
        photos: Vec::new(),
        end: None,
        earlier: None,
        solved: vec![],
        stopped: false,
    }
}

#[test]
fn an_own_note_shows_once_whether_or_not_the_server_has_it() {
    let world = World::new();
    let life = world.accepted();
    let base = document(&world, Phase::Accepted, &life);
    let note = NoteId::new(world.now, &world.chance);
    let intent = Intent::NoteAdd { note, text: "Ring twice".parse().unwrap() };
    let mid = MutationId::new(world.now, &world.chance);
    let mut own = Overlay { mid, intent, made_at: world.now, acked: false };
    let view = fold(&base, "Ana", std::slice::from_ref(&own));
    assert_eq!((view.doc.notes.len(), view.n_unsent), (1, 1));
    own.acked = true;
    let view = fold(&view.doc, "Ana", &[own]);
    assert_eq!((view.doc.notes.len(), view.n_unsent), (1, 0));
}

#[test]
fn a_pin_is_where_he_stands_once_he_is_there_and_not_before() {
    let world = World::new();
    let pin = crate::place::Place::from_degrees(40.75, -73.99).unwrap();
    let mid = MutationId::new(world.now, &world.chance);
    let own = [Overlay { mid, intent: Intent::SitePin(pin), made_at: world.now, acked: false }];
    let base = |phase| document(&world, phase, &world.accepted());
    let there = fold(&base(Phase::OnSite), "Ana", &own);
    assert_eq!((there.doc.site.place, there.doc.site.pinned, there.n_unsent), (Some(pin), true, 1));
    assert!(!fold(&base(Phase::EnRoute), "Ana", &own).doc.site.pinned);
}

#[test]
fn a_report_that_is_taken_names_who_did_it_and_releases_whoever_has_it_by_now() {
    let world = World::new();
    let summary = || "New fuse.".parse().unwrap();
    let take = || Move::TakeReport { expert: world.ben, outcome: Outcome::Fixed, summary: summary() };
    let words = |life: &Life| {
        let done = world.make(life, take()).unwrap();
        assert!(matches!(done.life.state, State::Completed { expert: Some(by), .. } if by == world.ben));
        assert_eq!((done.life.deadline_at, done.life.needs_human), (None, None));
        done.events.iter().map(|event| event.fact.word()).collect::<Vec<_>>()
    };
    assert_eq!(words(&world.accepted()), ["released", "completed"]);
    assert_eq!(words(&world.offered_to(world.ana, &world.waiting())), ["withdrawn", "completed"]);
    assert_eq!(words(&world.waiting()), ["completed"]);
    let taken = world.make(&world.accepted(), take()).unwrap().life;
    assert_eq!(world.make(&taken, take()), Err(Refusal::Already));
    let by_ana = world.make(&world.accepted(), complete(world.ana)).unwrap().life;
    assert_eq!(world.make(&by_ana, take()), Err(Refusal::Illegal));
}
