//! Who of the staff changed what, append-only: written in the transaction of the change itself, so that there is no
//! change without its line. Passwords, tokens and codes never come here.

pub mod api;
pub mod store;

pub use store::{Filter, Line, forget, list, of_kind, record};
