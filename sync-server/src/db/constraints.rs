//! What must be unique, and how each engine says that it is not. PostgreSQL reports the constraint's name; `SQLite`
//! never does, it reports the columns. Whoever adds a unique constraint that people can meet adds a row here; a test
//! reads both catalogues and compares.
//!
//! A violation ends the closure. A conflict that is expected is better met with `on conflict do nothing`, and foreign
//! keys are checked before, never left to the engine.

/// A unique constraint that a caller may want to tell from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// A ticket's events are numbered without doubles.
    EventSeq,
    /// One live job for a key.
    JobKey,
    /// One login for an e-mail address.
    LoginEmail,
    /// One login for a phone number.
    LoginPhone,
}

/// The constraint, its PostgreSQL name, and what `SQLite` reports.
const ALL: &[(Constraint, &str, &str)] = &[
    (Constraint::EventSeq, "event_ticket_seq", "event.ticket, event.seq"),
    (Constraint::JobKey, "job_live_key", "job.key"),
    (Constraint::LoginEmail, "login_email", "login.email_key"),
    (Constraint::LoginPhone, "login_phone", "login.phone"),
];

impl Constraint {
    /// The constraint that an engine reported: by name where it gives one, else in its message.
    pub(super) fn find(name: Option<&str>, message: &str) -> Option<Self> {
        let columns = message.rsplit_once("constraint failed: ").map(|(_, columns)| columns);
        ALL.iter()
            .find(|(_, postgres, sqlite)| name == Some(postgres) || columns == Some(sqlite))
            .map(|(constraint, _, _)| *constraint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::db::{Conn, Engine, Error};
    use sqlx::Row;

    /// The columns of a unique index or constraint, as `SQLite` would report them.
    async fn columns(conn: &mut Conn, engine: Engine, name: &str, sqlite: &str) -> Result<String, Error> {
        match engine {
            Engine::Postgres => {
                let sql = "select string_agg(c.relname || '.' || a.attname, ', ' order by k.n) as columns
                    from pg_class i join pg_index x on x.indexrelid = i.oid and x.indisunique
                    join pg_class c on c.oid = x.indrelid
                    cross join unnest(x.indkey) with ordinality as k(attnum, n)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                    where i.relname = $1";
                let row = sqlx::query(sql).bind(name.to_string()).fetch_one(conn.sql()).await?;
                Ok(row.try_get::<Option<String>, _>("columns")?.unwrap_or_default())
            }
            Engine::Sqlite => {
                // The automatic index of a table constraint has no name of ours, so any unique index will do.
                let (table, _) = sqlite.split_once('.').unwrap_or_default();
                let sql = "select group_concat(c.name, ', ' || $1 || '.') as columns
                    from pragma_index_list($1) i join pragma_index_info(i.name) c
                    where i.\"unique\" = 1 group by i.name";
                let rows = sqlx::query(sql).bind(table.to_string()).fetch_all(conn.sql()).await?;
                let mut found = Vec::new();
                for row in rows {
                    found.push(format!("{table}.{}", row.try_get::<String, _>("columns")?));
                }
                Ok(found.into_iter().find(|columns| columns == sqlite).unwrap_or_default())
            }
        }
    }

    #[tokio::test]
    async fn every_listed_constraint_is_in_both_catalogues() {
        both_engines(async |db| {
            let engine = db.engine();
            for (constraint, postgres, sqlite) in ALL {
                let found = db.read(async move |conn| columns(conn, engine, postgres, sqlite).await).await.unwrap();
                assert_eq!(&found, sqlite, "{constraint:?} on {engine:?}");
            }
        })
        .await;
    }

    #[test]
    fn what_is_not_listed_is_not_found() {
        assert_eq!(Constraint::find(Some("other"), "duplicate key"), None);
        assert_eq!(Constraint::find(None, "UNIQUE constraint failed: job.key, job.other"), None);
    }
}
