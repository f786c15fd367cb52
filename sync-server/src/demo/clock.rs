//! The demo's business clock: real time plus what jumps have added. It only goes ahead, and what it is ahead by is kept, so
//! that after a restart nothing that was done lies in the future.

use crate::db::{Error, Lane, Wake, meta};
use crate::http::Site;
use crate::http::{Answer, Refused};
use serde::Deserialize;
use shared::problem::Problem;
use shared::time::Timestamp;

/// Keeps the milliseconds that the clock is ahead.
const AHEAD: &str = "demo_clock_ahead_ms";
/// One jump is a year at the most: a plan ends within it.
const MINUTES_MAX: i64 = 366 * 1_440;

/// Where to jump.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Jump {
    /// By so many minutes.
    pub(super) minutes: Option<i64>,
    /// To this instant.
    pub(super) to: Option<Timestamp>,
}

impl Jump {
    fn millis(self, now: Timestamp) -> Result<u64, Problem> {
        let millis = match (self.minutes, self.to) {
            (Some(minutes), None) if (1..=MINUTES_MAX).contains(&minutes) => minutes * 60_000,
            (None, Some(to)) if to >= now && to.minutes_since(now) <= MINUTES_MAX => to.millis_since(now),
            (Some(_), None) => {
                let what = format!("The clock jumps ahead by 1 to {MINUTES_MAX} minutes.");
                return Err(Problem::field("minutes", "invalid", what));
            }
            (None, Some(_)) => {
                return Err(Problem::field("to", "invalid", "The clock only goes ahead, by a year at the most."));
            }
            (None, None) | (Some(_), Some(_)) => {
                return Err(Problem::field("minutes", "required", "Give either `minutes` or `to`."));
            }
        };
        Ok(u64::try_from(millis).unwrap_or_default())
    }
}

/// Jumps; gives back the business instant after it.
pub(super) async fn jump(site: &Site, jump: Jump) -> Answer<Timestamp> {
    let millis = jump.millis(site.now())?;
    let kept = site.db.write(Lane::Desk, async move |tx| {
        let ahead = ahead(meta::get(tx, AHEAD).await?);
        meta::set(tx, AHEAD, &ahead.saturating_add(millis).to_string()).await
    });
    kept.await.map_err(Refused::from)?;
    site.db.clock().jump(millis);
    site.db.wake(Wake::Clock);
    Ok(site.now())
}

/// Puts the clock where it was when the demo stopped.
pub(super) async fn restore(site: &Site) -> Result<(), Error> {
    let kept = site.db.read(async |conn| meta::get(conn, AHEAD).await).await?;
    site.db.clock().jump(ahead(kept));
    Ok(())
}

fn ahead(kept: Option<String>) -> u64 {
    kept.and_then(|ahead| ahead.parse().ok()).unwrap_or(0)
}

/// How far the clock is ahead, in words.
pub(super) fn words(minutes: i64) -> String {
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let part = |n: i64, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{n} {one}s")),
    };
    let parts: Vec<String> =
        [part(days, "day"), part(hours, "hour"), part(minutes, "minute")].into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::pages::routes;
    use super::*;
    use crate::db::Engine;
    use crate::db::testing::on;
    use crate::http::testing::{Client, site};
    use serde_json::json;

    #[test]
    fn a_distance_is_said_in_words() {
        assert_eq!(words(0), "");
        assert_eq!(words(15), "15 minutes");
        assert_eq!(words(1_440 + 61), "1 day, 1 hour, 1 minute");
    }

    #[tokio::test]
    async fn the_clock_jumps_ahead_and_never_back() {
        on(Engine::Sqlite, async |db| {
            let before = db.clock().business_now();
            let client = Client::new(site(&db), routes());
            let jumped = client.json("POST", "/demo/clock", &json!({ "minutes": 15 })).await;
            assert_eq!(jumped.value()["now"], before.plus_minutes(15).to_string());
            let to = before.plus_minutes(60).to_string();
            assert_eq!(client.json("POST", "/demo/clock", &json!({ "to": to })).await.status, 200);
            for bad in [json!({ "minutes": -1 }), json!({ "to": before.to_string() }), json!({}), json!({ "hours": 1 })]
            {
                assert_eq!(client.json("POST", "/demo/clock", &bad).await.status, 422, "{bad}");
            }
            let form = client.form("/demo/clock", &[("minutes", "1440")]).await;
            assert_eq!((form.status.as_u16(), form.header("location")), (303, "/demo#clock"));
            assert_eq!(db.clock().business_now(), before.plus_minutes(60 + 1_440));
            let page = client.get("/demo").await.text();
            assert!(page.contains("1 day, 1 hour"), "{page}");
            assert!(page.contains("maple-tin-rain") && page.contains("mia@example.com"));
            assert!(page.contains("cargo run -p mobile --features ui -- --server http"), "{page}");
        })
        .await;
    }
}
