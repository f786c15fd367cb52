//! What people do on the sandbox's pages: choose a card, confirm at their bank or not. Pure.

use super::cards::TestCard;
use super::objects::{bare_intent, charge, close_if_over, confirmed, decline, new_method, shown, succeed};
use super::world::{Around, World};
use serde_json::{Value, json};

/// Where somebody is led next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Back to the shop.
    Away(String),
    /// To the bank's page.
    Bank(String),
    /// The same page again, which says why.
    Stay,
    /// There is nothing here any more.
    Gone,
}

/// Somebody chose a card on a page.
pub fn chooses(world: &mut World, session: &str, card: TestCard, around: &mut Around<'_>) -> Next {
    close_if_over(world, session, around);
    let Some(doc) = world.get("session", session).cloned() else { return Next::Gone };
    if doc.body["status"] != json!("open") {
        return Next::Gone;
    }
    let method = new_method(world, &doc.payer, card, around);
    note(world, session, "method", json!(method));
    note(world, session, "message", Value::Null);
    if doc.body["mode"] == json!("setup") {
        return if card.asks_owner() {
            Next::Bank(format!("/sandbox/confirm/{session}"))
        } else {
            keep(world, session, around)
        };
    }
    let intent = match doc.body["payment_intent"].as_str() {
        Some(intent) => intent.to_owned(),
        None => {
            let amount = doc.body["amount_total"].as_i64().unwrap_or(0);
            let currency = doc.body["currency"].as_str().unwrap_or("usd").to_owned();
            let metadata = doc.body["sandbox"]["intent_metadata"].clone();
            let mut body = bare_intent(&doc.payer, amount, &currency, &metadata, around);
            body["setup_future_usage"] = json!("off_session");
            body["description"] = doc.body["sandbox"]["what"].clone();
            let id = body["id"].as_str().unwrap_or_default().to_owned();
            world.put("intent", &doc.payer, &id, body);
            world.set(session, "payment_intent", json!(id));
            id
        }
    };
    let (status, said) = charge(world, &intent, &method, false, None, around);
    if status == 402 {
        note(world, session, "message", said["error"]["message"].clone());
        return Next::Stay;
    }
    if said["status"] == json!("requires_action") {
        return Next::Bank(format!("/sandbox/confirm/{session}"));
    }
    complete(world, session, around)
}

/// Somebody answered their bank, about a page or a payment.
pub fn answers(world: &mut World, id: &str, yes: bool, around: &mut Around<'_>) -> Next {
    if let Some(doc) = world.get("session", id).cloned() {
        let open = doc.body["status"] == json!("open");
        let Some(method) = doc.body["sandbox"]["method"].as_str().filter(|_| open).map(str::to_owned) else {
            return Next::Gone;
        };
        if yes {
            confirmed(world, &method);
            return match doc.body["payment_intent"].as_str() {
                Some(intent) => {
                    succeed(world, intent, around);
                    complete(world, id, around)
                }
                None => keep(world, id, around),
            };
        }
        note(world, id, "message", json!("Your bank could not confirm that it was you. Nothing was charged."));
        if let Some(intent) = doc.body["payment_intent"].as_str() {
            let code = "payment_intent_authentication_failure";
            let _ = decline(world, &doc.payer, intent, code, code, around);
        }
        return Next::Stay;
    }
    let Some(doc) = world.get("intent", id).cloned() else { return Next::Gone };
    if doc.body["status"] != json!("requires_action") {
        return Next::Gone;
    }
    let back = doc.body["next_action"]["redirect_to_url"]["return_url"].as_str().unwrap_or("/").to_owned();
    if yes {
        if let Some(method) = doc.body["payment_method"].as_str() {
            confirmed(world, method);
        }
        succeed(world, id, around);
    } else {
        let code = "payment_intent_authentication_failure";
        let _ = decline(world, &doc.payer, id, code, code, around);
    }
    Next::Away(back)
}

/// Somebody leaves a page without paying: it stays open until its time is over, as the real one does.
pub fn leaves(world: &World, session: &str) -> Next {
    world
        .get("session", session)
        .and_then(|doc| doc.body["cancel_url"].as_str())
        .map_or(Next::Gone, |url| Next::Away(url.to_owned()))
}

/// The business's bank hears from the customer's bank.
pub fn disputes(world: &mut World, intent: &str, state: &str, around: &mut Around<'_>) -> bool {
    let Some(doc) = world.get("intent", intent).cloned() else { return false };
    let id = format!("dp_{intent}");
    let body = json!({
        "id": id, "object": "dispute", "amount": doc.body["amount"], "charge": doc.body["latest_charge"],
        "created": around.seconds(), "currency": doc.body["currency"],
        "evidence_details": { "due_by": around.seconds() + 7 * 86_400, "has_evidence": false, "past_due": false, "submission_count": 0 },
        "is_charge_refundable": false, "livemode": false, "metadata": {}, "payment_intent": intent,
        "reason": "product_not_received", "status": state,
    });
    let is_new = world.get("dispute", &id).is_none();
    world.put("dispute", &doc.payer, &id, body.clone());
    let kind = if is_new { "charge.dispute.created" } else { "charge.dispute.updated" };
    world.tell(around, &doc.payer, kind, &body);
    true
}

fn note(world: &mut World, session: &str, field: &str, value: Value) {
    if let Some(doc) = world.get("session", session) {
        let mut notes = doc.body["sandbox"].clone();
        notes[field] = value;
        world.set(session, "sandbox", notes);
    }
}

/// A card is kept without a payment.
fn keep(world: &mut World, session: &str, around: &mut Around<'_>) -> Next {
    let Some(doc) = world.get("session", session).cloned() else { return Next::Gone };
    let id = around.new_name("seti");
    let body = json!({
        "id": id, "object": "setup_intent", "application": null, "cancellation_reason": null, "client_secret": null,
        "created": around.seconds(), "customer": doc.payer, "description": null, "last_setup_error": null,
        "latest_attempt": null, "livemode": false, "mandate": null, "metadata": {}, "next_action": null,
        "payment_method": doc.body["sandbox"]["method"], "payment_method_types": ["card"], "status": "succeeded",
        "usage": "off_session",
    });
    world.put("setup", &doc.payer, &id, body);
    world.set(session, "setup_intent", json!(id));
    complete(world, session, around)
}

fn complete(world: &mut World, session: &str, around: &mut Around<'_>) -> Next {
    let Some(doc) = world.get("session", session).cloned() else { return Next::Gone };
    world.set(session, "status", json!("complete"));
    world.set(session, "url", Value::Null);
    if doc.body["mode"] == json!("payment") {
        world.set(session, "payment_status", json!("paid"));
    }
    let (_, body) = shown(world, "session", session);
    world.tell(around, &doc.payer, "checkout.session.completed", &body);
    Next::Away(doc.body["success_url"].as_str().unwrap_or("/").to_owned())
}
