//! Between the store and the server. `step` and `pace` decide and touch nothing; `gateway` is the one door to the
//! network; `runner` is the one syncer, `hints` only wakes it. A screen never waits for any of this: it reads the store.

#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod gateway;
pub mod hints;
mod library;
pub mod pace;
#[cfg(test)]
mod photo_tests;
mod photos;
pub mod runner;
pub mod sign_in;
pub mod step;
#[cfg(test)]
mod tests;
pub mod wire;
