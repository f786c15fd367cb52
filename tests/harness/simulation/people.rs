//! What people do, by themselves and by what their phones and lists show them. Each doing is one step of the simulation.
//!
//! To let them do something new: a variant of [`Doing`], what it does in [`Simulation::does`], and who begins it.

use super::Simulation;
use super::world::{grant, set_hours, set_skills};
use serde_json::{Value, json};
use shared::document::TicketDoc;
use shared::event::Actor;
use shared::ids::{AbsenceId, OfferId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::ticket::{CancelReason, CannotFix, Move, Outcome, Phase};
use shared::time::Timestamp;
use sync_server::db::{Error, Lane};
use sync_server::http::idempotency::IdempotencyKey;
use sync_server::intake::{self, Filed, Filer, Typed};
use sync_server::tickets;
use sync_server::workforce::{Absence, store};

/// Something that somebody does. Experts and customers by their places in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// A customer reports a problem.
    File(usize),
    /// A customer calls it off.
    Cancel(TicketId),
    /// A customer or an agent solved it without a visit.
    Solve(TicketId),
    /// A customer gets a plan.
    Grant(usize),
    /// A phone speaks to the server.
    Sync(usize),
    /// An expert answers an offer, or thinks that he does.
    Answer(usize, TicketId, OfferId),
    /// An expert takes the next step of a visit in this phase.
    Step(usize, TicketId, Phase),
    /// A phone loses the network, or has it again.
    Signal(usize, bool),
    /// An expert goes off duty, or on.
    Duty(usize, bool),
    /// An expert reports that he is ill for so many minutes.
    Sick(usize, i64),
    /// An expert is away for so many minutes, from so many minutes on.
    Away(usize, i64, i64),
    /// He is back before that.
    Back(usize, AbsenceId),
    /// An admin changes what an expert can do.
    Skills(usize),
    /// An admin changes when he works.
    Hours(usize),
    /// An admin changes where he serves.
    Areas(usize),
    /// An admin switches an expert off, or on again.
    Active(usize, bool),
    /// A customer chooses when somebody may come.
    Reschedule(usize, TicketId),
    /// An agent corrects what a ticket needs.
    Need(TicketId),
    /// A customer mends the address.
    Address(usize, TicketId),
    /// An expert who has it in this phase rings the desk about it.
    Word(usize, TicketId, Phase),
    /// A customer says afterwards that it is not working.
    NotWorking(usize, TicketId),
    /// Somebody of ours offers it to an expert of their choice.
    Hand(TicketId, usize),
    /// Takes that offer back.
    Undo(TicketId, OfferId),
    /// A customer wants this expert never again, or changed their mind.
    Block(usize, usize, bool),
    /// So many days from now nobody works, in all of the country or in one area; or they do after all.
    Holiday(i64, Option<usize>, bool),
    /// People of ours look into the inbox.
    Desk,
}

impl Simulation {
    /// What is bound to happen in the first day and a half.
    pub(super) fn begins(&mut self) {
        let day = 26 * 60;
        let (n_experts, n_customers) = (self.world.experts.len(), self.world.customers.len());
        for _ in 0..5 + self.world.below(5) {
            let customer = self.world.any(n_customers);
            self.in_minutes(self.world.below(14 * 60), Doing::File(customer));
        }
        for expert in 0..n_experts {
            self.in_minutes(self.world.below(3), Doing::Sync(expert));
            if self.world.percent(40) {
                let from = self.world.below(day);
                self.in_minutes(from, Doing::Signal(expert, false));
                self.in_minutes(from + 5 + self.world.below(240), Doing::Signal(expert, true));
            }
            if self.world.percent(30) {
                let away = Doing::Away(expert, self.world.below(10) * 60, 30 + self.world.below(48 * 60));
                self.in_minutes(self.world.below(day), away);
            }
            if self.world.percent(20) {
                let ill = Doing::Sick(expert, 60 + self.world.below(48 * 60));
                self.in_minutes(self.world.below(day), ill);
            }
            if self.world.percent(25) {
                let from = self.world.below(day);
                self.in_minutes(from, Doing::Duty(expert, false));
                self.in_minutes(from + 10 + self.world.below(300), Doing::Duty(expert, true));
            }
        }
        for _ in 0..self.world.below(4) {
            let expert = self.world.any(n_experts);
            let edits =
                [Doing::Skills(expert), Doing::Hours(expert), Doing::Areas(expert), Doing::Active(expert, false)];
            self.in_minutes(self.world.below(day), edits[self.world.any(edits.len())].clone());
        }
        self.begins_in_the_office(day);
        for at in (20..day + 12 * 60).step_by(90) {
            self.in_minutes(at + self.world.below(60), Doing::Desk);
        }
    }

