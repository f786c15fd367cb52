//! The rows of staff, each with its login.

use super::{Staff, StaffContact, StaffFields, StaffRole, Unchanged};
use crate::accounts::password::PasswordHash;
use crate::accounts::store::{self as logins, parsed, zone_of_row};
use crate::accounts::{HandleTaken, NewLogin, Profile};
use crate::db::{Conn, Error, Tx};
use shared::ids::StaffId;
use shared::text::fold_key;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str = "id, name, email, phone, role, locale, zone, active, ver";
/// Admins that are told; more would only read each other's mail.
const ADMINS_MAX: i64 = 50;

/// Creates somebody who may sign in. `now_real` is the real instant.
pub async fn create(
    tx: &mut Tx,
    id: StaffId,
    fields: &StaffFields,
    password: Option<PasswordHash>,
    now_real: Timestamp,
) -> Result<Result<(), HandleTaken>, Error> {
    let login = NewLogin {
        id: tx.new_id(),
        person: fields.role.person(id),
        profile: profile(fields),
        email: Some(fields.email.clone()),
        phone: fields.phone.clone(),
        password,
        now: now_real,
    };
    if let Err(taken) = logins::create_login(tx, login).await? {
        return Ok(Err(taken));
    }
    let sql = "insert into staff (id, name, name_key, email, phone, role, locale, zone, active, ver, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, $9)";
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(fields.name.to_string())
        .bind(fold_key(fields.name.as_str()))
        .bind(fields.email.to_string())
        .bind(fields.phone.as_ref().map(ToString::to_string))
        .bind(fields.role.role().word().to_string())
        .bind(fields.locale.clone())
        .bind(fields.zone.name().to_string())
        .bind(now_real.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(Ok(()))
}

/// Changes somebody whose version is `ver`.
pub async fn update(
    tx: &mut Tx,
    id: StaffId,
    ver: i64,
    fields: &StaffFields,
) -> Result<Result<Staff, Unchanged>, Error> {
    let Some(before) = locked(tx, id).await? else { return Ok(Err(Unchanged::Unknown)) };
    if before.ver != ver {
        return Ok(Err(Unchanged::Stale));
    }
    if fields.role == StaffRole::Agent && is_last_admin(tx, &before).await? {
        return Ok(Err(Unchanged::LastAdmin));
    }
    let person = fields.role.person(id);
    let set = logins::set_handles(tx, person, Some(&fields.email), fields.phone.as_ref()).await?;
    if let Err(taken) = set {
        return Ok(Err(taken.into()));
    }
    logins::set_profile(tx, person, &profile(fields)).await?;
    logins::set_role(tx, person).await?;
    let sql = "update staff set name = $1, name_key = $2, email = $3, phone = $4, role = $5, locale = $6, zone = $7,
        ver = ver + 1 where id = $8";
    sqlx::query(sql)
        .bind(fields.name.to_string())
        .bind(fold_key(fields.name.as_str()))
        .bind(fields.email.to_string())
        .bind(fields.phone.as_ref().map(ToString::to_string))
        .bind(fields.role.role().word().to_string())
        .bind(fields.locale.clone())
        .bind(fields.zone.name().to_string())
        .bind(id.to_string())
        .execute(tx.sql())
        .await?;
    Ok(Ok(before))
}

/// Lets somebody sign in, or not any more; gives back how they were.
pub async fn set_active(
    tx: &mut Tx,
    id: StaffId,
    active: bool,
    now_real: Timestamp,
) -> Result<Result<Staff, Unchanged>, Error> {
    let Some(before) = locked(tx, id).await? else { return Ok(Err(Unchanged::Unknown)) };
    if !active && is_last_admin(tx, &before).await? {
        return Ok(Err(Unchanged::LastAdmin));
    }
    logins::set_active(tx, before.fields.role.person(id), active, now_real).await?;
    let sql = "update staff set active = $1, ver = ver + 1 where id = $2";
    sqlx::query(sql).bind(i64::from(active)).bind(id.to_string()).execute(tx.sql()).await?;
    Ok(Ok(before))
}

/// Somebody, with the row held, and the rows of all admins with it: two admins who switch each other off at once must
/// not both succeed.
async fn locked(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>, Error> {
    let end = tx.for_update();
    let sql = format!("select id from staff where id = $1 or (role = 'admin' and active = 1) order by id{end}");
    sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_all(tx.sql()).await?;
    get(tx, id).await
}

async fn is_last_admin(conn: &mut Conn, staff: &Staff) -> Result<bool, Error> {
    if staff.fields.role != StaffRole::Admin || !staff.active {
        return Ok(false);
    }
    let sql = "select cast(count(*) as bigint) as n from staff where role = 'admin' and active = 1 and id <> $1";
    let row = sqlx::query(sql).bind(staff.id.to_string()).fetch_one(conn.sql()).await?;
    Ok(row.try_get::<i64, _>("n")? == 0)
}

/// Somebody.
pub async fn get(conn: &mut Conn, id: StaffId) -> Result<Option<Staff>, Error> {
    let sql = format!("select {COLUMNS} from staff where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.map(|row| of_row(&row)).transpose()
}

/// Everybody by name, from after this name's key and id on.
pub async fn list(conn: &mut Conn, after: Option<(String, String)>, limit: i64) -> Result<Vec<Staff>, Error> {
    let (key, id) = after.unwrap_or_default();
    let sql = format!(
        "select {COLUMNS} from staff where name_key > $1 or (name_key = $1 and id > $2)
         order by name_key, id limit $3"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(key).bind(id).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(of_row).collect()
}

/// How to tell one of the staff something; `None` when they no longer work here.
pub async fn contact(conn: &mut Conn, id: StaffId) -> Result<Option<StaffContact>, Error> {
    Ok(get(conn, id).await?.filter(|staff| staff.active).map(contact_of))
}

/// All active admins.
pub async fn admins_to_tell(conn: &mut Conn) -> Result<Vec<StaffContact>, Error> {
    let sql = format!("select {COLUMNS} from staff where role = 'admin' and active = 1 order by id limit $1");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(ADMINS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| of_row(row).map(contact_of)).collect()
}

fn contact_of(staff: Staff) -> StaffContact {
    let StaffFields { name, email, locale, zone, .. } = staff.fields;
    StaffContact { id: staff.id, name, email, locale, zone }
}

fn profile(fields: &StaffFields) -> Profile {
    Profile { name: fields.name.clone(), locale: fields.locale.clone(), zone: fields.zone.clone() }
}

fn of_row(row: &AnyRow) -> Result<Staff, Error> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let role = text("role")?;
    let role = [StaffRole::Agent, StaffRole::Admin].into_iter().find(|staff| staff.role().word() == role);
    Ok(Staff {
        id: parsed("staff.id", &text("id")?)?,
        fields: StaffFields {
            name: parsed("staff.name", &text("name")?)?,
            email: parsed("staff.email", &text("email")?)?,
            phone: row.try_get::<Option<String>, _>("phone")?.map(|text| parsed("staff.phone", &text)).transpose()?,
            role: role.ok_or_else(|| Error::Bug("staff.role holds what is no role".into()))?,
            locale: text("locale")?,
            zone: zone_of_row(&text("zone")?),
        },
        active: row.try_get::<i64, _>("active")? != 0,
        ver: row.try_get("ver")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::db::{Database, Lane};
    use shared::chance::Seeded;
    use shared::ids::Id;

    fn fields(name: &str, email: &str, role: StaffRole) -> StaffFields {
        let (name, email) = (name.parse().unwrap(), email.parse().unwrap());
        StaffFields { name, email, phone: None, role, locale: "en".into(), zone: "America/Chicago".parse().unwrap() }
    }

    async fn add(db: &Database, seed: u64, fields: StaffFields) -> StaffId {
        let id = Id::new(Timestamp::from_millis(1), &Seeded::new(seed));
        let created = async move |tx: &mut Tx| create(tx, id, &fields, None, tx.real_now()).await;
        db.write(Lane::Desk, created).await.unwrap().unwrap();
        id
    }

    #[tokio::test]
    async fn the_last_admin_stays() {
        both_engines(async |db| {
            let ada = add(&db, 1, fields("Ada", "ada@example.com", StaffRole::Admin)).await;
            let eve = add(&db, 2, fields("Ève", "eve@example.com", StaffRole::Agent)).await;
            let off = async |id| {
                db.write(Lane::Desk, async move |tx| set_active(tx, id, false, tx.real_now()).await).await.unwrap()
            };
            assert_eq!(off(ada).await.unwrap_err(), Unchanged::LastAdmin);
            let change = async |id, ver, fields: StaffFields| {
                let change = async move |tx: &mut Tx| update(tx, id, ver, &fields).await;
                db.write(Lane::Desk, change).await.unwrap()
            };
            let agent = fields("Ada", "ada@example.com", StaffRole::Agent);
            assert_eq!(change(ada, 1, agent).await.unwrap_err(), Unchanged::LastAdmin);
            let admin = || fields("Ève", "eve@example.org", StaffRole::Admin);
            assert_eq!(change(eve, 7, admin()).await.unwrap_err(), Unchanged::Stale);
            change(eve, 1, admin()).await.unwrap();
            assert!(off(ada).await.unwrap().active);
            let told = db.read(async |conn| admins_to_tell(conn).await).await.unwrap();
            assert_eq!(told.iter().map(|admin| admin.email.as_str()).collect::<Vec<_>>(), ["eve@example.org"]);
            let person = StaffRole::Admin.person(eve);
            let login = db.read(async move |conn| logins::by_person(conn, person).await).await.unwrap().unwrap();
            assert_eq!(login.person, person, "the login knows the new role");
            assert_eq!(db.read(async move |conn| contact(conn, ada).await).await.unwrap(), None);
        })
        .await;
    }

    #[tokio::test]
    async fn staff_is_listed_by_name_without_regard_to_accents() {
        both_engines(async |db| {
            for (seed, name) in [(1, "Zoë"), (2, "Émile"), (3, "eva")] {
                add(&db, seed, fields(name, &format!("s{seed}@example.com"), StaffRole::Agent)).await;
            }
            let page = db.read(async |conn| list(conn, None, 2).await).await.unwrap();
            let names = |page: &[Staff]| page.iter().map(|staff| staff.fields.name.to_string()).collect::<Vec<_>>();
            assert_eq!(names(&page), ["Émile", "eva"]);
            let last = page.last().unwrap();
            let after = (fold_key(last.fields.name.as_str()), last.id.to_string());
            let rest = db.read(async move |conn| list(conn, Some(after), 2).await).await.unwrap();
            assert_eq!(names(&rest), ["Zoë"]);
        })
        .await;
    }
}
