//! Experts: who they are and where they were last seen.

use super::{BINDS_MAX, binds, days, rosters};
use crate::db::columns::{flag, instant_opt, parsed, parsed_opt, place, place_opt};
use crate::db::{Conn, Error, Tx};
use crate::feed::{Entity, Kind, Op, Stream};
use crate::jobs::{self, NewJob};
use crate::workforce::{Before, Expert, ExpertDetails, SmsRule};
use shared::document::ExpertDoc;
use shared::ids::{AreaId, ExpertId, SkillId};
use shared::place::Place;
use shared::sync::Location;
use shared::text::fold_key;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str = "e.id, e.name, e.email, e.phone, e.home_line1, e.home_city, e.home_postal_code, e.home_country,
    e.home_lat_e7, e.home_lon_e7, e.zone, e.languages, e.locale, e.sms, e.active, e.on_duty, e.ver, e.position_lat_e7,
    e.position_lon_e7, e.position_at, e.arrival_lat_e7, e.arrival_lon_e7, e.arrival_at";

/// The columns that [`read`] wants, of a table called `e`.
pub(super) fn columns() -> &'static str {
    COLUMNS
}

pub(super) fn read(row: &AnyRow) -> Result<Expert, Error> {
    let seen = |lat: &str, lon: &str, at: &str| Ok::<_, Error>(place_opt(row, lat, lon)?.zip(instant_opt(row, at)?));
    Ok(Expert {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        email: parsed(row, "email")?,
        phone: parsed(row, "phone")?,
        home: place(row, "home_lat_e7", "home_lon_e7")?,
        home_line1: parsed_opt(row, "home_line1")?,
        home_city: parsed(row, "home_city")?,
        home_postal_code: row.try_get("home_postal_code")?,
        home_country: row.try_get("home_country")?,
        zone: parsed(row, "zone")?,
        languages: row.try_get::<String, _>("languages")?.split(',').map(str::to_owned).collect(),
        locale: row.try_get("locale")?,
        sms: sms(row)?,
        active: flag(row, "active")?,
        on_duty: flag(row, "on_duty")?,
        ver: row.try_get("ver")?,
        position: seen("position_lat_e7", "position_lon_e7", "position_at")?,
        arrival: seen("arrival_lat_e7", "arrival_lon_e7", "arrival_at")?,
    })
}

fn sms(row: &AnyRow) -> Result<SmsRule, Error> {
    let word: String = row.try_get("sms")?;
    SmsRule::from_word(&word).ok_or_else(|| Error::Bug(format!("expert.sms is {word:?}")))
}

