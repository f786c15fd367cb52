//! What a provider's own document says of its requests and answers, and whether one keeps to it. An excerpt of Twilio's
//! lies beside this file, with its licence: the fake refuses what the document does not allow, so it cannot drift towards
//! what we happen to send, and its answers are held against the same document.

use std::sync::LazyLock;

use serde_json::Value;

/// Twilio's messages.
static TWILIO: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("documents/twilio_messages.json")).expect("the excerpt is a document")
});

/// A part of the document: what is sent, asked for, or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The form that makes a message.
    Create,
    /// The query that lists messages.
    List,
    /// A message as it is answered.
    Message,
}

impl Part {
    fn schema(self) -> &'static Value {
        match self {
            Self::Create => &TWILIO["create"],
            Self::List => &TWILIO["list"],
            Self::Message => &TWILIO["message"],
        }
    }
}

/// What is wrong with fields of a form or a query, if anything.
pub fn fault_of_fields(part: Part, fields: &[(String, String)]) -> Option<String> {
    let schema = part.schema();
    for required in schema["required"].as_array().into_iter().flatten() {
        if !fields.iter().any(|(name, _)| required == name) {
            return Some(format!("{required} is missing"));
        }
    }
    fields.iter().find_map(|(name, value)| {
        let Some(property) = schema["properties"].get(name) else { return Some(format!("there is no field {name}")) };
        // A list comes as a field that repeats.
        let property = if property["type"] == "array" { &property["items"] } else { property };
        (!text_fits(property, value)).then(|| format!("{name} may not be {value:?}"))
    })
}

/// What is wrong with an answer, if anything.
pub fn fault_of_answer(part: Part, answer: &Value) -> Option<String> {
    let Some(answer) = answer.as_object() else { return Some("it is no object".to_owned()) };
    answer.iter().find_map(|(name, value)| {
        let Some(property) = part.schema()["properties"].get(name) else {
            return Some(format!("there is no field {name}"));
        };
        let fits = match value {
            Value::Null => property["nullable"] == true,
            Value::String(text) => property["type"] == "string" && text_fits(property, text),
            Value::Number(_) => matches!(property["type"].as_str(), Some("integer" | "number")),
            Value::Bool(_) => property["type"] == "boolean",
            Value::Object(_) => property["type"] == "object",
            Value::Array(_) => property["type"] == "array",
        };
        (!fits).then(|| format!("{name} may not be {value}"))
    })
}

fn text_fits(property: &Value, text: &str) -> bool {
    let is_type = match property["type"].as_str() {
        Some("integer") => text.parse::<i64>().is_ok_and(|n| within(property, n)),
        Some("number") => text.parse::<f64>().is_ok(),
        Some("boolean") => matches!(text, "true" | "false"),
        _ => true,
    };
    let is_format = match property["format"].as_str() {
        // Numbers, and the addresses of other channels, like `whatsapp:+1…`.
        Some("phone-number") => text.rsplit(':').next().is_some_and(is_number),
        Some("uri") => text.starts_with("https://") || text.starts_with("http://"),
        Some("date-time") => text.parse::<shared::time::Timestamp>().is_ok(),
        _ => true,
    };
    let is_named = property["enum"].as_array().is_none_or(|names| names.iter().any(|name| name == text));
    let length = |name: &str| property[name].as_u64().and_then(|n| usize::try_from(n).ok());
    let n_chars = text.chars().count();
    let is_long =
        length("minLength").is_none_or(|min| n_chars >= min) && length("maxLength").is_none_or(|max| n_chars <= max);
    is_type && is_format && is_named && is_long && property["pattern"].as_str().is_none_or(|form| is_sid(form, text))
}

fn within(property: &Value, n: i64) -> bool {
    property["minimum"].as_i64().is_none_or(|min| n >= min) && property["maximum"].as_i64().is_none_or(|max| n <= max)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (5..=15).contains(&digits.len()) && digits.chars().all(|digit| digit.is_ascii_digit())
}

/// The document's patterns are all of one kind: `^AC[0-9a-fA-F]{32}$`, `^(SM|MM)[0-9a-fA-F]{32}$`.
fn is_sid(pattern: &str, text: &str) -> bool {
    let begins = pattern.trim_start_matches('^').split('[').next().unwrap_or_default();
    let known: Vec<&str> = begins.trim_matches(['(', ')']).split('|').collect();
    known.iter().any(|begin| {
        text.strip_prefix(begin).is_some_and(|rest| rest.len() == 32 && rest.chars().all(|c| c.is_ascii_hexdigit()))
    })
}

#[test]
fn what_the_document_does_not_allow_is_found() {
    let form = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fault_of_fields(Part::Create, &pairs)
    };
    assert_eq!(form(&[("To", "+12125550100"), ("Body", "x"), ("StatusCallback", "https://x")]), None);
    for bad in [
        &[("Body", "x")][..],
        &[("To", "12125550100")],
        &[("To", "+12125550100"), ("Text", "x")],
        &[("To", "+12125550100"), ("StatusCallback", "/webhooks")],
        &[("To", "+12125550100"), ("MessagingServiceSid", "MG1")],
        &[("To", "+12125550100"), ("ValidityPeriod", "soon")],
    ] {
        assert!(form(bad).is_some(), "{bad:?}");
    }
    let list = [("DateSent>".to_owned(), "2026-03-02T08:58:00Z".to_owned()), ("PageSize".to_owned(), "100".to_owned())];
    assert_eq!(fault_of_fields(Part::List, &list), None);
    assert!(fault_of_fields(Part::List, &[("PageSize".to_owned(), "1001".to_owned())]).is_some());
    assert!(fault_of_answer(Part::Message, &serde_json::json!({ "sid": "SM1" })).is_some());
    assert!(fault_of_answer(Part::Message, &serde_json::json!({ "status": "lost" })).is_some());
}
