//! The table of states drawn from the code, so that pages, docs and `check` can be compared with what really happens:
//! who owns each state, where time alone leads and when, and every way out.
//!
//! Deadlines are drawn by measuring: each life is made with other visits, and what its deadline follows is what it
//! depends on. Steps that a phone skipped are not drawn: they are the sum of others.

use super::{
    CancelReason, CannotFix, Corrected, HoldReason, HumanReason, Life, Move, Outcome, Owner, ReleaseReason, Timing,
};
use super::{VisitPlan, Window, WithdrawReason};
use crate::chance::Seeded;
use crate::ids::{ExpertId, OfferId};
use crate::offer::DeclineReason;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::fmt;

/// One state, or one of its kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The state's word.
    pub state: &'static str,
    /// What stands beside it: a question to a person, or what it waits for.
    pub beside: Option<&'static str>,
    /// Who must act.
    pub owner: &'static str,
    /// What time alone does, in order.
    pub time: Vec<Step>,
    /// Words of the states that one reported step leads to.
    pub ways_out: BTreeSet<&'static str>,
}

/// What happens when a deadline passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before it.
    pub after: Wait,
    /// What then.
    pub then: Then,
}

/// What the passing of time does to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is in this state.
    State(&'static str),
    /// A person is asked, with this reason.
    AsksPerson(&'static str),
    /// It becomes the desk's, which had been somebody else's.
    Desk,
    /// The admins are told that nobody acted.
    TellsAdmins,
    /// The expert is reminded.
    Reminds,
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(word) => f.write_str(word),
            Self::AsksPerson(reason) => write!(f, "a person: {reason}"),
            Self::Desk => f.write_str("a person"),
            Self::TellsAdmins => f.write_str("the admins"),
            Self::Reminds => f.write_str("reminder"),
        }
    }
}

/// A time in minutes, as what it depends on: so many times each of the visit's numbers, and a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    start: i64,
    travel: i64,
    work: i64,
    until: i64,
    minutes: i64,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [(self.start, "start"), (self.travel, "travel"), (self.work, "estimate"), (self.until, "until")];
        let mut is_first = true;
        for (times, name) in named.into_iter().filter(|(times, _)| *times != 0) {
            match (is_first, times < 0) {
                (true, false) => {}
                (true, true) => f.write_str("minus ")?,
                (false, false) => f.write_str(" + ")?,
                (false, true) => f.write_str(" minus ")?,
            }
            match times.abs() {
                1 => f.write_str(name)?,
                n => write!(f, "{n} × {name}")?,
            }
            is_first = false;
        }
        let minutes = self.minutes;
        match (is_first, minutes) {
            (false, 0) => Ok(()),
            (false, _) => write!(f, " + {minutes} min"),
            (true, _) if minutes >= 120 && minutes % 60 == 0 => write!(f, "{} h", minutes / 60),
            (true, _) => write!(f, "{minutes} min"),
        }
    }
}

impl Row {
    /// What time alone does, in a line.
    pub fn time_in_words(&self) -> String {
        let steps = self.time.iter().map(|step| format!("{} → {}", step.after, step.then));
        steps.collect::<Vec<_>>().join(", ")
    }

    /// The ways out, in a line.
    pub fn ways_out_in_words(&self) -> String {
        self.ways_out.iter().copied().collect::<Vec<_>>().join(" ")
    }
}

/// All rows, in the order of [`State::WORDS`](super::State::WORDS), by these settings. The last one is the question to a person, which can
/// stand beside every state.
pub fn table(timing: &Timing) -> Vec<Row> {
    let sample = Sample::new(timing, [0; 4]);
    let mut rows: Vec<Row> = (0..sample.lives().len()).map(|nth| sample.row(nth)).collect();
    rows.push(sample.question());
    rows
}

/// Numbers large enough that no floor of the settings hides what a deadline depends on: minutes until the visit starts,
/// on the way, of work, and until a hold ends.
const NUMBERS: [i64; 4] = [600, 50, 70, 5_000];
/// More steps than time alone ever takes.
const STEPS_MAX: usize = 4;

struct Sample {
    now: Timestamp,
    timing: Timing,
    expert: ExpertId,
    offer: OfferId,
    visit: VisitPlan,
    until: Timestamp,
}

