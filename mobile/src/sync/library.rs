//! Fetches the knowledge base. It is a cache: whatever goes wrong here is tried again later and never stands in the way of
//! the expert's own work, which is synced first.

use super::gateway::Gateway;
use crate::store::Store;
use serde_json::Value;
use shared::sync::{Patch, StreamName};
use std::io::{BufRead as _, BufReader, Read};

/// Bytes of a snapshot when it is unpacked.
const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// A snapshot, read: where it is in the stream, and what it holds.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) cursor: String,
    pub(super) patches: Vec<Patch>,
}

/// Reads a packed snapshot. None if it was cut, or is none.
pub(super) fn unpack(packed: &[u8]) -> Option<Snapshot> {
    let unpacked = ruzstd::decoding::StreamingDecoder::new(packed).ok()?;
    let mut lines = BufReader::new(unpacked.take(UNPACKED_BYTES_MAX)).lines();
    let head: Value = serde_json::from_str(&lines.next()?.ok()?).ok()?;
    let cursor = head.get("cursor")?.as_str()?.to_owned();
    let mut patches = Vec::new();
    for line in lines {
        let patch: Patch = serde_json::from_str(&line.ok()?).ok()?;
        if patch.s == StreamName::Kb {
            patches.push(patch);
        }
    }
    Some(Snapshot { cursor, patches })
}

/// Takes the snapshot where this phone has none that it could go on from.
pub(super) async fn fetch(store: &Store, gateway: &Gateway) {
    let known = (store.kb_cursor().await, store.kb_status().await);
    // Where the disk is full it would only be thrown away again.
    let is_wanted = matches!(known, (Ok(None), Ok(status)) if !status.is_evicted);
    if !is_wanted {
        return;
    }
    let packed = match gateway.snapshot().await {
        Ok(packed) => packed,
        Err(failure) => {
            tracing::info!(%failure, "the knowledge base was not fetched; it is tried again with the next sync");
            return;
        }
    };
    let read = tokio::task::spawn_blocking(move || unpack(&packed)).await;
    let Ok(Some(snapshot)) = read else {
        tracing::warn!("the knowledge base came in broken; it is tried again with the next sync");
        return;
    };
    if let Err(error) = store.kb_import(snapshot.patches, snapshot.cursor).await {
        tracing::warn!(%error, "the knowledge base was not kept; it is tried again with the next sync");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    #[test]
    fn a_snapshot_is_read_whole_or_not_at_all() {
        let patch = r#"{"s":"kb","op":"put","kind":"article","id":"a","ver":1,"doc":{}}"#;
        let of_others = r#"{"s":"u","op":"del","kind":"ticket","id":"t"}"#;
        let text = format!("{{\"v\":1,\"cursor\":\"c1\"}}\n{patch}\n{of_others}\n");
        let packed = compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let read = unpack(&packed).unwrap();
        assert_eq!((read.cursor.as_str(), read.patches.len()), ("c1", 1));
        assert_eq!(unpack(&packed[..packed.len() - 4]), None, "cut on the way");
        assert_eq!(unpack(b"<html>a hotel's page</html>"), None);
        let no_head = compress_to_vec(patch.as_bytes(), CompressionLevel::Fastest);
        assert_eq!(unpack(&no_head), None);
    }
}
