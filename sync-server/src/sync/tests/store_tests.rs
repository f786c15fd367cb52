//! Tables that refuse in the middle of a push, on both engines: what was answered stays, and what was not comes again.

use super::Phone;
use crate::db::testing::both_engines;
use crate::db::{Database, Engine, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::sync::store;
use shared::intent::Intent;
use shared::sync::{MutationResult, Stop};
use shared::ticket::{Move, Phase};
use sqlx::{AssertSqlSafe, Row};

/// Pages that a full disk still has: enough for everything but what fills it.
const ROOM: i64 = 60;

/// The second mutation meets a mistake of ours, so that the push is taken one by one; the third a disk that is full.
fn faults(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Sqlite => &[
            "create table filler (body blob)",
            "create trigger planted_bug before insert on mutation when new.n = 2 and new.code <> 'rejected'
             begin select raise(abort, 'planted'); end",
            "create trigger planted_full before insert on mutation when new.n = 3
             begin insert into filler (body) values (zeroblob(10000000)); end",
        ],
        Engine::Postgres => &[
            "create function planted() returns trigger language plpgsql as
             $$ begin raise exception 'planted' using errcode = tg_argv[0]; end $$",
            "create trigger planted_bug before insert on mutation for each row
             when (new.n = 2 and new.code <> 'rejected') execute function planted('P0001')",
            "create trigger planted_full before insert on mutation for each row
             when (new.n = 3) execute function planted('53100')",
        ],
    }
}

async fn plant(db: &Database) {
    let engine = db.engine();
    let planted = db.write(Lane::Bulk, async move |tx| {
        for sql in faults(engine) {
            sqlx::query(*sql).execute(tx.sql()).await?;
        }
        if engine == Engine::Sqlite {
            let n_pages: i64 = sqlx::query("pragma page_count").fetch_one(tx.sql()).await?.try_get(0)?;
            let sql = format!("pragma max_page_count = {}", n_pages + ROOM);
            sqlx::query(AssertSqlSafe(sql)).execute(tx.sql()).await?;
        }
        Ok::<_, Error>(())
    });
    planted.await.unwrap();
}

/// Somebody makes room.
async fn make_room(db: &Database) {
    let sql = match db.engine() {
        Engine::Sqlite => "drop trigger planted_full",
        Engine::Postgres => "drop trigger planted_full on mutation",
    };
    let made = db.write(Lane::Bulk, async move |tx| {
        sqlx::query(sql).execute(tx.sql()).await?;
        Ok::<_, Error>(())
    });
    made.await.unwrap();
}

#[tokio::test]
async fn a_disk_that_is_full_within_a_batch_stops_it_there_and_nothing_is_skipped_or_done_twice() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        plant(&db).await;
        let note = |number| Intent::NoteAdd { note: id(number), text: "Ring twice".parse().unwrap() };
        let work = [note(81), note(82), Intent::TicketDepart {}, note(84)];
        let work: Vec<_> = work.iter().map(|intent| phone.mutation(intent, Some(ticket))).collect();
        let first = phone.send(work.clone()).await.unwrap();
        assert_eq!((first.stop, first.next_n, first.acks.len()), (Some(Stop::Unavailable), 3, 2), "{:?}", first.acks);
        assert_eq!(first.acks[0].result, MutationResult::Applied);
        assert!(matches!(first.acks[1].result, MutationResult::Rejected(_)), "{:?}", first.acks);
        assert_eq!(world.read(ticket).await.life.state.phase(), Some(Phase::Accepted), "the third left nothing");
        assert_eq!(phone.tickets[&ticket.to_string()].notes.len(), 1, "nor the fourth");
        let still = phone.send(work.clone()).await.unwrap();
        assert_eq!((still.stop, still.next_n), (Some(Stop::Unavailable), 3));
        make_room(&db).await;
        let after = phone.send(work).await.unwrap();
        let heard: Vec<_> = after.acks.iter().map(|ack| (ack.n, ack.dup)).collect();
        assert_eq!((heard, after.stop, after.next_n), (vec![(1, true), (2, true), (3, false), (4, false)], None, 5));
        assert!(after.acks[2..].iter().all(|ack| ack.result == MutationResult::Applied), "{:?}", after.acks);
        let doc = &phone.tickets[&ticket.to_string()];
        assert_eq!((doc.phase, doc.notes.len()), (Phase::EnRoute, 2));
        let letters = db.read(async |conn| store::dead_letters(conn, 10).await).await.unwrap();
        assert_eq!(letters.len(), 1, "what met our mistake is kept, once");
    })
    .await;
}
