//! Photos that customers and staff add to a ticket, and who may look at one: whoever may see its ticket. By the private
//! link only what the customer sent is shown; what the expert took stays with who is signed in.

pub mod api;
pub mod pages;

use super::author::name_of;
use crate::blobs::{self, NotTaken};
use crate::db::Lane;
use crate::http::{Answer, Refused, Site};
use crate::tickets::{self, NewPhoto, store};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use shared::blob::Sha;
use shared::event::Actor;
use shared::ids::{PhotoId, TicketId};
use shared::problem::ProblemCode;
use shared::text::ShortLine;

/// Photos on one ticket: who has the link may send, and must not fill the expert's phone.
pub const PHOTOS_MAX: i64 = 40;

/// Adds pictures to a ticket that the caller was found to be allowed to see. Each is on it once, however often it is
/// sent: a second click changes nothing. What cannot be used is refused with a sentence, and nothing of it is added.
pub(crate) async fn add(
    site: &Site,
    author: Actor,
    ticket: TicketId,
    pictures: Vec<Bytes>,
    caption: Option<ShortLine>,
) -> Answer<Vec<PhotoId>> {
    let mut taken = Vec::new();
    for bytes in pictures {
        let kept = blobs::take(&site.blobs, &site.db, bytes).await.map_err(not_taken)?;
        taken.push((id_of(ticket, kept.sha), kept.sha));
    }
    let ids: Vec<PhotoId> = taken.iter().map(|(id, _)| *id).collect();
    let (now, timing) = (site.now(), site.config.timing.clone());
    let added = site.db.write(Lane::Intake, async move |tx| {
        let author_name = name_of(tx, author).await?;
        let mut book = tickets::Book::open(tx, &[ticket], timing.clone()).await?;
        let there = store::photos(tx, &[ticket], PHOTOS_MAX).await?;
        let new: Vec<(PhotoId, Sha)> =
            taken.iter().copied().filter(|(id, _)| there.iter().all(|known| known.id != *id)).collect();
        if i64::try_from(there.len() + new.len()).is_ok_and(|all| all > PHOTOS_MAX) {
            return Ok(false);
        }
        for (id, sha) in new {
            let (author_name, caption) = (author_name.clone(), caption.clone());
            let (place, late, at) = (None, false, now);
            book.photo(NewPhoto { id, ticket, sha, author, author_name, caption, place, late, at });
        }
        book.save(tx).await?;
        Ok::<_, crate::db::Error>(true)
    });
    if added.await? {
        return Ok(ids);
    }
    let detail =
        format!("This ticket has as many photos as we keep ({PHOTOS_MAX}). Please show the rest to the expert.");
    Err(Refused::with(ProblemCode::Conflict, detail))
}

/// A picture is on a ticket once, so its id there follows from both.
fn id_of(ticket: TicketId, sha: Sha) -> PhotoId {
    let hash = Sha256::digest(format!("{ticket}:{sha}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    PhotoId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A refusal of a picture as an answer.
pub(crate) fn not_taken(why: NotTaken) -> Refused {
    let said = why.to_string();
    match why {
        NotTaken::Picture(_) => Refused::with(ProblemCode::UnsupportedMediaType, said),
        NotTaken::TooLarge => Refused::with(ProblemCode::TooLarge, said),
        NotTaken::Busy => Refused::with(ProblemCode::Busy, said),
        NotTaken::Unkept(why) => {
            tracing::error!(%why, "a picture could not be kept");
            Refused::with(ProblemCode::Unavailable, said)
        }
        NotTaken::Database(error) => error.into(),
    }
}
