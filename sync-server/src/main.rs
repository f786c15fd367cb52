//! The program. Everything is in `cli` and below; here only what must come before anything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The features of all members unify in one build, so even a client for plain http panics without a provider. An
    // error would say that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    sync_server::cli::run(std::env::args_os())
}
