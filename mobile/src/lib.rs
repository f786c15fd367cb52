//! The expert's app. `store` keeps everything on the phone and is all that a screen reads; `sync` carries it to the
//! server and back. Neither knows how it is drawn.

pub mod clock;
pub mod store;
pub mod sync;
