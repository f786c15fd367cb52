//! `/demo`: everything that would have been sent, with its links; who can sign in; and the business clock. Only the demo
//! has these routes.

use super::answering::{self, Who};
use super::clock::{self, Jump};
use super::world::{self, SignIn};
use crate::billing::sandbox::{self, Payment};
use crate::db::{Error, Lane};
use crate::http::caller::MaybeCaller;
use crate::http::json::{body, parse};
use crate::http::{Answer, Json, Query, Site};
use crate::notify::plan::Channel;
use crate::notify::sandbox::{Captured, captured, latest};
use crate::web::cut::weight;
use crate::web::most::Most;
use crate::web::{self, Form, Frame};
use crate::{plans, tickets, workforce};
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use shared::ids::ExpertId;
use shared::problem::Problem;
use shared::text::fold_key;
use shared::time::{Timestamp, Zone};
use std::collections::BTreeMap;

/// Messages on the page.
const SHOWN_MAX: i64 = 200;
/// What they weigh on the page.
const SHOWN_BYTES_MAX: usize = 24_000;
/// Payments on the page.
const PAYMENTS_MAX: i64 = 30;
/// Messages in one answer.
const PAGE_MAX: i64 = 500;
/// Whose clock the page shows: the demo's world is in New York.
const ZONE: &str = "America/New_York";

/// The routes.
pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/demo", get(show))
        .route("/demo/messages", get(messages))
        .route("/demo/clock", post(jump))
        .route("/demo/answering", post(answer))
}

#[derive(Template)]
#[template(path = "demo/demo.html")]
struct DemoPage {
    frame: Frame,
    now: String,
    ahead: String,
    wanted: String,
    messages: Most<Shown>,
    staff: Vec<SignIn>,
    customers: Vec<SignIn>,
    experts: Vec<ExpertShown>,
    n_answering: usize,
    payments: Vec<Payment>,
    next_renewal: Option<String>,
    /// How many tickets are in each state.
    states: Vec<(String, String, i64)>,
    password: &'static str,
    app_command: String,
}

/// An expert as the page lists him.
struct ExpertShown {
    id: ExpertId,
    name: String,
    login: String,
    city: String,
    answers: bool,
}

/// A message as the page shows it. The link inside the text is the link.
struct Shown {
    channel: &'static str,
    to: String,
    at: String,
    subject: Option<String>,
    before: String,
    link: Option<Link>,
    after: String,
}

impl Shown {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        let words = [self.subject.as_deref().unwrap_or_default(), &self.to, &self.before, &self.after];
        let link = self.link.as_ref().map_or(0, |link| weight(&link.to) + weight(&link.label));
        words.into_iter().map(weight).sum::<usize>() + link + 80
    }
}

struct Link {
    /// Its path here, so that it works however the demo is reached.
    to: String,
    label: String,
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
}

async fn show(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let found = site.db.read(async |conn| {
        let messages = latest(conn, SHOWN_MAX).await?;
        let experts: Vec<ExpertId> = messages.iter().filter_map(|message| message.to.parse().ok()).collect();
        let experts = workforce::store::experts_by_ids(conn, &experts).await?;
        let names = experts.into_iter().map(|expert| (expert.id.to_string(), expert.name.to_string()));
        Ok::<_, Error>((messages, names.collect::<BTreeMap<_, _>>()))
    });
    let (messages, names) = found.await?;
    let now = site.now();
    let around = site.db.read(async move |conn| {
        let who = answering::who(conn).await?;
        let rosters = workforce::store::rosters(conn).await?;
        let renewal = plans::store::next_end(conn, now).await?;
        let states = tickets::store::by_state(conn).await?;
        let payments = sandbox::payments(conn, PAYMENTS_MAX).await?;
        Ok::<_, Error>((who, rosters, renewal, states, payments))
    });
    let (who, rosters, renewal, states, payments) = around.await?;
    let mut experts: Vec<ExpertShown> = rosters
        .into_iter()
        .map(|roster| ExpertShown {
            id: roster.expert.id,
            answers: who.has(roster.expert.id),
            name: roster.expert.name.to_string(),
            login: roster.expert.email.to_string(),
            city: roster.expert.home_city.to_string(),
        })
        .collect();
    experts.sort_by(|one, other| (&one.city, &one.name).cmp(&(&other.city, &other.name)));
    let zone: Zone = ZONE.parse().expect("it is in the database");
    let key = fold_key(wanted.to.trim());
    let messages = messages.into_iter().map(|message| shown(&site, message, &names, &zone));
    let messages: Vec<Shown> =
        messages.filter(|message| key.is_empty() || fold_key(&message.to).contains(&key)).collect();
    let messages = Most::that_fit(messages.into_iter(), SHOWN_BYTES_MAX, Shown::bytes);
    let sign_ins = world::sign_ins();
    let of = |roles: &[&str]| sign_ins.iter().filter(|one| roles.contains(&one.role)).cloned().collect::<Vec<_>>();
    web::page(&DemoPage {
        frame: Frame::of(&site, caller.as_ref(), "/demo").wide(),
        now: zone.show(site.now(), "%A, %-d %B %Y, %H:%M"),
        ahead: clock::words(site.now().minutes_since(site.real_now())),
        wanted: wanted.to,
        messages,
        password: sign_ins.first().map_or("", |one| one.password),
        app_command: app_command(&site),
        staff: of(&["admin", "agent"]),
        customers: of(&["customer"]),
        n_answering: experts.iter().filter(|one| one.answers).count(),
        experts,
        payments,
        next_renewal: renewal.map(|at| zone.show(at, "%-d %B %Y")),
        states: states.into_iter().map(|(word, n)| (word.replace('_', " "), word, n)).collect(),
    })
}

