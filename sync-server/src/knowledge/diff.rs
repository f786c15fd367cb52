//! What changed between two versions of an article, line by line, for whoever reviews it. Pure.

use super::Text;

/// Lines of one version that are compared; a longer one counts as changed after that.
const LINES_MAX: usize = 400;

/// A line of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// In both.
    Both,
    /// Only in the older one.
    Old,
    /// Only in the newer one.
    New,
}

/// A part of an article, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is called.
    pub(super) name: &'static str,
    /// Its lines, in order.
    pub(super) lines: Vec<(Side, String)>,
}

/// The parts that differ; none where only the version's number does.
pub(super) fn between(old: &Text, new: &Text, old_about: &str, new_about: &str) -> Vec<Part> {
    let option = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let product = |text: &Text| {
        let own = [&text.make, &text.model].map(|part| option(part.as_ref().map(shared::text::ShortLine::as_str)));
        own.join(" ").trim().to_owned()
    };
    let stop = |text: &Text| option(text.stop.as_ref().map(super::Stop::as_str));
    let parts = [
        ("Title", old.title.to_string(), new.title.to_string()),
        ("About", old_about.to_owned(), new_about.to_owned()),
        ("Only for", product(old), product(new)),
        ("What somebody sees", old.problem.to_string(), new.problem.to_string()),
        ("What to do", old.steps.to_string(), new.steps.to_string()),
        ("When to stop", stop(old), stop(new)),
    ];
    let changed = parts.into_iter().filter(|(_, old, new)| old != new);
    changed.map(|(name, old, new)| Part { name, lines: lines(&old, &new) }).collect()
}

/// The shortest way from one text to the other, by the longest common row of lines.
fn lines(old: &str, new: &str) -> Vec<(Side, String)> {
    let cut = |text: &str| text.lines().take(LINES_MAX).map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (cut(old), cut(new));
    // longest[i][j]: of what comes after the first i and j lines.
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] =
                if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((Side::Both, old[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || longest[i + 1][j] >= longest[i][j + 1]) {
            out.push((Side::Old, old[i].clone()));
            i += 1;
        } else {
            out.push((Side::New, new[j].clone()));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_comparison_keeps_what_stayed_and_marks_what_went_and_came() {
        use Side::{Both, New, Old};
        let found = lines("Restart it.\nCall us.", "Pull the plug.\nRestart it.\nWait.");
        let found: Vec<(Side, &str)> = found.iter().map(|(side, line)| (*side, line.as_str())).collect();
        assert_eq!(found, [(New, "Pull the plug."), (Both, "Restart it."), (Old, "Call us."), (New, "Wait.")]);
        assert_eq!(lines("", "a"), [(New, "a".to_owned())]);
    }

    proptest! {
        #[test]
        fn both_versions_can_be_read_out_of_a_comparison(old in "[ab\n]{0,12}", new in "[ab\n]{0,12}") {
            let found = lines(&old, &new);
            let side = |not: Side| found.iter().filter(|(side, _)| *side != not).map(|(_, line)| line.clone()).collect::<Vec<_>>();
            prop_assert_eq!(side(Side::New), old.lines().map(str::to_owned).collect::<Vec<_>>());
            prop_assert_eq!(side(Side::Old), new.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
