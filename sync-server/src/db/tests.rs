//! The promises of `write` and `read`: whoever misbehaves hurts only itself.

use super::testing::{Fresh, both_engines, frozen_clock, on};
use super::{Conn, Database, Engine, Error, Lane, Tx, meta};
use sqlx::{AssertSqlSafe, Row};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

async fn set(tx: &mut Tx, key: &str) -> Result<(), Error> {
    let sql = "insert into server_meta (k, v) values ($1, '')";
    sqlx::query(sql).bind(key.to_string()).execute(tx.sql()).await?;
    Ok(())
}

async fn count(conn: &mut Conn, prefix: &str) -> Result<i64, Error> {
    let sql = "select cast(count(*) as bigint) as n from server_meta where substr(k, 1, length($1)) = $1";
    Ok(sqlx::query(sql).bind(prefix.to_string()).fetch_one(conn.sql()).await?.try_get("n")?)
}

async fn command(db: &Database, sql: &'static str) {
    let run = db.write(Lane::Bulk, async move |tx| {
        sqlx::query(AssertSqlSafe(sql)).execute(tx.sql()).await?;
        Ok::<_, Error>(())
    });
    run.await.unwrap();
}

async fn counted(db: &Database, prefix: &'static str) -> i64 {
    db.read(async move |conn| count(conn, prefix).await).await.unwrap()
}

/// Twenty writers, of which the tenth is guilty; gives back its error and how many of the others were told "done".
async fn among_neighbours<F>(db: &Database, guilty: F) -> (Result<(), Error>, i64)
where
    F: AsyncFn(&mut Tx) -> Result<(), Error> + Send + 'static,
{
    let mut neighbours = Vec::new();
    let mut guilty = Some(guilty);
    let mut its_end = None;
    for n in 0..20 {
        let db = db.clone();
        if n == 10 {
            let guilty = guilty.take().unwrap();
            its_end = Some(tokio::spawn(async move { db.write(Lane::Desk, guilty).await }));
        } else {
            neighbours.push(tokio::spawn(async move {
                db.write(Lane::Desk, async move |tx| set(tx, &format!("n-{n}")).await).await
            }));
        }
    }
    let mut n_done = 0;
    for neighbour in neighbours {
        n_done += i64::from(neighbour.await.unwrap().is_ok());
    }
    (its_end.unwrap().await.unwrap(), n_done)
}

#[tokio::test]
async fn a_write_is_there_after_its_answer_and_its_future_is_send() {
    both_engines(async |db| {
        let writing = tokio::spawn({
            let db = db.clone();
            async move {
                db.write(Lane::Intake, async |tx| {
                    set(tx, "w").await?;
                    count(tx, "w").await
                })
                .await
            }
        });
        assert_eq!(writing.await.unwrap(), Ok(1));
        let reading = tokio::spawn(async move { db.read(async |conn| count(conn, "w").await).await });
        assert_eq!(reading.await.unwrap(), Ok(1));
    })
    .await;
}

#[tokio::test]
async fn a_panic_hurts_only_itself() {
    both_engines(async |db| {
        let (end, n_done) = among_neighbours(&db, async |tx| {
            set(tx, "guilty").await?;
            panic!("planted")
        })
        .await;
        assert_eq!(end, Err(Error::Panicked("planted".into())));
        assert_eq!((n_done, counted(&db, "n-").await, counted(&db, "guilty").await), (19, 19, 0));
    })
    .await;
}

#[tokio::test]
async fn a_slow_closure_is_undone_and_hurts_only_itself() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let mut settings = fresh.settings(frozen_clock());
        settings.write_limit = Duration::from_millis(900);
        let db = Database::open(settings).await.unwrap();
        let (end, n_done) = among_neighbours(&db, async |tx| {
            set(tx, "guilty").await?;
            std::future::pending().await
        })
        .await;
        assert_eq!(end, Err(Error::TooSlow), "{engine:?}");
        assert_eq!((n_done, counted(&db, "n-").await, counted(&db, "guilty").await), (19, 19, 0));
        db.close().await;
        fresh.remove().await;
    }
}

