//! The server: takes tickets in, finds the right expert, tells everyone, and syncs the phones.
//!
//! # The ladder
//! A capability is a folder. A lower one never imports a higher one; what must happen further up goes through events and
//! reactions. Inside a rung a later one may import an earlier one. `tests/architecture` reads this list and holds it.
//! ```text
//! bottom: clock faults sheet postal phone db feed events reactions jobs links accounts audit blobs config http web expert_app
//! rung: customers workforce plans banners
//! rung: tickets
//! rung: matching
//! rung: notify billing knowledge survey
//! rung: dispatch
//! rung: intake sync replies me admin
//! top: app cli demo
//! ```

pub mod accounts;
pub mod audit;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod db;
pub mod events;
pub mod expert_app;
pub mod faults;
pub mod feed;
pub mod http;
pub mod jobs;
pub mod links;
pub mod phone;
pub mod postal;
pub mod reactions;
pub mod sheet;
pub mod web;

pub mod banners;
pub mod customers;
pub mod plans;
pub mod workforce;

pub mod tickets;

pub mod billing;
pub mod knowledge;
pub mod matching;
pub mod notify;
pub mod survey;

pub mod dispatch;

pub mod admin;
pub mod intake;
pub mod me;
pub mod replies;
pub mod sync;

pub mod app;
pub mod cli;
pub mod demo;