    /// Does it.
    pub(super) async fn does(&mut self, doing: Doing) {
        match doing {
            Doing::File(customer) => self.files(customer).await,
            Doing::Cancel(ticket) => self.acts(ticket, Move::Cancel { why: CancelReason::Customer }).await,
            Doing::Solve(ticket) => self.acts(ticket, Move::Solve).await,
            Doing::Grant(at) => self.grants(at).await,
            Doing::Sync(expert) => self.syncs(expert).await,
            Doing::Answer(expert, ticket, offer) => self.answers(expert, ticket, offer).await,
            Doing::Step(expert, ticket, phase) => self.steps(expert, ticket, phase).await,
            Doing::Signal(expert, on) => {
                self.world.phones[expert].has_signal = on;
                if on {
                    self.syncs(expert).await;
                }
            }
            Doing::Duty(expert, on) => self.taps(expert, &Intent::DutySet { on }, None).await,
            Doing::Sick(expert, minutes) => {
                let until = self.world.now().plus_minutes(minutes);
                self.taps(expert, &Intent::ExpertSick { until }, None).await;
            }
            Doing::Away(expert, from, minutes) => self.goes_away(expert, from, minutes).await,
            Doing::Back(expert, absence) => self.comes_back(expert, absence).await,
            Doing::Skills(expert) => self.changes_skills(expert).await,
            Doing::Hours(expert) => self.changes_hours(expert).await,
            Doing::Areas(expert) => self.changes_areas(expert).await,
            Doing::Active(expert, active) => self.switches(expert, active).await,
            Doing::Reschedule(customer, ticket) => self.reschedules(customer, ticket).await,
            Doing::Need(ticket) => self.corrects_the_need(ticket).await,
            Doing::Address(customer, ticket) => self.mends_the_address(customer, ticket).await,
            Doing::Word(expert, ticket, phase) => self.rings_the_desk(expert, ticket, phase).await,
            Doing::NotWorking(customer, ticket) => self.says_it_is_not_working(customer, ticket).await,
            Doing::Hand(ticket, expert) => self.offers_by_hand(ticket, expert).await,
            Doing::Undo(ticket, offer) => self.takes_an_offer_back(ticket, offer).await,
            Doing::Block(customer, expert, on) => self.blocks(customer, expert, on).await,
            Doing::Holiday(days, area, on) => self.keeps_a_holiday(days, area, on).await,
            Doing::Desk => self.looks_into_the_inbox().await,
        }
    }

    pub(super) async fn files(&mut self, customer: usize) {
        let trouble = self.world.troubles[self.world.any(self.world.troubles.len())];
        let who = self.world.customers[customer].id;
        let urgent = self.world.percent(15);
        let typed = Typed {
            category: trouble.category.into(),
            title: "It does not work".into(),
            priority: if urgent { "urgent".into() } else { String::new() },
            ..Typed::default()
        };
        let wanted = intake::read(&typed, true).expect("the form is filled in rightly");
        let filer = Filer { actor: Actor::Customer(who), scope: format!("customer:{who}"), is_staff: true };
        self.n_keys += 1;
        let key = IdempotencyKey::parse(&format!("simulated-key-{}", self.n_keys)).expect("it is long enough");
        // Every third click is two.
        for _ in 0..=usize::from(self.n_keys.is_multiple_of(3)) {
            match intake::file(&self.world.site, &filer, who, &key, "hash".into(), wanted.clone()).await {
                Ok(Filed::Answer(_, ticket)) => {
                    if self.checker.filed.insert(ticket.to_string()) {
                        self.after_filing(customer, ticket);
                    }
                }
                other => self.fault(format!("a ticket was not filed: {other:?}")),
            }
        }
    }

    pub(super) fn after_filing(&mut self, customer: usize, ticket: TicketId) {
        self.after_filing_calls(customer, ticket);
        if self.world.percent(12) {
            self.in_minutes(self.world.below(8 * 60), Doing::Cancel(ticket));
        } else if self.world.percent(6) {
            self.in_minutes(self.world.below(8 * 60), Doing::Solve(ticket));
        }
        if !self.world.customers[customer].covered && self.world.percent(50) {
            self.in_minutes(self.world.below(10 * 60), Doing::Grant(customer));
        }
    }

