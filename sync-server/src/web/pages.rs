//! The files that every page needs, and the frame of whoever looks.

use super::{Viewer, style};
use crate::accounts::Role;
use crate::config::Mode;
use crate::http::Site;
use crate::http::caller::Caller;
use crate::web::Frame;
use axum::Router;

/// The routes.
pub fn routes() -> Router<Site> {
    style::routes()
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
