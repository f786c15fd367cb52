//! The expert's app. `store` keeps everything on the phone and is all that a screen reads; `sync` carries it to the
//! server and back; `platform` is the phone around them. None of them knows how it is drawn.

pub mod clock;
pub mod platform;
pub mod settings;
pub mod store;
pub mod sync;
#[cfg(feature = "ui")]
pub mod ui;