/// Holds the expert's row until the commit, and reads it. What decides on an expert's day begins with this.
pub async fn lock(tx: &mut Tx, id: ExpertId) -> Result<Option<Expert>, Error> {
    let sql = format!("select {COLUMNS} from expert e where e.id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// An expert.
pub async fn expert(conn: &mut Conn, id: ExpertId) -> Result<Option<Expert>, Error> {
    let sql = format!("select {COLUMNS} from expert e where e.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Active experts with this phone: usually one.
pub async fn experts_by_phone(conn: &mut Conn, phone: &shared::text::Phone, limit: i64) -> Result<Vec<Expert>, Error> {
    let sql = format!("select {COLUMNS} from expert e where e.phone = $1 and e.active = 1 order by e.id limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(phone.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// These experts, in the order of their ids; who is not there is left out.
pub async fn experts_by_ids(conn: &mut Conn, ids: &[ExpertId]) -> Result<Vec<Expert>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BINDS_MAX) {
        let sql = format!("select {COLUMNS} from expert e where e.id in ({}) order by e.id", binds(1, ids.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for id in ids {
            query = query.bind(id.to_string());
        }
        for row in query.fetch_all(conn.sql()).await? {
            found.push(read(&row)?);
        }
    }
    found.sort_unstable_by_key(|expert| expert.id);
    found.dedup_by_key(|expert| expert.id);
    Ok(found)
}

/// What phones keep of these experts.
pub async fn docs(conn: &mut Conn, ids: &[ExpertId]) -> Result<Vec<ExpertDoc>, Error> {
    let experts = experts_by_ids(conn, ids).await?;
    let mut shifts = rosters::shifts_of(conn, ids).await?;
    let mut away = rosters::absences_of(conn, ids).await?;
    let doc = |expert: Expert| ExpertDoc {
        id: expert.id,
        ver: expert.ver,
        name: expert.name.into(),
        on_duty: expert.on_duty,
        zone: expert.zone,
        shifts: shifts.remove(&expert.id).unwrap_or_default().iter().map(in_words).collect(),
        away: away.remove(&expert.id).unwrap_or_default(),
    };
    Ok(experts.into_iter().map(doc).collect())
}

fn in_words(shift: &crate::workforce::ShiftRow) -> String {
    let words = shift.spec().words();
    if shift.on_call { format!("{words} (on call)") } else { words }
}

/// Which experts to list. Filters that are none hold for all.
#[derive(Clone, Debug, Default)]
pub struct ListExperts {
    /// Only those whose name, folded, holds this.
    pub name_key: Option<String>,
    /// Only active or only inactive ones.
    pub active: Option<bool>,
    /// Only those who can do this.
    pub skill: Option<SkillId>,
    /// Only those who serve there.
    pub area: Option<AreaId>,
    /// The last one of the page before: his folded name and id.
    pub after: Option<(String, ExpertId)>,
    /// How many at most.
    pub limit: i64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The experts, by name.
    pub experts: Vec<Expert>,
    /// Where the next page begins; none at the end.
    pub next: Option<(String, ExpertId)>,
}

/// Experts by name, a page at a time. The filters are one statement with all its binds, so that it is prepared once.
pub async fn list(conn: &mut Conn, wanted: ListExperts) -> Result<Page, Error> {
    let sql = format!(
        "select {COLUMNS}, e.name_key from expert e
         where (e.name_key > $1 or (e.name_key = $1 and e.id > $2))
           and ($3 = '' or replace(e.name_key, $3, '') <> e.name_key)
           and ($4 = -1 or e.active = $4)
           and ($5 = '' or e.id in (select expert from expert_skill where skill = $5))
           and ($6 = '' or e.id in (select expert from expert_area where area = $6))
         order by e.name_key, e.id limit $7"
    );
    let (after_key, after_id) = wanted.after.map_or_else(Default::default, |(key, id)| (key, id.to_string()));
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(after_key)
        .bind(after_id)
        .bind(wanted.name_key.unwrap_or_default())
        .bind(wanted.active.map_or(-1, i64::from))
        .bind(wanted.skill.map(|id| id.to_string()).unwrap_or_default())
        .bind(wanted.area.map(|id| id.to_string()).unwrap_or_default())
        .bind(wanted.limit + 1);
    let mut rows = query.fetch_all(conn.sql()).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > wanted.limit);
    if more {
        rows.pop();
    }
    let experts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let last = rows.last().filter(|_| more).map(|row| row.try_get::<String, _>("name_key")).transpose()?;
    let next = last.zip(experts.last().map(|expert| expert.id));
    Ok(Page { experts, next })
}

/// A new expert: active and on duty, since his shifts say when he works.
pub async fn create(tx: &mut Tx, id: ExpertId, details: &ExpertDetails, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into expert (id, name, name_key, email, phone, home_line1, home_city, home_postal_code,
          home_country, home_lat_e7, home_lon_e7, zone, languages, locale, active, on_duty, ver, created_at, sms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, 1, 1, $15, $16)";
    let home = &details.home;
    sqlx::query(sql)
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
        .bind(now.as_millis())
        .bind(details.sms.word().to_owned())
        .execute(tx.sql())
        .await?;
    touch(tx, id);
    Ok(())
}

/// Puts these details in place of what was there.
pub async fn replace(tx: &mut Tx, id: ExpertId, details: &ExpertDetails, now: Timestamp) -> Result<(), Error> {
    // His shifts are by the clocks of his home: where these are others, so are the instants at which he works.
    let was = expert(tx, id).await?.map(|was| was.zone).filter(|was| *was != details.home.zone);
    if let Some(zone) = was {
        days::less(tx, id, Before { zone: Some(zone), ..Before::default() }, now).await?;
    }
    let sql = "update expert set name = $2, name_key = $3, email = $4, phone = $5, home_line1 = $6, home_city = $7,
          home_postal_code = $8, home_country = $9, home_lat_e7 = $10, home_lon_e7 = $11, zone = $12, languages = $13,
          locale = $14, sms = $15, ver = ver + 1
        where id = $1";
    let home = &details.home;
    sqlx::query(sql)
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
        .bind(details.sms.word().to_owned())
        .execute(tx.sql())
        .await?;
    touch(tx, id);
    Ok(())
}

/// Switches an expert off or on again; who is off gives back what he has promised. Says whether that changed anything.
pub async fn set_active(tx: &mut Tx, id: ExpertId, active: bool, now: Timestamp) -> Result<bool, Error> {
    let sql = "update expert set active = $2, ver = ver + 1 where id = $1 and active <> $2";
    let changed = sqlx::query(sql).bind(id.to_string()).bind(i64::from(active)).execute(tx.sql()).await?;
    if changed.rows_affected() == 1 {
        let kind = if active { jobs::Kind::MatchTicket } else { jobs::Kind::ExpertAway };
        jobs::enqueue(tx, &[NewJob::new(kind, id, now)]).await?;
    }
    Ok(touch_if(tx, id, changed.rows_affected() == 1))
}

/// Puts an expert on duty or off. Says whether that changed anything; if so, the feed has it.
pub async fn set_duty(tx: &mut Tx, id: ExpertId, on: bool, _now: Timestamp) -> Result<bool, Error> {
    let sql = "update expert set on_duty = $2, ver = ver + 1 where id = $1 and on_duty <> $2";
    let changed = sqlx::query(sql).bind(id.to_string()).bind(i64::from(on)).execute(tx.sql()).await?;
    Ok(touch_if(tx, id, changed.rows_affected() == 1))
}

/// Keeps where an expert's phone was, unless a later report is there already.
pub async fn set_position(tx: &mut Tx, id: ExpertId, seen: &Location) -> Result<(), Error> {
    let sql = "update expert set position_lat_e7 = $2, position_lon_e7 = $3, position_at = $4
        where id = $1 and (position_at is null or position_at < $4)";
    place_at(tx, sql, id, seen.place, seen.at).await
}

/// Keeps where an expert last arrived, unless a later arrival is there already.
pub async fn set_arrival(tx: &mut Tx, id: ExpertId, place: Place, at: Timestamp) -> Result<(), Error> {
    let sql = "update expert set arrival_lat_e7 = $2, arrival_lon_e7 = $3, arrival_at = $4
        where id = $1 and (arrival_at is null or arrival_at <= $4)";
    place_at(tx, sql, id, place, at).await
}

async fn place_at(tx: &mut Tx, sql: &'static str, id: ExpertId, place: Place, at: Timestamp) -> Result<(), Error> {
    let query = sqlx::query(sql).bind(id.to_string()).bind(place.lat_e7()).bind(place.lon_e7()).bind(at.as_millis());
    query.execute(tx.sql()).await?;
    Ok(())
}

/// Forgets positions from before `before`, at most `limit` of them: they are kept 30 days. Gives back how many went.
pub async fn forget_positions(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "update expert set position_lat_e7 = null, position_lon_e7 = null, position_at = null
        where id in (select e.id from expert e where e.position_at < $1 order by e.position_at limit $2)";
    let gone = sqlx::query(sql).bind(before.as_millis()).bind(limit).execute(tx.sql()).await?;
    Ok(gone.rows_affected())
}

/// Raises an expert's `ver` after something else of him changed.
pub(super) async fn raise(tx: &mut Tx, id: ExpertId) -> Result<(), Error> {
    let sql = "update expert set ver = ver + 1 where id = $1";
    sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?;
    touch(tx, id);
    Ok(())
}

pub(super) fn touch(tx: &mut Tx, id: ExpertId) {
    tx.touch(Stream::of_expert(id), Entity::new(Kind::Expert, id), Op::Put);
}

fn touch_if(tx: &mut Tx, id: ExpertId, changed: bool) -> bool {
    if changed {
        touch(tx, id);
    }
    changed
}
