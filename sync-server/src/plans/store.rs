//! The tables of plans and entitlements.

use super::{Entitlement, EntitlementState, NewEntitlement, Plan, Uncovered, uncovered};
use crate::db::columns::{flag, instant, instant_opt, json, number, parsed, parsed_opt};
use crate::db::{Conn, Error, Tx};
use crate::jobs::{self, Kind, NewJob};
use shared::ids::{CustomerId, EntitlementId, PlanId};
use shared::money::{Currency, Money};
use shared::text::Slug;
use shared::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Plans that a business keeps.
const PLANS_MAX: i64 = 500;
/// Entitlements of one customer that are looked at, the last ones first.
const ENTITLEMENTS_MAX: i64 = 200;

fn read_plan(row: &AnyRow) -> Result<Plan, Error> {
    Ok(Plan {
        id: parsed(row, "id")?,
        slug: parsed(row, "slug")?,
        name: parsed(row, "name")?,
        price: Money { minor_units: row.try_get("price_minor")?, currency: read_currency(row)? },
        period_months: number(row, "period_months")?,
        categories: json(row, "categories")?,
        sites: number(row, "sites")?,
        promise_hours: number(row, "promise_hours")?,
        waiting_days: number(row, "waiting_days")?,
        active: flag(row, "active")?,
        ver: row.try_get("ver")?,
    })
}

fn read_currency(row: &AnyRow) -> Result<Currency, Error> {
    let code: String = row.try_get("currency")?;
    let known = [Currency::Usd, Currency::Eur].into_iter().find(|currency| currency.code() == code);
    known.ok_or_else(|| Error::Bug(format!("a plan is sold in {code:?}")))
}

fn read_entitlement(row: &AnyRow) -> Result<Entitlement, Error> {
    let state: String = row.try_get("state")?;
    Ok(Entitlement {
        id: parsed(row, "id")?,
        customer: parsed(row, "customer")?,
        plan: parsed(row, "plan")?,
        state: EntitlementState::from_word(&state)
            .ok_or_else(|| Error::Bug(format!("an entitlement is in the state {state:?}")))?,
        from_at: instant(row, "from_at")?,
        until_at: instant(row, "until_at")?,
        grace_until_at: instant_opt(row, "grace_until_at")?,
        renews: flag(row, "renews")?,
        sites: number(row, "sites")?,
        categories: json(row, "categories")?,
        promise_hours: number(row, "promise_hours")?,
        reason: parsed_opt(row, "reason")?,
    })
}

fn slugs_in_json(slugs: &[Slug]) -> String {
    serde_json::to_string(slugs).expect("a list of words is plain JSON")
}

/// All plans by their word, those no longer sold too.
pub async fn plans(conn: &mut Conn) -> Result<Vec<Plan>, Error> {
    let sql = "select id, slug, name, price_minor, currency, period_months, categories, sites, promise_hours,
          waiting_days, active, ver
        from plan order by slug limit $1";
    let rows = sqlx::query(sql).bind(PLANS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(read_plan).collect()
}

/// A plan.
pub async fn plan(conn: &mut Conn, id: PlanId) -> Result<Option<Plan>, Error> {
    let sql = "select id, slug, name, price_minor, currency, period_months, categories, sites, promise_hours,
          waiting_days, active, ver
        from plan where id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_plan).transpose()
}

/// A plan by its word.
pub async fn plan_by_slug(conn: &mut Conn, slug: &Slug) -> Result<Option<Plan>, Error> {
    Ok(plans(conn).await?.into_iter().find(|plan| plan.slug == *slug))
}

/// A new plan. False if its word is taken.
pub async fn create_plan(tx: &mut Tx, plan: &Plan) -> Result<bool, Error> {
    let sql = "insert into plan (id, slug, name, price_minor, currency, period_months, categories, sites,
          promise_hours, waiting_days, active, ver)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1) on conflict (slug) do nothing";
    let made = sqlx::query(sql)
        .bind(plan.id.to_string())
        .bind(plan.slug.to_string())
        .bind(plan.name.to_string())
        .bind(plan.price.minor_units)
        .bind(plan.price.currency.code().to_string())
        .bind(i64::from(plan.period_months))
        .bind(slugs_in_json(&plan.categories))
        .bind(i64::from(plan.sites))
        .bind(i64::from(plan.promise_hours))
        .bind(i64::from(plan.waiting_days))
        .bind(i64::from(plan.active))
        .execute(tx.sql())
        .await?;
    Ok(made.rows_affected() == 1)
}

