//! Logins and their tokens. The tables `login`, `token`, `sign_in_code` and `staff` are written in this capability only.

pub mod codes;
mod in_use;
mod rows;
#[cfg(test)]
mod tests;
mod tokens;

pub use in_use::{InUse, in_use};
pub use tokens::{
    Session, TokenKind, add_token, bind_to_device, end_other_tokens, end_sessions, end_token, end_tokens,
    revoke_of_device, session, trim_tokens,
};

use super::handle::{Handle, email_key};
use super::password::PasswordHash;
use super::{HandleTaken, NewLogin, Person, Profile};
use crate::accounts::devices;
use crate::db::{Conn, Error, Tx, Wake};
use rows::{flag, person_of, zone_of};
use shared::ids::LoginId;
use shared::text::{Email, Name, Phone};
use shared::time::Timestamp;
use sqlx::Row;

/// A login as sign-in needs it.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its id.
    pub id: LoginId,
    /// Whose.
    pub person: Person,
    /// Name, language and zone.
    pub profile: Profile,
    /// Where codes can go.
    pub email: Option<Email>,
    /// Where codes can go.
    pub phone: Option<Phone>,
    /// Without one only codes sign in.
    pub password: Option<PasswordHash>,
    /// Whether it may sign in.
    pub active: bool,
}

const COLUMNS: &str = "id, role, person, name, locale, zone, email, phone, password, active";

/// Creates a login, or says which handle somebody else has.
pub async fn create_login(tx: &mut Tx, new: NewLogin) -> Result<Result<(), HandleTaken>, Error> {
    let sql = "insert into login
        (id, role, person, name, locale, zone, email, email_key, phone, password, active, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11) on conflict do nothing";
    let done = sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(new.person.role().word().to_string())
        .bind(new.person.id_text())
        .bind(new.profile.name.to_string())
        .bind(new.profile.locale.clone())
        .bind(new.profile.zone.name().to_string())
        .bind(new.email.as_ref().map(ToString::to_string))
        .bind(new.email.as_ref().map(email_key))
        .bind(new.phone.as_ref().map(ToString::to_string))
        .bind(new.password.as_ref().map(|hash| hash.as_str().to_string()))
        .bind(new.now.as_millis())
        .execute(tx.sql())
        .await?;
    if done.rows_affected() == 1 {
        return Ok(Ok(()));
    }
    match taken(tx, new.person, new.email.as_ref(), new.phone.as_ref()).await? {
        Some(taken) => Ok(Err(taken)),
        None => Err(Error::Bug(format!("{:?} has a login already", new.person))),
    }
}

/// Sets what a person signs in with, or says which handle somebody else has. Codes that are under way to an old handle
/// end. A person without a login is not an error: not everyone signs in.
pub async fn set_handles(
    tx: &mut Tx,
    person: Person,
    email: Option<&Email>,
    phone: Option<&Phone>,
) -> Result<Result<(), HandleTaken>, Error> {
    if let Some(taken) = taken(tx, person, email, phone).await? {
        return Ok(Err(taken));
    }
    let sql = "update login set email = $1, email_key = $2, phone = $3 where person = $4";
    sqlx::query(sql)
        .bind(email.map(ToString::to_string))
        .bind(email.map(email_key))
        .bind(phone.map(ToString::to_string))
        .bind(person.id_text())
        .execute(tx.sql())
        .await?;
    let sql = "delete from sign_in_code where login in (select id from login where person = $1)";
    sqlx::query(sql).bind(person.id_text()).execute(tx.sql()).await?;
    Ok(Ok(()))
}

async fn taken(
    conn: &mut Conn,
    person: Person,
    email: Option<&Email>,
    phone: Option<&Phone>,
) -> Result<Option<HandleTaken>, Error> {
    let sql = "select cast(count(*) as bigint) as n from login where email_key = $1 and person <> $2";
    let row = sqlx::query(sql).bind(email.map(email_key)).bind(person.id_text()).fetch_one(conn.sql()).await?;
    if row.try_get::<i64, _>("n")? > 0 {
        return Ok(Some(HandleTaken::Email));
    }
    let sql = "select cast(count(*) as bigint) as n from login where phone = $1 and person <> $2";
    let phone = phone.map(ToString::to_string);
    let row = sqlx::query(sql).bind(phone).bind(person.id_text()).fetch_one(conn.sql()).await?;
    Ok((row.try_get::<i64, _>("n")? > 0).then_some(HandleTaken::Phone))
}

