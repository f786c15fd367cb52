//! The table of needs: what each category of products, and each symptom of it, needs of an expert. A changed row reaches
//! open tickets; every version stays readable in the audit.

use super::{Came, back, frame, paged, wrong};
use crate::admin::keep::{body, came, levels, number, seen};
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::form::Form;
use crate::web::page;
use crate::web::records::{Cell, Input, Kind, Part, Record, Records, To, address};
use crate::workforce::api::Words;
use crate::workforce::api::needs as calls;
use crate::workforce::store::{self, NewNeed};
use crate::workforce::{Category, Symptom};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use shared::problem::{Problem, ProblemCode};
use shared::text::Slug;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/needs", get(list))
        .route("/admin/needs/row", get(row).post(put_row))
        .route("/admin/needs/category", get(new_category).post(put_category))
        .route("/admin/needs/symptom/{category}", get(new_symptom))
        .route("/admin/needs/symptom", post(put_symptom))
}

struct Table {
    categories: Vec<Category>,
    needs: Vec<(NewNeed, i64)>,
    words: Words,
}

async fn table(site: &Site) -> Answer<Table> {
    let read = site.db.read(async |conn| {
        let (categories, needs) = (store::categories(conn).await?, store::needs(conn).await?);
        Ok::<_, Error>(Table { categories, needs, words: Words::load(conn).await? })
    });
    Ok(read.await?)
}

fn of<'a>(table: &'a Table, category: &Slug, symptom: Option<&Slug>) -> Option<&'a (NewNeed, i64)> {
    table.needs.iter().find(|(need, _)| need.category == *category && need.symptom.as_ref() == symptom)
}

fn in_words(table: &Table, need: &NewNeed) -> String {
    let skills: Vec<String> =
        table.words.skills(&need.skills).iter().map(|(word, level)| format!("{word}:{level}")).collect();
    skills.join("; ")
}

