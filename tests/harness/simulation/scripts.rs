//! One short story for each planted bug, in which it must show: chance alone finds the rarest too seldom.

use super::truth::{Hours, way_ms};
use super::world::{set_hours, set_skills};
use super::{Planted, Simulation, open};
use shared::ids::{ExpertId, Id, TicketId};
use shared::offer::DeclineReason;
use shared::ticket::{Move, Outcome, ReleaseReason, VisitPlan};
use sync_server::db::{Engine, Error, Tx};
use sync_server::workforce::store;

/// A seed whose customers and experts are many enough for every story.
const SEED: u64 = 7;

/// Tells the story of `bug` with `planted` in the server, and gives back what the checker said.
///
/// # Panics
/// If there is no room for the database.
pub async fn tell(bug: Planted, planted: Planted) -> Vec<String> {
    let (fresh, db, clock) = open(Engine::Sqlite, SEED).await;
    let mut scene = Simulation::new(db.clone(), clock, SEED, planted).await;
    scene.everybody_can().await;
    scene.tells(bug).await;
    let faults = scene.checker.faults;
    db.close().await;
    fresh.remove().await;
    faults
}

impl Simulation {
    /// Everybody can do everything, everywhere, at any time, and every customer but the last has a plan.
    async fn everybody_can(&mut self) {
        let areas: std::collections::BTreeSet<_> = self.world.areas.iter().copied().collect();
        let skills: std::collections::BTreeMap<_, _> =
            self.world.troubles.iter().map(|trouble| (trouble.skill, 3)).collect();
        let hours: Vec<Hours> =
            (1..=7).map(|weekday| Hours { weekday, from: 0, until: 1_440, on_call: false }).collect();
        for at in 0..self.world.experts.len() {
            let expert = &mut self.world.experts[at];
            (expert.areas, expert.skills, expert.shifts) = (areas.clone(), skills.clone(), hours.clone());
            let (id, areas, skills, hours) = (expert.id, areas.clone(), skills.clone(), hours.clone());
            let now = self.world.now();
            self.write(async move |tx| {
                set_skills(tx, id, &skills, now).await?;
                set_hours(tx, id, &hours, now).await?;
                store::replace_areas(tx, id, &areas, now).await
            })
            .await;
        }
    }

    async fn tells(&mut self, bug: Planted) {
        let all = 0..self.world.experts.len();
        match bug {
            Planted::Nothing => {}
            Planted::AbsenceChangesNothing | Planted::CustomerNotTold | Planted::ExpertNotTold => {
                let ticket = self.filed(0).await;
                self.looks().await;
                self.holder_accepts(ticket).await;
                self.looks().await;
                for at in all {
                    self.goes_away(at, 0, 6 * 1_440).await;
                }
                self.looks().await;
            }
            Planted::AdminsNotTold | Planted::DeadlinesPass => {
                self.nobody_works().await;
                self.filed(0).await;
                for _ in 0..3 {
                    self.looks().await;
                    self.moves_to(self.world.now().plus_minutes(31));
                }
                self.looks().await;
            }
            Planted::NoSurvey => {
                let ticket = self.filed(0).await;
                self.looks().await;
                let expert = self.holder_accepts(ticket).await;
                let summary = "Changed the fuse.".parse().expect("it is short");
                self.acts(ticket, Move::Complete { expert, outcome: Outcome::Fixed, summary }).await;
                self.looks().await;
            }
            Planted::WaysTakeNoTime => self.two_far_apart().await,
            Planted::PlanStartsNothing | Planted::NoPlan => {
                let last = self.world.customers.iter().position(|customer| !customer.covered).expect("one has no plan");
                let ticket = self.filed(last).await;
                if bug == Planted::NoPlan {
                    self.offers(ticket, 0, 60).await;
                } else {
                    self.looks().await;
                    self.grants(last).await;
                }
                self.looks().await;
            }
            Planted::LacksSkill
            | Planted::OutsideArea
            | Planted::OffDuty
            | Planted::OutsideShift
            | Planted::Absent
            | Planted::OnHoliday
            | Planted::Blocked
            | Planted::Deactivated => self.against_a_rule(bug).await,
            Planted::DeclinedBefore => {
                let ticket = self.filed(0).await;
                self.offers(ticket, 0, 60).await;
                let expert = self.world.experts[0].id;
                self.acts(ticket, Move::Decline { expert, reason: DeclineReason::Busy }).await;
                self.offers(ticket, 0, 60).await;
                self.looks().await;
            }
            Planted::Replaced => {
                let ticket = self.filed(0).await;
                self.offers(ticket, 0, 60).await;
                self.acts(ticket, Move::Accept { expert: self.world.experts[0].id, late: None }).await;
                self.looks().await;
                self.acts(ticket, Move::Release { why: ReleaseReason::Staff }).await;
                self.offers_by_round(ticket, 0, 60).await;
                self.looks().await;
            }
            Planted::UrgentWaits => self.urgent_waits().await,
            Planted::BookedTwice => {
                for _ in 0..2 {
                    let ticket = self.filed(0).await;
                    self.offers(ticket, 0, 60).await;
                }
                self.looks().await;
            }
            Planted::Unowned | Planted::Lost | Planted::WithoutHistory => self.meddled_with(bug).await,
            Planted::ToldTwice => self.told_twice().await,
        }
    }

