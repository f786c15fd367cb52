//! Skills and areas: a word that never changes, a name, and of an area the postal codes that it covers.

use super::{Came, back, frame, paged, wrong};
use crate::admin::keep::{body, came, seen, words};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::form::Form;
use crate::web::page;
use crate::web::records::{Cell, Input, Kind, Part, Record, Records, To};
use crate::workforce::api::catalogue as calls;
use crate::workforce::store;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::get;
use serde_json::{Value, json};
use shared::ids::{AreaId, SkillId};
use shared::problem::ProblemCode;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/skills", get(skills).post(create_skill))
        .route("/admin/skills/new", get(new_skill))
        .route("/admin/skills/{id}", get(skill).post(put_skill))
        .route("/admin/areas", get(areas).post(create_area))
        .route("/admin/areas/new", get(new_area))
        .route("/admin/areas/{id}", get(area).post(put_area))
}

fn list(site: &Site, title: &str, lead: &str, actions: Vec<To>, rows: Vec<Vec<Cell>>, came: &Came) -> Records {
    let is_areas = title == "Areas";
    let (rows, next) = paged(rows, came, if is_areas { "/admin/areas" } else { "/admin/skills" });
    Records {
        frame: frame(site),
        title: title.into(),
        lead: lead.into(),
        said: came.said(),
        filters: Vec::new(),
        form: Form::new(),
        actions,
        columns: if is_areas { vec!["Name", "Word", "Covers", "State"] } else { vec!["Name", "Word", "State"] },
        rows,
        empty: "There is none yet.",
        next,
    }
}

async fn skills(State(site): State<Site>, _: RequireAdmin, Query(done): Query<Came>) -> Answer<Html<String>> {
    let found = site.db.read(async |conn| store::skills(conn).await).await?;
    let row = |skill: &crate::workforce::Skill| {
        let to = format!("/admin/skills/{}", skill.id);
        vec![Cell::link(skill.name.as_str(), to), Cell::number(&skill.slug), Cell::active(skill.active)]
    };
    let lead = "A skill that is switched off is asked of nobody any more; old tickets keep it.";
    let actions = vec![To::new("/admin/skills/new", "New skill")];
    page(&list(&site, "Skills", lead, actions, found.iter().map(row).collect(), &done))
}

fn slug_input() -> Input {
    Input::line("slug", "Word").hint("Small letters, digits and _, like tv or smart_home. It never changes.")
}

fn active_input() -> Input {
    Input::new("active", "Active", Kind::Tick)
}

fn record(site: &Site, title: &str, back: To, parts: Vec<Part>, form: Form, subject: Option<String>) -> Record {
    let links = subject.map(|subject| To::new(format!("/admin/audit?subject={subject}"), "What was changed"));
    Record {
        frame: frame(site),
        title: title.into(),
        back,
        said: String::new(),
        facts: Vec::new(),
        links: links.into_iter().collect(),
        parts,
        blocks: Vec::new(),
        form,
    }
}

fn new_skill_page(site: &Site, form: Form) -> Record {
    let inputs = vec![slug_input(), Input::line("name", "Name")];
    let part = Part::new("", "/admin/skills", "Add the skill", inputs);
    record(site, "New skill", To::new("/admin/skills", "Skills"), vec![part], form, None)
}

async fn new_skill(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&new_skill_page(&site, Form::new()))
}

async fn create_skill(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let document = json!({ "slug": form.value("slug").trim(), "name": form.value("name") });
    let made = match body(&document) {
        Ok(body) => calls::create_skill(State(site.clone()), admin, body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(made, &mut form)? {
        Some(()) => Ok(back("/admin/skills", "made")),
        None => wrong(&new_skill_page(&site, form)),
    }
}

fn skill_page(site: &Site, id: SkillId, name: &str, ver: i64, form: Form) -> Record {
    let inputs = vec![Input::line("name", "Name"), active_input()];
    let part = Part::new("", format!("/admin/skills/{id}"), "Save", inputs).with("ver", ver);
    record(site, name, To::new("/admin/skills", "Skills"), vec![part], form, Some(format!("skill:{id}")))
}

fn ticked(active: bool) -> &'static str {
    if active { "1" } else { "" }
}

async fn skill(State(site): State<Site>, _: RequireAdmin, Path(id): Path<SkillId>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| store::skill(conn, id).await).await?;
    let skill = found.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let form = Form::new().with("name", skill.name.as_str()).with("active", ticked(skill.active));
    page(&skill_page(&site, id, skill.name.as_str(), skill.ver, form))
}

