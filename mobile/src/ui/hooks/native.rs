//! The parts of a real phone: where its data lies is known only once the system runs the app, so they are made by its root.

use super::{Parts, StartFailure};
use crate::platform::{Native, NativeParts};
use std::sync::{Arc, LazyLock};
use tokio::runtime::Runtime;

/// The server that whoever built the package named.
const SERVER: &str = match option_env!("SYSOPS_APP_SERVER") {
    Some(server) => server,
    None => "https://squad.example.com",
};

/// The network's threads, for as long as the process lives: a phone ends it without asking.
static RUNTIME: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build());

/// What the app is built from on this phone; else why it cannot start, in words.
pub(in crate::ui) fn native_parts() -> Result<(Parts, NativeParts), String> {
    let runtime = RUNTIME.as_ref().map_err(ToString::to_string)?;
    let (platform, native) = Native::new().map_err(|why| why.to_string())?;
    let parts = Parts::new(SERVER, Arc::new(platform), runtime.handle().clone());
    Ok((parts.map_err(|why: StartFailure| why.to_string())?, native))
}
