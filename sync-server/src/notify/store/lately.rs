//! How the channels did lately, for people who look after the server. Counts and codes; no addresses, no words.

use crate::db::{Conn, Error};
use crate::notify::notice::Ended;
use crate::notify::plan::Channel;
use shared::time::Timestamp;
use sqlx::Row;

/// Attempts that are looked at.
pub const ATTEMPTS_MAX: i64 = 5_000;

/// What waits on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The channel.
    pub channel: Channel,
    /// Notices that are due and not sent.
    pub n: i64,
    /// When the first was due, by the business clock.
    pub oldest_due_at: Timestamp,
}

/// One attempt on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The channel.
    pub channel: Channel,
    /// How it ended.
    pub ended: Ended,
    /// What the provider said: a code, a colon, words.
    pub error: Option<String>,
    /// When it began, by the real clock.
    pub at: Timestamp,
}

/// What is due on each channel and has not left. Channels on which nothing waits are not there.
pub async fn waiting(conn: &mut Conn, now: Timestamp) -> Result<Vec<Waiting>, Error> {
    let sql = "select channel, cast(count(*) as bigint) as n, cast(min(due_at) as bigint) as first from notice
        where state = 'queued' and due_at <= $1 group by channel order by channel";
    let rows = sqlx::query(sql).bind(now.as_millis()).fetch_all(conn.sql()).await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Waiting {
            channel: super::word(row, "channel", Channel::from_word)?,
            n: row.try_get("n")?,
            oldest_due_at: Timestamp::from_millis(row.try_get("first")?),
        })
    };
    rows.iter().map(read).collect()
}

/// Attempts since an instant of the real clock, the newest first; at most [`ATTEMPTS_MAX`].
pub async fn tried(conn: &mut Conn, since: Timestamp) -> Result<Vec<Tried>, Error> {
    let sql =
        "select notice.channel as channel, delivery.outcome as outcome, delivery.error as error, delivery.at as at
        from delivery join notice on notice.id = delivery.notice
        where delivery.at >= $1 order by delivery.at desc, delivery.id desc limit $2";
    let rows = sqlx::query(sql).bind(since.as_millis()).bind(ATTEMPTS_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Tried {
            channel: super::word(row, "channel", Channel::from_word)?,
            ended: super::word(row, "outcome", Ended::from_word)?,
            error: row.try_get("error")?,
            at: Timestamp::from_millis(row.try_get("at")?),
        })
    };
    rows.iter().map(read).collect()
}