impl Sample {
    /// The numbers, each with so much added.
    fn new(timing: &Timing, added: [i64; 4]) -> Self {
        let now = Timestamp::EPOCH.plus_minutes(10_000);
        let chance = Seeded::new(1);
        let [start, travel, work, until] = [0, 1, 2, 3].map(|at| NUMBERS[at] + added[at]);
        let whole = |minutes: i64| u32::try_from(minutes).expect("a few minutes");
        let visit =
            VisitPlan { start_at: now.plus_minutes(start), travel_minutes: whole(travel), work_minutes: whole(work) };
        let (expert, offer) = (ExpertId::new(now, &chance), OfferId::new(now, &chance));
        Self { now, timing: timing.clone(), expert, offer, visit, until: now.plus_minutes(until) }
    }

    /// One life in each state and its kinds, each made by moves, with what stands beside it.
    fn lives(&self) -> Vec<(Life, Option<&'static str>)> {
        let Self { expert, offer, visit, until, .. } = *self;
        let waiting = Life::received(self.now, &self.timing);
        let without_plan = Life::received_without_plan(None, self.now, &self.timing);
        let make = |life: &Life, to_do: Move| life.clone().make(to_do, self.now, &self.timing).expect("legal").life;
        let offered = make(&waiting, Move::Offer { offer, expert, visit, decision: None });
        let accepted = make(&offered, Move::Accept { expert, late: None });
        let en_route = make(&accepted, Move::Depart { expert });
        let on_site = make(&en_route, Move::Arrive { expert });
        let held = |why: HoldReason| (make(&waiting, Move::Hold { why, until }), Some(why.word()));
        let completed = make(&on_site, self.complete());
        let cancelled = make(&waiting, Move::Cancel { why: CancelReason::Customer });
        let plain = |life: Life| (life, None);
        let mut lives = vec![plain(waiting.clone()), (without_plan, Some(HumanReason::NoPlan.word()))];
        lives.extend([offered, accepted, en_route, on_site].map(plain));
        lives.extend(HoldReason::ALL.map(held));
        lives.extend([completed, cancelled].map(plain));
        lives
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
            Move::Hold { why: HoldReason::Part, until: self.until },
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

    fn row(&self, nth: usize) -> Row {
        let (life, beside) = self.lives().swap_remove(nth);
        let mut ways_out = BTreeSet::new();
        for to_do in self.moves() {
            if let Ok(done) = life.clone().make(to_do, self.now, &self.timing) {
                let skipped = done.events.iter().any(|event| event.skipped);
                let no_plan = |life: &Life| waits_for_plan(life);
                let moved = done.life.state.word() != life.state.word() || no_plan(&life) != no_plan(&done.life);
                if !skipped && moved {
                    ways_out.insert(done.life.state.word());
                }
            }
        }
        Row { state: life.state.word(), beside, owner: owner(&life), time: self.time(nth), ways_out }
    }

    /// The question to a person, beside a state that has one of its own no more.
    fn question(&self) -> Row {
        let asked = |sample: &Self| {
            let waiting = Life::received(sample.now, &sample.timing);
            let ask = Move::AskHuman { reason: HumanReason::Danger };
            waiting.make(ask, sample.now, &sample.timing).expect("legal").life
        };
        let (mut time, _) = self.steps(asked(self));
        time.truncate(1);
        let time = time.into_iter().map(|(minutes, then)| Step { after: Wait { minutes, ..Wait::default() }, then });
        let (life, time) = (asked(self), time.collect());
        Row { state: "needs_human", beside: None, owner: owner(&life), time, ways_out: BTreeSet::new() }
    }

    /// What time alone does to the life with this place, with what each wait depends on.
    fn time(&self, nth: usize) -> Vec<Step> {
        let of = |added: [i64; 4]| {
            let sample = Self::new(&self.timing, added);
            sample.steps(sample.lives().swap_remove(nth).0).0
        };
        let (base, more) = (of([0; 4]), [of([1, 0, 0, 0]), of([0, 1, 0, 0]), of([0, 0, 1, 0]), of([0, 0, 0, 1])]);
        let step = |(at, (minutes, then)): (usize, &(i64, Then))| {
            let [start, travel, work, until] = [0, 1, 2, 3].map(|number: usize| more[number][at].0 - minutes);
            let varying: i64 = [start, travel, work, until].iter().zip(NUMBERS).map(|(times, of)| times * of).sum();
            Step { after: Wait { start, travel, work, until, minutes: minutes - varying }, then: *then }
        };
        base.iter().enumerate().map(step).collect()
    }

    /// Minutes and what then, until it has ended, a person was asked, or it is another row's.
    fn steps(&self, mut life: Life) -> (Vec<(i64, Then)>, Life) {
        let (mut steps, mut since) = (Vec::new(), self.now);
        while let Some(deadline) = life.deadline_at.filter(|_| steps.len() < STEPS_MAX) {
            let after = life.clone().overdue(deadline, &self.timing).expect("its deadline has passed").life;
            let then = then(&life, &after);
            steps.push((deadline.minutes_since(since), then));
            let is_over = match then {
                Then::State(_) | Then::AsksPerson(_) | Then::TellsAdmins => true,
                Then::Desk | Then::Reminds => false,
            };
            (life, since) = (after, deadline);
            if is_over {
                break;
            }
        }
        (steps, life)
    }
}

fn waits_for_plan(life: &Life) -> bool {
    life.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::NoPlan)
}

