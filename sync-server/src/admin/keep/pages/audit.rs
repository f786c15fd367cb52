//! The audit for people: who changed what, and of each change what was there and what is.

use super::{at, frame};
use crate::audit::{Filter, Line, store};
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::weight;
use crate::web::form::Form;
use crate::web::most::{Most, short};
use crate::web::page;
use crate::web::records::{Block, Cell, Input, Kind, Record, Records, To, address};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use shared::ids::StaffId;
use shared::problem::ProblemCode;
use shared::time::{Date, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a value before and after, and what all of a line weigh; the document has them whole.
const VALUE_CHARS_MAX: usize = 1_000;
const VALUES_BYTES_MAX: usize = 44_000;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/admin/audit", get(list)).route("/admin/audit/{id}", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    subject: String,
    actor: String,
    what: String,
    from: String,
    until: String,
    before: String,
}

impl Wanted {
    fn filter(&self) -> Filter {
        let utc = Zone::utc();
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str, minute| text.trim().parse::<Date>().ok().map(|date| utc.instant(date, minute));
        Filter {
            subject: text(&self.subject),
            actor: text(&self.actor),
            what: text(&self.what),
            from: day(&self.from, 0),
            until: day(&self.until, 1_440),
        }
    }
}

/// The names of the colleagues whom these lines name.
async fn names(site: &Site, lines: &[Line]) -> Answer<BTreeMap<String, String>> {
    let ids: BTreeSet<StaffId> = lines
        .iter()
        .filter(|line| matches!(line.actor_role.as_str(), "agent" | "admin"))
        .filter_map(|line| line.actor.as_ref()?.parse().ok())
        .collect();
    let read = site.db.read(async move |conn| {
        let mut names = BTreeMap::new();
        for id in &ids {
            if let Some(one) = crate::accounts::staff::get(conn, *id).await? {
                names.insert(id.to_string(), one.fields.name.to_string());
            }
        }
        Ok::<_, Error>(names)
    });
    Ok(read.await?)
}

fn who(line: &Line, names: &BTreeMap<String, String>) -> String {
    let named = line.actor.as_ref().and_then(|id| names.get(id));
    named.map_or_else(|| line.actor_role.clone(), |name| format!("{name} ({})", line.actor_role))
}

/// The page about a subject, where there is one.
fn page_of(subject: &str) -> Option<String> {
    let (kind, id) = subject.split_once(':')?;
    match kind {
        "expert" => Some(format!("/admin/experts/{id}")),
        "customer" => Some(format!("/admin/customers/{id}")),
        "skill" => Some(format!("/admin/skills/{id}")),
        "area" => Some(format!("/admin/areas/{id}")),
        "plan" => Some(format!("/admin/plans/{id}")),
        "staff" => Some(format!("/admin/staff/{id}")),
        "ticket" => Some(format!("/desk/tickets/{id}")),
        "article" => Some(format!("/knowledge/{id}")),
        _ => None,
    }
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let (filter, before) = (wanted.filter(), Some(wanted.before.clone()).filter(|before| !before.is_empty()));
    let read = site.db.read(async move |conn| store::find(conn, &filter, before.as_deref(), super::PAGE + 1).await);
    let mut lines = read.await?;
    let shown = usize::try_from(super::PAGE).unwrap_or(usize::MAX);
    let more = lines.len() > shown;
    lines.truncate(shown);
    let names = names(&site, &lines).await?;
    let row = |line: &Line| {
        vec![
            Cell::link(at(line.at), format!("/admin/audit/{}", line.id)),
            Cell::text(who(line, &names)),
            Cell::number(&line.what),
            match page_of(&line.subject) {
                Some(to) => Cell::link(line.subject.as_str(), to),
                None => Cell::text(line.subject.as_str()),
            },
        ]
    };
    let next = lines.last().filter(|_| more).map(|line| {
        address(
            "/admin/audit",
            &[
                ("subject", &wanted.subject),
                ("actor", &wanted.actor),
                ("what", &wanted.what),
                ("from", &wanted.from),
                ("until", &wanted.until),
                ("before", &line.id),
            ],
        )
    });
    let form = Form::new()
        .with("subject", &*wanted.subject)
        .with("actor", &*wanted.actor)
        .with("what", &*wanted.what)
        .with("from", &*wanted.from)
        .with("until", &*wanted.until);
    page(&Records {
        frame: frame(&site),
        title: "Audit".into(),
        lead: "Who changed what, the newest first. Nothing here can be changed.".into(),
        said: String::new(),
        filters: vec![
            Input::new("what", "What", Kind::Line("search")).hint("The word or its beginning, like expert"),
            Input::new("subject", "About", Kind::Line("search")).hint("Like expert:0199…"),
            Input::new("actor", "By", Kind::Line("search")).hint("The id of a colleague"),
            Input::new("from", "From", Kind::Line("date")),
            Input::new("until", "Until", Kind::Line("date")),
        ],
        form,
        actions: Vec::new(),
        columns: vec!["When", "Who", "What", "About"],
        rows: lines.iter().map(row).collect(),
        empty: "Nothing was changed like this.",
        next,
    })
}

