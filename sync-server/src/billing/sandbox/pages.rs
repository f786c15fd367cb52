//! The sandbox's own pages, which only the demo has: where a card is chosen, and the bank's.

use super::cards::TestCard;
use super::people::{self, Next};
use super::{Sandbox, world::Doc};
use crate::http::{Answer, Refused, Site};
use crate::web::{self, Choice, Form, Frame};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde_json::json;
use shared::money::{Currency, Money};
use shared::problem::ProblemCode;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/sandbox/pay/{id}", get(show).post(choose))
        .route("/sandbox/confirm/{id}", get(bank).post(answer))
}

#[derive(Template)]
#[template(path = "billing/sandbox_pay.html")]
struct PayPage {
    frame: Frame,
    form: Form,
    id: String,
    what: String,
    /// Nothing where only a card is kept.
    price: Option<String>,
    left: String,
    cards: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "billing/sandbox_bank.html")]
struct BankPage {
    frame: Frame,
    id: String,
    price: Option<String>,
}

/// No part of us around it: this is another house.
fn frame(path: &str) -> Frame {
    Frame::private(path).in_demo(true)
}

fn price(doc: &Doc) -> Option<String> {
    let amount = doc.body["amount_total"].as_i64().or_else(|| doc.body["amount"].as_i64())?;
    let eur = doc.body["currency"].as_str() == Some("eur");
    let currency = if eur { Currency::Eur } else { Currency::Usd };
    Some(Money { minor_units: amount, currency }.to_string())
}

async fn found(site: &Site, id: &str) -> Answer<Doc> {
    let doc = Sandbox::new(site).find(id.to_owned()).await?;
    doc.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn gone() -> Refused {
    Refused::with(
        ProblemCode::Gone,
        "This page has closed. Nothing was charged by it now; please go back to your plan.",
    )
}

async fn show(State(site): State<Site>, Path(id): Path<String>) -> Answer<Response> {
    let doc = found(&site, &id).await?;
    if doc.body["status"] != json!("open") {
        return Err(gone());
    }
    let mut form = Form::new().with("card", "works");
    if let Some(message) = doc.body["sandbox"]["message"].as_str() {
        form.wrong("card", format!("{message} You can choose another card"));
    }
    let text = |field: &serde_json::Value| field.as_str().unwrap_or_default().to_owned();
    let page = PayPage {
        frame: frame("/sandbox"),
        form,
        what: text(&doc.body["sandbox"]["what"]),
        price: price(&doc).filter(|_| doc.body["mode"] == json!("payment")),
        left: text(&doc.body["cancel_url"]),
        cards: TestCard::ALL.into_iter().map(|card| Choice::new(card.word(), card.label())).collect(),
        id,
    };
    Ok(web::page(&page)?.into_response())
}

fn onward(next: Next, id: &str) -> Answer<Response> {
    match next {
        Next::Away(url) => Ok(Redirect::to(&url).into_response()),
        Next::Bank(path) => Ok(Redirect::to(&path).into_response()),
        Next::Stay => Ok(Redirect::to(&format!("/sandbox/pay/{id}")).into_response()),
        Next::Gone => Err(gone()),
    }
}

async fn choose(State(site): State<Site>, Path(id): Path<String>, form: Form) -> Answer<Response> {
    let card = TestCard::from_word(form.value("card")).unwrap_or(TestCard::Works);
    let session = id.clone();
    let change =
        move |world: &mut super::World, around: &mut super::Around<'_>| people::chooses(world, &session, card, around);
    onward(Sandbox::new(&site).with(id.clone(), String::new(), change).await?, &id)
}

async fn bank(State(site): State<Site>, Path(id): Path<String>) -> Answer<Response> {
    let doc = found(&site, &id).await?;
    if !matches!(doc.body["status"].as_str(), Some("open" | "requires_action")) {
        return Err(gone());
    }
    let price = price(&doc);
    Ok(web::page(&BankPage { frame: frame("/sandbox"), id, price })?.into_response())
}

async fn answer(State(site): State<Site>, Path(id): Path<String>, form: Form) -> Answer<Response> {
    let (yes, about) = (form.value("answer") == "yes", id.clone());
    let change =
        move |world: &mut super::World, around: &mut super::Around<'_>| people::answers(world, &about, yes, around);
    onward(Sandbox::new(&site).with(id.clone(), String::new(), change).await?, &id)
}
