//! The server: takes tickets in, finds the right expert, tells everyone, and syncs the phones.

pub mod clock;
pub mod db;
pub mod feed;
pub mod http;
pub mod web;

pub mod matching;
