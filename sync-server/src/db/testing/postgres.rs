//! Test databases on one PostgreSQL: each is a copy of a migrated template, which takes a fraction of a second.

use super::cluster;
use crate::db::migrations;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;

/// Holds other test processes off while one makes the template.
const TEMPLATE_LOCK: i64 = 7_402_116;

/// Creates a migrated database and gives its URL.
pub(super) async fn create() -> String {
    create_like(&format!("template {} strategy wal_log", template().await)).await
}

/// Creates a copy of a database and gives its URL.
pub(super) async fn create_copy(url: &str) -> String {
    create_like(&format!("template {} strategy wal_log", database(url))).await
}

/// Creates a database without tables and gives its URL.
pub(super) async fn create_empty() -> String {
    create_like("encoding 'UTF8' template template0").await
}

async fn create_like(how: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("sysops_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut admin = admin().await;
    // A leftover of an earlier process with the same number.
    command(&mut admin, format!("drop database if exists {name} with (force)")).await;
    command(&mut admin, format!("create database {name} {how}")).await;
    admin.close().await.expect("the connection is idle");
    with_database(cluster::url(), &name)
}

pub(super) async fn remove(url: &str) {
    let name = database(url);
    let mut admin = admin().await;
    command(&mut admin, format!("drop database if exists {name} with (force)")).await;
    admin.close().await.expect("the connection is idle");
}

async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = async || {
        let name = format!("sysops_template_{}", migrations::fingerprint());
        let mut admin = admin().await;
        command(&mut admin, format!("select pg_advisory_lock({TEMPLATE_LOCK})")).await;
        let exists = sqlx::query("select 1 from pg_database where datname = $1").bind(&name);
        if exists.fetch_optional(&mut admin).await.expect("the catalogue can be read").is_none() {
            // Made under another name, so that one with this name is whole.
            let draft = format!("{name}_draft");
            command(&mut admin, format!("drop database if exists {draft} with (force)")).await;
            command(&mut admin, format!("create database {draft} encoding 'UTF8' template template0")).await;
            super::migrate(&with_database(cluster::url(), &draft)).await;
            command(&mut admin, format!("alter database {draft} rename to {name}")).await;
        }
        admin.close().await.expect("the connection is idle");
        name
    };
    TEMPLATE.get_or_init(make).await
}

async fn admin() -> PgConnection {
    PgConnection::connect(cluster::url()).await.unwrap_or_else(|error| {
        panic!("store tests need a PostgreSQL, and the one for tests cannot be reached: {error}");
    })
}

async fn command(admin: &mut PgConnection, sql: String) {
    let done = admin.execute(AssertSqlSafe(sql.clone())).await;
    done.unwrap_or_else(|error| panic!("PostgreSQL refused `{sql}`: {error}"));
}

/// The URL with another database in it.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..end])
}

fn database(url: &str) -> &str {
    let address = url.split('?').next().unwrap_or(url);
    address.rsplit('/').next().expect("our URLs name a database")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_can_be_replaced() {
        for (url, expected) in [
            ("postgres://me:pw@host:5433/postgres", "postgres://me:pw@host:5433/t"),
            ("postgres://me@host", "postgres://me@host/t"),
            ("postgres:///postgres?host=/tmp/x&user=postgres", "postgres:///t?host=/tmp/x&user=postgres"),
        ] {
            let changed = with_database(url, "t");
            assert_eq!(changed, expected);
            assert_eq!(database(&changed), "t");
        }
    }
}
