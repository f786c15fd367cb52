//! What admins keep: experts, skills, areas, needs, plans, staff, customers; and what they look into: the audit, notices,
//! dead jobs.
//!
//! A page here sends what the JSON call takes, through the same handler, so the two cannot disagree: the same limits, the
//! same refusals, the same line in the audit.

pub mod api;
mod bring;
pub mod pages;

use crate::http::json::parse;
use crate::http::{Answer, Json, Refused};
use crate::web::form::Form;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::problem::{FieldError, Problem, ProblemCode};

/// A document that a form stands for, read as the JSON call reads it.
fn body<T: DeserializeOwned>(document: &Value) -> Answer<Json<T>> {
    Ok(Json(parse(document.to_string().as_bytes())?))
}

/// What came of a call: done, or what is wrong stands beside the fields. What no field can mend goes on as it is.
fn came<T>(result: Answer<T>, form: &mut Form) -> Answer<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Refused(problem)) => {
            let mendable = [
                ProblemCode::InvalidFields,
                ProblemCode::Conflict,
                ProblemCode::Stale,
                ProblemCode::AlreadySettled,
                ProblemCode::RuleBroken,
            ];
            if mendable.contains(&problem.code) {
                form.refuse(&flat(problem));
                Ok(None)
            } else {
                Err(Refused(problem))
            }
        }
    }
}

/// The problem with the names that fields of pages have: without what they are nested in.
fn flat(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        let FieldError { field, .. } = error;
        let last = field.strip_prefix("address.").unwrap_or(field);
        let first = last.split(['[', '.']).next().unwrap_or_default().to_owned();
        *field = first;
    }
    problem
}

/// A whole number that was typed; something else where it is none, so that the call says what is wrong with it.
fn number(form: &Form, name: &str) -> Value {
    let typed = form.value(name).trim();
    typed.parse::<i64>().map_or_else(|_| Value::String(typed.to_owned()), Value::from)
}

/// The version that was seen.
fn seen(form: &Form) -> Option<i64> {
    form.value("ver").parse().ok()
}

/// Words like `tv:2; router:3` as the JSON call takes them; what has no level is given one that is refused.
fn levels(text: &str) -> Value {
    let parts = text.split([';', ',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (word, level) = part.split_once(':').unwrap_or((part, "1"));
        (word.trim().to_owned(), Value::from(level.trim().parse::<i64>().unwrap_or(0)))
    };
    Value::Object(parts.map(pair).collect())
}

/// Words in a list, however they are parted.
fn words(text: &str) -> Vec<&str> {
    text.split([';', ',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect()
}
