//! The reports as pages, the review of the needs table, and the table of states drawn from the code.

use super::figures::{self, Figure};
use super::first_visit::{self, Line};
use super::review::{self, Look, Open};
use super::{Step, Window, chart, percent, revenue, wrong_expert};
use crate::config::Mode;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::weight;
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::most::Most;
use crate::web::page;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde::Deserialize;
use shared::money::Currency;
use shared::problem::{Problem, ProblemCode};
use shared::text::Slug;
use shared::time::Timestamp;

/// Looking back so far is offered.
const DAYS_OFFERED: [i64; 4] = [7, 30, 90, 365];
/// What one of the three tables of first visits weighs.
const SECTION_BYTES_MAX: usize = 16_000;
/// What a row of it weighs beside its name.
const ROW_BYTES: usize = 180;
/// What the rows of the needs table weigh, and those that wait for a look.
const WRONG_BYTES_MAX: usize = 48_000;
/// Tickets and skills that one row of those names.
const NAMED_MAX: usize = 20;
/// What the plans of one currency weigh.
const PLANS_BYTES_MAX: usize = 8_000;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/reports", get(index))
        .route("/admin/reports/first-visit-fix", get(first_visit_fix))
        .route("/admin/reports/wrong-expert", get(wrong))
        .route("/admin/reports/revenue", get(money))
        .route("/admin/reports/{name}", get(figure))
        .route("/admin/needs/review", get(reviews).post(reviewed))
        .route("/admin/states", get(states))
}

fn frame(site: &Site) -> Frame {
    Frame::private("/admin/reports").seen_by(Viewer::Admin).in_demo(site.config.mode == Mode::Demo).wide()
}

#[derive(Template)]
#[template(path = "admin/reports.html")]
struct IndexPage {
    frame: Frame,
    n_to_review: usize,
}

async fn index(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    let open = site.db.read(async |conn| crate::tickets::store::open_reviews(conn).await).await?;
    page(&IndexPage { frame: frame(&site), n_to_review: open.len() })
}

#[derive(Deserialize)]
struct Wanted {
    /// What is no number is the usual time: the page shows which.
    #[serde(default)]
    days: String,
}

impl Wanted {
    fn window(&self, now: Timestamp) -> Window {
        Window::last(self.days.parse().ok(), now)
    }
}

/// The choices of how far back, and which one is shown.
fn spans(window: Window) -> Vec<(i64, bool)> {
    let mut days = DAYS_OFFERED.to_vec();
    if !days.contains(&window.days) {
        days.push(window.days);
        days.sort_unstable();
    }
    days.into_iter().map(|days| (days, days == window.days)).collect()
}

struct Row {
    name: String,
    n: i64,
    fixed: String,
    /// As the width of a bar.
    bar: String,
    n_fixed: i64,
    more_visits: i64,
    came_back: i64,
    workaround: i64,
}

impl Row {
    fn of(line: &Line) -> Self {
        let tally = line.tally;
        Self {
            name: line.name.clone(),
            n: tally.n,
            fixed: percent(tally.fixed, tally.n),
            bar: chart::width(line.fixed_thousandths),
            n_fixed: tally.fixed,
            more_visits: tally.more_visits,
            came_back: tally.came_back,
            workaround: tally.workaround,
        }
    }
}

struct Section {
    id: &'static str,
    title: &'static str,
    first: &'static str,
    most: Most<Row>,
}

impl Section {
    fn of(id: &'static str, title: &'static str, first: &'static str, lines: &[Line]) -> Self {
        let heavy = |row: &Row| weight(&row.name) + ROW_BYTES;
        Self { id, title, first, most: Most::of(lines.iter().map(Row::of), SECTION_BYTES_MAX, heavy) }
    }
}

#[derive(Template)]
#[template(path = "admin/first_visit.html")]
struct FirstVisitPage {
    frame: Frame,
    spans: Vec<(i64, bool)>,
    word: &'static str,
    days: i64,
    all: i64,
    fixed: String,
    is_cut: bool,
    sections: Vec<Section>,
}

impl FirstVisitPage {
    fn of(frame: Frame, window: Window, report: &first_visit::Report) -> Self {
        Self {
            frame,
            spans: spans(window),
            word: "first-visit-fix",
            days: window.days,
            all: report.all.n,
            fixed: percent(report.all.fixed, report.all.n),
            is_cut: report.is_cut,
            sections: vec![
                Section::of("experts", "By the expert who came first", "Expert", &report.by_expert),
                Section::of("skills", "By skill", "Skill", &report.by_skill),
                Section::of("products", "By product", "Product", &report.by_product),
            ],
        }
    }
}

