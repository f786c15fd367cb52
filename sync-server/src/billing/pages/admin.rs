//! An admin's pages about charges: what is open, what was paid, and giving money back.

use super::super::api::{Wanted, give_back, whole};
use super::super::refund::{RefundState, left};
use super::super::{ChargeState, check, store};
use super::words::{Line, charge_line};
use crate::db::Error;
use crate::http::caller::{Caller, RequireAdmin};
use crate::http::undone::Undone;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::weight;
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::most::Most;
use crate::web::page;
use crate::{customers, plans};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::ids::{ChargeId, CustomerId};
use shared::problem::ProblemCode;
use shared::text::Reason;
use shared::texts::Language;
use shared::time::{Timestamp, Zone};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

const PAGE: i64 = 40;
/// What the faults above them weigh, and the attempts and refunds of a charge.
const FAULTS_BYTES_MAX: usize = 12_000;
const ATTEMPTS_BYTES_MAX: usize = 16_000;
const REFUNDS_BYTES_MAX: usize = 24_000;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/charges", get(list))
        .route("/admin/charges/{id}", get(show))
        .route("/admin/charges/{id}/refund", post(refund))
}

fn frame(site: &Site) -> Frame {
    let is_demo = site.config.mode == crate::config::Mode::Demo;
    Frame::private("/admin/charges").seen_by(Viewer::Admin).in_demo(is_demo).wide()
}

/// A charge with whom it is about.
struct Row {
    line: Line,
    customer: String,
    why: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "billing/charges.html")]
