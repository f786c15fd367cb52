//! The rows of one-time codes.

use super::Login;
use super::rows::parsed;
use crate::accounts::Person;
use crate::accounts::codes::{CODE_MINUTES, CodeAddress, CodeChannel, CodeTarget, Linked, TRIES_MAX};
use crate::accounts::token::TokenHash;
use crate::db::{Conn, Error, Tx};
use crate::jobs::{self, Kind, NewJob};
use shared::ids::LoginId;
use shared::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Ended codes removed in one transaction.
const TRIM_MAX: i64 = 500;

/// Asks for a code: the row and the job that sends it. `now` is the business instant at which the job is due.
pub async fn request(tx: &mut Tx, login: LoginId, channel: CodeChannel, now: Timestamp) -> Result<Uuid, Error> {
    end_older(tx, login).await?;
    add(tx, login, channel, now).await
}

/// Asks for a code on each of these channels at once; the first that opens ends the others.
pub async fn request_all(tx: &mut Tx, login: LoginId, channels: &[CodeChannel], now: Timestamp) -> Result<(), Error> {
    end_older(tx, login).await?;
    for channel in channels {
        add(tx, login, *channel, now).await?;
    }
    Ok(())
}

/// What was asked for before no longer opens anything.
pub async fn end_older(tx: &mut Tx, login: LoginId) -> Result<(), Error> {
    let sql = "delete from sign_in_code where login = $1";
    sqlx::query(sql).bind(login.to_string()).execute(tx.sql()).await?;
    Ok(())
}

async fn add(tx: &mut Tx, login: LoginId, channel: CodeChannel, now: Timestamp) -> Result<Uuid, Error> {
    let code = tx.new_id::<()>().uuid();
    let asked_at = tx.real_now();
    let sql = "insert into sign_in_code (id, login, channel, tries, requested_at, expires_at)
        values ($1, $2, $3, 0, $4, $5)";
    sqlx::query(sql)
        .bind(code.to_string())
        .bind(login.to_string())
        .bind(channel.word().to_string())
        .bind(asked_at.as_millis())
        .bind(asked_at.plus_minutes(CODE_MINUTES).as_millis())
        .execute(tx.sql())
        .await?;
    jobs::enqueue(tx, &[NewJob::new(Kind::SignInCode, code, now)]).await?;
    Ok(code)
}

/// Gives a code its digits' digest, when it is sent, and says where to. `None`: it was replaced, used or is too old, so
/// nothing is sent. A second sending replaces the first one's digits.
pub async fn issue(tx: &mut Tx, code: Uuid, digest: &str, now_real: Timestamp) -> Result<Option<CodeTarget>, Error> {
    let sql = "update sign_in_code set digest = $1 where id = $2 and used_at is null and expires_at > $3
        returning login, channel, expires_at";
    let row = sqlx::query(sql)
        .bind(digest.to_string())
        .bind(code.to_string())
        .bind(now_real.as_millis())
        .fetch_optional(tx.sql())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let login: LoginId = parsed("sign_in_code.login", &row.try_get::<String, _>("login")?)?;
    let channel = channel_of(&row)?;
    let expires_at = Timestamp::from_millis(row.try_get("expires_at")?);
    let Some(login) = super::login(tx, login).await?.filter(|login| login.active) else { return Ok(None) };
    let to = match channel {
        CodeChannel::Sms => login.phone.map(CodeAddress::Sms),
        CodeChannel::Email | CodeChannel::Link(_) => login.email.map(CodeAddress::Email),
    };
    let (person, profile, link) = (login.person, login.profile, channel.link());
    Ok(to.map(|to| CodeTarget { to, expires_at, person, profile, link }))
}

fn channel_of(row: &AnyRow) -> Result<CodeChannel, Error> {
    let word: String = row.try_get("channel")?;
    CodeChannel::from_word(&word).ok_or_else(|| Error::Bug(format!("sign_in_code.channel is {word:?}")))
}

