//! Stripe in requests and answers. Pure.
//!
//! A card is typed on Stripe's page alone. A charge is one `PaymentIntent`, found by our reference in its metadata; it is
//! tried again by confirming the same one, so that it can succeed only once. Every request that changes something carries
//! an idempotency key of ours.

pub mod event;
pub mod gateway;
pub mod read;
pub mod signature;

use crate::http::idempotency::body_hash;

use super::outside::{Order, PageFor, PageWanted, Request};

/// The shapes that this program was written for.
pub const VERSION: &str = "2024-06-20";
/// Payments of one customer that are looked through for one of ours.
const LISTED_MAX: &str = "100";
/// Stripe shows that much of what is bought.
const WHAT_CHARS_MAX: usize = 200;

/// What a request does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Looks.
    Get,
    /// Changes something, under a name of ours.
    Post,
    /// Takes something away; to do it twice is to do it once, so it needs no name.
    Delete,
}

/// A request on its way to Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it does.
    pub verb: Verb,
    /// Below the account's address.
    pub path: String,
    /// The form, or the query.
    pub fields: Vec<(String, String)>,
    /// The name of the request.
    pub key: Option<String>,
}

impl Call {
    fn get(path: impl Into<String>) -> Self {
        Self { verb: Verb::Get, path: path.into(), fields: Vec::new(), key: None }
    }

    fn post(path: impl Into<String>, key: impl Into<String>) -> Self {
        Self { verb: Verb::Post, path: path.into(), fields: Vec::new(), key: Some(key.into()) }
    }

    fn delete(path: impl Into<String>) -> Self {
        Self { verb: Verb::Delete, path: path.into(), fields: Vec::new(), key: None }
    }

    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(WHAT_CHARS_MAX).collect()
}

/// An id of theirs in a path: letters, digits and underscores, whatever it was.
fn segment(id: &str) -> String {
    id.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').collect()
}

/// The request as Stripe takes it.
pub fn call(request: &Request) -> Call {
    match request {
        Request::Payer { customer, name, email } => {
            // Who has another address by now is another request.
            let who = body_hash(format!("{name} {}", email.as_deref().unwrap_or_default()).as_bytes());
            let call = Call::post("/v1/customers", format!("payer:{customer}:{}", &who[..12]))
                .with("name", shortened(name))
                .with("metadata[customer]", customer);
            match email {
                Some(email) => call.with("email", email),
                None => call,
            }
        }
        Request::Page(wanted) => page(wanted),
        Request::Session(id) => Call::get(format!("/v1/checkout/sessions/{}", segment(id)))
            .with("expand[]", "payment_intent.payment_method")
            .with("expand[]", "setup_intent.payment_method"),
        Request::EndSession(id) => {
            Call::post(format!("/v1/checkout/sessions/{}/expire", segment(id)), format!("expire:{id}"))
        }
        Request::Charge(order) => charge(order),
        Request::Intent(id) => Call::get(format!("/v1/payment_intents/{}", segment(id))),
        Request::Find { payer, charge: _ } => {
            Call::get("/v1/payment_intents").with("customer", payer).with("limit", LISTED_MAX)
        }
        Request::Cancel(id) => {
            Call::post(format!("/v1/payment_intents/{}/cancel", segment(id)), format!("cancel:{id}"))
                .with("cancellation_reason", "abandoned")
        }
        Request::Refund { refund, intent, amount } => Call::post("/v1/refunds", format!("refund:{refund}"))
            .with("payment_intent", intent)
            .with("amount", amount.minor_units)
            .with("metadata[refund]", refund),
        Request::Forget(payer) => Call::delete(format!("/v1/customers/{}", segment(payer))),
        Request::FindRefund { intent, refund: _ } => {
            Call::get("/v1/refunds").with("payment_intent", intent).with("limit", LISTED_MAX)
        }
    }
}

