//! What server and phone must agree on: the words of the domain as types, how a ticket moves, and the sync protocol.
//!
//! Everything here is pure. No file, socket, clock or random source is opened: `now` and chance are arguments, so that
//! the same code gives the same answer on a phone, on a server and in a simulation. `tests/architecture` holds the
//! manifest to that.

pub mod article;
pub mod blob;
pub mod chance;
pub mod document;
pub mod event;
pub mod fold;
pub mod ids;
pub mod intent;
pub mod money;
pub mod number;
pub mod offer;
pub mod place;
pub mod problem;
pub mod promise;
pub mod search;
pub mod skills;
pub mod sync;
pub mod text;
pub mod texts;
pub mod ticket;
pub mod time;