fn line(table: &Table, category: &Category, symptom: Option<&Symptom>) -> Vec<Cell> {
    let slug = symptom.map(|symptom| &symptom.slug);
    let to = address(
        "/admin/needs/row",
        &[("category", category.slug.as_str()), ("symptom", slug.map_or("", Slug::as_str))],
    );
    let name = match symptom {
        Some(symptom) => format!("{}: {}", category.label, symptom.label),
        None => format!("{}, where nothing else is said", category.label),
    };
    let found = of(table, &category.slug, slug);
    let or_default = found.or_else(|| of(table, &category.slug, None));
    let skills = match (found, or_default) {
        (Some((need, _)), _) => Cell::text(in_words(table, need)),
        (None, Some((need, _))) => Cell::state(format!("as the category: {}", in_words(table, need)), "soft"),
        (None, None) => Cell::state("nobody can be sent: set this row", "state warn"),
    };
    let minutes = or_default.map(|(need, _)| need.work_minutes.to_string()).unwrap_or_default();
    let urgent = symptom.is_some_and(|symptom| symptom.danger);
    let marks = match (urgent, or_default.is_some_and(|(need, _)| need.urgent)) {
        (true, _) => Cell::state("danger", "state warn"),
        (false, true) => Cell::state("urgent", "state warn"),
        (false, false) => Cell::default(),
    };
    vec![Cell::link(name, to), skills, Cell::number(minutes), marks]
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(done): Query<Came>) -> Answer<Html<String>> {
    let table = table(&site).await?;
    let rows = table.categories.iter().flat_map(|category| {
        let symptoms = category.symptoms.iter().map(|symptom| line(&table, category, Some(symptom)));
        std::iter::once(line(&table, category, None)).chain(symptoms).collect::<Vec<_>>()
    });
    let (rows, next) = paged(rows.collect(), &done, "/admin/needs");
    page(&Records {
        frame: frame(&site),
        title: "Needs".into(),
        lead: "What each trouble needs: skills with level, and minutes of work.".into(),
        said: done.said(),
        filters: Vec::new(),
        form: Form::new(),
        actions: vec![
            To::new("/admin/needs/category", "New category"),
            To::new("/admin/needs/review", "Rows that experts disagree with"),
        ],
        columns: vec!["Trouble", "Skills", "Minutes", ""],
        rows,
        empty: "There is no category yet: nobody can report a problem.",
        next,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    category: String,
    symptom: String,
}

fn record(site: &Site, title: String, parts: Vec<Part>, links: Vec<To>, form: Form) -> Record {
    Record {
        frame: frame(site),
        title,
        back: To::new("/admin/needs", "Needs"),
        said: String::new(),
        facts: Vec::new(),
        links,
        parts,
        blocks: Vec::new(),
        form,
    }
}

fn row_page(site: &Site, table: &Table, which: &Which, typed: Option<Form>) -> Answer<Record> {
    let missing = || Refused::new(ProblemCode::NotFound);
    let category = table.categories.iter().find(|one| one.slug.as_str() == which.category).ok_or_else(missing)?;
    let symptom = category.symptoms.iter().find(|one| one.slug.as_str() == which.symptom);
    if symptom.is_none() && !which.symptom.is_empty() {
        return Err(missing());
    }
    let found = of(table, &category.slug, symptom.map(|one| &one.slug));
    let ver = found.map_or(0, |(_, ver)| *ver);
    let filled = match found.or_else(|| of(table, &category.slug, None)) {
        Some((need, _)) => Form::new()
            .with("skills", in_words(table, need))
            .with("work_minutes", need.work_minutes.to_string())
            .with("urgent", if need.urgent { "1" } else { "" }),
        None => Form::new().with("work_minutes", "60"),
    };
    let inputs = vec![
        Input::new("skills", "Skills with level", Kind::Prose)
            .must()
            .hint("All of them, at least at this level, like: tv:2; router:1"),
        Input::new("work_minutes", "Minutes of work", Kind::Line("number")).must().hint("1 to 600"),
        Input::new("urgent", "Ahead of all others", Kind::Tick),
    ];
    let mut parts = vec![
        Part::new("What it needs", "/admin/needs/row", "Save", inputs)
            .with("category", &category.slug)
            .with("symptom", &which.symptom)
            .with("ver", ver),
    ];
    let active = Input::new("active", "Shown to customers", Kind::Tick);
    let label = Input::line("label", "In customers' words");
    let place = Input::new("place_in_list", "Place in the list", Kind::Line("number")).hint("Lower is earlier.");
    match symptom {
        Some(one) => parts.push(
            Part::new(
                "The symptom",
                "/admin/needs/symptom",
                "Save the symptom",
                vec![label, Input::new("danger", "Means danger", Kind::Tick), place, active],
            )
            .with("category", &category.slug)
            .with("slug", &one.slug),
        ),
        None => parts.push(
            Part::new("The category", "/admin/needs/category", "Save the category", vec![label, place, active])
                .with("slug", &category.slug),
        ),
    }
    let filled = filled
        .with("label", symptom.map_or(category.label.as_str(), |one| one.label.as_str()))
        .with("danger", if symptom.is_some_and(|one| one.danger) { "1" } else { "" })
        .with("active", "1")
        .with("place_in_list", "0");
    let title = symptom.map_or_else(|| category.label.to_string(), |one| format!("{}: {}", category.label, one.label));
    let links = vec![To::new(format!("/admin/needs/symptom/{}", category.slug), "New symptom of this category")];
    let form = typed.map_or(filled.clone(), |typed| typed.over(&filled));
    Ok(record(site, title, parts, links, form))
}

async fn row(State(site): State<Site>, _: RequireAdmin, Query(which): Query<Which>) -> Answer<Html<String>> {
    let table = table(&site).await?;
    page(&row_page(&site, &table, &which, None)?)
}

async fn put_row(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let which = Which { category: form.value("category").into(), symptom: form.value("symptom").into() };
    let document = json!({
        "category": which.category,
        "symptom": form.filled("symptom"),
        "skills": levels(form.value("skills")),
        "work_minutes": number(&form, "work_minutes"),
        "urgent": form.filled("urgent").is_some(),
        "ver": seen(&form),
    });
    let saved = match body(&document) {
        Ok(body) => calls::put_need(State(site.clone()), admin, body).await.map(drop),
        Err(refused) => Err(refused),
    };
    if came(saved, &mut form)?.is_some() {
        return Ok(back("/admin/needs", "saved"));
    }
    let table = table(&site).await?;
    wrong(&row_page(&site, &table, &which, Some(form))?)
}

fn category_page(site: &Site, form: Form) -> Record {
    let inputs = vec![
        Input::line("slug", "Word").hint("Small letters, digits and _, like smart_home. It never changes."),
        Input::line("label", "In customers' words"),
        Input::new("place_in_list", "Place in the list", Kind::Line("number")).hint("Lower is earlier."),
        Input::new("active", "Shown to customers", Kind::Tick),
    ];
    let part = Part::new("", "/admin/needs/category", "Save the category", inputs)
        .lead("Set its row of needs next: until then nobody can be sent.");
    record(site, "New category".into(), vec![part], Vec::new(), form)
}

async fn new_category(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&category_page(&site, Form::new().with("active", "1").with("place_in_list", "0")))
}

async fn put_category(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let document = json!({
        "label": form.value("label"),
        "place_in_list": number(&form, "place_in_list"),
        "active": form.filled("active").is_some(),
    });
    let slug = form.read::<Slug>("slug");
    let saved = match (slug, body(&document)) {
        (Some(slug), Ok(body)) => calls::put_category(State(site.clone()), admin, Path(slug), body).await.map(drop),
        (_, Err(refused)) => Err(refused),
        (None, Ok(_)) => Err(Problem::with(ProblemCode::InvalidFields, "The category needs a word.").into()),
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/needs", "saved")),
        None => wrong(&category_page(&site, form)),
    }
}

fn symptom_page(site: &Site, category: &str, form: Form) -> Record {
    let inputs = vec![
        Input::line("slug", "Word").hint("Small letters, digits and _, like no_picture. It never changes."),
        Input::line("label", "In customers' words"),
        Input::new("danger", "Means danger", Kind::Tick).hint("The ticket is urgent, and a person is told at once."),
        Input::new("place_in_list", "Place in the list", Kind::Line("number")).hint("Lower is earlier."),
        Input::new("active", "Shown to customers", Kind::Tick),
    ];
    let part = Part::new("", "/admin/needs/symptom", "Save the symptom", inputs).with("category", category);
    record(site, format!("New symptom of {category}"), vec![part], Vec::new(), form)
}

async fn new_symptom(State(site): State<Site>, _: RequireAdmin, Path(category): Path<Slug>) -> Answer<Html<String>> {
    page(&symptom_page(&site, category.as_str(), Form::new().with("active", "1").with("place_in_list", "0")))
}

async fn put_symptom(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let document = json!({
        "label": form.value("label"),
        "danger": form.filled("danger").is_some(),
        "place_in_list": number(&form, "place_in_list"),
        "active": form.filled("active").is_some(),
    });
    let category = form.value("category").to_owned();
    let words = form.read::<Slug>("category").zip(form.read::<Slug>("slug"));
    let saved = match (words, body(&document)) {
        (Some(words), Ok(body)) => calls::put_symptom(State(site.clone()), admin, Path(words), body).await.map(drop),
        (_, Err(refused)) => Err(refused),
        (None, Ok(_)) => Err(Problem::with(ProblemCode::InvalidFields, "The symptom needs a word.").into()),
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/needs", "saved")),
        None => wrong(&symptom_page(&site, &category, form)),
    }
}
