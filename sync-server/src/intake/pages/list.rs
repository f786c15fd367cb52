//! A customer's tickets, the open ones first to the eye: the newest first, a page at a time.

use super::words::now_in_words;
use super::{customer, frame};
use crate::banners::pages::above_own;
use crate::http::caller::Caller;
use crate::http::{Answer, Query, Site};
use crate::tickets::{Ticket, store};
use crate::web::frame::Frame;
use crate::web::page;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{Router, get};
use serde::Deserialize;
use shared::ids::TicketId;

/// Tickets on one page.
const PAGE: i64 = 20;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/tickets", get(list))
}

struct Listed {
    ticket: Ticket,
    state: String,
    filed: String,
}

#[derive(Template)]
#[template(path = "intake/list.html")]
struct ListPage {
    frame: Frame,
    tickets: Vec<Listed>,
    is_first: bool,
    earlier: Option<TicketId>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    before: Option<TicketId>,
}

async fn list(State(site): State<Site>, caller: Caller, Query(asked): Query<Asked>) -> Answer<Html<String>> {
    let (who, before) = (customer(&caller)?, asked.before);
    let read = site.db.read(async move |conn| {
        let found = store::of_customer(conn, who, before, PAGE + 1).await?;
        Ok::<_, crate::db::Error>((found, crate::customers::store::customer(conn, who).await?))
    });
    let (mut tickets, who) = read.await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = tickets.len() > size;
    tickets.truncate(size);
    let earlier = tickets.last().map(|ticket| ticket.id).filter(|_| is_more);
    let zone = who.map_or_else(shared::time::Zone::utc, |who| who.zone);
    let listed = tickets.into_iter().map(|ticket| {
        let (state, _) = now_in_words(&ticket, "", None, &|_| String::new());
        let filed = zone.show(ticket.filed_at, "%-d %B %Y");
        Listed { ticket, state, filed }
    });
    let frame = above_own(&site, frame(&site, "/tickets", Some(&caller)), Some(&caller)).await?;
    page(&ListPage { frame, tickets: listed.collect(), is_first: before.is_none(), earlier })
}
