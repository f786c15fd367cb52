//! Staff: who answers the phone, and who keeps everything. The last admin can be neither switched off nor made an agent.

use super::{Came, back, frame, wrong};
use crate::accounts::api::staff as calls;
use crate::accounts::staff::{self, Staff};
use crate::admin::keep::{body, came, seen};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Cell, Input, Kind, Part, Record, Records, To, address};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::StaffId;
use shared::problem::ProblemCode;
use shared::text::fold_key;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/staff", get(list).post(create))
        .route("/admin/staff/new", get(new))
        .route("/admin/staff/{id}", get(show).post(replace))
        .route("/admin/staff/{id}/active", post(switch))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    after: Option<StaffId>,
    done: Option<String>,
}

fn role(one: &Staff) -> &'static str {
    match one.fields.role {
        staff::StaffRole::Agent => "agent",
        staff::StaffRole::Admin => "admin",
    }
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let said = Came { done: wanted.done, ..Came::default() }.said();
    let read = site.db.read(async move |conn| {
        let after = match wanted.after {
            Some(id) => staff::get(conn, id).await?.map(|one| (fold_key(one.fields.name.as_str()), id.to_string())),
            None => None,
        };
        staff::list(conn, after, super::PAGE + 1).await
    });
    let mut found: Vec<Staff> = read.await?;
    let shown = usize::try_from(super::PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|one| one.id.to_string());
    let row = |one: &Staff| {
        vec![
            Cell::link(one.fields.name.as_str(), format!("/admin/staff/{}", one.id)),
            Cell::text(one.fields.email.as_str()),
            Cell::text(role(one)),
            Cell::text(one.fields.zone.name()),
            Cell::active(one.active),
        ]
    };
    page(&Records {
        frame: frame(&site),
        title: "Staff".into(),
        lead: String::new(),
        said,
        filters: Vec::new(),
        form: Form::new(),
        actions: vec![To::new("/admin/staff/new", "New colleague")],
        columns: vec!["Name", "E-mail", "Role", "Zone", "State"],
        rows: found.iter().map(row).collect(),
        empty: "Nobody yet.",
        next: next.map(|id| address("/admin/staff", &[("after", &id)])),
    })
}

fn inputs() -> Vec<Input> {
    vec![
        Input::line("name", "Name"),
        Input::new("email", "E-mail", Kind::Line("email")).must().hint("Signs in with it; a code can be sent there."),
        Input::new("phone", "Phone", Kind::Line("tel")).hint("With + and the country's code."),
        Input::new(
            "role",
            "Role",
            Kind::Select(vec![
                Choice::new("agent", "Agent: answers the phone"),
                Choice::new("admin", "Admin: keeps everything"),
            ]),
        ),
        Input::line("time_zone", "Time zone").hint("Like America/New_York"),
    ]
}

fn document(form: &Form) -> Value {
    json!({
        "name": form.value("name"),
        "email": form.value("email").trim(),
        "phone": form.filled("phone"),
        "role": form.value("role"),
        "time_zone": form.value("time_zone").trim(),
    })
}

fn record(site: &Site, title: &str, parts: Vec<Part>, links: Vec<To>, said: String, form: Form) -> Record {
    Record {
        frame: frame(site),
        title: title.into(),
        back: To::new("/admin/staff", "Staff"),
        said,
        facts: Vec::new(),
        links,
        parts,
        blocks: Vec::new(),
        form,
    }
}

fn new_page(site: &Site, form: Form) -> Record {
    let part = Part::new("", "/admin/staff", "Add the colleague", inputs())
        .lead("They sign in by a code that is sent to their e-mail address, and may then choose a password.");
    record(site, "New colleague", vec![part], Vec::new(), String::new(), form)
}

async fn new(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&new_page(&site, Form::new().with("role", "agent").with("time_zone", "America/New_York")))
}

async fn create(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let made = match body(&document(&form)) {
        Ok(body) => calls::create(State(site.clone()), admin, body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(made, &mut form)? {
        Some(()) => Ok(back("/admin/staff", "made")),
        None => wrong(&new_page(&site, form)),
    }
}

fn staff_page(site: &Site, one: &Staff, typed: Option<Form>, said: String) -> Record {
    let path = format!("/admin/staff/{}", one.id);
    let mut parts = vec![Part::new("", &*path, "Save", inputs()).with("ver", one.ver)];
    parts.push(if one.active {
        Part::button(format!("{path}/active"), "Switch off", "bad").with("active", "no").lead("Signed out everywhere.")
    } else {
        Part::button(format!("{path}/active"), "Switch on again", "").with("active", "yes")
    });
    let filled = Form::new()
        .with("name", one.fields.name.as_str())
        .with("email", one.fields.email.as_str())
        .with("phone", one.fields.phone.as_ref().map_or("", |phone| phone.as_str()))
        .with("role", role(one))
        .with("time_zone", one.fields.zone.name());
    let form = typed.map_or(filled.clone(), |typed| typed.over(&filled));
    let links = vec![To::new(format!("/admin/audit?actor={}", one.id), "What they changed")];
    record(site, one.fields.name.as_str(), parts, links, said, form)
}

async fn read(site: &Site, id: StaffId) -> Answer<Staff> {
    let found = site.db.read(async move |conn| staff::get(conn, id).await).await?;
    found.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn show(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<StaffId>,
    Query(done): Query<Came>,
) -> Answer<Html<String>> {
    page(&staff_page(&site, &read(&site, id).await?, None, done.said()))
}

async fn replace(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<StaffId>,
    mut form: Form,
) -> Answer<Response> {
    let mut document = document(&form);
    document["ver"] = json!(seen(&form));
    let saved = match body(&document) {
        Ok(body) => calls::replace(State(site.clone()), admin, Path(id), body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/staff", "saved")),
        None => wrong(&staff_page(&site, &read(&site, id).await?, Some(form), String::new())),
    }
}

async fn switch(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<StaffId>,
    mut form: Form,
) -> Answer<Response> {
    let on = form.value("active") == "yes";
    let switched = if on {
        calls::activate(State(site.clone()), admin, Path(id)).await
    } else {
        calls::deactivate(State(site.clone()), admin, Path(id)).await
    };
    match came(switched, &mut form)? {
        Some(_) => Ok(back(&format!("/admin/staff/{id}"), if on { "on" } else { "off" })),
        None => wrong(&staff_page(&site, &read(&site, id).await?, Some(form), String::new())),
    }
}
