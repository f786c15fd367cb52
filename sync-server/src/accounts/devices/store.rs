//! The rows of devices, their incarnations and what these acknowledged.

use super::{DeviceInfo, DeviceRow, NewDevice, Platform, PushTarget, Registered};
use crate::accounts::store::{parsed, revoke_of_device};
use crate::db::{Conn, Error, Tx};
use crate::feed::Stream;
use shared::ids::{DeviceId, ExpertId};
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};

/// Devices of one expert that are listed or reached, the newest first; nobody carries more phones.
const DEVICES_MAX: i64 = 20;

/// An incarnation, with the device's row held until the commit. The first lock of a sync.
pub async fn lock(tx: &mut Tx, device: DeviceId, inc: i64) -> Result<Option<DeviceRow>, Error> {
    let end = tx.for_update();
    let sql = format!("select id from device where id = $1{end}");
    sqlx::query(AssertSqlSafe(sql)).bind(device.to_string()).fetch_optional(tx.sql()).await?;
    get(tx, device, inc).await
}

/// An incarnation of a device.
pub async fn get(conn: &mut Conn, device: DeviceId, inc: i64) -> Result<Option<DeviceRow>, Error> {
    let sql = "select d.expert, d.newest_inc, d.revoked, i.last_n, i.seen_at
        from device d join device_inc i on i.device = d.id where d.id = $1 and i.inc = $2";
    let query = sqlx::query(sql).bind(device.to_string()).bind(inc);
    let Some(row) = query.fetch_optional(conn.sql()).await? else { return Ok(None) };
    Ok(Some(DeviceRow {
        id: device,
        inc,
        expert: parsed("device.expert", &row.try_get::<String, _>("expert")?)?,
        last_n: row.try_get("last_n")?,
        newest_inc: row.try_get("newest_inc")?,
        revoked: row.try_get::<i64, _>("revoked")? != 0,
        seen_at: row.try_get::<Option<i64>, _>("seen_at")?.map(Timestamp::from_millis),
    }))
}

/// Whether an expert's device may speak, whatever its incarnation.
pub async fn is_live(conn: &mut Conn, device: DeviceId, expert: ExpertId) -> Result<bool, Error> {
    let sql = "select id from device where id = $1 and expert = $2 and revoked = 0";
    let query = sqlx::query(sql).bind(device.to_string()).bind(expert.to_string());
    Ok(query.fetch_optional(conn.sql()).await?.is_some())
}

/// Registers a device, or gives a known one of the same expert a new incarnation. An id that is unknown here, another
/// expert's or revoked becomes a new device, so that nobody speaks for somebody else's.
pub async fn register(tx: &mut Tx, new: &NewDevice) -> Result<Registered, Error> {
    let known = match new.device {
        Some(device) => again(tx, device, new).await?,
        None => None,
    };
    let registered = match known {
        Some(registered) => registered,
        None => first(tx, new).await?,
    };
    if let Some(push_token) = &new.push_token {
        leave_others(tx, registered.device, push_token).await?;
    }
    let sql = "insert into device_inc (device, inc, last_n) values ($1, $2, 0)";
    sqlx::query(sql).bind(registered.device.to_string()).bind(registered.inc).execute(tx.sql()).await?;
    Ok(registered)
}

async fn again(tx: &mut Tx, device: DeviceId, new: &NewDevice) -> Result<Option<Registered>, Error> {
    let sql = "update device set newest_inc = newest_inc + 1, name = $1, platform = $2, push_token = $3
        where id = $4 and expert = $5 and revoked = 0 returning newest_inc";
    let row = sqlx::query(sql)
        .bind(new.name.to_string())
        .bind(new.platform.word().to_string())
        .bind(new.push_token.clone())
        .bind(device.to_string())
        .bind(new.expert.to_string())
        .fetch_optional(tx.sql())
        .await?;
    row.map(|row| Ok(Registered { device, inc: row.try_get("newest_inc")? })).transpose()
}