#[tokio::test]
async fn a_constraint_that_fails_at_the_commit_hurts_only_itself() {
    both_engines(async |db| {
        let sql = "create table late (id text primary key,
            parent text references server_meta (k) deferrable initially deferred)";
        command(&db, sql).await;
        let (end, n_done) = among_neighbours(&db, async |tx| {
            sqlx::query("insert into late (id, parent) values ('x', 'nobody')").execute(tx.sql()).await?;
            Ok(())
        })
        .await;
        assert!(matches!(end, Err(Error::Bug(_))), "{end:?}");
        assert_eq!((n_done, counted(&db, "n-").await), (19, 19));
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_hurts_only_whoever_fills_it() {
    on(Engine::Sqlite, async |db| {
        command(&db, "pragma max_page_count = 200").await;
        let (end, n_done) = among_neighbours(&db, async |tx| {
            let sql = "insert into server_meta (k, v) select 'big', hex(zeroblob(20000000))";
            sqlx::query(sql).execute(tx.sql()).await?;
            Ok(())
        })
        .await;
        assert!(matches!(end, Err(Error::Unavailable(_))), "{end:?}");
        assert_eq!((n_done, counted(&db, "n-").await, counted(&db, "big").await), (19, 19, 0));
    })
    .await;
}

#[tokio::test]
async fn a_write_that_began_ends_though_its_caller_is_gone() {
    both_engines(async |db| {
        let (began, go_on, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()), db.listen());
        let writing = tokio::spawn({
            let (db, began, go_on) = (db.clone(), began.clone(), go_on.clone());
            async move {
                db.write(Lane::Desk, async move |tx| {
                    set(tx, "gone").await?;
                    tx.wake(super::Wake::Jobs);
                    began.notify_one();
                    go_on.notified().await;
                    Ok::<_, Error>(())
                })
                .await
            }
        });
        began.notified().await;
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
        go_on.notify_one();
        let mut ended = ended;
        assert_eq!(ended.next().await, Some(super::Wake::Jobs));
        assert_eq!(counted(&db, "gone").await, 1);
    })
    .await;
}

/// Holds the `SQLite` writer until told to go on, so that what is queued meanwhile is one group.
async fn hold(db: &Database) -> (Arc<Notify>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let holding = tokio::spawn({
        let (db, began, go_on) = (db.clone(), began.clone(), go_on.clone());
        async move {
            db.write(Lane::Desk, async move |_| {
                began.notify_one();
                go_on.notified().await;
                Ok(())
            })
            .await
        }
    });
    began.notified().await;
    (go_on, holding)
}

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    on(Engine::Sqlite, async |db| {
        let (go_on, holding) = hold(&db).await;
        let before = (db.stats().commits(), db.stats().writes());
        let writes = (0..50).map(|n| db.write(Lane::Desk, async move |tx| set(tx, &format!("g-{n}")).await));
        let mut writes: Vec<_> = writes.map(Box::pin).collect();
        for write in &mut writes {
            assert!(futures_util::poll!(write).is_pending());
        }
        go_on.notify_one();
        for write in writes {
            write.await.unwrap();
        }
        holding.await.unwrap().unwrap();
        let after = (db.stats().commits(), db.stats().writes());
        assert_eq!((after.0 - before.0, after.1 - before.1), (2, 51));
        assert_eq!(counted(&db, "g-").await, 50);
    })
    .await;
}

