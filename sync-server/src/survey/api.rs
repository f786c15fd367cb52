//! The survey as JSON, by the token of its link: `GET` and `POST /api/v1/survey/{token}`.

pub(super) mod admin;

use super::{Answer, Comment, Means, SurveyState, Taken, give, store};
use crate::db::{Error, Lane};
use crate::http::{Answer as Answered, Json, Refused, Site};
use crate::tickets;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared::ids::{SurveyId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::time::Timestamp;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/survey/{token}", get(show).post(answer)).merge(admin::routes())
}

/// A survey to somebody who has its link.
#[derive(Debug, Serialize)]
struct Asked {
    ticket_number: String,
    title: String,
    answered: bool,
    /// What was answered, to who has the link.
    working: Option<bool>,
    rating: Option<u8>,
    comment: Option<Comment>,
    /// Until when another answer is taken.
    can_change_until: Option<Timestamp>,
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    working: bool,
    #[serde(default)]
    rating: Option<u8>,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
struct Thanks {
    answered: bool,
    /// The ticket that goes on where it is not working.
    follow_up: Option<FollowUp>,
}

#[derive(Debug, Serialize)]
struct FollowUp {
    id: TicketId,
    number: String,
    track_url: String,
}

fn find(site: &Site, token: &str) -> Answered<SurveyId> {
    site.links.surveyed(token).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn show(State(site): State<Site>, Path(token): Path<String>) -> Answered<Json<Asked>> {
    let (id, now) = (find(&site, &token)?, site.now());
    let found = site.db.read(async move |conn| {
        let Some(survey) = store::get(conn, id).await? else { return Ok::<_, Error>(None) };
        let ticket = tickets::store::get(conn, survey.ticket).await?;
        Ok(ticket.map(|ticket| (survey, ticket)))
    });
    let (survey, ticket) = found.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let answered = survey.state == SurveyState::Answered;
    if !answered && !survey.is_open(now) {
        return Err(Refused::new(ProblemCode::Gone));
    }
    Ok(Json(Asked {
        ticket_number: ticket.number.to_string(),
        title: ticket.title.to_string(),
        answered,
        can_change_until: survey.mends_until(now),
        working: survey.working,
        rating: survey.rating,
        comment: survey.comment,
    }))
}

async fn answer(
    State(site): State<Site>,
    Path(token): Path<String>,
    Json(given): Json<Given>,
) -> Answered<Json<Thanks>> {
    let id = find(&site, &token)?;
    if given.rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
        return Err(Problem::field("rating", "invalid", "A rating is 1 to 5.").into());
    }
    let comment = given.comment.filter(|comment| !comment.trim().is_empty());
    let comment = comment.map(|comment| comment.parse::<Comment>()).transpose();
    let comment = comment.map_err(|bad| Problem::field("comment", "invalid", bad.to_string()))?;
    let answer = Answer { working: given.working, rating: given.rating, comment };
    let means = Means { links: site.links.clone(), timing: site.config.timing.clone(), now: site.now() };
    match site.db.write(Lane::Intake, async move |tx| give(tx, id, &answer, &means).await).await? {
        Taken::Now(goes_on) => {
            let follow_up = goes_on.map(|ticket| FollowUp {
                id: ticket.id,
                number: ticket.number.to_string(),
                track_url: site.address(&format!("/track/{}", site.links.track(ticket.id))),
            });
            Ok(Json(Thanks { answered: true, follow_up }))
        }
        Taken::Already(_) => Err(Refused::with(
            ProblemCode::AlreadySettled,
            "This survey was answered more than a day ago; that answer counts.",
        )),
        Taken::Over => Err(Refused::new(ProblemCode::Gone)),
    }
}
