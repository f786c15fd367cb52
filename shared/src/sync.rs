//! The messages between phone and server. `POST /api/v1/sync` pushes the phone's mutations, acknowledges what it has
//! on disk (its cursors) and pulls what changed: one call, safe to repeat at any moment.

use crate::blob::Sha;
use crate::ids::{DeviceId, TicketId};
use crate::place::Place;
use crate::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;

/// The protocol's version.
pub const PROTO: u32 = 1;
/// Mutations in one request.
pub const PUSH_MUTATIONS_MAX: usize = 200;
/// Bytes of one request, after decompression.
pub const PUSH_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one page of patches, before compression.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// What both sides implement: the server for real, a phone's client over HTTP, a test without either.
pub trait SyncServer: Send + Sync {
    /// One exchange.
    fn sync(&self, request: SyncRequest) -> impl Future<Output = Result<SyncReply, SyncFailure>> + Send;
}

/// Why an exchange gave no reply. The outbox is kept in every case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFailure {
    /// No network, no answer, a cut answer, or an answer that is not ours (a captive portal).
    #[error("the server could not be reached")]
    Offline,
    /// The server asks to come back later.
    #[error("the server is busy")]
    Busy {
        /// Not before so many milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The token is not good any more.
    #[error("please sign in again")]
    SignIn,
    /// This device's numbers were used by a copy of it: take a new incarnation.
    #[error("this phone was restored from a copy")]
    Forked,
    /// The request was too large: send less.
    #[error("too much at once")]
    TooLarge,
    /// The server refused the request as a whole.
    #[error("the server did not understand the app: {0}")]
    Refused(String),
}

/// Streams by their short names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamName {
    /// The expert's own: tickets he holds, drafts, himself.
    U,
    /// The knowledge base, one for all.
    Kb,
}

/// A phone's request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// [`PROTO`].
    pub proto: u32,
    /// The app's release.
    pub app: String,
    /// Which device.
    pub device: DeviceId,
    /// Its incarnation.
    pub inc: i64,
    /// Ties the reply to this request; never used twice.
    pub req: String,
    /// Where the phone is in each stream: everything up to there is on its disk. Absent = from the start.
    #[serde(default)]
    pub cursors: BTreeMap<StreamName, String>,
    /// The most bytes of patches it wants.
    #[serde(default)]
    pub limit_bytes: Option<u64>,
    /// What it has besides.
    #[serde(default)]
    pub have: Have,
    /// Unsent intents, in order of `n`.
    #[serde(default)]
    pub mutations: Vec<Mutation>,
    /// Where the phone is, only on duty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Where pushes for it go by now, once after each start of the app and when that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_token: Option<String>,
}

/// What a phone has besides what its cursors say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Have {
    /// The newest number it gave a mutation.
    #[serde(default)]
    pub journal_max: i64,
    /// Tickets it has that the server did not know after its history changed.
    #[serde(default)]
    pub orphans: Vec<String>,
    /// It has not compared itself with a digest for a day, and asks for one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks_digest: bool,
}

/// One intent in its envelope. Its parts are read one by one, so that a bad one spoils only itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// 1, 2, 3 … without gaps per device and incarnation.
    pub n: i64,
    /// `UUIDv7`, made once, never changed.
    pub mid: String,
    /// The version in which `args` are written.
    pub v: u32,
    /// What it is, like `ticket.complete`.
    pub kind: String,
    /// About which ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When the phone believes it was made. Information only: nothing is decided by it.
    pub t: MadeAt,
    /// The rest, by kind.
    #[serde(default)]
    pub args: Value,
}

/// When something was made by a phone's clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeAt {
    /// By its wall clock.
    pub wall: Timestamp,
    /// Milliseconds since the phone started.
    #[serde(default)]
    pub mono_ms: i64,
    /// Which start that was.
    #[serde(default)]
    pub boot: String,
}

/// Where the phone is. The newest one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Within so many metres.
    pub accuracy_m: u32,
    /// When it was measured.
    pub at: Timestamp,
}

