//! The desk's page of what phones handed in.

use super::api::{LIST_MAX, kind, mark};
use super::{Item, What, listed};
use crate::accounts::Person;
use crate::config::Mode;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Site};
use crate::web::cut::weight;
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::most::{Most, short};
use crate::web::page;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use shared::time::{Timestamp, Zone};

/// Lines that were looked at, for taking it back.
const HANDLED_MAX: i64 = 10;
/// What the open ones of a kind weigh, and how much of each is shown: the document has them whole.
const OPEN_BYTES_MAX: usize = 14_000;
const SAID_CHARS_MAX: usize = 600;
const BODY_CHARS_MAX: usize = 1_500;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/desk/lost", get(show)).route("/desk/lost/{what}/{id}", post(looked))
}

struct Line {
    item: Item,
    when: String,
    said: String,
}

impl Line {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        weight(&self.said) + weight(&self.item.body) + weight(&self.item.why) + 400
    }
}

struct Section {
    word: &'static str,
    title: &'static str,
    lead: &'static str,
    open: Most<Line>,
    handled: Vec<Line>,
}

#[derive(Template)]
#[template(path = "sync/lost.html")]
struct LostPage {
    frame: Frame,
    sections: Vec<Section>,
    nothing: bool,
}

async fn show(State(site): State<Site>, RequireDesk(caller): RequireDesk) -> Answer<Html<String>> {
    let viewer = match caller.person {
        Person::Admin(_) => Viewer::Admin,
        Person::Agent(_) | Person::Customer(_) | Person::Expert(_) => Viewer::Agent,
    };
    let frame = Frame::private("/desk/lost").seen_by(viewer).in_demo(site.config.mode == Mode::Demo).wide();
    let sections = site
        .db
        .read(async move |conn| {
            let mut sections = Vec::new();
            for what in What::ALL {
                let (title, lead) = in_words(what);
                let open = listed(conn, what, false, LIST_MAX).await?.into_iter().map(line);
                let open = Most::that_fit(open, OPEN_BYTES_MAX, Line::bytes);
                let handled = listed(conn, what, true, HANDLED_MAX).await?.into_iter().map(line).collect();
                sections.push(Section { word: what.word(), title, lead, open, handled });
            }
            Ok::<_, crate::db::Error>(sections)
        })
        .await?;
    let nothing = sections.iter().all(|section| section.open.n == 0 && section.handled.is_empty());
    page(&LostPage { frame, sections, nothing })
}

fn in_words(what: What) -> (&'static str, &'static str) {
    match what {
        What::DeadLetter => (
            "Could not be used",
            "Single reports that the server could not read or carry out. Read what was meant, and do it on the ticket.",
        ),
        What::Rescue => (
            "Handed in by phones that were switched off",
            "Unsent work of phones that may not sync any more. Notes and photos were laid on their tickets; reports are in \
             the tickets' histories as evidence.",
        ),
        What::Orphan => (
            "Tickets that only a phone knows",
            "The server was set back to a backup and these came after it. Ask the expert, and file them again.",
        ),
    }
}

fn line(item: Item) -> Line {
    let said = short(&said(&item.body), SAID_CHARS_MAX);
    Line { when: when(item.at), said, item: Item { body: short(&item.body, BODY_CHARS_MAX), ..item } }
}

fn when(at: Timestamp) -> String {
    format!("{} UTC", Zone::utc().show(at, "%Y-%m-%d %H:%M"))
}

/// What somebody typed in it, so that nobody has to read JSON.
fn said(body: &str) -> String {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else { return String::new() };
    let one = |mutation: &serde_json::Value| {
        let kind = mutation.get("kind").and_then(serde_json::Value::as_str).unwrap_or("?");
        let args = mutation.get("args");
        let typed = ["text", "summary", "part", "caption"];
        let typed = typed.iter().find_map(|name| args?.get(*name)?.as_str());
        typed.map_or_else(|| kind.to_owned(), |typed| format!("{kind}: {typed}"))
    };
    match body.get("mutations").and_then(serde_json::Value::as_array) {
        Some(all) => all.iter().take(20).map(one).collect::<Vec<_>>().join("\n"),
        None => one(&body),
    }
}

async fn looked(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path((what, id)): Path<(String, String)>,
    form: Form,
) -> Answer<Redirect> {
    mark(&site, &caller, kind(&what)?, id, form.value("handled") == "yes").await?;
    Ok(Redirect::to("/desk/lost"))
}

#[cfg(test)]
mod page_tests {
    use super::said;

    #[test]
    fn what_was_typed_is_shown_without_its_json() {
        assert_eq!(said(r#"{"kind":"note.add","args":{"text":"Ring twice"}}"#), "note.add: Ring twice");
        let outbox = r#"{"mutations":[{"kind":"ticket.depart"},{"kind":"ticket.complete","args":{"summary":"Fuse"}}]}"#;
        assert_eq!(said(outbox), "ticket.depart\nticket.complete: Fuse");
        assert_eq!(said("garbage"), "");
    }

    #[test]
    fn however_much_a_phone_sent_an_entry_is_short() {
        let at = super::Timestamp::from_millis(crate::db::testing::START_MS);
        let item = super::Item {
            what: super::What::DeadLetter,
            id: "1".into(),
            expert: "2".into(),
            expert_name: None,
            ticket: None,
            why: "It could not be read.".into(),
            body: "\"".repeat(4_000),
            at,
            handled_at: None,
        };
        assert!(super::line(item).bytes() < super::OPEN_BYTES_MAX);
    }
}
