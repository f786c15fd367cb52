//! Push by Firebase Cloud Messaging, HTTP v1: what we ask of it and what its answers mean. Pure but for the gateway.
//!
//! An expert may have several phones; one that rings is enough. Pushing twice does no harm, because the notice's id goes
//! along and a phone drops what it knows, so an attempt whose end nobody knows is simply made again.

pub(super) mod gateway;
pub(super) mod key;

use super::gateway::Answered;
use super::outside::{Message, Unsent};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// What is asked of FCM for one phone.
fn body(message: &Message, push_token: &str) -> Value {
    let kind = message.matter.word();
    let mut data = json!({ "notice": message.notice, "kind": kind });
    if let Some(ticket) = message.ticket {
        data["ticket"] = json!(ticket);
    }
    json!({ "message": {
        "token": push_token,
        "notification": { "title": message.subject.as_deref().unwrap_or_default(), "body": message.body },
        "data": data,
        // A newer one of a kind replaces the older one that the phone has not shown yet.
        "android": { "priority": "HIGH", "collapse_key": kind },
        "apns": { "headers": { "apns-priority": "10", "apns-collapse-id": kind } },
    }})
}

/// How a push to one phone went.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pushed {
    /// FCM has it, as this.
    Taken(String),
    /// The phone is gone: its address is of no use any more.
    Gone(String),
    /// Our own proof of who we are is no longer good.
    Stranger(String),
    /// It was not taken, or nobody knows.
    Not(Unsent),
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
struct Refusal {
    error: Said,
}

