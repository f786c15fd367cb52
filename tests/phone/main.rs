//! An expert's phone without a screen, as a process of its own that a test can kill: the app's real store and sync on a
//! real disk. It writes notes and takes photos for as long as it lives and syncs between them; each line that it prints
//! is what an expert would have seen.
//!
//! `taps ID` before something is written down, `done ID` once he was told that it is, `synced` and `failed` after a try;
//! `drained` when nothing waits any more.

use clap::Parser;
use mobile::clock::Edge;
use mobile::platform::{Desktop, Platform};
use mobile::store::{Core, Installation, Planted, Secret, Shot, Store};
use mobile::sync::gateway::{Gateway, Patience};
use mobile::sync::pace::Tried;
use mobile::sync::runner::once_as;
use shared::blob::Sha;
use shared::ids::{DeviceId, ExpertId, NoteId, TicketId};
use shared::intent::Intent;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tests::wait::{LATER, eventually};
use tokio::net::TcpStream;

/// A phone without a screen.
#[derive(Parser)]
#[command(name = "phone")]
struct Arguments {
    /// The server's address.
    #[arg(long)]
    server: String,
    /// Where it keeps its data.
    #[arg(long)]
    data: PathBuf,
    /// Whose it is.
    #[arg(long)]
    expert: ExpertId,
    /// What opens for it, if it was not signed in before.
    #[arg(long)]
    token: String,
    /// Which device.
    #[arg(long)]
    device: DeviceId,
    /// Its incarnation when it signed in.
    #[arg(long)]
    inc: i64,
    /// A picture; each photo is this one with some bytes behind its end.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Writes so many notes and no more, and photos between them, without a network: for watching what reaches the disk.
    #[arg(long)]
    offline_notes: Option<usize>,
    /// The disk is not waited for.
    #[arg(long)]
    careless: bool,
    /// Only sends what waits, and ends.
    #[arg(long)]
    drain: bool,
}

/// A photo is taken after so many notes.
const NOTES_A_PHOTO: usize = 4;
/// A sync is tried after so many.
const NOTES_A_SYNC: usize = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if let Some(n) = arguments.offline_notes { offline(&arguments, n) } else { online(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "phone: {why}");
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

fn secret(arguments: &Arguments) -> Secret {
    Secret {
        server: arguments.server.clone(),
        login: "ana".into(),
        token: arguments.token.clone(),
        device: arguments.device,
        inc: arguments.inc,
    }
}

fn note(edge: &Edge) -> Result<(NoteId, Intent), Box<dyn Error>> {
    let note = NoteId::new(edge.wall(), &*edge.chance);
    Ok((note, Intent::NoteAdd { note, text: format!("Note {note}").parse()? }))
}

/// A photo like no other: the picture with some bytes behind its end.
fn shot(picture: &[u8], id: NoteId) -> Shot {
    Shot { bytes: [picture, id.to_string().as_bytes()].concat(), caption: None, place: None }
}

/// Taps on one thread, so that what is printed and what is written down stand in one order.
fn offline(arguments: &Arguments, n: usize) -> Result<(), Box<dyn Error>> {
    let edge = Edge::machine();
    let desktop = Desktop::new(&arguments.data)?;
    desktop.secrets().save(arguments.expert, &secret(arguments))?;
    let folder = Installation::new(&arguments.data, desktop.secrets(), edge.clone())?.folder_of(arguments.expert);
    let picture = arguments.picture.as_ref().map(std::fs::read).transpose()?;
    let ticket = TicketId::new(edge.wall(), &*edge.chance);
    // Two lives: the second begins with what the first has tidied away.
    for turns in [0..n / 2, n / 2..n] {
        let (mut core, _) = Core::open(&folder, arguments.expert, desktop.secrets(), edge.wall())?;
        if turns.start == 0 {
            core.adopt(arguments.device, arguments.inc)?;
        }
        if arguments.careless {
            core.plant(Planted::NoWaitForDisk);
        }
        for turn in turns {
            let (id, intent) = note(&edge)?;
            let mid = core.tap(&intent, Some(ticket), None, &edge.clock.now(), &*edge.chance)?;
            say(&format!("done {mid}"))?;
            if let Some(picture) = picture.as_ref().filter(|_| turn % NOTES_A_PHOTO == 0) {
                let shot = shot(picture, id);
                core.take_photo(ticket, &shot, &edge.clock.now(), &*edge.chance)?;
                say(&format!("done {}", Sha::of(&shot.bytes)))?;
            }
        }
    }
    Ok(())
}

fn online(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(lives(arguments))
}

async fn lives(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let edge = Edge::machine();
    let desktop = Arc::new(Desktop::new(&arguments.data)?);
    let installation = Installation::new(&arguments.data, desktop.secrets(), edge.clone())?;
    let (store, salvage) = match installation.signed_in()? {
        Some((expert, _)) => installation.open(expert)?,
        None => installation.sign_in(arguments.expert, &secret(arguments))?,
    };
    if let Some(salvage) = salvage {
        say(&format!("damaged {}", salvage.aside.display()))?;
    }
    let patience =
        Patience { connect: Duration::from_secs(5), read: Duration::from_secs(5), whole: Duration::from_secs(10) };
    let gateway = Gateway::with_patience(&arguments.server, patience)?;
    let token = installation.secret_of(arguments.expert)?.map_or_else(|| arguments.token.clone(), |known| known.token);
    gateway.set_token(token);
    let platform = Arc::clone(&desktop) as Arc<dyn Platform>;
    say("lives")?;
    if arguments.drain {
        while !is_drained(&store).await? {
            tries(&store, &gateway, &platform, &edge, &arguments.server).await?;
        }
        return Ok(say("drained")?);
    }
    let picture = arguments.picture.as_ref().map(std::fs::read).transpose()?;
    for turn in 0.. {
        let tickets = store.tickets().await?;
        if tickets.is_empty() || turn % NOTES_A_SYNC == 0 {
            tries(&store, &gateway, &platform, &edge, &arguments.server).await?;
        }
        let Some(view) = (!tickets.is_empty()).then(|| &tickets[turn % tickets.len()]) else { continue };
        let (id, intent) = note(&edge)?;
        say(&format!("taps {id}"))?;
        store.tap(intent, Some(view.doc.id)).await?;
        say(&format!("done {id}"))?;
        if let Some(picture) = picture.as_ref().filter(|_| turn % NOTES_A_PHOTO == 0) {
            let photo = store.take_photo(view.doc.id, shot(picture, id)).await?;
            say(&format!("photo {photo}"))?;
        }
    }
    Ok(())
}

async fn is_drained(store: &Store) -> Result<bool, mobile::store::Error> {
    let status = store.status().await?;
    Ok(status.booted && status.n_photos == 0 && !store.has_unsent().await?)
}

async fn tries(
    store: &Store,
    gateway: &Gateway,
    platform: &Arc<dyn Platform>,
    edge: &Edge,
    server: &str,
) -> Result<(), Box<dyn Error>> {
    // The test starts one process after the other.
    match once_as("phone".into(), store, gateway, platform, edge).await? {
        Tried::Done { .. } | Tried::Unfinished => say("synced")?,
        Tried::Elsewhere | Tried::Failed(_) => {
            say("failed")?;
            // The line is cut or the server is starting.
            eventually("the line takes a call", LATER, async || {
                let called = TcpStream::connect(server.trim_start_matches("http://")).await;
                called.map(drop).map_err(|error| error.to_string())
            })
            .await;
        }
    }
    Ok(())
}
