//! The table `captured_message`.

use crate::db::{Conn, Error, Tx};
use crate::notify::outside::Message;
use crate::notify::plan::Channel;
use serde::Serialize;
use shared::ids::NoticeId;
use shared::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A message that was not really sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Captured {
    /// Later ones sort later.
    pub id: String,
    /// Its notice.
    pub notice: NoticeId,
    /// Its channel.
    pub channel: Channel,
    /// To whom.
    pub to: String,
    /// The subject of a mail, the title of a push.
    pub subject: Option<String>,
    /// What it says.
    pub body: String,
    /// Where it leads.
    pub link: Option<String>,
    /// When, by the business clock.
    pub at: Timestamp,
}

/// Keeps a message, once for each notice; gives back its id.
pub(super) async fn capture(tx: &mut Tx, message: &Message, now: Timestamp) -> Result<String, Error> {
    let id: Uuid = tx.new_id::<()>().uuid();
    let sql = "insert into captured_message (id, notice, channel, to_address, subject, body, link, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (notice) do nothing";
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(message.notice.to_string())
        .bind(message.channel.word().to_string())
        .bind(message.to.clone())
        .bind(message.subject.clone())
        .bind(message.body.clone())
        .bind(message.link.clone())
        .bind(now.as_millis())
        .execute(tx.sql())
        .await?;
    let kept = of_notice(tx, message.notice).await?;
    kept.ok_or_else(|| Error::Bug("a message was kept and is not there".into()))
}

/// The id under which a notice's message is kept.
pub(super) async fn of_notice(conn: &mut Conn, notice: NoticeId) -> Result<Option<String>, Error> {
    let sql = "select id from captured_message where notice = $1";
    let row = sqlx::query(sql).bind(notice.to_string()).fetch_optional(conn.sql()).await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

const COLUMNS: &str = "id, notice, channel, to_address, subject, body, link, at";

/// Messages after this one (empty: from the first), in the order in which they were sent.
pub async fn captured(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Captured>, Error> {
    let sql = format!("select {COLUMNS} from captured_message where id > $1 order by id limit $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The last messages, the newest first.
pub async fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<Captured>, Error> {
    let sql = format!("select {COLUMNS} from captured_message order by id desc limit $1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Captured, Error> {
    let (notice, channel): (String, String) = (row.try_get("notice")?, row.try_get("channel")?);
    Ok(Captured {
        id: row.try_get("id")?,
        notice: notice.parse().map_err(|error| Error::Bug(format!("captured_message.notice: {error}")))?,
        channel: Channel::from_word(&channel)
            .ok_or_else(|| Error::Bug(format!("captured_message.channel is {channel:?}")))?,
        to: row.try_get("to_address")?,
        subject: row.try_get("subject")?,
        body: row.try_get("body")?,
        link: row.try_get("link")?,
        at: Timestamp::from_millis(row.try_get("at")?),
    })
}