async fn first_visit_fix(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let window = wanted.window(site.now());
    let report = site.db.read(async move |conn| first_visit::read(conn, window).await).await?;
    page(&FirstVisitPage::of(frame(&site), window, &report))
}

#[derive(Template)]
#[template(path = "admin/figure.html")]
struct FigurePage {
    frame: Frame,
    spans: Vec<(i64, bool)>,
    days: i64,
    word: &'static str,
    title: &'static str,
    lead: &'static str,
    step: Step,
    value: String,
    bars: Vec<chart::Bar>,
    part: &'static str,
    rows: Vec<(String, String, i64)>,
    report: figures::Report,
}

impl FigurePage {
    fn of(frame: Frame, figure: Figure, window: Window, report: figures::Report) -> Self {
        let step = window.step();
        let row = |day: &figures::Day| (day.on.to_string(), figures::shown(figure, day.value), day.n);
        Self {
            frame,
            spans: spans(window),
            days: window.days,
            word: figure.word(),
            title: figure.title(),
            lead: figure.lead(),
            step,
            value: figures::shown(figure, report.value),
            bars: figures::bars(figure, window, step, &report),
            part: figure.part(),
            rows: report.days.iter().rev().map(row).collect(),
            report,
        }
    }
}

async fn figure(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let figure = Figure::from_word(&name).ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let window = wanted.window(site.now());
    let report = site.db.read(async move |conn| figures::read(conn, figure, window, window.step()).await).await?;
    page(&FigurePage::of(frame(&site), figure, window, report))
}

#[derive(Template)]
#[template(path = "admin/wrong_expert.html")]
struct WrongPage {
    frame: Frame,
    spans: Vec<(i64, bool)>,
    word: &'static str,
    days: i64,
    most: Most<WrongRow>,
}

struct WrongRow {
    line: wrong_expert::Line,
    wrong: String,
    avoided: String,
    /// As widths of bars, against the row with the most.
    bars: [String; 2],
    anchor: String,
}

fn anchor(category: &Slug, symptom: Option<&Slug>) -> String {
    format!("row-{category}-{}", symptom.map_or("default", Slug::as_str))
}

async fn wrong(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let window = wanted.window(site.now());
    let lines = site.db.read(async move |conn| wrong_expert::read(conn, window).await).await?;
    let most = lines.iter().map(|line| line.wrong_visits.max(line.avoided)).max().unwrap_or(0);
    let row = |line: wrong_expert::Line| WrongRow {
        bars: [line.wrong_visits, line.avoided].map(|n| chart::width(super::thousandths(n, most))),
        wrong: percent(line.wrong_visits, line.n_visits),
        avoided: percent(line.avoided, line.n_visits + line.avoided),
        anchor: anchor(&line.category, line.symptom.as_ref()),
        line,
    };
    // Its name is said twice, and its bars are drawn.
    let heavy = |row: &WrongRow| 2 * weight(&row.line.name) + row.anchor.len() + 3 * ROW_BYTES;
    page(&WrongPage {
        frame: frame(&site),
        spans: spans(window),
        word: "wrong-expert",
        days: window.days,
        most: Most::of(lines.into_iter().map(row), WRONG_BYTES_MAX, heavy),
    })
}

struct MoneyRow {
    name: String,
    n_paid: i64,
    paid: String,
    n_refunded: i64,
    refunded: String,
    net: String,
}

impl MoneyRow {
    fn of(name: String, currency: Currency, sums: revenue::Sums) -> Self {
        Self {
            name,
            n_paid: sums.n_paid,
            paid: revenue::money(currency, sums.paid_minor),
            n_refunded: sums.n_refunded,
            refunded: revenue::money(currency, sums.refunded_minor),
            net: revenue::money(currency, sums.net_minor),
        }
    }
}

struct MoneySection {
    code: &'static str,
    all: MoneyRow,
    bars: Vec<chart::Bar>,
    plans: Most<MoneyRow>,
    days: Vec<MoneyRow>,
}

#[derive(Template)]
#[template(path = "admin/revenue.html")]
struct RevenuePage {
    frame: Frame,
    spans: Vec<(i64, bool)>,
    word: &'static str,
    days: i64,
    step: Step,
    is_cut: bool,
    sections: Vec<MoneySection>,
}

