//! What the server's tables say, read by SQL of the tests' own.

use super::server::Server;
use shared::ids::{ExpertId, TicketId};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use sync_server::db::{Conn, Engine, Error, Tx};

/// What the server's tables say, read by itself.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) answered: BTreeMap<String, String>,
    /// On which tickets each note is.
    pub(super) notes: BTreeMap<String, Vec<String>>,
    /// Per ticket: mutations recorded, and lines of its history that say so.
    pub(super) recorded: BTreeMap<String, [i64; 2]>,
    /// How far each stream's counter is.
    pub(super) streams: BTreeMap<String, i64>,
    /// Every number that a stream ever gave in this history, in the order of the commits, with what it was given to.
    pub(super) log: BTreeMap<String, Vec<(i64, String)>>,
    /// The rows of the feed: stream, thing, number.
    pub(super) feed: Vec<(String, String, i64)>,
    /// What phones did to tickets and how it ended.
    pub(super) deeds: Vec<Deed>,
    /// The version of each ticket.
    pub(super) vers: BTreeMap<String, i64>,
    /// Tickets in an expert's stream, since when, and how far his best phone has it.
    pub(super) held: Vec<Held>,
    pub(super) rescued: Vec<String>,
    /// How often each photo is there, and of which photos the bytes are.
    pub(super) photos: BTreeMap<String, (usize, bool)>,
    /// Tickets that phones reported as unknown here, by expert.
    pub(super) orphans: BTreeSet<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) ticket: String,
    pub(super) since: Option<i64>,
    pub(super) acked: Option<i64>,
}

/// A mutation about a ticket.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) mid: String,
    pub(super) device: String,
    pub(super) inc: i64,
    pub(super) n: i64,
    pub(super) kind: String,
    pub(super) ticket: String,
    pub(super) code: String,
    pub(super) ver: Option<i64>,
}

/// The tickets in an expert's stream.
pub(super) async fn truth(server: &Server, expert: ExpertId) -> BTreeSet<TicketId> {
    let read = async move |conn: &mut Conn| {
        let sql = "select id from ticket where stream_of = $1";
        let rows = sqlx::query(sql).bind(expert.to_string()).fetch_all(conn.sql()).await?;
        rows.iter().map(|row| Ok::<_, Error>(row.try_get::<String, _>("id")?.parse().expect("ids are ids"))).collect()
    };
    server.db.read(read).await.expect("the database can be read")
}

pub(super) async fn read(server: &Server) -> Tables {
    server.db.read(async |conn| tables(conn).await).await.expect("the database can be read")
}

async fn tables(conn: &mut Conn) -> Result<Tables, Error> {
    let mut found = Tables::default();
    for row in sqlx::query("select mid, code from mutation").fetch_all(conn.sql()).await? {
        found.answered.insert(row.try_get("mid")?, row.try_get("code")?);
    }
    for row in sqlx::query("select id, ticket from note").fetch_all(conn.sql()).await? {
        found.notes.entry(row.try_get("id")?).or_default().push(row.try_get("ticket")?);
    }
    for (at, sql) in [
        "select ticket, count(*) as n from mutation where code = 'recorded' and ticket is not null group by ticket",
        "select ticket, count(*) as n from event where kind = 'work_recorded' group by ticket",
    ]
    .into_iter()
    .enumerate()
    {
        for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
            found.recorded.entry(row.try_get("ticket")?).or_default()[at] = row.try_get("n")?;
        }
    }
    let sql = "select t.id, f.since_seq as since, (select max(a.seq) from device d
            join device_ack a on a.device = d.id and a.inc = d.newest_inc
            where d.expert = t.stream_of and d.revoked = 0 and a.stream = 'u:' || t.stream_of) as acked
        from ticket t left join feed f on f.stream = 'u:' || t.stream_of and f.id = t.id and f.op = 'put'
        where t.stream_of is not null";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        let held = Held { ticket: row.try_get("id")?, since: row.try_get("since")?, acked: row.try_get("acked")? };
        found.held.push(held);
    }
    let sql =
        "select p.id, case when b.sha is null then 0 else 1 end as here from photo p left join blob b on b.sha = p.sha";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        let entry = found.photos.entry(row.try_get("id")?).or_default();
        *entry = (entry.0 + 1, row.try_get::<i64, _>("here")? == 1);
    }
    for row in sqlx::query("select ticket, expert from orphan").fetch_all(conn.sql()).await? {
        found.orphans.insert((row.try_get("ticket")?, row.try_get("expert")?));
    }
    for row in sqlx::query("select body from rescue").fetch_all(conn.sql()).await? {
        found.rescued.push(row.try_get("body")?);
    }
    streams(conn, &mut found).await?;
    deeds(conn, &mut found).await?;
    Ok(found)
}

async fn streams(conn: &mut Conn, found: &mut Tables) -> Result<(), Error> {
    for row in sqlx::query("select id, seq from stream").fetch_all(conn.sql()).await? {
        found.streams.insert(row.try_get("id")?, row.try_get("seq")?);
    }
    let sql = "select stream, thing, seq from feed_log order by at";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        let log = found.log.entry(row.try_get("stream")?).or_default();
        log.push((row.try_get("seq")?, row.try_get("thing")?));
    }
    let sql = "select stream, kind || ' ' || id as thing, seq from feed";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        found.feed.push((row.try_get("stream")?, row.try_get("thing")?, row.try_get("seq")?));
    }
    Ok(())
}

async fn deeds(conn: &mut Conn, found: &mut Tables) -> Result<(), Error> {
    let sql = "select mid, device, inc, n, kind, ticket, code, ver from mutation where ticket is not null";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        found.deeds.push(Deed {
            mid: row.try_get("mid")?,
            device: row.try_get("device")?,
            inc: row.try_get("inc")?,
            n: row.try_get("n")?,
            kind: row.try_get("kind")?,
            ticket: row.try_get("ticket")?,
            code: row.try_get("code")?,
            ver: row.try_get("ver")?,
        });
    }
    for row in sqlx::query("select id, ver from ticket").fetch_all(conn.sql()).await? {
        found.vers.insert(row.try_get("id")?, row.try_get("ver")?);
    }
    Ok(())
}

/// Lets a database write down every number that its streams give, so that a gap or a repeat is seen although the feed
/// itself keeps the last one of each thing only.
pub(super) async fn logs_numbers(tx: &mut Tx, engine: Engine) -> Result<(), Error> {
    let sql = match engine {
        Engine::Sqlite => {
            "create table feed_log (at integer primary key, stream text not null, thing text not null, seq bigint not null);
            create trigger feed_put after insert on feed begin
              insert into feed_log (stream, thing, seq) values (new.stream, new.kind || ' ' || new.id, new.seq);
            end;
            create trigger feed_moved after update on feed begin
              insert into feed_log (stream, thing, seq) values (new.stream, new.kind || ' ' || new.id, new.seq);
            end;"
        }
        Engine::Postgres => {
            "create table feed_log (at bigserial primary key, stream text not null, thing text not null, seq bigint not null);
            create function feed_logs() returns trigger language plpgsql as $$ begin
              insert into feed_log (stream, thing, seq) values (new.stream, new.kind || ' ' || new.id, new.seq);
              return new;
            end $$;
            create trigger feed_logged after insert or update on feed for each row execute function feed_logs();"
        }
    };
    sqlx::raw_sql(sql).execute(tx.sql()).await?;
    Ok(())
}