#[derive(Default, Deserialize)]
struct Said {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
struct Detail {
    #[serde(default, rename = "errorCode")]
    error_code: Option<String>,
}

/// What an answer means.
fn pushed(answer: &Answered) -> Pushed {
    if answer.status == 200 {
        return match serde_json::from_slice::<Named>(&answer.body) {
            Ok(named) => Pushed::Taken(named.name),
            Err(_) => Pushed::Not(Unsent::Unknown { why: "garbled: FCM took it and did not say as what".to_owned() }),
        };
    }
    let said = serde_json::from_slice::<Refusal>(&answer.body).unwrap_or_default().error;
    let code = said.details.into_iter().find_map(|detail| detail.error_code).unwrap_or(said.status);
    let code = if code.is_empty() { format!("http_{}", answer.status) } else { code };
    let why = format!("{code}: {}", if said.message.is_empty() { "FCM did not take it" } else { &said.message });
    match (code.as_str(), answer.status) {
        // Of an app that was removed, or of another project than ours.
        ("UNREGISTERED" | "SENDER_ID_MISMATCH", _) | (_, 404) => Pushed::Gone(why),
        (_, 401) => Pushed::Stranger(why),
        (_, 408 | 409 | 425 | 429) => Pushed::Not(Unsent::Later { after: answer.after, why }),
        (_, 400..=499) => Pushed::Not(Unsent::Never { why }),
        (_, 503) => Pushed::Not(Unsent::Later { after: answer.after, why }),
        (_, _) => Pushed::Not(Unsent::Unknown { why }),
    }
}

/// What the pushes to an expert's phones come to.
fn together(pushes: Vec<Pushed>) -> Result<String, Unsent> {
    let mut why_not = String::from("no_phone: none of this expert's phones takes push");
    let (mut later, mut unknown) = (None, None);
    for push in pushes {
        match push {
            Pushed::Taken(name) => return Ok(name),
            Pushed::Gone(why) | Pushed::Not(Unsent::Never { why }) => why_not = why,
            Pushed::Stranger(why) => later = Some((None, why)),
            Pushed::Not(Unsent::Later { after, why }) => later = Some((after, why)),
            Pushed::Not(Unsent::Unknown { why }) => unknown = Some(why),
        }
    }
    match (unknown, later) {
        (Some(why), _) => Err(Unsent::Unknown { why }),
        (None, Some((after, why))) => Err(Unsent::Later { after, why }),
        (None, None) => Err(Unsent::Never { why: why_not }),
    }
}

/// A proof of who we are, as the token endpoint gave it.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

/// What the token endpoint's answer means: the proof and how many seconds it is good.
fn granted(answer: &Answered) -> Result<(String, i64), Unsent> {
    if answer.status == 200 {
        let granted = serde_json::from_slice::<Granted>(&answer.body);
        let garbled = Unsent::Later { after: None, why: "garbled: Google gave no access token".to_owned() };
        return granted.map(|granted| (granted.access_token, granted.expires_in)).map_err(|_| garbled);
    }
    // Nothing was sent yet, so it is always later; a key that was taken from us shows as a way that fails.
    let why = format!("token_{}: Google gave no access token for the service account", answer.status);
    Err(Unsent::Later { after: answer.after.or(Some(Duration::from_secs(5))), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::plan::{Channel, Matter};
    use crate::tickets::samples::id;
    use shared::texts::Language;
    use shared::time::Timestamp;

    fn answer(status: u16, body: &str) -> Answered {
        Answered { status, after: Some(Duration::from_secs(30)), body: body.as_bytes().to_vec() }
    }

    fn refusal(status: u16, code: &str) -> Answered {
        let details = format!(r#"[{{"@type":"x"}},{{"errorCode":"{code}"}}]"#);
        answer(status, &format!(r#"{{"error":{{"code":{status},"message":"so","status":"S","details":{details}}}}}"#))
    }

    #[test]
    fn each_answer_is_taken_for_what_it_says() {
        assert_eq!(
            pushed(&answer(200, r#"{"name":"projects/p/messages/1"}"#)),
            Pushed::Taken("projects/p/messages/1".into())
        );
        assert_eq!(pushed(&refusal(404, "UNREGISTERED")), Pushed::Gone("UNREGISTERED: so".into()));
        assert_eq!(pushed(&refusal(403, "SENDER_ID_MISMATCH")), Pushed::Gone("SENDER_ID_MISMATCH: so".into()));
        assert!(matches!(pushed(&refusal(401, "UNAUTHENTICATED")), Pushed::Stranger(_)));
        let after = Some(Duration::from_secs(30));
        let later = |why: &str| Pushed::Not(Unsent::Later { after, why: why.into() });
        assert_eq!(pushed(&refusal(429, "QUOTA_EXCEEDED")), later("QUOTA_EXCEEDED: so"));
        assert_eq!(pushed(&refusal(503, "UNAVAILABLE")), later("UNAVAILABLE: so"));
        let never = Pushed::Not(Unsent::Never { why: "INVALID_ARGUMENT: so".into() });
        assert_eq!(pushed(&refusal(400, "INVALID_ARGUMENT")), never);
        assert!(matches!(pushed(&answer(500, "<html>")), Pushed::Not(Unsent::Unknown { .. })));
    }

    #[test]
    fn one_phone_that_rings_is_enough() {
        let gone = || Pushed::Gone("UNREGISTERED: so".into());
        let busy = || Pushed::Not(Unsent::Later { after: None, why: "busy".into() });
        assert_eq!(together(vec![gone(), busy(), Pushed::Taken("1".into())]), Ok("1".into()));
        assert_eq!(together(vec![gone(), busy()]), Err(Unsent::Later { after: None, why: "busy".into() }));
        assert_eq!(together(vec![gone()]), Err(Unsent::Never { why: "UNREGISTERED: so".into() }));
        assert!(matches!(together(vec![]), Err(Unsent::Never { why }) if why.starts_with("no_phone: ")));
    }

    #[test]
    fn a_push_names_its_notice_and_replaces_its_own_kind() {
        let offer = Matter::Offer { offer: id(1), expires_at: Timestamp::from_millis(0) };
        let message = Message {
            notice: id(5),
            channel: Channel::Push,
            to: id::<shared::ids::of::Expert>(11).to_string(),
            matter: offer,
            language: Language::English,
            ticket: Some(id(7)),
            subject: Some("A new offer".into()),
            body: "No picture".into(),
            link: None,
        };
        let body = body(&message, "a phone");
        assert_eq!(body["message"]["data"]["notice"], json!(message.notice));
        assert_eq!(body["message"]["android"]["collapse_key"], json!("offer"));
        assert_eq!(body["message"]["token"], json!("a phone"));
    }
}
