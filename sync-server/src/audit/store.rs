//! The rows of the audit.

use crate::db::{Conn, Error, Tx};
use serde::Serialize;
use serde_json::Value;
use shared::event::Actor;
use shared::time::Timestamp;
use sqlx::Row;

/// Adds a line in the change's own transaction. `what` is a word like `staff.create`, `subject` what it is about like
/// `staff:0199…`; `now` is the instant by the business clock.
pub async fn record(
    tx: &mut Tx,
    actor: Actor,
    what: &str,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
    now: Timestamp,
) -> Result<(), Error> {
    let (role, id) = parts(actor);
    let sql = "insert into audit (id, at, actor_role, actor, what, subject, before_body, after_body)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(sql)
        .bind(tx.new_id::<Line>().to_string())
        .bind(now.as_millis())
        .bind(role.to_string())
        .bind(id)
        .bind(what.to_string())
        .bind(subject.to_string())
        .bind(before.map(|value| value.to_string()))
        .bind(after.map(|value| value.to_string()))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Forgets what was changed about somebody, or by them; that something was, when and by whom stays.
pub async fn forget(tx: &mut Tx, subject: &str, actor: &str) -> Result<(), Error> {
    let sql = "update audit set before_body = null, after_body = null where subject = $1 or actor = $2";
    sqlx::query(sql).bind(subject.to_string()).bind(actor.to_string()).execute(tx.sql()).await?;
    Ok(())
}

fn parts(actor: Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::Customer(id) => ("customer", Some(id.to_string())),
        Actor::Agent(id) => ("agent", Some(id.to_string())),
        Actor::Admin(id) => ("admin", Some(id.to_string())),
        Actor::Expert(id) => ("expert", Some(id.to_string())),
        Actor::Server => ("server", None),
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its id; lines made later sort later.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// As what.
    pub actor_role: String,
    /// Who; nobody when it was the server.
    pub actor: Option<String>,
    /// The word of what was done.
    pub what: String,
    /// What it is about.
    pub subject: String,
    /// How it was.
    pub before: Option<Value>,
    /// How it is.
    pub after: Option<Value>,
}

/// The newest lines before the line `before`, about one subject or all.
pub async fn list(
    conn: &mut Conn,
    subject: Option<&str>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let sql = "select id, at, actor_role, actor, what, subject, before_body, after_body from audit
        where ($1 = '' or subject = $1) and ($2 = '' or id < $2) order by id desc limit $3";
    let rows = sqlx::query(sql)
        .bind(subject.unwrap_or_default().to_string())
        .bind(before.unwrap_or_default().to_string())
        .bind(limit)
        .fetch_all(conn.sql())
        .await?;
    read(rows)
}

/// Which lines are wanted; what is none holds for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// About this.
    pub subject: Option<String>,
    /// By this person.
    pub actor: Option<String>,
    /// With a word that begins like this.
    pub what: Option<String>,
    /// Not earlier.
    pub from: Option<Timestamp>,
    /// Earlier.
    pub until: Option<Timestamp>,
}

/// The newest lines before the line `before` that the filter lets through.
pub async fn find(conn: &mut Conn, filter: &Filter, before: Option<&str>, limit: i64) -> Result<Vec<Line>, Error> {
    let sql = "select id, at, actor_role, actor, what, subject, before_body, after_body from audit
        where ($1 = '' or subject = $1) and ($2 = '' or actor = $2) and ($3 = '' or (what >= $3 and what < $4))
          and at >= $5 and at < $6 and ($7 = '' or id < $7) order by id desc limit $8";
    let what = filter.what.clone().unwrap_or_default();
    let query = sqlx::query(sql).bind(filter.subject.clone().unwrap_or_default());
    let query =
        query.bind(filter.actor.clone().unwrap_or_default()).bind(what.clone()).bind(format!("{what}\u{10ffff}"));
    let query = query.bind(filter.from.map_or(i64::MIN, Timestamp::as_millis));
    let query = query.bind(filter.until.map_or(i64::MAX, Timestamp::as_millis));
    read(query.bind(before.unwrap_or_default().to_string()).bind(limit).fetch_all(conn.sql()).await?)
}

