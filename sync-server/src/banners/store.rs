//! The tables `banner` and `banner_area`.

use super::{Banner, BannerId, RUNNING_MAX};
use crate::db::columns::{instant, instant_opt, parsed};
use crate::db::{Conn, Error, Tx};
use shared::ids::AreaId;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str = "id, body, until_at, set_at, ended_at, ver";

fn read(row: &AnyRow) -> Result<Banner, Error> {
    Ok(Banner {
        id: parsed(row, "id")?,
        areas: BTreeSet::new(),
        text: parsed(row, "body")?,
        until: instant(row, "until_at")?,
        since: instant(row, "set_at")?,
        ended: instant_opt(row, "ended_at")?,
        ver: row.try_get("ver")?,
    })
}

/// Adds the areas.
async fn with_areas(conn: &mut Conn, mut banners: Vec<Banner>) -> Result<Vec<Banner>, Error> {
    if banners.is_empty() {
        return Ok(banners);
    }
    let binds: Vec<String> = (1..=banners.len()).map(|at| format!("${at}")).collect();
    let sql = format!("select banner, area from banner_area where banner in ({})", binds.join(", "));
    let query = banners.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, one| query.bind(one.id.to_string()));
    let mut areas: BTreeMap<BannerId, BTreeSet<AreaId>> = BTreeMap::new();
    for row in query.fetch_all(conn.sql()).await? {
        areas.entry(parsed(&row, "banner")?).or_default().insert(parsed(&row, "area")?);
    }
    for banner in &mut banners {
        banner.areas = areas.remove(&banner.id).unwrap_or_default();
    }
    Ok(banners)
}

/// What customers see now, the one that was set last first.
pub async fn running(conn: &mut Conn, now: Timestamp) -> Result<Vec<Banner>, Error> {
    let sql = format!(
        "select {COLUMNS} from banner where ended_at is null and until_at > $1 order by set_at desc, id desc limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(now.as_millis()).bind(RUNNING_MAX);
    let found: Result<Vec<Banner>, Error> = query.fetch_all(conn.sql()).await?.iter().map(read).collect();
    with_areas(conn, found?).await
}

/// All of them, the one that was set last first; `before` is the last one of the page before.
pub async fn list(conn: &mut Conn, before: Option<BannerId>, limit: i64) -> Result<Vec<Banner>, Error> {
    let sql = format!("select {COLUMNS} from banner where $1 = '' or id < $1 order by id desc limit $2");
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(limit);
    let found: Result<Vec<Banner>, Error> = query.fetch_all(conn.sql()).await?.iter().map(read).collect();
    with_areas(conn, found?).await
}

/// One.
pub async fn get(conn: &mut Conn, id: BannerId) -> Result<Option<Banner>, Error> {
    let sql = format!("select {COLUMNS} from banner where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    let found: Option<Banner> = row.as_ref().map(read).transpose()?;
    Ok(with_areas(conn, found.into_iter().collect()).await?.pop())
}

/// A new one. The same again is a no-op: a second click sends the same id.
pub async fn create(tx: &mut Tx, banner: &Banner) -> Result<bool, Error> {
    let sql = "insert into banner (id, body, until_at, set_at, ended_at, ver) values ($1, $2, $3, $4, null, 1)
        on conflict (id) do nothing";
    let query = sqlx::query(sql).bind(banner.id.to_string()).bind(banner.text.to_string());
    let query = query.bind(banner.until.as_millis()).bind(banner.since.as_millis());
    let is_new = query.execute(tx.sql()).await?.rows_affected() == 1;
    if is_new {
        put_areas(tx, banner).await?;
    }
    Ok(is_new)
}

/// Puts words, areas and end in place of what was there, if it still has the version that was edited.
pub async fn put(tx: &mut Tx, banner: &Banner) -> Result<bool, Error> {
    let sql = "update banner set body = $3, until_at = $4, ended_at = $5, ver = ver + 1 where id = $1 and ver = $2";
    let query = sqlx::query(sql).bind(banner.id.to_string()).bind(banner.ver).bind(banner.text.to_string());
    let query = query.bind(banner.until.as_millis()).bind(banner.ended.map(Timestamp::as_millis));
    if query.execute(tx.sql()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let sql = "delete from banner_area where banner = $1";
    sqlx::query(sql).bind(banner.id.to_string()).execute(tx.sql()).await?;
    put_areas(tx, banner).await?;
    Ok(true)
}

async fn put_areas(tx: &mut Tx, banner: &Banner) -> Result<(), Error> {
    let rows: Vec<String> = (2..2 + banner.areas.len()).map(|at| format!("($1, ${at})")).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!("insert into banner_area (banner, area) values {}", rows.join(", "));
    let query = sqlx::query(AssertSqlSafe(sql)).bind(banner.id.to_string());
    let query = banner.areas.iter().fold(query, |query, area| query.bind(area.to_string()));
    query.execute(tx.sql()).await?;
    Ok(())
}
