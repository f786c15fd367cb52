//! `demo`: the whole product on this machine. An embedded database in a folder, loopback only, sandboxed providers; nothing
//! leaves the machine. It seeds its world once and prints who can sign in.

mod answering;
mod articles;
mod clock;
pub(crate) mod pages;
mod past;
mod people;
mod world;

use crate::app::{self, StartError};
use crate::cli;
use crate::clock::SystemChance;
use crate::config::{Config, Secret};
use clap::Args;
use shared::chance::Chance;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the demo is started.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The port on this machine; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder for its database.
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    pub data: PathBuf,
    /// Begin with an empty folder.
    #[arg(long)]
    pub reset: bool,
    /// Which world is made; the same number makes the same world.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// How many days of past tickets the world has; 0 for none.
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=60))]
    pub past: u32,
}

/// Runs the demo until it is stopped.
pub async fn run(options: Options) -> Result<ExitCode, StartError> {
    let stop = app::stop_on_signal()?;
    let secret = prepare(&options.data, options.reset)?;
    let mut config = Config::demo(options.data.clone(), options.port, secret);
    let listener = app::bind(config.bind).await?;
    cli::listens_on(&mut config, &listener)?;
    let app = cli::open(config).await?;
    clock::restore(app.site()).await?;
    let sign_ins = world::make(app.site(), options.seed).await?;
    articles::make(app.site()).await?;
    world::make_past(app.site(), options.seed, options.past).await?;
    let url = app.site().config.public_url.clone();
    cli::say(&format!(
        "Start at {url}/ ; messages, sign-ins and the clock are at {url}/demo ; data is in {}.",
        options.data.display()
    ));
    for sign_in in world::printed(sign_ins) {
        cli::say(&sign_in.to_string());
    }
    cli::say(&format!("ready {url}"));
    tokio::spawn(answering::run(app.site().clone(), stop.clone()));
    app.serve(listener, true, stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder, emptied if that was asked for, and its secret: links must survive a restart.
fn prepare(folder: &Path, reset: bool) -> Result<Secret, StartError> {
    let failed = |what: &str| {
        let what = format!("{what} {}", folder.display());
        move |why| StartError::Machine { what, why }
    };
    std::fs::create_dir_all(folder).map_err(failed("cannot make the folder"))?;
    if reset {
        // Only what is ours: a wrong --data must not cost somebody a folder.
        for name in ["sysops.db", "sysops.db-wal", "sysops.db-shm", "secret"] {
            match std::fs::remove_file(folder.join(name)) {
                Ok(()) => {}
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
                Err(why) => return Err(failed("cannot empty the folder")(why)),
            }
        }
        for name in ["pictures", "parts"] {
            match std::fs::remove_dir_all(folder.join("files").join(name)) {
                Ok(()) => {}
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
                Err(why) => return Err(failed("cannot empty the folder")(why)),
            }
        }
    }
    let file = folder.join("secret");
    match std::fs::read_to_string(&file) {
        Ok(text) if !text.trim().is_empty() => return Ok(Secret::from(text.trim().to_owned())),
        Ok(_) => {}
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        Err(why) => return Err(failed("cannot read the secret in")(why)),
    }
    let mut bytes = [0; 32];
    SystemChance.fill(&mut bytes);
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    std::fs::write(&file, &text).map_err(failed("cannot write the secret in"))?;
    Ok(Secret::from(text))
}
