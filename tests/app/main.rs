//! The expert's app in its real window: what an expert does on a day on which the network comes and goes. The server is
//! the app's own double over TCP; the real one joins in the end-to-end tests.
//!
//! `SYSOPS_SCREENSHOTS=DIR` keeps a picture of each station for people to look at.

mod day;
mod looks;
mod phone;
mod world;
