//! The knowledge base for phones: one stream for all. A phone begins with a file, the snapshot, and then pulls what came
//! after it. The same patches are in both.

use super::pull::Page;
use crate::db::planted::planted;
use crate::db::{Conn, Database, Error, meta};
use crate::feed::{self, Change as Row, Entity, Kind, Op, Position, Stream};
use crate::knowledge::store;
use shared::article::SynonymsDoc;
use shared::ids::ArticleId;
use shared::sync::{Change, Cursor, Patch, StreamName};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Feed rows of one page, and of one step of a snapshot.
const ROWS_MAX: i64 = 500;
/// Documents read in one statement.
const CHUNK: usize = 200;
/// A snapshot is made anew once so many changes came after it: until then a phone pulls them.
const BEHIND_MAX: i64 = 200;
/// How hard a snapshot is packed.
const LEVEL: i32 = 6;

/// Adds what a phone has not got of the knowledge base, as far as the page has room. A phone that has no snapshot of this
/// history, or a too old one, is told so and takes another.
pub(super) async fn add(conn: &mut Conn, page: &mut Page, sent: &str, room: usize) -> Result<(), Error> {
    let stream = Stream::knowledge();
    let position = feed::position(conn, &stream).await?;
    let any_epoch = planted!(conn, KbNoEpoch);
    let known = Cursor::decode(sent).filter(|cursor| {
        any_epoch || cursor.epoch == page.epoch && cursor.seq <= position.seq && cursor.seq >= position.horizon
    });
    let Some(cursor) = known else {
        page.reset.push(StreamName::Kb);
        return Ok(());
    };
    let rows = feed::page(conn, &stream, cursor.seq, ROWS_MAX).await?;
    let (mut size, mut seq) = (0, cursor.seq);
    'full: for chunk in rows.chunks(CHUNK) {
        for patch in patches(conn, chunk).await? {
            let (at, patch) = patch;
            size += serde_json::to_vec(&patch).map_or(0, |bytes| bytes.len() + 1);
            if size > room && seq > cursor.seq {
                break 'full;
            }
            page.patch.push(patch);
            seq = at;
        }
        if let Some(last) = chunk.last() {
            seq = last.seq;
        }
    }
    let more = rows.last().is_some_and(|last| last.seq > seq) || i64::try_from(rows.len()) == Ok(ROWS_MAX);
    let seq = if more { seq } else { position.seq.max(seq) };
    page.more |= more;
    let cursor = Cursor { v: 1, epoch: page.epoch.clone(), seq, boot_head: None };
    page.cursors.insert(StreamName::Kb, cursor.encode());
    Ok(())
}

/// The patches of some rows of the feed, each with its number. A document that is gone by now is a `del`.
async fn patches(conn: &mut Conn, rows: &[Row]) -> Result<Vec<(i64, Patch)>, Error> {
    let ids: Vec<ArticleId> = rows
        .iter()
        .filter(|row| row.entity.kind == Kind::Article && row.op == Op::Put)
        .filter_map(|row| row.entity.id.parse().ok())
        .collect();
    let docs = store::docs(conn, &ids).await?;
    let mut docs: BTreeMap<String, _> = docs.into_iter().map(|doc| (doc.id.to_string(), doc)).collect();
    let bug = |error| Error::Bug(format!("a document: {error}"));
    let mut patches = Vec::with_capacity(rows.len());
    for row in rows {
        let Entity { kind, id } = &row.entity;
        let doc = match (kind, row.op) {
            (_, Op::Del) => None,
            (Kind::Article, Op::Put) => match docs.remove(id) {
                // Votes change it too, so its number in the stream is its version.
                Some(mut doc) => {
                    doc.ver = row.seq;
                    Some(serde_json::to_value(doc).map_err(bug)?)
                }
                None => None,
            },
            (Kind::Synonyms, Op::Put) => {
                let (ver, body) = store::synonyms(conn).await?;
                Some(serde_json::to_value(SynonymsDoc { ver, body }).map_err(bug)?)
            }
            (Kind::Ticket | Kind::Draft | Kind::Expert | Kind::Skill | Kind::Symptom, Op::Put) => continue,
        };
        let change = match doc {
            Some(doc) => Change::Put { ver: row.seq, doc },
            None => Change::GONE,
        };
        patches.push((row.seq, Patch { s: StreamName::Kb, kind: kind.word().to_owned(), id: id.clone(), change }));
    }
    Ok(patches)
}

