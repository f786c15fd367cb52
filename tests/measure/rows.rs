//! `measure rows`: measures nothing. It is the program that the test of power cuts watches: it commits rows through the
//! server's database and says which were acknowledged.

use clap::Args;
use std::path::PathBuf;

/// Which database, and how much.
#[derive(Args)]
pub(crate) struct Options {
    /// The database's file, which is made.
    #[arg(long)]
    file: PathBuf,
    /// Commits, of two rows each.
    #[arg(long)]
    commits: usize,
    /// Waits less for the disk than the server does.
    #[arg(long, value_parser = ["normal", "off"])]
    synchronous: Option<String>,
}

pub(crate) async fn write(options: &Options) -> std::io::Result<()> {
    tests::power::server::writes(&options.file, options.commits, options.synchronous.as_deref()).await
}
