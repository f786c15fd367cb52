//! SMS by Twilio: what we ask of it, what its answers mean, and whether a call is really from it. Pure but for the
//! gateway.
//!
//! Sending is not idempotent there: after an attempt whose end nobody knows, the messages to that number are listed and
//! looked through for ours before it is sent again.

pub(super) mod gateway;
pub(super) mod signature;

use super::gateway::Answered;
use super::outside::{Message, Unsent};
use super::receipt::Receipt;
use serde::Deserialize;
use shared::ids::NoticeId;
use shared::time::Timestamp;

/// Twilio's clock and ours may differ by as much.
const SKEW_MS: i64 = 120_000;
/// Bits of an id below its milliseconds.
const BITS_BELOW_TIME: u32 = 80;

/// The path at which Twilio tells what became of a message.
pub(super) const STATUS_PATH: &str = "/webhooks/twilio/status";

/// The form that sends a message. `callback` is where Twilio tells what became of it.
pub(super) fn form(message: &Message, from: &str, callback: &str) -> Vec<(&'static str, String)> {
    // A messaging service chooses among its numbers.
    let sender = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
    vec![
        ("To", message.to.clone()),
        (sender, from.to_owned()),
        ("Body", message.body.clone()),
        ("StatusCallback", callback.to_owned()),
    ]
}

/// The query that lists what was sent to this number since the notice was made.
pub(super) fn query(message: &Message) -> Vec<(&'static str, String)> {
    let since = made_at(message.notice).plus_millis(-SKEW_MS);
    // To the second: Twilio's times have no fractions.
    let since = Timestamp::from_millis(since.as_millis() / 1_000 * 1_000);
    vec![("To", message.to.clone()), ("DateSent>", since.to_string()), ("PageSize", "100".to_owned())]
}

/// When a notice was made, by the real clock: its id begins with it.
fn made_at(notice: NoticeId) -> Timestamp {
    let millis = notice.uuid().as_u128() >> BITS_BELOW_TIME;
    Timestamp::from_millis(i64::try_from(millis).expect("48 bits"))
}

/// A message as Twilio has it.
#[derive(Clone, Debug, Deserialize)]
struct Kept {
    sid: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    messages: Vec<Kept>,
}

#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    message: Option<String>,
}

/// What the answer to a sending means: Twilio's id of the message, or why it was not taken.
pub(super) fn sent(answer: &Answered) -> Result<String, Unsent> {
    if answer.status != 201 && answer.status != 200 {
        return Err(refused(answer));
    }
    match serde_json::from_slice::<Kept>(&answer.body) {
        Ok(kept) => Ok(kept.sid),
        Err(_) => Err(Unsent::Unknown { why: "garbled: Twilio took it and did not say as what".to_owned() }),
    }
}

/// What a list says about a message: Twilio's id of it if it is there. One that Twilio itself gave up is no longer on
/// its way and does not count.
pub(super) fn found(answer: &Answered, message: &Message) -> Result<Option<String>, Unsent> {
    if answer.status != 200 {
        return Err(refused(answer));
    }
    let Ok(listed) = serde_json::from_slice::<Listed>(&answer.body) else {
        return Err(Unsent::Unknown { why: "garbled: Twilio's list cannot be read".to_owned() });
    };
    let is_ours = |kept: &&Kept| {
        // A trial account writes a sentence of its own before ours.
        let says_it = kept.body.as_deref().is_some_and(|body| body.ends_with(&message.body));
        let outward = kept.direction.as_deref().is_none_or(|direction| direction.starts_with("outbound"));
        let given_up = matches!(kept.status.as_deref(), Some("failed" | "undelivered" | "canceled"));
        says_it && outward && !given_up
    };
    Ok(listed.messages.iter().find(is_ours).map(|kept| kept.sid.clone()))
}

/// Twilio says that it may have taken a message although it answers with a fault of its own.
fn refused(answer: &Answered) -> Unsent {
    let said: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = said.code.map_or_else(|| format!("http_{}", answer.status), |code| code.to_string());
    let words = said.message.unwrap_or_else(|| format!("Twilio answered {}", answer.status));
    let why = format!("{code}: {words}");
    match answer.status {
        408 | 409 | 425 | 429 => Unsent::Later { after: answer.after, why },
        400..=499 => Unsent::Never { why },
        _ => Unsent::Unknown { why },
    }
}

