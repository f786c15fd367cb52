//! The table `photo`: which pictures a ticket has. Their bytes are kept by `blobs`.

use super::super::NewPhoto;
use super::read::{instant, json, parsed};
use super::write::binds;
use crate::db::{Conn, Error, Tx, values};
use shared::blob::Sha;
use shared::event::Actor;
use shared::ids::{PhotoId, TicketId};
use shared::place::Place;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeSet;

/// Rows in one statement.
const ROWS_MAX: usize = 200;
/// Tickets that show one picture: a picture sent twice is one file.
const TICKETS_MAX: i64 = 100;

/// A photo of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoRow {
    /// Which.
    pub id: PhotoId,
    /// On which ticket.
    pub ticket: TicketId,
    /// The hash of the bytes that were sent.
    pub sha: Sha,
    /// Who took it.
    pub author: Actor,
    /// Their name, as it was then.
    pub author_name: String,
    /// What it shows.
    pub caption: Option<String>,
    /// Where it was taken, if its author said so.
    pub place: Option<Place>,
    /// By an expert who no longer had the ticket.
    pub late: bool,
    /// When the server heard of it.
    pub at: Timestamp,
    /// Its bytes are here.
    pub here: bool,
}

const COLUMNS: &str = "p.id, p.ticket, p.sha, p.author, p.author_name, p.caption, p.place, p.late, p.at,
    case when b.sha is null then 0 else 1 end as here from photo p left join blob b on b.sha = p.sha";

fn row(row: &AnyRow) -> Result<PhotoRow, Error> {
    let place: Option<String> = row.try_get("place")?;
    Ok(PhotoRow {
        id: parsed(row, "id")?,
        ticket: parsed(row, "ticket")?,
        sha: parsed(row, "sha")?,
        author: json(row, "author")?,
        author_name: row.try_get("author_name")?,
        caption: row.try_get("caption")?,
        place: place.and_then(|text| serde_json::from_str(&text).ok()),
        late: row.try_get::<i64, _>("late")? != 0,
        at: instant(row, "at")?,
        here: row.try_get::<i64, _>("here")? != 0,
    })
}

/// The photos of these tickets, oldest first.
pub async fn photos(conn: &mut Conn, tickets: &[TicketId], limit: i64) -> Result<Vec<PhotoRow>, Error> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let n = tickets.len();
    let sql = format!("select {COLUMNS} where p.ticket in ({}) order by p.at, p.id limit ${}", binds(n), n + 1);
    let query = tickets.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
    query.bind(limit).fetch_all(conn.sql()).await?.iter().map(row).collect()
}

/// One photo.
pub async fn photo(conn: &mut Conn, id: PhotoId) -> Result<Option<PhotoRow>, Error> {
    let sql = format!("select {COLUMNS} where p.id = $1");
    let found = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    found.as_ref().map(row).transpose()
}

/// Every photo that shows this picture.
pub async fn of_sha(conn: &mut Conn, sha: Sha) -> Result<Vec<PhotoRow>, Error> {
    let sql = format!("select {COLUMNS} where p.sha = $1 order by p.at, p.id limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(sha.to_string()).bind(TICKETS_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(row).collect()
}

/// Which of these photos are there.
pub async fn known_photos(conn: &mut Conn, photos: &[PhotoId]) -> Result<BTreeSet<PhotoId>, Error> {
    let mut known = BTreeSet::new();
    for ids in photos.chunks(ROWS_MAX) {
        let sql = format!("select id from photo where id in ({})", binds(ids.len()));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            known.insert(parsed(&row, "id")?);
        }
    }
    Ok(known)
}

/// Pictures that came before then and that no photo names.
pub async fn unnamed(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<Sha>, Error> {
    let sql = "select b.sha from blob b where b.at < $1 and not exists (select 1 from photo p where p.sha = b.sha)
        order by b.at limit $2";
    let rows = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "sha")).collect()
}

/// Adds photos; one that is there already stays as it is.
pub(in super::super) async fn add_photos(tx: &mut Tx, photos: &[&NewPhoto]) -> Result<(), Error> {
    let text = |value: serde_json::Result<String>| value.map_err(|error| Error::Bug(format!("a photo: {error}")));
    for rows in photos.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into photo (id, ticket, sha, author, author_name, caption, place, late, at) values {}
             on conflict (id) do nothing",
            values(rows.len(), 9)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for photo in rows {
            let place = photo.place.map(|place| text(serde_json::to_string(&place))).transpose()?;
            query = query.bind(photo.id.to_string()).bind(photo.ticket.to_string()).bind(photo.sha.to_string());
            query = query.bind(text(serde_json::to_string(&photo.author))?).bind(photo.author_name.clone());
            query = query.bind(photo.caption.as_ref().map(ToString::to_string)).bind(place);
            query = query.bind(i64::from(photo.late)).bind(photo.at.as_millis());
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// Forgets the photos of tickets whose customer is forgotten. The pictures follow by the sweep.
pub async fn forget_photos(tx: &mut Tx, tickets: &[TicketId]) -> Result<(), Error> {
    for ids in tickets.chunks(ROWS_MAX) {
        let sql = format!("delete from photo where ticket in ({})", binds(ids.len()));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        query.execute(tx.sql()).await?;
    }
    Ok(())
}
