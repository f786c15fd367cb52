//! The table category × symptom: what a ticket needs, with a default per category. Rows are only added: the highest
//! version counts, and an old ticket's need can be told from the row it came from.

use crate::db::columns::{flag, json, number, parsed};
use crate::db::{Conn, Error, Tx};
use crate::workforce::{Category, Changed, NeedRow, Symptom};
use shared::skills::Skills;
use shared::text::Slug;
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// Categories, and symptoms of all of them together.
const ROWS_MAX: i64 = 2_000;

/// What is to be needed from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNeed {
    /// Of which category.
    pub category: Slug,
    /// Of which symptom; none is the category's default.
    pub symptom: Option<Slug>,
    /// Every one of these, at least at its level.
    pub skills: Skills,
    /// How long the work takes.
    pub work_minutes: u32,
    /// Ahead of everything else.
    pub urgent: bool,
}

/// What a ticket of this category and symptom needs: the symptom's row, else the category's default. Nothing if the
/// category is not known or switched off, or has no default yet.
pub async fn need(conn: &mut Conn, category: &Slug, symptom: Option<&Slug>) -> Result<Option<NeedRow>, Error> {
    let symptom = symptom.map(ToString::to_string).unwrap_or_default();
    let sql = "select n.skills, n.work_minutes, n.urgent, n.ver, c.label, s.label as symptom_label,
          coalesce(s.danger, 0) as danger
        from need n join category c on c.slug = n.category
        left join symptom s on s.category = c.slug and s.slug = $2 and s.active = 1
        where n.category = $1 and c.active = 1 and (n.symptom = '' or n.symptom = s.slug)
        order by n.symptom desc, n.ver desc limit 1";
    let row = sqlx::query(sql).bind(category.to_string()).bind(symptom).fetch_optional(conn.sql()).await?;
    let Some(row) = row else { return Ok(None) };
    let danger = flag(&row, "danger")?;
    Ok(Some(NeedRow {
        skills: json(&row, "skills")?,
        work_minutes: number(&row, "work_minutes")?,
        urgent: danger || flag(&row, "urgent")?,
        danger,
        ver: row.try_get("ver")?,
        category_label: row.try_get("label")?,
        symptom_label: row.try_get("symptom_label")?,
    }))
}

/// The whole table as it counts now, by category and symptom; the default of a category comes first.
pub async fn needs(conn: &mut Conn) -> Result<Vec<(NewNeed, i64)>, Error> {
    let sql = "select n.category, n.symptom, n.ver, n.skills, n.work_minutes, n.urgent from need n
        where n.ver = (select max(m.ver) from need m where m.category = n.category and m.symptom = n.symptom)
        order by n.category, n.symptom limit $1";
    let rows = sqlx::query(sql).bind(ROWS_MAX).fetch_all(conn.sql()).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let symptom: String = row.try_get("symptom")?;
        let need = NewNeed {
            category: parsed(row, "category")?,
            symptom: if symptom.is_empty() { None } else { Some(parsed(row, "symptom")?) },
            skills: json(row, "skills")?,
            work_minutes: number(row, "work_minutes")?,
            urgent: flag(row, "urgent")?,
        };
        found.push((need, row.try_get("ver")?));
    }
    Ok(found)
}

/// What the form offers: active categories with their active symptoms.
pub async fn categories(conn: &mut Conn) -> Result<Vec<Category>, Error> {
    let sql = "select category, slug, label, danger from symptom where active = 1
        order by category, place_in_list, slug limit $1";
    let rows = sqlx::query(sql).bind(ROWS_MAX).fetch_all(conn.sql()).await?;
    let mut symptoms: BTreeMap<Slug, Vec<Symptom>> = BTreeMap::new();
    for row in &rows {
        let symptom =
            Symptom { slug: parsed(row, "slug")?, label: parsed(row, "label")?, danger: flag(row, "danger")? };
        symptoms.entry(parsed(row, "category")?).or_default().push(symptom);
    }
    let sql = "select slug, label from category where active = 1 order by place_in_list, slug limit $1";
    let rows = sqlx::query(sql).bind(ROWS_MAX).fetch_all(conn.sql()).await?;
    let read = |row| {
        let slug = parsed(row, "slug")?;
        let symptoms = symptoms.remove(&slug).unwrap_or_default();
        Ok(Category { slug, label: parsed(row, "label")?, symptoms })
    };
    rows.iter().map(read).collect()
}

