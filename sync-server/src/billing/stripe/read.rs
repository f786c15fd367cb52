//! What Stripe's answers mean. Pure. Fields that we do not use may change as they like.

use crate::billing::card::Card;
use crate::billing::outside::{Answer, Intent, IntentState, Refunded, Request, SessionState};
use crate::notify::outside::Unsent;
use serde::Deserialize;
use shared::ids::{ChargeId, RefundId};
use std::time::Duration;

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// When it said to come back.
    pub after: Option<Duration>,
    /// Its JSON.
    pub body: Vec<u8>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    charge: Option<ChargeId>,
    #[serde(default)]
    refund: Option<RefundId>,
}

#[derive(Deserialize)]
struct IntentDocument {
    id: String,
    amount: i64,
    status: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    next_action: Option<NextAction>,
    #[serde(default)]
    last_payment_error: Option<ErrorDocument>,
    #[serde(default)]
    payment_method: Option<Expanded<MethodDocument>>,
}

#[derive(Deserialize)]
struct NextAction {
    #[serde(default)]
    redirect_to_url: Option<RedirectTo>,
}

#[derive(Deserialize)]
struct RedirectTo {
    #[serde(default)]
    url: Option<String>,
}

#[derive(Default, Deserialize)]
struct ErrorDocument {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    payment_intent: Option<IntentDocument2>,
}

/// The payment inside an error: the same document, without what would make the type endless.
#[derive(Deserialize)]
struct IntentDocument2 {
    id: String,
    amount: i64,
    status: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorDocument,
}

/// A field that is the id alone, or with `expand[]` the document.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expanded<T> {
    Whole(T),
    Id(String),
}

#[derive(Deserialize)]
struct MethodDocument {
    id: String,
    #[serde(default)]
    card: Option<CardDocument>,
}

#[derive(Deserialize)]
struct CardDocument {
    brand: String,
    last4: String,
    exp_month: u8,
    exp_year: u16,
}

#[derive(Deserialize)]
struct SetupDocument {
    #[serde(default)]
    payment_method: Option<Expanded<MethodDocument>>,
}

#[derive(Deserialize)]
struct SessionDocument {
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_intent: Option<Expanded<IntentDocument>>,
    #[serde(default)]
    setup_intent: Option<Expanded<SetupDocument>>,
}

#[derive(Deserialize)]
struct RefundDocument {
    id: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    failure_reason: Option<String>,
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: String,
}

#[derive(Deserialize)]
struct DeletedDocument {
    #[serde(default)]
    deleted: bool,
}

/// What an answer to a request means. One that cannot be read may have done what was asked.
pub fn answer(request: &Request, reply: &Reply) -> Result<Answer, Unsent> {
    if !(200..300).contains(&reply.status) {
        return refused(request, reply);
    }
    match request {
        Request::Payer { .. } => Ok(Answer::Payer(read::<OnlyId>(reply)?.id)),
        Request::Page(_) => {
            let session: SessionDocument = read(reply)?;
            let url = session.url.ok_or_else(|| unreadable("a page without an address"))?;
            Ok(Answer::Page { session: session.id, url })
        }
        Request::Session(_) | Request::EndSession(_) => Ok(Answer::Session(state(read(reply)?))),
        Request::Charge(_) | Request::Intent(_) | Request::Cancel(_) => Ok(Answer::Intent(intent(read(reply)?))),
        Request::Find { charge, .. } => {
            let list: List<IntentDocument> = read(reply)?;
            let ours = list.data.into_iter().filter(|one| one.metadata.charge == Some(*charge)).map(intent);
            // There is one at the most; a payment that was made goes before any that was not.
            let found = ours.max_by_key(|one| one.state == IntentState::Succeeded);
            Ok(found.map_or(Answer::NoIntent, Answer::Intent))
        }
        Request::Refund { .. } => Ok(Answer::Refund(refunded(read(reply)?))),
        Request::Forget(_) => {
            let gone: DeletedDocument = read(reply)?;
            if gone.deleted { Ok(Answer::Forgotten) } else { Err(unreadable("a customer who is not gone")) }
        }
        Request::FindRefund { refund, .. } => {
            let list: List<RefundDocument> = read(reply)?;
            let ours = list.data.into_iter().find(|one| one.metadata.refund == Some(*refund));
            Ok(ours.map_or(Answer::NoRefund, |found| Answer::Refund(refunded(found))))
        }
    }
}

