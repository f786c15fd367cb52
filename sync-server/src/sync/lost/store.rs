//! The tables `orphan`, `rescue` and `dead_letter`, as far as people look at them.

use crate::db::{Conn, Error, Tx, values};
use serde::Serialize;
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId, TicketId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::str::FromStr;

/// Characters of a body that a list shows.
const SHOWN_CHARS_MAX: i64 = 4_000;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A mutation that could not be used.
    DeadLetter,
    /// An outbox.
    Rescue,
    /// A ticket that this server does not know.
    Orphan,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DeadLetter, Self::Rescue, Self::Orphan];

    /// The word in addresses and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeadLetter => "dead_letter",
            Self::Rescue => "rescue",
            Self::Orphan => "orphan",
        }
    }
}

impl FromStr for What {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|what| what.word() == text).ok_or("there is no such list")
    }
}

/// One of them, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is.
    pub what: What,
    /// Its id here; of an orphan the ticket's and the expert's.
    pub id: String,
    /// Whose phone.
    pub expert: String,
    /// His name, if he is known.
    pub expert_name: Option<String>,
    /// About which ticket, if that can be told.
    pub ticket: Option<String>,
    /// Why it is here, or what became of it.
    pub why: String,
    /// What was sent, as far as it fits.
    pub body: String,
    /// When it came, by the real clock.
    pub at: Timestamp,
    /// When a person had looked.
    pub handled_at: Option<Timestamp>,
}