    /// Somebody makes a move by a page. Refused: it was too late.
    pub(super) async fn acts(&mut self, ticket: TicketId, to_do: Move) {
        let (now, timing) = (self.world.now(), self.world.bounds.timing.clone());
        let acted = self.world.db.write(Lane::Desk, async move |tx| {
            let done = tickets::act(tx, ticket, to_do.clone(), Actor::Server, now, &timing).await?;
            Ok::<_, Error>(done.is_some())
        });
        match acted.await {
            Ok(true) => {}
            Ok(false) => self.fault(format!("the ticket {ticket} is gone")),
            Err(why) => self.fault(format!("a customer could not act: {why}")),
        }
    }

    pub(super) async fn grants(&mut self, at: usize) {
        let (customer, plan, now) = (self.world.customers[at].id, self.world.plan, self.world.now());
        self.write(async move |tx| grant(tx, customer, plan, now).await).await;
        self.world.customers[at].covered = true;
    }

    /// A phone speaks to the server if it has a signal, and its expert looks at what is new.
    pub(super) async fn syncs(&mut self, expert: usize) {
        if !self.world.phones[expert].has_signal {
            return;
        }
        if self.world.percent(8) {
            self.world.phones[expert].loses_reply = true;
            self.in_minutes(1, Doing::Sync(expert));
        }
        self.learns_of_illness(expert);
        let duty = self.world.phones[expert].outbox.iter().rfind(|one| one.kind == "duty.set").cloned();
        if let Some(on) = duty.and_then(|one| one.args["on"].as_bool()) {
            self.world.experts[expert].on_duty = on;
        }
        let phone = &mut self.world.phones[expert];
        let faults = phone.syncs(&self.world.db, &self.world.bounds).await;
        for fault in faults {
            self.fault(fault);
        }
        self.plans_next(expert);
    }

    /// What a phone is about to report is true from the moment in which the server has it.
    fn learns_of_illness(&mut self, at: usize) {
        let now = self.world.now();
        for report in self.world.phones[at].outbox.iter().filter(|one| one.kind == "expert.sick") {
            let until = report.args["until"].as_str().and_then(|until| until.parse::<Timestamp>().ok());
            let (Some(until), Ok(id)) = (until, report.mid.parse::<AbsenceId>()) else { continue };
            let absences = &mut self.world.experts[at].absences;
            let is_known = absences.values().any(|(away, back)| *away <= now && until <= *back);
            if now < until && !is_known && !absences.contains_key(&id) {
                absences.insert(id, (now, until));
            }
        }
    }

    /// Writes an intent down, and sends it if there is a signal.
    async fn taps(&mut self, expert: usize, intent: &Intent, ticket: Option<TicketId>) {
        self.world.phones[expert].taps(&self.world.db, intent, ticket);
        self.syncs(expert).await;
        self.plans_next(expert);
    }

    /// What an expert will do about each ticket on his screen, once for each state that it is in.
    fn plans_next(&mut self, expert: usize) {
        let view: Vec<TicketDoc> = self.world.phones[expert].view.values().cloned().collect();
        for doc in view {
            let start = doc.visit.map(|visit| visit.start_at).unwrap_or_default();
            let offer = doc.offer.map(|offer| offer.id.to_string()).unwrap_or_default();
            if !self.planned.insert(format!("{expert} {} {:?} {start} {offer}", doc.id, doc.phase)) {
                continue;
            }
            let mood = self.world.below(100);
            match doc.phase {
                Phase::Offered => {
                    let Some(offer) = doc.offer else { continue };
                    let answer = Doing::Answer(expert, doc.id, offer.id);
                    match mood {
                        0..68 => self.in_minutes(self.world.below(5), answer),
                        // Too late, by his watch or by ours.
                        68..85 => self.in_minutes(4 + self.world.below(14), answer),
                        // He sleeps.
                        _ => {}
                    }
                }
                Phase::Accepted | Phase::EnRoute | Phase::OnSite => {
                    if let Some(minutes) = self.delay(&doc, mood) {
                        self.in_minutes(minutes, Doing::Step(expert, doc.id, doc.phase));
                        if self.world.percent(15) {
                            let before = self.world.below(minutes + 5);
                            self.in_minutes(before, Doing::Word(expert, doc.id, doc.phase));
                        }
                    }
                }
                Phase::Completed | Phase::Cancelled => {}
            }
        }
    }

