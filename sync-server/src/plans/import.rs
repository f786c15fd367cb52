//! Plans from a spreadsheet.

use super::Plan;
use crate::faults::Faults;
use crate::sheet::{Column, Line, Sheet, bounded};
use shared::chance::Chance;
use shared::ids::Id;
use shared::money::{Currency, Money};
use shared::problem::FieldError;
use shared::text::{Name, Slug};
use shared::time::Timestamp;

/// Plans in one file.
pub const PLANS_MAX: usize = 200;

/// Reads plans and gives them ids. Prices are written `119.00`; categories `tv;phone`, none means all.
pub fn plans(bytes: &[u8], chance: &dyn Chance, now_real: Timestamp) -> Result<Vec<Plan>, Vec<FieldError>> {
    let columns = [
        Column::required("plan"),
        Column::required("name"),
        Column::required("price"),
        Column::required("currency"),
        Column::required("months"),
        Column::required("categories"),
        Column::required("sites"),
        Column::required("promise_hours"),
        Column::optional("waiting_days"),
    ];
    let sheet = Sheet::read(bytes, &columns, PLANS_MAX)?;
    let mut faults = Faults::default();
    let mut plans = Vec::new();
    for line in sheet.lines() {
        plans.extend(plan(&line, chance, now_real, &mut faults));
    }
    if faults.is_empty() { Ok(plans) } else { Err(bounded(faults)) }
}

fn plan(line: &Line<'_>, chance: &dyn Chance, now_real: Timestamp, faults: &mut Faults) -> Option<Plan> {
    let slug: Option<Slug> = faults.read(&line.place("plan"), line.cell("plan"));
    let name: Option<Name> = faults.read(&line.place("name"), line.cell("name"));
    let minor_units = minor_units(line.cell("price"));
    if minor_units.is_none() {
        faults.add(&line.place("price"), "format", "a price looks like 119.00");
    }
    let currency = [Currency::Usd, Currency::Eur].into_iter().find(|known| known.code() == line.cell("currency"));
    if currency.is_none() {
        faults.add(&line.place("currency"), "unknown", "the currency is USD or EUR");
    }
    let period_months = count(line, "months", 1..=60, faults);
    let sites = count(line, "sites", 1..=1_000, faults);
    let promise_hours = count(line, "promise_hours", 1..=720, faults);
    let waiting_days =
        if line.cell("waiting_days").is_empty() { Some(0) } else { count(line, "waiting_days", 0..=365, faults) };
    let words = line.cell("categories").split(';').map(str::trim).filter(|word| !word.is_empty());
    let categories: Vec<Option<Slug>> = words.map(|word| faults.read(&line.place("categories"), word)).collect();
    Some(Plan {
        id: Id::new(now_real, chance),
        slug: slug?,
        name: name?,
        price: Money { minor_units: minor_units?, currency: currency? },
        period_months: period_months?,
        categories: categories.into_iter().collect::<Option<_>>()?,
        sites: sites?,
        promise_hours: promise_hours?,
        waiting_days: waiting_days?,
        active: true,
        ver: 1,
    })
}

fn count(line: &Line<'_>, column: &str, range: std::ops::RangeInclusive<u32>, faults: &mut Faults) -> Option<u32> {
    let count = line.cell(column).parse().ok().filter(|count| range.contains(count));
    if count.is_none() {
        let what = format!("write a whole number from {} to {}", range.start(), range.end());
        faults.add(&line.place(column), "format", what);
    }
    count
}

/// Hundredths of `119.00` or `119`; nothing for anything else.
fn minor_units(text: &str) -> Option<i64> {
    let (units, hundredths) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(units) || units.len() > 9 || hundredths.len() != 2 || !digits(hundredths) {
        return None;
    }
    Some(units.parse::<i64>().ok()? * 100 + hundredths.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    #[test]
    fn the_demos_plans_are_read_without_a_fault() {
        let text = include_str!("../../demo-data/plans.csv");
        let plans = plans(text.as_bytes(), &Seeded::new(1), Timestamp::EPOCH).unwrap();
        let words: Vec<_> = plans.iter().map(|plan| (plan.slug.as_str(), plan.price.minor_units)).collect();
        assert_eq!(words, [("home", 11_900), ("home_plus", 19_900), ("screens", 7_900), ("business", 49_900)]);
        assert_eq!(plans[2].categories.len(), 4);
    }

    #[test]
    fn prices_are_whole_hundredths() {
        assert_eq!((minor_units("119"), minor_units("0.05")), (Some(11_900), Some(5)));
        for bad in ["", "1,19", "1.5", "-1.00", "1.000", "9999999999"] {
            assert_eq!(minor_units(bad), None, "{bad}");
        }
    }
}