/// Copies name, language and zone from the person's own table.
pub async fn set_profile(tx: &mut Tx, person: Person, profile: &Profile) -> Result<(), Error> {
    let sql = "update login set name = $1, locale = $2, zone = $3 where person = $4";
    sqlx::query(sql)
        .bind(profile.name.to_string())
        .bind(profile.locale.clone())
        .bind(profile.zone.name().to_string())
        .bind(person.id_text())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Makes an agent an admin, or the other way round. The id stays.
pub(super) async fn set_role(tx: &mut Tx, person: Person) -> Result<(), Error> {
    let sql = "update login set role = $1 where person = $2";
    sqlx::query(sql).bind(person.role().word().to_string()).bind(person.id_text()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Sets a password. Who changes it ends the other sessions too: [`end_other_tokens`].
pub async fn set_password(tx: &mut Tx, login: LoginId, hash: &PasswordHash) -> Result<(), Error> {
    let sql = "update login set password = $1 where id = $2";
    sqlx::query(sql).bind(hash.as_str().to_string()).bind(login.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Lets a person sign in, or not any more. Then every session ends; an expert's devices are revoked, and their tokens
/// still open the rescue of unsent work.
pub async fn set_active(tx: &mut Tx, person: Person, active: bool, now_real: Timestamp) -> Result<(), Error> {
    let sql = "update login set active = $1 where person = $2";
    sqlx::query(sql).bind(i64::from(active)).bind(person.id_text()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    if active {
        return Ok(());
    }
    if let Person::Expert(expert) = person {
        devices::revoke_all(tx, expert, now_real).await?;
    }
    if let Some(login) = by_person(tx, person).await? {
        end_tokens(tx, login.id).await?;
    }
    Ok(())
}

/// Removes a person's login with everything that opens it. Who had one is nobody from then on.
pub async fn forget(tx: &mut Tx, person: Person) -> Result<(), Error> {
    let Some(login) = by_person(tx, person).await? else { return Ok(()) };
    for sql in [
        "delete from sign_in_code where login = $1",
        "delete from token where login = $1",
        "delete from login where id = $1",
    ] {
        sqlx::query(sql).bind(login.id.to_string()).execute(tx.sql()).await?;
    }
    tx.wake(Wake::SignIns);
    Ok(())
}

/// The login with this handle.
pub async fn by_handle(conn: &mut Conn, handle: &Handle) -> Result<Option<Login>, Error> {
    let (column, key) = match handle {
        Handle::Email(key) => ("email_key", key.clone()),
        Handle::Phone(phone) => ("phone", phone.to_string()),
    };
    one(conn, column, key).await
}

/// The login of a person.
pub async fn by_person(conn: &mut Conn, person: Person) -> Result<Option<Login>, Error> {
    one(conn, "person", person.id_text()).await
}

/// A login.
pub async fn login(conn: &mut Conn, id: LoginId) -> Result<Option<Login>, Error> {
    one(conn, "id", id.to_string()).await
}

async fn one(conn: &mut Conn, column: &'static str, key: String) -> Result<Option<Login>, Error> {
    let sql = format!("select {COLUMNS} from login where {column} = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key).fetch_optional(conn.sql()).await?;
    let Some(row) = row else { return Ok(None) };
    let text = |name: &str| row.try_get::<Option<String>, _>(name);
    Ok(Some(Login {
        id: rows::parsed("login.id", &row.try_get::<String, _>("id")?)?,
        person: person_of(&row.try_get::<String, _>("role")?, &row.try_get::<String, _>("person")?)?,
        profile: Profile {
            name: rows::parsed::<Name>("login.name", &row.try_get::<String, _>("name")?)?,
            locale: row.try_get("locale")?,
            zone: zone_of(&row.try_get::<String, _>("zone")?),
        },
        email: text("email")?.map(|text| rows::parsed("login.email", &text)).transpose()?,
        phone: text("phone")?.map(|text| rows::parsed("login.phone", &text)).transpose()?,
        password: text("password")?.map(PasswordHash::from_row),
        active: flag(row.try_get("active")?),
    }))
}

pub(super) use rows::{parsed, zone_of as zone_of_row};