/// The whole knowledge base at one moment: a line of JSON with the cursor, then a patch a line, packed with zstd.
#[derive(Debug)]
pub(super) struct Snapshot {
    epoch: String,
    seq: i64,
    /// Names exactly these bytes.
    pub(super) etag: String,
    /// The file.
    pub(super) bytes: Vec<u8>,
}

impl Snapshot {
    fn serves(&self, epoch: &str, position: Position) -> bool {
        let behind = position.seq - self.seq;
        self.epoch == epoch && self.seq >= position.horizon && (0..=BEHIND_MAX).contains(&behind)
    }
}

/// The last snapshot, made again when it is too old. One is made at a time.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    last: Arc<Mutex<Option<Arc<Snapshot>>>>,
    making: Arc<Semaphore>,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self { last: Arc::default(), making: Arc::new(Semaphore::new(1)) }
    }
}

impl Snapshots {
    /// One that a phone can begin with.
    pub(super) async fn get(&self, db: &Database) -> Result<Arc<Snapshot>, Error> {
        let _permit = self.making.acquire().await.map_err(|_| Error::Busy)?;
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (epoch, position) = db
            .read(async |conn| {
                Ok::<_, Error>((meta::epoch(conn).await?, feed::position(conn, &Stream::knowledge()).await?))
            })
            .await?;
        if let Some(known) = known.filter(|known| known.serves(&epoch, position)) {
            return Ok(known);
        }
        let made = Arc::new(db.read(async |conn| make(conn).await).await?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        Ok(made)
    }
}

async fn make(conn: &mut Conn) -> Result<Snapshot, Error> {
    let failed = |error: std::io::Error| Error::Bug(format!("a snapshot could not be packed: {error}"));
    let stream = Stream::knowledge();
    let epoch = meta::epoch(conn).await?;
    let seq = feed::position(conn, &stream).await?.seq;
    let cursor = Cursor { v: 1, epoch: epoch.clone(), seq, boot_head: None }.encode();
    let mut packer = zstd::stream::Encoder::new(Vec::new(), LEVEL).map_err(failed)?;
    let head = serde_json::json!({ "v": 1, "epoch": epoch, "cursor": cursor });
    writeln!(packer, "{head}").map_err(failed)?;
    let mut after = 0;
    loop {
        let rows = feed::page(conn, &stream, after, ROWS_MAX).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for rows in rows.chunks(CHUNK) {
            for (_, patch) in patches(conn, rows).await? {
                if matches!(patch.change, Change::Put { .. }) {
                    let line = serde_json::to_string(&patch).map_err(|error| Error::Bug(error.to_string()))?;
                    writeln!(packer, "{line}").map_err(failed)?;
                }
            }
        }
    }
    let bytes = packer.finish().map_err(failed)?;
    let etag = format!("\"{epoch}-{seq}\"");
    Ok(Snapshot { epoch, seq, etag, bytes })
}

/// What a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing, or nothing that we read.
    Whole,
    /// From the first byte to before the last.
    Part(usize, usize),
    /// What is not there.
    Nowhere,
}

/// The part of a file of this length that is asked for.
pub(super) fn range(header: &str, length: usize) -> Asked {
    let asked = || {
        let (from, until) = header.strip_prefix("bytes=")?.split_once('-')?;
        let from = from.parse::<usize>().ok()?;
        let until = if until.is_empty() { length } else { until.parse::<usize>().ok()?.checked_add(1)? };
        Some((from, until.min(length)))
    };
    match asked() {
        None => Asked::Whole,
        Some((from, until)) if from < until => Asked::Part(from, until),
        Some(_) => Asked::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, range};

    #[test]
    fn a_part_of_a_file_is_what_was_asked_for_or_the_whole() {
        let cases = [
            ("", Asked::Whole),
            ("bytes=0-", Asked::Part(0, 10)),
            ("bytes=4-", Asked::Part(4, 10)),
            ("bytes=4-6", Asked::Part(4, 7)),
            ("bytes=4-99", Asked::Part(4, 10)),
            ("bytes=10-", Asked::Nowhere),
            ("bytes=-3", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("lines=1-2", Asked::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(range(header, 10), expected, "{header}");
        }
    }
}
