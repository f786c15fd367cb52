//! The start page, and the files that every page needs.

use super::{Viewer, start_page, style};
use crate::accounts::Role;
use crate::config::Mode;
use crate::http::caller::{Caller, MaybeCaller};
use crate::http::{Answer, Site};
use crate::web::Frame;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/", get(start)).merge(style::routes())
}

async fn start(State(site): State<Site>, MaybeCaller(caller): MaybeCaller) -> Answer<Html<String>> {
    start_page(Viewer::of(caller.as_ref()), site.config.mode == Mode::Demo)
}

impl Viewer {
    /// Whoever is signed in.
    pub fn of(caller: Option<&Caller>) -> Self {
        caller.map_or(Self::Nobody, |caller| match caller.person.role() {
            Role::Customer => Self::Customer,
            Role::Expert => Self::Expert,
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        })
    }
}

impl Frame {
    /// A page for this caller, not for search engines.
    pub fn of(site: &Site, caller: Option<&Caller>, here: &str) -> Self {
        Self::private(here).seen_by(Viewer::of(caller)).in_demo(site.config.mode == Mode::Demo)
    }
}