fn read<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, Unsent> {
    serde_json::from_slice(&reply.body).map_err(|error| unreadable(&error.to_string()))
}

fn unreadable(why: &str) -> Unsent {
    Unsent::Unknown { why: format!("unreadable: {why}") }
}

fn intent(document: IntentDocument) -> Intent {
    let IntentDocument { id, amount, status, metadata, next_action, last_payment_error, payment_method: _ } = document;
    let code = last_payment_error.and_then(|error| error.decline_code.or(error.code));
    let url = next_action.and_then(|action| action.redirect_to_url).and_then(|to| to.url);
    Intent { id, state: intent_state(&status, code, url), amount_minor: amount, charge: metadata.charge }
}

fn intent_state(status: &str, code: Option<String>, url: Option<String>) -> IntentState {
    match status {
        "succeeded" => IntentState::Succeeded,
        "requires_action" => IntentState::NeedsAction { url },
        "canceled" => IntentState::Cancelled,
        "requires_payment_method" | "requires_confirmation" => IntentState::Open { code },
        // Processing, and words of the future: looked at again before anything else is asked.
        _ => IntentState::Processing,
    }
}

fn card(method: Option<Expanded<MethodDocument>>) -> Option<Card> {
    let Some(Expanded::Whole(MethodDocument { id, card: Some(card) })) = method else { return None };
    let CardDocument { brand, last4, exp_month, exp_year } = card;
    Some(Card { method: id, brand, last4, exp_year, exp_month })
}

fn state(document: SessionDocument) -> SessionState {
    match document.status.as_deref() {
        Some("complete") => {
            let (intent, paid_with) = match document.payment_intent {
                Some(Expanded::Whole(intent)) => (Some(intent.id), card(intent.payment_method)),
                Some(Expanded::Id(id)) => (Some(id), None),
                None => (None, None),
            };
            let kept = document.setup_intent.and_then(|setup| match setup {
                Expanded::Whole(setup) => card(setup.payment_method),
                Expanded::Id(_) => None,
            });
            SessionState::Complete { intent, card: paid_with.or(kept) }
        }
        Some("expired") => SessionState::Expired,
        Some(_) | None => SessionState::Open,
    }
}

fn refunded(document: RefundDocument) -> Refunded {
    let reference = document.id;
    match document.status.as_deref() {
        Some("failed" | "canceled") => {
            Refunded::Failed { why: document.failure_reason.unwrap_or_else(|| "the bank did not take it".to_owned()) }
        }
        Some("pending" | "requires_action") => Refunded::Pending { reference },
        Some(_) | None => Refunded::Done { reference },
    }
}