    /// In how many minutes the next step comes; none if he forgets it.
    fn delay(&self, doc: &TicketDoc, mood: i64) -> Option<i64> {
        let visit = doc.visit?;
        let until_leaving = visit.leave_at().minutes_since(self.world.now()).max(0);
        let usual = match doc.phase {
            Phase::Accepted => until_leaving + self.world.below(10),
            Phase::EnRoute => i64::from(visit.travel_minutes) + self.world.below(10),
            Phase::OnSite => i64::from(visit.work_minutes) / 2 + self.world.below(i64::from(visit.work_minutes)),
            Phase::Offered | Phase::Completed | Phase::Cancelled => return None,
        };
        match mood {
            0..75 => Some(usual),
            75..92 => Some(usual + 20 + self.world.below(120)),
            _ => None,
        }
    }

    async fn answers(&mut self, expert: usize, ticket: TicketId, offer: OfferId) {
        let says_yes = self.world.percent(75);
        let phone = &mut self.world.phones[expert];
        // The offer may be gone from the screen; a phone without a signal still shows it.
        let Some(doc) = phone.view.get_mut(&ticket).filter(|doc| doc.offer.is_some_and(|open| open.id == offer)) else {
            // He said yes in the moment in which it vanished.
            if self.world.percent(30) {
                self.taps(expert, &Intent::OfferAccept {}, Some(ticket)).await;
            }
            return;
        };
        if says_yes {
            doc.phase = Phase::Accepted;
            self.taps(expert, &Intent::OfferAccept {}, Some(ticket)).await;
        } else {
            phone.view.remove(&ticket);
            let reason = DeclineReason::ALL[self.world.any(DeclineReason::ALL.len())];
            self.taps(expert, &Intent::OfferDecline { reason, skills: Vec::new() }, Some(ticket)).await;
        }
    }

    async fn steps(&mut self, expert: usize, ticket: TicketId, phase: Phase) {
        if self.world.phones[expert].view.get(&ticket).is_none_or(|doc| doc.phase != phase) {
            return;
        }
        if self.world.percent(12) {
            return self.is_late(expert, ticket, phase).await;
        }
        let mood = self.world.below(100);
        let (intent, next) = match (phase, mood) {
            (Phase::Accepted, 0..8) => (Intent::OfferDecline { reason: DeclineReason::Busy, skills: Vec::new() }, None),
            // Some forget a tap.
            (Phase::Accepted, 8..16) => (Intent::TicketArrive {}, Some(Phase::OnSite)),
            (Phase::Accepted, 16..20) => (complete(), Some(Phase::Completed)),
            (Phase::Accepted, _) => (Intent::TicketDepart {}, Some(Phase::EnRoute)),
            (Phase::EnRoute, 0..4) => (Intent::OfferDecline { reason: DeclineReason::Ill, skills: Vec::new() }, None),
            (Phase::EnRoute, _) => (Intent::TicketArrive {}, Some(Phase::OnSite)),
            (_, 0..15) => {
                let why = CannotFix::ALL[self.world.any(CannotFix::ALL.len())];
                (Intent::TicketCannotFix { why, skills: Vec::new(), part: None, until: None, called: None }, None)
            }
            (_, _) => (complete(), Some(Phase::Completed)),
        };
        let view = &mut self.world.phones[expert].view;
        match (next, view.get_mut(&ticket)) {
            (Some(phase), Some(doc)) => doc.phase = phase,
            (_, _) => drop(view.remove(&ticket)),
        }
        if self.world.percent(15) {
            let note = Intent::NoteAdd { note: self.world.new_id(), text: "Ring twice.".parse().expect("it is short") };
            self.world.phones[expert].taps(&self.world.db, &note, Some(ticket));
        }
        self.taps(expert, &intent, Some(ticket)).await;
    }

    /// An expert says that he is late, and takes the next step later.
    async fn is_late(&mut self, expert: usize, ticket: TicketId, phase: Phase) {
        let minutes: u32 = [15, 30, 60][self.world.any(3)];
        let visit = self.world.phones[expert].view.get_mut(&ticket).and_then(|doc| doc.visit.as_mut());
        if let Some(visit) = visit {
            match phase {
                Phase::OnSite => visit.work_minutes += minutes,
                Phase::Accepted | Phase::EnRoute => visit.start_at = visit.start_at.plus_minutes(i64::from(minutes)),
                Phase::Offered | Phase::Completed | Phase::Cancelled => {}
            }
        }
        self.in_minutes(i64::from(minutes) + 1, Doing::Step(expert, ticket, phase));
        let intent = Intent::TicketLate { minutes: minutes.try_into().expect("it is a short time") };
        self.taps(expert, &intent, Some(ticket)).await;
    }

