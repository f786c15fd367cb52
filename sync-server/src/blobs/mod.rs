//! Files, which are pictures: taken in whole or in parts, checked by their hash, made anew without what a camera hides in
//! them, kept beside the database. Who may see one is asked higher up; here a name is all.
//!
//! Bytes are never in the database and never in a transaction: they are on the shelf before a row says so. What has a
//! row and no bytes any more (a folder that was not restored with the database) is [`Unkept::Missing`], said as such.

mod gateway;
pub mod jobs;
mod picture;
pub mod store;
#[cfg(test)]
mod tests;
mod upload;

#[cfg(any(test, feature = "testing"))]
pub use picture::samples;
pub use picture::{NoPicture, Picture};
pub use upload::{Part, Refused, part, progress};

use crate::config::Files;
use crate::db::{Database, Error, Lane};
use bytes::Bytes;
use gateway::Shelf;
use shared::blob::{FILE_BYTES_MAX, Sha};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Pictures that may wait to be unpacked; more are told to come back.
const WAITING_MAX: usize = 24;

/// The store of files, and the one place at which pictures are unpacked. Clones share it.
#[derive(Clone)]
pub struct Blobs {
    shelf: Shelf,
    /// One picture at a time is unpacked: each takes up to 200 MB and a second of a core.
    press: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A file as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The hash of the bytes that were sent.
    pub sha: Sha,
    /// The hash of what is kept of it.
    pub object: Sha,
    /// The hash of its small view.
    pub small: Sha,
    /// Bytes that were sent.
    pub n_bytes: u64,
    /// Width of what is kept.
    pub width: u32,
    /// Height of what is kept.
    pub height: u32,
}

/// Which view of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As large as it is kept.
    Whole,
    /// For a list.
    Small,
}

/// Why the store of files did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// It is not there.
    #[error("the file is not in the store of files")]
    Missing,
    /// The store does not answer, or cannot write.
    #[error("the store of files does not work: {0}")]
    Down(String),
}

/// Why a picture was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotTaken {
    /// What was sent cannot be used; the sentence is for whoever sent it.
    #[error(transparent)]
    Picture(#[from] NoPicture),
    /// More bytes than a picture may have.
    #[error("This picture is larger than {} MB. Please send a smaller one.", FILE_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    /// Too many at once.
    #[error("Many pictures are coming in at the moment. Please send it again in a minute.")]
    Busy,
    /// Our store of files.
    #[error("The picture could not be kept. Please send it again in a minute.")]
    Unkept(#[from] Unkept),
    /// Our database.
    #[error("The picture could not be kept. Please send it again in a minute.")]
    Database(#[from] Error),
}

impl Blobs {
    /// Opens the store of files; an error is a sentence for whoever set it.
    pub fn open(files: &Files) -> Result<Self, String> {
        Ok(Self {
            shelf: Shelf::open(files)?,
            press: Arc::new(Semaphore::new(1)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        })
    }

    /// A store in memory, for tests.
    pub fn in_memory() -> Self {
        Self::open(&Files::Memory).expect("memory is always there")
    }

    /// The bytes of a view; a JPEG.
    pub async fn read(&self, kept: &Kept, size: Size) -> Result<Bytes, Unkept> {
        self.shelf.get(&place(kept.view(size))).await
    }

    /// Unpacks a picture on a thread of its own, when its turn comes.
    async fn pressed(&self, bytes: Bytes) -> Result<Picture, NotTaken> {
        let Ok(_waits) = self.waiting.try_acquire() else { return Err(NotTaken::Busy) };
        let turn = Arc::clone(&self.press).acquire_owned().await.map_err(|_| NotTaken::Busy)?;
        let pressed = tokio::task::spawn_blocking(move || {
            // Until the thread is done, whether somebody still waits for it or not.
            let _turn = turn;
            picture::read(&bytes)
        });
        match pressed.await {
            Ok(picture) => Ok(picture?),
            Err(panicked) => {
                tracing::error!(%panicked, "a picture could not be unpacked");
                Err(NoPicture::Damaged.into())
            }
        }
    }
}

impl Kept {
    fn view(&self, size: Size) -> Sha {
        match size {
            Size::Whole => self.object,
            Size::Small => self.small,
        }
    }

    /// The name of a view, for caches: it changes when and only when the bytes do.
    pub fn tag(&self, size: Size) -> String {
        format!("\"{}\"", self.view(size))
    }
}

/// Takes a picture whole: checks it, makes it anew, keeps it. Belongs before the transaction that says whose it is.
pub async fn take(blobs: &Blobs, db: &Database, bytes: Bytes) -> Result<Kept, NotTaken> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(NotTaken::TooLarge);
    }
    let sha = Sha::of(&bytes);
    let known = db.read(async move |conn| store::kept(conn, sha).await).await?;
    let kept = match known {
        Some(kept) if blobs.read(&kept, Size::Small).await.is_ok() => kept,
        Some(_) | None => press(blobs, sha, bytes).await?,
    };
    db.write(Lane::Intake, async move |tx| store::keep(tx, &kept).await).await?;
    Ok(kept)
}

async fn press(blobs: &Blobs, sha: Sha, bytes: Bytes) -> Result<Kept, NotTaken> {
    let n_bytes = bytes.len() as u64;
    let Picture { kept, small, width, height } = blobs.pressed(bytes).await?;
    let (object, small_object) = (Sha::of(&kept), Sha::of(&small));
    blobs.shelf.put(&place(object), kept.into()).await?;
    blobs.shelf.put(&place(small_object), small.into()).await?;
    Ok(Kept { sha, object, small: small_object, n_bytes, width, height })
}

/// Forgets files that nothing speaks of any more, and their bytes.
pub async fn forget(blobs: &Blobs, db: &Database, sha: Sha) -> Result<(), NotTaken> {
    let Some(kept) = db.read(async move |conn| store::kept(conn, sha).await).await? else { return Ok(()) };
    for object in db.write(Lane::Bulk, async move |tx| store::forget(tx, &kept).await).await? {
        blobs.shelf.delete(&place(object)).await?;
    }
    Ok(())
}

/// Where an object lies: not all in one folder.
fn place(object: Sha) -> String {
    let name = object.to_string();
    format!("pictures/{}/{name}", &name[..2])
}

/// Where the parts of an upload lie.
fn place_of_parts(sha: Sha, who: &str) -> String {
    format!("parts/{who}/{sha}")
}

fn place_of_part(sha: Sha, who: &str, n: u32) -> String {
    format!("{}/{n:06}", place_of_parts(sha, who))
}
