//! Knowledge beside a ticket: the articles that fit it, how the last ones like it were solved, and whether one helped.

use super::super::api::by;
use super::super::{change, store};
use super::{Listed, brief, frame, product};
use crate::db::{Lane, Tx};
use crate::http::caller::RequireDesk;
use crate::http::undone::Undone;
use crate::http::{Answer, Refused, Site};
use crate::knowledge::{Audience, Solved};
use crate::tickets::Ticket;
use crate::web::cut::weight;
use crate::web::most::Most;
use crate::web::{Form, Frame, page};
use crate::workforce;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::{Router, get};
use shared::ids::{ArticleId, TicketId};
use shared::problem::Problem;

/// What the articles weigh; they stand in the order in which they fit.
const ITEMS_BYTES_MAX: usize = 36_000;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/knowledge/tickets/{id}", get(show).post(vote))
}

#[derive(Template)]
#[template(path = "knowledge/beside.html")]
struct BesidePage {
    frame: Frame,
    ticket: Ticket,
    items: Vec<Listed>,
    solved: Vec<Solved>,
}

async fn show(State(site): State<Site>, caller: RequireDesk, Path(id): Path<TicketId>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| {
        let ticket = change::ticket(conn, id).await?;
        let hits = store::suggest(conn, Audience::Ours, &ticket).await?;
        let solved = store::solved_like(conn, &ticket).await?;
        let categories = workforce::store::categories(conn).await?;
        let listed = hits.into_iter().map(|hit| hit.article);
        let items = listed.map(|article| Listed { product: product(&article.text, &categories), article });
        let items: Vec<Listed> = items.collect();
        Ok::<_, Undone>((ticket, items, solved))
    });
    let (ticket, items, solved) = found.await?;
    // The title stands there and in the names of two buttons.
    let heavy = |one: &Listed| {
        3 * weight(one.article.text.title.as_str())
            + weight(one.article.text.problem.as_str())
            + weight(&one.product)
            + 600
    };
    let items = Most::that_fit(items.into_iter(), ITEMS_BYTES_MAX, heavy).rows;
    let solved = solved.into_iter().map(brief).collect();
    page(&BesidePage { frame: frame(&site, &caller), ticket, items, solved })
}

/// A ticket says once whether an article helped; saying it again changes nothing.
async fn vote(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path(id): Path<TicketId>,
    form: Form,
) -> Answer<Redirect> {
    let article: ArticleId = form.value("article").parse().map_err(|_| {
        Refused::from(Problem::field("article", "unknown", "Choose the article on the ticket's page once more."))
    })?;
    let (fixed, now) = (form.value("fixed") == "yes", site.now());
    let voted = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let ticket = change::ticket(tx, id).await?;
        let by = by(tx, &caller).await?;
        change::vote(tx, article, &ticket, fixed, &by, now).await
    });
    voted.await?;
    Ok(Redirect::to(&format!("/knowledge/tickets/{id}")))
}
