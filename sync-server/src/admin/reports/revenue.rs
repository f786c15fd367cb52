//! What was paid and given back, by day or week and by plan; each currency for itself, because nothing converts them.
//! Adding up is pure.

use super::{Step, Window, chart};
use crate::billing::store::{self, Moved};
use crate::db::{Conn, Error};
use crate::plans;
use crate::sheet::values;
use serde::Serialize;
use shared::ids::PlanId;
use shared::money::{Currency, Money};
use shared::time::{Date, Zone};
use std::collections::BTreeMap;

/// Payments, and sums given back, that one report adds up.
const MOVED_MAX: i64 = 50_000;

/// Money that moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sums {
    pub(super) n_paid: i64,
    pub(super) paid_minor: i64,
    pub(super) n_refunded: i64,
    pub(super) refunded_minor: i64,
    /// What was paid without what was given back; on a day of refunds it may be below nothing.
    pub(super) net_minor: i64,
}

impl Sums {
    fn add(&mut self, n_paid: i64, paid: i64, n_refunded: i64, refunded: i64) {
        self.n_paid += n_paid;
        self.paid_minor = self.paid_minor.saturating_add(paid);
        self.n_refunded += n_refunded;
        self.refunded_minor = self.refunded_minor.saturating_add(refunded);
        self.net_minor = self.paid_minor.saturating_sub(self.refunded_minor);
    }
}

/// A day, by the clocks of UTC, or the week from this Monday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Day {
    pub(super) on: Date,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

/// What one plan brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct OfPlan {
    pub(super) plan: String,
    pub(super) name: String,
    /// First periods and later ones.
    pub(super) is_renewal: bool,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

/// Everything in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct InCurrency {
    pub(super) currency: Currency,
    #[serde(flatten)]
    pub(super) sums: Sums,
    pub(super) days: Vec<Day>,
    pub(super) plans: Vec<OfPlan>,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    /// There was more than is added up.
    pub(super) is_cut: bool,
    pub(super) currencies: Vec<InCurrency>,
}

#[derive(Default)]
struct Tally {
    all: Sums,
    days: BTreeMap<Date, Sums>,
    plans: BTreeMap<(PlanId, bool), Sums>,
}

pub(super) fn add_up(paid: &[Moved], given_back: &[Moved], names: &BTreeMap<PlanId, String>, step: Step) -> Report {
    let utc = Zone::utc();
    let mut tallies: BTreeMap<&'static str, (Currency, Tally)> = BTreeMap::new();
    for (of, is_payment) in paid.iter().map(|of| (of, true)).chain(given_back.iter().map(|of| (of, false))) {
        let currency = of.amount.currency;
        let (_, tally) = tallies.entry(currency.code()).or_insert_with(|| (currency, Tally::default()));
        let minor = of.amount.minor_units;
        let (paid, back) = if is_payment { ((1, minor), (0, 0)) } else { ((0, 0), (1, minor)) };
        let day = tally.days.entry(step.start(utc.local(of.at).date)).or_default();
        let plan = tally.plans.entry((of.plan, of.is_renewal)).or_default();
        for sums in [&mut tally.all, day, plan] {
            sums.add(paid.0, paid.1, back.0, back.1);
        }
    }
    let in_currency = |(currency, tally): (Currency, Tally)| {
        let of_plan = |((plan, is_renewal), sums): ((PlanId, bool), Sums)| OfPlan {
            plan: plan.to_string(),
            name: names.get(&plan).cloned().unwrap_or_else(|| "no longer known".to_owned()),
            is_renewal,
            sums,
        };
        let mut plans: Vec<OfPlan> = tally.plans.into_iter().map(of_plan).collect();
        plans.sort_by(|one, other| {
            (other.sums.net_minor, &one.name, one.is_renewal).cmp(&(one.sums.net_minor, &other.name, other.is_renewal))
        });
        let days = tally.days.into_iter().map(|(on, sums)| Day { on, sums });
        InCurrency { currency, sums: tally.all, days: days.collect(), plans }
    };
    Report { is_cut: false, currencies: tallies.into_values().map(in_currency).collect() }
}

