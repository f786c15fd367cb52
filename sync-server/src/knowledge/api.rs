//! Knowledge as JSON: for experts and staff everything, for anybody what was reviewed.

mod admin;

use super::change::{self, By};
use super::store::{self, NewArticle};
use super::{Article, Asked, Audience, HITS_MAX, SEARCH_CHARS_MAX, Text};
use crate::accounts::{Person, staff};
use crate::db::{Conn, Database, Error, Lane, Tx};
use crate::http::caller::Caller;
use crate::http::paging::{self, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::tickets::Ticket;
use crate::workforce;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{ArticleId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::Slug;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/knowledge", get(search).post(begin))
        .route("/api/v1/knowledge/{id}", get(read))
        .route("/api/v1/knowledge/{id}/helped", post(helped))
        .route("/api/v1/knowledge/tickets/{id}", get(beside_ticket))
        .route("/api/v1/knowledge/public", get(search_public))
        .route("/api/v1/knowledge/public/{id}", get(read_public))
        .merge(admin::routes())
}

/// An expert or one of the staff.
#[derive(Clone, Debug)]
pub struct RequireOurs(pub Caller);

impl FromRequestParts<Site> for RequireOurs {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        let caller = <Caller as FromRequestParts<Site>>::from_request_parts(parts, site).await?;
        match caller.person {
            Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => Ok(Self(caller)),
            Person::Customer(_) => {
                let detail = "This is for experts and staff. Customers find articles at /api/v1/knowledge/public.";
                Err(Refused::with(ProblemCode::Forbidden, detail))
            }
        }
    }
}

/// Who this is, by name.
pub(crate) async fn by(conn: &mut Conn, caller: &Caller) -> Result<By, Error> {
    let name = match caller.person {
        Person::Agent(id) | Person::Admin(id) => staff::store::get(conn, id).await?.map(|one| one.fields.name),
        Person::Expert(id) => workforce::store::expert(conn, id).await?.map(|expert| expert.name),
        Person::Customer(_) => None,
    };
    let name = name.unwrap_or_else(|| "Somebody of ours".parse().expect("it is a name"));
    Ok(By { actor: caller.actor(), name })
}

/// What is looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: Option<Slug>,
    #[serde(default)]
    symptom: Option<Slug>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<i64>,
}

impl Wanted {
    /// What is looked for, and which page of what is found.
    fn asked(self) -> Result<(Asked, Paging), Problem> {
        if self.q.chars().count() > SEARCH_CHARS_MAX {
            let message = format!("Write at most {SEARCH_CHARS_MAX} characters: a few words find more.");
            return Err(Problem::field("q", "too_long", message));
        }
        let paging = Paging { cursor: self.cursor, limit: self.limit };
        Ok((Asked { text: self.q, category: self.category, symptom: self.symptom }, paging))
    }
}

/// Searches, and notes where there is nothing. Noting is not worth an error to whoever searches.
pub(crate) async fn find(db: &Database, audience: Audience, asked: Asked) -> Result<Vec<super::Hit>, Error> {
    let text = asked.text.clone();
    let has_words = !shared::search::tokens(&text).is_empty();
    let is_wide = asked.category.is_none();
    let hits = db.read(async move |conn| store::search(conn, audience, &asked, HITS_MAX).await).await?;
    if hits.is_empty() && has_words && is_wide {
        let now = db.clock().business_now();
        let noted = db.write(Lane::Bulk, async move |tx| store::note_miss(tx, audience, &text, now).await).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a search that found nothing was not noted");
        }
    }
    Ok(hits)
}

async fn search(State(site): State<Site>, _: RequireOurs, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let (asked, paging) = wanted.asked()?;
    let hits = find(&site.db, Audience::Ours, asked).await?;
    paging::cut(hits, &paging, |hit| hit.article.id)?.answer()
}

async fn search_public(State(site): State<Site>, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let (asked, paging) = wanted.asked()?;
    let hits = find(&site.db, Audience::Customers, asked).await?;
    paging::cut(hits, &paging, |hit| hit.article.id)?.map(|hit| public(&hit.article)).answer()
}

/// What anybody may see of an article: nobody's name, no ticket.
fn public(article: &Article) -> Value {
    json!({
        "id": article.id,
        "text": article.text,
        "n_fixed": article.n_fixed,
        "n_tried": article.n_tried,
    })
}

async fn read(State(site): State<Site>, _: RequireOurs, Path(id): Path<ArticleId>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| store::article(conn, id, Audience::Ours).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn read_public(State(site): State<Site>, Path(id): Path<ArticleId>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| store::article(conn, id, Audience::Customers).await).await?;
    found.map(|article| Json(public(&article))).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// A ticket that this caller may look into: his own for an expert, each for staff.
async fn ticket_for(conn: &mut Conn, caller: &Caller, id: TicketId) -> Result<Ticket, Undone> {
    let ticket = change::ticket(conn, id).await?;
    let may = match caller.person {
        Person::Expert(expert) => ticket.stream_of == Some(expert) || ticket.last_expert == Some(expert),
        Person::Agent(_) | Person::Admin(_) => true,
        Person::Customer(_) => false,
    };
    // Not telling strangers' tickets from those that do not exist.
    if may { Ok(ticket) } else { Err(ProblemCode::NotFound.into()) }
}

async fn beside_ticket(
    State(site): State<Site>,
    RequireOurs(caller): RequireOurs,
    Path(id): Path<TicketId>,
) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| {
        let ticket = ticket_for(conn, &caller, id).await?;
        let articles = store::suggest(conn, Audience::Ours, &ticket).await?;
        let solved = store::solved_like(conn, &ticket).await?;
        let names = change::names_of(conn, &ticket).await?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let begin = change::text_from(&ticket, &names);
        Ok::<_, Undone>(json!({ "articles": articles, "solved": solved, "begin": begin }))
    });
    Ok(Json(found.await?))
}

/// An article to begin. The id is made once by whoever writes it, so that sending twice begins one.
#[derive(Clone, Deserialize)]
struct BeginBody {
    #[serde(default)]
    id: Option<ArticleId>,
    #[serde(default)]
    ticket: Option<TicketId>,
    text: Text,
}

async fn begin(
    State(site): State<Site>,
    RequireOurs(caller): RequireOurs,
    Json(body): Json<BeginBody>,
) -> Answer<impl IntoResponse> {
    let (id, now) = (body.id.unwrap_or_else(|| site.new_id()), site.now());
    let begun = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        if let Some(ticket) = body.ticket {
            ticket_for(tx, &caller, ticket).await?;
        }
        let by = by(tx, &caller).await?;
        let new =
            NewArticle { id, text: body.text.clone(), author: by.actor, author_name: by.name, ticket: body.ticket };
        change::begin(tx, &new, now).await
    });
    Ok((StatusCode::CREATED, Json(begun.await?)))
}

/// Whether it fixed a ticket.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpedBody {
    ticket: TicketId,
    fixed: bool,
}

async fn helped(
    State(site): State<Site>,
    RequireOurs(caller): RequireOurs,
    Path(id): Path<ArticleId>,
    Json(body): Json<HelpedBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let voted = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let ticket = ticket_for(tx, &caller, body.ticket).await?;
        let by = by(tx, &caller).await?;
        let counted = change::vote(tx, id, &ticket, body.fixed, &by, now).await?;
        let article =
            store::article(tx, id, Audience::Ours).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        Ok::<_, Undone>(json!({ "counted": counted, "n_fixed": article.n_fixed, "n_tried": article.n_tried }))
    });
    Ok(Json(voted.await?))
}

#[cfg(test)]
mod tests;
