//! The phone's store under cuts of the power: an expert who writes note after note, takes photos between them, and is told
//! each time that it is done.

use super::{Care, Plan, Report, There, folder, is_whole, path_of, record::record, tried};
use mobile::clock::Edge;
use mobile::platform::{Desktop, Platform as _};
use mobile::store::{Core, Installation, Next};
use shared::blob::Sha;
use shared::chance::Seeded;
use shared::ids::{DeviceId, ExpertId};
use shared::time::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// As much of a photo as the store asks for: how it begins. A good deal more comes than goes into a sector.
const PICTURE: [u8; 1_500] = {
    let mut bytes = [7; 1_500];
    bytes[0] = 0xff;
    bytes[1] = 0xd8;
    bytes[2] = 0xff;
    bytes
};

/// Tries it. Photos come on top of the notes, and there may be as many as one round of sync sends.
///
/// # Panics
/// If the program fails.
pub async fn run(plan: Plan) -> Report {
    let lived = folder();
    let root = path_of(&lived);
    let chance = Seeded::new(plan.seed);
    let expert = ExpertId::new(Timestamp::EPOCH, &chance);
    let device = DeviceId::new(Timestamp::EPOCH, &chance);
    let mut program = Command::new(crate::program("phone"));
    program.args(["--server", "http://nowhere.example.com", "--token", "t0ken", "--inc", "1"]);
    program.args(["--expert", &expert.to_string(), "--device", &device.to_string()]);
    let aside = folder();
    let picture = aside.path().join("picture.jpg");
    std::fs::write(&picture, PICTURE).expect("the temporary folder can be written");
    program.arg("--picture").arg(&picture);
    program.args(["--offline-notes", &plan.n_commits.to_string(), "--data"]).arg(&root);
    match plan.care {
        Care::Ours => {}
        // The one thing that the phone can leave off: it has no worse.
        Care::Normal | Care::Off => {
            program.arg("--careless");
        }
    }
    let record = record(&program, &root);
    drop(lived);
    tried(&record, plan, async |left: &Path| opened(left, expert).await).await
}

/// Opens what is left, as a start of the app does.
async fn opened(left: &Path, expert: ExpertId) -> Result<There, String> {
    let edge = Edge::machine();
    let desktop = Desktop::new(left).map_err(|error| error.to_string())?;
    let shown = |error: mobile::store::Error| format!("{error}: {error:?}");
    let installation = Installation::new(left, desktop.secrets(), edge.clone()).map_err(shown)?;
    let folder = installation.folder_of(expert);
    let (mut core, salvage) = Core::open(&folder, expert, desktop.secrets(), edge.wall()).map_err(shown)?;
    if let Some(salvage) = salvage {
        return Err(format!("it was damaged: {salvage:?}"));
    }
    let mut whole: BTreeSet<String> = core.journal().map_err(shown)?.into_iter().map(|(mid, _)| mid).collect();
    // A note and its number are one commit.
    let n_numbered = if whole.is_empty() { 0 } else { numbered(&mut core, &edge).map_err(shown)? };
    let mut halves = n_numbered.abs_diff(whole.len());
    for photo in core.photos_to_send().map_err(shown)? {
        // Its words are there, so its bytes must be.
        if std::fs::read(&photo.path).is_ok_and(|bytes| Sha::of(&bytes) == photo.sha) {
            whole.insert(photo.sha.to_string());
        } else {
            halves += 1;
        }
    }
    drop(core);
    is_whole(&folder.join("core.db")).await?;
    Ok(There { whole, halves })
}

/// The last number that a note was given, as the app tells it to the server.
fn numbered(core: &mut Core, edge: &Edge) -> Result<usize, mobile::store::Error> {
    match core.next(1, None, &*edge.chance)? {
        Next::Send(request) => Ok(usize::try_from(request.have.journal_max).unwrap_or(0)),
        // Its notes came after this device was registered.
        Next::Register(_) => Ok(0),
    }
}
