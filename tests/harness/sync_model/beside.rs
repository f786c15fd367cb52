//! What travels beside the messages of a run: the bytes of photos, in parts, and the knowledge base as one file.

use super::network::Run;
use super::script::{Death, Upload};
use mobile::store::{PhotoEnded, WaitingPhoto};
use serde_json::Value;
use shared::sync::Patch;
use std::io::BufRead as _;
use sync_server::blobs;

/// Uploads of one phone until nothing waits.
const UPLOADS_MAX: usize = 200;

impl Run {
    /// A phone sends bytes of the first photo that waits, as the app does. True if that photo has come to an end.
    pub(super) async fn uploads(&mut self, at: usize, how: Upload) -> bool {
        let phone = &self.phones[at];
        if phone.revoked {
            return false;
        }
        let waiting = phone.core.photos_to_send().expect("the store reads");
        let Some(photo) = waiting.into_iter().next() else { return false };
        let who = phone.expert.to_string();
        let stands = blobs::progress(&self.server.db, photo.sha, &who).await.expect("the model reads");
        let from = match stands {
            Ok(_) => {
                self.server.hears_whole(photo.sha).await;
                return self.ends_photo(at, &photo, &PhotoEnded::Done);
            }
            Err(part) => part.map_or(0, |part| part.n_received),
        };
        let Ok(bytes) = std::fs::read(&photo.path) else { return self.ends_photo(at, &photo, &PhotoEnded::Lost) };
        let left = bytes.get(usize::try_from(from).unwrap_or_default()..).unwrap_or_default();
        let (n, death) = match how {
            Upload::Rest | Upload::Unheard => (left.len(), None),
            Upload::Half => (left.len().div_ceil(2), None),
            Upload::Dies(death) => (left.len(), Some(death)),
        };
        self.sends_part(at, &photo, &who, (from, left[..n].to_vec()), (how, death)).await
    }

    async fn sends_part(
        &mut self,
        at: usize,
        photo: &WaitingPhoto,
        who: &str,
        (from, bytes): (u64, Vec<u8>),
        (how, death): (Upload, Option<Death>),
    ) -> bool {
        let took = self.server.takes_part((photo.sha, who), (from, photo.size), bytes, death).await;
        if self.server.rise().await {
            self.report.n_kills += 1;
            self.oracle.looks(&self.server).await;
        }
        match took {
            Some(Ok(Ok(_))) => {
                self.report.n_photos += 1;
                how != Upload::Unheard && self.ends_photo(at, photo, &PhotoEnded::Done)
            }
            Some(Ok(Err(_))) => self.phones[at].ends_early() && self.ends_photo(at, photo, &PhotoEnded::Done),
            Some(Err(why)) => {
                self.oracle.fault(format!("phone {at}'s bytes were refused: {why}"));
                false
            }
            None => false,
        }
    }

    fn ends_photo(&mut self, at: usize, photo: &WaitingPhoto, ended: &PhotoEnded) -> bool {
        let now = self.server.now();
        self.n_news += 1;
        self.phones[at].core.photo_ended(photo.sha, ended, now).expect("the store writes");
        true
    }

    /// Without faults: every photo that waits, and the knowledge base if it is not here.
    pub(super) async fn sends_the_rest(&mut self, at: usize) {
        for _ in 0..UPLOADS_MAX {
            if !self.uploads(at, Upload::Rest).await {
                break;
            }
        }
        self.fetches(at, false).await;
    }

    /// A phone that has no knowledge base to go on from fetches it as one file.
    pub(super) async fn fetches(&mut self, at: usize, dies: bool) {
        if self.phones[at].revoked || self.phones[at].core.kb_cursor().expect("the store reads").is_some() {
            return;
        }
        let packed = sync_server::sync::snapshot(&self.server.db).await.expect("a snapshot is made");
        let lines = zstd::stream::decode_all(packed.as_slice()).expect("it is packed");
        let mut lines = lines.lines().map(|line| line.expect("it is text"));
        let head: Value = serde_json::from_str(&lines.next().expect("it has a head")).expect("which is JSON");
        let patches: Vec<Patch> = lines.map(|line| serde_json::from_str(&line).expect("a patch a line")).collect();
        let core = &mut self.phones[at].core;
        core.kb_begin().expect("the disk takes it");
        core.kb_read_in(&patches).expect("the disk takes it");
        if dies {
            return self.kills(at);
        }
        core.kb_finish(head["cursor"].as_str().expect("it says where it is")).expect("the disk takes it");
        self.report.n_fetched += 1;
        self.n_news += 1;
    }
}
