//! What changes about a ticket that is filed: customers who choose another time or moved, agents who correct what it
//! needs, experts who ring the desk from a cellar, and "it is not working" afterwards.

use super::Simulation;
use super::people::Doing;
use super::reading;
use super::world::{TRADES, code_in};
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::ticket::Phase;
use sync_server::db::Lane;
use sync_server::postal;
use sync_server::survey::{self, Answer, Means, Taken};

impl Simulation {
    /// What may come of a ticket that was just filed.
    pub(super) fn after_filing_calls(&mut self, customer: usize, ticket: TicketId) {
        let expert = self.world.any(self.world.experts.len());
        let mut sometimes = |percent: i64, within: i64, doing: Doing| {
            if self.world.percent(percent) {
                self.in_minutes(self.world.below(within), doing);
            }
        };
        sometimes(12, 10 * 60, Doing::Reschedule(customer, ticket));
        sometimes(8, 10 * 60, Doing::Need(ticket));
        sometimes(8, 10 * 60, Doing::Address(customer, ticket));
        sometimes(25, 20 * 60, Doing::NotWorking(customer, ticket));
        sometimes(20, 8 * 60, Doing::Hand(ticket, expert));
    }

    /// A customer says when somebody may come: some part of a day or two, or as soon as possible.
    pub(super) async fn reschedules(&mut self, customer: usize, ticket: TicketId) {
        let zone = self.world.customers[customer].zone.clone();
        let mut windows = Vec::new();
        for _ in 0..self.world.below(3) {
            let day = zone.local(self.world.now().plus_minutes(self.world.below(3) * 1_440)).date;
            let part = ["morning", "afternoon", "evening"][self.world.any(3)];
            windows.push(json!({ "date": day.to_string(), "part": part }));
        }
        let path = format!("/api/v1/tickets/{ticket}/reschedule");
        self.asks("POST", &path, &json!({ "windows": windows })).await;
    }

    /// An agent learns what it really needs.
    pub(super) async fn corrects_the_need(&mut self, ticket: TicketId) {
        let at = self.world.any(TRADES.len());
        let level = 1 + self.world.below(3);
        let minutes = 20 + 10 * self.world.below(12);
        let need = json!({ "need": { "skills": { TRADES[at]: level }, "work_minutes": minutes } });
        if self.asks("PATCH", &format!("/api/v1/tickets/{ticket}"), &need).await {
            let skill = self.world.troubles[at].skill;
            self.world.needs.insert(ticket.to_string(), (skill, level));
        }
    }

    /// The address was wrong: another street of the same city, or another city.
    pub(super) async fn mends_the_address(&mut self, customer: usize, ticket: TicketId) {
        let area = self.world.any(self.world.areas.len());
        let code = code_in(area, &self.world.chance);
        let address = json!({ "address": { "line1": "2 Side St", "postal_code": code, "country": "US" } });
        if self.asks("PATCH", &format!("/api/v1/tickets/{ticket}"), &address).await {
            let found = postal::find("US", code).expect("the code is in the table");
            let area = self.world.areas[area];
            let truth = &mut self.world.customers[customer];
            // The hours at which they may be told are their own, not those of the address.
            (truth.place, truth.area) = (found.place, area);
        }
    }

    /// An expert rings: he cannot tap, or has not. His phone learns of it like of everything else, and whatever he taps
    /// later joins it.
    pub(super) async fn rings_the_desk(&mut self, expert: usize, ticket: TicketId, phase: Phase) {
        let Some(doc) = self.world.phones[expert].view.get(&ticket).filter(|doc| doc.phase == phase) else { return };
        let (kind, args) = match doc.phase {
            Phase::Accepted => match self.world.below(4) {
                0 => ("offer.decline", json!({ "reason": "busy" })),
                1 => ("ticket.late", json!({ "minutes": 30 })),
                _ => ("ticket.depart", json!({})),
            },
            Phase::EnRoute => ("ticket.arrive", json!({})),
            Phase::OnSite => match self.world.below(4) {
                0 => ("ticket.cannot_fix", json!({ "why": "part" })),
                _ => ("ticket.complete", json!({ "outcome": "fixed", "summary": "Changed the fuse." })),
            },
            Phase::Offered | Phase::Completed | Phase::Cancelled => return,
        };
        let path = format!("/api/v1/experts/{}/acts", self.world.experts[expert].id);
        self.asks("POST", &path, &json!({ "kind": kind, "ticket": ticket, "args": args })).await;
    }

    /// A customer answers the survey with "no": one follow-up goes on with it.
    pub(super) async fn says_it_is_not_working(&mut self, customer: usize, ticket: TicketId) {
        let Some(survey) = reading::survey_of(&self.world.db, ticket).await else { return };
        let site = &self.world.site;
        let means = Means { links: site.links.clone(), timing: site.config.timing.clone(), now: self.world.now() };
        let answer = Answer { working: false, rating: Some(2), comment: None };
        // Every other click is two.
        for _ in 0..=self.world.below(2) {
            let (answer, means) = (answer.clone(), means.clone());
            let given = async move |tx: &mut sync_server::db::Tx| survey::give(tx, survey, &answer, &means).await;
            match self.world.db.write(Lane::Intake, given).await {
                Ok(Taken::Now(Some(follow_up))) => {
                    if self.checker.filed.insert(follow_up.id.to_string()) {
                        // It needs what the ticket before it needed.
                        let need = self.world.needs.get(&ticket.to_string()).copied();
                        self.world.needs.extend(need.map(|need| (follow_up.id.to_string(), need)));
                        self.after_filing(customer, follow_up.id);
                    }
                }
                Ok(Taken::Now(None) | Taken::Already(_) | Taken::Over) => {}
                Err(why) => self.fault(format!("an answer was not taken: {why}")),
            }
        }
    }

    /// Asks the server by its own endpoint, as a person at the desk. Whether it was done; what comes too late is refused,
    /// and anything else is a fault.
    async fn asks(&mut self, method: &str, path: &str, body: &Value) -> bool {
        let heard = self.world.desk.json(method, path, body).await;
        // Another state by now, or an hour that is over.
        let is_too_late =
            heard.status.as_u16() == 409 || (path.ends_with("/reschedule") && heard.status.as_u16() == 422);
        if !heard.status.is_success() && !is_too_late {
            self.fault(format!("{method} {path} {body}: {} {}", heard.status, heard.text()));
        }
        heard.status.is_success()
    }
}
