//! The feed's promises, on both engines.

use super::*;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use shared::chance::Seeded;
use shared::ids::TicketId;
use std::collections::BTreeSet;

fn expert(seed: u64) -> Stream {
    Stream::of_expert(ExpertId::new(Timestamp::from_millis(1), &Seeded::new(seed)))
}

async fn touch(db: &Database, changes: Vec<(Stream, &'static str, Op)>) {
    let write = db.write(Lane::Sync, async move |tx| {
        for (stream, id, op) in changes.clone() {
            tx.touch(stream, Entity::new(Kind::Ticket, id), op);
        }
        Ok::<_, Error>(())
    });
    write.await.unwrap();
}

async fn all(db: &Database, stream: &Stream) -> Vec<(i64, String, Op, i64)> {
    let stream = stream.clone();
    let changes = db.read(async move |conn| page(conn, &stream, 0, 1_000).await).await.unwrap();
    changes.into_iter().map(|change| (change.seq, change.entity.id, change.op, change.since_seq)).collect()
}

#[test]
fn a_stream_has_one_name() {
    let stream = expert(1);
    assert_eq!(Stream::parse(stream.as_str()), Some(stream));
    assert_eq!(Stream::parse("kb:main"), Some(Stream::knowledge()));
    for name in ["", "u:", "u:ana", "kb:other"] {
        assert_eq!(Stream::parse(name), None, "{name}");
    }
}

#[tokio::test]
async fn an_entity_moves_to_the_tail_and_keeps_the_number_at_which_it_came() {
    both_engines(async |db| {
        let s = expert(1);
        touch(&db, vec![(s.clone(), "a", Op::Put), (s.clone(), "b", Op::Put)]).await;
        touch(&db, vec![(s.clone(), "a", Op::Put)]).await;
        assert_eq!(all(&db, &s).await, [(2, "b".into(), Op::Put, 2), (3, "a".into(), Op::Put, 1)]);
        touch(&db, vec![(s.clone(), "a", Op::Del)]).await;
        assert_eq!(all(&db, &s).await[1], (4, "a".into(), Op::Del, 1));
        touch(&db, vec![(s.clone(), "a", Op::Put)]).await;
        assert_eq!(all(&db, &s).await[1], (5, "a".into(), Op::Put, 5));
    })
    .await;
}

#[tokio::test]
async fn a_failed_write_leaves_no_gap_in_the_numbers() {
    both_engines(async |db| {
        let s = expert(1);
        touch(&db, vec![(s.clone(), "a", Op::Put)]).await;
        let stream = s.clone();
        let failed = db.write(Lane::Sync, async move |tx| {
            tx.touch(stream.clone(), Entity::new(Kind::Ticket, "b"), Op::Put);
            tx.flush_now().await?;
            Err::<(), _>(Error::Bug("planted".into()))
        });
        assert_eq!(failed.await, Err(Error::Bug("planted".into())));
        touch(&db, vec![(s.clone(), "c", Op::Put)]).await;
        let numbers: Vec<i64> = all(&db, &s).await.iter().map(|change| change.0).collect();
        assert_eq!(numbers, [1, 2]);
    })
    .await;
}

/// Two streams touched in both orders at once: sorted locking means no deadlock; the reader polls by cursor all the
/// while and must end with every row, though each writer holds its transaction open for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_polls_by_number_misses_nothing() {
    both_engines(async |db| {
        const WRITERS: u64 = 8;
        const WRITES: u64 = 25;
        let (a, b) = (expert(1), expert(2));
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let (db, a, b) = (db.clone(), a.clone(), b.clone());
            writers.push(tokio::spawn(async move {
                for n in 0..WRITES {
                    let id = TicketId::new(Timestamp::from_millis(1), &Seeded::new(writer * 1_000 + n));
                    let (a, b) = (a.clone(), b.clone());
                    let write = db.write(Lane::Sync, async move |tx| {
                        let mut streams = [a.clone(), b.clone()];
                        if writer % 2 == 0 {
                            streams.reverse();
                        }
                        for stream in streams {
                            tx.touch(stream, Entity::new(Kind::Ticket, id), Op::Put);
                        }
                        tokio::task::yield_now().await;
                        Ok::<_, Error>(())
                    });
                    write.await.unwrap();
                }
            }));
        }
        let total = usize::try_from(WRITERS * WRITES).unwrap();
        let mut seen = BTreeSet::new();
        let mut cursor = 0;
        while seen.len() < total {
            let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
            let stream = a.clone();
            let changes = db.read(async move |conn| page(conn, &stream, cursor, 50).await).await.unwrap();
            assert!(!(done && changes.is_empty()), "the reader missed {} rows", total - seen.len());
            for change in changes {
                assert_eq!(change.seq, cursor + 1, "numbers have no gaps");
                cursor = change.seq;
                seen.insert(change.entity.id);
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let stream = b.clone();
        let position = db.read(async move |conn| position(conn, &stream).await).await.unwrap();
        assert_eq!(position, Position { seq: i64::try_from(total).unwrap(), horizon: 0 });
    })
    .await;
}

#[tokio::test]
async fn old_tombstones_go_and_the_horizon_tells() {
    both_engines(async |db| {
        let (s, other) = (expert(1), expert(2));
        touch(&db, vec![(s.clone(), "a", Op::Put), (s.clone(), "b", Op::Put), (other.clone(), "c", Op::Put)]).await;
        touch(&db, vec![(s.clone(), "a", Op::Del)]).await;
        db.clock().advance(1_000);
        let cut = db.clock().real_now();
        touch(&db, vec![(s.clone(), "b", Op::Del)]).await;
        assert_eq!(db.write(Lane::Bulk, async move |tx| trim(tx, cut, 10).await).await, Ok(1));
        assert_eq!(all(&db, &s).await, [(4, "b".into(), Op::Del, 2)]);
        let (one, two) = (s.clone(), other.clone());
        let positions =
            db.read(async move |conn| Ok::<_, Error>((position(conn, &one).await?, position(conn, &two).await?)));
        let (first, second) = positions.await.unwrap();
        assert_eq!((first.horizon, first.seq, second.horizon), (3, 4, 0));
    })
    .await;
}

#[tokio::test]
async fn a_dirty_stream_wakes_its_listeners_after_the_commit() {
    both_engines(async |db| {
        let mut listener = db.listen();
        touch(&db, vec![(expert(1), "a", Op::Put)]).await;
        assert_eq!(listener.next().await, Some(crate::db::Wake::Dirty(expert(1))));
    })
    .await;
}
