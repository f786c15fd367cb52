//! What was fixed at the first visit, by expert, skill and product. Adding up is pure.

use super::{FINISHED_MAX, Window, thousandths};
use crate::db::{Conn, Error};
use crate::sheet::values;
use crate::tickets::store::{self, Finished};
use crate::workforce::store as workforce;
use serde::Serialize;
use shared::ids::{ExpertId, SkillId};
use shared::text::fold_key;
use shared::ticket::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// What came of some troubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// Troubles that experts ended.
    pub(super) n: i64,
    /// Ended by the first visit, and they stayed ended.
    pub(super) fixed: i64,
    /// The first visit could not end them: a skill or a part was missing, or it was not safe.
    pub(super) more_visits: i64,
    /// Ended by the first visit, and a follow-up was opened.
    pub(super) came_back: i64,
    /// Left working with a workaround.
    pub(super) workaround: i64,
}

/// How one trouble counts. Each counts once: what came back is not also a workaround.
fn count(tally: &mut Tally, one: &Finished) {
    tally.n += 1;
    match (one.took_more_visits, one.came_back, one.outcome) {
        (true, _, _) => tally.more_visits += 1,
        (false, true, _) => tally.came_back += 1,
        (false, false, Outcome::Workaround) => tally.workaround += 1,
        (false, false, Outcome::Fixed | Outcome::Replaced | Outcome::NoFault | Outcome::SolvedWithoutVisit) => {
            tally.fixed += 1;
        }
    }
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// The expert's or the skill's id; none for a product.
    pub(super) id: Option<String>,
    /// In words.
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) tally: Tally,
    /// Fixed at the first visit, in thousandths of all.
    pub(super) fixed_thousandths: Option<i64>,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    pub(super) all: Tally,
    pub(super) fixed_thousandths: Option<i64>,
    /// There were more than are added up: these are the last ones.
    pub(super) is_cut: bool,
    pub(super) by_expert: Vec<Line>,
    pub(super) by_skill: Vec<Line>,
    pub(super) by_product: Vec<Line>,
}

/// Adds up. `names` are those of the experts and skills.
fn add_up(finished: &[Finished], experts: &BTreeMap<ExpertId, String>, skills: &BTreeMap<SkillId, String>) -> Report {
    let mut all = Tally::default();
    let mut by_expert: BTreeMap<ExpertId, Tally> = BTreeMap::new();
    let mut by_skill: BTreeMap<SkillId, Tally> = BTreeMap::new();
    let mut by_product: BTreeMap<String, (String, Tally)> = BTreeMap::new();
    for one in finished {
        count(&mut all, one);
        count(by_expert.entry(one.first_expert).or_default(), one);
        // A trouble that needs two skills is in the line of both.
        for skill in one.skills.0.keys() {
            count(by_skill.entry(*skill).or_default(), one);
        }
        let product = product(one);
        count(&mut by_product.entry(fold_key(&product)).or_insert_with(|| (product, Tally::default())).1, one);
    }
    let line = |id: Option<String>, name: Option<&String>, tally: Tally| Line {
        id,
        name: name.cloned().unwrap_or_else(|| "no longer known".to_owned()),
        tally,
        fixed_thousandths: thousandths(tally.fixed, tally.n),
    };
    Report {
        fixed_thousandths: thousandths(all.fixed, all.n),
        all,
        is_cut: finished.len() >= usize::try_from(FINISHED_MAX).unwrap_or(usize::MAX),
        by_expert: sorted(by_expert.iter().map(|(id, tally)| line(Some(id.to_string()), experts.get(id), *tally))),
        by_skill: sorted(by_skill.iter().map(|(id, tally)| line(Some(id.to_string()), skills.get(id), *tally))),
        by_product: sorted(by_product.values().map(|(name, tally)| line(None, Some(name), *tally))),
    }
}

