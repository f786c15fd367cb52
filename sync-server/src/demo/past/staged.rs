//! What is going on at this moment: one ticket in each state, so that every page has something to show.

use super::tell::{Story, Teller};
use shared::event::Actor;
use shared::ids::Id;
use shared::ticket::{CancelReason, CannotFix, HoldReason, Move, VisitPlan};
use shared::time::Timestamp;

/// What a ticket that is staged is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// Just filed: the matcher has it.
    Waiting,
    /// Without a plan.
    NoPlan,
    /// Somebody is asked.
    Offered,
    /// Somebody comes later today.
    Accepted,
    /// On the way.
    EnRoute,
    /// At work.
    OnSite,
    /// A part is missing.
    Part,
    /// Nobody opened the door.
    NoAccess,
    /// Another time suits the customer better.
    Later,
    /// Smoke: a person looks at it.
    Danger,
    /// The customer called it off.
    Cancelled,
}

impl Scene {
    const ALL: [Self; 11] = [
        Self::Cancelled,
        Self::NoPlan,
        Self::Part,
        Self::NoAccess,
        Self::Later,
        Self::OnSite,
        Self::EnRoute,
        Self::Accepted,
        Self::Danger,
        Self::Offered,
        Self::Waiting,
    ];

    /// How long ago it was filed, in minutes.
    fn age(self) -> i64 {
        match self {
            Self::NoPlan => 190,
            Self::Cancelled => 220,
            Self::Part => 26 * 60,
            Self::NoAccess => 5 * 60,
            Self::Later => 9 * 60,
            Self::OnSite => 130,
            Self::EnRoute => 70,
            Self::Accepted => 40,
            Self::Danger => 6,
            Self::Offered => 2,
            Self::Waiting => 0,
        }
    }
}

impl Teller<'_> {
    /// One story for each scene, each of another customer.
    pub(super) fn staged(&mut self) -> Vec<Story> {
        let mut taken = Vec::new();
        Scene::ALL.into_iter().filter_map(|scene| self.scene(scene, &mut taken)).collect()
    }

    fn scene(&mut self, scene: Scene, taken: &mut Vec<usize>) -> Option<Story> {
        let at = self.now.plus_minutes(-scene.age());
        let (n, first) = (self.ground.people.len(), self.below(self.ground.people.len()));
        let fits = |who: &usize| {
            let one = &self.ground.people[*who];
            !taken.contains(who) && one.plan.is_some() != (scene == Scene::NoPlan) && !one.areas.is_empty()
        };
        let who = (0..n).map(|more| (first + more) % n).find(fits)?;
        taken.push(who);
        let who = &self.ground.people[who];
        let trouble = match scene {
            Scene::NoPlan => self.ground.troubles.iter().position(|one| !one.need.need.urgent),
            Scene::Danger => self.ground.troubles.iter().position(|one| one.need.danger),
            Scene::Waiting
            | Scene::Offered
            | Scene::Accepted
            | Scene::EnRoute
            | Scene::OnSite
            | Scene::Part
            | Scene::NoAccess
            | Scene::Later
            | Scene::Cancelled => self.trouble_of(who).filter(|at| !self.ground.troubles[*at].need.danger),
        };
        let trouble = &self.ground.troubles[trouble.or_else(|| self.trouble_of(who))?];
        let filing = self.filing(who, trouble, at, None);
        let need = Self::need(who, &filing, at);
        let by = Actor::Customer(who.customer);
        let mut story = Story { filing, filed_at: at, moves: vec![], decisions: vec![], survey: None, tried: None };
        let expert = match scene {
            Scene::Waiting | Scene::NoPlan | Scene::Danger => return Some(story),
            Scene::Later => {
                let until = self.now.plus_minutes(2 * 1_440);
                story.moves.push((at.plus_minutes(2), by, Move::Hold { why: HoldReason::Customer, until }));
                return Some(story);
            }
            Scene::Cancelled => {
                story.moves.push((at.plus_minutes(9), by, Move::Cancel { why: CancelReason::Customer }));
                return Some(story);
            }
            Scene::Offered | Scene::Accepted | Scene::EnRoute | Scene::OnSite | Scene::Part | Scene::NoAccess => {
                self.somebody(&need)?
            }
        };
        let start_at = match scene {
            Scene::Accepted | Scene::Offered => self.now.plus_minutes(95),
            Scene::EnRoute => self.now.plus_minutes(9),
            Scene::OnSite => self.now.plus_minutes(-15),
            Scene::Part
            | Scene::NoAccess
            | Scene::Waiting
            | Scene::NoPlan
            | Scene::Later
            | Scene::Danger
            | Scene::Cancelled => at.plus_minutes(90),
        };
        let visit = VisitPlan { start_at, travel_minutes: 18, work_minutes: need.work_minutes };
        self.book(expert, &need, visit);
        let offer = Move::Offer { offer: Id::new(at, &self.chance), expert, visit, decision: None };
        story.moves.push((at.plus_minutes(1), Actor::Server, offer));
        story.moves.extend(Self::then(scene, expert, at, start_at, self.now));
        Some(story)
    }

    /// What the expert did since.
    fn then(
        scene: Scene,
        expert: shared::ids::ExpertId,
        at: Timestamp,
        start_at: Timestamp,
        now: Timestamp,
    ) -> Vec<(Timestamp, Actor, Move)> {
        let by = Actor::Expert(expert);
        let accept = (at.plus_minutes(2), by, Move::Accept { expert, late: None });
        let depart = (start_at.plus_minutes(-16), by, Move::Depart { expert });
        let arrive = (start_at.plus_minutes(1), by, Move::Arrive { expert });
        let cannot = |why, part: Option<&str>, until| {
            let part = part.map(|part| part.parse().expect("it is short"));
            (start_at.plus_minutes(25), by, Move::CannotFix { expert, why, part, until })
        };
        match scene {
            Scene::Offered | Scene::Waiting | Scene::NoPlan | Scene::Later | Scene::Danger | Scene::Cancelled => vec![],
            Scene::Accepted => vec![accept],
            Scene::EnRoute => vec![accept, depart],
            Scene::OnSite => vec![accept, depart, arrive],
            Scene::Part => {
                let until = Some(now.plus_minutes(3 * 1_440));
                vec![accept, depart, arrive, cannot(CannotFix::Part, Some("Power board, ordered today"), until)]
            }
            Scene::NoAccess => vec![accept, depart, arrive, cannot(CannotFix::NoAccess, None, None)],
        }
    }
}
