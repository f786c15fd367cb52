//! What the sandbox's documents are and how they change: customers, pages, cards, payments, refunds. Pure.

use super::cards::TestCard;
use super::world::{Around, Said, World, expiry, field, refused};
use crate::billing::stripe::Call;
use serde_json::{Map, Value, json};

/// How long a page may stay open, in seconds.
const PAGE_SECONDS: std::ops::RangeInclusive<i64> = 1_800..=86_400;

fn metadata(call: &Call, prefix: &str) -> Value {
    let inner = |name: &str| name.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']').map(str::to_owned);
    let fields = call.fields.iter().filter_map(|(name, value)| Some((inner(name)?, json!(value))));
    Value::Object(fields.collect::<Map<_, _>>())
}

pub(super) fn new_customer(world: &mut World, call: &Call, around: &mut Around<'_>) -> Said {
    let id = around.new_name("cus");
    let body = json!({
        "id": id, "object": "customer", "address": null, "balance": 0, "created": around.seconds(), "currency": null,
        "default_source": null, "delinquent": false, "description": null, "email": field(call, "email"),
        "invoice_prefix": null, "livemode": false, "metadata": metadata(call, "metadata"), "name": field(call, "name"),
        "phone": null, "preferred_locales": [], "shipping": null, "tax_exempt": "none",
    });
    world.put("customer", &id, &id, body.clone());
    (200, body)
}

/// Deletes a customer with the name, the address and every card. Payments stay, and can be given back.
pub(super) fn forget(world: &mut World, id: &str, around: &mut Around<'_>) -> Said {
    if world.get("customer", id).is_none_or(|doc| doc.body["deleted"] == json!(true)) {
        return refused(404, "resource_missing", &format!("No such customer: '{id}'"));
    }
    let cards: Vec<String> =
        world.of("method").into_iter().filter(|(_, doc)| doc.payer == id).map(|(id, _)| id.clone()).collect();
    for card in cards {
        world.set(&card, "customer", Value::Null);
        let (_, body) = shown(world, "method", &card);
        world.tell(around, id, "payment_method.detached", &body);
    }
    world.forget_answers(id);
    let body = json!({ "id": id, "object": "customer", "deleted": true });
    world.put("customer", id, id, body.clone());
    world.tell(around, id, "customer.deleted", &body);
    (200, body)
}

fn is_there(world: &World, customer: &str) -> bool {
    world.get("customer", customer).is_some_and(|doc| doc.body["deleted"] != json!(true))
}

pub(super) fn new_session(world: &mut World, call: &Call, around: &mut Around<'_>) -> Said {
    let payer = field(call, "customer").unwrap_or_default().to_owned();
    if !is_there(world, &payer) {
        return refused(400, "resource_missing", "No such customer");
    }
    let (Some(mode), Some(success), Some(cancel)) =
        (field(call, "mode"), field(call, "success_url"), field(call, "cancel_url"))
    else {
        return refused(400, "parameter_missing", "mode, success_url and cancel_url are required");
    };
    let open_for = field(call, "expires_at").and_then(|at| at.parse::<i64>().ok()).map(|at| at - around.seconds());
    let Some(seconds) = open_for.filter(|seconds| PAGE_SECONDS.contains(seconds)) else {
        return refused(400, "parameter_invalid", "expires_at must be between 30 minutes and 24 hours from now");
    };
    let amount = field(call, "line_items[0][price_data][unit_amount]").and_then(|amount| amount.parse::<i64>().ok());
    if mode == "payment" && amount.is_none_or(|amount| amount < 50) {
        return refused(400, "amount_too_small", "The amount is too small");
    }
    let id = around.new_name("cs_test");
    let body = json!({
        "id": id, "object": "checkout.session", "amount_total": amount, "amount_subtotal": amount, "cancel_url": cancel,
        "client_reference_id": field(call, "client_reference_id"), "created": around.seconds(),
        "currency": field(call, "line_items[0][price_data][currency]"), "customer": payer, "customer_email": null,
        "expires_at": around.seconds() + seconds, "livemode": false, "locale": null, "metadata": {}, "mode": mode,
        "payment_intent": null, "payment_method_types": ["card"],
        "payment_status": if mode == "payment" { "unpaid" } else { "no_payment_required" },
        "setup_intent": null, "status": "open", "success_url": success,
        "url": format!("{}/sandbox/pay/{id}", around.pages),
        "sandbox": {
            "what": field(call, "line_items[0][price_data][product_data][name]"),
            "intent_metadata": metadata(call, "payment_intent_data[metadata]"), "message": null, "method": null,
        },
    });
    world.put("session", &payer, &id, body.clone());
    (200, body)
}

