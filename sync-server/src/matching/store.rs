//! Decisions kept, so that the desk can ask later why this expert came and not another. A decision is written once and
//! never changed; storing one again is a no-op.

use super::decide::{Decision, Outcome, Settled, Winner};
use crate::db::{Conn, Error, Tx, values};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use shared::ids::{BatchId, DecisionId, TicketId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// A decision with the id it is kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: DecisionId,
    /// What was decided.
    pub decision: Decision,
}

/// Whom a decision chose, and among how many: all that the one who was chosen is told. Who else was looked at is by far the
/// largest part of a decision, and is not read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who, and how the visit would go.
    pub winner: Option<Winner>,
    /// Why it came out so.
    pub outcome: Outcome,
    /// How many experts were looked at.
    pub n_considered: usize,
}

/// Rows in one statement: bodies are large.
const ROWS_MAX: usize = 50;

/// Keeps decisions. One that its round already has about the same ticket is left as it is, so a job may run twice.
pub async fn insert(tx: &mut Tx, decisions: &[Stored]) -> Result<(), Error> {
    for rows in decisions.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into decision (id, batch, ticket, made_at, weights_version, winner, body, settled) values {}
             on conflict do nothing",
            values(rows.len(), 8)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for Stored { id, decision } in rows {
            let body = serde_json::to_string(decision).map_err(|error| Error::Bug(format!("a decision: {error}")))?;
            query = query.bind(id.to_string()).bind(decision.batch.to_string()).bind(decision.ticket.to_string());
            query = query.bind(decision.made_at.as_millis()).bind(decision.weights.version);
            query = query.bind(decision.winner.map(|winner| winner.expert.to_string())).bind(body);
            query = query.bind(match decision.settled {
                Settled::Optimum => None,
                Settled::Greedy => Some("greedy".to_owned()),
            });
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// The last decision about a ticket.
pub async fn latest(conn: &mut Conn, ticket: TicketId) -> Result<Option<Stored>, Error> {
    Ok(of_ticket(conn, ticket, 1).await?.pop())
}

/// What the last decision about each of these tickets chose, by ticket; who has none is left out.
pub async fn latest_of(conn: &mut Conn, tickets: &[TicketId]) -> Result<BTreeMap<TicketId, Choice>, Error> {
    const IDS_MAX: usize = 200;
    #[derive(Deserialize)]
    struct Body {
        ticket: TicketId,
        winner: Option<Winner>,
        outcome: Outcome,
        considered: Vec<IgnoredAny>,
    }
    let mut found = BTreeMap::new();
    for ids in tickets.chunks(IDS_MAX) {
        let binds: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
        let sql = format!(
            "select d.id, d.body from decision d where d.ticket in ({}) and not exists
               (select 1 from decision later where later.ticket = d.ticket
                  and (later.made_at > d.made_at or later.made_at = d.made_at and later.id > d.id))",
            binds.join(", ")
        );
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            let (_, Body { ticket, winner, outcome, considered }) = body::<Body>(&row)?;
            found.insert(ticket, Choice { winner, outcome, n_considered: considered.len() });
        }
    }
    Ok(found)
}

/// The decisions about a ticket, the last first.
pub async fn of_ticket(conn: &mut Conn, ticket: TicketId, limit: i64) -> Result<Vec<Stored>, Error> {
    let sql = "select id, body from decision where ticket = $1 order by made_at desc, id desc limit $2";
    let rows = sqlx::query(sql).bind(ticket.to_string()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read).collect()
}

/// Everything that was kept of one round, in the order of the tickets.
pub async fn of_round(conn: &mut Conn, batch: BatchId, limit: i64) -> Result<Vec<Stored>, Error> {
    let sql = "select id, body from decision where batch = $1 order by ticket limit $2";
    let rows = sqlx::query(sql).bind(batch.to_string()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read).collect()
}

/// When a round was last settled greedily, if that was not before `since`.
pub async fn last_greedy(conn: &mut Conn, since: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql = "select cast(max(made_at) as bigint) as at from decision where settled is not null and made_at >= $1";
    let row = sqlx::query(sql).bind(since.as_millis()).fetch_one(conn.sql()).await?;
    Ok(row.try_get::<Option<i64>, _>("at")?.map(Timestamp::from_millis))
}

/// Forgets decisions from before `before` that a later one about the same ticket has overtaken, at most `limit` of
/// them. Gives back how many went.
pub async fn trim(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "delete from decision where id in (
        select d.id from decision d where d.made_at < $1
          and exists (select 1 from decision later where later.ticket = d.ticket and later.made_at > d.made_at)
        order by d.made_at limit $2)";
    let gone = sqlx::query(sql).bind(before.as_millis()).bind(limit).execute(tx.sql()).await?;
    Ok(gone.rows_affected())
}