async fn first(tx: &mut Tx, new: &NewDevice) -> Result<Registered, Error> {
    let device: DeviceId = tx.new_id();
    let sql = "insert into device (id, expert, name, platform, push_token, newest_inc, revoked, created_at)
        values ($1, $2, $3, $4, $5, 0, 0, $6)";
    sqlx::query(sql)
        .bind(device.to_string())
        .bind(new.expert.to_string())
        .bind(new.name.to_string())
        .bind(new.platform.word().to_string())
        .bind(new.push_token.clone())
        .bind(new.now.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(Registered { device, inc: 0 })
}

/// Notes how far an incarnation's mutations were taken, and that it was here.
pub async fn note_sync(tx: &mut Tx, device: DeviceId, inc: i64, last_n: i64, now_real: Timestamp) -> Result<(), Error> {
    let sql = "update device_inc set last_n = $1, seen_at = $2 where device = $3 and inc = $4";
    sqlx::query(sql)
        .bind(last_n)
        .bind(now_real.as_millis())
        .bind(device.to_string())
        .bind(inc)
        .execute(tx.sql())
        .await?;
    let sql = "update device set seen_at = $1 where id = $2";
    sqlx::query(sql).bind(now_real.as_millis()).bind(device.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Notes that everything of a stream up to here is on the device. It only rises: an old request that comes late takes
/// nothing back.
pub async fn acknowledge(tx: &mut Tx, device: DeviceId, inc: i64, stream: &Stream, seq: i64) -> Result<(), Error> {
    let sql = "insert into device_ack (device, inc, stream, seq) values ($1, $2, $3, $4)
        on conflict (device, inc, stream) do update set seq = excluded.seq where device_ack.seq < excluded.seq";
    sqlx::query(sql)
        .bind(device.to_string())
        .bind(inc)
        .bind(stream.as_str().to_string())
        .bind(seq)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// How far an incarnation has taken a stream in.
pub async fn acknowledged(conn: &mut Conn, device: DeviceId, inc: i64, stream: &Stream) -> Result<Option<i64>, Error> {
    let sql = "select seq from device_ack where device = $1 and inc = $2 and stream = $3";
    let query = sqlx::query(sql).bind(device.to_string()).bind(inc).bind(stream.as_str().to_string());
    let row = query.fetch_optional(conn.sql()).await?;
    Ok(row.map(|row| row.try_get("seq")).transpose()?)
}

/// How far the best of an expert's live devices has taken a stream in. `None`: no device has anything of it.
pub async fn best_ack(conn: &mut Conn, expert: ExpertId, stream: &Stream) -> Result<Option<i64>, Error> {
    let sql = "select cast(max(a.seq) as bigint) as seq from device d
        join device_ack a on a.device = d.id and a.inc = d.newest_inc
        where d.expert = $1 and d.revoked = 0 and a.stream = $2";
    let query = sqlx::query(sql).bind(expert.to_string()).bind(stream.as_str().to_string());
    Ok(query.fetch_one(conn.sql()).await?.try_get("seq")?)
}

/// Where push reaches an expert.
pub async fn reach(conn: &mut Conn, expert: ExpertId) -> Result<Vec<PushTarget>, Error> {
    let sql = "select id, push_token from device
        where expert = $1 and revoked = 0 and push_token is not null order by id desc limit $2";
    let rows = sqlx::query(sql).bind(expert.to_string()).bind(DEVICES_MAX).fetch_all(conn.sql()).await?;
    rows.iter()
        .map(|row| {
            let device = parsed("device.id", &row.try_get::<String, _>("id")?)?;
            Ok(PushTarget { device, push_token: row.try_get("push_token")? })
        })
        .collect()
}

/// Where push reaches a device; `None` when the provider says that it is gone.
pub async fn set_push_token(tx: &mut Tx, device: DeviceId, push_token: Option<&str>) -> Result<(), Error> {
    let sql = "update device set push_token = $1 where id = $2";
    sqlx::query(sql).bind(push_token.map(str::to_string)).bind(device.to_string()).execute(tx.sql()).await?;
    match push_token {
        Some(push_token) => leave_others(tx, device, push_token).await,
        None => Ok(()),
    }
}

/// An address is of one installation, and whoever signed in there last: what is for another expert must not ring there.
async fn leave_others(tx: &mut Tx, device: DeviceId, push_token: &str) -> Result<(), Error> {
    let sql = "update device set push_token = null where push_token = $1 and id <> $2";
    sqlx::query(sql).bind(push_token.to_string()).bind(device.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Forgets where push reached a device, unless it has told us another address since.
pub async fn retire_push_token(tx: &mut Tx, device: DeviceId, push_token: &str) -> Result<(), Error> {
    let sql = "update device set push_token = null where id = $1 and push_token = $2";
    sqlx::query(sql).bind(device.to_string()).bind(push_token.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// An expert's devices, the newest first.
pub async fn of_expert(conn: &mut Conn, expert: ExpertId) -> Result<Vec<DeviceInfo>, Error> {
    let sql = "select id, name, platform, case when push_token is null then 0 else 1 end as has_push, revoked, seen_at,
        created_at from device where expert = $1 order by id desc limit $2";
    let rows = sqlx::query(sql).bind(expert.to_string()).bind(DEVICES_MAX).fetch_all(conn.sql()).await?;
    rows.iter()
        .map(|row| {
            let word: String = row.try_get("platform")?;
            let platform = Platform::ALL.into_iter().find(|platform| platform.word() == word);
            Ok(DeviceInfo {
                id: parsed("device.id", &row.try_get::<String, _>("id")?)?,
                name: row.try_get("name")?,
                platform: platform.ok_or_else(|| Error::Bug(format!("device.platform holds {word:?}")))?,
                has_push: row.try_get::<i64, _>("has_push")? != 0,
                revoked: row.try_get::<i64, _>("revoked")? != 0,
                seen_at: row.try_get::<Option<i64>, _>("seen_at")?.map(Timestamp::from_millis),
                created_at: Timestamp::from_millis(row.try_get("created_at")?),
            })
        })
        .collect()
}

/// Switches a device off; gives back whether there was one that was on. Its token then opens the rescue alone.
pub async fn revoke(tx: &mut Tx, device: DeviceId, now_real: Timestamp) -> Result<bool, Error> {
    let sql = "update device set revoked = 1, push_token = null where id = $1 and revoked = 0";
    let done = sqlx::query(sql).bind(device.to_string()).execute(tx.sql()).await?;
    revoke_of_device(tx, device, now_real).await?;
    Ok(done.rows_affected() == 1)
}

/// Switches all devices of an expert off.
pub async fn revoke_all(tx: &mut Tx, expert: ExpertId, now_real: Timestamp) -> Result<(), Error> {
    let sql = "update device set revoked = 1, push_token = null where expert = $1 and revoked = 0 returning id";
    let rows = sqlx::query(sql).bind(expert.to_string()).fetch_all(tx.sql()).await?;
    for row in rows {
        let device = parsed("device.id", &row.try_get::<String, _>("id")?)?;
        revoke_of_device(tx, device, now_real).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::db::{Database, Lane};
    use shared::chance::Seeded;
    use shared::ids::Id;

    fn expert(seed: u64) -> ExpertId {
        Id::new(Timestamp::from_millis(1), &Seeded::new(seed))
    }

    fn phone(device: Option<DeviceId>, expert: ExpertId) -> NewDevice {
        let name = "Ana's phone".parse().unwrap();
        let push_token = Some("push".to_owned());
        NewDevice { device, expert, name, platform: Platform::Android, push_token, now: Timestamp::from_millis(5) }
    }

    async fn sign_in(db: &Database, new: NewDevice) -> Registered {
        db.write(Lane::Sync, async move |tx| register(tx, &new).await).await.unwrap()
    }

    #[tokio::test]
    async fn a_known_device_of_the_same_expert_lives_again_and_nobody_elses() {
        both_engines(async |db| {
            let first = sign_in(&db, phone(None, expert(1))).await;
            assert_eq!(first.inc, 0);
            db.write(Lane::Sync, async move |tx| note_sync(tx, first.device, 0, 7, tx.real_now()).await).await.unwrap();
            let again = sign_in(&db, phone(Some(first.device), expert(1))).await;
            assert_eq!(again, Registered { device: first.device, inc: 1 });
            let other = sign_in(&db, phone(Some(first.device), expert(2))).await;
            assert_ne!(other.device, first.device);
            let of = async |inc| db.read(async move |conn| get(conn, first.device, inc).await).await.unwrap();
            let (old, new) = (of(0).await.unwrap(), of(1).await.unwrap());
            assert_eq!((old.last_n, old.newest_inc, new.last_n, new.expert), (7, 1, 0, expert(1)));
            assert_eq!(of(2).await, None);
            let held = db.write(Lane::Sync, async move |tx| lock(tx, first.device, 1).await).await.unwrap();
            assert_eq!(held, Some(new));
        })
        .await;
    }

    #[tokio::test]
    async fn acknowledgements_rise_and_only_live_devices_count() {
        both_engines(async |db| {
            let one = sign_in(&db, phone(None, expert(1))).await;
            db.clock().advance(1);
            let elsewhere = NewDevice { push_token: Some("elsewhere".into()), ..phone(None, expert(1)) };
            let two = sign_in(&db, elsewhere).await;
            let stream = Stream::of_expert(expert(1));
            for (device, seq) in [(one.device, 5), (one.device, 3), (two.device, 9)] {
                let stream = stream.clone();
                let ack = async move |tx: &mut Tx| acknowledge(tx, device, 0, &stream, seq).await;
                db.write(Lane::Sync, ack).await.unwrap();
            }
            let best = async || {
                let stream = stream.clone();
                db.read(async move |conn| best_ack(conn, expert(1), &stream).await).await.unwrap()
            };
            let own = stream.clone();
            let acked = db.read(async move |conn| acknowledged(conn, one.device, 0, &own).await).await.unwrap();
            assert_eq!((acked, best().await), (Some(5), Some(9)));
            let revoked = async move |tx: &mut Tx| revoke(tx, two.device, tx.real_now()).await;
            assert!(db.write(Lane::Desk, revoked).await.unwrap());
            assert!(!db.write(Lane::Desk, revoked).await.unwrap(), "once");
            assert_eq!(best().await, Some(5));
            let reached = db.read(async |conn| reach(conn, expert(1)).await).await.unwrap();
            assert_eq!(reached.iter().map(|target| target.device).collect::<Vec<_>>(), [one.device]);
            let listed = db.read(async |conn| of_expert(conn, expert(1)).await).await.unwrap();
            assert_eq!(listed.iter().map(|info| info.revoked).collect::<Vec<_>>(), [true, false]);
            assert_ne!(sign_in(&db, phone(Some(two.device), expert(1))).await.device, two.device);
        })
        .await;
    }
}
