//! Tells the month that was: which tickets came in, who was asked and why, what became of each visit, and what customers
//! said of it. Pure: the same seed and the same now tell the same month. Experts are chosen as the server chooses them,
//! one ticket at a time, so every decision is a real one.

use super::ground::{Ground, Trouble, Who};
use crate::matching::candidate::{Candidate, Step, Visit};
use crate::matching::decide::{Batch, decide};
use crate::matching::need::{Need, Priority};
use crate::matching::store::Stored;
use crate::survey::Answer;
use crate::tickets::{Earlier, Filing};
use shared::chance::{Chance, Seeded};
use shared::event::Actor;
use shared::ids::{ExpertId, Id, TicketId};
use shared::offer::DeclineReason;
use shared::promise::Calendar;
use shared::ticket::{CancelReason, CannotFix, Move, VisitPlan};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Tickets on one day: from, and how many more at most.
const A_DAY: (u64, u64) = (9, 7);
/// Customers ring and write between these hours.
const AWAKE: std::ops::Range<u16> = 7 * 60..20 * 60;
/// How often somebody is looked for again, and after how many minutes.
const AGAIN: (u32, i64) = (8, 100);
/// Experts who are asked about one ticket at most.
const ASKED_MAX: usize = 4;

/// A ticket with all that became of it.
pub(super) struct Story {
    pub(super) filing: Filing,
    pub(super) filed_at: Timestamp,
    pub(super) moves: Vec<(Timestamp, Actor, Move)>,
    pub(super) decisions: Vec<Stored>,
    pub(super) survey: Option<Asked>,
    /// An article that was tried, by its place among those that fit, and whether it helped.
    pub(super) tried: Option<(u64, bool)>,
}

/// How a customer was asked.
pub(super) struct Asked {
    pub(super) at: Timestamp,
    pub(super) is_reachable: bool,
    pub(super) answer: Option<(Timestamp, Answer)>,
}

/// A ticket about to come in.
struct Begin {
    who: usize,
    trouble: usize,
    follows: Option<Earlier>,
}

/// Somebody who said yes.
pub(super) struct Booked {
    pub(super) expert: ExpertId,
    pub(super) visit: VisitPlan,
    pub(super) accepted_at: Timestamp,
}

pub(super) struct Teller<'a> {
    pub(super) ground: &'a Ground,
    pub(super) chance: Seeded,
    pub(super) now: Timestamp,
    candidates: Vec<Candidate>,
    coming: BTreeMap<(Timestamp, u64), Begin>,
    n_coming: u64,
}

impl<'a> Teller<'a> {
    pub(super) fn new(ground: &'a Ground, seed: u64, now: Timestamp) -> Self {
        let candidates = ground.candidates.clone();
        Self { ground, chance: Seeded::new(seed), now, candidates, coming: BTreeMap::new(), n_coming: 0 }
    }