/// A category as the form is to show it, at this place in the list. Its symptoms stay as they are.
pub async fn put_category(tx: &mut Tx, category: &Category, place_in_list: i64, active: bool) -> Result<(), Error> {
    let sql = "insert into category (slug, label, place_in_list, active) values ($1, $2, $3, $4)
        on conflict (slug) do update set label = excluded.label, place_in_list = excluded.place_in_list,
          active = excluded.active";
    let query = sqlx::query(sql).bind(category.slug.to_string()).bind(category.label.to_string());
    query.bind(place_in_list).bind(i64::from(active)).execute(tx.sql()).await?;
    Ok(())
}

/// A symptom of a category that exists, at this place in its list.
pub async fn put_symptom(
    tx: &mut Tx,
    category: &Slug,
    symptom: &Symptom,
    place_in_list: i64,
    active: bool,
) -> Result<(), Error> {
    let sql = "insert into symptom (category, slug, label, place_in_list, danger, active)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (category, slug) do update set label = excluded.label, place_in_list = excluded.place_in_list,
          danger = excluded.danger, active = excluded.active";
    let query = sqlx::query(sql).bind(category.to_string()).bind(symptom.slug.to_string());
    let query = query.bind(symptom.label.to_string()).bind(place_in_list).bind(i64::from(symptom.danger));
    query.bind(i64::from(active)).execute(tx.sql()).await?;
    Ok(())
}

/// A new version of a row of the table; the category must exist. Gives back the version. Open tickets of that row follow
/// it, and what was promised against it goes back.
pub async fn put_need(tx: &mut Tx, need: &NewNeed, now: Timestamp) -> Result<i64, Error> {
    let skills = serde_json::to_string(&need.skills).map_err(|error| Error::Bug(format!("skills: {error}")))?;
    let before = self::need(tx, &need.category, need.symptom.as_ref()).await?;
    // Two editors at once take turns on the category's row, so that their versions differ.
    let sql = format!("select slug from category where slug = $1{}", tx.for_update());
    sqlx::query(AssertSqlSafe(sql)).bind(need.category.to_string()).fetch_optional(tx.sql()).await?;
    let sql = "insert into need (category, symptom, ver, skills, work_minutes, urgent, made_at)
        select $1, $2, coalesce(max(n.ver), 0) + 1, $3, $4, $5, $6 from need n where n.category = $1 and n.symptom = $2
        returning ver";
    let query = sqlx::query(sql)
        .bind(need.category.to_string())
        .bind(need.symptom.as_ref().map(ToString::to_string).unwrap_or_default())
        .bind(skills)
        .bind(i64::from(need.work_minutes))
        .bind(i64::from(need.urgent))
        .bind(now.as_millis());
    let ver = query.fetch_one(tx.sql()).await?.try_get("ver")?;
    let is_other = |row: &NeedRow| row.skills != need.skills || row.work_minutes != need.work_minutes;
    if let Some(NeedRow { skills, work_minutes, .. }) = before.filter(is_other) {
        let (category, symptom) = (need.category.clone(), need.symptom.clone());
        let subject = format!("{category}:{}", symptom.as_ref().map_or("", Slug::as_str));
        super::catalogue::look_again(tx, subject, &Changed::Need { category, symptom, skills, work_minutes }, now)
            .await?;
    }
    Ok(ver)
}