/// The server's reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncReply {
    /// The request's.
    pub req: String,
    /// Which history of the server this is.
    pub epoch: String,
    /// The business clock; the phone counts down from it.
    pub server_time: Timestamp,
    /// The number that the server waits for next.
    pub next_n: i64,
    /// One for each mutation that was processed now or before.
    #[serde(default)]
    pub acks: Vec<Ack>,
    /// Why the rest was not processed; it stays in the outbox as it is.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// Whether the app may pull.
    pub pull: Pull,
    /// Streams whose patches start anew: what is not sent again is gone.
    #[serde(default)]
    pub reset: Vec<StreamName>,
    /// Streams that this expert may no longer have.
    #[serde(default)]
    pub drop_streams: Vec<StreamName>,
    /// What changed, in order.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// Where the phone is once it has stored the patches.
    #[serde(default)]
    pub cursors: BTreeMap<StreamName, String>,
    /// There is more: ask again at once.
    #[serde(default)]
    pub more: bool,
    /// What each stream holds in all, with the last page of a reset and when the phone asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<BTreeMap<StreamName, Digest>>,
    /// Of the files that this request's mutations speak of, those whose bytes are not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_blobs: Vec<Sha>,
    /// Ask again after so many milliseconds.
    pub poll_after_ms: u64,
}

/// The answer to one mutation. It is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Its number in this request.
    pub n: i64,
    /// Which.
    pub mid: String,
    /// What became of it.
    #[serde(flatten)]
    pub result: MutationResult,
    /// It had been processed before; this is the answer of then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dup: bool,
    /// About which ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The ticket's version that holds the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ver: Option<i64>,
    /// Kept on a ticket that the expert no longer had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// What became of a mutation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "reason")]
pub enum MutationResult {
    /// Its effect is done.
    Applied,
    /// It was already so.
    Noop,
    /// Kept and shown to the desk; the ticket did not change.
    Recorded(Unused),
    /// Not usable; kept as a dead letter. The sentence is for people.
    Rejected(String),
}

/// Why an expert's report changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// Another expert has the ticket, or nobody.
    Reassigned,
    /// The offer had lapsed and could not be granted late.
    Lapsed,
    /// The ticket was called off.
    Cancelled,
    /// No such ticket.
    UnknownTicket,
    /// Not possible from where the ticket was.
    IllegalTransition,
    /// A hard rule is against it.
    Rule,
}

impl Unused {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reassigned => "reassigned",
            Self::Lapsed => "lapsed",
            Self::Cancelled => "cancelled",
            Self::UnknownTicket => "unknown_ticket",
            Self::IllegalTransition => "illegal_transition",
            Self::Rule => "rule",
        }
    }
}

/// Why a request's later mutations were left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// A number is missing; `next_n` says which.
    Gap,
    /// The server is busy.
    Busy,
    /// Somebody else changed the same rows at once.
    Again,
    /// The database cannot be reached.
    Unavailable,
}

/// Whether the app may pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pull {
    /// Yes.
    Ok,
    /// The app is too old: its mutations were taken, but it must be updated to see changes.
    Upgrade,
}

/// A change of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FlatPatch")]
pub struct Patch {
    /// In which stream.
    pub s: StreamName,
    /// Of what kind: `ticket`, `expert`, `article` …
    pub kind: String,
    /// Which.
    pub id: String,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What happened to a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum Change {
    /// It is now this.
    Put {
        /// Its version.
        ver: i64,
        /// All of it.
        doc: Value,
    },
    /// The expert may no longer have it, or it is gone.
    Del {
        /// Why, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// Who has it now, by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
}

/// A patch as it is read. Read by way of its parts' types, each document would be copied twice before it is one.
#[derive(Deserialize)]
struct FlatPatch {
    s: StreamName,
    kind: String,
    id: String,
    op: Op,
    ver: Option<i64>,
    doc: Option<Value>,
    why: Option<String>,
    to: Option<String>,
}

/// Which change it is.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Put,
    Del,
}

impl TryFrom<FlatPatch> for Patch {
    type Error = &'static str;

    fn try_from(flat: FlatPatch) -> Result<Self, Self::Error> {
        let FlatPatch { s, kind, id, op, ver, doc, why, to } = flat;
        let change = match (op, ver, doc) {
            (Op::Put, Some(ver), Some(doc)) => Change::Put { ver, doc },
            (Op::Put, ..) => return Err("a put needs a version and a document"),
            (Op::Del, ..) => Change::Del { why, to },
        };
        Ok(Self { s, kind, id, change })
    }
}

impl Change {
    /// Gone, and there is nothing to say about it.
    pub const GONE: Self = Self::Del { why: None, to: None };
}

/// What a stream holds: a count, and the xor of the first 8 bytes of SHA-256(`kind:id:ver`) of each document, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Documents.
    pub count: u64,
    /// The xor, 16 hex digits.
    pub xor: String,
}