    pub(super) fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(u64::try_from(bound).unwrap_or(u64::MAX))).unwrap_or_default()
    }

    fn minutes(&self, from: i64, more: u64) -> i64 {
        from + i64::try_from(self.chance.below(more)).unwrap_or_default()
    }

    fn comes(&mut self, at: Timestamp, begin: Begin) {
        self.n_coming += 1;
        self.coming.insert((at, self.n_coming), begin);
    }

    /// The stories of so many days up to now, in the order in which they began.
    pub(super) fn month(&mut self, days: u32) -> Vec<Story> {
        for day in 1..=i64::from(days) {
            for _ in 0..A_DAY.0 + self.chance.below(A_DAY.1) {
                self.one_of_day(day);
            }
        }
        let mut stories = Vec::new();
        while let Some(((at, _), begin)) = self.coming.pop_first() {
            let story = self.story(&begin, at);
            if let Some(Asked { answer: Some((said_at, answer)), .. }) = &story.survey
                && !answer.working
            {
                let completed =
                    |to_do: &Move| if let Move::Complete { expert, .. } = to_do { Some(*expert) } else { None };
                let expert = story.moves.iter().rev().find_map(|(_, _, to_do)| completed(to_do));
                let follows = Some(Earlier { ticket: story.filing.id, expert });
                self.comes(*said_at, Begin { follows, ..begin });
            }
            stories.push(story);
        }
        stories
    }

    /// Somebody with a plan reports something that it covers, in the hours in which people are awake there.
    fn one_of_day(&mut self, day: i64) {
        let who = self.below(self.ground.people.len());
        let Some(trouble) = self.trouble_of(&self.ground.people[who]) else { return };
        let at = self.now.plus_minutes(-day * 1_440 + self.minutes(0, 1_440));
        let zone = &self.ground.people[who].new.site.address.zone;
        if AWAKE.contains(&zone.local(at).minute) && at.plus_minutes(60) < self.now {
            self.comes(at, Begin { who, trouble, follows: None });
        }
    }

    /// Something that this customer's plan covers.
    pub(super) fn trouble_of(&self, who: &Who) -> Option<usize> {
        let (_, _, categories) = who.plan.as_ref()?;
        let first = self.below(self.ground.troubles.len());
        let n = self.ground.troubles.len();
        (0..n).map(|more| (first + more) % n).find(|at| {
            let one = &self.ground.troubles[*at];
            let rare = one.need.need.urgent && self.chance.below(4) > 0;
            !rare && (categories.is_empty() || categories.contains(&one.need.need.category))
        })
    }

    /// What is filed.
    pub(super) fn filing(&self, who: &Who, trouble: &Trouble, at: Timestamp, follows: Option<Earlier>) -> Filing {
        let id: TicketId = Id::new(at, &self.chance);
        let hours = who.plan.as_ref().map_or(48, |(_, hours, _)| *hours);
        let (zone, holidays) = (&who.new.site.address.zone, BTreeSet::new());
        let calendar = Calendar { hours: &self.ground.bounds.timing.service_hours, zone, holidays: &holidays };
        Filing {
            id,
            number: self.ground.links.ticket_number("demo", &id.to_string(), 0),
            by: Actor::Customer(who.customer),
            customer: who.customer,
            site: who.site,
            entitlement: who.plan.as_ref().map(|(entitlement, _, _)| *entitlement),
            covered_from: None,
            category: trouble.need.need.category.clone(),
            symptom: trouble.need.need.symptom.clone(),
            category_label: trouble.category_label.clone(),
            symptom_label: trouble.symptom_label.clone(),
            make: trouble.make.clone(),
            model: None,
            title: trouble.title.clone(),
            description: trouble.description.clone(),
            access_note: None,
            urgent: trouble.need.need.urgent,
            danger: trouble.need.danger,
            skills: trouble.need.need.skills.clone(),
            work_minutes: trouble.need.need.work_minutes,
            language: who.new.locale.clone(),
            due_at: calendar.due(at, i64::from(hours) * 60),
            windows: vec![],
            follows,
        }
    }

    pub(super) fn need(who: &Who, filing: &Filing, at: Timestamp) -> Need {
        let address = &who.new.site.address;
        Need {
            ticket: filing.id,
            customer: who.customer,
            site: Some(who.site),
            skills: filing.skills.clone(),
            work_minutes: filing.work_minutes,
            place: address.place,
            zone: address.zone.clone(),
            areas: who.areas.clone(),
            filed_at: at,
            due_at: filing.due_at,
            priority: if filing.urgent { Priority::Urgent } else { Priority::Normal },
            windows: vec![],
            plan_valid: true,
            declined_by: BTreeSet::new(),
            replaced: BTreeSet::new(),
            lapsed_with: BTreeSet::new(),
            blocked: BTreeSet::new(),
            language: filing.language.clone(),
            first: None,
            earlier_expert: filing.follows.and_then(|earlier| earlier.expert),
            offered_to: None,
        }
    }

    fn story(&mut self, begin: &Begin, at: Timestamp) -> Story {
        let (who, trouble) = (&self.ground.people[begin.who], &self.ground.troubles[begin.trouble]);
        let filing = self.filing(who, trouble, at, begin.follows);
        let mut need = Self::need(who, &filing, at);
        let (by, id) = (Actor::Customer(who.customer), filing.id);
        let mut story = Story { filing, filed_at: at, moves: vec![], decisions: vec![], survey: None, tried: None };
        let mut t = at.plus_minutes(self.minutes(1, 2));
        if story.filing.danger {
            // A person looks at danger first.
            t = t.plus_minutes(3);
            story.moves.push((t, Actor::Server, Move::Settle { note: None }));
        }
        for _ in 0..ASKED_MAX {
            let Some(booked) = self.ask(&mut story, &mut need, t) else {
                t = story.moves.last().map_or(at, |(at, _, _)| *at).plus_minutes(self.minutes(120, 200));
                story.moves.push((t, by, Move::Solve));
                break;
            };
            let (visit, expert) = (booked.visit, booked.expert);
            let leave_at =
                visit.start_at.plus_minutes(-i64::from(visit.travel_minutes)).plus_minutes(self.minutes(0, 5));
            if self.chance.below(100) < 6 && leave_at.minutes_since(booked.accepted_at) > 30 {
                let cancelled_at = booked.accepted_at.plus_minutes(self.minutes(5, 20));
                self.free(expert, id);
                story.moves.push((cancelled_at, by, Move::Cancel { why: CancelReason::Customer }));
                break;
            }
            let arrived_at = leave_at.plus_minutes(i64::from(visit.travel_minutes).max(2) + self.minutes(0, 7));
            story.moves.push((leave_at, Actor::Expert(expert), Move::Depart { expert }));
            story.moves.push((arrived_at, Actor::Expert(expert), Move::Arrive { expert }));
            if self.chance.below(100) < 3 {
                t = arrived_at.plus_minutes(12);
                let lacks = Move::CannotFix { expert, why: CannotFix::Skill, part: None, until: None };
                story.moves.push((t, Actor::Expert(expert), lacks));
                self.free(expert, id);
                need.declined_by.insert(expert);
                t = t.plus_minutes(1);
                continue;
            }
            let worked = i64::from(visit.work_minutes) * self.minutes(60, 65) / 100;
            let done_at = arrived_at.plus_minutes(worked.max(5));
            let (outcome, summary) = (trouble.outcome, trouble.summary.clone());
            story.moves.push((done_at, Actor::Expert(expert), Move::Complete { expert, outcome, summary }));
            story.survey = Some(self.asked(who, done_at));
            story.tried = (self.chance.below(100) < 40).then(|| (self.chance.next_u64(), self.chance.below(100) < 82));
            break;
        }
        self.up_to_now(&mut story);
        story
    }

    /// Forgets what is still to come.
    fn up_to_now(&self, story: &mut Story) {
        story.moves.retain(|(at, _, _)| *at <= self.now);
        story.decisions.retain(|stored| stored.decision.made_at <= self.now);
        if story.survey.as_ref().is_some_and(|asked| asked.at > self.now) {
            (story.survey, story.tried) = (None, None);
        }
        if let Some(asked) = &mut story.survey
            && asked.answer.as_ref().is_some_and(|(at, _)| *at > self.now)
        {
            asked.answer = None;
        }
    }

    /// Asks experts until one says yes, and books him. None: nobody can come.
    pub(super) fn ask(&mut self, story: &mut Story, need: &mut Need, from: Timestamp) -> Option<Booked> {
        let mut at = from;
        let mut n_looked = 0;
        while at <= self.now {
            let batch = Batch {
                id: Id::new(at, &self.chance),
                made_at: at,
                settings: self.ground.bounds.settings,
                weights: self.ground.bounds.weights,
                needs: vec![need.clone()],
                candidates: self.near(need, at),
            };
            let decision = decide(&batch).pop()?;
            let winner = decision.winner;
            let stored = Stored { id: Id::new(at, &self.chance), decision };
            let Some(winner) = winner else {
                if n_looked == 0 {
                    story.decisions.push(stored);
                }
                n_looked += 1;
                if n_looked > AGAIN.0 {
                    return None;
                }
                at = at.plus_minutes(AGAIN.1);
                continue;
            };
            let (expert, fit) = (winner.expert, winner.fit);
            let travel_minutes = u32::try_from((fit.travel_tenths + 9) / 10).unwrap_or_default();
            let visit = VisitPlan { start_at: fit.start_at, travel_minutes, work_minutes: need.work_minutes };
            let offer = Id::new(at, &self.chance);
            let decision = Some(stored.id);
            story.decisions.push(stored);
            story.moves.push((at, Actor::Server, Move::Offer { offer, expert, visit, decision }));
            let roll = self.chance.below(100);
            if roll < 6 {
                at = at.plus_minutes(self.minutes(1, 4));
                let reasons = [DeclineReason::Busy, DeclineReason::TooFar, DeclineReason::Ill, DeclineReason::Skill];
                let reason = reasons[self.below(reasons.len())];
                story.moves.push((at, Actor::Expert(expert), Move::Decline { expert, reason }));
                need.declined_by.insert(expert);
            } else if roll < 10 {
                at = at.plus_minutes(self.ground.bounds.timing.offer_minutes);
                story.moves.push((at, Actor::Server, Move::Lapse { offer }));
                need.lapsed_with.insert(expert);
            } else {
                let accepted_at = at.plus_minutes(self.minutes(1, 3));
                story.moves.push((accepted_at, Actor::Expert(expert), Move::Accept { expert, late: None }));
                self.book(expert, need, visit);
                return Some(Booked { expert, visit, accepted_at });
            }
            at = at.plus_minutes(1);
        }
        None
    }

    /// Experts of the ticket's areas, with what they have still before them.
    fn near(&mut self, need: &Need, at: Timestamp) -> Vec<Candidate> {
        let near = self.candidates.iter_mut().filter(|one| !one.areas.is_disjoint(&need.areas));
        near.map(|one| {
            one.visits.retain(|visit| visit.end_at > at);
            one.clone()
        })
        .collect()
    }

    pub(super) fn book(&mut self, expert: ExpertId, need: &Need, visit: VisitPlan) {
        let end_at = visit.start_at.plus_minutes(i64::from(visit.work_minutes));
        let step = Step::NotLeft { travel_minutes: visit.travel_minutes };
        let visit = Visit { ticket: need.ticket, place: need.place, start_at: visit.start_at, end_at, step };
        if let Some(one) = self.candidates.iter_mut().find(|one| one.expert == expert) {
            one.visits.push(visit);
        }
    }

    fn free(&mut self, expert: ExpertId, ticket: TicketId) {
        if let Some(one) = self.candidates.iter_mut().find(|one| one.expert == expert) {
            one.visits.retain(|visit| visit.ticket != ticket);
        }
    }

    /// Whoever can do it and serves the area, the least booked first.
    pub(super) fn somebody(&self, need: &Need) -> Option<ExpertId> {
        let able = self
            .candidates
            .iter()
            .filter(|one| !one.areas.is_disjoint(&need.areas) && one.skills.missing(&need.skills).is_empty());
        able.min_by_key(|one| (one.visits.iter().filter(|visit| visit.end_at > self.now).count(), one.expert))
            .map(|one| one.expert)
    }

    fn asked(&self, who: &Who, done_at: Timestamp) -> Asked {
        const COMMENTS: [&str; 8] = [
            "Friendly, quick, and explained what was wrong.",
            "Came on time and cleaned up after himself.",
            "Works again. Thank you!",
            "Very patient with my mother.",
            "Good work, but I waited a day for it.",
            "Rang before he came, which I liked.",
            "Fixed in twenty minutes.",
            "He knew it at once.",
        ];
        const WRONG: [&str; 3] = [
            "It worked for a day. Now it is the same as before.",
            "The same trouble came back this morning.",
            "It goes off again after an hour.",
        ];
        let is_reachable = who.is_reachable();
        let answers = is_reachable && self.chance.below(100) < 62;
        let answer = answers.then(|| {
            let working = self.chance.below(100) < 94;
            let rating = match (working, self.chance.below(100)) {
                (false, roll) => Some(1 + u8::from(roll < 40)),
                (true, 0..60) => Some(5),
                (true, 60..85) => Some(4),
                (true, 85..93) => Some(3),
                (true, _) => None,
            };
            let said = if working { COMMENTS[self.below(COMMENTS.len())] } else { WRONG[self.below(WRONG.len())] };
            let comment = (self.chance.below(100) < 55 || !working).then(|| said.parse().expect("it is short"));
            (done_at.plus_minutes(self.minutes(45, 2_400)), Answer { working, rating, comment })
        });
        Asked { at: done_at, is_reachable, answer }
    }
}
