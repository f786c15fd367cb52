//! Many experts at once, each whole: a few statements for a thousand of them, so that an import fits in one
//! transaction.

use super::BINDS_MAX;
use super::experts::touch;
use crate::db::{Error, Tx, values};
use crate::workforce::{ExpertDetails, ShiftDay, ShiftRow};
use shared::ids::{AreaId, ExpertId};
use shared::skills::Skills;
use shared::text::fold_key;
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// An expert to be kept, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExpert {
    /// Who.
    pub id: ExpertId,
    /// What people may change of him.
    pub details: ExpertDetails,
    /// What he can do. All of them must exist.
    pub skills: Skills,
    /// Where he serves. All of them must exist.
    pub areas: BTreeSet<AreaId>,
    /// When he works and can be called.
    pub shifts: Vec<ShiftRow>,
    /// Not switched off.
    pub active: bool,
}

/// New experts, on duty, since their shifts say when they work.
pub async fn create_many(tx: &mut Tx, experts: &[NewExpert], now: Timestamp) -> Result<(), Error> {
    insert_experts(tx, experts, now).await?;
    insert_skills(tx, experts).await?;
    insert_areas(tx, experts).await?;
    insert_shifts(tx, experts).await?;
    for expert in experts {
        touch(tx, expert.id);
    }
    Ok(())
}

async fn insert_experts(tx: &mut Tx, experts: &[NewExpert], now: Timestamp) -> Result<(), Error> {
    const COLUMNS: usize = 19;
    for experts in experts.chunks(BINDS_MAX / COLUMNS) {
        let sql = format!(
            "insert into expert (id, name, name_key, email, phone, home_line1, home_city, home_postal_code,
               home_country, home_lat_e7, home_lon_e7, zone, languages, locale, active, on_duty, ver, created_at,
               sms)
             values {}",
            values(experts.len(), COLUMNS)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for NewExpert { id, details, active, .. } in experts {
            let home = &details.home;
            query = query
                .bind(id.to_string())
                .bind(details.name.to_string())
                .bind(fold_key(details.name.as_str()))
                .bind(details.email.to_string())
                .bind(details.phone.to_string())
                .bind(home.line1.as_ref().map(ToString::to_string))
                .bind(home.city.to_string())
                .bind(home.postal_code.clone())
                .bind(home.country.clone())
                .bind(home.place.lat_e7())
                .bind(home.place.lon_e7())
                .bind(home.zone.name().to_string())
                .bind(details.languages.join(","))
                .bind(details.locale.clone())
                .bind(i64::from(*active))
                .bind(1_i64)
                .bind(1_i64)
                .bind(now.as_millis())
                .bind(details.sms.word().to_owned());
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

async fn insert_skills(tx: &mut Tx, experts: &[NewExpert]) -> Result<(), Error> {
    let of = |expert: &NewExpert| {
        let id = expert.id;
        expert.skills.0.clone().into_iter().map(move |(skill, level)| (id, skill, level))
    };
    let rows: Vec<_> = experts.iter().flat_map(of).collect();
    for rows in rows.chunks(BINDS_MAX / 3) {
        let sql = format!("insert into expert_skill (expert, skill, level) values {}", values(rows.len(), 3));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (expert, skill, level) in rows {
            query = query.bind(expert.to_string()).bind(skill.to_string()).bind(i64::from(*level));
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

async fn insert_areas(tx: &mut Tx, experts: &[NewExpert]) -> Result<(), Error> {
    let of = |expert: &NewExpert| {
        let id = expert.id;
        expert.areas.clone().into_iter().map(move |area| (id, area))
    };
    let rows: Vec<_> = experts.iter().flat_map(of).collect();
    for rows in rows.chunks(BINDS_MAX / 2) {
        let sql = format!("insert into expert_area (expert, area) values {}", values(rows.len(), 2));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (expert, area) in rows {
            query = query.bind(expert.to_string()).bind(area.to_string());
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

async fn insert_shifts(tx: &mut Tx, experts: &[NewExpert]) -> Result<(), Error> {
    let of = |expert: &NewExpert| {
        let id = expert.id;
        expert.shifts.clone().into_iter().map(move |shift| (id, shift))
    };
    let rows: Vec<_> = experts.iter().flat_map(of).collect();
    for rows in rows.chunks(BINDS_MAX / 7) {
        insert_shift_rows(tx, rows).await?;
    }
    Ok(())
}

/// Adds shifts; at most so many that their binds fit in a statement.
pub(super) async fn insert_shift_rows(tx: &mut Tx, rows: &[(ExpertId, ShiftRow)]) -> Result<(), Error> {
    let sql = format!(
        "insert into shift (id, expert, weekday, on_date, start_minute, end_minute, on_call) values {}",
        values(rows.len(), 7)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (expert, shift) in rows {
        let (weekday, on_date) = match shift.day {
            ShiftDay::Weekly(day) => (Some(i64::from(day)), None),
            ShiftDay::On(date) => (None, Some(date.to_string())),
        };
        query = query.bind(shift.id.to_string()).bind(expert.to_string()).bind(weekday).bind(on_date);
        query = query.bind(i64::from(shift.start_minute)).bind(i64::from(shift.end_minute));
        query = query.bind(i64::from(shift.on_call));
    }
    query.execute(tx.sql()).await?;
    Ok(())
}