fn read(row: &AnyRow) -> Result<Stored, Error> {
    let (id, decision) = body(row)?;
    Ok(Stored { id, decision })
}

/// A decision's id, and what is wanted of its body.
fn body<T: DeserializeOwned>(row: &AnyRow) -> Result<(DecisionId, T), Error> {
    let id: String = row.try_get("id")?;
    let body: String = row.try_get("body")?;
    let unreadable = |error: &dyn std::fmt::Display| Error::Bug(format!("decision {id} cannot be read: {error}"));
    let read = serde_json::from_str(&body).map_err(|error| unreadable(&error))?;
    Ok((id.parse().map_err(|error| unreadable(&error))?, read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Lane;
    use crate::db::testing::both_engines;
    use crate::matching::decide::{decide, replay};
    use crate::matching::samples::*;

    /// A round of two tickets; `number` tells rounds apart, later ones come later.
    fn round(number: u64) -> Vec<Stored> {
        let mut off_duty = candidate(2);
        off_duty.on_duty = false;
        let mut round = batch(vec![need(11), need(12)], vec![candidate(1), off_duty]);
        round.id = id(number);
        round.made_at = now().plus_minutes(i64::try_from(number).unwrap());
        let decisions = decide(&round).into_iter();
        decisions.zip(0..).map(|(decision, place)| Stored { id: id(number * 100 + place), decision }).collect()
    }

    #[tokio::test]
    async fn what_was_decided_is_read_back_whole_and_replays() {
        both_engines(async |db| {
            let (first, second) = (round(1), round(2));
            let write = db.write(Lane::Work, async move |tx| {
                insert(tx, &round(1)).await?;
                insert(tx, &round(2)).await?;
                // The same job once more, with new ids.
                let again: Vec<_> = round(1).into_iter().map(|stored| Stored { id: id(900), ..stored }).collect();
                insert(tx, &again[..1]).await
            });
            write.await.unwrap();
            let read = db.read(async |conn| {
                let all = of_ticket(conn, id(11), 10).await?;
                Ok::<_, Error>((
                    all,
                    latest(conn, id(12)).await?,
                    latest(conn, id(13)).await?,
                    of_round(conn, id(1), 10).await?,
                    latest_of(conn, &[id(11), id(12), id(13)]).await?,
                ))
            });
            let (all, latest, none, of_first, choices) = read.await.unwrap();
            let choice = |stored: &Stored| {
                let Decision { ticket, winner, outcome, considered, .. } = &stored.decision;
                (*ticket, Choice { winner: *winner, outcome: *outcome, n_considered: considered.len() })
            };
            let last: BTreeMap<_, _> = second.iter().map(choice).collect();
            assert_eq!(choices, last, "the later round's, for who has any");
            assert_eq!(all, [second[0].clone(), first[0].clone()]);
            assert_eq!((latest, none), (Some(second[1].clone()), None));
            assert_eq!(of_first, first);
            assert_eq!(replay(&all[0].decision), all[0].decision.winner.map(|winner| winner.expert));
        })
        .await;
    }

    #[tokio::test]
    async fn old_decisions_go_but_the_last_of_each_ticket_stays() {
        both_engines(async |db| {
            let cut = now().plus_minutes(10);
            let write = db.write(Lane::Bulk, async move |tx| {
                insert(tx, &round(1)).await?;
                insert(tx, &round(2)[..1]).await?;
                trim(tx, cut, 10).await
            });
            assert_eq!(write.await, Ok(1));
            let read = db.read(async |conn| {
                Ok::<_, Error>((of_ticket(conn, id(11), 10).await?, of_ticket(conn, id(12), 10).await?))
            });
            assert_eq!(read.await, Ok((round(2)[..1].to_vec(), round(1)[1..].to_vec())));
        })
        .await;
    }
}