/// What Twilio tells about a message later; nothing where it says only that it is on its way.
pub(super) fn receipt(status: &str, error_code: Option<&str>) -> Option<Receipt> {
    match status {
        "sent" => Some(Receipt::Sent),
        "delivered" | "read" => Some(Receipt::Delivered),
        "undelivered" | "failed" | "canceled" => {
            let code = error_code.filter(|code| !code.is_empty()).unwrap_or(status);
            Some(Receipt::Failed { why: format!("{code}: {}", in_words(code)) })
        }
        // Accepted, queued, sending, scheduled, and words of the future.
        _ => None,
    }
}

/// The codes that people meet, in words; all others stand in Twilio's list.
fn in_words(code: &str) -> &'static str {
    match code {
        "30003" => "the phone is off or out of reach",
        "30004" => "the number has blocked our messages",
        "30005" => "there is no such number",
        "30006" => "a landline takes no SMS",
        "30007" => "the carrier took it for spam",
        "21610" => "the number asked us to stop",
        _ => "the SMS did not arrive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::plan::{Channel, Matter};
    use crate::tickets::samples::id;
    use shared::texts::Language;
    use std::time::Duration;

    fn message() -> Message {
        let made_at = Timestamp::from_millis(1_772_442_000_123);
        let notice = NoticeId::new(made_at, &shared::chance::Seeded::new(1));
        Message {
            notice,
            channel: Channel::Sms,
            to: "+12125550100".into(),
            matter: Matter::Survey { survey: id(1) },
            language: Language::English,
            ticket: None,
            subject: None,
            body: "How was it? https://help.example.com/survey/x".into(),
            link: None,
        }
    }

    fn answer(status: u16, body: &str) -> Answered {
        Answered { status, after: Some(Duration::from_secs(7)), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn each_answer_is_taken_for_what_it_says() {
        assert_eq!(sent(&answer(201, r#"{"sid":"SM1"}"#)), Ok("SM1".into()));
        let busy = Unsent::Later { after: Some(Duration::from_secs(7)), why: "20429: Too many requests".into() };
        assert_eq!(sent(&answer(429, r#"{"code":20429,"message":"Too many requests"}"#)), Err(busy));
        let never = Unsent::Never { why: "21211: no number".into() };
        assert_eq!(sent(&answer(400, r#"{"code":21211,"message":"no number"}"#)), Err(never));
        // It may have taken these.
        for (status, body) in [(500, "{}"), (503, "<html>"), (201, "{"), (302, "")] {
            assert!(matches!(sent(&answer(status, body)), Err(Unsent::Unknown { .. })), "{status} {body}");
        }
    }

    #[test]
    fn only_our_own_words_to_that_number_are_ours() {
        let kept = |body: &str, more: &str| {
            let body = body.to_owned() + &message().body;
            let list =
                format!(r#"{{"messages":[{{"sid":"SM0","body":"other"}},{{"sid":"SM9","body":"{body}"{more}}}]}}"#);
            found(&answer(200, &list), &message()).unwrap()
        };
        assert_eq!(kept("", ""), Some("SM9".into()));
        assert_eq!(
            kept("Sent from a trial account - ", r#","direction":"outbound-api","status":"queued""#),
            Some("SM9".into())
        );
        assert_eq!(kept("", r#","status":"failed""#), None);
        assert_eq!(kept("", r#","direction":"inbound""#), None);
        assert_eq!(found(&answer(200, r#"{"messages":[]}"#), &message()), Ok(None));
        assert!(found(&answer(500, ""), &message()).is_err());
    }

    #[test]
    fn a_list_begins_before_the_notice_was_made() {
        let query = query(&message());
        assert!(query.contains(&("DateSent>", "2026-03-02T08:58:00Z".to_owned())), "{query:?}");
    }

    #[test]
    fn a_service_and_a_number_are_different_senders() {
        assert_eq!(form(&message(), "+15005550006", "x")[1].0, "From");
        assert_eq!(form(&message(), "MG0123", "x")[1].0, "MessagingServiceSid");
    }

    #[test]
    fn only_what_changes_something_is_a_receipt() {
        assert_eq!(receipt("queued", None), None);
        assert_eq!(receipt("sent", None), Some(Receipt::Sent));
        assert_eq!(receipt("delivered", None), Some(Receipt::Delivered));
        let failed = Receipt::Failed { why: "30006: a landline takes no SMS".into() };
        assert_eq!(receipt("undelivered", Some("30006")), Some(failed));
    }
}