struct ChargesPage {
    frame: Frame,
    /// Address, label, chosen.
    states: Vec<(String, &'static str, bool)>,
    /// Where all of them stand.
    all: String,
    /// Whose they are, if they are one customer's alone.
    of: Option<(CustomerId, String)>,
    is_all: bool,
    rows: Vec<Row>,
    next: Option<String>,
    n_open: usize,
    faults: Most<String>,
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    customer: Option<CustomerId>,
}

/// Whose wall clock an admin reads: dates of money are those of UTC, as the provider shows them.
fn day(at: Timestamp) -> String {
    Language::English.catalogue().date(&Zone::utc(), at)
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(asked): Query<Asked>) -> Answer<Html<String>> {
    let wanted = Wanted::ALL.into_iter().find(|(_, word, _)| *word == asked.state);
    let filter = wanted.map_or_else(store::Filter::default, |(wanted, _, _)| wanted.filter());
    let before = asked.before.parse::<ChargeId>().ok();
    let customer = asked.customer;
    let filter = store::Filter { customer, before, ..filter };
    let now = site.now();
    let read = site.db.read(async move |conn| {
        let charges = store::list(conn, filter, PAGE + 1).await?;
        let mut names: BTreeMap<CustomerId, String> = BTreeMap::new();
        for of in charges.iter().map(|charge| charge.customer).chain(customer) {
            if let Entry::Vacant(unknown) = names.entry(of) {
                let name = customers::store::customer(conn, of).await?.map(|one| one.name.to_string());
                unknown.insert(name.unwrap_or_default());
            }
        }
        Ok::<_, Error>((charges, names, plans::store::plans(conn).await?, check::ledger(conn, now).await?))
    });
    let (mut charges, names, plans, ledger) = read.await?;
    let is_more = i64::try_from(charges.len()).unwrap_or(0) > PAGE;
    charges.truncate(usize::try_from(PAGE).unwrap_or(1));
    let next = charges.last().filter(|_| is_more).map(|last| last.id.to_string());
    let of = customer.map(|id| format!("&customer={id}")).unwrap_or_default();
    let at = |word: &str| format!("/admin/charges?state={word}{of}");
    let row = |charge: &crate::billing::Charge| Row {
        customer: names.get(&charge.customer).cloned().unwrap_or_default(),
        why: match charge.state {
            ChargeState::Open { failure, .. } | ChargeState::GivenUp { failure, .. } => Some(failure.words()),
            ChargeState::Scheduled
            | ChargeState::Paid { .. }
            | ChargeState::Missed { .. }
            | ChargeState::Cancelled { .. } => None,
        },
        line: charge_line(charge, &plans, &day),
    };
    page(&ChargesPage {
        frame: frame(&site),
        states: Wanted::ALL.into_iter().map(|(_, word, label)| (at(word), label, asked.state == word)).collect(),
        all: at(""),
        of: customer.map(|id| (id, names.get(&id).cloned().unwrap_or_default())),
        is_all: wanted.is_none(),
        rows: charges.iter().map(row).collect(),
        next: next.map(|next| format!("{}&before={next}", at(wanted.map_or("", |(_, word, _)| word)))),
        n_open: ledger.open.len(),
        faults: Most::that_fit(ledger.faults.into_iter(), FAULTS_BYTES_MAX, |fault| weight(fault)),
    })
}

#[derive(Template)]
#[template(path = "billing/charge.html")]
struct ChargePage {
    frame: Frame,
    form: Form,
    row: Row,
    attempts: Most<(String, &'static str, String)>,
    refunds: Most<(String, String, String)>,
    disputes: Vec<(String, String, Option<String>)>,
    /// What can be given back, if anything.
    left: Option<String>,
    asked: bool,
}

async fn charge_page(site: &Site, id: ChargeId, form: Form, asked: bool) -> Answer<Response> {
    let found = whole(site, id).await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let customer = found.charge.customer;
    let read = site.db.read(async move |conn| {
        Ok::<_, Error>((customers::store::customer(conn, customer).await?, plans::store::plans(conn).await?))
    });
    let (person, plans) = read.await?;
    let money_left = left(found.charge.price, &found.refunds);
    let can = matches!(found.charge.state, ChargeState::Paid { .. }) && found.charge.intent.is_some();
    // The last first: it is what somebody looks for.
    let attempts = found.attempts.iter().rev().map(|one| {
        let by = match one.asked_by {
            crate::billing::AskedBy::Us => "us",
            crate::billing::AskedBy::Customer => "the customer",
        };
        let code = one.code.as_deref().unwrap_or_default();
        (day(one.begun_at), by, format!("{} {code}", one.state.word().replace('_', " ")).trim().to_owned())
    });
    let refunds = found.refunds.iter().rev().map(|one| {
        let state = match &one.state {
            RefundState::Asked => "on its way".to_owned(),
            RefundState::Done { at } => format!("given back on {}", day(*at)),
            RefundState::Failed { why, .. } => format!("failed: {why}"),
        };
        (one.amount.to_string(), state, one.reason.to_string())
    });
    let disputes = found.disputes.iter().map(|one| {
        let until = one.answer_by.filter(|_| !one.is_over()).map(day);
        (one.amount.to_string(), format!("{}, {}", one.reason, one.state).replace('_', " "), until)
    });
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let why = match found.charge.state {
        ChargeState::Open { failure, .. } | ChargeState::GivenUp { failure, .. } => Some(failure.words()),
        ChargeState::Scheduled
        | ChargeState::Paid { .. }
        | ChargeState::Missed { .. }
        | ChargeState::Cancelled { .. } => None,
    };
    let shown = ChargePage {
        frame: frame(site),
        form,
        attempts: Most::that_fit(attempts, ATTEMPTS_BYTES_MAX, |(_, _, words)| weight(words)),
        refunds: Most::that_fit(refunds, REFUNDS_BYTES_MAX, |(_, state, reason)| weight(state) + weight(reason)),
        disputes: disputes.collect(),
        left: (can && money_left.minor_units > 0).then(|| money_left.to_string()),
        asked,
        row: Row {
            line: charge_line(&found.charge, &plans, &day),
            customer: person.map(|person| person.name.to_string()).unwrap_or_default(),
            why,
        },
    };
    Ok((status, page(&shown)?).into_response())
}

#[derive(Default, Deserialize)]
struct Done {
    #[serde(default)]
    asked: String,
}

async fn show(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ChargeId>,
    Query(done): Query<Done>,
) -> Answer<Response> {
    charge_page(&site, id, Form::new(), !done.asked.is_empty()).await
}

/// An amount as people write it, `12` or `12.50`, in minor units.
fn minor_units(text: &str) -> Option<i64> {
    let (units, cents) = text.split_once(['.', ',']).unwrap_or((text, "00"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(units) || !is_number(cents) || cents.len() > 2 {
        return None;
    }
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    units.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)
}

async fn refund(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ChargeId>,
    mut form: Form,
) -> Answer<Response> {
    let reason: Option<Reason> = form.read("reason");
    let amount = match form.filled("amount").map(str::to_owned) {
        None => Some(None),
        Some(text) => {
            let read = minor_units(&text);
            if read.is_none() {
                form.wrong("amount", "An amount looks like 12.50");
            }
            read.map(Some)
        }
    };
    let (Some(reason), Some(amount)) = (reason, amount) else { return charge_page(&site, id, form, false).await };
    give(&site, &admin, id, amount, reason, form).await
}

async fn give(
    site: &Site,
    admin: &Caller,
    id: ChargeId,
    amount: Option<i64>,
    reason: Reason,
    mut form: Form,
) -> Answer<Response> {
    match give_back(site, admin, id, amount, reason).await {
        Ok(_) => Ok(Redirect::to(&format!("/admin/charges/{id}?asked=1")).into_response()),
        Err(Undone::Database(error)) => Err(error.into()),
        Err(Undone::Refused(problem)) if problem.code == ProblemCode::NotFound => Err(problem.into()),
        Err(Undone::Refused(problem)) => {
            for error in &problem.errors {
                form.wrong("amount", &error.message);
            }
            if problem.errors.is_empty() {
                form.refuse(&problem);
            }
            charge_page(site, id, form, false).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_write_it_and_nothing_else() {
        for (text, expected) in
            [("12", Some(1_200)), ("12.5", Some(1_250)), ("0,05", Some(5)), ("119.00", Some(11_900))]
        {
            assert_eq!(minor_units(text), expected, "{text}");
        }
        for bad in ["", "-1", "1.234", "1e3", "12.", ".5", "99999999999999999999", "12 50"] {
            assert_eq!(minor_units(bad), None, "{bad}");
        }
    }
}
