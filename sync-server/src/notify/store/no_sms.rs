//! The table `no_sms`: numbers to which no SMS goes, because whoever has it asked us to stop or because it is a landline.

use crate::db::{Conn, Error, Tx};
use shared::text::Phone;
use sqlx::Row;

/// Why a number takes no SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSms {
    /// Whoever has it asked us.
    Stop,
    /// The network says so.
    Landline,
}

impl NoSms {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Landline => "landline",
        }
    }

    /// Why a notice to it fails, for the people who look after it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Stop => "stopped: the number asked us to stop",
            Self::Landline => "landline: a landline takes no SMS",
        }
    }

    /// What a provider's refusal says about the number itself.
    pub fn told_by(why: &str) -> Option<Self> {
        match why.split(':').next().unwrap_or_default() {
            "21610" => Some(Self::Stop),
            "30006" | "21614" => Some(Self::Landline),
            // Everything else concerns this one message.
            _ => None,
        }
    }
}

/// Why a number takes no SMS, if it takes none.
pub async fn why(conn: &mut Conn, phone: &Phone) -> Result<Option<NoSms>, Error> {
    let row = sqlx::query("select why from no_sms where phone = $1").bind(phone.to_string());
    let Some(row) = row.fetch_optional(conn.sql()).await? else { return Ok(None) };
    let word: String = row.try_get("why")?;
    let known = [NoSms::Stop, NoSms::Landline].into_iter().find(|why| why.word() == word);
    known.map(Some).ok_or_else(|| Error::Bug(format!("no_sms.why is {word:?}")))
}

/// From now on no SMS goes to this number. A wish to stop is stronger than what the network says.
pub async fn stop(tx: &mut Tx, phone: &Phone, why: NoSms) -> Result<(), Error> {
    let now = tx.real_now().as_millis();
    let sql = "insert into no_sms (phone, why, since) values ($1, $2, $3)
        on conflict (phone) do update set why = excluded.why, since = excluded.since where excluded.why = 'stop'";
    let query = sqlx::query(sql).bind(phone.to_string()).bind(why.word().to_string()).bind(now);
    query.execute(tx.sql()).await?;
    Ok(())
}

/// Whoever has this number wants messages again.
pub async fn start(tx: &mut Tx, phone: &Phone) -> Result<(), Error> {
    sqlx::query("delete from no_sms where phone = $1").bind(phone.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// How many numbers take no SMS.
pub async fn count(conn: &mut Conn) -> Result<i64, Error> {
    let row = sqlx::query("select cast(count(*) as bigint) as n from no_sms").fetch_one(conn.sql()).await?;
    Ok(row.try_get("n")?)
}
