//! The tables of customers and their sites.

use super::{Customer, NewCustomer, NewSite, NotifyBy, Site};
use crate::db::columns::{flag, instant, instant_opt, parsed, parsed_opt, place, place_opt};
use crate::db::{Conn, Error, Tx, values};
use crate::{phone, postal};
use shared::ids::{CustomerId, SiteId};
use shared::place::Place;
use shared::text::fold_key;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

mod own;

pub use own::{change, confirm_email, due_to_leave, every_site_of, forget, leave, set_active, stay, want_email};

const CUSTOMER: &str = "c.id, c.name, c.email, c.email_confirmed_at, c.email_wanted, c.phone, c.notify_by, c.helper,
    c.locale, c.zone, c.active, c.ver, c.created_at, c.leaving_at, c.forgotten_at";
const SITE: &str = "s.id, s.customer, s.line1, s.line2, s.city, s.postal_code, s.country, s.zone, s.lat_e7, s.lon_e7,
    s.pin_lat_e7, s.pin_lon_e7, s.contact_name, s.contact_phone, s.access_note, s.active, s.ver";
/// Sites of one customer.
pub const SITES_MAX: i64 = 500;
/// Customers in one statement, well below what both engines take.
const BINDS_MAX: usize = 2_000;
/// Words of a name that are kept to search by, and words of a search.
const WORDS_MAX: usize = 12;

fn read_customer(row: &AnyRow) -> Result<Customer, Error> {
    let notify_by: String = row.try_get("notify_by")?;
    let helper = row.try_get::<Option<String>, _>("helper")?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Customer {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        email: parsed_opt(row, "email")?,
        email_confirmed_at: instant_opt(row, "email_confirmed_at")?,
        email_wanted: parsed_opt(row, "email_wanted")?,
        phone: parsed(row, "phone")?,
        helper: helper.map_err(|why| Error::Bug(format!("customer.helper: {why}")))?,
        notify_by: NotifyBy::from_word(&notify_by)
            .ok_or_else(|| Error::Bug(format!("a customer is notified by {notify_by:?}")))?,
        locale: row.try_get("locale")?,
        zone: parsed(row, "zone")?,
        active: flag(row, "active")?,
        ver: row.try_get("ver")?,
        created_at: instant(row, "created_at")?,
        leaving_at: instant_opt(row, "leaving_at")?,
        forgotten_at: instant_opt(row, "forgotten_at")?,
    })
}

fn read_site(row: &AnyRow) -> Result<Site, Error> {
    Ok(Site {
        id: parsed(row, "id")?,
        customer: parsed(row, "customer")?,
        line1: parsed(row, "line1")?,
        line2: parsed_opt(row, "line2")?,
        city: parsed(row, "city")?,
        postal_code: row.try_get("postal_code")?,
        country: row.try_get("country")?,
        zone: parsed(row, "zone")?,
        place: place(row, "lat_e7", "lon_e7")?,
        pin: place_opt(row, "pin_lat_e7", "pin_lon_e7")?,
        contact_name: parsed(row, "contact_name")?,
        contact_phone: parsed(row, "contact_phone")?,
        access_note: parsed_opt(row, "access_note")?,
        active: flag(row, "active")?,
        ver: row.try_get("ver")?,
    })
}