/// Closes a page whose time is over.
pub(super) fn close_if_over(world: &mut World, id: &str, around: &mut Around<'_>) {
    let over = world.get("session", id).is_some_and(|doc| {
        doc.body["status"] == json!("open") && doc.body["expires_at"].as_i64().is_some_and(|at| at <= around.seconds())
    });
    if over {
        let _ = expire(world, id, around);
    }
}

pub(super) fn expire(world: &mut World, id: &str, around: &mut Around<'_>) -> Said {
    let Some(doc) = world.get("session", id) else { return refused(404, "resource_missing", "No such session") };
    if doc.body["status"] != json!("open") {
        return refused(400, "checkout_session_not_open", "Only open sessions can be expired");
    }
    let payer = doc.payer.clone();
    world.set(id, "status", json!("expired"));
    world.set(id, "url", Value::Null);
    let (_, body) = shown(world, "session", id);
    world.tell(around, &payer, "checkout.session.expired", &body);
    (200, body)
}

pub(super) fn shown(world: &World, kind: &str, id: &str) -> Said {
    match world.get(kind, id) {
        Some(doc) => (200, doc.body.clone()),
        None => refused(404, "resource_missing", &format!("No such {kind}")),
    }
}

pub(super) fn session(world: &mut World, id: &str, call: &Call, around: &mut Around<'_>) -> Said {
    close_if_over(world, id, around);
    let (status, mut body) = shown(world, "session", id);
    let whole = |part: &str| call.fields.iter().any(|(name, value)| name == "expand[]" && value.starts_with(part));
    for (field, kind) in [("payment_intent", "intent"), ("setup_intent", "setup")] {
        if whole(field)
            && let Some(found) = body[field].as_str().and_then(|id| world.get(kind, id))
        {
            let mut document = found.body.clone();
            let method = document["payment_method"].as_str().and_then(|id| world.get("method", id));
            if let Some(method) = method {
                document["payment_method"] = method.body.clone();
            }
            body[field] = document;
        }
    }
    (status, body)
}

/// Keeps a card. Its number is not known here.
pub(super) fn new_method(world: &mut World, payer: &str, card: TestCard, around: &mut Around<'_>) -> String {
    let id = around.new_name("pm");
    let (year, month) = expiry(card, around);
    let body = json!({
        "id": id, "object": "payment_method", "allow_redisplay": "limited",
        "billing_details": { "address": null, "email": null, "name": null, "phone": null },
        "card": {
            "brand": card.brand(), "checks": null, "country": "US", "display_brand": card.brand(), "exp_month": month,
            "exp_year": year, "funding": "credit", "generated_from": null, "last4": card.last4(), "networks": null,
            "three_d_secure_usage": { "supported": true }, "wallet": null,
        },
        "created": around.seconds(), "customer": payer, "livemode": false, "metadata": { "does": card.word() }, "type": "card",
    });
    world.put("method", payer, &id, body);
    id
}

fn behaviour(world: &World, method: &str) -> Option<(TestCard, bool)> {
    let doc = world.get("method", method)?;
    let card = TestCard::from_word(doc.body["metadata"]["does"].as_str()?)?;
    Some((card, doc.body["metadata"]["confirmed"] == json!("yes")))
}

/// Notes that the owner confirmed a card at the bank.
pub(super) fn confirmed(world: &mut World, method: &str) {
    if let Some(doc) = world.get("method", method) {
        let mut metadata = doc.body["metadata"].clone();
        metadata["confirmed"] = json!("yes");
        world.set(method, "metadata", metadata);
    }
}

