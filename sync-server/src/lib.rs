//! The server: intake, matching, dispatch, notices, sync and the pages of staff and customers.

pub mod clock;
pub mod db;
pub mod feed;

pub mod matching;