fn page(wanted: &PageWanted) -> Call {
    let (mode, more) = match &wanted.purpose {
        PageFor::Payment { what, price } => (
            "payment",
            vec![
                ("line_items[0][quantity]", "1".to_owned()),
                ("line_items[0][price_data][currency]", price.currency.code().to_lowercase()),
                ("line_items[0][price_data][unit_amount]", price.minor_units.to_string()),
                ("line_items[0][price_data][product_data][name]", shortened(what)),
                ("payment_intent_data[setup_future_usage]", "off_session".to_owned()),
                ("payment_intent_data[metadata][checkout]", wanted.checkout.to_string()),
            ],
        ),
        PageFor::Card => ("setup", vec![("setup_intent_data[metadata][checkout]", wanted.checkout.to_string())]),
    };
    let call = Call::post("/v1/checkout/sessions", format!("page:{}", wanted.checkout))
        .with("mode", mode)
        .with("customer", &wanted.payer)
        .with("client_reference_id", wanted.checkout)
        .with("payment_method_types[0]", "card")
        .with("success_url", &wanted.done)
        .with("cancel_url", &wanted.left)
        .with("expires_at", wanted.expires_at.as_millis() / 1_000);
    more.into_iter().fold(call, |call, (name, value)| call.with(name, value))
}

fn charge(order: &Order) -> Call {
    let call = match &order.intent {
        Some(intent) => Call::post(format!("/v1/payment_intents/{}/confirm", segment(intent)), order.key.clone())
            .with("payment_method", &order.method),
        None => Call::post("/v1/payment_intents", order.key.clone())
            .with("amount", order.price.minor_units)
            .with("currency", order.price.currency.code().to_lowercase())
            .with("customer", &order.payer)
            .with("payment_method", &order.method)
            .with("payment_method_types[0]", "card")
            .with("description", shortened(&order.what))
            .with("metadata[charge]", order.charge)
            .with("confirm", "true"),
    };
    match &order.returns_to {
        Some(url) => call.with("return_url", url),
        None => call.with("off_session", "true"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{id, usd};
    use super::*;
    use shared::time::Timestamp;

    fn order() -> Order {
        Order {
            key: "charge:1:1".into(),
            charge: id(1),
            payer: "cus_1".into(),
            method: "pm_1".into(),
            intent: None,
            price: usd(11_900),
            what: "Home plus".into(),
            returns_to: None,
        }
    }

    fn field(call: &Call, name: &str) -> Option<String> {
        call.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn a_charge_is_one_payment_that_is_confirmed_again_and_not_made_again() {
        let first = call(&Request::Charge(order()));
        assert_eq!((first.path.as_str(), first.key.as_deref()), ("/v1/payment_intents", Some("charge:1:1")));
        assert_eq!(field(&first, "off_session").as_deref(), Some("true"));
        assert_eq!(field(&first, "amount").as_deref(), Some("11900"));
        let again = call(&Request::Charge(Order { intent: Some("pi_9".into()), key: "charge:1:2".into(), ..order() }));
        assert_eq!(again.path, "/v1/payment_intents/pi_9/confirm");
        assert_eq!(field(&again, "amount"), None);
        let there = Order { returns_to: Some("https://help.example.com/plan".into()), ..order() };
        let there = call(&Request::Charge(there));
        assert_eq!(field(&there, "off_session"), None, "the customer is there to confirm");
        assert!(field(&there, "return_url").is_some());
    }

    #[test]
    fn a_page_keeps_the_card_and_carries_our_reference() {
        let wanted = PageWanted {
            checkout: id(7),
            payer: "cus_1".into(),
            purpose: PageFor::Payment { what: "x".repeat(900), price: usd(500) },
            done: "https://help.example.com/plan/done".into(),
            left: "https://help.example.com/plans".into(),
            expires_at: Timestamp::from_millis(1_772_442_000_999),
        };
        let call = call(&Request::Page(wanted));
        let future = field(&call, "payment_intent_data[setup_future_usage]");
        assert_eq!(future.as_deref(), Some("off_session"));
        assert_eq!(field(&call, "expires_at").as_deref(), Some("1772442000"));
        assert_eq!(field(&call, "client_reference_id"), field(&call, "payment_intent_data[metadata][checkout]"));
        assert_eq!(field(&call, "line_items[0][price_data][product_data][name]").map(|name| name.len()), Some(200));
    }

    #[test]
    fn an_id_of_theirs_cannot_leave_its_place_in_the_path() {
        assert_eq!(call(&Request::Intent("pi_1/../refunds?x".into())).path, "/v1/payment_intents/pi_1refundsx");
    }
}
