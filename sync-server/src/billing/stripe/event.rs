//! What Stripe tells by itself. It may repeat and come in any order, so a telling is a hint where to look; only a dispute,
//! of which Stripe's clock says which telling is the newer one, is taken as it is told. Pure.

use serde::Deserialize;
use shared::ids::{ChargeId, CheckoutId};
use shared::time::Timestamp;

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// At a page.
    Checkout(CheckoutId),
    /// At a payment of ours.
    Charge(ChargeId),
    /// At the refunds of a payment.
    Refunds {
        /// The payment.
        intent: String,
    },
    /// A customer's bank asks the money back.
    Dispute(DisputeTold),
    /// Nothing that concerns us.
    Nothing,
}

/// A dispute as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeTold {
    /// The provider's reference.
    pub reference: String,
    /// The payment.
    pub intent: String,
    /// How much.
    pub amount_minor: i64,
    /// The bank's reason, in the provider's word.
    pub reason: String,
    /// Where it is, in the provider's word.
    pub state: String,
    /// Until when it can be answered.
    pub answer_by: Option<Timestamp>,
}

/// A telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its id: a repeat has the same.
    pub id: String,
    /// Its kind, in the provider's word.
    pub kind: String,
    /// When, by the provider's clock.
    pub at: Timestamp,
    /// Where to look.
    pub hint: Hint,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    charge: Option<ChargeId>,
}

#[derive(Default, Deserialize)]
struct EvidenceDetails {
    #[serde(default)]
    due_by: Option<i64>,
}

/// The few fields that we read of whatever it is about.
#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    client_reference_id: Option<CheckoutId>,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    evidence_details: Option<EvidenceDetails>,
}

const ID_CHARS_MAX: usize = 255;

/// Reads a telling; nothing if it is none of Stripe's. What concerns others of the account is no fault.
pub fn read(body: &[u8]) -> Option<Told> {
    let event: Event = serde_json::from_slice(body).ok()?;
    if event.id.is_empty() || event.id.len() > ID_CHARS_MAX || event.id.chars().any(char::is_control) {
        return None;
    }
    let at = Timestamp::from_millis(event.created.saturating_mul(1_000));
    let hint = hint(&event.kind, event.data.object);
    Some(Told {
        id: event.id,
        kind: event.kind.chars().filter(|char| !char.is_control()).take(100).collect(),
        at,
        hint,
    })
}

fn hint(kind: &str, object: Object) -> Hint {
    let nothing = Hint::Nothing;
    if kind.starts_with("checkout.session.") {
        return object.client_reference_id.map_or(nothing, Hint::Checkout);
    }
    if kind.starts_with("payment_intent.") {
        return object.metadata.and_then(|metadata| metadata.charge).map_or(nothing, Hint::Charge);
    }
    if kind.starts_with("refund.") || kind == "charge.refunded" || kind == "charge.refund.updated" {
        return object.payment_intent.map_or(nothing, |intent| Hint::Refunds { intent });
    }
    if kind.starts_with("charge.dispute.") {
        let (Some(reference), Some(intent)) = (object.id, object.payment_intent) else { return nothing };
        let due_by = object.evidence_details.and_then(|details| details.due_by);
        return Hint::Dispute(DisputeTold {
            reference,
            intent,
            amount_minor: object.amount.unwrap_or(0),
            reason: object.reason.unwrap_or_default(),
            state: object.status.unwrap_or_default(),
            answer_by: due_by.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1_000))),
        });
    }
    nothing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::samples::id;
    use serde_json::json;

    fn told(kind: &str, object: &serde_json::Value) -> Hint {
        let event = json!({ "id": "evt_1", "type": kind, "created": 1_772_442_000, "data": { "object": object } });
        read(event.to_string().as_bytes()).unwrap().hint
    }

    #[test]
    fn a_telling_says_where_to_look() {
        let (checkout, charge) = (id(1), id(2));
        let session = json!({ "id": "cs_1", "client_reference_id": checkout, "payment_intent": "pi_1" });
        assert_eq!(told("checkout.session.completed", &session), Hint::Checkout(checkout));
        assert_eq!(told("checkout.session.expired", &session), Hint::Checkout(checkout));
        let intent = json!({ "id": "pi_1", "metadata": { "charge": charge } });
        assert_eq!(told("payment_intent.succeeded", &intent), Hint::Charge(charge));
        assert_eq!(told("payment_intent.succeeded", &json!({ "metadata": {} })), Hint::Nothing, "somebody else's");
        let refund = json!({ "id": "re_1", "payment_intent": "pi_1" });
        assert_eq!(told("refund.updated", &refund), Hint::Refunds { intent: "pi_1".into() });
        assert_eq!(told("product.created", &json!({})), Hint::Nothing);
        let dispute =
            json!({ "id": "dp_1", "payment_intent": "pi_1", "amount": 5, "reason": "general", "status": "lost" });
        assert!(matches!(told("charge.dispute.closed", &dispute), Hint::Dispute(told) if told.state == "lost"));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for bad in ["", "[]", "{\"id\":\"evt\"}", "{\"id\":\"\",\"type\":\"x\",\"created\":1,\"data\":{\"object\":{}}}"]
        {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }
}
