//! What changed, for phones: a stream holds the last change of each entity, numbered without gaps in the order of the
//! commits, so that a reader who saw number k has seen everything before it.
//!
//! That holds because the stream's counter row is taken last in a transaction and held until its commit: number k + 1
//! is given only after k committed or was rolled back. Counters of several streams are taken in sorted order, else two
//! reassignments could wait for each other. Nobody writes here directly: `tx.touch` collects, the writer flushes.

use crate::db::planted::planted;
use crate::db::{Conn, Error, Tx, values};
use shared::ids::ExpertId;
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// The name of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stream(String);

impl Stream {
    /// What one expert's phones hold: their tickets, drafts and own day.
    pub fn of_expert(expert: ExpertId) -> Self {
        Self(format!("u:{expert}"))
    }

    /// The knowledge base, the same for everyone.
    pub fn knowledge() -> Self {
        Self("kb:main".into())
    }

    /// A stream by its name.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("u:") {
            Some(expert) => expert.parse().ok().map(Self::of_expert),
            None => (name == "kb:main").then(Self::knowledge),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kinds of things a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A ticket that the expert holds.
    Ticket,
    /// An article draft of the expert.
    Draft,
    /// The expert's own profile, duty, shifts and absences.
    Expert,
    /// An article of the knowledge base.
    Article,
    /// A skill.
    Skill,
    /// A symptom.
    Symptom,
    /// The words that mean the same in a search.
    Synonyms,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Ticket, Self::Draft, Self::Expert, Self::Article, Self::Skill, Self::Symptom, Self::Synonyms];

    /// The word in tables and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Draft => "draft",
            Self::Expert => "expert",
            Self::Article => "article",
            Self::Skill => "skill",
            Self::Symptom => "symptom",
            Self::Synonyms => "synonyms",
        }
    }

    fn from_word(word: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or_else(|| Error::Bug(format!("the feed has a kind {word:?} that this program does not know")))
    }
}

/// One thing in a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Its id, as text.
    pub id: String,
}

impl Entity {
    /// This kind of thing with this id.
    pub fn new(kind: Kind, id: impl ToString) -> Self {
        Self { kind, id: id.to_string() }
    }
}

/// What happened to it in this stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// It is here, as the tables have it now.
    Put,
    /// It is no longer here.
    Del,
}

impl Op {
    /// The word in tables and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Del => "del",
        }
    }
}

/// A row of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub seq: i64,
    /// The thing.
    pub entity: Entity,
    /// What became of it.
    pub op: Op,
    /// The number at which it last came into the stream.
    pub since_seq: i64,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Position {
    /// The number of its last change.
    pub seq: i64,
    /// Tombstones up to this number may be gone: a reader who is behind it starts anew.
    pub horizon: i64,
}

/// How far this stream is; a stream that nobody touched is at 0.
pub async fn position(conn: &mut Conn, stream: &Stream) -> Result<Position, Error> {
    let sql = "select seq, horizon from stream where id = $1";
    match sqlx::query(sql).bind(stream.0.clone()).fetch_optional(conn.sql()).await? {
        Some(row) => Ok(Position { seq: row.try_get("seq")?, horizon: row.try_get("horizon")? }),
        None => Ok(Position::default()),
    }
}

/// The next changes after number `after`, in order.
pub async fn page(conn: &mut Conn, stream: &Stream, after: i64, limit: i64) -> Result<Vec<Change>, Error> {
    let sql = "select seq, op, kind, id, since_seq from feed where stream = $1 and seq > $2 order by seq limit $3";
    let rows = sqlx::query(sql).bind(stream.0.clone()).bind(after).bind(limit).fetch_all(conn.sql()).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let kind = Kind::from_word(&row.try_get::<String, _>("kind")?)?;
        let op = if row.try_get::<String, _>("op")? == "put" { Op::Put } else { Op::Del };
        let entity = Entity { kind, id: row.try_get("id")? };
        changes.push(Change { seq: row.try_get("seq")?, entity, op, since_seq: row.try_get("since_seq")? });
    }
    Ok(changes)
}

