//! Skills and service areas. They are switched off, never deleted: old tickets and decisions name them.

use super::binds;
use super::coverage::drawing;
use crate::db::columns::{flag, parsed};
use crate::db::{Conn, Error, Tx, values};
use crate::jobs::{self, NewJob};
use crate::postal;
use crate::workforce::{Area, Changed, PostalPrefix, Skill};
use shared::ids::{AbsenceId, AreaId, SkillId};
use shared::text::{Slug, fold_key};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Skills, and areas, that a business keeps.
const ROWS_MAX: i64 = 2_000;
/// Prefixes of all areas together.
const PREFIXES_MAX: i64 = 100_000;

fn read_skill(row: &AnyRow) -> Result<Skill, Error> {
    Ok(Skill {
        id: parsed(row, "id")?,
        slug: parsed(row, "slug")?,
        name: parsed(row, "name")?,
        active: flag(row, "active")?,
        ver: row.try_get("ver")?,
    })
}

/// All skills by name, those switched off too.
pub async fn skills(conn: &mut Conn) -> Result<Vec<Skill>, Error> {
    let sql = "select id, slug, name, active, ver from skill order by name_key, id limit $1";
    let rows = sqlx::query(sql).bind(ROWS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(read_skill).collect()
}

/// The active skills with these words; a word that names none is left out.
pub async fn skills_by_slug(conn: &mut Conn, slugs: &[Slug]) -> Result<BTreeMap<Slug, SkillId>, Error> {
    let all = skills(conn).await?.into_iter();
    Ok(all.filter(|skill| skill.active && slugs.contains(&skill.slug)).map(|skill| (skill.slug, skill.id)).collect())
}

/// A skill, held until the commit when `conn` is a write transaction's.
pub async fn skill(conn: &mut Conn, id: SkillId) -> Result<Option<Skill>, Error> {
    let sql = "select id, slug, name, active, ver from skill where id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_skill).transpose()
}

/// A new skill. False if its word is taken.
pub async fn create_skill(tx: &mut Tx, skill: &Skill) -> Result<bool, Error> {
    let sql = "insert into skill (id, slug, name, name_key, active, ver) values ($1, $2, $3, $4, $5, 1)
        on conflict (slug) do nothing";
    let query = sqlx::query(sql).bind(skill.id.to_string()).bind(skill.slug.to_string()).bind(skill.name.to_string());
    let query = query.bind(fold_key(skill.name.as_str())).bind(i64::from(skill.active));
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Puts name and state of a skill in place of what was there, if it still has the version that was edited. What was
/// promised with one that is switched off goes back.
pub async fn put_skill(tx: &mut Tx, skill: &Skill, now: Timestamp) -> Result<bool, Error> {
    let was_active = super::skill(tx, skill.id).await?.is_some_and(|before| before.active);
    let sql = "update skill set name = $3, name_key = $4, active = $5, ver = ver + 1 where id = $1 and ver = $2";
    let query = sqlx::query(sql).bind(skill.id.to_string()).bind(skill.ver).bind(skill.name.to_string());
    let query = query.bind(fold_key(skill.name.as_str())).bind(i64::from(skill.active));
    let fits = query.execute(tx.sql()).await?.rows_affected() == 1;
    if fits && was_active && !skill.active {
        look_again(tx, skill.id, &Changed::Skill { skill: skill.id }, now).await?;
    }
    Ok(fits)
}

/// Somebody looks at everything that is promised. A job for each change, since each says what was before it.
pub(super) async fn look_again(
    tx: &mut Tx,
    subject: impl ToString,
    changed: &Changed,
    now: Timestamp,
) -> Result<(), Error> {
    let change: AbsenceId = tx.new_id();
    jobs::enqueue(tx, &[NewJob::new(jobs::Kind::RuleChanged, subject, now).keyed(change).with_body(changed)]).await
}

/// All areas by name, those switched off too, each with its postal codes.
pub async fn areas(conn: &mut Conn) -> Result<Vec<Area>, Error> {
    read_areas(conn, None).await
}

/// An area.
pub async fn area(conn: &mut Conn, id: AreaId) -> Result<Option<Area>, Error> {
    Ok(read_areas(conn, Some(id)).await?.pop())
}

async fn read_areas(conn: &mut Conn, only: Option<AreaId>) -> Result<Vec<Area>, Error> {
    let only = only.map(|id| id.to_string()).unwrap_or_default();
    let sql = "select area, country, prefix from area_postal where ($1 = '' or area = $1)
        order by area, country, prefix limit $2";
    let rows = sqlx::query(sql).bind(only.clone()).bind(PREFIXES_MAX).fetch_all(conn.sql()).await?;
    let mut postal: BTreeMap<AreaId, Vec<PostalPrefix>> = BTreeMap::new();
    for row in rows {
        let prefix = PostalPrefix { country: row.try_get("country")?, prefix: row.try_get("prefix")? };
        postal.entry(parsed(&row, "area")?).or_default().push(prefix);
    }
    let sql = "select id, slug, name, active, ver, drawing from area where ($1 = '' or id = $1)
        order by name_key, id limit $2";
    let rows = sqlx::query(sql).bind(only).bind(ROWS_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        let id = parsed(row, "id")?;
        Ok(Area {
            id,
            slug: parsed(row, "slug")?,
            name: parsed(row, "name")?,
            active: flag(row, "active")?,
            ver: row.try_get("ver")?,
            postal: postal.remove(&id).unwrap_or_default(),
            drawing: drawing(row)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The active areas that a postal code lies in.
pub async fn areas_covering(conn: &mut Conn, country: &str, postal_code: &str) -> Result<BTreeSet<AreaId>, Error> {
    let code = postal::tidy(country, postal_code);
    // A code is as long as an area's longest prefix can be; nobody's is longer than this.
    let ends = code.char_indices().map(|(at, char)| at + char.len_utf8()).take(12);
    let prefixes: Vec<&str> = ends.map(|end| &code[..end]).collect();
    if prefixes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = format!(
        "select a.id from area_postal p join area a on a.id = p.area
         where p.country = $1 and a.active = 1 and p.prefix in ({}) limit $2",
        binds(3, prefixes.len())
    );
    let country = postal::tidy_country(country).unwrap_or_default();
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(country).bind(ROWS_MAX);
    for prefix in prefixes {
        query = query.bind(prefix.to_string());
    }
    query.fetch_all(conn.sql()).await?.iter().map(|row| parsed(row, "id")).collect()
}

/// A new area. False if its word is taken.
pub async fn create_area(tx: &mut Tx, area: &Area) -> Result<bool, Error> {
    let sql = "insert into area (id, slug, name, name_key, active, ver, drawing) values ($1, $2, $3, $4, $5, 1, $6)
        on conflict (slug) do nothing";
    let query = sqlx::query(sql).bind(area.id.to_string()).bind(area.slug.to_string()).bind(area.name.to_string());
    let query = query.bind(fold_key(area.name.as_str())).bind(i64::from(area.active)).bind(drawing_text(area)?);
    let is_new = query.execute(tx.sql()).await?.rows_affected() == 1;
    if is_new {
        put_postal(tx, area).await?;
    }
    Ok(is_new)
}

/// Puts name, state, postal codes and borders of an area in place of what was there, if it still has the version that
/// was edited. What was promised in what it no longer covers goes back.
pub async fn put_area(tx: &mut Tx, area: &Area, now: Timestamp) -> Result<bool, Error> {
    let Some(before) = super::area(tx, area.id).await? else { return Ok(false) };
    let sql = "update area set name = $3, name_key = $4, active = $5, drawing = $6, ver = ver + 1
        where id = $1 and ver = $2";
    let query = sqlx::query(sql).bind(area.id.to_string()).bind(area.ver).bind(area.name.to_string());
    let query = query.bind(fold_key(area.name.as_str())).bind(i64::from(area.active)).bind(drawing_text(area)?);
    if query.execute(tx.sql()).await?.rows_affected() != 1 {
        return Ok(false);
    }
    put_postal(tx, area).await?;
    let stays = |prefix: &PostalPrefix| area.postal.contains(prefix);
    let is_less = !area.active || before.drawing != area.drawing || !before.postal.iter().all(stays);
    if before.active && is_less {
        look_again(tx, area.id, &Changed::Area { before }, now).await?;
    }
    Ok(true)
}

fn drawing_text(area: &Area) -> Result<Option<String>, Error> {
    let text = area.drawing.as_ref().map(serde_json::to_string).transpose();
    text.map_err(|error| Error::Bug(format!("a drawing: {error}")))
}

async fn put_postal(tx: &mut Tx, area: &Area) -> Result<(), Error> {
    let sql = "delete from area_postal where area = $1";
    sqlx::query(sql).bind(area.id.to_string()).execute(tx.sql()).await?;
    let prefixes: Vec<&PostalPrefix> = area.postal.iter().collect::<BTreeSet<_>>().into_iter().collect();
    for prefixes in prefixes.chunks(500) {
        let sql = format!("insert into area_postal (area, country, prefix) values {}", values(prefixes.len(), 3));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for prefix in prefixes {
            query = query.bind(area.id.to_string()).bind(prefix.country.clone()).bind(prefix.prefix.clone());
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}
