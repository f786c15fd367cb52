//! A file that comes in parts, over a network that breaks. Each part says where it begins; where it does not fit, the
//! answer says where to go on. When the last byte is here the hash decides: right, it is made anew and kept; wrong,
//! everything begins again, because nobody knows which part was.

use super::{Blobs, Kept, NotTaken, place_of_part, place_of_parts, press, store};
use crate::db::{Database, Error, Lane};
use bytes::{Bytes, BytesMut};
use shared::blob::{FILE_BYTES_MAX, PART_BYTES_MAX, Sha};

/// Uploads that one person may have under way.
const OPEN_MAX: i64 = 200;
/// Parts of one file: the largest in the smallest parts that a bad network makes.
const PARTS_MAX: u32 = 4_096;

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Bytes of the whole.
    pub n_bytes: u64,
    /// Bytes that are here.
    pub n_received: u64,
    /// In how many parts they came.
    pub(super) n_parts: u32,
}

/// Why a part was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// It does not begin where the upload stands.
    #[error("the upload goes on at byte {at}")]
    Offset {
        /// Where it goes on.
        at: u64,
    },
    /// The whole is not what was announced; it begins again.
    #[error("the bytes that arrived are not the ones announced: begin again")]
    Checksum,
    /// The part or the whole is empty, too long, or longer than announced.
    #[error("a part has 1 to {PART_BYTES_MAX} bytes and ends at most where the file does")]
    Shape,
    /// Too many at once.
    #[error("too many uploads are under way")]
    TooMany,
    /// The whole was not taken.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::NotTaken(error.into())
    }
}

impl From<super::Unkept> for Refused {
    fn from(why: super::Unkept) -> Self {
        Self::NotTaken(why.into())
    }
}

/// What is here of a file that somebody sends: all of it, a part, or nothing.
pub async fn progress(db: &Database, sha: Sha, who: &str) -> Result<Result<Kept, Option<Part>>, Error> {
    let who = who.to_owned();
    db.read(async move |conn| {
        Ok(match store::kept(conn, sha).await? {
            Some(kept) => Ok(kept),
            None => Err(store::upload(conn, sha, &who).await?),
        })
    })
    .await
}

/// Takes the bytes from `at` on of a file of `n_bytes`. Gives back the file when it is whole, else how far it is.
pub async fn part(
    blobs: &Blobs,
    db: &Database,
    (sha, who): (Sha, &str),
    at: u64,
    n_bytes: u64,
    bytes: Bytes,
) -> Result<Result<Kept, u64>, Refused> {
    if n_bytes > FILE_BYTES_MAX {
        return Err(NotTaken::TooLarge.into());
    }
    let was = match progress(db, sha, who).await? {
        Ok(kept) => return Ok(Ok(kept)),
        Err(was) => was.filter(|was| was.n_bytes == n_bytes),
    };
    let length = bytes.len() as u64;
    if let Some(all) = was.filter(|was| was.n_received == n_bytes && at == n_bytes && length == 0) {
        // Every part is here, and putting them together did not work out last time.
        return finish(blobs, db, sha, who, all).await;
    }
    if length == 0 || bytes.len() > PART_BYTES_MAX || at.saturating_add(length) > n_bytes {
        return Err(Refused::Shape);
    }
    let stands = was.map_or(0, |was| was.n_received);
    if stands != at {
        return Err(Refused::Offset { at: stands });
    }
    let n_parts = was.map_or(0, |was| was.n_parts);
    if n_parts >= PARTS_MAX {
        return begin_again(blobs, db, sha, who).await;
    }
    if was.is_none() {
        let person = who.to_owned();
        if db.read(async move |conn| store::n_open(conn, &person).await).await? >= OPEN_MAX {
            return Err(Refused::TooMany);
        }
        // A shorter or longer file was announced under this name before.
        clear(blobs, db, sha, who).await?;
    }
    // On the shelf first: a row that speaks of bytes that are not there would be a hole in the file.
    blobs.shelf.put(&place_of_part(sha, who, n_parts), bytes).await?;
    let is = Part { n_bytes, n_received: at + length, n_parts: n_parts + 1 };
    let person = who.to_owned();
    let moved = db.write(Lane::Sync, async move |tx| store::advance(tx, sha, &person, was, is).await).await?;
    if !moved {
        // The same part came twice at once. The other one counts.
        let stands = progress(db, sha, who).await?;
        return match stands {
            Ok(kept) => Ok(Ok(kept)),
            Err(now) => Err(Refused::Offset { at: now.map_or(0, |now| now.n_received) }),
        };
    }
    if is.n_received < n_bytes {
        return Ok(Err(is.n_received));
    }
    finish(blobs, db, sha, who, is).await
}

/// Puts the parts together.
async fn finish(blobs: &Blobs, db: &Database, sha: Sha, who: &str, is: Part) -> Result<Result<Kept, u64>, Refused> {
    let mut whole = BytesMut::with_capacity(usize::try_from(is.n_bytes).unwrap_or_default());
    for part in 0..is.n_parts {
        match blobs.shelf.get(&place_of_part(sha, who, part)).await {
            Ok(bytes) => whole.extend_from_slice(&bytes),
            // The store lost a part: what is left is worth nothing.
            Err(super::Unkept::Missing) => return begin_again(blobs, db, sha, who).await,
            Err(other) => return Err(other.into()),
        }
    }
    let whole = whole.freeze();
    if Sha::of(&whole) != sha {
        return begin_again(blobs, db, sha, who).await;
    }
    let kept = match press(blobs, sha, whole).await {
        Ok(kept) => kept,
        Err(why @ NotTaken::Picture(_)) => {
            clear(blobs, db, sha, who).await?;
            return Err(why.into());
        }
        // The parts stay: an empty one at the end asks again.
        Err(why) => return Err(why.into()),
    };
    let person = who.to_owned();
    db.write(Lane::Sync, async move |tx| {
        store::keep(tx, &kept).await?;
        store::end(tx, sha, &person).await
    })
    .await?;
    blobs.shelf.clear(&place_of_parts(sha, who)).await?;
    Ok(Ok(kept))
}

async fn begin_again<T>(blobs: &Blobs, db: &Database, sha: Sha, who: &str) -> Result<T, Refused> {
    clear(blobs, db, sha, who).await?;
    Err(Refused::Checksum)
}

/// Forgets the parts of an upload, the row first.
pub(super) async fn clear(blobs: &Blobs, db: &Database, sha: Sha, who: &str) -> Result<(), Refused> {
    let person = who.to_owned();
    db.write(Lane::Sync, async move |tx| store::end(tx, sha, &person).await).await?;
    blobs.shelf.clear(&place_of_parts(sha, who)).await?;
    Ok(())
}