/// Opens the expert's app beside this demo.
fn app_command(site: &Site) -> String {
    format!("cargo run -p mobile --features ui -- --server {} --data phone-data", site.config.public_url)
}

fn shown(site: &Site, message: Captured, names: &BTreeMap<String, String>, zone: &Zone) -> Shown {
    let channel = match message.channel {
        Channel::Push => "Push",
        Channel::Sms => "SMS",
        Channel::Email => "E-mail",
        Channel::Call => "Call",
    };
    let to = names.get(&message.to).cloned().unwrap_or(message.to);
    let at = zone.show(message.at, "%a %-d %b, %H:%M:%S");
    let here = |link: &str| link.strip_prefix(site.config.public_url.as_str()).unwrap_or(link).to_owned();
    let body = message.body;
    let (before, link, after) = match message.link {
        None => (body, None, String::new()),
        Some(link) => {
            let named = Link { to: here(&link), label: link.clone() };
            match body.split_once(link.as_str()) {
                Some((before, after)) => (before.to_owned(), Some(named), after.to_owned()),
                None => (format!("{body}\n"), Some(named), String::new()),
            }
        }
    };
    Shown { channel, to, at, subject: message.subject, before, link, after }
}

/// Switches which experts answer by themselves: all, nobody, or those that are ticked.
async fn answer(State(site): State<Site>, form: Form) -> Answer<Redirect> {
    let who = match form.value("who") {
        "all" => Who::All,
        "nobody" => Who::nobody(),
        _ => Who::These(form.ticked("expert-").filter_map(|id| id.parse().ok()).collect()),
    };
    site.db.write(Lane::Desk, async move |tx| answering::set(tx, &who).await).await?;
    Ok(Redirect::to("/demo#experts"))
}

#[derive(Debug, Default, Deserialize)]
struct After {
    #[serde(default)]
    after: String,
    limit: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Messages {
    /// The business instant.
    now: Timestamp,
    /// In the order in which they were sent.
    messages: Vec<Captured>,
}

async fn messages(State(site): State<Site>, Query(wanted): Query<After>) -> Answer<Json<Messages>> {
    let limit = wanted.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let messages = site.db.read(async move |conn| {
        if wanted.after.is_empty() {
            // The last ones, in order.
            let mut last = latest(conn, limit).await?;
            last.reverse();
            return Ok::<_, Error>(last);
        }
        captured(conn, &wanted.after, limit).await
    });
    Ok(Json(Messages { now: site.now(), messages: messages.await? }))
}

#[derive(Debug, Serialize)]
struct Jumped {
    now: Timestamp,
}

/// Pushes the business clock: `{"minutes": 15}` or `{"to": "2026-03-02T09:00:00Z"}` as JSON, or the page's form.
async fn jump(State(site): State<Site>, request: Request) -> Answer<Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let form = Form::from_request(request, &site).await?;
        if form.value("to") == "renewal" {
            let now = site.now();
            let end = site.db.read(async move |conn| plans::store::next_end(conn, now).await).await?;
            let to = end.map(|end| end.plus_minutes(1));
            clock::jump(&site, Jump { minutes: None, to: Some(to.unwrap_or(now)) }).await?;
            return Ok(Redirect::to("/demo#clock").into_response());
        }
        let minutes = form.value("minutes").parse().map_err(|_| {
            Problem::field("minutes", "invalid", "Please say by how many minutes the clock should jump.")
        })?;
        clock::jump(&site, Jump { minutes: Some(minutes), to: None }).await?;
        return Ok(Redirect::to("/demo#clock").into_response());
    }
    let bytes = body(request, &site).await?;
    let now = clock::jump(&site, parse(&bytes)?).await?;
    Ok(Json(Jumped { now }).into_response())
}
