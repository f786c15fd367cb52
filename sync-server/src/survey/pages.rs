//! The page behind a survey's link. It needs no sign-in: the link is the key.

mod results;

use super::{Answer, Comment, Means, Survey, SurveyState, Taken, give, store};
use crate::db::{Conn, Error, Lane};
use crate::http::Answer as Answered;
use crate::http::Site;
use crate::notify::facts;
use crate::tickets::{self, Ticket};
use crate::web::{self, Choice, Form, Frame};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use shared::ids::SurveyId;
use shared::texts::{Catalogue, Language, TextId, Value};
use shared::time::Zone;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/survey/{token}", get(show).post(answer)).merge(results::routes())
}

#[derive(Template)]
#[template(path = "survey/ask.html")]
struct Ask {
    frame: Frame,
    form: Form,
    token: String,
    title: String,
    /// There is an answer; until when it can be changed.
    mends: Option<String>,
    intro: String,
    question: String,
    rating: String,
    comment: String,
    send: String,
    working: Vec<Choice>,
    stars: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "survey/said.html")]
struct Said {
    frame: Frame,
    title: String,
    body: String,
    is_good: bool,
    /// Where the ticket that goes on can be followed, and the words of the link.
    onward: Option<(String, String)>,
}

/// A survey with what its page says.
#[derive(Clone, Debug)]
struct Shown {
    survey: Survey,
    language: Language,
    number: String,
    title: String,
    zone: Zone,
    follow_up: Option<Ticket>,
}

async fn load(conn: &mut Conn, id: SurveyId) -> Result<Option<Shown>, Error> {
    let Some(survey) = store::get(conn, id).await? else { return Ok(None) };
    let Some(ticket) = tickets::store::get(conn, survey.ticket).await? else { return Ok(None) };
    let contact = facts::customer(conn, survey.customer).await?;
    let (language, zone) =
        contact.map_or_else(|| (Language::default(), Zone::utc()), |contact| (contact.language, contact.zone));
    let follow_up = tickets::store::follow_up_of(conn, ticket.id).await?;
    let (number, title) = (ticket.number.to_string(), ticket.title.to_string());
    Ok(Some(Shown { survey, language, number, title, zone, follow_up }))
}

async fn find(site: &Site, token: &str) -> Answered<Option<Shown>> {
    let Some(id) = site.links.surveyed(token) else { return Ok(None) };
    Ok(site.db.read(async move |conn| load(conn, id).await).await?)
}

async fn show(State(site): State<Site>, Path(token): Path<String>, headers: HeaderMap) -> Answered<Response> {
    let Some(shown) = find(&site, &token).await? else { return over(&site, asked_for(&headers)) };
    match shown.survey.state {
        SurveyState::Answered if shown.survey.mends_until(site.now()).is_some() => {
            let form = filled(&shown.survey);
            ask(&site, token, &shown, form)
        }
        SurveyState::Answered => already(&site, &shown),
        SurveyState::Invited | SurveyState::NotReachable if !shown.survey.is_open(site.now()) => {
            over(&site, shown.language)
        }
        SurveyState::Invited | SurveyState::NotReachable => ask(&site, token, &shown, Form::new()),
    }
}

