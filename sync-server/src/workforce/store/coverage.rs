//! Which areas a site lies in, by its postal code and by the place itself, and who is concerned by an area or a skill.

use super::areas_covering;
use crate::db::columns::{number, parsed};
use crate::db::{Conn, Error};
use crate::workforce::polygon::Polygons;
use shared::ids::{AreaId, ExpertId, SkillId};
use shared::place::Place;
use shared::skills::Level;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Areas that are drawn.
const DRAWN_MAX: i64 = 2_000;
/// Experts with one skill, or of one area.
const EXPERTS_MAX: i64 = 5_000;

/// What was found out on one snapshot, so that many sites ask few questions.
#[derive(Debug, Default)]
pub struct Coverage {
    by_code: BTreeMap<(String, String), BTreeSet<AreaId>>,
    drawn: Option<Vec<(AreaId, Polygons)>>,
}

impl Coverage {
    /// The active areas that a site lies in.
    pub async fn of(
        &mut self,
        conn: &mut Conn,
        country: &str,
        postal_code: &str,
        place: Place,
    ) -> Result<BTreeSet<AreaId>, Error> {
        let key = (country.to_owned(), postal_code.to_owned());
        let by_code = match self.by_code.get(&key) {
            Some(areas) => areas.clone(),
            None => areas_covering(conn, country, postal_code).await?,
        };
        self.by_code.insert(key, by_code.clone());
        let drawn = match self.drawn.take() {
            Some(drawn) => drawn,
            None => read_drawn(conn).await?,
        };
        let mut areas = by_code;
        areas.extend(drawn.iter().filter(|(_, drawing)| drawing.holds(place)).map(|(area, _)| *area));
        self.drawn = Some(drawn);
        Ok(areas)
    }
}

/// The active areas that one site lies in.
pub async fn areas_at(
    conn: &mut Conn,
    country: &str,
    postal_code: &str,
    place: Place,
) -> Result<BTreeSet<AreaId>, Error> {
    Coverage::default().of(conn, country, postal_code, place).await
}

async fn read_drawn(conn: &mut Conn) -> Result<Vec<(AreaId, Polygons)>, Error> {
    let sql = "select id, drawing from area where active = 1 and drawing is not null order by id limit $1";
    let rows = sqlx::query(sql).bind(DRAWN_MAX).fetch_all(conn.sql()).await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "id")?, drawing(row)?.ok_or_else(|| Error::Bug("no drawing".into()))?)))
        .collect()
}

/// The column `drawing`.
pub(super) fn drawing(row: &AnyRow) -> Result<Option<Polygons>, Error> {
    let text: Option<String> = row.try_get("drawing")?;
    let read = |text: String| serde_json::from_str(&text).map_err(|error| Error::Bug(format!("area.drawing: {error}")));
    text.map(read).transpose()
}

/// Everybody who serves an area.
pub async fn experts_in(conn: &mut Conn, area: AreaId) -> Result<Vec<ExpertId>, Error> {
    let sql = "select expert from expert_area where area = $1 order by expert limit $2";
    let rows = sqlx::query(sql).bind(area.to_string()).bind(EXPERTS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "expert")).collect()
}

/// Everybody with a skill, and how well, also where it is switched off.
pub async fn experts_with(conn: &mut Conn, skill: SkillId) -> Result<Vec<(ExpertId, Level)>, Error> {
    let sql = "select expert, level from expert_skill where skill = $1 order by expert limit $2";
    let rows = sqlx::query(sql).bind(skill.to_string()).bind(EXPERTS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((parsed(row, "expert")?, number(row, "level")?))).collect()
}