/// Puts this in place of what the plan said, if it still has the version that was edited. What was bought before keeps
/// what it said then.
pub async fn put_plan(tx: &mut Tx, plan: &Plan) -> Result<bool, Error> {
    let sql = "update plan set name = $3, price_minor = $4, currency = $5, period_months = $6, categories = $7,
          sites = $8, promise_hours = $9, waiting_days = $10, active = $11, ver = ver + 1
        where id = $1 and ver = $2";
    let put = sqlx::query(sql)
        .bind(plan.id.to_string())
        .bind(plan.ver)
        .bind(plan.name.to_string())
        .bind(plan.price.minor_units)
        .bind(plan.price.currency.code().to_string())
        .bind(i64::from(plan.period_months))
        .bind(slugs_in_json(&plan.categories))
        .bind(i64::from(plan.sites))
        .bind(i64::from(plan.promise_hours))
        .bind(i64::from(plan.waiting_days))
        .bind(i64::from(plan.active))
        .execute(tx.sql())
        .await?;
    Ok(put.rows_affected() == 1)
}

/// Begins an entitlement with what its plan says now, and lets the customer's tickets that waited for a plan go on.
/// Nothing if there is no such plan; the customer must exist. The same entitlement again is a no-op.
pub async fn grant(tx: &mut Tx, new: NewEntitlement, now: Timestamp) -> Result<Option<Entitlement>, Error> {
    let Some(plan) = plan(tx, new.plan).await? else { return Ok(None) };
    let sql = "insert into entitlement (id, customer, plan, state, from_at, until_at, sites, categories, promise_hours,
          reason, created_at, grace_until_at, renews)
        values ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing";
    let made = sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(new.customer.to_string())
        .bind(new.plan.to_string())
        .bind(new.from_at.as_millis())
        .bind(new.until_at.as_millis())
        .bind(i64::from(plan.sites))
        .bind(slugs_in_json(&plan.categories))
        .bind(i64::from(plan.promise_hours))
        .bind(new.reason.as_ref().map(ToString::to_string))
        .bind(now.as_millis())
        .bind(new.grace_until_at.map(Timestamp::as_millis))
        .bind(i64::from(new.grace_until_at.is_some()))
        .execute(tx.sql())
        .await?;
    if made.rows_affected() == 1 {
        // One that begins later is looked at when it begins.
        let due_at = now.max(new.from_at);
        jobs::enqueue(tx, &[NewJob::new(Kind::PlanFound, new.customer, due_at)]).await?;
    }
    entitlement(tx, new.id).await
}

/// An entitlement.
pub async fn entitlement(conn: &mut Conn, id: EntitlementId) -> Result<Option<Entitlement>, Error> {
    let sql = "select id, customer, plan, state, from_at, until_at, grace_until_at, renews, sites, categories,
          promise_hours, reason
        from entitlement where id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_entitlement).transpose()
}