fn then(before: &Life, after: &Life) -> Then {
    if before.state.word() != after.state.word() {
        return Then::State(after.state.word());
    }
    match (&before.needs_human, &after.needs_human) {
        (None, Some(flag)) => Then::AsksPerson(flag.reason.word()),
        (Some(_), Some(_)) if before.owner() != after.owner() => Then::Desk,
        (Some(_), Some(_) | None) => Then::TellsAdmins,
        (None, None) => Then::Reminds,
    }
}

fn owner(life: &Life) -> &'static str {
    match life.owner() {
        Owner::Matcher => "matcher",
        Owner::Expert(_) => "the expert",
        Owner::Customer => "customer",
        Owner::Desk => "desk",
        Owner::Nobody => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    /// business.md's table, less the late accept of sync.md, which needs a visit that no offer states. What a state on
    /// hold waits for stands in rows of its own; there "offered to the same expert first" is what waiting then does.
    const BUSINESS: [(&str, &str, &str, &str); 13] = [
        ("waiting", "matcher", "10 min → a person: no_candidate", "cancelled completed offered on_hold"),
        ("waiting no_plan", "customer", "48 h → a person, 48 h → cancelled", "cancelled waiting"),
        ("offered", "the expert", "5 min → waiting", "accepted cancelled completed waiting"),
        (
            "accepted",
            "the expert",
            "start minus travel → reminder, 15 min → a person: not_departed",
            "cancelled completed en_route on_hold waiting",
        ),
        ("en_route", "the expert", "2 × travel → a person: not_arrived", "cancelled completed on_hold on_site waiting"),
        ("on_site", "the expert", "estimate + 30 min → a person: over_estimate", "completed on_hold waiting"),
        ("on_hold part", "desk", "until → waiting", "cancelled waiting"),
        ("on_hold no_access", "customer", "until → a person: hold_ended", "cancelled waiting"),
        ("on_hold wrong_address", "customer", "until → a person: hold_ended", "cancelled waiting"),
        ("on_hold customer", "customer", "until → waiting", "cancelled waiting"),
        ("completed", "", "", ""),
        ("cancelled", "", "", ""),
        ("needs_human", "desk", "30 min → the admins", ""),
    ];

    /// What another page of the business adds: a person may send somebody although no plan covers it, with a reason, and a
    /// customer whose trouble is over need not buy a plan to say so.
    const BESIDE_THE_TABLE: (&str, [&str; 2]) = ("waiting no_plan", ["completed", "offered"]);

    #[test]
    fn the_states_drawn_from_the_code_are_those_of_the_business_with_their_owners_and_deadlines() {
        let drawn = table(&Timing::default());
        let found: Vec<_> = drawn
            .iter()
            .map(|row| {
                let name = [Some(row.state), row.beside].into_iter().flatten().collect::<Vec<_>>().join(" ");
                (name, row.owner, row.time_in_words(), row.ways_out_in_words())
            })
            .collect();
        let business: Vec<_> = BUSINESS
            .iter()
            .map(|(name, owner, time, out)| {
                let mut out: BTreeSet<&str> = out.split_whitespace().collect();
                out.extend(BESIDE_THE_TABLE.1.iter().filter(|_| *name == BESIDE_THE_TABLE.0));
                let out = out.into_iter().collect::<Vec<_>>().join(" ");
                ((*name).to_owned(), *owner, (*time).to_owned(), out)
            })
            .collect();
        assert_eq!(found, business);
    }

    #[test]
    fn every_state_is_drawn_and_a_setting_changes_what_is_drawn() {
        let drawn: BTreeSet<_> = table(&Timing::default()).iter().map(|row| row.state).collect();
        assert!(State::WORDS.iter().all(|word| drawn.contains(word)));
        let slower = Timing { offer_minutes: 7, work_grace_minutes: 45, ..Timing::default() };
        let words: Vec<_> = table(&slower).iter().map(Row::time_in_words).collect();
        assert!(words.contains(&"7 min → waiting".to_owned()), "{words:?}");
        assert!(words.contains(&"estimate + 45 min → a person: over_estimate".to_owned()), "{words:?}");
    }
}
