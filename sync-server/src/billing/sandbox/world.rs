//! A small Stripe: it takes the requests that we send, as Stripe takes them, and answers with Stripe's documents. Pure. The
//! demo keeps its documents in a table, a test in memory and on a port.
//!
//! It keeps what makes Stripe what it is: a request with a key is done once and answered in the same words for a day; the
//! same key with other words is refused; a payment succeeds once; what happened is told, in its own time.

use super::cards::TestCard;
use super::objects;
use crate::billing::stripe::{Call, Verb};
use crate::http::idempotency::body_hash;
use serde_json::{Value, json};
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Stripe forgets keys after that long.
const KEY_HOURS: i64 = 24;
/// Documents in one list.
const LISTED_MAX: usize = 100;

/// A document that the sandbox keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// `customer`, `session`, `intent`, `method`, `refund`, `dispute`, `key`, `event`.
    pub kind: String,
    /// Whose.
    pub payer: String,
    /// What.
    pub body: Value,
}

/// Documents, and what was changed of them.
#[derive(Clone, Debug, Default)]
pub struct World {
    docs: BTreeMap<String, Doc>,
    /// Their names by kind and payer, so that a question costs what it finds and not what there is.
    names: BTreeMap<(String, String), BTreeSet<String>>,
    changed: BTreeSet<String>,
    gone: BTreeSet<String>,
}

/// Time and names: both come from outside.
pub struct Around<'a> {
    /// The real instant.
    pub now: Timestamp,
    /// The business instant, by which cards expire.
    pub business_now: Timestamp,
    /// A new name that nobody has.
    pub name: &'a mut dyn FnMut() -> String,
    /// Where its pages are, without a slash at the end.
    pub pages: &'a str,
}

impl Around<'_> {
    pub(super) fn new_name(&mut self, kind: &str) -> String {
        format!("{kind}_{}", (self.name)())
    }

    pub(super) fn seconds(&self) -> i64 {
        self.now.as_millis() / 1_000
    }
}

/// An answer: the status and the document.
pub type Said = (u16, Value);

impl World {
    /// Of these documents.
    pub fn new(docs: BTreeMap<String, Doc>) -> Self {
        let mut world = Self::default();
        for (id, doc) in docs {
            world.keep(&id, doc);
        }
        world
    }

    fn keep(&mut self, id: &str, doc: Doc) {
        self.lose(id);
        self.names.entry((doc.kind.clone(), doc.payer.clone())).or_default().insert(id.to_owned());
        self.docs.insert(id.to_owned(), doc);
    }

    fn lose(&mut self, id: &str) -> bool {
        let Some(doc) = self.docs.remove(id) else { return false };
        if let Some(names) = self.names.get_mut(&(doc.kind, doc.payer)) {
            names.remove(id);
        }
        true
    }

    /// What was written since, and what was removed.
    pub fn take_changes(&mut self) -> (Vec<(String, Doc)>, Vec<String>) {
        let changed = std::mem::take(&mut self.changed);
        let written = changed.into_iter().filter_map(|id| self.docs.get(&id).map(|doc| (id.clone(), doc.clone())));
        (written.collect(), std::mem::take(&mut self.gone).into_iter().collect())
    }

