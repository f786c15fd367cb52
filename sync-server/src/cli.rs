//! The commands. Each reads its settings, does one thing and ends with a code: 0 done, 1 refused or failed, 2 not
//! understood. What people and scripts read goes to standard output, the log to standard error.

use crate::app::{self, App, StartError};
use crate::clock::{Clock, SystemChance};
use crate::config::{Config, Refusals, Settings, SettingsFile, demo_database, with_defaults};
use crate::db::{self, Database, Migrated};
use crate::tickets::check;
use crate::{billing, demo, jobs};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

mod backup;
mod staff;

/// Takes tickets in, finds the right expert, tells everyone, syncs the phones.
///
/// Settings come from the command line, else from `SYSOPS_…` in the environment, else from the file (lines NAME=value)
/// that `SYSOPS_SETTINGS` names. `sync-server serve --help` lists all of them.
#[derive(Debug, Parser)]
#[command(name = "sync-server", version)]
struct Cli {
    /// What to log: error, warn, info, debug, or targets as of tracing's filters.
    #[arg(long, global = true, env = "SYSOPS_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log as JSON, one object a line.
    #[arg(long, global = true, env = "SYSOPS_LOG_JSON")]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The server, in production. Refuses unsafe settings and a database that is not migrated.
    Serve {
        #[command(flatten)]
        settings: Box<Settings>,
        /// Leave background jobs to `worker` processes.
        #[arg(long)]
        no_worker: bool,
    },
    /// Background jobs alone, for scale-out.
    Worker {
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Brings the database's tables to this program's version.
    Migrate {
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Looks whether everything is accounted for; ends with 1 if it is not.
    Check {
        #[command(flatten)]
        settings: Box<Settings>,
        /// The data folder of a demo, instead of a database.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Writes everything into one file that both engines read, while the server runs. The file holds personal data.
    Backup {
        #[command(flatten)]
        settings: Box<Settings>,
        /// The file; it must not be there yet.
        file: PathBuf,
        /// The data folder of a demo, instead of a database.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Fills an empty database, of either engine, from a backup. Phones then offer again what the backup did not have.
    Restore {
        #[command(flatten)]
        settings: Box<Settings>,
        /// The file.
        file: PathBuf,
        /// The data folder of a demo, instead of a database.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Begins a new history: for a database that lost commits by another way than `restore`, like a replica that was
    /// promoted or files that were copied back. Phones then offer again what they did lately, and nothing is doubled.
    NewHistory {
        #[command(flatten)]
        settings: Box<Settings>,
        /// The data folder of a demo, instead of a database.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Call-centre staff and admins.
    Staff {
        #[command(subcommand)]
        command: staff::Command,
    },
    /// The whole product on this machine: a seeded world, sandboxed messages, nothing leaves it.
    Demo(demo::Options),
}

/// Runs the command line; what `main` ends with.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let cli = match read(args) {
        Ok(cli) => cli,
        Err(Failed::Usage(error)) => {
            // Help and version are asked for, and go to standard output with 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        Err(Failed::Refused(refusals)) => return refuse(&refusals),
    };
    start_log(&cli);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return refuse(&format!("the machine gives no threads: {why}")),
    };
    match runtime.block_on(obey(cli.command)) {
        Ok(code) => code,
        Err(error) => refuse(&error),
    }
}

enum Failed {
    Usage(clap::Error),
    Refused(Refusals),
}

fn read(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, Failed> {
    let file = match std::env::var_os("SYSOPS_SETTINGS").filter(|name| !name.is_empty()) {
        Some(name) => {
            let text = std::fs::read_to_string(&name).map_err(|why| {
                let name = name.display();
                Failed::Refused(Refusals(vec![format!("SYSOPS_SETTINGS names {name}, which cannot be read: {why}.")]))
            })?;
            SettingsFile::parse(&text).map_err(Failed::Refused)?
        }
        None => SettingsFile::default(),
    };
    file.check(&Cli::command()).map_err(Failed::Refused)?;
    let matches = with_defaults(Cli::command(), &file).try_get_matches_from(args).map_err(Failed::Usage)?;
    Cli::from_arg_matches(&matches).map_err(Failed::Usage)
}

async fn obey(command: Command) -> Result<ExitCode, StartError> {
    match command {
        Command::Serve { settings, no_worker } => serve(*settings, !no_worker).await,
        Command::Worker { settings } => work(*settings).await,
        Command::Migrate { settings } => migrate(&settings.database()?).await,
        Command::Check { settings, data } => check(&named(&settings, data)?).await,
        Command::Backup { settings, file, data } => backup::backup(&named(&settings, data)?, &file).await,
        Command::Restore { settings, file, data } => backup::restore(&named(&settings, data)?, &file).await,
        Command::NewHistory { settings, data } => new_history(&named(&settings, data)?).await,
        Command::Staff { command } => staff::obey(command).await,
        Command::Demo(options) => demo::run(options).await,
    }
}

/// The database of the settings, or of a demo.
fn named(settings: &Settings, demo: Option<PathBuf>) -> Result<String, StartError> {
    Ok(match demo {
        Some(folder) => demo_database(&folder),
        None => settings.database()?,
    })
}

async fn serve(settings: Settings, with_worker: bool) -> Result<ExitCode, StartError> {
    let mut config = settings.config()?;
    let stop = app::stop_on_signal()?;
    let listener = app::bind(config.bind).await?;
    listens_on(&mut config, &listener)?;
    let app = open(config).await?;
    say(&format!("ready {}", app.site().config.public_url));
    app.serve(listener, with_worker, stop).await;
    Ok(ExitCode::SUCCESS)
}

async fn work(settings: Settings) -> Result<ExitCode, StartError> {
    let config = settings.config()?;
    let stop = app::stop_on_signal()?;
    let app = open(config).await?;
    say("ready");
    app.work(stop).await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(url: &str) -> Result<ExitCode, StartError> {
    let db = open_database(url).await?;
    let before = db.is_migrated().await?;
    db.migrate(&SystemChance).await?;
    db.close().await;
    say(&match before {
        Migrated::Yes => "The database is up to date.".to_owned(),
        Migrated::Behind(n) => format!("The database is up to date; {n} migrations were missing."),
        Migrated::Ahead => return Err(StartError::Ahead),
    });
    Ok(ExitCode::SUCCESS)
}

async fn new_history(url: &str) -> Result<ExitCode, StartError> {
    let db = open_migrated(url).await?;
    let epoch = db::meta::new_epoch(&SystemChance);
    db.write(db::Lane::Desk, async move |tx| db::meta::replace_epoch(tx, &epoch).await).await?;
    db.close().await;
    say("A new history has begun. Every phone compares itself with it at its next sync.");
    Ok(ExitCode::SUCCESS)
}

/// Prints the ledger and the backlog; whether the ledger balances is the exit code.
async fn check(url: &str) -> Result<ExitCode, StartError> {
    let db = open_migrated(url).await?;
    let now = db.clock().business_now();
    let read = db.read(async move |conn| {
        let money = billing::check::ledger(conn, now).await?;
        Ok::<_, db::Error>((check::ledger(conn, now).await?, money, jobs::backlog(conn).await?))
    });
    let (ledger, money, backlog) = read.await?;
    let n = |state: &str| backlog.iter().filter(|row| row.state == state).map(|row| row.n_jobs).sum::<i64>();
    say(&ledger.to_string());
    say(&money.to_string());
    say(&format!("jobs ready {} leased {} dead {}", n("ready"), n("leased"), n("dead")));
    db.close().await;
    Ok(if ledger.balances() && money.balances() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) async fn open(config: Config) -> Result<App, StartError> {
    let settings = db::Settings::new(config.database_url.expose(), Clock::machine())?;
    App::open(config, settings, Arc::new(SystemChance)).await
}

async fn open_database(url: &str) -> Result<Database, StartError> {
    Ok(Database::open(db::Settings::new(url, Clock::machine())?).await?)
}

/// A database of this program's version.
async fn open_migrated(url: &str) -> Result<Database, StartError> {
    let db = open_database(url).await?;
    match db.is_migrated().await? {
        Migrated::Yes => Ok(db),
        Migrated::Behind(n) => Err(StartError::Behind(n)),
        Migrated::Ahead => Err(StartError::Ahead),
    }
}

pub(crate) fn listens_on(config: &mut Config, listener: &tokio::net::TcpListener) -> Result<(), StartError> {
    let bound = listener.local_addr();
    config.listens_on(bound.map_err(|why| StartError::Machine { what: "the port is not known".into(), why })?);
    Ok(())
}

fn start_log(cli: &Cli) {
    let filter =
        tracing_subscriber::EnvFilter::try_new(&cli.log).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first log.
    let _ = if cli.log_json { log.json().try_init() } else { log.with_ansi(false).try_init() };
}

/// A line for people and scripts. Nobody listening is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn refuse(why: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "sync-server: {why}");
    ExitCode::FAILURE
}
