//! The harness of the end-to-end tests: real processes, a network that can be cut, a browser, the app's own window.
//!
//! Everything here is started by a test and gone with it: each part stops what it started when it is dropped, and
//! `tests/run` sweeps up after a test that was killed. Nothing sleeps; a wait is [`wait::eventually`], with a condition, a
//! bound and the reason why it is not met yet. A part that cannot start panics with the words a person needs to mend it.

// Optimised, a model of nested futures is deeper than the compiler goes by itself.
#![recursion_limit = "256"]

pub mod app;
pub mod browser;
pub mod card_numbers;
pub mod cores;
pub mod crash;
pub mod display;
pub mod document;
pub mod fcm;
pub mod filing;
pub mod filled;
pub mod http;
pub mod inspector;
pub mod money_model;
pub mod notices;
pub mod phones;
pub mod power;
pub mod process;
pub mod provider;
pub mod proxy;
pub mod repeats;
pub mod server;
pub mod simulation;
pub mod smtp;
pub mod spike;
pub mod stripe;
pub mod sync_model;
pub mod twilio;
pub mod wait;
pub mod wire;
pub mod worker;

use std::path::PathBuf;
use std::sync::Once;

/// Gives the process its TLS provider. Every part calls it; a test of its own that builds an HTTP client calls it too.
///
/// The features of all members unify in one build, so even a client for plain `http` panics without a provider.
pub fn tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that someone else in this process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Says a seed or a figure: a failed test shows it, and `-- --nocapture` always does.
#[expect(clippy::print_stderr, reason = "a test has no log; this is what it says to who runs it")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

/// The path of one of our programs, built beside the running test.
///
/// # Panics
/// If it was not built: `cargo test` builds only the programs of the package under test, `tests/run` builds all.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let beside = test.parent().expect("a file lies in a folder");
    // A test lies in target/debug/deps, `measure` beside the others.
    let folder = if beside.ends_with("deps") { beside.parent().unwrap_or(beside) } else { beside };
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is not built; run tests/run, or: cargo build --workspace --bins --tests --features mobile/ui (for `measure`: \
         cargo build --release -p sync-server)",
        program.display()
    );
    program
}