pub(super) fn bare_intent(
    payer: &str,
    amount: i64,
    currency: &str,
    metadata: &Value,
    around: &mut Around<'_>,
) -> Value {
    let id = around.new_name("pi");
    json!({
        "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": 0,
        "application": null, "automatic_payment_methods": null, "canceled_at": null, "cancellation_reason": null,
        "capture_method": "automatic", "client_secret": null, "confirmation_method": "automatic",
        "created": around.seconds(), "currency": currency, "customer": payer, "description": null,
        "last_payment_error": null, "latest_charge": null, "livemode": false, "metadata": metadata, "next_action": null,
        "payment_method": null, "payment_method_types": ["card"], "processing": null, "receipt_email": null,
        "setup_future_usage": null, "status": "requires_payment_method",
    })
}

pub(super) fn new_intent(world: &mut World, call: &Call, around: &mut Around<'_>) -> Said {
    let payer = field(call, "customer").unwrap_or_default().to_owned();
    if !is_there(world, &payer) {
        return refused(400, "resource_missing", "No such customer");
    }
    let amount = field(call, "amount").and_then(|amount| amount.parse::<i64>().ok()).filter(|amount| *amount >= 50);
    let (Some(amount), Some(currency)) = (amount, field(call, "currency")) else {
        return refused(400, "amount_too_small", "The amount is too small, or there is no currency");
    };
    let mut body = bare_intent(&payer, amount, currency, &metadata(call, "metadata"), around);
    body["description"] = json!(field(call, "description"));
    let id = body["id"].as_str().unwrap_or_default().to_owned();
    world.put("intent", &payer, &id, body);
    if field(call, "confirm") == Some("true") { confirm(world, &id, call, around) } else { shown(world, "intent", &id) }
}

pub(super) fn confirm(world: &mut World, id: &str, call: &Call, around: &mut Around<'_>) -> Said {
    let Some(doc) = world.get("intent", id) else { return refused(404, "resource_missing", "No such payment_intent") };
    let (payer, status) = (doc.payer.clone(), doc.body["status"].as_str().unwrap_or_default().to_owned());
    if matches!(status.as_str(), "succeeded" | "canceled" | "processing") {
        let words = format!("You cannot confirm this PaymentIntent because it has a status of {status}.");
        return refused(400, "payment_intent_unexpected_state", &words);
    }
    let method = field(call, "payment_method").unwrap_or_default().to_owned();
    let owner = world.get("method", &method).and_then(|doc| doc.body["customer"].as_str());
    if owner != Some(payer.as_str()) {
        return refused(400, "resource_missing", "No such PaymentMethod");
    }
    let off_session = field(call, "off_session") == Some("true");
    let returns_to = field(call, "return_url").map(str::to_owned);
    charge(world, id, &method, off_session, returns_to.as_deref(), around)
}

/// Charges a card for a payment.
pub(super) fn charge(
    world: &mut World,
    id: &str,
    method: &str,
    off_session: bool,
    returns_to: Option<&str>,
    around: &mut Around<'_>,
) -> Said {
    let payer = world.get("intent", id).map(|doc| doc.payer.clone()).unwrap_or_default();
    let Some((card, was_confirmed)) = behaviour(world, method) else {
        return refused(400, "resource_missing", "No such PaymentMethod");
    };
    world.set(id, "payment_method", json!(method));
    world.set(id, "next_action", Value::Null);
    if let Some((code, reason)) = card.decline() {
        return decline(world, &payer, id, code, reason, around);
    }
    let free = card == TestCard::ConfirmOnce && was_confirmed;
    if card.asks_owner() && !free {
        if off_session {
            return decline(world, &payer, id, "authentication_required", "authentication_required", around);
        }
        let url = format!("{}/sandbox/confirm/{id}", around.pages);
        world.set(id, "status", json!("requires_action"));
        world.set(
            id,
            "next_action",
            json!({ "type": "redirect_to_url", "redirect_to_url": { "url": url, "return_url": returns_to } }),
        );
        let (_, body) = shown(world, "intent", id);
        world.tell(around, &payer, "payment_intent.requires_action", &body);
        return (200, body);
    }
    succeed(world, id, around);
    shown(world, "intent", id)
}

