//! Tokens: what a caller is signed in with.

use super::rows::{parsed, person_of};
use crate::accounts::Person;
use crate::accounts::token::TokenHash;
use crate::db::{Conn, Error, Tx, Wake};
use shared::ids::{DeviceId, LoginId};
use shared::time::Timestamp;
use sqlx::Row;

/// Expired tokens removed in one transaction.
const TRIM_MAX: i64 = 500;

/// How a token travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// In a browser's cookie.
    Session,
    /// In a program's `Authorization` header.
    Bearer,
}

impl TokenKind {
    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Bearer => "bearer",
        }
    }
}

/// What a token says about its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The login.
    pub login: LoginId,
    /// Whose.
    pub person: Person,
    /// The token.
    pub token: TokenHash,
    /// The device that it is bound to.
    pub device: Option<DeviceId>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Its device, or its expert, was switched off: it only opens the rescue of unsent work.
    pub revoked: bool,
}

/// Keeps a token. `expires_at` is of the real clock.
pub async fn add_token(
    tx: &mut Tx,
    login: LoginId,
    hash: &TokenHash,
    kind: TokenKind,
    expires_at: Option<Timestamp>,
) -> Result<(), Error> {
    let now = tx.real_now();
    let sql = "insert into token (hash, login, kind, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    sqlx::query(sql)
        .bind(hash.as_str().to_string())
        .bind(login.to_string())
        .bind(kind.word().to_string())
        .bind(now.as_millis())
        .bind(expires_at.map(Timestamp::as_millis))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Whom a token signs in; an expired one nobody.
pub async fn session(conn: &mut Conn, hash: &TokenHash, now_real: Timestamp) -> Result<Option<Session>, Error> {
    let sql = "select t.hash, t.login, t.device, t.expires_at, t.revoked_at, l.role, l.person
        from token t join login l on l.id = t.login
        where t.hash = $1 and (t.expires_at is null or t.expires_at > $2)
        and (l.active = 1 or t.revoked_at is not null)";
    let query = sqlx::query(sql).bind(hash.as_str().to_string()).bind(now_real.as_millis());
    let Some(row) = query.fetch_optional(conn.sql()).await? else { return Ok(None) };
    let device: Option<String> = row.try_get("device")?;
    Ok(Some(Session {
        login: parsed("token.login", &row.try_get::<String, _>("login")?)?,
        person: person_of(&row.try_get::<String, _>("role")?, &row.try_get::<String, _>("person")?)?,
        token: TokenHash::from_row(row.try_get("hash")?),
        device: device.map(|text| parsed("token.device", &text)).transpose()?,
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(Timestamp::from_millis),
        revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
    }))
}

/// Binds a token to a device: from now on it has no end of its own. An earlier token of that device ends.
pub async fn bind_to_device(tx: &mut Tx, hash: &TokenHash, device: DeviceId) -> Result<(), Error> {
    let sql = "delete from token where device = $1 and hash <> $2";
    sqlx::query(sql).bind(device.to_string()).bind(hash.as_str().to_string()).execute(tx.sql()).await?;
    let sql = "update token set device = $1, expires_at = null where hash = $2 and revoked_at is null";
    sqlx::query(sql).bind(device.to_string()).bind(hash.as_str().to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Signs out.
pub async fn end_token(tx: &mut Tx, hash: &TokenHash) -> Result<(), Error> {
    sqlx::query("delete from token where hash = $1").bind(hash.as_str().to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Ends everything a login is signed in with, except what rescues unsent work.
pub async fn end_tokens(tx: &mut Tx, login: LoginId) -> Result<(), Error> {
    let sql = "delete from token where login = $1 and revoked_at is null";
    sqlx::query(sql).bind(login.to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Ends every session of a login. Devices stay.
pub async fn end_sessions(tx: &mut Tx, login: LoginId) -> Result<(), Error> {
    let sql = "delete from token where login = $1 and device is null and revoked_at is null";
    sqlx::query(sql).bind(login.to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Ends the other sessions of a login, after its password changed. Devices stay: they are listed and revoked by name.
pub async fn end_other_tokens(tx: &mut Tx, login: LoginId, but: &TokenHash) -> Result<(), Error> {
    let sql = "delete from token where login = $1 and hash <> $2 and device is null and revoked_at is null";
    sqlx::query(sql).bind(login.to_string()).bind(but.as_str().to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Revokes what a device is signed in with. The row stays, because it still opens the rescue.
pub async fn revoke_of_device(tx: &mut Tx, device: DeviceId, now_real: Timestamp) -> Result<(), Error> {
    let sql = "update token set revoked_at = $1 where device = $2 and revoked_at is null";
    sqlx::query(sql).bind(now_real.as_millis()).bind(device.to_string()).execute(tx.sql()).await?;
    tx.wake(Wake::SignIns);
    Ok(())
}

/// Removes expired tokens; gives back how many.
pub async fn trim_tokens(tx: &mut Tx, now_real: Timestamp) -> Result<u64, Error> {
    let sql = "delete from token where hash in (select hash from token where expires_at <= $1 limit $2)";
    let done = sqlx::query(sql).bind(now_real.as_millis()).bind(TRIM_MAX).execute(tx.sql()).await?;
    Ok(done.rows_affected())
}
