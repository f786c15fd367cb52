//! What an expert can do, where and when: sets that are replaced whole, because that is how people edit them.

use super::BINDS_MAX;
use super::experts::raise;
use super::many::insert_shift_rows;
use super::rosters::{holidays_in, roster};
use crate::db::columns::{instant, parsed, parsed_opt};
use crate::db::{Conn, Error, Tx, values};
use crate::jobs::{self, NewJob};
use crate::workforce::{Absence, Before, ShiftRow};
use shared::ids::{AbsenceId, AreaId, ExpertId};
use shared::skills::Skills;
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// Puts these skills in place of those he had. All of them must exist. What he has promised and no longer may goes back.
pub async fn replace_skills(tx: &mut Tx, expert: ExpertId, skills: &Skills, now: Timestamp) -> Result<(), Error> {
    let had = roster(tx, expert).await?.map(|roster| roster.skills).unwrap_or_default();
    if !skills.missing(&had).is_empty() {
        less(tx, expert, Before { skills: Some(had), ..Before::default() }, now).await?;
    }
    let sql = "delete from expert_skill where expert = $1";
    sqlx::query(sql).bind(expert.to_string()).execute(tx.sql()).await?;
    if !skills.0.is_empty() {
        let rows = values(skills.0.len(), 3);
        let sql = format!("insert into expert_skill (expert, skill, level) values {rows}");
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (skill, level) in &skills.0 {
            query = query.bind(expert.to_string()).bind(skill.to_string()).bind(i64::from(*level));
        }
        query.execute(tx.sql()).await?;
    }
    raise(tx, expert).await
}

/// Puts these areas in place of those he served. All of them must exist. What he has promised and no longer may goes
/// back.
pub async fn replace_areas(
    tx: &mut Tx,
    expert: ExpertId,
    areas: &BTreeSet<AreaId>,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(had) = roster(tx, expert).await? {
        // A new area may bring a holiday.
        let rests = holidays_in(tx, &had.expert.home_country, areas).await?;
        if !had.areas.is_subset(areas) || !rests.is_subset(&had.holidays) {
            less(tx, expert, Before { areas: Some(had.areas), ..Before::default() }, now).await?;
        }
    }
    let sql = "delete from expert_area where expert = $1";
    sqlx::query(sql).bind(expert.to_string()).execute(tx.sql()).await?;
    if !areas.is_empty() {
        let sql = format!("insert into expert_area (expert, area) values {}", values(areas.len(), 2));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for area in areas {
            query = query.bind(expert.to_string()).bind(area.to_string());
        }
        query.execute(tx.sql()).await?;
    }
    raise(tx, expert).await
}

/// Puts these shifts and on-call times in place of those he had. What he has promised outside of them goes back.
pub async fn replace_shifts(tx: &mut Tx, expert: ExpertId, shifts: &[ShiftRow], now: Timestamp) -> Result<(), Error> {
    let had = roster(tx, expert).await?.map(|roster| roster.shifts).unwrap_or_default();
    let stays = |shift: &ShiftRow| shifts.iter().any(|new| new.spec() == shift.spec());
    if !had.iter().all(stays) {
        less(tx, expert, Before { shifts: Some(had), ..Before::default() }, now).await?;
    }
    let sql = "delete from shift where expert = $1";
    sqlx::query(sql).bind(expert.to_string()).execute(tx.sql()).await?;
    let rows: Vec<_> = shifts.iter().map(|shift| (expert, *shift)).collect();
    for rows in rows.chunks(BINDS_MAX / 7) {
        insert_shift_rows(tx, rows).await?;
    }
    raise(tx, expert).await
}

/// He can be asked less than before: somebody looks at what he has promised. A job for each change, since each says what
/// was before it.
pub(super) async fn less(tx: &mut Tx, expert: ExpertId, before: Before, now: Timestamp) -> Result<(), Error> {
    let change: AbsenceId = tx.new_id();
    jobs::enqueue(tx, &[NewJob::new(jobs::Kind::ExpertAway, expert, now).keyed(change).with_body(&before)]).await
}

/// Adds a time in which he is away; what he has promised for it goes back. The same absence again is a no-op.
pub async fn add_absence(tx: &mut Tx, expert: ExpertId, absence: &Absence, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into absence (id, expert, from_at, until_at, reason, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";
    let query = sqlx::query(sql).bind(absence.id.to_string()).bind(expert.to_string()).bind(absence.from.as_millis());
    let query = query.bind(absence.until.as_millis()).bind(absence.reason.as_ref().map(ToString::to_string));
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    jobs::enqueue(tx, &[NewJob::new(jobs::Kind::ExpertAway, expert, now)]).await?;
    raise(tx, expert).await
}

/// Takes an absence back. Says whether it was his.
pub async fn remove_absence(tx: &mut Tx, expert: ExpertId, absence: AbsenceId) -> Result<bool, Error> {
    let sql = "delete from absence where id = $1 and expert = $2";
    let gone = sqlx::query(sql).bind(absence.to_string()).bind(expert.to_string()).execute(tx.sql()).await?;
    let was_there = gone.rows_affected() == 1;
    if was_there {
        raise(tx, expert).await?;
    }
    Ok(was_there)
}

/// His absences that end after `since`, the first first, at most `limit`.
pub async fn absences(conn: &mut Conn, expert: ExpertId, since: Timestamp, limit: i64) -> Result<Vec<Absence>, Error> {
    let sql = "select id, from_at, until_at, reason from absence where expert = $1 and until_at > $2
        order by from_at, id limit $3";
    let query = sqlx::query(sql).bind(expert.to_string()).bind(since.as_millis()).bind(limit);
    let rows = query.fetch_all(conn.sql()).await?;
    let read = |row| {
        Ok(Absence {
            id: parsed(row, "id")?,
            from: instant(row, "from_at")?,
            until: instant(row, "until_at")?,
            reason: parsed_opt(row, "reason")?,
        })
    };
    rows.iter().map(read).collect()
}