impl MoneySection {
    fn of(of: &revenue::InCurrency, window: Window) -> Self {
        let plan = |plan: &revenue::OfPlan| {
            let what = if plan.is_renewal { "later periods" } else { "first periods" };
            MoneyRow::of(format!("{}, {what}", plan.name), of.currency, plan.sums)
        };
        let heavy = |row: &MoneyRow| weight(&row.name) + row.paid.len() + row.refunded.len() + row.net.len();
        Self {
            code: of.currency.code(),
            all: MoneyRow::of(String::new(), of.currency, of.sums),
            bars: revenue::bars(window, window.step(), of),
            plans: Most::of(of.plans.iter().map(plan), PLANS_BYTES_MAX, heavy),
            days: of.days.iter().rev().map(|day| MoneyRow::of(day.on.to_string(), of.currency, day.sums)).collect(),
        }
    }
}

impl RevenuePage {
    fn of(frame: Frame, window: Window, report: &revenue::Report) -> Self {
        Self {
            frame,
            spans: spans(window),
            word: "revenue",
            days: window.days,
            step: window.step(),
            is_cut: report.is_cut,
            sections: report.currencies.iter().map(|of| MoneySection::of(of, window)).collect(),
        }
    }
}

async fn money(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let window = wanted.window(site.now());
    let report = site.db.read(async move |conn| revenue::read(conn, window, window.step()).await).await?;
    page(&RevenuePage::of(frame(&site), window, &report))
}

#[derive(Template)]
#[template(path = "admin/needs_review.html")]
struct ReviewPage {
    frame: Frame,
    most: Most<ReviewRow>,
    done: bool,
}

struct ReviewRow {
    open: Open,
    /// Tickets that are not named.
    n_more: usize,
    anchor: String,
    category: String,
    symptom: String,
    seen_at: i64,
}

impl ReviewRow {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        let missing = self.open.missing.iter().map(|one| weight(&one.name) + 220).sum::<usize>();
        let needs = self.open.needs.iter().map(|need| weight(need) + 2).sum::<usize>();
        weight(&self.open.name) + missing + needs + 80 * self.open.tickets.len() + 1_000
    }
}

#[derive(Deserialize)]
struct Came {
    done: Option<String>,
}

async fn reviews(State(site): State<Site>, _: RequireAdmin, Query(came): Query<Came>) -> Answer<Html<String>> {
    let open = site.db.read(async |conn| review::read(conn).await).await?;
    let row = |mut open: Open| {
        let n_more = open.tickets.len().saturating_sub(NAMED_MAX);
        open.tickets.truncate(NAMED_MAX);
        open.missing.truncate(NAMED_MAX);
        ReviewRow {
            n_more,
            anchor: anchor(&open.review.category, open.review.symptom.as_ref()),
            category: open.review.category.to_string(),
            symptom: open.review.symptom.as_ref().map(ToString::to_string).unwrap_or_default(),
            seen_at: open.review.last_at.as_millis(),
            open,
        }
    };
    let most = Most::that_fit(open.into_iter().map(row), WRONG_BYTES_MAX, ReviewRow::bytes);
    page(&ReviewPage { frame: frame(&site), most, done: came.done.is_some() })
}

async fn reviewed(State(site): State<Site>, RequireAdmin(admin): RequireAdmin, form: Form) -> Answer<Redirect> {
    let unclear = || Problem::field("category", "invalid", "Please open the page again and choose the row once more.");
    let category: Slug = form.value("category").parse().map_err(|_| unclear())?;
    let symptom = form.filled("symptom").map(str::parse).transpose().map_err(|_| unclear())?;
    let seen_at: i64 = form.value("seen_at").parse().map_err(|_| unclear())?;
    let add = form.ticked("add-").filter_map(|slug| slug.parse().ok()).collect();
    let decided = Look { category, symptom, seen_at: Timestamp::from_millis(seen_at), add };
    let (actor, now) = (admin.actor(), site.now());
    let looked = site.db.write(crate::db::Lane::Desk, async move |tx| review::look(tx, actor, &decided, now).await);
    looked.await?;
    Ok(Redirect::to("/admin/needs/review?done"))
}

#[derive(Template)]
#[template(path = "admin/states.html")]
struct StatesPage {
    frame: Frame,
    rows: Vec<shared::ticket::Row>,
}

/// The table by which every ticket moves, drawn from the code that moves them and the settings of this server.
async fn states(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    page(&StatesPage { frame: frame(&site), rows: shared::ticket::table(&site.config.timing) })
}

#[cfg(test)]
#[path = "weight_tests.rs"]
mod tests;
