//! Experts: who they are, what they can do, where and when, when they are away, and the phones they work from.

use super::{Came, PAGE, at, back, frame, local, wrong};
use crate::accounts::api::staff::revoke;
use crate::admin::keep::{body, came, levels, seen, words};
use crate::admin::today;
use crate::db::Error;
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::{Answer, Query, Refused, Site};
use crate::sync;
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Block, Cell, Input, Kind, Part, Record, Records, To, address};
use crate::workforce::api::{self, days};
use crate::workforce::store::{self, ListExperts};
use crate::workforce::{Area, Roster, Skill};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{AbsenceId, DeviceId, ExpertId};
use shared::problem::{Problem, ProblemCode};
use shared::text::fold_key;
use shared::time::Date;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/experts", get(list).post(create))
        .route("/admin/experts/new", get(new))
        .route("/admin/experts/{id}", get(show).post(replace))
        .route("/admin/experts/{id}/skills", post(skills))
        .route("/admin/experts/{id}/areas", post(areas))
        .route("/admin/experts/{id}/hours", post(hours))
        .route("/admin/experts/{id}/absences", post(absence))
        .route("/admin/experts/{id}/absences/{absence}", post(absence_end))
        .route("/admin/experts/{id}/devices/{device}", post(revoke_device))
        .route("/admin/experts/{id}/code", post(code))
        .route("/admin/experts/{id}/active", post(switch))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    q: String,
    skill: String,
    area: String,
    active: String,
    after: Option<ExpertId>,
}

fn choices(any: &str, named: impl Iterator<Item = (String, String)>) -> Kind {
    let first = Choice::new("", any);
    Kind::Select(std::iter::once(first).chain(named.map(|(value, label)| Choice::new(value, label))).collect())
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let form = Form::new().with("q", &*wanted.q).with("skill", &*wanted.skill).with("area", &*wanted.area);
    let form = form.with("active", &*wanted.active);
    let query = [("q", &*wanted.q), ("skill", &*wanted.skill), ("area", &*wanted.area), ("active", &*wanted.active)];
    let link = |after: ExpertId| {
        let after = after.to_string();
        address("/admin/experts", &[query[0], query[1], query[2], query[3], ("after", &after)])
    };
    let (name_key, skill, area) = (fold_key(&wanted.q), wanted.skill.clone(), wanted.area.clone());
    let active = match &*wanted.active {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let (settings, now) = (sync::bounds(&site.config).settings, site.now());
    let read = site.db.read(async move |conn| {
        let (skills, areas) = (store::skills(conn).await?, store::areas(conn).await?);
        let after = match wanted.after {
            Some(id) => store::expert(conn, id).await?.map(|expert| (fold_key(expert.name.as_str()), id)),
            None => None,
        };
        let wanted = ListExperts {
            name_key: Some(name_key).filter(|key| !key.is_empty()),
            active,
            skill: skills.iter().find(|one| one.slug.as_str() == skill).map(|one| one.id),
            area: areas.iter().find(|one| one.slug.as_str() == area).map(|one| one.id),
            after,
            limit: PAGE,
        };
        let doing = today::doing(conn, &settings, now).await?;
        Ok::<_, Error>((skills, areas, store::list(conn, wanted).await?, doing))
    });
    let (skills, areas, found, doing) = read.await?;
    let row = |expert: &crate::workforce::Expert| {
        let does = doing.get(&expert.id).map(|(doing, zone)| doing.words(zone, now)).unwrap_or_default();
        vec![
            Cell::link(expert.name.as_str(), format!("/admin/experts/{}", expert.id)),
            Cell::text(crate::phone::show(&expert.phone)),
            Cell::text(format!("{}, {}", expert.home_city, expert.home_postal_code)),
            Cell::active(expert.active),
            Cell::text(does),
        ]
    };
    let named = |skill: &Skill| (skill.slug.to_string(), skill.name.to_string());
    let placed = |area: &Area| (area.slug.to_string(), area.name.to_string());
    page(&Records {
        frame: frame(&site),
        title: "Experts".into(),
        lead: String::new(),
        said: String::new(),
        filters: vec![
            Input::new("q", "Name", Kind::Line("search")),
            Input::new("skill", "Skill", choices("Every skill", skills.iter().map(named))),
            Input::new("area", "Area", choices("Every area", areas.iter().map(placed))),
            Input::new(
                "active",
                "Shown",
                choices("All", [("yes".into(), "Active".into()), ("no".into(), "Switched off".into())].into_iter()),
            ),
        ],
        form,
        actions: vec![
            To::new("/admin/experts/new", "New expert"),
            To::new("/admin/import/experts", "Import a file"),
            To::new("/api/v1/admin/export/experts", "Save as a file"),
        ],
        columns: vec!["Name", "Phone", "Home", "State", "Now"],
        rows: found.experts.iter().map(row).collect(),
        empty: "No expert is like this.",
        next: found.next.map(|(_, id)| link(id)),
    })
}

fn person_inputs() -> Vec<Input> {
    vec![
        Input::line("name", "Name"),
        Input::new("email", "E-mail", Kind::Line("email")).must().hint("Signs in with it."),
        Input::new("phone", "Phone", Kind::Line("tel")).must().hint("Codes to sign in with go there."),
        Input::new("line1", "Home: street and number", Kind::Line("text")),
        Input::line("postal_code", "Home: ZIP code").hint("Where a day begins, and by which clock."),
        Input::new("city", "Home: city", Kind::Line("text")).hint("Left empty, it is taken from the ZIP code."),
        Input::new("languages", "Languages", Kind::Line("text")).hint("Like: en; es"),
        Input::new(
            "sms",
            "SMS with an offer",
            Kind::Select(vec![
                Choice::new("always", "Always"),
                Choice::new("if_unheard", "Only if no phone heard of it within a minute"),
            ]),
        ),
    ]
}

fn able_inputs() -> Vec<Input> {
    vec![
        Input::new("skills", "Skills with level", Kind::Prose).hint("Like: tv:2; router:3. A level is 1, 2 or 3."),
        Input::new("areas", "Areas", Kind::Prose).hint("Their words, like: manhattan; queens"),
        Input::new("shifts", "Shifts", Kind::Line("text")).hint("Like: Mon-Fri 08:00-16:00; Sat 10:00-14:00"),
        Input::new("on_call", "On call", Kind::Line("text")).hint("Like: Sat-Sun 00:00-24:00"),
    ]
}

fn new_page(site: &Site, form: Form) -> Record {
    let inputs = person_inputs().into_iter().chain(able_inputs()).collect();
    Record {
        frame: frame(site).with_postal_data(),
        title: "New expert".into(),
        back: To::new("/admin/experts", "Experts"),
        said: String::new(),
        facts: Vec::new(),
        links: Vec::new(),
        parts: vec![
            Part::new("", "/admin/experts", "Add the expert", inputs).lead("A code to sign in with is texted at once."),
        ],
        blocks: Vec::new(),
        form,
    }
}

async fn new(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&new_page(&site, Form::new().with("languages", "en").with("sms", "always")))
}

