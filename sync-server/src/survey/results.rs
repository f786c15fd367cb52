//! How satisfied customers are, by expert, by skill and by product. Pure: the rows are read by the store.
//!
//! Who was not asked, or did not answer, is counted apart: eight of nine who answered says something else than eight of
//! two hundred who were asked.

use super::SurveyState;
use crate::sheet::values;
use serde::Serialize;
use shared::ids::SkillId;
use shared::skills::Skills;
use std::collections::BTreeMap;

/// What is counted of a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Where it is.
    pub state: SurveyState,
    /// The answer to "Is it working?".
    pub working: Option<bool>,
    /// 1 to 5.
    pub rating: Option<u8>,
    /// Who was there.
    pub expert: Option<String>,
    /// The kind of product.
    pub category: String,
    /// Its maker.
    pub make: Option<String>,
    /// What the ticket needed.
    pub skills: Skills,
}

/// One line of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Who or what it is about.
    pub name: String,
    /// Surveys that were begun.
    pub n: u32,
    /// Of these, where there was no way to ask.
    pub n_not_reachable: u32,
    /// Of these, with an answer.
    pub n_answered: u32,
    /// Of the answers, those that say that it works.
    pub n_working: u32,
    /// Of the answers, those with a mark.
    pub n_rated: u32,
    /// The sum of the marks, 1 to 5 each.
    pub rating_sum: u32,
}

impl Line {
    fn add(&mut self, one: &Counted) {
        self.n += 1;
        match one.state {
            SurveyState::Answered => self.n_answered += 1,
            SurveyState::NotReachable => self.n_not_reachable += 1,
            SurveyState::Invited => {}
        }
        self.n_working += u32::from(one.working == Some(true));
        if let Some(rating) = one.rating {
            self.n_rated += 1;
            self.rating_sum += u32::from(rating);
        }
    }

    /// The mean of the marks in tenths; none without a mark.
    pub fn rating_tenths(&self) -> Option<u32> {
        (self.rating_sum * 10 + self.n_rated / 2).checked_div(self.n_rated)
    }
}

/// The three ways of looking, and all together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Results {
    /// Everything.
    pub all: Line,
    /// By who was there.
    pub by_expert: Vec<Line>,
    /// By each skill that the tickets needed; a ticket with two counts in both.
    pub by_skill: Vec<Line>,
    /// By kind of product and maker.
    pub by_product: Vec<Line>,
}

/// Counts. `skills` gives the names of skills.
pub fn results(rows: &[Counted], skills: &BTreeMap<SkillId, String>) -> Results {
    let mut all = Line { name: "All".to_owned(), ..Line::default() };
    let (mut by_expert, mut by_skill, mut by_product) = (Groups::default(), Groups::default(), Groups::default());
    for one in rows {
        all.add(one);
        by_expert.add(one.expert.as_deref().unwrap_or("Nobody"), one);
        for skill in one.skills.0.keys() {
            by_skill.add(skills.get(skill).map_or("A skill that is gone", String::as_str), one);
        }
        let product =
            one.make.as_ref().map_or_else(|| one.category.clone(), |make| format!("{} · {make}", one.category));
        by_product.add(&product, one);
    }
    Results { all, by_expert: by_expert.lines(), by_skill: by_skill.lines(), by_product: by_product.lines() }
}

/// As a file of values: all, then a line for each expert, skill and product.
pub fn csv(results: &Results) -> String {
    let all = [("all", std::slice::from_ref(&results.all))];
    let sections = [("expert", &*results.by_expert), ("skill", &*results.by_skill), ("product", &*results.by_product)];
    let lines = all.into_iter().chain(sections).flat_map(|(by, lines)| lines.iter().map(move |line| (by, line)));
    let cells = lines.map(|(by, line)| {
        let numbers = [line.n, line.n_not_reachable, line.n_answered, line.n_working, line.n_rated, line.rating_sum];
        let mut cells = vec![by.to_owned(), line.name.clone()];
        cells.extend(numbers.iter().map(u32::to_string));
        cells
    });
    values::csv(&["by", "name", "n", "n_not_reachable", "n_answered", "n_working", "n_rated", "rating_sum"], cells)
}

#[derive(Default)]
struct Groups(BTreeMap<String, Line>);

impl Groups {
    fn add(&mut self, name: &str, one: &Counted) {
        let line = self.0.entry(name.to_owned()).or_insert_with(|| Line { name: name.to_owned(), ..Line::default() });
        line.add(one);
    }

    /// Most answers first, then by name.
    fn lines(self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.0.into_values().collect();
        lines.sort_by(|a, b| b.n_answered.cmp(&a.n_answered).then_with(|| a.name.cmp(&b.name)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::id;
    use shared::skills::Level;

    #[test]
    fn answers_are_counted_by_who_was_there_what_it_needed_and_what_it_was() {
        let row = |state, working, rating, expert: &str, make: Option<&str>, skills: &[u64]| Counted {
            state,
            working,
            rating,
            expert: (!expert.is_empty()).then(|| expert.to_owned()),
            category: "Television".to_owned(),
            make: make.map(str::to_owned),
            skills: Skills(skills.iter().map(|number| (id(*number), Level::LEARNED)).collect()),
        };
        let rows = [
            row(SurveyState::Answered, Some(true), Some(5), "Ana", Some("Łumen"), &[1]),
            row(SurveyState::Answered, Some(false), Some(2), "Ana", None, &[1, 2]),
            row(SurveyState::Answered, Some(true), None, "Ben", None, &[9]),
            row(SurveyState::Invited, None, None, "Ben", None, &[]),
            row(SurveyState::NotReachable, None, None, "", None, &[]),
        ];
        let skills = BTreeMap::from([(id(1), "Screens".to_owned()), (id(2), "Soldering".to_owned())]);
        let results = results(&rows, &skills);
        let short = |lines: &[Line]| -> Vec<(String, u32, u32, u32, Option<u32>)> {
            lines.iter().map(|l| (l.name.clone(), l.n, l.n_answered, l.n_working, l.rating_tenths())).collect()
        };
        let line = |name: &str, n, answered, working, tenths| (name.to_owned(), n, answered, working, tenths);
        assert_eq!(short(std::slice::from_ref(&results.all)), [line("All", 5, 3, 2, Some(35))]);
        assert_eq!(results.all.n_not_reachable, 1);
        assert_eq!(
            short(&results.by_expert),
            [line("Ana", 2, 2, 1, Some(35)), line("Ben", 2, 1, 1, None), line("Nobody", 1, 0, 0, None)]
        );
        assert_eq!(
            short(&results.by_skill),
            [
                line("Screens", 2, 2, 1, Some(35)),
                line("A skill that is gone", 1, 1, 1, None),
                line("Soldering", 1, 1, 0, Some(20))
            ]
        );
        assert_eq!(
            short(&results.by_product),
            [line("Television", 4, 2, 1, Some(20)), line("Television · Łumen", 1, 1, 1, Some(50))]
        );
        let file = csv(&results);
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 1 + 1 + 3 + 3 + 2, "{file}");
        assert_eq!((lines[1], lines[2]), ("all,All,5,1,3,2,2,7", "expert,Ana,2,0,2,1,2,7"));
    }
}