/// Whether a thing is in a stream now.
pub async fn holds(conn: &mut Conn, stream: &Stream, entity: &Entity) -> Result<bool, Error> {
    let sql = "select op from feed where stream = $1 and kind = $2 and id = $3";
    let query = sqlx::query(sql).bind(stream.0.clone()).bind(entity.kind.word().to_string()).bind(entity.id.clone());
    let row = query.fetch_optional(conn.sql()).await?;
    Ok(row.map(|row| row.try_get::<String, _>("op")).transpose()?.is_some_and(|op| op == Op::Put.word()))
}

/// Rows in one statement.
const ROWS_MAX: usize = 500;

/// Numbers and writes what a transaction touched; gives back the streams. The last statements of a transaction.
pub(crate) async fn flush(
    conn: &mut Conn,
    touched: BTreeMap<(Stream, Entity), Op>,
    now: Timestamp,
) -> Result<Vec<Stream>, Error> {
    let mut streams: BTreeMap<Stream, Vec<(Entity, Op)>> = BTreeMap::new();
    for ((stream, entity), op) in touched {
        streams.entry(stream).or_default().push((entity, op));
    }
    let mut rows = Vec::new();
    for (stream, changes) in &streams {
        let n = i64::try_from(changes.len()).expect("a transaction touches few things");
        let sql = "insert into stream (id, seq) values ($1, $2)
            on conflict (id) do update set seq = stream.seq + excluded.seq returning seq";
        let row = sqlx::query(sql).bind(stream.0.clone()).bind(n).fetch_one(conn.sql()).await?;
        let last: i64 = row.try_get("seq")?;
        rows.extend((last - n + 1..).zip(changes).map(|(seq, (entity, op))| (stream, entity, seq, *op)));
    }
    for rows in rows.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into feed (stream, kind, id, seq, op, since_seq, changed_at) values {}
             on conflict (stream, kind, id) do update set seq = excluded.seq, op = excluded.op,
               changed_at = excluded.changed_at,
               since_seq = case when feed.op = 'del' and excluded.op = 'put' then excluded.seq
                 else feed.since_seq end",
            values(rows.len(), 7)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (stream, entity, seq, op) in rows {
            query = query.bind(stream.0.clone()).bind(entity.kind.word().to_string()).bind(entity.id.clone());
            query = query.bind(*seq).bind(op.word().to_string()).bind(*seq).bind(now.as_millis());
        }
        query.execute(conn.sql()).await?;
    }
    Ok(streams.into_keys().collect())
}

/// Forgets tombstones from before `before`, at most `limit` of them, and moves the horizons of their streams. Gives
/// back how many went.
pub async fn trim(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "select stream, cast(max(seq) as bigint) as seq from
        (select stream, seq from feed where op = 'del' and changed_at < $1 order by changed_at limit $2) old
        group by stream order by stream";
    let streams = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(tx.sql()).await?;
    let mut n_gone = 0;
    for row in streams {
        let (stream, seq): (String, i64) = (row.try_get("stream")?, row.try_get("seq")?);
        // The counter row first: while it is held nobody can bring one of these entities back.
        let sql = "update stream set horizon = case when horizon < $2 then $2 else horizon end where id = $1";
        if !planted!(tx, NoHorizon) {
            sqlx::query(sql).bind(stream.clone()).bind(seq).execute(tx.sql()).await?;
        }
        let sql = "delete from feed where stream = $1 and op = 'del' and seq <= $2 and changed_at < $3";
        let gone = sqlx::query(sql).bind(stream).bind(seq).bind(before.as_millis()).execute(tx.sql()).await?;
        n_gone += gone.rows_affected();
    }
    Ok(n_gone)
}

#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod tests;
