//! What went out and what gave up: notices with what became of them, and dead jobs that can be tried again.

use super::{Came, at, back, frame};
use crate::admin::keep::api::{notice_filter, retry};
use crate::admin::words;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::jobs;
use crate::notify::{self, Notice, NoticeState};
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Cell, Input, Kind, Part, Record, Records, To, address};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::ids::{JobId, NoticeId};
use shared::problem::ProblemCode;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/notices", get(notices))
        .route("/admin/jobs", get(dead))
        .route("/admin/jobs/{id}", get(job))
        .route("/admin/jobs/{id}/retry", post(again))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    state: String,
    channel: String,
    to: String,
    before: Option<NoticeId>,
}

async fn notices(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let filter = notice_filter(&wanted.state, &wanted.channel, &wanted.to)?;
    let before = wanted.before;
    let read = site.db.read(async move |conn| notify::store::list(conn, &filter, before, super::PAGE + 1).await);
    let mut found: Vec<Notice> = read.await?;
    let shown = usize::try_from(super::PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|notice| {
        let before = notice.id.to_string();
        let query =
            [("state", &*wanted.state), ("channel", &*wanted.channel), ("to", &*wanted.to), ("before", &*before)];
        address("/admin/notices", &query)
    });
    let row = |notice: &Notice| {
        let when = at(notice.ended_at.unwrap_or(notice.due_at));
        let class = match notice.state {
            NoticeState::Queued => "soft",
            NoticeState::Sent | NoticeState::Dropped => "",
            NoticeState::Delivered => "state good",
            NoticeState::Failed => "state warn",
        };
        vec![
            match notice.ticket {
                Some(ticket) => Cell::link(when, format!("/desk/tickets/{ticket}")),
                None => Cell::text(when),
            },
            Cell::text(words::channel(notice.channel)),
            Cell::text(notice.to_address.as_str()),
            Cell::state(notice.body.as_str(), "message"),
            Cell::state(words::notice_state(notice), class),
        ]
    };
    let states = NoticeState::ALL.iter().map(|state| Choice::new(state.word(), state.word()));
    let channels = ["push", "sms", "email", "call"].map(|word| Choice::new(word, word));
    let every = |label: &str| std::iter::once(Choice::new("", label));
    page(&Records {
        frame: frame(&site),
        title: "Notices".into(),
        lead: "What was told, the newest first. What failed and reached nobody another way waits in the inbox.".into(),
        said: String::new(),
        filters: vec![
            Input::new("state", "State", Kind::Select(every("Every state").chain(states).collect())),
            Input::new("channel", "Channel", Kind::Select(every("Every channel").chain(channels).collect())),
            Input::new("to", "Address", Kind::Line("search")).hint("The whole number or e-mail address"),
        ],
        form: Form::new().with("state", &*wanted.state).with("channel", &*wanted.channel).with("to", &*wanted.to),
        actions: vec![To::new("/admin/notices?state=failed", "What failed")],
        columns: vec!["When", "By", "To", "Words", "State"],
        rows: found.iter().map(row).collect(),
        empty: "Nothing was told like this.",
        next,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dead {
    before: Option<JobId>,
    done: Option<String>,
}

async fn dead(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Dead>) -> Answer<Html<String>> {
    let before = wanted.before;
    let read = site.db.read(async move |conn| jobs::dead_before(conn, before, super::PAGE + 1).await);
    let mut found = read.await?;
    let shown = usize::try_from(super::PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|job| address("/admin/jobs", &[("before", &job.id.to_string())]));
    let row = |job: &jobs::DeadJob| {
        vec![
            Cell::link(job.kind.as_str(), format!("/admin/jobs/{}", job.id)),
            Cell::text(job.subject.as_str()),
            Cell::number(job.n_attempts),
            Cell::text(job.why.as_str()),
            Cell::text(at(job.dead_at)),
        ]
    };
    page(&Records {
        frame: frame(&site),
        title: "Dead jobs".into(),
        lead: "Background work that gave up. Mend what is in its way, then let it run again; it may run twice.".into(),
        said: Came { done: wanted.done, ..Came::default() }.said(),
        filters: Vec::new(),
        form: Form::new(),
        actions: Vec::new(),
        columns: vec!["Kind", "About", "Attempts", "Why", "Since"],
        rows: found.iter().map(row).collect(),
        empty: "No job has given up.",
        next,
    })
}

async fn job(State(site): State<Site>, _: RequireAdmin, Path(id): Path<JobId>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| jobs::dead_job(conn, id).await).await?;
    let gone = "This job is not dead any more: it runs again, or it is done.";
    let job = found.ok_or_else(|| Refused::with(ProblemCode::NotFound, gone))?;
    page(&Record {
        frame: frame(&site),
        title: job.kind.clone(),
        back: To::new("/admin/jobs", "Dead jobs"),
        said: String::new(),
        facts: vec![
            ("About", job.subject.clone()),
            ("Attempts", job.n_attempts.to_string()),
            ("Why", job.why.clone()),
            ("Since", at(job.dead_at)),
        ],
        links: Vec::new(),
        parts: vec![Part::button(format!("/admin/jobs/{id}/retry"), "Let it run again", "")],
        blocks: Vec::new(),
        form: Form::new(),
    })
}

async fn again(State(site): State<Site>, admin: RequireAdmin, Path(id): Path<JobId>) -> Answer<Response> {
    match retry(State(site), admin, Path(id)).await {
        Ok(_) => Ok(back("/admin/jobs", "again")),
        // A second click: it runs already.
        Err(Refused(problem)) if problem.code == ProblemCode::NotFound => Ok(back("/admin/jobs", "again")),
        Err(other) => Err(other),
    }
}
