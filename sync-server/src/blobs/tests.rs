//! Files in parts and whole, on both engines and on a real folder.

use super::picture::samples::plain_jpeg;
use super::{Blobs, Kept, NotTaken, Refused, Size, Unkept, forget, part, place, progress, store, take};
use crate::config::Files;
use crate::db::Database;
use crate::db::testing::both_engines;
use bytes::Bytes;
use shared::blob::{FILE_BYTES_MAX, PART_BYTES_MAX, Sha};

const WHO: &str = "ana";

async fn sends(
    blobs: &Blobs,
    db: &Database,
    whole: &Bytes,
    from: usize,
    until: usize,
) -> Result<Result<Kept, u64>, Refused> {
    let sha = Sha::of(whole);
    part(blobs, db, (sha, WHO), from as u64, whole.len() as u64, whole.slice(from..until)).await
}

#[tokio::test]
async fn a_file_that_is_cut_goes_on_where_it_was_and_is_kept_once() {
    both_engines(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&Files::Folder(folder.path().join("files"))).unwrap();
        let whole = Bytes::from(plain_jpeg(300, 200));
        let (third, end) = (whole.len() / 3, whole.len());
        assert_eq!(sends(&blobs, &db, &whole, 0, third).await.unwrap(), Err(third as u64));
        // The reply was lost: the phone sends the same again, and hears where to go on.
        let again = sends(&blobs, &db, &whole, 0, third).await.unwrap_err();
        assert!(matches!(again, Refused::Offset { at } if at == third as u64), "{again}");
        let stands = progress(&db, Sha::of(&whole), WHO).await.unwrap().unwrap_err().unwrap();
        assert_eq!((stands.n_received, stands.n_bytes), (third as u64, end as u64));
        assert_eq!(progress(&db, Sha::of(&whole), "ben").await.unwrap(), Err(None), "each sender stands by himself");
        // The server starts anew in between; its folder and database are what they were.
        let blobs = Blobs::open(&Files::Folder(folder.path().join("files"))).unwrap();
        let kept = sends(&blobs, &db, &whole, third, end).await.unwrap().unwrap();
        assert_eq!((kept.width, kept.height, kept.n_bytes), (300, 200, end as u64));
        assert!(!blobs.read(&kept, Size::Whole).await.unwrap().is_empty());
        let more = sends(&blobs, &db, &whole, 0, third).await.unwrap();
        assert_eq!(more, Ok(kept), "what is here is not taken twice");
        let parts = std::fs::read_dir(folder.path().join("files/parts/ana").join(kept.sha.to_string()));
        assert!(parts.map_or(0, Iterator::count) == 0, "its parts are gone");
        forget(&blobs, &db, kept.sha).await.unwrap();
        assert_eq!(blobs.read(&kept, Size::Whole).await, Err(Unkept::Missing));
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_not_the_announced_ones_begin_again() {
    both_engines(async |db| {
        let blobs = Blobs::in_memory();
        let whole = Bytes::from(plain_jpeg(60, 40));
        let sha = Sha::of(b"something else");
        let length = whole.len() as u64;
        let wrong = part(&blobs, &db, (sha, WHO), 0, length, whole.clone()).await.unwrap_err();
        assert!(matches!(wrong, Refused::Checksum), "{wrong}");
        assert_eq!(progress(&db, sha, WHO).await.unwrap(), Err(None));
        // A part that the store lost cannot be told from a wrong one.
        let half = whole.len() / 2;
        sends(&blobs, &db, &whole, 0, half).await.unwrap().unwrap_err();
        blobs.shelf.clear(&super::place_of_parts(Sha::of(&whole), WHO)).await.unwrap();
        let lost = sends(&blobs, &db, &whole, half, whole.len()).await.unwrap_err();
        assert!(matches!(lost, Refused::Checksum), "{lost}");
        assert!(sends(&blobs, &db, &whole, 0, whole.len()).await.unwrap().is_ok(), "from the start it is right");
    })
    .await;
}

#[tokio::test]
async fn what_is_too_long_no_picture_or_out_of_shape_is_refused_and_nothing_of_it_stays() {
    both_engines(async |db| {
        let blobs = Blobs::in_memory();
        let page = Bytes::from_static(b"<!doctype html><script>alert(1)</script>");
        let refused = sends(&blobs, &db, &page, 0, page.len()).await.unwrap_err();
        assert!(refused.to_string().contains("JPEG, PNG or WebP"), "{refused}");
        assert_eq!(progress(&db, Sha::of(&page), WHO).await.unwrap(), Err(None));
        let at = |from: u64, length: u64, bytes: usize| {
            let (blobs, db) = (blobs.clone(), db.clone());
            async move { part(&blobs, &db, (Sha::of(b"x"), WHO), from, length, vec![1; bytes].into()).await.unwrap_err() }
        };
        assert!(matches!(at(0, FILE_BYTES_MAX + 1, 1).await, Refused::NotTaken(NotTaken::TooLarge)));
        assert!(matches!(at(0, 10, 0).await, Refused::Shape), "an empty part");
        assert!(matches!(at(0, 10, 11).await, Refused::Shape), "more than was announced");
        assert!(matches!(at(0, 1 << 20, PART_BYTES_MAX + 1).await, Refused::Shape), "a part that is too long");
        assert!(matches!(at(5, 10, 5).await, Refused::Offset { at: 0 }), "a gap");
    })
    .await;
}

#[tokio::test]
async fn a_picture_taken_whole_is_one_file_and_its_bytes_come_back_if_they_were_lost() {
    both_engines(async |db| {
        let blobs = Blobs::in_memory();
        let whole = Bytes::from(plain_jpeg(900, 300));
        let kept = take(&blobs, &db, whole.clone()).await.unwrap();
        assert_eq!(take(&blobs, &db, whole.clone()).await.unwrap(), kept);
        let sha = kept.sha;
        assert!(
            db.read(async move |conn| store::here(conn, &[sha, Sha::of(b"x")]).await).await.unwrap().eq(&[sha].into())
        );
        // A folder of files that is older than the database.
        for object in [kept.object, kept.small] {
            blobs.shelf.delete(&place(object)).await.unwrap();
        }
        assert_eq!(blobs.read(&kept, Size::Small).await, Err(Unkept::Missing));
        take(&blobs, &db, whole).await.unwrap();
        assert!(blobs.read(&kept, Size::Whole).await.is_ok());
        let large = take(&blobs, &db, vec![0; usize::try_from(FILE_BYTES_MAX).unwrap() + 1].into()).await.unwrap_err();
        assert!(large.to_string().contains("16 MB"), "{large}");
    })
    .await;
}