/// A declined card is an answer. Stripe says that it may have done what it answers with a fault of its own.
fn refused(request: &Request, reply: &Reply) -> Result<Answer, Unsent> {
    let ErrorBody { error } = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = error.code.clone().unwrap_or_else(|| format!("http_{}", reply.status));
    if let Request::Charge(_) = request
        && error.kind.as_deref() == Some("card_error")
    {
        let word = error.decline_code.clone().filter(|_| code != "authentication_required").unwrap_or(code.clone());
        if let Some(IntentDocument2 { id, amount, status, metadata }) = error.payment_intent {
            let state = intent_state(&status, Some(word), None);
            return Ok(Answer::Intent(Intent { id, state, amount_minor: amount, charge: metadata.charge }));
        }
    }
    if let (Request::Forget(_), 404) = (request, reply.status) {
        // Forgotten by an attempt whose answer was lost, or by somebody of ours at Stripe's own desk.
        return Ok(Answer::Forgotten);
    }
    let words = error.message.unwrap_or_else(|| format!("Stripe answered {}", reply.status));
    let why = format!("{code}: {words}");
    match reply.status {
        429 => Err(Unsent::Later { after: reply.after, why }),
        // 409: the same request is being answered at this moment.
        408 | 409 | 425 => Err(Unsent::Unknown { why }),
        400..=499 => Err(Unsent::Never { why }),
        _ => Err(Unsent::Unknown { why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::outside::Order;
    use crate::billing::samples::{id, usd};
    use serde_json::json;

    fn reply(status: u16, body: &serde_json::Value) -> Reply {
        Reply { status, after: Some(Duration::from_secs(7)), body: body.to_string().into_bytes() }
    }

    fn order() -> Request {
        let (key, payer, method) = ("charge:1:1".into(), "cus_1".into(), "pm_1".into());
        let (what, price) = ("Home".into(), usd(100));
        Request::Charge(Order { key, charge: id(1), payer, method, intent: None, price, what, returns_to: None })
    }

    #[test]
    fn a_declined_card_is_an_answer_with_its_reason() {
        let declined = |code: &str, decline_code: &str| {
            let intent = json!({ "id": "pi_1", "amount": 100, "status": "requires_payment_method", "metadata": {} });
            let error =
                json!({ "type": "card_error", "code": code, "decline_code": decline_code, "payment_intent": intent });
            match answer(&order(), &reply(402, &json!({ "error": error }))) {
                Ok(Answer::Intent(Intent { state: IntentState::Open { code: Some(code) }, .. })) => code,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(declined("card_declined", "insufficient_funds"), "insufficient_funds");
        assert_eq!(declined("authentication_required", "authentication_required"), "authentication_required");
    }

    #[test]
    fn each_refusal_says_whether_it_may_have_been_taken() {
        let kind = |status: u16| match answer(&order(), &reply(status, &json!({}))) {
            Err(Unsent::Later { after, .. }) => format!("later {after:?}"),
            Err(Unsent::Unknown { .. }) => "unknown".to_owned(),
            Err(Unsent::Never { .. }) => "never".to_owned(),
            Ok(answer) => format!("{answer:?}"),
        };
        assert_eq!(kind(429), "later Some(7s)");
        assert_eq!([kind(409), kind(500), kind(503), kind(302)], ["unknown"; 4]);
        assert_eq!([kind(400), kind(401), kind(404)], ["never"; 3]);
        let unreadable = Reply { status: 200, after: None, body: b"<html>".to_vec() };
        assert!(matches!(answer(&order(), &unreadable), Err(Unsent::Unknown { .. })));
    }

    #[test]
    fn a_payment_is_found_by_our_reference_and_a_made_one_goes_first() {
        let one = |id: &str, status: &str, charge: String| json!({ "id": id, "amount": 1, "status": status, "metadata": { "charge": charge } });
        let (ours, other) = (id::<shared::ids::of::Charge>(1), id::<shared::ids::of::Charge>(2));
        let list = json!({ "data": [one("pi_a", "canceled", ours.to_string()), one("pi_b", "succeeded", ours.to_string()),
            one("pi_c", "succeeded", other.to_string()), { "id": "pi_d", "amount": 1, "status": "succeeded", "metadata": {} }] });
        let find = |charge| answer(&Request::Find { payer: "cus_1".into(), charge }, &reply(200, &list)).unwrap();
        let Answer::Intent(found) = find(ours) else { panic!("nothing was found") };
        assert_eq!((found.id.as_str(), found.state), ("pi_b", IntentState::Succeeded));
        assert_eq!(find(id(3)), Answer::NoIntent);
    }

    #[test]
    fn a_customer_who_is_gone_is_forgotten_however_often_it_is_asked() {
        let forget = |status, body| answer(&Request::Forget("cus_1".into()), &reply(status, &body));
        let gone = json!({ "id": "cus_1", "object": "customer", "deleted": true });
        assert_eq!(forget(200, gone), Ok(Answer::Forgotten));
        assert_eq!(forget(404, json!({ "error": { "code": "resource_missing" } })), Ok(Answer::Forgotten));
        assert!(matches!(forget(200, json!({ "id": "cus_1", "object": "customer" })), Err(Unsent::Unknown { .. })));
        assert!(matches!(forget(401, json!({})), Err(Unsent::Never { .. })));
    }

    #[test]
    fn a_complete_page_gives_the_payment_and_the_card() {
        let method =
            json!({ "id": "pm_1", "card": { "brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030 } });
        let intent = json!({ "id": "pi_1", "amount": 1, "status": "succeeded", "payment_method": method });
        let session = json!({ "id": "cs_1", "status": "complete", "payment_intent": intent, "setup_intent": null });
        let Ok(Answer::Session(SessionState::Complete { intent: Some(intent), card: Some(card) })) =
            answer(&Request::Session("cs_1".into()), &reply(200, &session))
        else {
            panic!("it is complete")
        };
        assert_eq!((intent.as_str(), card.name().as_str()), ("pi_1", "Visa ending in 4242"));
        let session = json!({ "id": "cs_1", "status": "complete", "setup_intent": { "payment_method": method } });
        let Ok(Answer::Session(SessionState::Complete { intent: None, card: Some(_) })) =
            answer(&Request::Session("cs_1".into()), &reply(200, &session))
        else {
            panic!("it kept a card")
        };
    }
}
