//! What customers change of themselves, and what is left of somebody who left.

use super::super::{Customer, Profile, Site};
use super::{SITE, SITES_MAX, add_words, read_site};
use crate::db::{Conn, Error, Tx};
use shared::ids::CustomerId;
use shared::text::{Email, fold_key};
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;

/// What stands in place of a name that was deleted.
const NOBODY: &str = "Deleted customer";
/// A number that no country has: nobody is rung by mistake.
const NO_PHONE: &str = "+9990000000";

/// Puts this in place of what is there. Where a site's contact was the customer, it goes on being the customer.
pub async fn change(tx: &mut Tx, was: &Customer, new: &Profile) -> Result<(), Error> {
    let helper = new.helper.as_ref().map(serde_json::to_string).transpose();
    let helper = helper.map_err(|why| Error::Bug(format!("a helper cannot be written: {why}")))?;
    let sql = "update customer set name = $2, name_key = $3, phone = $4, notify_by = $5, locale = $6, zone = $7,
          helper = $8, ver = ver + 1 where id = $1";
    sqlx::query(sql)
        .bind(was.id.to_string())
        .bind(new.name.to_string())
        .bind(fold_key(new.name.as_str()))
        .bind(new.phone.to_string())
        .bind(new.notify_by.word().to_string())
        .bind(new.locale.clone())
        .bind(new.zone.name().to_string())
        .bind(helper)
        .execute(tx.sql())
        .await?;
    if was.name != new.name {
        forget_words(tx, was.id).await?;
        add_words(tx, was.id, new.name.as_str()).await?;
    }
    let sql = "update site set contact_name = $3, ver = ver + 1 where customer = $1 and contact_name = $2";
    let query = sqlx::query(sql).bind(was.id.to_string()).bind(was.name.to_string()).bind(new.name.to_string());
    if was.name != new.name {
        query.execute(tx.sql()).await?;
    }
    let sql = "update site set contact_phone = $3, ver = ver + 1 where customer = $1 and contact_phone = $2";
    let query = sqlx::query(sql).bind(was.id.to_string()).bind(was.phone.to_string()).bind(new.phone.to_string());
    if was.phone != new.phone {
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

async fn forget_words(tx: &mut Tx, id: CustomerId) -> Result<(), Error> {
    sqlx::query("delete from customer_word where customer = $1").bind(id.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Keeps a new address until it is confirmed; none takes back one that waits.
pub async fn want_email(tx: &mut Tx, id: CustomerId, wanted: Option<&Email>) -> Result<(), Error> {
    let sql = "update customer set email_wanted = $2, ver = ver + 1 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(wanted.map(ToString::to_string));
    query.execute(tx.sql()).await?;
    Ok(())
}

/// An address is the customer's, as they said from there.
pub async fn confirm_email(tx: &mut Tx, id: CustomerId, email: &Email, now: Timestamp) -> Result<(), Error> {
    let sql = "update customer set email = $2, email_key = $3, email_confirmed_at = $4, email_wanted = null,
          ver = ver + 1 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(email.to_string()).bind(fold_key(email.as_str()));
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// The account is to be deleted at this instant.
pub async fn leave(tx: &mut Tx, id: CustomerId, at: Timestamp) -> Result<(), Error> {
    let sql = "update customer set leaving_at = $2, ver = ver + 1 where id = $1 and leaving_at is null";
    sqlx::query(sql).bind(id.to_string()).bind(at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// The customer stays after all.
pub async fn stay(tx: &mut Tx, id: CustomerId) -> Result<(), Error> {
    let sql = "update customer set leaving_at = null, ver = ver + 1
        where id = $1 and leaving_at is not null and forgotten_at is null";
    sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Who wanted to be gone by now and is still there, after the one that was looked at last.
pub async fn due_to_leave(
    conn: &mut Conn,
    now: Timestamp,
    after: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<CustomerId>, Error> {
    let sql = "select id from customer where leaving_at <= $1 and forgotten_at is null and id > $2
        order by id limit $3";
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(sql).bind(now.as_millis()).bind(after).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(|row| crate::db::columns::parsed(row, "id")).collect()
}

/// All sites of a customer, those out of use too, the first one first.
pub async fn every_site_of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Site>, Error> {
    let sql = format!("select {SITE} from site s where s.customer = $1 order by s.created_at, s.id limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(2 * SITES_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(read_site).collect()
}

/// Switches a customer off or on: who is off neither signs in nor files. False if it was so, or they are forgotten.
pub async fn set_active(tx: &mut Tx, id: CustomerId, active: bool) -> Result<bool, Error> {
    let sql = "update customer set active = $2, ver = ver + 1
        where id = $1 and active <> $2 and forgotten_at is null";
    let query = sqlx::query(sql).bind(id.to_string()).bind(i64::from(active));
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Deletes what names a customer and their doors. Postal code and city stay with the tickets, because they say where
/// work was and not whose.
pub async fn forget(tx: &mut Tx, id: CustomerId, now: Timestamp) -> Result<(), Error> {
    forget_words(tx, id).await?;
    let sql = "update customer set name = $2, name_key = '', email = null, email_key = null, email_wanted = null,
          email_confirmed_at = null, phone = $3, notify_by = 'call', helper = null, active = 0, forgotten_at = $4,
          ver = ver + 1 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(NOBODY.to_string()).bind(NO_PHONE.to_string());
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    let sql = "update site set line1 = '(deleted)', line2 = null, contact_name = $2, contact_phone = $3,
          access_note = null, pin_lat_e7 = null, pin_lon_e7 = null, active = 0, ver = ver + 1 where customer = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(NOBODY.to_string()).bind(NO_PHONE.to_string());
    query.execute(tx.sql()).await?;
    Ok(())
}