/// What differs between two documents: each field, how it was, how it is.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    walk("", before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null), &mut rows);
    rows
}

fn walk(path: &str, before: &Value, after: &Value, rows: &mut Vec<(String, String, String)>) {
    if before == after {
        return;
    }
    let is_document = |value: &Value| value.is_object() || value.is_null();
    if !is_document(before) || !is_document(after) {
        rows.push((path.to_owned(), shown(before), shown(after)));
        return;
    }
    let nothing = serde_json::Map::new();
    let (old, new) = (before.as_object().unwrap_or(&nothing), after.as_object().unwrap_or(&nothing));
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for field in fields {
        let inner = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
        let of = |map: &serde_json::Map<String, Value>| map.get(field).cloned().unwrap_or(Value::Null);
        walk(&inner, &of(old), &of(new), rows);
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

async fn show(State(site): State<Site>, _: RequireAdmin, Path(id): Path<String>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| store::get(conn, &id).await).await?;
    let line = found.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let lines = [line];
    let names = names(&site, &lines).await?;
    let [line] = lines;
    let rows = changes(line.before.as_ref(), line.after.as_ref());
    let cells = |(field, before, after): (String, String, String)| {
        let [before, after] = [before, after].map(|value| short(&value, VALUE_CHARS_MAX));
        vec![Cell::text(field), Cell::state(before, "message"), Cell::state(after, "message")]
    };
    let heavy = |row: &Vec<Cell>| row.iter().map(|cell| weight(&cell.text) + 30).sum::<usize>();
    let fitting = Most::that_fit(rows.into_iter().map(cells), VALUES_BYTES_MAX, heavy);
    let n_more = fitting.n.saturating_sub(fitting.rows.len());
    let rows = fitting.rows;
    let mut links = vec![To::new(address("/admin/audit", &[("subject", &line.subject)]), "All about the same")];
    links.push(To::new(address("/api/v1/admin/audit", &[("subject", &line.subject)]), "The same as JSON"));
    links.extend(page_of(&line.subject).map(|to| To::new(to, "Its page")));
    page(&Record {
        frame: frame(&site),
        title: line.what.clone(),
        back: To::new("/admin/audit", "Audit"),
        said: match n_more {
            0 => String::new(),
            n => format!("{n} more fields were changed: they stand in the same as JSON."),
        },
        facts: vec![("When", at(line.at)), ("Who", who(&line, &names)), ("About", line.subject.clone())],
        links,
        parts: Vec::new(),
        blocks: vec![Block {
            heading: "What changed",
            columns: vec!["Field", "Before", "After"],
            rows,
            empty: "It was done; no field tells how.",
        }],
        form: Form::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_shown() {
        let (before, after) = (
            json!({ "name": "Ana", "home": { "city": "A", "code": "1" } }),
            json!({ "name": "Ana", "home": { "city": "B", "code": "1" }, "sms": "always" }),
        );
        let rows = changes(Some(&before), Some(&after));
        assert_eq!(
            rows,
            [("home.city".into(), "A".into(), "B".into()), ("sms".into(), String::new(), "always".into())]
        );
        assert_eq!(changes(None, Some(&json!({ "a": 1 }))), [("a".into(), String::new(), "1".into())]);
    }
}