/// The money is there.
pub(super) fn succeed(world: &mut World, id: &str, around: &mut Around<'_>) {
    let Some(doc) = world.get("intent", id) else { return };
    let (payer, amount) = (doc.payer.clone(), doc.body["amount"].clone());
    let charge = around.new_name("ch");
    world.set(id, "status", json!("succeeded"));
    world.set(id, "amount_received", amount);
    world.set(id, "latest_charge", json!(charge));
    world.set(id, "last_payment_error", Value::Null);
    world.set(id, "next_action", Value::Null);
    let (_, body) = shown(world, "intent", id);
    world.tell(around, &payer, "payment_intent.succeeded", &body);
}

pub(super) fn decline(
    world: &mut World,
    payer: &str,
    id: &str,
    code: &str,
    reason: &str,
    around: &mut Around<'_>,
) -> Said {
    let words = match reason {
        "insufficient_funds" => "Your card has insufficient funds.",
        "authentication_required" => "Your card was declined. This transaction requires authentication.",
        _ => "Your card was declined.",
    };
    let mut error = json!({ "type": "card_error", "code": code, "decline_code": reason, "message": words });
    world.set(id, "status", json!("requires_payment_method"));
    world.set(id, "last_payment_error", error.clone());
    let (_, body) = shown(world, "intent", id);
    world.tell(around, payer, "payment_intent.payment_failed", &body);
    error["payment_intent"] = body;
    (402, json!({ "error": error }))
}

pub(super) fn cancel(world: &mut World, id: &str, around: &mut Around<'_>) -> Said {
    let Some(doc) = world.get("intent", id) else { return refused(404, "resource_missing", "No such payment_intent") };
    let (payer, status) = (doc.payer.clone(), doc.body["status"].as_str().unwrap_or_default().to_owned());
    if matches!(status.as_str(), "succeeded" | "canceled") {
        let words = format!("You cannot cancel this PaymentIntent because it has a status of {status}.");
        return refused(400, "payment_intent_unexpected_state", &words);
    }
    world.set(id, "status", json!("canceled"));
    world.set(id, "canceled_at", json!(around.seconds()));
    world.set(id, "cancellation_reason", json!("abandoned"));
    let (_, body) = shown(world, "intent", id);
    world.tell(around, &payer, "payment_intent.canceled", &body);
    (200, body)
}

pub(super) fn new_refund(world: &mut World, call: &Call, around: &mut Around<'_>) -> Said {
    let intent = field(call, "payment_intent").unwrap_or_default().to_owned();
    let Some(doc) = world.get("intent", &intent) else {
        return refused(404, "resource_missing", "No such payment_intent");
    };
    let (payer, received) = (doc.payer.clone(), doc.body["amount_received"].as_i64().unwrap_or(0));
    let (currency, charge) = (doc.body["currency"].clone(), doc.body["latest_charge"].clone());
    let given = world
        .of_payer("refund", &payer)
        .into_iter()
        .filter(|(_, doc)| doc.body["payment_intent"].as_str() == Some(&intent));
    let given: i64 = given.filter_map(|(_, doc)| doc.body["amount"].as_i64()).sum();
    let amount = field(call, "amount").and_then(|amount| amount.parse::<i64>().ok()).unwrap_or(received - given);
    if amount < 1 || given + amount > received {
        return refused(400, "charge_already_refunded", "The refund is greater than what is left of the charge");
    }
    let id = around.new_name("re");
    let body = json!({
        "id": id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": charge,
        "created": around.seconds(), "currency": currency, "metadata": metadata(call, "metadata"),
        "payment_intent": intent, "reason": null, "receipt_number": null, "source_transfer_reversal": null,
        "status": "succeeded", "transfer_reversal": null,
    });
    world.put("refund", &payer, &id, body.clone());
    world.tell(around, &payer, "refund.created", &body);
    (200, body)
}
