//! Between the store and the server. `step` decides and touches nothing.

pub mod step;