/// Reads and adds up.
pub(super) async fn read(conn: &mut Conn, window: Window, step: Step) -> Result<Report, Error> {
    let paid = store::paid(conn, window.from, window.until, MOVED_MAX).await?;
    let given_back = store::given_back(conn, window.from, window.until, MOVED_MAX).await?;
    let names = plans::store::plans(conn).await?.into_iter().map(|plan| (plan.id, plan.name.to_string())).collect();
    let is_full = |n: usize| n >= usize::try_from(MOVED_MAX).unwrap_or(usize::MAX);
    let is_cut = is_full(paid.len()) || is_full(given_back.len());
    Ok(Report { is_cut, ..add_up(&paid, &given_back, &names, step) })
}

/// As a file of values, in hundredths of the currency's unit.
pub(super) fn csv(report: &Report) -> String {
    let line = |of: &InCurrency, day: &Day| {
        let sums = day.sums;
        let numbers = [sums.n_paid, sums.paid_minor, sums.n_refunded, sums.refunded_minor, sums.net_minor];
        let mut cells = vec![day.on.to_string(), of.currency.code().to_owned()];
        cells.extend(numbers.iter().map(i64::to_string));
        cells
    };
    let lines = report.currencies.iter().flat_map(|of| of.days.iter().map(move |day| line(of, day)));
    values::csv(&["day", "currency", "n_paid", "paid_minor", "n_refunded", "refunded_minor", "net_minor"], lines)
}

/// What was paid each day or week.
pub(super) fn bars(window: Window, step: Step, of: &InCurrency) -> Vec<chart::Bar> {
    let point = |day: &Day| {
        let paid = money(of.currency, day.sums.paid_minor);
        (day.on, day.sums.paid_minor, format!("{}: {paid}", step.named(day.on)))
    };
    let highest = of.days.iter().map(|day| day.sums.paid_minor).max().unwrap_or(1);
    chart::bars(window, step, &of.days.iter().map(point).collect::<Vec<_>>(), highest)
}

/// An amount for people.
pub(super) fn money(currency: Currency, minor_units: i64) -> String {
    Money { minor_units, currency }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::id;
    use shared::time::Timestamp;

    fn moved(minutes: i64, minor_units: i64, currency: Currency, is_renewal: bool) -> Moved {
        let at = Timestamp::from_millis(crate::db::testing::START_MS).plus_minutes(minutes);
        Moved { at, amount: Money { minor_units, currency }, plan: id(1), is_renewal }
    }

    #[test]
    fn currencies_are_never_added_and_what_is_given_back_counts_on_its_own_day() {
        let paid = [
            moved(0, 11_900, Currency::Usd, false),
            moved(1, 11_900, Currency::Usd, true),
            moved(2, 9_900, Currency::Eur, false),
        ];
        let back = [moved(2 * 1_440, 5_000, Currency::Usd, false)];
        let names = [(id(1), "Home".to_owned())].into();
        let report = add_up(&paid, &back, &names, Step::Day);
        let codes: Vec<_> = report.currencies.iter().map(|of| (of.currency.code(), of.sums.net_minor)).collect();
        assert_eq!(codes, [("EUR", 9_900), ("USD", 18_800)]);
        let dollars = &report.currencies[1];
        let days: Vec<_> = dollars.days.iter().map(|day| day.sums.net_minor).collect();
        assert_eq!(days, [23_800, -5_000], "the day of the payment stays as it was");
        let plans: Vec<_> = dollars.plans.iter().map(|plan| (plan.is_renewal, plan.sums.net_minor)).collect();
        assert_eq!(plans, [(true, 11_900), (false, 6_900)]);
        let file = csv(&report);
        assert_eq!(file.lines().count(), 4, "{file}");
        assert!(file.ends_with(",USD,0,0,1,5000,-5000\n"), "{file}");
        let window = Window::last(Some(7), back[0].at.plus_minutes(1));
        assert_eq!(bars(window, Step::Day, dollars)[1].height, "0.000");
        let weeks = add_up(&paid, &back, &names, Step::Week);
        let weeks: Vec<_> = weeks.currencies[1].days.iter().map(|week| week.sums.net_minor).collect();
        assert_eq!(weeks, [18_800], "a Monday and the Wednesday after it");
    }
}
