//! Everything the phone keeps: tickets, the expert's own work, text being typed. Screens read only from here, so they
//! are right without a network and after every restart. Nothing here talks to the server.
//!
//! A [`Store`] is a handle on one expert's database, which lives on a thread of its own; clones share it. **What a call
//! promises:** when [`Store::tap`] returns `Ok`, the work is on the disk and in the views, power cut or not. When it
//! returns an error, nothing was saved, and the error's text says so to the expert. Screens follow
//! [`Store::changes`] and read again when it moves.

mod apply;
mod core;
mod documents;
mod drafts;
mod error;
mod folders;
mod handle;
mod installation;
mod journal;
mod kb;
mod meta;
mod migrations;
mod open;
mod photos;
mod planted;
mod room;
mod secrets;
mod status;
mod take_back;
#[cfg(test)]
mod tests;

pub use apply::Taken;
pub use core::{Applied, Core, Next};
pub use documents::Archived;
pub use error::Error;
pub use handle::Store;
pub use installation::{Installation, SignOut};
pub use journal::{Attention, KEEP_DAYS};
pub use kb::{Asked, Found, KbStatus};
pub use open::Salvage;
pub use photos::{Ended as PhotoEnded, Shot, Waiting as WaitingPhoto};
#[cfg(any(test, feature = "planted"))]
pub use planted::Planted;
pub use secrets::{Secret, SecretFiles, SecretMemory, Secrets};
pub use status::{ServerClock, Status, Trouble};
