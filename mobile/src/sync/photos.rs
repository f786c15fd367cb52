//! Sends photos, beside the syncer and never in its way: a status goes out while a picture crawls. One photo at a time,
//! in parts, from where the server says that it stands; one that fails lets the next one try. Afterwards it fetches small
//! views of what others took, so that they can be seen in a cellar.

use super::gateway::{Gateway, Part};
use super::pace::{BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS};
use super::wire::Failure;
use crate::clock::Edge;
use crate::store::{Error, PhotoEnded, Store, WaitingPhoto};
use shared::blob::PART_BYTES_MAX;
use shared::problem::ProblemCode;
use std::io::SeekFrom;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Times that one upload may begin again before the file counts as damaged.
const BEGINS_MAX: usize = 3;
/// Parts of one upload, those included that the server refused for their place.
const PARTS_MAX: usize = 1_000;

/// How a round ended.
enum Round {
    /// Nothing waits.
    Idle,
    /// Something went out or came in.
    Moved,
    /// It must be tried later: not before so many milliseconds, if the server said so.
    Later { not_before_ms: Option<u64> },
}

/// Sends and fetches for as long as the store is open.
pub(super) async fn run(store: Store, gateway: Gateway, edge: Edge) {
    let mut changes = store.changes();
    let mut wait_ms = BACK_OFF_FIRST_MS;
    loop {
        changes.borrow_and_update();
        match round(&store, &gateway).await {
            Ok(Round::Moved) => wait_ms = BACK_OFF_FIRST_MS,
            Ok(Round::Idle) => {
                wait_ms = BACK_OFF_FIRST_MS;
                if changes.changed().await.is_err() {
                    return;
                }
            }
            Ok(Round::Later { not_before_ms }) => {
                let wait = not_before_ms.unwrap_or(wait_ms / 2 + edge.chance.below(wait_ms));
                tokio::time::sleep(Duration::from_millis(wait)).await;
                wait_ms = (wait_ms * 2).min(BACK_OFF_MAX_MS);
            }
            Err(Error::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the phone's store stopped a photo");
                tokio::time::sleep(Duration::from_millis(BACK_OFF_MAX_MS)).await;
            }
        }
    }
}

/// One round, for whoever cannot keep this running. What does not go now goes with a later one.
pub(super) async fn once(store: &Store, gateway: &Gateway) -> Result<(), Error> {
    round(store, gateway).await.map(drop)
}

/// One round over everything that waits.
async fn round(store: &Store, gateway: &Gateway) -> Result<Round, Error> {
    let mut ended = Round::Idle;
    for photo in store.photos_to_send().await? {
        match send(gateway, &photo).await {
            Ok(end) => {
                store.photo_ended(photo.sha, end).await?;
                ended = Round::Moved;
            }
            Err(Failure::Offline) => return Ok(Round::Later { not_before_ms: None }),
            Err(Failure::Problem(problem)) if problem.code.is_passing() => {
                let asked = problem.retry_after.map(|seconds| u64::from(seconds) * 1_000);
                return Ok(Round::Later { not_before_ms: asked });
            }
            // He must sign in again, or the app is too old: that is said elsewhere, and this photo waits.
            Err(Failure::Problem(_) | Failure::Refused(_)) => {
                return Ok(Round::Later { not_before_ms: Some(BACK_OFF_MAX_MS) });
            }
        }
    }
    for sha in store.photos_to_fetch().await? {
        match gateway.view(sha).await {
            Ok(bytes) => {
                // A full disk, say. The app goes on without the view.
                if store.keep_view(sha, bytes).await.is_err() {
                    return Ok(ended);
                }
            }
            Err(Failure::Offline) => return Ok(Round::Later { not_before_ms: None }),
            Err(Failure::Problem(_) | Failure::Refused(_)) => {}
        }
    }
    Ok(ended)
}

/// Sends one photo from where the server stands.
pub(super) async fn send(gateway: &Gateway, photo: &WaitingPhoto) -> Result<PhotoEnded, Failure> {
    let mut at = match gateway.upload_stands(photo.sha).await? {
        Part::Whole => return Ok(PhotoEnded::Done),
        Part::At(at) | Part::Elsewhere(at) => at,
        Part::Again => 0,
    };
    let Ok(mut file) = tokio::fs::File::open(&photo.path).await else { return Ok(PhotoEnded::Lost) };
    let mut n_begins = 1;
    for _ in 0..PARTS_MAX {
        let mut bytes = vec![0; PART_BYTES_MAX.min(usize::try_from(photo.size.saturating_sub(at)).unwrap_or(0))];
        let read = async {
            file.seek(SeekFrom::Start(at)).await?;
            file.read_exact(&mut bytes).await
        };
        if read.await.is_err() {
            return Ok(PhotoEnded::Lost);
        }
        match gateway.send_part(photo.sha, at, photo.size, bytes).await {
            Ok(Part::Whole) => return Ok(PhotoEnded::Done),
            Ok(Part::At(next) | Part::Elsewhere(next)) => at = next,
            Ok(Part::Again) if n_begins < BEGINS_MAX => (at, n_begins) = (0, n_begins + 1),
            // Three times the same bytes and never the right ones: the file here is not what was taken.
            Ok(Part::Again) => return Ok(PhotoEnded::Lost),
            Err(Failure::Problem(problem)) if is_final(problem.code) => {
                let said = problem.detail.unwrap_or_else(|| problem.code.title().to_owned());
                return Ok(PhotoEnded::Refused(said));
            }
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::Offline)
}

/// Whether the server will never take these bytes.
fn is_final(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::UnsupportedMediaType | ProblemCode::TooLarge | ProblemCode::InvalidFields)
}
