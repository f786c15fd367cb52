//! The knowledge base on the phone: a file of its own (`kb.db`), a cache that can be thrown away without touching the
//! expert's work. It begins with the server's snapshot, which is read into a fresh file beside it and takes its place at
//! once, and follows the stream from there; rows and cursor are one transaction. Its search is the server's: the same
//! words, misspellings and order, out of the same tables.

mod search;

use super::Error;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use shared::article::{ArticleDoc, SynonymsDoc};
use shared::ids::ArticleId;
use shared::search::{terms_of, typo_keys};
use shared::sync::{Change, Patch, StreamName, SyncReply};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use search::{Asked, Found};

const FILE: &str = "kb.db";
const FRESH: &str = "kb.new.db";
/// The shape of the file. Another one is thrown away and fetched again.
const SHAPE: i64 = 1;
const TABLES: &str = "
    create table meta (k text not null primary key, v text not null) without rowid;
    create table article (place integer primary key, id text not null unique, category text, doc text not null);
    create table term (id integer primary key, stem text not null unique, n_articles integer not null);
    create table typo (typo text not null, term integer not null, primary key (typo, term)) without rowid;
    create table posting (term integer not null, place integer not null, says integer not null,
      primary key (term, place)) without rowid;
    create index posting_place on posting (place);";
const CURSOR: &str = "cursor";
const SYNONYMS: &str = "synonyms";

/// The knowledge base of one phone.
pub(super) struct Kb {
    folder: PathBuf,
    conn: Connection,
    /// The snapshot that is being read in.
    fresh: Option<Connection>,
    /// Its room on the disk went to something that matters more.
    is_evicted: bool,
    /// It was emptied: what follows the snapshot that was here is of no use without it.
    is_void: bool,
}

/// What a phone has of the knowledge base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KbStatus {
    /// How many articles.
    pub n_articles: u32,
    /// The snapshot has come in once.
    pub is_there: bool,
    /// The disk was too full for it: until the app starts again it is not fetched.
    pub is_evicted: bool,
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let conn = Connection::open(path)?;
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // A cache: after a power cut the stream brings again what was lost.
    conn.pragma_update(None, "synchronous", "normal")?;
    let shape: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if shape == 0 {
        conn.execute_batch(TABLES)?;
        conn.pragma_update(None, "user_version", SHAPE)?;
    } else if shape != SHAPE {
        return Err(Error::Bug(format!("kb.db has the shape {shape}")));
    }
    Ok(conn)
}

/// In which nothing is found, and nothing fails for want of a disk.
fn in_memory() -> Result<Connection, Error> {
    let conn = Connection::open_in_memory()?;
    conn.execute_batch(TABLES)?;
    Ok(conn)
}

