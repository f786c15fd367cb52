//! How often each row of the needs table chose somebody who lacked a skill: what was noticed before anybody drove apart
//! from what was noticed at the customer's door. Adding up is pure.

use super::{Window, thousandths};
use crate::db::{Conn, Error};
use crate::sheet::values;
use crate::tickets::store::{self, NeedCounts};
use crate::workforce::store as workforce;
use crate::workforce::{self as domain};
use serde::Serialize;
use shared::text::Slug;
use std::collections::BTreeMap;

/// One row of the needs table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    pub(super) category: Slug,
    /// None is the category's default.
    pub(super) symptom: Option<Slug>,
    /// In words.
    pub(super) name: String,
    /// All visits: those that ended a ticket, and the wrong ones.
    pub(super) n_visits: i64,
    pub(super) wrong_visits: i64,
    /// Of all visits.
    pub(super) wrong_thousandths: Option<i64>,
    /// Declined before anybody drove.
    pub(super) avoided: i64,
    /// Of all visits and those that were avoided.
    pub(super) avoided_thousandths: Option<i64>,
    /// Reports that no admin has looked at.
    pub(super) to_review: i64,
}

/// The words of a row.
pub(super) fn name(categories: &[domain::Category], category: &Slug, symptom: Option<&Slug>) -> String {
    let Some(found) = categories.iter().find(|one| one.slug == *category) else {
        return symptom.map_or_else(|| category.to_string(), |symptom| format!("{category}, {symptom}"));
    };
    let Some(symptom) = symptom else { return format!("{}, any other symptom", found.label) };
    let words = found.symptoms.iter().find(|one| one.slug == *symptom).map(|one| one.label.to_string());
    format!("{}, {}", found.label, words.unwrap_or_else(|| symptom.to_string()))
}

/// The worst first: by wrong visits, then by avoided ones.
fn add_up(counts: BTreeMap<(Slug, Option<Slug>), NeedCounts>, categories: &[domain::Category]) -> Vec<Line> {
    let line = |((category, symptom), counts): ((Slug, Option<Slug>), NeedCounts)| {
        let n_visits = counts.n_completed + counts.n_wrong_visits;
        Line {
            name: name(categories, &category, symptom.as_ref()),
            category,
            symptom,
            n_visits,
            wrong_visits: counts.n_wrong_visits,
            wrong_thousandths: thousandths(counts.n_wrong_visits, n_visits),
            avoided: counts.n_avoided,
            avoided_thousandths: thousandths(counts.n_avoided, n_visits + counts.n_avoided),
            to_review: counts.n_open,
        }
    };
    let mut lines: Vec<Line> = counts.into_iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.wrong_visits, line.avoided, line.n_visits)));
    lines
}

/// Reads and adds up.
pub(super) async fn read(conn: &mut Conn, window: Window) -> Result<Vec<Line>, Error> {
    let counts = store::need_counts(conn, window.from, window.until).await?;
    Ok(add_up(counts, &workforce::categories(conn).await?))
}

/// As a file of values.
pub(super) fn csv(lines: &[Line]) -> String {
    let share = |share: Option<i64>| share.map(|share| share.to_string()).unwrap_or_default();
    let line = |line: &Line| {
        vec![
            line.category.to_string(),
            line.symptom.as_ref().map(ToString::to_string).unwrap_or_default(),
            line.name.clone(),
            line.n_visits.to_string(),
            line.wrong_visits.to_string(),
            share(line.wrong_thousandths),
            line.avoided.to_string(),
            share(line.avoided_thousandths),
            line.to_review.to_string(),
        ]
    };
    let heading = [
        "category",
        "symptom",
        "name",
        "n_visits",
        "wrong_visits",
        "wrong_thousandths",
        "avoided",
        "avoided_thousandths",
        "to_review",
    ];
    values::csv(&heading, lines.iter().map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_visits_are_told_apart_from_avoided_ones_and_the_worst_row_stands_first() {
        let row = |symptom: &str| ("tv".parse().unwrap(), Some(symptom.parse().unwrap()));
        let counts = [
            (row("no-picture"), NeedCounts { n_completed: 99, n_wrong_visits: 1, n_avoided: 100, n_open: 3 }),
            (row("smoke"), NeedCounts { n_completed: 0, n_wrong_visits: 2, n_avoided: 0, n_open: 0 }),
        ];
        let lines = add_up(counts.into(), &[]);
        assert_eq!(lines[0].name, "tv, smoke");
        assert_eq!(csv(&lines).lines().nth(1), Some("tv,smoke,\"tv, smoke\",2,2,1000,0,0,0"));
        assert_eq!((lines[0].wrong_thousandths, lines[0].avoided_thousandths), (Some(1_000), Some(0)));
        assert_eq!(
            (lines[1].n_visits, lines[1].wrong_thousandths, lines[1].avoided_thousandths),
            (100, Some(10), Some(500))
        );
    }
}
