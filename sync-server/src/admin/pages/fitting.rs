//! How much of an inbox one page holds. What stands first is worked on first, and the rest comes up behind it.

use super::{Row, Section};
use crate::web::cut::weight;

/// What the groups weigh together.
const INBOX_BYTES_MAX: usize = 48_000;
/// What a group weighs without its rows: its advice, its field and its buttons.
const SECTION_BYTES: usize = 2_000;
/// What a row weighs beside its words.
const ROW_BYTES: usize = 750;

impl Row {
    fn bytes(&self) -> usize {
        let who = self.who.as_ref().map_or(0, |who| weight(&who.name) + 2 * who.phone.len());
        let words = [self.say.as_deref(), self.owner.as_deref()].into_iter().flatten().map(weight).sum::<usize>();
        weight(&self.title) + who + words + ROW_BYTES
    }
}

/// The groups that fit, each with the rows that fit, and whether a group is missing. Of the first one something always
/// stands there.
pub(super) fn fitting(sections: impl Iterator<Item = Section>) -> (Vec<Section>, bool) {
    let (mut left, mut shown) = (INBOX_BYTES_MAX, Vec::new());
    for mut section in sections {
        left = left.saturating_sub(SECTION_BYTES + weight(&section.area));
        let mut n_fit = 0;
        while let Some(rest) = section.rows.get(n_fit).and_then(|row| left.checked_sub(row.bytes())) {
            (left, n_fit) = (rest, n_fit + 1);
        }
        if n_fit < section.rows.len() {
            left = 0;
        }
        if n_fit == 0 && shown.is_empty() {
            n_fit = 1;
        }
        if n_fit == 0 {
            return (shown, true);
        }
        section.n_more += section.rows.len().saturating_sub(n_fit);
        section.rows.truncate(n_fit);
        shown.push(section);
    }
    (shown, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(n_rows: usize, say: &str) -> Section {
        let row = |number: usize| Row {
            item: format!("notice:{number}"),
            title: "No picture".into(),
            number: String::new(),
            ticket: None,
            urgent: false,
            age: "1 h".into(),
            since: "Mon 2 Mar, 09:00".into(),
            who: None,
            say: Some(say.to_owned()),
            owner: None,
            is_mine: false,
        };
        Section {
            heading: "Somebody waits",
            area: "Manhattan".into(),
            advice: "Ring them.",
            rows: (0..n_rows).map(row).collect(),
            n_more: 3,
            buttons: Vec::new(),
            can_take: true,
            can_take_over: false,
            can_give_back: false,
        }
    }

    fn shown(sections: Vec<Section>) -> (Vec<(usize, usize)>, bool) {
        let (shown, is_more) = fitting(sections.into_iter());
        (shown.iter().map(|section| (section.rows.len(), section.n_more)).collect(), is_more)
    }

    #[test]
    fn a_small_inbox_stands_whole_and_a_large_one_begins_with_what_is_first() {
        assert_eq!(shown(vec![section(3, "a"), section(2, "b")]), (vec![(3, 3), (2, 3)], false));
        let long = "a".repeat(4_000);
        let (groups, is_more) = shown(vec![section(2, "a"), section(50, &long), section(1, "b")]);
        assert_eq!((groups.len(), is_more), (2, true), "{groups:?}");
        assert_eq!(groups[0], (2, 3));
        assert!((5..15).contains(&groups[1].0) && groups[1].0 + groups[1].1 == 53, "each is counted: {groups:?}");
        let huge = "a".repeat(100_000);
        assert_eq!(shown(vec![section(2, &huge)]), (vec![(1, 4)], false), "something always stands there");
    }
}
