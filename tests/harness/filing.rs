//! Filing tickets by HTTP as a program of ours does it, and reading from the tables what became of them.

use std::collections::BTreeMap;

use sqlx::Row;
use sync_server::db::{Database, Engine, Error};

use crate::wire::Wire;

/// The headers of filing.
pub fn headers(token: &str, key: &str) -> String {
    format!("authorization: Bearer {token}\r\nidempotency-key: {key}\r\n")
}

/// A ticket that the demo's plans cover.
pub fn body(key: &str) -> String {
    format!(
        r#"{{"category":"tv","symptom":"no_picture","product":{{"make":"Łumen","model":"X-55"}},"title":"No picture","description":"Black since the storm; the light blinks three times ({key})."}}"#
    )
}

/// Signs in.
///
/// # Panics
/// If that is refused.
pub async fn token(url: &str, login: &str, password: &str) -> String {
    let mut wire = Wire::open(url).await.expect("the server is up");
    let body = serde_json::json!({ "login": login, "password": password }).to_string();
    let answer = wire.post("/api/v1/sign-in", "", &body).await.expect("the server answers");
    let read: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    read["token"].as_str().unwrap_or_else(|| panic!("{login} cannot sign in: {}", answer.body)).to_owned()
}

/// The number of the ticket that an answer tells of, as the tables have it.
///
/// # Panics
/// If it tells of none.
pub fn number_of(answer: &str) -> String {
    let read: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let number = read["number"].as_str().unwrap_or_else(|| panic!("no number in {answer}"));
    number.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Every ticket by its number, with how many first events and how many jobs (or waits for a plan) it has.
///
/// # Panics
/// If the database cannot be read, or is damaged.
pub async fn there(db: &Database) -> BTreeMap<String, (usize, usize)> {
    let engine = db.engine();
    db.read(async move |conn| {
        if engine == Engine::Sqlite {
            let row = sqlx::query("pragma integrity_check").fetch_one(conn.sql()).await?;
            assert_eq!(row.try_get::<String, _>(0)?, "ok", "the database is damaged");
        }
        let mut tickets = BTreeMap::new();
        for row in &sqlx::query("select id, number, needs_human from ticket").fetch_all(conn.sql()).await? {
            let id: String = row.try_get("id")?;
            // One that waits for a plan is nobody's work yet.
            let waits = row.try_get::<Option<String>, _>("needs_human")?.is_some();
            tickets.insert(id, (row.try_get::<String, _>("number")?, 0, usize::from(waits)));
        }
        let events = "select ticket as id from event where seq = 1 and kind = 'received'";
        for row in &sqlx::query(events).fetch_all(conn.sql()).await? {
            if let Some((_, events, _)) = tickets.get_mut(&row.try_get::<String, _>("id")?) {
                *events += 1;
            }
        }
        let jobs = "select subject as id from job where kind = 'match_ticket'";
        for row in &sqlx::query(jobs).fetch_all(conn.sql()).await? {
            if let Some((_, _, jobs)) = tickets.get_mut(&row.try_get::<String, _>("id")?) {
                *jobs += 1;
            }
        }
        Ok::<_, Error>(tickets.into_values().map(|(number, events, jobs)| (number, (events, jobs))).collect())
    })
    .await
    .expect("the database can be read")
}