/// One line.
pub async fn get(conn: &mut Conn, id: &str) -> Result<Option<Line>, Error> {
    let sql = "select id, at, actor_role, actor, what, subject, before_body, after_body from audit where id = $1";
    Ok(read(sqlx::query(sql).bind(id.to_string()).fetch_all(conn.sql()).await?)?.pop())
}

/// The newest lines of one word of what was done, before the line `before`.
pub async fn of_kind(conn: &mut Conn, what: &str, before: Option<&str>, limit: i64) -> Result<Vec<Line>, Error> {
    let sql = "select id, at, actor_role, actor, what, subject, before_body, after_body from audit
        where what = $1 and ($2 = '' or id < $2) order by id desc limit $3";
    let query = sqlx::query(sql).bind(what.to_string()).bind(before.unwrap_or_default().to_string()).bind(limit);
    read(query.fetch_all(conn.sql()).await?)
}

fn read(rows: Vec<sqlx::any::AnyRow>) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let body = |name: &str| {
            let text = row.try_get::<Option<String>, _>(name)?;
            let read = text.map(|text| serde_json::from_str(&text)).transpose();
            read.map_err(|why| Error::Bug(format!("audit.{name}: {why}")))
        };
        lines.push(Line {
            id: row.try_get("id")?,
            at: Timestamp::from_millis(row.try_get("at")?),
            actor_role: row.try_get("actor_role")?,
            actor: row.try_get("actor")?,
            what: row.try_get("what")?,
            subject: row.try_get("subject")?,
            before: body("before_body")?,
            after: body("after_body")?,
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Lane;
    use crate::db::testing::both_engines;
    use serde_json::json;

    #[tokio::test]
    async fn the_newest_line_comes_first_and_pages_follow() {
        both_engines(async |db| {
            for n in 0..3 {
                db.clock().advance(1);
                let subject = if n == 1 { "skill:b" } else { "skill:a" };
                db.write(Lane::Desk, async move |tx| {
                    let (now, after) = (tx.real_now(), Some(json!({ "n": n })));
                    record(tx, Actor::Server, "skill.rename", subject, None, after, now).await
                })
                .await
                .unwrap();
            }
            let page = db.read(async |conn| list(conn, None, None, 2).await).await.unwrap();
            let ns =
                |page: &[Line]| page.iter().map(|line| line.after.clone().unwrap()["n"].clone()).collect::<Vec<_>>();
            assert_eq!(ns(&page), [2, 1]);
            let last = page[1].id.clone();
            let rest = db.read(async move |conn| list(conn, None, Some(&last), 2).await).await.unwrap();
            assert_eq!(ns(&rest), [0]);
            let about = db.read(async |conn| list(conn, Some("skill:b"), None, 9).await).await.unwrap();
            assert_eq!(ns(&about), [1]);
            let at = |n: usize| page.iter().chain(&rest).nth(2 - n).unwrap().at;
            let (second, third) = (at(1), at(2));
            for (filter, expected) in [
                (Filter { what: Some("skill".into()), ..Filter::default() }, vec![2, 1, 0]),
                (Filter { what: Some("skill.create".into()), ..Filter::default() }, vec![]),
                (Filter { actor: Some("nobody".into()), ..Filter::default() }, vec![]),
                (Filter { from: Some(second), until: Some(third), ..Filter::default() }, vec![1]),
                (Filter { subject: Some("skill:a".into()), ..Filter::default() }, vec![2, 0]),
            ] {
                let asked = filter.clone();
                let found = db.read(async move |conn| find(conn, &asked, None, 9).await).await.unwrap();
                assert_eq!(ns(&found), expected, "{filter:?}");
            }
        })
        .await;
    }
}