    pub(super) async fn goes_away(&mut self, at: usize, from: i64, minutes: i64) {
        let (expert, now) = (self.world.experts[at].id, self.world.now());
        let id: AbsenceId = self.world.new_id();
        let (from, until) = (now.plus_minutes(from), now.plus_minutes(from + minutes));
        let absence = Absence { id, from, until, reason: None };
        self.write(async move |tx| store::add_absence(tx, expert, &absence, now).await).await;
        self.world.experts[at].absences.insert(id, (from, until));
        if self.world.percent(30) {
            self.in_minutes(self.world.below(minutes + 1), Doing::Back(at, id));
        }
    }

    async fn comes_back(&mut self, at: usize, absence: AbsenceId) {
        let expert = self.world.experts[at].id;
        self.write(async move |tx| store::remove_absence(tx, expert, absence).await.map(|_| ())).await;
        self.world.experts[at].absences.remove(&absence);
    }

    async fn changes_skills(&mut self, at: usize) {
        let expert = &mut self.world.experts[at];
        match expert.skills.keys().next().copied() {
            Some(skill) if expert.skills.len() > 1 => drop(expert.skills.remove(&skill)),
            Some(_) | None => expert.skills.extend(self.world.troubles.iter().map(|trouble| (trouble.skill, 3))),
        }
        let (expert, skills, now) = (expert.id, expert.skills.clone(), self.world.now());
        self.write(async move |tx| set_skills(tx, expert, &skills, now).await).await;
    }

    async fn changes_hours(&mut self, at: usize) {
        let expert = &mut self.world.experts[at];
        if expert.shifts.len() > 3 {
            expert.shifts.truncate(3);
        } else {
            let shifts = expert.shifts.iter_mut().filter(|hours| !hours.on_call);
            shifts.for_each(|hours| (hours.from, hours.until) = (9 * 60, 21 * 60));
        }
        let (expert, hours, now) = (expert.id, expert.shifts.clone(), self.world.now());
        self.write(async move |tx| set_hours(tx, expert, &hours, now).await).await;
    }

    async fn changes_areas(&mut self, at: usize) {
        let expert = &mut self.world.experts[at];
        if expert.areas.len() > 1 {
            expert.areas.pop_first();
        } else {
            expert.areas = self.world.areas.iter().copied().collect();
        }
        let (expert, areas, now) = (expert.id, expert.areas.clone(), self.world.now());
        self.write(async move |tx| store::replace_areas(tx, expert, &areas, now).await).await;
    }

    pub(super) async fn switches(&mut self, at: usize, active: bool) {
        let (expert, now) = (self.world.experts[at].id, self.world.now());
        self.write(async move |tx| store::set_active(tx, expert, active, now).await.map(|_| ())).await;
        self.world.experts[at].active = active;
        if !active {
            self.in_minutes(60 + self.world.below(600), Doing::Active(at, true));
        }
    }

    /// Somebody of ours does one thing about some of what is there.
    async fn looks_into_the_inbox(&mut self) {
        let heard = self.world.desk.get("/api/v1/desk/inbox").await;
        if !heard.status.is_success() {
            return self.fault(format!("the inbox cannot be read: {}", heard.text()));
        }
        let inbox = heard.value();
        let groups = inbox["groups"].as_array().cloned().unwrap_or_default();
        let items: Vec<Value> =
            groups.iter().flat_map(|group| group["items"].as_array().cloned().unwrap_or_default()).collect();
        for item in items {
            let deeds = item["deeds"].as_array().cloned().unwrap_or_default();
            if deeds.is_empty() || !self.world.percent(40) {
                continue;
            }
            let deed = &deeds[self.world.any(deeds.len())];
            // Most would rather search again than give up.
            if deed == "cancel" && self.world.percent(75) {
                continue;
            }
            let body = json!({ "items": [item["item"]], "deed": deed, "note": "Nobody picks up." });
            let heard = self.world.desk.json("POST", "/api/v1/desk/inbox/act", &body).await;
            if !heard.status.is_success() {
                self.fault(format!("the desk could not act: {body} {}", heard.text()));
            }
            // One deed a step: the next look comes in a minute.
            self.in_minutes(1, Doing::Desk);
            return;
        }
    }

    pub(super) fn in_minutes(&mut self, minutes: i64, doing: Doing) {
        self.plan(self.world.now().plus_minutes(minutes), doing);
    }

    pub(super) fn plan(&mut self, at: Timestamp, doing: Doing) {
        self.n_doings += 1;
        self.agenda.insert((at, self.n_doings), doing);
    }
}

fn complete() -> Intent {
    Intent::TicketComplete { outcome: Outcome::Fixed, summary: "Changed the fuse.".parse().expect("it is short") }
}
