//! Experts with everything that says what they can be asked, in a handful of statements however many there are.

use super::experts::{columns, read};
use super::{BINDS_MAX, binds};
use crate::db::columns::{flag, instant, number, parsed, parsed_opt};
use crate::db::{Conn, Error};
use crate::workforce::{Roster, ShiftDay, ShiftRow};
use shared::document::AwayDoc;
use shared::ids::{AreaId, ExpertId};
use shared::skills::{Level, Skills};
use shared::time::Date;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Active experts that matching looks at; a business with more needs a matcher per region.
pub const EXPERTS_MAX: i64 = 5_000;
/// Rows of each of their sets.
const ROWS_MAX: i64 = 200_000;

/// All active experts, in the order of their ids.
pub async fn rosters(conn: &mut Conn) -> Result<Vec<Roster>, Error> {
    let sql = format!("select {} from expert e where e.active = 1 order by e.id limit $1", columns());
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(EXPERTS_MAX).fetch_all(conn.sql()).await?;
    fill(conn, &rows, None).await
}

/// One expert, active or not.
pub async fn roster(conn: &mut Conn, id: ExpertId) -> Result<Option<Roster>, Error> {
    let sql = format!("select {} from expert e where e.id = $1", columns());
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_all(conn.sql()).await?;
    Ok(fill(conn, &rows, Some(id)).await?.pop())
}

/// Reads the sets of one expert, or of all.
async fn fill(conn: &mut Conn, rows: &[AnyRow], only: Option<ExpertId>) -> Result<Vec<Roster>, Error> {
    let mut rosters = BTreeMap::new();
    for row in rows {
        let expert = read(row)?;
        let (skills, areas, shifts, absences) = (Skills::default(), BTreeSet::new(), Vec::new(), Vec::new());
        let holidays = BTreeSet::new();
        rosters.insert(expert.id, Roster { expert, skills, areas, shifts, absences, holidays });
    }
    let sql = "select s.expert, s.skill, s.level from expert_skill s join skill k on k.id = s.skill
        where k.active = 1 and ($1 = '' or s.expert = $1) limit $2";
    for row in set(conn, sql, only).await? {
        let Some(roster) = rosters.get_mut(&parsed(&row, "expert")?) else { continue };
        roster.skills.0.insert(parsed(&row, "skill")?, number::<Level>(&row, "level")?);
    }
    let sql = "select s.expert, s.area from expert_area s join area a on a.id = s.area
        where a.active = 1 and ($1 = '' or s.expert = $1) limit $2";
    for row in set(conn, sql, only).await? {
        let Some(roster) = rosters.get_mut(&parsed(&row, "expert")?) else { continue };
        roster.areas.insert(parsed(&row, "area")?);
    }
    let sql = "select id, expert, weekday, on_date, start_minute, end_minute, on_call from shift
        where ($1 = '' or expert = $1) order by expert, coalesce(weekday, 8), coalesce(on_date, ''), start_minute, id limit $2";
    for row in set(conn, sql, only).await? {
        let Some(roster) = rosters.get_mut(&parsed(&row, "expert")?) else { continue };
        roster.shifts.push(read_shift(&row)?);
    }
    let sql = "select expert, from_at, until_at from absence where ($1 = '' or expert = $1)
        order by until_at desc, id limit $2";
    for row in set(conn, sql, only).await? {
        let Some(roster) = rosters.get_mut(&parsed(&row, "expert")?) else { continue };
        roster.absences.push((instant(&row, "from_at")?, instant(&row, "until_at")?));
    }
    for holiday in super::limits::holidays(conn).await? {
        let here = |roster: &&mut Roster| {
            roster.expert.home_country == holiday.country
                && holiday.area.is_none_or(|area| roster.areas.contains(&area))
        };
        for roster in rosters.values_mut().filter(here) {
            roster.holidays.insert(holiday.on);
        }
    }
    Ok(rosters.into_values().collect())
}

/// Days off for whoever serves these areas of a country.
pub async fn holidays_in(conn: &mut Conn, country: &str, areas: &BTreeSet<AreaId>) -> Result<BTreeSet<Date>, Error> {
    let all = super::limits::holidays(conn).await?;
    let theirs = all
        .into_iter()
        .filter(|holiday| holiday.country == country && holiday.area.is_none_or(|area| areas.contains(&area)));
    Ok(theirs.map(|holiday| holiday.on).collect())
}

async fn set(conn: &mut Conn, sql: &'static str, only: Option<ExpertId>) -> Result<Vec<AnyRow>, Error> {
    let only = only.map(|id| id.to_string()).unwrap_or_default();
    Ok(sqlx::query(sql).bind(only).bind(ROWS_MAX).fetch_all(conn.sql()).await?)
}

/// The shifts of these experts.
pub(super) async fn shifts_of(conn: &mut Conn, ids: &[ExpertId]) -> Result<BTreeMap<ExpertId, Vec<ShiftRow>>, Error> {
    let mut found: BTreeMap<ExpertId, Vec<ShiftRow>> = BTreeMap::new();
    for ids in ids.chunks(BINDS_MAX) {
        let sql = format!(
            "select id, expert, weekday, on_date, start_minute, end_minute, on_call from shift
             where expert in ({}) order by expert, coalesce(weekday, 8), coalesce(on_date, ''), start_minute, id limit $1",
            binds(2, ids.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(ROWS_MAX);
        for id in ids {
            query = query.bind(id.to_string());
        }
        for row in query.fetch_all(conn.sql()).await? {
            found.entry(parsed(&row, "expert")?).or_default().push(read_shift(&row)?);
        }
    }
    Ok(found)
}

/// Absences of one expert that his phone is shown.
const AWAY_SHOWN: usize = 20;

/// When these experts are away, the last first.
pub(super) async fn absences_of(conn: &mut Conn, ids: &[ExpertId]) -> Result<BTreeMap<ExpertId, Vec<AwayDoc>>, Error> {
    let mut found: BTreeMap<ExpertId, Vec<AwayDoc>> = BTreeMap::new();
    for ids in ids.chunks(BINDS_MAX) {
        let sql = format!(
            "select expert, from_at, until_at from absence where expert in ({}) order by until_at desc, id limit $1",
            binds(2, ids.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(ROWS_MAX);
        for id in ids {
            query = query.bind(id.to_string());
        }
        for row in query.fetch_all(conn.sql()).await? {
            let shown = found.entry(parsed(&row, "expert")?).or_default();
            if shown.len() < AWAY_SHOWN {
                shown.push(AwayDoc { from: instant(&row, "from_at")?, until: instant(&row, "until_at")? });
            }
        }
    }
    Ok(found)
}

fn read_shift(row: &AnyRow) -> Result<ShiftRow, Error> {
    let day = match (row.try_get::<Option<i64>, _>("weekday")?, parsed_opt::<Date>(row, "on_date")?) {
        (_, Some(date)) => ShiftDay::On(date),
        (Some(day), None) => {
            let day = u8::try_from(day).ok().filter(|day| (1..=7).contains(day));
            ShiftDay::Weekly(day.ok_or_else(|| Error::Bug("a shift's weekday is not 1 to 7".into()))?)
        }
        (None, None) => return Err(Error::Bug("a shift has no day".into())),
    };
    Ok(ShiftRow {
        id: parsed(row, "id")?,
        day,
        start_minute: number(row, "start_minute")?,
        end_minute: number(row, "end_minute")?,
        on_call: flag(row, "on_call")?,
    })
}
