//! Placeholder while the workspace is laid.

pub mod matching;
