//! Which of many addresses and numbers somebody signs in with, asked in a few statements: a file of a thousand people is
//! judged without a write.

use crate::accounts::HandleTaken;
use crate::accounts::handle::email_key;
use crate::db::{Conn, Error, values};
use shared::text::{Email, Phone};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeSet;

/// Handles in one statement, well below what both engines take.
const BINDS_MAX: usize = 2_000;

/// Handles that somebody has, of those that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    emails: BTreeSet<String>,
    phones: BTreeSet<String>,
}

impl InUse {
    /// Which handle of somebody new is another's, named in the order in which [`super::create_login`] names them.
    pub fn taken(&self, email: Option<&Email>, phone: Option<&Phone>) -> Option<HandleTaken> {
        if email.is_some_and(|email| self.emails.contains(&email_key(email))) {
            return Some(HandleTaken::Email);
        }
        phone.is_some_and(|phone| self.phones.contains(phone.as_str())).then_some(HandleTaken::Phone)
    }
}

/// Which of these handles somebody signs in with.
pub async fn in_use(conn: &mut Conn, emails: &[&Email], phones: &[&Phone]) -> Result<InUse, Error> {
    let emails: BTreeSet<String> = emails.iter().map(|email| email_key(email)).collect();
    let phones: BTreeSet<String> = phones.iter().map(|phone| phone.as_str().to_owned()).collect();
    let (emails, phones) = (found(conn, "email_key", emails).await?, found(conn, "phone", phones).await?);
    Ok(InUse { emails, phones })
}

async fn found(conn: &mut Conn, column: &'static str, asked: BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let asked: Vec<String> = asked.into_iter().collect();
    let mut found = BTreeSet::new();
    for asked in asked.chunks(BINDS_MAX) {
        let sql = format!("select {column} as handle from login where {column} in {}", values(1, asked.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for handle in asked {
            query = query.bind(handle.clone());
        }
        for row in query.fetch_all(conn.sql()).await? {
            found.insert(row.try_get::<String, _>("handle")?);
        }
    }
    Ok(found)
}