fn product(one: &Finished) -> String {
    let named = [one.make.as_deref(), one.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if named.is_empty() { one.category.clone() } else { format!("{}, {named}", one.category) }
}

/// The most troubles first, so that shares of few stand below.
fn sorted(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by(|one, other| (other.tally.n, &one.name, &one.id).cmp(&(one.tally.n, &other.name, &other.id)));
    lines
}

/// Reads and adds up.
pub(super) async fn read(conn: &mut Conn, window: Window) -> Result<Report, Error> {
    let finished = store::finished(conn, window.from, window.until, FINISHED_MAX).await?;
    let experts: BTreeSet<ExpertId> = finished.iter().map(|one| one.first_expert).collect();
    let experts: Vec<ExpertId> = experts.into_iter().collect();
    let experts = workforce::experts_by_ids(conn, &experts).await?;
    let experts = experts.into_iter().map(|expert| (expert.id, expert.name.to_string())).collect();
    let skills = workforce::skills(conn).await?;
    let skills = skills.into_iter().map(|skill| (skill.id, skill.name.to_string())).collect();
    Ok(add_up(&finished, &experts, &skills))
}

/// As a file of values: all, then a line for each expert, skill and product.
pub(super) fn csv(report: &Report) -> String {
    let cells = |by: &str, id: Option<&String>, name: &str, tally: Tally, share: Option<i64>| {
        let mut cells = vec![by.to_owned(), id.cloned().unwrap_or_default(), name.to_owned()];
        let numbers = [tally.n, tally.fixed, tally.more_visits, tally.came_back, tally.workaround];
        cells.extend(numbers.iter().map(i64::to_string));
        cells.push(share.map(|share| share.to_string()).unwrap_or_default());
        cells
    };
    let sections = [("expert", &report.by_expert), ("skill", &report.by_skill), ("product", &report.by_product)];
    let lines = sections.into_iter().flat_map(|(by, lines)| lines.iter().map(move |line| (by, line)));
    let lines = lines.map(|(by, line)| cells(by, line.id.as_ref(), &line.name, line.tally, line.fixed_thousandths));
    let heading = ["by", "id", "name", "n", "fixed", "more_visits", "came_back", "workaround", "fixed_thousandths"];
    values::csv(&heading, std::iter::once(cells("all", None, "", report.all, report.fixed_thousandths)).chain(lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::id;
    use shared::skills::{Level, Skills};

    fn finished(number: u64) -> Finished {
        Finished {
            ticket: id(number),
            first_expert: id(11),
            category: "Television".into(),
            make: Some("Łumen".into()),
            model: None,
            skills: Skills([(id(5), Level::LEARNED)].into()),
            outcome: Outcome::Fixed,
            took_more_visits: false,
            came_back: false,
        }
    }

    #[test]
    fn each_trouble_counts_once_and_only_what_stayed_fixed_is_fixed_at_the_first_visit() {
        let mut some: Vec<Finished> = (0..5).map(finished).collect();
        some[1].came_back = true;
        (some[2].took_more_visits, some[2].came_back) = (true, true);
        some[3].outcome = Outcome::Workaround;
        some[4].outcome = Outcome::Replaced;
        let report = add_up(&some, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(report.all, Tally { n: 5, fixed: 2, more_visits: 1, came_back: 1, workaround: 1 });
        assert_eq!(report.fixed_thousandths, Some(400));
        let file = csv(&report);
        assert_eq!(file.lines().nth(1), Some("all,,,5,2,1,1,1,400"));
        assert!(file.ends_with("product,,\"Television, Łumen\",5,2,1,1,1,400\n"), "{file}");
    }

    #[test]
    fn a_trouble_is_in_the_line_of_its_expert_its_product_and_every_skill_it_needs() {
        let mut some: Vec<Finished> = (0..3).map(finished).collect();
        some[1].skills.0.insert(id(6), Level::LEARNED);
        some[2].make = Some("łumen".into());
        some[2].first_expert = id(12);
        let experts = [(id(11), "Ana".to_owned()), (id(12), "Ben".to_owned())].into();
        let skills = [(id(5), "Television".to_owned()), (id(6), "Gas".to_owned())].into();
        let report = add_up(&some, &experts, &skills);
        let lines = |lines: &[Line]| lines.iter().map(|line| (line.name.clone(), line.tally.n)).collect::<Vec<_>>();
        assert_eq!(lines(&report.by_expert), [("Ana".into(), 2), ("Ben".into(), 1)]);
        assert_eq!(lines(&report.by_skill), [("Television".into(), 3), ("Gas".into(), 1)]);
        assert_eq!(lines(&report.by_product), [("Television, Łumen".into(), 3)], "capitals make no other product");
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(add_up(&[], &BTreeMap::new(), &BTreeMap::new()).fixed_thousandths, None);
        assert_eq!(
            (thousandths(1, 3), thousandths(2, 3), super::super::percent(1, 8)),
            (Some(333), Some(667), "12.5 %".into())
        );
    }
}
