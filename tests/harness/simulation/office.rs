//! What people of ours decide by hand: whom they send, against a rule too if they say why; whom a customer wants never
//! again; on which days nobody works.

use super::Simulation;
use super::people::Doing;
use super::world::AREAS;
use serde_json::json;
use shared::event::Actor;
use shared::ids::{OfferId, TicketId};
use sync_server::db::Lane;
use sync_server::dispatch::by_hand;

impl Simulation {
    /// What is bound to be decided in the first day.
    pub(super) fn begins_in_the_office(&mut self, day: i64) {
        if self.world.percent(35) {
            let area = self.world.percent(50).then(|| self.world.any(AREAS.len()));
            let (days, at) = (self.world.below(3), self.world.below(day));
            self.in_minutes(at, Doing::Holiday(days, area, true));
            if self.world.percent(30) {
                self.in_minutes(at + self.world.below(600), Doing::Holiday(days, area, false));
            }
        }
        for _ in 0..self.world.below(3) {
            let customer = self.world.any(self.world.customers.len());
            let (expert, at) = (self.world.any(self.world.experts.len()), self.world.below(day));
            self.in_minutes(at, Doing::Block(customer, expert, true));
            if self.world.percent(30) {
                self.in_minutes(at + self.world.below(600), Doing::Block(customer, expert, false));
            }
        }
    }

    /// Somebody of ours asks an expert of their choice. Told what stands against it they leave it, or say why.
    pub(super) async fn offers_by_hand(&mut self, ticket: TicketId, expert: usize) {
        let path = format!("/api/v1/admin/tickets/{ticket}/offer");
        let expert = self.world.experts[expert].id;
        let mut heard = self.world.desk.json("POST", &path, &json!({ "expert": expert })).await;
        let needs_reason = heard.status.as_u16() == 409 && heard.value()["code"] == "rule_broken";
        if needs_reason && self.world.percent(50) {
            let why = json!({ "expert": expert, "override_reason": "The customer asked for nobody else." });
            heard = self.world.desk.json("POST", &path, &why).await;
        }
        match heard.status.as_u16() {
            200 | 201 => {}
            // It ended, somebody works there, something stands against it.
            409 => return,
            _ => return self.fault(format!("an offer by hand: {} {}", heard.status, heard.text())),
        }
        let said = heard.value();
        let Some(offer) = said["offer"].as_str().and_then(|offer| offer.parse::<OfferId>().ok()) else {
            return self.fault(format!("an offer by hand has no number: {said}"));
        };
        if said["overridden"].as_array().is_some_and(|named| !named.is_empty()) {
            if !needs_reason {
                self.fault(format!("an offer against a rule needed no reason: {said}"));
            }
            self.world.overridden.insert(offer.to_string());
        }
        if self.world.percent(25) {
            self.in_minutes(self.world.below(3), Doing::Undo(ticket, offer));
        }
    }

    /// They think again, which helps as long as the expert has not seen it.
    pub(super) async fn takes_an_offer_back(&mut self, ticket: TicketId, offer: OfferId) {
        let (now, timing) = (self.world.now(), self.world.bounds.timing.clone());
        let undo = async move |tx: &mut sync_server::db::Tx| {
            by_hand::undo(tx, ticket, offer, Actor::Server, &timing, now).await
        };
        if let Err(why) = self.world.db.write(Lane::Desk, undo).await {
            self.fault(format!("an offer could not be taken back: {why}"));
        }
    }

    /// A customer never wants to see an expert again, or does after all.
    pub(super) async fn blocks(&mut self, customer: usize, expert: usize, on: bool) {
        let (who, expert) = (self.world.customers[customer].id, self.world.experts[expert].id);
        let path = format!("/api/v1/customers/{who}/blocked-experts/{expert}");
        let blocked = &mut self.world.customers[customer].blocked;
        let method = if on {
            blocked.insert(expert);
            "PUT"
        } else {
            blocked.remove(&expert);
            "DELETE"
        };
        let heard = self.world.desk.json(method, &path, &json!({ "reason": "Broke a vase." })).await;
        if !heard.status.is_success() {
            self.fault(format!("{method} {path}: {} {}", heard.status, heard.text()));
        }
    }

    /// An admin keeps a day on which nobody works, or takes back the one that was kept.
    pub(super) async fn keeps_a_holiday(&mut self, days: i64, area: Option<usize>, on: bool) {
        let kept = self.world.experts[0].holidays.first().copied();
        let local = self.world.customers[0].zone.local(self.world.now().plus_minutes(days * 1_440));
        let date = kept.filter(|_| !on).map_or(local.date, |(date, _)| date);
        let slug = area.map(|area| AREAS[area].0);
        let heard = if on {
            let holiday = json!({ "on": date.to_string(), "country": "US", "area": slug, "name": "Founders' day" });
            self.world.admin.json("PUT", "/api/v1/admin/holidays", &holiday).await
        } else {
            let of = slug.map(|slug| format!("&area={slug}")).unwrap_or_default();
            let path = format!("/api/v1/admin/holidays?on={date}&country=US{of}");
            self.world.admin.json("DELETE", &path, &json!({})).await
        };
        if !heard.status.is_success() {
            return self.fault(format!("a holiday was not kept: {} {}", heard.status, heard.text()));
        }
        let area = area.map(|area| self.world.areas[area]);
        for expert in &mut self.world.experts {
            if on {
                expert.holidays.insert((date, area));
            } else {
                expert.holidays.remove(&(date, area));
            }
        }
    }
}