#[tokio::test]
async fn a_full_lane_refuses_at_once_and_the_other_lanes_stay_open() {
    on(Engine::Sqlite, async |db| {
        let (go_on, holding) = hold(&db).await;
        let mut waiting = Vec::new();
        for _ in 0..Lane::Bulk.waiting_max() {
            let mut write = Box::pin(db.write(Lane::Bulk, async |_| Ok::<_, Error>(())));
            assert!(futures_util::poll!(&mut write).is_pending());
            waiting.push(write);
        }
        assert_eq!(db.write(Lane::Bulk, async |_| Ok::<_, Error>(())).await, Err(Error::Busy));
        let mut desk = Box::pin(db.write(Lane::Desk, async |_| Ok::<_, Error>(())));
        assert!(futures_util::poll!(&mut desk).is_pending());
        // Whoever is gone before its turn has not been there.
        let mut gone = Box::pin(db.write(Lane::Desk, async |tx| set(tx, "gone").await));
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(gone);
        go_on.notify_one();
        desk.await.unwrap();
        for write in waiting {
            write.await.unwrap();
        }
        holding.await.unwrap().unwrap();
        assert_eq!(counted(&db, "gone").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn collisions_are_rerun_until_all_are_done() {
    on(Engine::Postgres, async |db| {
        command(&db, "insert into server_meta (k, v) values ('a', '0'), ('b', '0')").await;
        let n_runs = Arc::new(AtomicU32::new(0));
        let mut writers = Vec::new();
        for writer in 0..8 {
            let (db, n_runs) = (db.clone(), n_runs.clone());
            writers.push(tokio::spawn(async move {
                db.write(Lane::Desk, async move |tx| {
                    n_runs.fetch_add(1, Ordering::SeqCst);
                    let keys = if writer % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
                    for key in keys {
                        let sql = "update server_meta set v = cast(cast(v as bigint) + 1 as text) where k = $1";
                        sqlx::query(sql).bind(key.to_string()).execute(tx.sql()).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await
            }));
        }
        let mut n_done = 0;
        for writer in writers {
            match writer.await.unwrap() {
                Ok(()) => n_done += 1,
                Err(error) => assert!(error.is_passing(), "{error:?}"),
            }
        }
        let a = db.read(async |conn| meta::get(conn, "a").await).await.unwrap();
        let b = db.read(async |conn| meta::get(conn, "b").await).await.unwrap();
        assert_eq!((a, b), (Some(n_done.to_string()), Some(n_done.to_string())));
        assert_eq!(n_done, 8, "of {} runs", n_runs.load(Ordering::SeqCst));
    })
    .await;
}

#[tokio::test]
async fn a_read_is_one_snapshot_and_cannot_write() {
    both_engines(async |db| {
        let writer = db.clone();
        let seen = db.read(async move |conn| {
            let before = count(conn, "s").await?;
            writer.write(Lane::Desk, async |tx| set(tx, "s").await).await?;
            Ok::<_, Error>((before, count(conn, "s").await?))
        });
        assert_eq!(seen.await, Ok((0, 0)));
        assert_eq!(counted(&db, "s").await, 1);
        let wrote = db.read(async |conn| {
            sqlx::query("delete from server_meta").execute(conn.sql()).await?;
            Ok::<_, Error>(())
        });
        assert!(matches!(wrote.await, Err(Error::Bug(_))));
    })
    .await;
}

#[tokio::test]
async fn a_wake_reaches_the_other_servers_of_one_postgresql() {
    let fresh = Fresh::new(Engine::Postgres).await;
    let mut settings = fresh.settings(frozen_clock());
    settings.shares_wakes = true;
    let (here, there) = (Database::open(settings.clone()).await.unwrap(), Database::open(settings).await.unwrap());
    let (mut near, mut far) = (here.listen(), there.listen());
    let write = here.write(Lane::Desk, async |tx| {
        tx.wake(super::Wake::Jobs);
        Ok::<_, Error>(())
    });
    write.await.unwrap();
    assert_eq!(near.next().await, Some(super::Wake::Jobs));
    assert_eq!(far.next().await, Some(super::Wake::Jobs));
    // Not an echo of its own: the next that is heard here is what the other one says.
    there.wake(super::Wake::Clock);
    assert_eq!(near.next().await, Some(super::Wake::Clock));
    here.close().await;
    there.close().await;
    fresh.remove().await;
}

#[tokio::test]
async fn a_taken_value_is_told_by_its_constraint() {
    both_engines(async |db| {
        let event = async |tx: &mut Tx, id: &str| {
            let sql = "insert into event (id, ticket, seq, kind, body, actor, at, recorded_at)
                values ($1, 't', 1, 'k', '{}', 'a', 1, 1)";
            sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?;
            Ok::<_, Error>(())
        };
        db.write(Lane::Desk, async move |tx| event(tx, "1").await).await.unwrap();
        let again = db.write(Lane::Desk, async move |tx| event(tx, "2").await).await;
        assert_eq!(again, Err(Error::Taken(super::Constraint::EventSeq)));
    })
    .await;
}