/// A customer.
pub async fn customer(conn: &mut Conn, id: CustomerId) -> Result<Option<Customer>, Error> {
    let sql = format!("select {CUSTOMER} from customer c where c.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_customer).transpose()
}

/// Holds the customer's row until the commit, and reads it.
pub async fn lock(tx: &mut Tx, id: CustomerId) -> Result<Option<Customer>, Error> {
    let sql = format!("select {CUSTOMER} from customer c where c.id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read_customer).transpose()
}

/// Who files a ticket and where: what intake must know, in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The customer's language, like `en`.
    pub locale: String,
    /// The site that was named, if it is theirs and in use; where none was, the first one.
    pub site: Option<Site>,
}

/// A customer who may file, with the site that is meant.
pub async fn asker(conn: &mut Conn, customer: CustomerId, named: Option<SiteId>) -> Result<Option<Asker>, Error> {
    let sql = format!(
        "select c.locale, {SITE} from customer c left join site s on s.id =
          (select mine.id from site mine where mine.customer = c.id and mine.active = 1 and ($2 = '' or mine.id = $2)
           order by mine.created_at, mine.id limit 1)
        where c.id = $1 and c.active = 1"
    );
    let named = named.map(|site| site.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(named);
    let Some(row) = query.fetch_optional(conn.sql()).await? else { return Ok(None) };
    let has_site = row.try_get::<Option<String>, _>("id")?.is_some();
    let site = if has_site { Some(read_site(&row)?) } else { None };
    Ok(Some(Asker { locale: row.try_get("locale")?, site }))
}

/// A site.
pub async fn site(conn: &mut Conn, id: SiteId) -> Result<Option<Site>, Error> {
    let sql = format!("select {SITE} from site s where s.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_site).transpose()
}

/// These sites, in the order of their ids; what is not there is left out.
pub async fn sites(conn: &mut Conn, ids: &[SiteId]) -> Result<Vec<Site>, Error> {
    const IDS_MAX: usize = 200;
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_MAX) {
        let binds: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
        let sql = format!("select {SITE} from site s where s.id in ({}) order by s.id", binds.join(", "));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            found.push(read_site(&row)?);
        }
    }
    Ok(found)
}

/// A customer's sites that are not switched off, the first one first.
pub async fn sites_of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Site>, Error> {
    let sql = format!(
        "select {SITE} from site s where s.customer = $1 and s.active = 1 order by s.created_at, s.id limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(SITES_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(read_site).collect()
}

/// How many sites each of these customers has that are not switched off. Whoever has none is missing.
pub async fn n_sites_of(conn: &mut Conn, customers: &BTreeSet<CustomerId>) -> Result<BTreeMap<CustomerId, i64>, Error> {
    let customers: Vec<&CustomerId> = customers.iter().collect();
    let mut found = BTreeMap::new();
    for customers in customers.chunks(BINDS_MAX) {
        let sql = format!(
            "select customer, cast(count(*) as bigint) as n from site where active = 1 and customer in {}
             group by customer",
            values(1, customers.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for customer in customers {
            query = query.bind(customer.to_string());
        }
        for row in query.fetch_all(conn.sql()).await? {
            found.insert(parsed(&row, "customer")?, row.try_get("n")?);
        }
    }
    Ok(found)
}

/// The site that is meant where none is said: the first one.
pub async fn main_site(conn: &mut Conn, customer: CustomerId) -> Result<Option<Site>, Error> {
    let sql =
        format!("select {SITE} from site s where s.customer = $1 and s.active = 1 order by s.created_at, s.id limit 1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_site).transpose()
}

/// A new customer with the first site.
pub async fn create(tx: &mut Tx, id: CustomerId, site: SiteId, new: &NewCustomer, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into customer (id, name, name_key, email, email_key, phone, notify_by, locale, zone, active, ver,
          created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1, $10)";
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(new.name.to_string())
        .bind(fold_key(new.name.as_str()))
        .bind(new.email.as_ref().map(ToString::to_string))
        .bind(new.email.as_ref().map(|email| fold_key(email.as_str())))
        .bind(new.phone.to_string())
        .bind(new.notify_by.word().to_string())
        .bind(new.locale.clone())
        .bind(new.zone.name().to_string())
        .bind(now.as_millis())
        .execute(tx.sql())
        .await?;
    add_words(tx, id, new.name.as_str()).await?;
    add_site(tx, site, id, &new.site, now).await
}

/// Makes a customer found by the words of a name.
async fn add_words(tx: &mut Tx, id: CustomerId, name: &str) -> Result<(), Error> {
    let words = words(name);
    if words.is_empty() {
        return Ok(());
    }
    let sql = format!("insert into customer_word (word, customer) values {}", values(words.len(), 2));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for word in words {
        query = query.bind(word).bind(id.to_string());
    }
    query.execute(tx.sql()).await?;
    Ok(())
}

/// One more site of a customer who exists.
pub async fn add_site(
    tx: &mut Tx,
    id: SiteId,
    customer: CustomerId,
    new: &NewSite,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into site (id, customer, line1, line2, city, postal_code, country, zone, lat_e7, lon_e7,
          contact_name, contact_phone, access_note, active, ver, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, 1, $14)";
    let address = &new.address;
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(customer.to_string())
        .bind(address.line1.to_string())
        .bind(address.line2.as_ref().map(ToString::to_string))
        .bind(address.city.to_string())
        .bind(address.postal_code.clone())
        .bind(address.country.clone())
        .bind(address.zone.name().to_string())
        .bind(address.place.lat_e7())
        .bind(address.place.lon_e7())
        .bind(new.contact_name.to_string())
        .bind(new.contact_phone.to_string())
        .bind(new.access_note.as_ref().map(ToString::to_string))
        .bind(now.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Replaces a site; where it moved, what an expert had found of its place is forgotten.
pub async fn mend_site(tx: &mut Tx, id: SiteId, new: &NewSite, is_moved: bool) -> Result<(), Error> {
    let address = &new.address;
    let sql =
        "update site set line1 = $2, line2 = $3, city = $4, postal_code = $5, country = $6, zone = $7, lat_e7 = $8,
        lon_e7 = $9, contact_name = $10, contact_phone = $11, access_note = $12, ver = ver + 1,
        pin_lat_e7 = case when $13 = 1 then null else pin_lat_e7 end,
        pin_lon_e7 = case when $13 = 1 then null else pin_lon_e7 end where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(address.line1.to_string());
    let query = query.bind(address.line2.as_ref().map(ToString::to_string)).bind(address.city.to_string());
    let query = query.bind(address.postal_code.clone()).bind(address.country.clone());
    let query = query.bind(address.zone.name().to_string());
    let query = query.bind(address.place.lat_e7()).bind(address.place.lon_e7());
    let query = query.bind(new.contact_name.to_string()).bind(new.contact_phone.to_string());
    let query = query.bind(new.access_note.as_ref().map(ToString::to_string)).bind(i64::from(is_moved));
    query.execute(tx.sql()).await?;
    Ok(())
}

/// Takes a site out of use; its tickets stay. Says whether it was in use.
pub async fn retire_site(tx: &mut Tx, id: SiteId) -> Result<bool, Error> {
    let sql = "update site set active = 0, ver = ver + 1 where id = $1 and active = 1";
    Ok(sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?.rows_affected() == 1)
}

/// The how-manieth of its customer's sites this one is, from 0; plans cover the first ones.
pub async fn rank_of_site(conn: &mut Conn, customer: CustomerId, id: SiteId) -> Result<u32, Error> {
    let sites = sites_of(conn, customer).await?;
    let at = sites.iter().position(|site| site.id == id);
    Ok(at.and_then(|at| u32::try_from(at).ok()).unwrap_or_default())
}

/// Keeps where a site really is. Says whether there is such a site.
pub async fn set_pin(tx: &mut Tx, id: SiteId, pin: Place) -> Result<bool, Error> {
    let sql = "update site set pin_lat_e7 = $2, pin_lon_e7 = $3, ver = ver + 1 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(pin.lat_e7()).bind(pin.lon_e7());
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Customers whom these words can mean: a name by the beginnings of any of its words, a phone in any form or the beginning
/// of one, also that of a site's contact, or an e-mail address by its beginning. By name, at most `limit`.
pub async fn search(conn: &mut Conn, typed: &str, limit: i64) -> Result<Vec<Customer>, Error> {
    if let Ok(phone) = phone::read(typed, postal::HOME_COUNTRY) {
        let sql = format!(
            "select {CUSTOMER} from customer c
             where c.phone = $1 or c.id in (select s.customer from site s where s.contact_phone = $1)
             order by c.name_key, c.id limit $2"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(phone.to_string()).bind(limit).fetch_all(conn.sql()).await?;
        return rows.iter().map(read_customer).collect();
    }
    if let Some(digits) = phone::beginning(typed, postal::HOME_COUNTRY) {
        let sql = format!(
            "select {CUSTOMER} from customer c
             where (c.phone >= $1 and c.phone < $2)
               or c.id in (select s.customer from site s where s.contact_phone >= $1 and s.contact_phone < $2)
             order by c.name_key, c.id limit $3"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(digits.clone()).bind(after(&digits)).bind(limit);
        return query.fetch_all(conn.sql()).await?.iter().map(read_customer).collect();
    }
    if typed.contains('@') {
        let key = fold_key(typed);
        let sql = format!(
            "select {CUSTOMER} from customer c where c.email_key >= $1 and c.email_key < $2
             order by c.name_key, c.id limit $3"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(key.clone()).bind(after(&key)).bind(limit);
        return query.fetch_all(conn.sql()).await?.iter().map(read_customer).collect();
    }
    let words = words(typed);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let each = |at: usize| {
        format!(
            "c.id in (select w.customer from customer_word w where w.word >= ${} and w.word < ${})",
            2 * at + 2,
            2 * at + 3
        )
    };
    let conditions: Vec<String> = (0..words.len()).map(each).collect();
    let sql = format!(
        "select {CUSTOMER} from customer c where {} order by c.name_key, c.id limit $1",
        conditions.join(" and ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(limit);
    for word in words {
        let end = after(&word);
        query = query.bind(word).bind(end);
    }
    query.fetch_all(conn.sql()).await?.iter().map(read_customer).collect()
}

/// Customers that have this e-mail address or this phone number, in any form: a phone may be a family's.
pub async fn known_by(conn: &mut Conn, typed: &str) -> Result<Vec<Customer>, Error> {
    let (column, key) = match phone::read(typed, postal::HOME_COUNTRY) {
        Ok(phone) => ("phone", phone.to_string()),
        Err(_) => ("email_key", fold_key(typed)),
    };
    let sql = format!("select {CUSTOMER} from customer c where c.{column} = $1 and c.active = 1 order by c.id limit 2");
    sqlx::query(AssertSqlSafe(sql)).bind(key).fetch_all(conn.sql()).await?.iter().map(read_customer).collect()
}

/// Customers by id, from after `after` on.
pub async fn list(conn: &mut Conn, after: Option<CustomerId>, limit: i64) -> Result<Vec<Customer>, Error> {
    let sql = format!("select {CUSTOMER} from customer c where c.id > $1 order by c.id limit $2");
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read_customer).collect()
}

/// The words of a name, folded, each once.
fn words(text: &str) -> Vec<String> {
    let key = fold_key(text);
    let parts = key.split(|char: char| !char.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().take(WORDS_MAX).collect()
}

/// The first text after all those that begin with this one.
fn after(beginning: &str) -> String {
    format!("{beginning}\u{10ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::register::{self, By, tests::typed};
    use crate::db::Lane;
    use crate::db::testing::{START_MS, both_engines};
    use shared::chance::Seeded;
    use shared::ids::Id;

    fn now() -> Timestamp {
        Timestamp::from_millis(START_MS)
    }

    fn id<Of>(number: u64) -> Id<Of> {
        Id::new(Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
    }

    fn new(name: &str, email: &str, phone: &str) -> NewCustomer {
        let typed = register::Typed {
            name: name.to_owned(),
            email: email.to_owned(),
            phone: phone.to_owned(),
            notify_by: "sms".to_owned(),
            access_note: "Ring twice.\nThe bell is faint.".to_owned(),
            ..typed()
        };
        register::read(&typed, By::Agent).unwrap()
    }

    #[tokio::test]
    async fn a_customer_is_read_back_with_sites_in_order() {
        both_engines(async |db| {
            let mia = new("Mia Núñez-O'Brien", "Mia@example.com", "212 555 0100");
            let expected = mia.clone();
            let pin = Place::from_degrees(40.8, -73.9).unwrap();
            let write = db.write(Lane::Desk, async move |tx| {
                create(tx, id(1), id(11), &mia, now()).await?;
                let mut second = mia.site.clone();
                second.address.line2 = Some("Workshop".parse().unwrap());
                second.access_note = None;
                add_site(tx, id(12), id(1), &second, now().plus_minutes(1)).await?;
                assert!(!set_pin(tx, id(99), pin).await?);
                assert!(set_pin(tx, id(12), pin).await?);
                Ok::<_, Error>(lock(tx, id(1)).await?.is_some())
            });
            assert_eq!(write.await, Ok(true));
            let read = db.read(async |conn| {
                let (sites, main) = (sites_of(conn, id(1)).await?, main_site(conn, id(1)).await?);
                Ok::<_, Error>((customer(conn, id(1)).await?, sites, main, customer(conn, id(2)).await?))
            });
            let (mia, sites, main, none) = read.await.unwrap();
            let mia = mia.unwrap();
            assert_eq!((mia.name, mia.email, mia.phone), (expected.name, expected.email, expected.phone));
            assert_eq!((mia.notify_by, mia.active, mia.created_at), (NotifyBy::Sms, true, now()));
            assert_eq!((sites.len(), main.as_ref(), none), (2, sites.first(), None));
            assert_eq!(sites[0].access_note.as_ref().unwrap().as_str(), "Ring twice.\nThe bell is faint.");
            assert_eq!((sites[1].pin, sites[1].ver), (Some(pin), 2));
            let again = db.read(async |conn| site(conn, id(12)).await).await.unwrap();
            assert_eq!(again.as_ref(), sites.last());
        })
        .await;
    }

    #[tokio::test]
    async fn a_caller_is_found_by_whatever_they_say() {
        both_engines(async |db| {
            let write = db.write(Lane::Desk, async |tx| {
                create(tx, id(1), id(11), &new("Mia Núñez-O'Brien", "mia@example.com", "212 555 0100"), now()).await?;
                create(tx, id(2), id(12), &new("Łukasz Núñez", "", "212 555 0101"), now()).await?;
                let mut third = new("Zoë Smith", "zoe@example.com", "212 555 0102");
                third.site.contact_phone = "+12125550199".parse().unwrap();
                create(tx, id(3), id(13), &third, now()).await
            });
            write.await.unwrap();
            for (typed, found) in [
                ("nunez", vec![2, 1]),
                ("NÚÑ mia", vec![1]),
                ("brien", vec![1]),
                ("lukasz", vec![2]),
                ("(212) 555-0102", vec![3]),
                ("+1 212 555 0199", vec![3]),
                ("212 555 019", vec![3]),
                ("(212) 555-01", vec![2, 1, 3]),
                ("+1 212 555 0100", vec![1]),
                ("21", vec![]),
                ("MIA@EXAMPLE", vec![1]),
                ("unez", vec![]),
                ("100%", vec![]),
                ("  ", vec![]),
                ("' or 1=1", vec![]),
            ] {
                let customers = db.read(async move |conn| search(conn, typed, 10).await).await.unwrap();
                let ids: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
                assert_eq!(ids, found.into_iter().map(id).collect::<Vec<_>>(), "{typed}");
            }
        })
        .await;
    }
}