impl Digest {
    /// Of these documents, in any order.
    pub fn of<'a>(documents: impl IntoIterator<Item = (&'a str, &'a str, i64)>) -> Self {
        use sha2::{Digest as _, Sha256};
        let (mut count, mut xor) = (0, 0);
        for (kind, id, ver) in documents {
            let hash = Sha256::digest(format!("{kind}:{id}:{ver}"));
            xor ^= hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            count += 1;
        }
        Self { count, xor: format!("{xor:016x}") }
    }
}

/// Where a device is in a stream. Opaque to the phone: only the server reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The format, 1.
    pub v: u32,
    /// Which history of the server.
    pub epoch: String,
    /// Everything up to here is on the device's disk, unless it is booting.
    pub seq: i64,
    /// While the first pages come in: the end of the stream when they began.
    pub boot_head: Option<i64>,
}

impl Cursor {
    /// As text for the wire.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("a cursor has only text keys"))
    }

    /// From the wire. A cursor that cannot be read counts as none: the stream starts anew, nothing is lost.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let cursor: Self = serde_json::from_slice(&bytes).ok()?;
        (cursor.v == 1).then_some(cursor)
    }

    /// What is certainly on the device's disk: while it boots, only what came before the boot began.
    pub fn safe(&self) -> i64 {
        self.boot_head.unwrap_or(self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cursor_survives_the_wire_and_nonsense_is_none() {
        let cursor = Cursor { v: 1, epoch: "e3".into(), seq: 12, boot_head: Some(40) };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor.clone()));
        assert_eq!(cursor.safe(), 40);
        for nonsense in ["", "!!", "eyJ2IjoyfQ"] {
            assert_eq!(Cursor::decode(nonsense), None);
        }
    }

    #[test]
    fn acks_read_as_the_protocol_writes_them() {
        let ack: Ack =
            serde_json::from_value(json!({"n": 1, "mid": "m", "code": "recorded", "reason": "lapsed"})).unwrap();
        assert_eq!(ack.result, MutationResult::Recorded(Unused::Lapsed));
        let plain = Ack {
            n: 2,
            mid: "m".into(),
            result: MutationResult::Applied,
            dup: true,
            ticket: None,
            ver: Some(7),
            late: false,
        };
        assert_eq!(
            serde_json::to_value(plain).unwrap(),
            json!({"n": 2, "mid": "m", "code": "applied", "dup": true, "ver": 7})
        );
    }

    #[test]
    fn patches_read_as_the_protocol_writes_them() {
        let del = json!({"s": "u", "op": "del", "kind": "ticket", "id": "t-3", "why": "reassigned"});
        let patch: Patch = serde_json::from_value(del.clone()).unwrap();
        assert_eq!(patch.change, Change::Del { why: Some("reassigned".into()), to: None });
        assert_eq!(serde_json::to_value(patch).unwrap(), del);
        let put =
            json!({"s": "kb", "op": "put", "kind": "article", "id": "a", "ver": 7, "doc": {"title": "No picture"}});
        let patch: Patch = serde_json::from_value(put.clone()).unwrap();
        assert_eq!(patch.change, Change::Put { ver: 7, doc: json!({"title": "No picture"}) });
        assert_eq!(serde_json::to_value(patch).unwrap(), put);
        for lacks in ["s", "op", "kind", "id", "ver", "doc"] {
            let mut less = put.clone();
            less.as_object_mut().unwrap().remove(lacks);
            assert!(serde_json::from_value::<Patch>(less).is_err(), "{lacks}");
        }
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order() {
        let one = Digest::of([("ticket", "a", 1), ("ticket", "b", 2)]);
        assert_eq!(one, Digest::of([("ticket", "b", 2), ("ticket", "a", 1)]));
        assert_ne!(one, Digest::of([("ticket", "a", 1), ("ticket", "b", 3)]));
    }
}