/// Takes from a code its digits: it is not sent.
pub async fn withhold(tx: &mut Tx, code: Uuid) -> Result<(), Error> {
    let sql = "update sign_in_code set digest = null, link = null where id = $1";
    sqlx::query(sql).bind(code.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Gives a code its link, when it is sent. A second sending replaces the first one's.
pub async fn keep_link(tx: &mut Tx, code: Uuid, link: &TokenHash) -> Result<(), Error> {
    let sql = "update sign_in_code set link = $1 where id = $2";
    sqlx::query(sql).bind(link.as_str().to_string()).bind(code.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Whose live link this is. It stays as it is: mail scanners follow links.
pub async fn linked(conn: &mut Conn, link: &TokenHash, now_real: Timestamp) -> Result<Option<Linked>, Error> {
    let sql = "select login, channel from sign_in_code where link = $1 and used_at is null and expires_at > $2";
    let query = sqlx::query(sql).bind(link.as_str().to_string()).bind(now_real.as_millis());
    match query.fetch_optional(conn.sql()).await? {
        Some(row) => linked_of(conn, &row).await,
        None => Ok(None),
    }
}

async fn linked_of(conn: &mut Conn, row: &AnyRow) -> Result<Option<Linked>, Error> {
    let Some(wish) = channel_of(row)?.link() else { return Ok(None) };
    let login: LoginId = parsed("sign_in_code.login", &row.try_get::<String, _>("login")?)?;
    let may = |login: &Login| login.active && matches!(login.person, Person::Customer(_));
    let login = super::login(conn, login).await?.filter(may);
    Ok(login.map(|login| Linked { login: login.id, person: login.person, name: login.profile.name, wish }))
}

/// Uses a link up, and with it every code that was sent beside it; `None` if it opens nothing. One statement, so that of
/// two who come at once only one is let in.
pub async fn redeem_link(tx: &mut Tx, link: &TokenHash, now_real: Timestamp) -> Result<Option<Linked>, Error> {
    let sql = "update sign_in_code set used_at = $1 where used_at is null and login =
          (select login from sign_in_code where link = $2 and used_at is null and expires_at > $3)
        returning login, channel, link";
    let rows = sqlx::query(sql)
        .bind(now_real.as_millis())
        .bind(link.as_str().to_string())
        .bind(now_real.as_millis())
        .fetch_all(tx.sql())
        .await?;
    for row in &rows {
        if row.try_get::<Option<String>, _>("link")?.as_deref() == Some(link.as_str()) {
            return linked_of(tx, row).await;
        }
    }
    Ok(None)
}

/// Whether the typed digits are a live code of the login; then it is used up, and whatever was sent beside it.
/// `digest_of` is the keyed hash of what was typed for a code's id. A wrong try counts, so the caller commits either way.
pub async fn redeem(
    tx: &mut Tx,
    login: LoginId,
    now_real: Timestamp,
    digest_of: impl Fn(Uuid) -> String,
) -> Result<bool, Error> {
    let sql = "update sign_in_code set tries = tries + 1
        where login = $1 and used_at is null and digest is not null and expires_at > $2 and tries < $3
        returning id, digest";
    let rows =
        sqlx::query(sql).bind(login.to_string()).bind(now_real.as_millis()).bind(TRIES_MAX).fetch_all(tx.sql()).await?;
    let mut right = false;
    for row in &rows {
        let id: Uuid = parsed("sign_in_code.id", &row.try_get::<String, _>("id")?)?;
        let kept: String = row.try_get("digest")?;
        right |= bool::from(kept.as_bytes().ct_eq(digest_of(id).as_bytes()));
    }
    if right {
        let sql = "update sign_in_code set used_at = $1 where login = $2 and used_at is null";
        sqlx::query(sql).bind(now_real.as_millis()).bind(login.to_string()).execute(tx.sql()).await?;
    }
    Ok(right)
}

/// Removes ended codes; gives back how many.
pub async fn trim(tx: &mut Tx, now_real: Timestamp) -> Result<u64, Error> {
    let sql = "delete from sign_in_code where id in (select id from sign_in_code where expires_at <= $1 limit $2)";
    let done = sqlx::query(sql).bind(now_real.as_millis()).bind(TRIM_MAX).execute(tx.sql()).await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::store::create_login;
    use crate::accounts::{NewLogin, Profile};
    use crate::db::testing::both_engines;
    use crate::db::{Database, Lane};
    use crate::links::Links;
    use shared::chance::Seeded;
    use shared::ids::Id;

    async fn someone(db: &Database) -> LoginId {
        let id = Id::new(Timestamp::from_millis(1), &Seeded::new(1));
        let profile =
            Profile { name: "Ana".parse().unwrap(), locale: "en".into(), zone: "America/Denver".parse().unwrap() };
        let phone = Some("+12125550100".parse().unwrap());
        let person = Person::Expert(Id::new(Timestamp::from_millis(1), &Seeded::new(2)));
        let new = NewLogin { id, person, profile, email: None, phone, password: None, now: Timestamp::EPOCH };
        db.write(Lane::Desk, async move |tx| create_login(tx, new.clone()).await).await.unwrap().unwrap();
        id
    }

    #[tokio::test]
    async fn a_code_opens_once_within_its_time_and_tries() {
        both_engines(async |db| {
            let login = someone(&db).await;
            let links = Links::new(b"a secret of the server, long enough");
            let now = db.clock().real_now();
            let ask = async || {
                let code = db.write(Lane::Desk, async move |tx| request(tx, login, CodeChannel::Sms, now).await).await;
                let (code, digest) = (code.clone().unwrap(), links.code_digest(code.unwrap(), "012345"));
                let issued = async move |tx: &mut Tx| issue(tx, code, &digest, now).await;
                db.write(Lane::Desk, issued).await.unwrap()
            };
            let typed = async |digits: &'static str, at: Timestamp| {
                let links = links.clone();
                let redeem = async move |tx: &mut Tx| redeem(tx, login, at, |id| links.code_digest(id, digits)).await;
                db.write(Lane::Desk, redeem).await.unwrap()
            };
            assert!(!typed("012345", now).await, "nobody asked");
            let target = ask().await.unwrap();
            assert_eq!(target.to, CodeAddress::Sms("+12125550100".parse().unwrap()));
            assert!(target.link.is_none() && matches!(target.person, Person::Expert(_)));
            assert_eq!(target.expires_at, now.plus_minutes(CODE_MINUTES));
            assert!(!typed("012345", target.expires_at).await, "too late");
            assert!(typed("012345", now).await);
            assert!(!typed("012345", now).await, "it opens once");

            ask().await.unwrap();
            for _ in 0..TRIES_MAX {
                assert!(!typed("999999", now).await);
            }
            assert!(!typed("012345", now).await, "too many tries");
            let first = db.write(Lane::Desk, async move |tx| request(tx, login, CodeChannel::Sms, now).await).await;
            ask().await.unwrap();
            let first = first.unwrap();
            let late = db.write(Lane::Desk, async move |tx| issue(tx, first, "x", now).await).await.unwrap();
            assert_eq!(late, None, "a newer one replaced it");
        })
        .await;
    }
}