fn remove(folder: &Path, name: &str) -> Result<(), Error> {
    for end in ["", "-wal", "-shm"] {
        match fs::remove_file(folder.join(format!("{name}{end}"))) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Kb {
    /// Opens it in an expert's folder. A damaged one, or one of another release, is thrown away and fetched again.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        remove(folder, FRESH)?;
        let (conn, is_evicted) = match connect(&folder.join(FILE)) {
            Ok(conn) => (conn, false),
            // The expert's own work needs no knowledge base to be opened.
            Err(Error::Full) => (in_memory()?, true),
            Err(error) => {
                tracing::warn!(%error, "the knowledge on this phone is fetched again");
                remove(folder, FILE)?;
                (connect(&folder.join(FILE))?, false)
            }
        };
        Ok(Self { folder: folder.to_owned(), conn, fresh: None, is_evicted, is_void: is_evicted })
    }

    /// Throws it away: it is damaged. The next sync fetches it again.
    pub(super) fn throw_away(&mut self) -> Result<(), Error> {
        self.close()?;
        self.conn = connect(&self.folder.join(FILE))?;
        Ok(())
    }

    /// Gives its room on the disk to something that matters more, until the app starts again. False if it has given it.
    pub(super) fn evict(&mut self) -> Result<bool, Error> {
        if self.is_evicted {
            return Ok(false);
        }
        self.is_evicted = true;
        self.close()?;
        Ok(true)
    }

    fn close(&mut self) -> Result<(), Error> {
        (self.fresh, self.is_void) = (None, true);
        self.conn = in_memory()?;
        remove(&self.folder, FRESH)?;
        remove(&self.folder, FILE)
    }

    /// Up to where the stream is in this file; none until a snapshot has come in.
    pub(super) fn cursor(&self) -> Result<Option<String>, Error> {
        meta(&self.conn, CURSOR)
    }

    pub(super) fn status(&self) -> Result<KbStatus, Error> {
        let n_articles = self.conn.query_row("select count(*) from article", [], |row| row.get(0))?;
        Ok(KbStatus { n_articles, is_there: self.cursor()?.is_some(), is_evicted: self.is_evicted })
    }

    /// Takes what a reply brings of the knowledge base. A reset makes the phone take another snapshot; what is here stays
    /// readable until then.
    pub(super) fn take(&mut self, reply: &SyncReply) -> Result<bool, Error> {
        let is_reset = reply.reset.contains(&StreamName::Kb);
        let is_dropped = reply.drop_streams.contains(&StreamName::Kb);
        let cursor = reply.cursors.get(&StreamName::Kb);
        if !is_reset && !is_dropped && (cursor.is_none() || self.is_void) {
            return Ok(false);
        }
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for patch in reply.patch.iter().filter(|patch| patch.s == StreamName::Kb) {
            apply(&tx, patch)?;
        }
        if is_dropped {
            tx.execute_batch("delete from article; delete from posting; delete from typo; delete from term;")?;
        }
        match cursor.filter(|_| !is_reset && !is_dropped) {
            Some(cursor) => set_meta(&tx, CURSOR, cursor)?,
            None => drop(tx.execute("delete from meta where k = ?1", [CURSOR])?),
        }
        tx.commit()?;
        Ok(true)
    }

    /// Every article.
    #[cfg(any(test, feature = "planted"))]
    pub(super) fn all(&self) -> Result<Vec<ArticleDoc>, Error> {
        let mut query = self.conn.prepare("select doc from article order by id")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        let texts = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(texts.iter().filter_map(|text| read_doc(text)).collect())
    }

    /// A bug to plant: the cursor alone.
    pub(super) fn keep_cursor(&self, reply: &SyncReply) -> Result<(), Error> {
        reply.cursors.get(&StreamName::Kb).map_or(Ok(()), |cursor| set_meta(&self.conn, CURSOR, cursor))
    }

    /// Begins to read a snapshot into a fresh file.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        if self.is_evicted {
            return Err(Error::Full);
        }
        self.fresh = None;
        remove(&self.folder, FRESH)?;
        self.fresh = Some(connect(&self.folder.join(FRESH))?);
        Ok(())
    }

    /// Reads some of its lines.
    pub(super) fn read_in(&mut self, patches: &[Patch]) -> Result<(), Error> {
        let Some(fresh) = &mut self.fresh else { return Err(Error::Bug("no snapshot was begun".into())) };
        let tx = fresh.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for patch in patches {
            apply(&tx, patch)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Puts the fresh file in the place of the old one.
    pub(super) fn finish(&mut self, cursor: &str) -> Result<(), Error> {
        let Some(fresh) = self.fresh.take() else { return Err(Error::Bug("no snapshot was begun".into())) };
        set_meta(&fresh, CURSOR, cursor)?;
        // Whole in one file before it takes the place: a log left behind would belong to the old one.
        fresh.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
        drop(fresh);
        // Both hold the file; on some systems an open one cannot be replaced.
        self.conn = Connection::open_in_memory()?;
        remove(&self.folder, FILE)?;
        fs::rename(self.folder.join(FRESH), self.folder.join(FILE))?;
        self.conn = connect(&self.folder.join(FILE))?;
        self.is_void = false;
        Ok(())
    }

    /// An article.
    pub(super) fn article(&self, id: ArticleId) -> Result<Option<ArticleDoc>, Error> {
        let mut query = self.conn.prepare_cached("select doc from article where id = ?1")?;
        let text: Option<String> = query.query_row([id.to_string()], |row| row.get(0)).optional()?;
        Ok(text.and_then(|text| read_doc(&text)))
    }

    /// Articles for these words, the best first.
    pub(super) fn search(&self, asked: &Asked) -> Result<Vec<Found>, Error> {
        search::search(&self.conn, asked)
    }
}

/// A document of a newer release may say more than this one reads; one that says less is left out.
fn read_doc(text: &str) -> Option<ArticleDoc> {
    serde_json::from_str(text).map_err(|error| tracing::warn!(%error, "an article cannot be read")).ok()
}

fn meta(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let mut query = conn.prepare_cached("select v from meta where k = ?1")?;
    Ok(query.query_row([key], |row| row.get(0)).optional()?)
}

fn set_meta(conn: &Connection, key: &str, value: &str) -> Result<(), Error> {
    let sql = "insert into meta (k, v) values (?1, ?2) on conflict (k) do update set v = excluded.v";
    conn.prepare_cached(sql)?.execute(params![key, value])?;
    Ok(())
}

fn apply(tx: &Transaction<'_>, patch: &Patch) -> Result<(), Error> {
    match patch.kind.as_str() {
        "article" => apply_article(tx, patch),
        "synonyms" => apply_synonyms(tx, patch),
        // Kinds that a later release will show.
        _ => Ok(()),
    }
}

fn apply_article(tx: &Transaction<'_>, patch: &Patch) -> Result<(), Error> {
    match &patch.change {
        Change::Put { doc, .. } => match serde_json::from_value::<ArticleDoc>(doc.clone()) {
            Ok(article) => put(tx, &article),
            Err(error) => {
                tracing::warn!(%error, "an article of a newer release is left out");
                Ok(())
            }
        },
        Change::Del { .. } => take_out(tx, &patch.id),
    }
}

fn apply_synonyms(tx: &Transaction<'_>, patch: &Patch) -> Result<(), Error> {
    match &patch.change {
        Change::Put { doc, .. } => match serde_json::from_value::<SynonymsDoc>(doc.clone()) {
            Ok(list) => set_meta(tx, SYNONYMS, &list.body),
            Err(_) => Ok(()),
        },
        Change::Del { .. } => set_meta(tx, SYNONYMS, ""),
    }
}

fn take_out(tx: &Transaction<'_>, id: &str) -> Result<(), Error> {
    let sql = "update term set n_articles = n_articles - 1 where id in
        (select p.term from posting p join article a on a.place = p.place where a.id = ?1)";
    tx.prepare_cached(sql)?.execute([id])?;
    tx.prepare_cached("delete from posting where place in (select place from article where id = ?1)")?.execute([id])?;
    tx.prepare_cached("delete from article where id = ?1")?.execute([id])?;
    Ok(())
}

fn put(tx: &Transaction<'_>, article: &ArticleDoc) -> Result<(), Error> {
    let id = article.id.to_string();
    take_out(tx, &id)?;
    let doc = serde_json::to_string(article).map_err(|error| Error::Bug(error.to_string()))?;
    let category = article.text.category.as_ref().map(ToString::to_string);
    let sql = "insert into article (id, category, doc) values (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![id, category, doc])?;
    let place = tx.last_insert_rowid();
    for (stem, says) in terms_of(&article.text.fields(&article.labels)) {
        let term = term(tx, &stem)?;
        tx.prepare_cached("update term set n_articles = n_articles + 1 where id = ?1")?.execute([term])?;
        tx.prepare_cached("insert into posting (term, place, says) values (?1, ?2, ?3)")?
            .execute(params![term, place, says])?;
    }
    Ok(())
}

fn term(tx: &Transaction<'_>, stem: &str) -> Result<i64, Error> {
    let mut query = tx.prepare_cached("select id from term where stem = ?1")?;
    if let Some(known) = query.query_row([stem], |row| row.get(0)).optional()? {
        return Ok(known);
    }
    tx.prepare_cached("insert into term (stem, n_articles) values (?1, 0)")?.execute([stem])?;
    let term = tx.last_insert_rowid();
    for typo in typo_keys(stem) {
        tx.prepare_cached("insert into typo (typo, term) values (?1, ?2)")?.execute(params![typo, term])?;
    }
    Ok(term)
}

#[cfg(test)]
mod tests;