    /// Everybody works tomorrow alone, and it turns out too late that a ticket is urgent.
    async fn urgent_waits(&mut self) {
        let now = self.world.now();
        for at in 0..self.world.experts.len() {
            let expert = &mut self.world.experts[at];
            let tomorrow = expert.zone.local(now.plus_minutes(1_440)).date.weekday().to_monday_one_offset();
            let weekday = u8::try_from(tomorrow).expect("a day of the week");
            expert.shifts = vec![Hours { weekday, from: 8 * 60, until: 20 * 60, on_call: false }];
            let (expert, hours) = (expert.id, expert.shifts.clone());
            self.write(async move |tx| set_hours(tx, expert, &hours, now).await).await;
        }
        self.filed(0).await;
        self.looks().await;
        self.write(async |tx| command(tx, "update ticket set urgent = 1").await).await;
        self.moves_to(self.world.now().plus_minutes(15));
        self.reads().await;
    }

    async fn told_twice(&mut self) {
        self.filed(0).await;
        self.drains().await;
        self.write(async |tx| {
            let sql = "insert into notice (id, dedupe_key, kind, matter, audience, person, ticket, channel,
                  to_address, language, body, state, created_at, due_at)
                select 'again', 'again', kind, matter, audience, person, ticket, channel, to_address, language,
                  body, state, created_at, due_at from notice where kind = 'offer' and channel = 'push' limit 1";
            command(tx, sql).await
        })
        .await;
        self.reads().await;
    }

    async fn against_a_rule(&mut self, bug: Planted) {
        let ticket = self.filed(0).await;
        let (expert, now) = (self.world.experts[0].id, self.world.now());
        let truth = &mut self.world.experts[0];
        match bug {
            Planted::LacksSkill => truth.skills.clear(),
            Planted::OutsideArea => truth.areas.clear(),
            Planted::OffDuty => (truth.on_duty, truth.was_on_duty) = (false, false),
            Planted::OutsideShift => truth.shifts.clear(),
            Planted::Absent => self.goes_away(0, 0, 600).await,
            Planted::OnHoliday => {
                let today = truth.zone.local(now).date;
                truth.holidays.insert((today, None));
            }
            Planted::Blocked => {
                self.world.customers[0].blocked.insert(expert);
            }
            _ => truth.active = false,
        }
        // The server's own rules are not asked: this is the offer of a server that forgot one.
        if bug == Planted::Deactivated {
            self.write(async move |tx| store::set_active(tx, expert, false, now).await.map(|_| ())).await;
        }
        self.offers(ticket, 0, 60).await;
        self.looks().await;
    }

    async fn meddled_with(&mut self, bug: Planted) {
        self.nobody_works().await;
        self.filed(0).await;
        self.drains().await;
        self.write(async move |tx| match bug {
            Planted::Unowned => command(tx, "update ticket set deadline_at = null").await,
            Planted::Lost => command(tx, "delete from ticket").await,
            _ => command(tx, "update ticket set state = 'completed', deadline_at = null").await,
        })
        .await;
        self.reads().await;
    }

    /// One expert alone, and two customers who live apart.
    async fn two_far_apart(&mut self) {
        for at in 1..self.world.experts.len() {
            self.switches(at, false).await;
        }
        let customers = &self.world.customers;
        let apart = |(one, other): &(usize, usize)| {
            let (one, other) = (&customers[*one], &customers[*other]);
            let way = way_ms(one.place, other.place);
            one.covered && other.covered && (600_000..7_200_000).contains(&way)
        };
        let mut pairs = (0..customers.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let (one, other) = pairs.find(apart).expect("two live apart");
        for customer in [one, other] {
            self.filed(customer).await;
            self.looks().await;
        }
        self.looks().await;
    }

    /// Does what is due, looks, and lets a moment pass: a look takes in what happened at its instant.
    async fn looks(&mut self) {
        self.look().await;
        self.moves_to(self.world.now());
    }

    async fn nobody_works(&mut self) {
        for at in 0..self.world.experts.len() {
            self.switches(at, false).await;
        }
    }

    async fn filed(&mut self, customer: usize) -> TicketId {
        let before = self.checker.filed.clone();
        self.files(customer).await;
        let new = self.checker.filed.difference(&before).next();
        new.and_then(|id| id.parse().ok()).expect("a ticket was filed")
    }

    /// An offer that no rule was asked about.
    async fn offers(&mut self, ticket: TicketId, expert: usize, in_minutes: i64) {
        let offer = self.world.new_id();
        let expert = self.world.experts[expert].id;
        let start_at = self.world.now().plus_minutes(in_minutes);
        let visit = VisitPlan { start_at, travel_minutes: 20, work_minutes: 60 };
        self.acts(ticket, Move::Offer { offer, expert, visit, decision: None }).await;
    }

    /// The same, as if a round had made it.
    async fn offers_by_round(&mut self, ticket: TicketId, expert: usize, in_minutes: i64) {
        let (offer, decision) = (self.world.new_id(), self.world.new_id());
        let expert = self.world.experts[expert].id;
        let start_at = self.world.now().plus_minutes(in_minutes);
        let visit = VisitPlan { start_at, travel_minutes: 20, work_minutes: 60 };
        self.acts(ticket, Move::Offer { offer, expert, visit, decision: Some(decision) }).await;
    }

    /// Whoever was asked says yes.
    async fn holder_accepts(&mut self, ticket: TicketId) -> ExpertId {
        let holder = self.checker.tickets.get(&ticket.to_string()).and_then(|one| one.at.holder().cloned());
        let expert: ExpertId = holder.and_then(|id| id.parse::<Id<_>>().ok()).expect("somebody was asked");
        self.acts(ticket, Move::Accept { expert, late: None }).await;
        expert
    }
}

async fn command(tx: &mut Tx, sql: &'static str) -> Result<(), Error> {
    sqlx::query(sql).execute(tx.sql()).await?;
    Ok(())
}