/// A customer's entitlements, the one that ends last first.
pub async fn entitlements_of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Entitlement>, Error> {
    let sql = "select id, customer, plan, state, from_at, until_at, grace_until_at, renews, sites, categories,
          promise_hours, reason
        from entitlement where customer = $1 order by until_at desc, id limit $2";
    let rows = sqlx::query(sql).bind(customer.to_string()).bind(ENTITLEMENTS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(read_entitlement).collect()
}

/// The entitlement that covers a category at a site, the how-manieth from 0, at an instant: of several the one with the shortest promise, then the one
/// that ends last.
pub async fn covering(
    conn: &mut Conn,
    customer: CustomerId,
    category: &Slug,
    site: u32,
    at: Timestamp,
) -> Result<Option<Entitlement>, Error> {
    let all = entitlements_of(conn, customer).await?;
    let covers = |entitlement: &Entitlement| site < entitlement.sites && entitlement.covers(category, at);
    Ok(all.into_iter().filter(covers).min_by_key(|entitlement| {
        let ends_last = std::cmp::Reverse(entitlement.until_at);
        (entitlement.promise_hours, ends_last, entitlement.id)
    }))
}

/// From when on a plan that is paid covers a category at a site, where none does yet.
pub async fn covered_from(
    conn: &mut Conn,
    customer: CustomerId,
    category: &Slug,
    site: u32,
    at: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    Ok(match uncovered(&entitlements_of(conn, customer).await?, category, site, at) {
        Some(Uncovered::Waits { until }) => Some(until),
        Some(Uncovered::NoPlan | Uncovered::Sites { .. }) | None => None,
    })
}

/// When the next plan ends after an instant, while it is in force; none if nothing ends.
pub async fn next_end(conn: &mut Conn, after: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql = "select min(until_at) as until_at from entitlement where state = 'active' and until_at > $1";
    let row = sqlx::query(sql).bind(after.as_millis()).fetch_one(conn.sql()).await?;
    Ok(row.try_get::<Option<i64>, _>("until_at")?.map(Timestamp::from_millis))
}

/// Ends an entitlement now. Says whether that changed anything.
pub async fn cancel(tx: &mut Tx, id: EntitlementId) -> Result<bool, Error> {
    let sql = "update entitlement set state = 'cancelled' where id = $1 and state in ('active', 'grace')";
    Ok(sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?.rows_affected() == 1)
}

/// A further period was paid: it covers until then, and while the next one is not paid a while longer. The tickets that
/// waited for a plan go on. An entitlement that a person cancelled stays so; false says that.
pub async fn extend(
    tx: &mut Tx,
    id: EntitlementId,
    until_at: Timestamp,
    grace_until_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update entitlement set state = 'active', until_at = $2, grace_until_at = $3, renews = $4
        where id = $1 and state <> 'cancelled' returning customer";
    let query = sqlx::query(sql).bind(id.to_string()).bind(until_at.as_millis());
    let query = query.bind(grace_until_at.map(Timestamp::as_millis)).bind(i64::from(grace_until_at.is_some()));
    let Some(row) = query.fetch_optional(tx.sql()).await? else { return Ok(false) };
    let customer: CustomerId = parsed(&row, "customer")?;
    jobs::enqueue(tx, &[NewJob::new(Kind::PlanFound, customer, now)]).await?;
    Ok(true)
}

/// Whether another paid period follows: how long it covers on while that is not paid, or nothing where none follows.
pub async fn set_renews(tx: &mut Tx, id: EntitlementId, grace_until_at: Option<Timestamp>) -> Result<(), Error> {
    let sql = "update entitlement set grace_until_at = $2, renews = $3 where id = $1 and state in ('active', 'grace')";
    let query = sqlx::query(sql).bind(id.to_string()).bind(grace_until_at.map(Timestamp::as_millis));
    query.bind(i64::from(grace_until_at.is_some())).execute(tx.sql()).await?;
    Ok(())
}

/// Ends an entitlement whose next period was not paid. Says whether that changed anything.
pub async fn end_unpaid(tx: &mut Tx, id: EntitlementId) -> Result<bool, Error> {
    let sql = "update entitlement set state = 'lapsed', renews = 0, grace_until_at = null
        where id = $1 and state in ('active', 'grace')";
    Ok(sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?.rows_affected() == 1)
}

/// Marks entitlements whose period is over: as in grace where another one follows, which is charged meanwhile, and as
/// lapsed where none does; at most `limit` of each. Gives back how many. Only an unpaid charge ends one that renews.
pub async fn lapse(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, Error> {
    let lapsed = "update entitlement set state = 'lapsed' where id in (
        select e.id from entitlement e where e.renews = 0
          and ((e.state = 'active' and e.until_at <= $1) or (e.state = 'grace' and coalesce(e.grace_until_at, 0) <= $1))
        order by e.until_at limit $2)";
    let lapsed = sqlx::query(lapsed).bind(now.as_millis()).bind(limit).execute(tx.sql()).await?.rows_affected();
    let grace = "update entitlement set state = 'grace' where id in (
        select e.id from entitlement e where e.renews = 1 and e.state = 'active' and e.until_at <= $1
        order by e.until_at limit $2)";
    Ok(lapsed + sqlx::query(grace).bind(now.as_millis()).bind(limit).execute(tx.sql()).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::register::{self, By, tests::typed};
    use crate::customers::store as customers;
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

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn plan_of(number: u64, word: &str, categories: &[&str], promise_hours: u32) -> Plan {
        Plan {
            id: id(number),
            slug: slug(word),
            name: word.parse().unwrap(),
            price: Money { minor_units: 11_900, currency: Currency::Usd },
            period_months: 12,
            categories: categories.iter().map(|word| slug(word)).collect(),
            sites: 2,
            promise_hours,
            waiting_days: 0,
            active: true,
            ver: 1,
        }
    }

    fn entitlement_of(number: u64, plan: u64, from: i64, until: i64) -> NewEntitlement {
        NewEntitlement {
            id: id(number),
            customer: id(1),
            plan: id(plan),
            from_at: now().plus_minutes(from),
            until_at: now().plus_minutes(until),
            reason: None,
            grace_until_at: None,
        }
    }

    async fn mia_and_two_plans(tx: &mut Tx) -> Result<(), Error> {
        customers::create(tx, id(1), id(2), &register::read(&typed(), By::Agent).unwrap(), now()).await?;
        assert!(create_plan(tx, &plan_of(11, "home", &[], 48)).await?);
        assert!(create_plan(tx, &plan_of(12, "screen", &["tv"], 8)).await?);
        assert!(!create_plan(tx, &plan_of(13, "home", &[], 48)).await?, "the word is taken");
        Ok(())
    }

    #[tokio::test]
    async fn a_grant_covers_and_lets_waiting_tickets_go_on() {
        both_engines(async |db| {
            let write = db.write(Lane::Desk, async |tx| {
                mia_and_two_plans(tx).await?;
                let none = grant(tx, entitlement_of(20, 99, 0, 10), now()).await?;
                let home = grant(tx, entitlement_of(21, 11, 0, 100), now()).await?;
                let again = grant(tx, entitlement_of(21, 11, 0, 100), now()).await?;
                grant(tx, entitlement_of(22, 12, 10, 50), now()).await?;
                Ok::<_, Error>((none, home.clone(), home == again))
            });
            let (none, home, same) = write.await.unwrap();
            assert!(none.is_none() && same);
            assert_eq!(home.unwrap().sites, 2);
            let covers = db.read(async |conn| {
                let mut found = Vec::new();
                for (category, minutes) in [("tv", -1), ("tv", 0), ("tv", 10), ("oven", 10), ("tv", 50), ("tv", 100)] {
                    let covered = covering(conn, id(1), &slug(category), 1, now().plus_minutes(minutes)).await?;
                    found.push(covered.map(|entitlement| entitlement.id));
                }
                Ok::<_, Error>((found, jobs::backlog(conn).await?, entitlements_of(conn, id(1)).await?.len()))
            });
            let (found, backlog, n) = covers.await.unwrap();
            let (home, screen) = (Some(id(21)), Some(id(22)));
            assert_eq!(found, [None, home, screen, home, home, None]);
            let third = db.read(async |conn| covering(conn, id(1), &slug("tv"), 2, now()).await).await.unwrap();
            assert_eq!(third, None, "two sites are covered, and this is another one");
            assert_eq!((n, backlog.len(), backlog[0].kind.as_str()), (2, 1, "plan_found"));
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_bought_keeps_what_the_plan_said_then() {
        both_engines(async |db| {
            let write = db.write(Lane::Desk, async |tx| {
                mia_and_two_plans(tx).await?;
                grant(tx, entitlement_of(21, 12, 0, 100), now()).await?;
                let mut screen = plan_by_slug(tx, &slug("screen")).await?.unwrap();
                screen.categories = vec![slug("oven")];
                assert!(put_plan(tx, &screen).await?);
                assert!(!put_plan(tx, &screen).await?, "the version it was read at is gone");
                covering(tx, id(1), &slug("tv"), 0, now()).await
            });
            assert_eq!(write.await.map(|covered| covered.map(|entitlement| entitlement.id)), Ok(Some(id(21))));
            let plans = db.read(async |conn| plans(conn).await).await.unwrap();
            assert_eq!(
                plans.iter().map(|plan| (plan.slug.as_str(), plan.ver)).collect::<Vec<_>>(),
                [("home", 1), ("screen", 2)]
            );
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_over_lapses_and_what_is_cancelled_covers_nothing() {
        both_engines(async |db| {
            let write = db.write(Lane::Desk, async |tx| {
                mia_and_two_plans(tx).await?;
                grant(tx, entitlement_of(21, 11, 0, 100), now()).await?;
                grant(tx, entitlement_of(22, 12, 0, 50), now()).await?;
                let early = lapse(tx, now().plus_minutes(49), 10).await?;
                let over = lapse(tx, now().plus_minutes(50), 10).await?;
                let cancelled = (cancel(tx, id(21)).await?, cancel(tx, id(21)).await?);
                Ok::<_, Error>((early, over, cancelled, covering(tx, id(1), &slug("tv"), 0, now()).await?))
            });
            assert_eq!(write.await, Ok((0, 1, (true, false), None)));
            let states = db.read(async |conn| entitlements_of(conn, id(1)).await).await.unwrap();
            let states: Vec<_> = states.iter().map(|entitlement| entitlement.state).collect();
            assert_eq!(states, [EntitlementState::Cancelled, EntitlementState::Lapsed]);
        })
        .await;
    }
}
