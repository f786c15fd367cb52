//! `backup FILE` and `restore FILE`. A backup is written beside its name and moved there when it is whole and on the
//! disk, so a file with that name is never half a backup; it never replaces one.

use super::say;
use crate::app::StartError;
use crate::clock::{Clock, SystemChance};
use crate::db::dump::{self, DumpError};
use crate::db::{Database, Settings};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn backup(url: &str, file: &Path) -> Result<ExitCode, StartError> {
    let settings = opened(url).await?;
    if file.exists() {
        let why = io::Error::new(io::ErrorKind::AlreadyExists, "it is there already, and a backup replaces none");
        return Err(DumpError::File(why).into());
    }
    let draft = file.with_added_extension("part");
    let written = write(&settings, &draft, file).await;
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    let n_rows = written?;
    say(&format!("{n_rows} rows are in {}. It holds personal data: keep it as safe as the database.", file.display()));
    Ok(ExitCode::SUCCESS)
}

async fn write(settings: &Settings, draft: &Path, file: &Path) -> Result<u64, DumpError> {
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    let n_rows = dump::backup(settings, BufWriter::new(&mut out), settings.clock.real_now()).await?;
    out.sync_all()?;
    std::fs::rename(draft, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(n_rows)
}

pub(super) async fn restore(url: &str, file: &Path) -> Result<ExitCode, StartError> {
    let settings = opened(url).await?;
    let n_rows = dump::restore(&settings, || File::open(file), &SystemChance).await?;
    say(&format!("{n_rows} rows were restored, and the database is up to date."));
    Ok(ExitCode::SUCCESS)
}

/// Settings of a database that can be opened and would lose nothing.
async fn opened(url: &str) -> Result<Settings, StartError> {
    let settings = Settings::new(url, Clock::machine())?;
    Database::open(settings.clone()).await?.close().await;
    Ok(settings)
}