/// What waits for a person, or what people looked at lately; the newest first.
pub async fn listed(conn: &mut Conn, what: What, handled: bool, limit: i64) -> Result<Vec<Item>, Error> {
    let is = if handled { "is not null" } else { "is null" };
    let sql = match what {
        What::DeadLetter => format!(
            "select d.id, d.expert, e.name, cast(null as text) as ticket, d.why, substr(d.body, 1, {SHOWN_CHARS_MAX}) as body,
               d.received_at as at, d.handled_at
             from dead_letter d left join expert e on e.id = d.expert where d.handled_at {is}
             order by d.received_at desc, d.id desc limit $1"
        ),
        What::Rescue => format!(
            "select r.id, r.expert, e.name, cast(null as text) as ticket,
               coalesce(r.outcome, 'It waits to be filed.') as why, substr(r.body, 1, {SHOWN_CHARS_MAX}) as body,
               r.received_at as at, r.handled_at
             from rescue r left join expert e on e.id = r.expert where r.handled_at {is}
             order by r.received_at desc, r.id desc limit $1"
        ),
        What::Orphan => format!(
            "select o.ticket || ':' || o.expert as id, o.expert, e.name, o.ticket,
               'A phone has this ticket and this server does not know it.' as why, '' as body,
               o.reported_at as at, o.handled_at
             from orphan o left join expert e on e.id = o.expert where o.handled_at {is}
             order by o.reported_at desc, o.ticket limit $1"
        ),
    };
    let read = |row: &AnyRow| {
        let body: String = row.try_get("body")?;
        let ticket: Option<String> = row.try_get("ticket")?;
        Ok(Item {
            what,
            id: row.try_get("id")?,
            expert: row.try_get("expert")?,
            expert_name: row.try_get("name")?,
            ticket: ticket.or_else(|| ticket_in(&body)),
            why: row.try_get("why")?,
            body,
            at: Timestamp::from_millis(row.try_get("at")?),
            handled_at: row.try_get::<Option<i64>, _>("handled_at")?.map(Timestamp::from_millis),
        })
    };
    sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The ticket that a mutation speaks of, if it is one and whole.
fn ticket_in(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let ticket: TicketId = body.get("ticket")?.as_str()?.parse().ok()?;
    Some(ticket.to_string())
}

/// Notes that a person has looked, or takes that back. False if there is no such thing, or it was so already.
pub async fn handle(tx: &mut Tx, what: What, id: &str, by: Actor, handled: bool) -> Result<bool, Error> {
    let at = handled.then(|| tx.real_now().as_millis());
    let by = serde_json::to_string(&by).map_err(|error| Error::Bug(format!("an actor: {error}")))?;
    let by = handled.then_some(by);
    let was = if handled { "is null" } else { "is not null" };
    let (table, key) = match what {
        What::DeadLetter => ("dead_letter", "id"),
        What::Rescue => ("rescue", "id"),
        What::Orphan => ("orphan", "ticket || ':' || expert"),
    };
    let sql = match table {
        "dead_letter" => {
            format!("update dead_letter set handled_at = $2, handled_by = $3 where {key} = $1 and handled_at {was}")
        }
        "rescue" => format!("update rescue set handled_at = $2, handled_by = $3 where {key} = $1 and handled_at {was}"),
        _ => format!("update orphan set handled_at = $2, handled_by = $3 where {key} = $1 and handled_at {was}"),
    };
    let done = sqlx::query(AssertSqlSafe(sql)).bind(id.to_owned()).bind(at).bind(by).execute(tx.sql()).await?;
    Ok(done.rows_affected() == 1)
}

/// An outbox that waits to be filed.
#[derive(Clone, Debug)]
pub(super) struct Rescue {
    pub(super) id: String,
    pub(super) expert: ExpertId,
    pub(super) device: Option<DeviceId>,
    pub(super) body: String,
}

/// The oldest one.
pub(super) async fn unfiled(conn: &mut Conn) -> Result<Option<Rescue>, Error> {
    let sql = "select id, expert, device, body from rescue where filed_at is null order by received_at, id limit 1";
    let Some(row) = sqlx::query(sql).fetch_optional(conn.sql()).await? else { return Ok(None) };
    let (expert, device): (String, Option<String>) = (row.try_get("expert")?, row.try_get("device")?);
    Ok(Some(Rescue {
        id: row.try_get("id")?,
        expert: expert.parse().map_err(|_| Error::Bug(format!("rescue.expert holds {expert:?}")))?,
        device: device.and_then(|id| id.parse().ok()),
        body: row.try_get("body")?,
    }))
}

/// Notes what became of an outbox.
pub(super) async fn filed(tx: &mut Tx, id: &str, outcome: &str) -> Result<(), Error> {
    let now = tx.real_now().as_millis();
    let sql = "update rescue set filed_at = $2, outcome = $3 where id = $1 and filed_at is null";
    sqlx::query(sql).bind(id.to_owned()).bind(now).bind(outcome.to_owned()).execute(tx.sql()).await?;
    Ok(())
}

/// Which of these are neither here nor reported before.
pub(super) async fn new_orphans(
    conn: &mut Conn,
    expert: ExpertId,
    tickets: &[TicketId],
) -> Result<Vec<TicketId>, Error> {
    let binds: Vec<String> = (2..tickets.len() + 2).map(|at| format!("${at}")).collect();
    let all = binds.join(", ");
    let sql = format!(
        "select id from ticket where id in ({all})
         union all select ticket as id from orphan where expert = $1 and ticket in ({all})"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(expert.to_string());
    let query = tickets.iter().fold(query, |query, id| query.bind(id.to_string()));
    let mut known = Vec::new();
    for row in query.fetch_all(conn.sql()).await? {
        known.push(row.try_get::<String, _>("id")?);
    }
    Ok(tickets.iter().copied().filter(|id| !known.contains(&id.to_string())).collect())
}

/// Keeps orphans.
pub(super) async fn add_orphans(
    tx: &mut Tx,
    expert: ExpertId,
    device: DeviceId,
    tickets: &[TicketId],
) -> Result<(), Error> {
    let now = tx.real_now().as_millis();
    let sql = format!(
        "insert into orphan (ticket, expert, device, reported_at) values {} on conflict (ticket, expert) do nothing",
        values(tickets.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for ticket in tickets {
        query = query.bind(ticket.to_string()).bind(expert.to_string()).bind(device.to_string()).bind(now);
    }
    query.execute(tx.sql()).await?;
    Ok(())
}