async fn put_skill(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<SkillId>,
    mut form: Form,
) -> Answer<Response> {
    let active = form.filled("active").is_some();
    let document = json!({ "name": form.value("name"), "active": active, "ver": seen(&form) });
    let saved = match body(&document) {
        Ok(body) => calls::put_skill(State(site.clone()), admin, Path(id), body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/skills", "saved")),
        None => {
            let ver = seen(&form).unwrap_or_default();
            wrong(&skill_page(&site, id, "Skill", ver, form))
        }
    }
}

// ── areas ──

async fn areas(State(site): State<Site>, _: RequireAdmin, Query(done): Query<Came>) -> Answer<Html<String>> {
    let found = site.db.read(async |conn| store::areas(conn).await).await?;
    let row = |area: &crate::workforce::Area| {
        let covers = match (area.postal.len(), area.drawing.is_some()) {
            (n, false) => format!("{n} postal codes or beginnings"),
            (0, true) => "a drawing".to_owned(),
            (n, true) => format!("{n} postal codes or beginnings, and a drawing"),
        };
        let to = format!("/admin/areas/{}", area.id);
        vec![
            Cell::link(area.name.as_str(), to),
            Cell::number(&area.slug),
            Cell::text(covers),
            Cell::active(area.active),
        ]
    };
    let lead = "Experts are sent only into their areas. Areas may overlap.";
    let actions = vec![To::new("/admin/areas/new", "New area")];
    page(&list(&site, "Areas", lead, actions, found.iter().map(row).collect(), &done))
}

fn cover_inputs() -> Vec<Input> {
    vec![
        Input::line("name", "Name"),
        Input::new("postal", "Postal codes", Kind::Prose)
            .hint("Codes or beginnings of codes, like: 100; 101; 11201. Another country: DE 10"),
        Input::new("drawing", "Borders", Kind::Prose)
            .hint("A GeoJSON Polygon or MultiPolygon, if postal codes do not fit."),
    ]
}

/// What an area covers, as the JSON call takes it.
fn cover(form: &Form) -> Result<(Value, Value), &'static str> {
    let prefix = |word: &str| {
        let (country, code) = match word.split_once(' ') {
            Some((country, code)) if country.len() == 2 && country.chars().all(char::is_alphabetic) => (country, code),
            Some(_) | None => (crate::postal::HOME_COUNTRY, word),
        };
        json!({ "country": country, "prefix": code })
    };
    let postal: Value = words(form.value("postal")).into_iter().map(prefix).collect();
    let drawing = match form.filled("drawing") {
        None => Value::Null,
        Some(text) => {
            serde_json::from_str(text).map_err(|_| "this is no GeoJSON: it begins like {\"type\":\"Polygon\"")?
        }
    };
    Ok((postal, drawing))
}

fn new_area_page(site: &Site, form: Form) -> Record {
    let inputs = std::iter::once(slug_input()).chain(cover_inputs()).collect();
    let part = Part::new("", "/admin/areas", "Add the area", inputs);
    record(site, "New area", To::new("/admin/areas", "Areas"), vec![part], form, None)
}

async fn new_area(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&new_area_page(&site, Form::new()))
}

async fn create_area(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let (postal, drawing) = match cover(&form) {
        Ok(cover) => cover,
        Err(why) => {
            form.wrong("drawing", why);
            return wrong(&new_area_page(&site, form));
        }
    };
    let slug = form.value("slug").trim();
    let document = json!({ "slug": slug, "name": form.value("name"), "postal": postal, "drawing": drawing });
    let made = match body(&document) {
        Ok(body) => calls::create_area(State(site.clone()), admin, body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(made, &mut form)? {
        Some(()) => Ok(back("/admin/areas", "made")),
        None => wrong(&new_area_page(&site, form)),
    }
}

fn area_page(site: &Site, id: AreaId, name: &str, ver: i64, form: Form) -> Record {
    let inputs = cover_inputs().into_iter().chain([active_input()]).collect();
    let part = Part::new("", format!("/admin/areas/{id}"), "Save", inputs).with("ver", ver);
    record(site, name, To::new("/admin/areas", "Areas"), vec![part], form, Some(format!("area:{id}")))
}

async fn area(State(site): State<Site>, _: RequireAdmin, Path(id): Path<AreaId>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| store::area(conn, id).await).await?;
    let area = found.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let prefix = |one: &crate::workforce::PostalPrefix| {
        if one.country == crate::postal::HOME_COUNTRY {
            one.prefix.clone()
        } else {
            format!("{} {}", one.country, one.prefix)
        }
    };
    let postal: Vec<String> = area.postal.iter().map(prefix).collect();
    let drawing = area.drawing.as_ref().map(serde_json::to_string).transpose().map_err(Refused::internal)?;
    let form = Form::new()
        .with("name", area.name.as_str())
        .with("postal", postal.join("; "))
        .with("drawing", drawing.unwrap_or_default())
        .with("active", ticked(area.active));
    page(&area_page(&site, id, area.name.as_str(), area.ver, form))
}

async fn put_area(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<AreaId>,
    mut form: Form,
) -> Answer<Response> {
    let ver = seen(&form);
    let active = form.filled("active").is_some();
    let saved = match cover(&form) {
        Ok((postal, drawing)) => {
            let document = json!({ "name": form.value("name"), "postal": postal, "drawing": drawing, "active": active,
                "ver": ver });
            match body(&document) {
                Ok(body) => calls::put_area(State(site.clone()), admin, Path(id), body).await.map(drop),
                Err(refused) => Err(refused),
            }
        }
        Err(why) => {
            form.wrong("drawing", why);
            return wrong(&area_page(&site, id, "Area", ver.unwrap_or_default(), form));
        }
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/areas", "saved")),
        None => wrong(&area_page(&site, id, "Area", ver.unwrap_or_default(), form)),
    }
}