async fn answer(
    State(site): State<Site>,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Answered<Response> {
    let Some(shown) = find(&site, &token).await? else { return over(&site, asked_for(&headers)) };
    if shown.survey.state == SurveyState::Answered && shown.survey.mends_until(site.now()).is_none() {
        return already(&site, &shown);
    }
    let answer = match read(form, shown.language.catalogue()) {
        Ok(answer) => answer,
        Err(form) => return ask(&site, token, &shown, form),
    };
    let (id, working) = (shown.survey.id, answer.working);
    let means = Means { links: site.links.clone(), timing: site.config.timing.clone(), now: site.now() };
    let taken = site.db.write(Lane::Intake, async move |tx| give(tx, id, &answer, &means).await).await?;
    let words = shown.language.catalogue();
    match taken {
        Taken::Now(Some(goes_on)) => {
            let number = goes_on.number.to_string();
            let body = words.text(TextId::SurveyThanksFollowUp, &[("number", Value::Text(&number))]);
            said(&site, StatusCode::OK, words, TextId::SurveyThanks, body, Some(&goes_on))
        }
        Taken::Now(None) => {
            let body = if working { TextId::SurveyThanksWorking } else { TextId::SurveyThanksNotWorking };
            said(&site, StatusCode::OK, words, TextId::SurveyThanks, words.text(body, &[]), None)
        }
        Taken::Already(_) => already(&site, &shown),
        Taken::Over => over(&site, shown.language),
    }
}

/// The form with the answer that was given.
fn filled(survey: &Survey) -> Form {
    let word = |working| if working { "yes" } else { "no" };
    Form::new()
        .with("working", survey.working.map(word).unwrap_or_default())
        .with("rating", survey.rating.map(|rating| rating.to_string()).unwrap_or_default())
        .with("comment", survey.comment.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// What was sent, or the form with what is wrong.
fn read(mut form: Form, words: &Catalogue) -> Result<Answer, Form> {
    let working = match form.value("working") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => {
            form.wrong("working", words.text(TextId::SurveyChoose, &[]));
            None
        }
    };
    let rating = form.filled("rating").and_then(|rating| rating.parse::<u8>().ok()).filter(|n| (1..=5).contains(n));
    let comment: Option<Comment> = form.read_optional("comment");
    match working {
        Some(working) if !form.has_errors() => Ok(Answer { working, rating, comment }),
        Some(_) | None => Err(form),
    }
}

fn ask(site: &Site, token: String, shown: &Shown, form: Form) -> Answered<Response> {
    let words = shown.language.catalogue();
    let text = |id| words.text(id, &[]);
    let (number, title) = (Value::Text(&shown.number), Value::Text(&shown.title));
    let star = |n: i64| Choice::new(n.to_string(), words.text(TextId::SurveyStars, &[("n", Value::Number(n))]));
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mends = shown.survey.mends_until(site.now()).map(|until| {
        let when = words.when(&shown.zone, until);
        words.text(TextId::SurveyMend, &[("when", Value::Text(&when))])
    });
    let heading = if mends.is_some() { TextId::SurveyAlready } else { TextId::SurveyTitle };
    let page = Ask {
        frame: frame(site, words),
        form,
        token,
        title: text(heading),
        mends,
        intro: words.text(TextId::SurveyIntro, &[("number", number), ("title", title)]),
        question: text(TextId::SurveyQuestion),
        rating: text(TextId::SurveyRating),
        comment: text(TextId::SurveyComment),
        send: text(TextId::SurveySend),
        working: vec![
            Choice::new("yes", text(TextId::SurveyYes)),
            Choice::new("no", text(TextId::SurveyNo)).hinted(text(TextId::SurveyNoHint)),
        ],
        stars: (1..=5).rev().map(star).collect(),
    };
    Ok((status, web::page(&page)?).into_response())
}

fn frame(site: &Site, words: &Catalogue) -> Frame {
    let frame = Frame::private("/survey").in_demo(site.config.mode == crate::config::Mode::Demo);
    Frame { language: words.language().code(), ..frame }
}

fn said(
    site: &Site,
    status: StatusCode,
    words: &Catalogue,
    title: TextId,
    body: String,
    goes_on: Option<&Ticket>,
) -> Answered<Response> {
    let onward = goes_on.map(|ticket| {
        let number = ticket.number.to_string();
        let follow = words.text(TextId::SurveyFollow, &[("number", Value::Text(&number))]);
        (format!("/track/{}", site.links.track(ticket.id)), follow)
    });
    let (title, is_good) = (words.text(title, &[]), status == StatusCode::OK);
    let page: Html<String> = web::page(&Said { frame: frame(site, words), title, body, is_good, onward })?;
    Ok((status, page).into_response())
}

fn already(site: &Site, shown: &Shown) -> Answered<Response> {
    let words = shown.language.catalogue();
    let said_it = match shown.survey.working {
        Some(true) => words.text(TextId::SurveyYes, &[]),
        Some(false) => words.text(TextId::SurveyNo, &[]),
        None => String::new(),
    };
    let body = words.text(TextId::SurveyAlreadyBody, &[("answer", Value::Text(&said_it))]);
    said(site, StatusCode::OK, words, TextId::SurveyAlready, body, shown.follow_up.as_ref())
}

/// Whoever comes by a link that opens nothing is nobody we know: the browser says in which language.
fn asked_for(headers: &HeaderMap) -> Language {
    Language::of_browser(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

fn over(site: &Site, language: Language) -> Answered<Response> {
    let words = language.catalogue();
    let body = words.text(TextId::SurveyOverBody, &[]);
    said(site, StatusCode::NOT_FOUND, words, TextId::SurveyOver, body, None)
}
