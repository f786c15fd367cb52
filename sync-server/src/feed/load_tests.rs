//! Why streams have counters of their own: under load on PostgreSQL, beside the obvious ways.

use super::{Entity, Kind, Op, Stream, page};
use crate::db::testing::on;
use crate::db::{Engine, Error, Lane, Tx};
use shared::chance::Seeded;
use shared::ids::{ExpertId, Id, TicketId};
use shared::time::Timestamp;
use sqlx::Row;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;

const WRITERS: u64 = 8;
const WRITES: u64 = 40;

fn expert(seed: u64) -> Stream {
    Stream::of_expert(ExpertId::new(Timestamp::from_millis(1), &Seeded::new(seed)))
}

/// A transaction that gets its serial number early and works for a few milliseconds before it commits.
async fn write(tx: &mut Tx, stream: &Stream, id: TicketId, n: u64) -> Result<(), Error> {
    sqlx::query("insert into serial_probe (id) values ($1)").bind(id.to_string()).execute(tx.sql()).await?;
    let n_rows: i64 = if n.is_multiple_of(3) { 40_000 } else { 10_000 };
    sqlx::query("select cast(count(*) as bigint) as n from generate_series(1, $1)")
        .bind(n_rows)
        .fetch_one(tx.sql())
        .await?;
    tx.touch(stream.clone(), Entity::new(Kind::Ticket, id), Op::Put);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_by_serial_numbers_misses_rows_under_a_load_in_which_ours_misses_none() {
    on(Engine::Postgres, async |db| {
        let made = db.write(Lane::Desk, async |tx| {
            let sql = "create table serial_probe (n bigserial primary key, id text not null)";
            sqlx::query(sql).execute(tx.sql()).await?;
            Ok::<_, Error>(())
        });
        made.await.unwrap();
        let stream = expert(1);
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let (db, stream) = (db.clone(), stream.clone());
            writers.push(tokio::spawn(async move {
                for n in 0..WRITES {
                    let id: TicketId = Id::new(Timestamp::from_millis(1), &Seeded::new(writer * 1_000 + n));
                    let stream = stream.clone();
                    db.write(Lane::Sync, async move |tx| write(tx, &stream, id, writer + n).await).await.unwrap();
                }
            }));
        }
        let (mut by_serial, mut by_ours) = (BTreeSet::new(), BTreeSet::new());
        let (mut serial, mut ours) = (0_i64, 0_i64);
        loop {
            let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
            let own = stream.clone();
            let read = db.read(async move |conn| {
                let sql = "select n, id from serial_probe where n > $1 order by n limit 500";
                let rows = sqlx::query(sql).bind(serial).fetch_all(conn.sql()).await?;
                let rows: Vec<(i64, String)> =
                    rows.iter().map(|row| Ok((row.try_get("n")?, row.try_get("id")?))).collect::<Result<_, Error>>()?;
                Ok::<_, Error>((rows, page(conn, &own, ours, 500).await?))
            });
            let (rows, changes) = read.await.unwrap();
            let quiet = rows.is_empty() && changes.is_empty();
            for (n, id) in rows {
                serial = serial.max(n);
                by_serial.insert(id);
            }
            for change in changes {
                ours = ours.max(change.seq);
                by_ours.insert(change.entity.id);
            }
            if done && quiet {
                break;
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let total = usize::try_from(WRITERS * WRITES).unwrap();
        assert_eq!(by_ours.len(), total, "our cursor missed rows");
        assert!(by_serial.len() < total, "the load was too tame to show what serial numbers miss");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_stays_open_holds_up_its_own_stream_and_no_other() {
    on(Engine::Postgres, async |db| {
        let (held, free) = (expert(1), expert(2));
        let id = |n: u64| -> TicketId { Id::new(Timestamp::from_millis(1), &Seeded::new(n)) };
        let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (db, held) = (db.clone(), held.clone());
            let (begun, may_end) = (begun.clone(), may_end.clone());
            tokio::spawn(async move {
                let write = db.write(Lane::Work, async move |tx| {
                    tx.touch(held.clone(), Entity::new(Kind::Ticket, id(1)), Op::Put);
                    tx.flush_now().await?;
                    begun.notify_one();
                    // The bound on every transaction is the bound on this wait.
                    may_end.notified().await;
                    Ok::<_, Error>(())
                });
                write.await.unwrap();
            })
        };
        begun.notified().await;
        for n in 0..20 {
            let free = free.clone();
            let write = db.write(Lane::Sync, async move |tx| {
                tx.touch(free.clone(), Entity::new(Kind::Ticket, id(100 + n)), Op::Put);
                Ok::<_, Error>(())
            });
            write.await.unwrap();
        }
        let stream = free.clone();
        let changes = db.read(async move |conn| page(conn, &stream, 0, 100).await).await.unwrap();
        assert_eq!((changes.len(), slow.is_finished()), (20, false), "the others are written and read meanwhile");
        may_end.notify_one();
        slow.await.unwrap();
        let changes = db.read(async move |conn| page(conn, &held, 0, 100).await).await.unwrap();
        assert_eq!(changes.len(), 1);
    })
    .await;
}
