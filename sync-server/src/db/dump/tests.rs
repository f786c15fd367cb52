//! A backup restores what it held, on either engine, or nothing at all.

use super::*;
use crate::db::testing::{Fresh, frozen_clock};
use crate::db::{Database, Engine, Lane};
use shared::chance::Seeded;
use std::io::Cursor;

/// An empty, never migrated database.
async fn virgin(engine: Engine) -> Fresh {
    Fresh::empty(engine).await
}

async fn write(db: &Database, sql: &'static str) {
    db.write(Lane::Desk, async move |tx| sqlx::query(sql).execute(tx.sql()).await.map(drop).map_err(Error::from))
        .await
        .unwrap();
}

async fn rows(db: &Database, sql: &'static str) -> Vec<(String, Option<String>, Option<i64>)> {
    db.read(async move |conn| {
        let rows = sqlx::query(sql).fetch_all(conn.sql()).await?;
        rows.iter().map(|row| Ok::<_, Error>((row.try_get("id")?, row.try_get("a")?, row.try_get("b")?))).collect()
    })
    .await
    .unwrap()
}

const LOGINS: &str = "insert into login (id, role, person, name, locale, zone, email, email_key, active, created_at)
    values ('l1', 'expert', 'p1', 'Zoë \"Ünal\"\n', 'en', 'UTC', 'Z@example.com', 'z@example.com', 1, 5),
           ('l2', 'agent', 'p2', 'No mail', 'en', 'UTC', null, null, 0, 9007199254740993)";
const TOKENS: &str = "insert into token (hash, login, device, kind, created_at, expires_at, revoked_at)
    values ('h1', 'l1', null, 'session', 1, 2, null)";

async fn filled(engine: Engine) -> (Fresh, Database) {
    let fresh = Fresh::new(engine).await;
    let db = fresh.open(frozen_clock()).await;
    write(&db, LOGINS).await;
    write(&db, TOKENS).await;
    (fresh, db)
}

async fn file_of(fresh: &Fresh) -> Vec<u8> {
    let mut file = Vec::new();
    backup(&fresh.settings(frozen_clock()), &mut file, Timestamp::EPOCH).await.unwrap();
    file
}

#[tokio::test]
async fn a_backup_of_one_engine_restores_on_the_other_and_begins_a_new_history() {
    for (from, to) in [
        (Engine::Sqlite, Engine::Postgres),
        (Engine::Postgres, Engine::Sqlite),
        (Engine::Sqlite, Engine::Sqlite),
        (Engine::Postgres, Engine::Postgres),
    ] {
        let (source, db) = filled(from).await;
        let file = file_of(&source).await;
        let target = virgin(to).await;
        let n_rows = restore(&target.settings(frozen_clock()), || Ok(Cursor::new(&file)), &Seeded::new(7)).await;
        let copy = target.open(frozen_clock()).await;
        assert_eq!(n_rows.unwrap(), 4, "two logins, a token and the epoch");
        for sql in [
            "select id, name as a, created_at as b from login order by id",
            "select id, email as a, active as b from login order by id",
            "select hash as id, device as a, expires_at as b from token",
        ] {
            assert_eq!(rows(&copy, sql).await, rows(&db, sql).await, "{from:?} to {to:?}: {sql}");
        }
        let epoch = async |db: &Database| db.read(async |conn| meta::epoch(conn).await).await.unwrap();
        assert_ne!(epoch(&copy).await, epoch(&db).await);
        for (fresh, db) in [(source, db), (target, copy)] {
            db.close().await;
            fresh.remove().await;
        }
    }
}

#[tokio::test]
async fn a_database_with_somebody_in_it_is_not_overwritten() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (fresh, db) = filled(engine).await;
        let file = file_of(&fresh).await;
        let refused = restore(&fresh.settings(frozen_clock()), || Ok(Cursor::new(&file)), &Seeded::new(7)).await;
        assert!(matches!(refused, Err(DumpError::NotEmpty("login"))), "{refused:?}");
        assert_eq!(rows(&db, "select id, name as a, active as b from login order by id").await.len(), 2);
        db.close().await;
        fresh.remove().await;
    }
}

fn read(file: &[u8]) -> Result<(Header, Vec<Line>), DumpError> {
    let (header, mut reader) = Reader::begin(file)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.next()? {
        lines.push(line);
    }
    Ok((header, lines))
}

#[tokio::test]
async fn a_file_that_is_cut_or_damaged_anywhere_is_refused_before_anything_is_written() {
    let (source, db) = filled(Engine::Sqlite).await;
    let file = file_of(&source).await;
    let whole = read(&file).unwrap();
    for cut in 0..file.len() {
        assert!(read(&file[..cut]).is_err(), "cut at {cut} of {}", file.len());
    }
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        // zstd's header has a bit that says nothing.
        assert!(read(&damaged).map_or_else(|_| true, |read| read == whole), "damaged at {at}");
    }
    let target = virgin(Engine::Sqlite).await;
    let settings = target.settings(frozen_clock());
    let refused = restore(&settings, || Ok(Cursor::new(&file[..file.len() / 2])), &Seeded::new(7)).await;
    assert!(matches!(refused, Err(DumpError::Damaged(_))), "{refused:?}");
    let mut connection = AnyConnection::connect(&settings.url).await.unwrap();
    assert_eq!(migrations::versions(Engine::Sqlite, &mut connection).await, Ok(BTreeSet::new()));
    db.close().await;
}

#[tokio::test]
async fn a_backup_of_an_earlier_version_is_brought_up_to_date() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let source = virgin(engine).await;
        let earlier: BTreeSet<i64> = migrations::known().into_iter().filter(|version| *version <= 2).collect();
        sqlx::any::install_default_drivers();
        migrations::run_to(&source.settings(frozen_clock()), &earlier).await.unwrap();
        let mut connection = AnyConnection::connect(&source.url).await.unwrap();
        sqlx::query(LOGINS).execute(&mut connection).await.unwrap();
        sqlx::query("insert into server_meta (k, v) values ('epoch', 'e1')").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let file = file_of(&source).await;

        let migrated = Fresh::new(engine).await;
        let refused = restore(&migrated.settings(frozen_clock()), || Ok(Cursor::new(&file)), &Seeded::new(7)).await;
        assert!(matches!(refused, Err(DumpError::Older)), "{refused:?}");

        let target = virgin(engine).await;
        restore(&target.settings(frozen_clock()), || Ok(Cursor::new(&file)), &Seeded::new(7)).await.unwrap();
        let db = target.open(frozen_clock()).await;
        assert_eq!(db.is_migrated().await, Ok(crate::db::Migrated::Yes));
        assert_eq!(rows(&db, "select id, name as a, active as b from login order by id").await.len(), 2);
        db.close().await;
        for fresh in [source, migrated, target] {
            fresh.remove().await;
        }
    }
}

#[test]
fn every_table_of_the_migrations_is_in_a_backup_once() {
    let all: Vec<&str> = tables::all().collect();
    let n_made: usize = migrations::texts().map(|sql| sql.matches("create table ").count()).sum();
    assert_eq!(all.len(), n_made);
    assert!(all.contains(&"ticket") && all.contains(&"server_meta"));
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}
