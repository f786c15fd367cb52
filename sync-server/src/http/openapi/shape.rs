//! Whether a document has the shape that the table says, for tests: the few words of JSON Schema that the notation makes.

use super::notation::{Body, Call};
use serde_json::Value;

/// Where a document differs from a schema; nothing if it fits.
pub fn differs(value: &Value, schema: &Value, path: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next()) {
        return differs(value, &super::schemas()[name], path);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let each: Vec<String> = any.iter().filter_map(|one| differs(value, one, path)).collect();
        return (each.len() == any.len()).then(|| each.into_iter().next().unwrap_or_default());
    }
    if let Some(beyond) = beyond(value, schema) {
        return Some(format!("{path} {beyond}: {value}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(_) | None => true,
    };
    if !fits {
        return Some(format!("{path} is no {}: {value}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Some(format!("{path} is {value}, not one of {words:?}"));
    }
    if let Some(object) = value.as_object() {
        return of_object(object, schema, path);
    }
    let mut items = value.as_array().into_iter().flatten().enumerate();
    items.find_map(|(at, one)| differs(one, &schema["items"], &format!("{path}[{at}]")))
}

/// The bound that a value does not keep. Patterns are left to programs that read them.
fn beyond(value: &Value, schema: &Value) -> Option<&'static str> {
    let size = match value {
        Value::String(text) => i64::try_from(text.chars().count()).ok(),
        Value::Array(items) => i64::try_from(items.len()).ok(),
        Value::Number(_) => value.as_i64(),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    };
    let (least, most) = match value {
        Value::String(_) => ("minLength", "maxLength"),
        Value::Array(_) => ("minItems", "maxItems"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => ("minimum", "maximum"),
    };
    if size.zip(schema[least].as_i64()).is_some_and(|(size, least)| size < least) {
        return Some("is below its bound");
    }
    if size.zip(schema[most].as_i64()).is_some_and(|(size, most)| size > most) {
        return Some("is above its bound");
    }
    let text = value.as_str()?;
    let is_right = match schema["format"].as_str() {
        Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
        Some("date-time") => text.parse::<shared::time::Timestamp>().is_ok(),
        Some("date") => text.parse::<shared::time::Date>().is_ok(),
        Some(_) | None => true,
    };
    (!is_right).then_some("has not its form")
}

fn of_object(object: &serde_json::Map<String, Value>, schema: &Value, path: &str) -> Option<String> {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            return Some(format!("{path}.{name} is missing"));
        }
    }
    for (name, value) in object {
        let at = format!("{path}.{name}");
        let found = match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => Some(format!("{at} is in no line of the table")),
            (Value::Null, more @ Value::Object(_)) => differs(value, more, &at),
            (Value::Null, _) => None,
            (known, _) => differs(value, known, &at),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// What is wrong between a call of a test and its line.
pub fn wrong(call: &Call, sent: &[u8], status: u16, answered: &[u8]) -> Option<String> {
    if status >= 400 {
        let known = status == 500 || super::refusals(call).contains(&status) || call.refuses.contains(&status);
        // 405 is of the path, not of a call; what is not found may be what a body names.
        return (!known && status != 405).then(|| format!("{status} is in no line of calls.api for it"));
    }
    let Some((_, body)) = call.answers.iter().find(|(own, _)| *own == status) else {
        return Some(format!("{status} is in no line of calls.api for it"));
    };
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    if let Body::Json(schema) = &call.body
        && let Some(found) = differs(&parsed(sent), schema, "sent")
    {
        return Some(found);
    }
    match body {
        Body::Json(schema) => differs(&parsed(answered), schema, "answer"),
        Body::JsonOrCsv(schema) => {
            let answered = serde_json::from_slice::<Value>(answered);
            answered.ok().and_then(|document| differs(&document, schema, "answer"))
        }
        Body::None | Body::Csv | Body::Stream | Body::Binary | Body::Files => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi::notation;
    use serde_json::json;

    #[test]
    fn what_differs_is_named_by_its_place() {
        let call = &notation::calls(
            "POST /a all \"x\" {n: int(0..9), by?: (a b), on?: date} -> 200 {items: [{id: Id}], next: text?}",
        )
        .unwrap()[0];
        let fine = json!({ "items": [{ "id": "x", "more": 1 }], "next": null }).to_string();
        let check =
            |sent: Value, status, answered: &str| wrong(call, sent.to_string().as_bytes(), status, answered.as_bytes());
        assert_eq!(check(json!({ "n": 1, "by": "a" }), 200, &fine), None);
        for (sent, status, answered, expected) in [
            (json!({ "n": 1, "m": 1 }), 200, fine.as_str(), "sent.m is in no line"),
            (json!({ "n": "1" }), 200, &fine, "sent.n is no"),
            (json!({ "n": 1, "by": "c" }), 200, &fine, "sent.by is \"c\""),
            (json!({ "n": 1 }), 200, r#"{"items":[{}],"next":null}"#, "answer.items[0].id is missing"),
            (json!({ "n": 1 }), 201, &fine, "201 is in no line"),
            (json!({ "n": 1 }), 409, "", "409 is in no line"),
            (json!({ "n": 10 }), 200, &fine, "sent.n is above its bound"),
            (json!({ "n": 1, "on": "today" }), 200, &fine, "sent.on has not its form"),
        ] {
            let found = check(sent, status, answered).unwrap_or_default();
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }
}