    /// A document.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Doc> {
        self.docs.get(id).filter(|doc| doc.kind == kind)
    }

    /// Documents of a kind, the newest first.
    pub fn of(&self, kind: &str) -> Vec<(&String, &Doc)> {
        let from = (kind.to_owned(), String::new());
        let of = self.names.range(from..).take_while(|((known, _), _)| known == kind);
        self.sorted(of.flat_map(|(_, names)| names))
    }

    /// Those of one payer.
    pub(super) fn of_payer(&self, kind: &str, payer: &str) -> Vec<(&String, &Doc)> {
        self.sorted(self.names.get(&(kind.to_owned(), payer.to_owned())).into_iter().flatten())
    }

    fn sorted<'a>(&'a self, names: impl Iterator<Item = &'a String>) -> Vec<(&'a String, &'a Doc)> {
        let mut found: Vec<_> = names.filter_map(|id| self.docs.get_key_value(id)).collect();
        found.sort_by_key(|(id, doc)| (std::cmp::Reverse(doc.body["created"].as_i64().unwrap_or(0)), (*id).clone()));
        found
    }

    pub(super) fn put(&mut self, kind: &str, payer: &str, id: &str, body: Value) {
        self.keep(id, Doc { kind: kind.to_owned(), payer: payer.to_owned(), body });
        self.changed.insert(id.to_owned());
    }

    pub(super) fn set(&mut self, id: &str, field: &str, value: Value) {
        if let Some(doc) = self.docs.get_mut(id) {
            doc.body[field] = value;
            self.changed.insert(id.to_owned());
        }
    }

    /// Removes the answers to a customer's requests: they hold names.
    pub(super) fn forget_answers(&mut self, payer: &str) {
        let keys =
            self.docs.iter().filter(|(_, doc)| doc.kind == "key" && doc.payer == payer).map(|(id, _)| id.clone());
        for id in keys.collect::<Vec<_>>() {
            self.docs.remove(&id);
            self.changed.remove(&id);
            self.gone.insert(id);
        }
    }

    /// What it has still to tell, in the order in which it happened.
    pub fn untold(&self) -> Vec<(String, Value)> {
        let mut events: Vec<_> = self.of("event").into_iter().map(|(id, doc)| (id.clone(), doc.body.clone())).collect();
        events.reverse();
        events
    }

    /// It was told.
    pub fn told(&mut self, id: &str) {
        if self.lose(id) {
            self.changed.remove(id);
            self.gone.insert(id.to_owned());
        }
    }

    /// Forgets the keys that Stripe has forgotten.
    pub fn forget_keys(&mut self, now: Timestamp) {
        let is_old = |doc: &Doc| now.minutes_since(key_at(&doc.body)) >= KEY_HOURS * 60;
        let old: Vec<String> =
            self.of("key").into_iter().filter(|(_, doc)| is_old(doc)).map(|(id, _)| id.clone()).collect();
        for id in old {
            self.told(&id);
        }
    }

    pub(super) fn tell(&mut self, around: &mut Around<'_>, payer: &str, kind: &str, object: &Value) {
        let id = around.new_name("evt");
        let event = json!({
            "id": id, "object": "event", "api_version": crate::billing::stripe::VERSION, "created": around.seconds(),
            "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null }, "type": kind,
        });
        self.put("event", payer, &id, event);
    }

    /// Takes a request, once for each key.
    pub fn answer(&mut self, call: &Call, around: &mut Around<'_>) -> Said {
        let Some(key) = call.key.as_ref().filter(|_| call.verb == Verb::Post) else { return self.act(call, around) };
        let id = format!("key:{key}");
        let mut words: Vec<String> = call.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        words.sort();
        let hash = body_hash(format!("{} {}", call.path, words.join("&")).as_bytes());
        let known = self.get("key", &id).map(|doc| doc.body.clone());
        let fresh = known.filter(|known| around.now.minutes_since(key_at(known)) < KEY_HOURS * 60);
        if let Some(known) = fresh {
            if known["hash"] != json!(hash) {
                let words =
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.";
                return (400, json!({ "error": { "type": "idempotency_error", "message": words } }));
            }
            let status = known["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
            return (status, known["said"].clone());
        }
        let said = self.act(call, around);
        if said.0 == 200 || said.0 == 402 {
            let payer = self.payer_of(&said.1);
            let body = json!({ "hash": hash, "status": said.0, "said": said.1, "at": around.now.as_millis() });
            self.put("key", &payer, &id, body);
        }
        said
    }

    fn payer_of(&self, said: &Value) -> String {
        let customer = [&said["customer"], &said["error"]["payment_intent"]["customer"]];
        if said["object"] == json!("customer") {
            return said["id"].as_str().unwrap_or_default().to_owned();
        }
        let named = customer.into_iter().find_map(Value::as_str).map(str::to_owned);
        let intent = said["payment_intent"].as_str().and_then(|id| self.docs.get(id)).map(|doc| doc.payer.clone());
        named.or(intent).unwrap_or_default()
    }

    fn act(&mut self, call: &Call, around: &mut Around<'_>) -> Said {
        let parts: Vec<&str> = call.path.split('/').skip(2).collect();
        match (call.verb, parts.as_slice()) {
            (Verb::Post, ["customers"]) => objects::new_customer(self, call, around),
            (Verb::Delete, ["customers", id]) => objects::forget(self, id, around),
            (Verb::Post, ["checkout", "sessions"]) => objects::new_session(self, call, around),
            (Verb::Post, ["checkout", "sessions", id, "expire"]) => objects::expire(self, id, around),
            (Verb::Get, ["checkout", "sessions", id]) => objects::session(self, id, call, around),
            (Verb::Post, ["payment_intents"]) => objects::new_intent(self, call, around),
            (Verb::Post, ["payment_intents", id, "confirm"]) => objects::confirm(self, id, call, around),
            (Verb::Post, ["payment_intents", id, "cancel"]) => objects::cancel(self, id, around),
            (Verb::Get, ["payment_intents", id]) => objects::shown(self, "intent", id),
            (Verb::Get, ["payment_intents"]) => self.list("intent", "customer", call),
            (Verb::Post, ["refunds"]) => objects::new_refund(self, call, around),
            (Verb::Get, ["refunds"]) => self.list("refund", "payment_intent", call),
            (_, _) => refused(404, "resource_missing", &format!("Unrecognized request URL ({})", call.path)),
        }
    }

    fn list(&self, kind: &str, by: &str, call: &Call) -> Said {
        let Some(wanted) = field(call, by) else { return refused(400, "parameter_missing", by) };
        let payer = if by == "customer" { wanted } else { self.docs.get(wanted).map_or("", |doc| doc.payer.as_str()) };
        let ours = self.of_payer(kind, payer).into_iter().filter(|(_, doc)| doc.body[by].as_str() == Some(wanted));
        let data: Vec<Value> = ours.take(LISTED_MAX).map(|(_, doc)| doc.body.clone()).collect();
        (200, json!({ "object": "list", "data": data, "has_more": false, "url": call.path }))
    }
}

/// When a key was first used.
fn key_at(body: &Value) -> Timestamp {
    Timestamp::from_millis(body["at"].as_i64().unwrap_or(0))
}

/// A field of a request.
pub(super) fn field<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A refusal as Stripe words it.
pub(super) fn refused(status: u16, code: &str, words: &str) -> Said {
    (status, json!({ "error": { "type": "invalid_request_error", "code": code, "message": words } }))
}

/// When a card of the sandbox expires: two years from now, or at the end of next month.
pub(super) fn expiry(card: TestCard, around: &Around<'_>) -> (i16, i8) {
    let date = Zone::utc().local(around.business_now).date;
    match card {
        TestCard::ExpiresSoon if date.month() == 12 => (date.year() + 1, 1),
        TestCard::ExpiresSoon => (date.year(), date.month() + 1),
        TestCard::Works
        | TestCard::Declined
        | TestCard::Funds
        | TestCard::ConfirmOnce
        | TestCard::ConfirmAlways
        | TestCard::FailsLater => (date.year() + 4, date.month()),
    }
}
