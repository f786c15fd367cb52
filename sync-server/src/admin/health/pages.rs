//! The page on which an admin sees how the providers are.

use super::{Failures, Health, Part, Standing, read};
use crate::admin::words;
use crate::config::Mode;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Site};
use crate::notify::plan::Channel;
use crate::web::frame::{Frame, Viewer};
use crate::web::page;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use shared::time::Timestamp;
use std::num::NonZeroU32;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/admin/health", get(show))
}

struct Row {
    name: &'static str,
    /// Whom we ask.
    by: Option<&'static str>,
    /// What is counted.
    done: &'static str,
    class: &'static str,
    state: &'static str,
    /// What it means, or what to do.
    advice: String,
    n_waiting: i64,
    oldest: Option<String>,
    n_sent: usize,
    last_sent: Option<String>,
    per_second: Option<NonZeroU32>,
    failures: Vec<Failures>,
}

/// A kind of work that waits.
struct Work {
    name: String,
    n: i64,
    oldest: String,
}

#[derive(Template)]
#[template(path = "admin/health.html")]
struct HealthPage {
    frame: Frame,
    rows: Vec<Row>,
    work: Vec<Work>,
    health: Health,
    /// How long ago matching had too little time.
    greedy: Option<String>,
}

async fn show(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    let (config, now, real_now) = (site.config.clone(), site.now(), site.real_now());
    let health = site.db.read(async move |conn| read(conn, &config, now, real_now).await).await?;
    let is_demo = site.config.mode == Mode::Demo;
    let frame = Frame::private("/admin/health").seen_by(Viewer::Admin).in_demo(is_demo).wide();
    let rows = health.providers.iter().map(|one| {
        let (class, state, advice) = match &one.standing {
            Standing::Off { how } if one.part == Part::Cards => {
                ("warn", "Off", format!("{how} Until then what is due stays due."))
            }
            Standing::Off { how } => ("warn", "Off", format!("{how}. Until then what goes this way fails.")),
            Standing::Idle if one.part == Part::Cards => ("over", "Nothing asked lately", String::new()),
            Standing::Idle => ("over", "Nothing sent lately", String::new()),
            Standing::Up if is_demo && one.part == Part::Cards => {
                ("", "Works", "In the demo a sandbox takes its place, and no money moves.".to_owned())
            }
            Standing::Up if is_demo => ("", "Works", "In the demo everything is kept at /demo instead.".to_owned()),
            Standing::Up => ("", "Works", String::new()),
            Standing::Failing { since } => {
                let advice =
                    format!("Every attempt of the last {} failed. Look at the codes below.", ago(*since, real_now));
                ("warn", "Failing", advice)
            }
        };
        Row {
            name: named(one.part),
            by: one.by.map(provider_named),
            done: if one.part == Part::Cards { "answered" } else { "sent" },
            class,
            state,
            advice,
            n_waiting: one.n_waiting,
            oldest: one.oldest_due_at.map(|at| ago(at, now)),
            n_sent: one.n_sent,
            last_sent: one.last_sent_at.map(|at| ago(at, real_now)),
            per_second: one.per_second,
            failures: one.failures.clone(),
        }
    });
    let work = health.jobs.iter().map(|queue| Work {
        // Our own words: `send_sms`.
        name: queue.kind.replace('_', " "),
        n: queue.n,
        oldest: ago(queue.oldest_due_at, now),
    });
    let greedy = health.last_greedy_round_at.map(|at| ago(at, now));
    page(&HealthPage { frame, rows: rows.collect(), work: work.collect(), health: health.clone(), greedy })
}

fn named(part: Part) -> &'static str {
    match part {
        Part::Push => words::channel(Channel::Push),
        Part::Sms => words::channel(Channel::Sms),
        Part::Email => words::channel(Channel::Email),
        Part::Cards => "Card payments",
    }
}

/// A provider's name as its people write it.
fn provider_named(by: &'static str) -> &'static str {
    match by {
        "fcm" => "Firebase Cloud Messaging",
        "twilio" => "Twilio",
        "smtp" => "our mail server",
        "stripe" => "Stripe",
        "sandbox" => "the sandbox of the demo",
        other => other,
    }
}

/// A span in the largest unit that says something.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.minutes_since(at).max(0);
    match minutes {
        0 => "minute".to_owned(),
        1..=119 => format!("{minutes} min"),
        120..=2_879 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}