/// What a form says of a person.
fn person(form: &Form) -> Value {
    json!({
        "name": form.value("name"),
        "email": form.value("email"),
        "phone": form.value("phone"),
        "address": {
            "line1": form.value("line1"),
            "city": form.value("city"),
            "postal_code": form.value("postal_code"),
        },
        "languages": words(form.value("languages")),
        "sms": form.value("sms"),
    })
}

async fn create(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let mut document = person(&form);
    document["skills"] = levels(form.value("skills"));
    document["areas"] = json!(words(form.value("areas")));
    document["shifts"] = json!(form.value("shifts"));
    document["on_call"] = json!(form.value("on_call"));
    let made = api::create(State(site.clone()), admin, body(&document)?).await;
    match came(made, &mut form)? {
        Some(_) => Ok(back("/admin/experts", "made")),
        None => wrong(&new_page(&site, form)),
    }
}

struct Whole {
    roster: Roster,
    words: api::Words,
    absences: Vec<crate::workforce::Absence>,
}

async fn whole(site: &Site, id: ExpertId) -> Answer<Whole> {
    let now = site.now();
    let read = site.db.read(async move |conn| {
        let Some(roster) = store::roster(conn, id).await? else { return Ok(None) };
        let absences = store::absences(conn, id, now, days::ABSENCES_MAX).await?;
        Ok::<_, Error>(Some(Whole { roster, words: api::Words::load(conn).await?, absences }))
    });
    read.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn filled(whole: &Whole) -> Form {
    let Whole { roster, words, .. } = whole;
    let expert = &roster.expert;
    let skills: Vec<String> =
        words.skills(&roster.skills).iter().map(|(word, level)| format!("{word}:{level}")).collect();
    let areas: Vec<&str> = words.areas(&roster.areas).into_iter().collect();
    Form::new()
        .with("name", expert.name.as_str())
        .with("email", expert.email.as_str())
        .with("phone", expert.phone.as_str())
        .with("line1", expert.home_line1.as_ref().map_or("", |line| line.as_str()))
        .with("postal_code", &*expert.home_postal_code)
        .with("city", expert.home_city.as_str())
        .with("languages", expert.languages.join("; "))
        .with("sms", expert.sms.word())
        .with("skills", skills.join("; "))
        .with("areas", areas.join("; "))
        .with("shifts", days::in_words(&roster.shifts, false))
        .with("on_call", days::in_words(&roster.shifts, true))
}

/// Absences on the page of an expert, the next ones; the others come up as these end.
const ABSENCES_SHOWN: usize = 40;

/// The page of an expert, with this in the form in place of what is there.
async fn expert_page(site: &Site, id: ExpertId, typed: Option<Form>, said: String) -> Answer<Record> {
    let whole = whole(site, id).await?;
    let devices = site.db.read(async move |conn| crate::accounts::devices::of_expert(conn, id).await).await?;
    let expert = &whole.roster.expert;
    let path = format!("/admin/experts/{id}");
    let mut able = able_inputs().into_iter();
    let mut take = |n: usize| able.by_ref().take(n).collect::<Vec<_>>();
    let (skills, areas, hours) = (take(1), take(1), take(2));
    let mut parts = vec![
        Part::new("Who", &*path, "Save", person_inputs()).with("ver", expert.ver),
        Part::new("Skills", format!("{path}/skills"), "Save the skills", skills).with("ver", expert.ver),
        Part::new("Areas", format!("{path}/areas"), "Save the areas", areas).with("ver", expert.ver),
        Part::new("Hours", format!("{path}/hours"), "Save the hours", hours)
            .with("ver", expert.ver)
            .lead(format!("By the clock of {}.", expert.zone.name())),
        Part::new(
            "Away",
            format!("{path}/absences"),
            "Add",
            vec![
                Input::new("from_date", "First day", Kind::Line("date")).must(),
                Input::new("until_date", "Last day", Kind::Line("date")).must(),
                Input::new("reason", "Why", Kind::Line("text")),
            ],
        )
        .lead(match whole.absences.len().saturating_sub(ABSENCES_SHOWN) {
            0 => "Offers and visits of these days go to others at once; each customer is told once.".to_owned(),
            n => format!("Offers and visits of these days go to others at once; each customer is told once. {n} more absences stand in the expert's JSON."),
        }),
    ];
    parts.extend(whole.absences.iter().take(ABSENCES_SHOWN).map(|absence| {
        let (from, until) = (local(&expert.zone, absence.from), local(&expert.zone, absence.until));
        Part::button(format!("{path}/absences/{}", absence.id), "Not away after all", "quiet").lead(format!(
            "Away from {from} until {until}{}",
            absence.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
        ))
    }));
    parts.extend(devices.iter().filter(|device| !device.revoked).map(|device| {
        Part::button(format!("{path}/devices/{}", device.id), "Sign this phone out", "bad")
            .lead(format!("{}. What it has not sent yet is still taken.", device.name))
    }));
    parts.push(Part::button(format!("{path}/code"), "Text a code to sign in with", "quiet"));
    parts.push(if expert.active {
        Part::button(format!("{path}/active"), "Switch off", "bad")
            .with("active", "no")
            .lead("Signed out everywhere; what this expert had goes to others.")
    } else {
        Part::button(format!("{path}/active"), "Switch on again", "").with("active", "yes")
    });
    let device = |device: &crate::accounts::devices::DeviceInfo| {
        vec![
            Cell::text(device.name.as_str()),
            Cell::text(format!("{:?}", device.platform)),
            Cell::text(device.seen_at.map_or_else(|| "never".to_owned(), at)),
            Cell::text(if device.has_push { "yes" } else { "no" }),
            if device.revoked { Cell::state("signed out", "state over") } else { Cell::state("in use", "state good") },
        ]
    };
    Ok(Record {
        frame: frame(site).with_postal_data(),
        title: expert.name.to_string(),
        back: To::new("/admin/experts", "Experts"),
        said,
        facts: vec![
            ("State", if expert.active { "active".into() } else { "switched off".into() }),
            ("Duty", if expert.on_duty { "on duty".into() } else { "off duty".into() }),
            ("Zone", expert.zone.name().to_owned()),
        ],
        links: vec![To::new(format!("/admin/audit?subject=expert:{id}"), "What was changed")],
        blocks: vec![Block {
            heading: "Phones",
            columns: vec!["Name", "System", "Last sync", "Push", "State"],
            rows: devices.iter().map(device).collect(),
            empty: "Nobody signed in on a phone yet.",
        }],
        form: typed.unwrap_or_else(|| filled(&whole)),
        parts,
    })
}

async fn show(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
    Query(done): Query<Came>,
) -> Answer<Html<String>> {
    page(&expert_page(&site, id, None, done.said()).await?)
}

/// Done, or the page again: what was typed over what is there, with what is wrong.
async fn ended<T>(site: &Site, id: ExpertId, result: Answer<T>, form: Form, done: &str) -> Answer<Response> {
    let mut typed = form;
    if came(result, &mut typed)?.is_some() {
        return Ok(back(&format!("/admin/experts/{id}"), done));
    }
    let there = filled(&whole(site, id).await?);
    wrong(&expert_page(site, id, Some(typed.over(&there)), String::new()).await?)
}

async fn replace(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<ExpertId>,
    form: Form,
) -> Answer<Response> {
    let mut document = person(&form);
    document["ver"] = json!(seen(&form));
    let saved = api::replace(State(site.clone()), admin, Path(id), body(&document)?).await;
    ended(&site, id, saved, form, "saved").await
}

async fn skills(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<ExpertId>,
    form: Form,
) -> Answer<Response> {
    let document = json!({ "skills": levels(form.value("skills")), "ver": seen(&form) });
    let saved = days::put_skills(State(site.clone()), admin, Path(id), body(&document)?).await;
    ended(&site, id, saved, form, "saved").await
}

async fn areas(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<ExpertId>,
    form: Form,
) -> Answer<Response> {
    let document = json!({ "areas": words(form.value("areas")), "ver": seen(&form) });
    let saved = days::put_areas(State(site.clone()), admin, Path(id), body(&document)?).await;
    ended(&site, id, saved, form, "saved").await
}

async fn hours(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<ExpertId>,
    form: Form,
) -> Answer<Response> {
    let document = json!({ "shifts": form.value("shifts"), "on_call": form.value("on_call"), "ver": seen(&form) });
    let saved = days::put_shifts(State(site.clone()), admin, Path(id), body(&document)?).await;
    ended(&site, id, saved, form, "saved").await
}

async fn absence(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    mut form: Form,
) -> Answer<Response> {
    let zone = whole(&site, id).await?.roster.expert.zone;
    let (from, until) = (form.read::<Date>("from_date"), form.read::<Date>("until_date"));
    let added = match from.zip(until) {
        Some((from, until)) => {
            let reason = form.filled("reason");
            let document =
                json!({ "from": zone.instant(from, 0), "until": zone.instant(until, 1_440), "reason": reason });
            days::add_absence(State(site.clone()), RequireDesk(admin), Path(id), body(&document)?).await.map(drop)
        }
        None => Err(Problem::with(ProblemCode::InvalidFields, "Choose the first and the last day.").into()),
    };
    ended(&site, id, added, form, "saved").await
}

async fn absence_end(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path((id, absence)): Path<(ExpertId, AbsenceId)>,
    form: Form,
) -> Answer<Response> {
    let removed = days::remove_absence(State(site.clone()), RequireDesk(admin), Path((id, absence))).await.map(drop);
    match removed {
        // A second click: it is gone already.
        Err(Refused(problem)) if problem.code == ProblemCode::NotFound => {
            Ok(back(&format!("/admin/experts/{id}"), "saved"))
        }
        other => ended(&site, id, other, form, "saved").await,
    }
}

async fn revoke_device(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path((id, device)): Path<(ExpertId, DeviceId)>,
    form: Form,
) -> Answer<Response> {
    let revoked = revoke(State(site.clone()), admin, Path((id, device))).await;
    ended(&site, id, revoked, form, "saved").await
}

async fn code(State(site): State<Site>, admin: RequireAdmin, Path(id): Path<ExpertId>, form: Form) -> Answer<Response> {
    let sent = api::send_code(State(site.clone()), admin, Path(id)).await;
    ended(&site, id, sent, form, "code").await
}

async fn switch(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<ExpertId>,
    form: Form,
) -> Answer<Response> {
    let on = form.value("active") == "yes";
    let switched = if on {
        api::activate(State(site.clone()), admin, Path(id)).await.map(IntoResponse::into_response)
    } else {
        api::deactivate(State(site.clone()), admin, Path(id)).await.map(IntoResponse::into_response)
    };
    ended(&site, id, switched, form, if on { "on" } else { "off" }).await
}
