//! The beginning of a table that is sorted by what counts, where the page cannot hold it whole: the page says of how many,
//! and a file has them all.

use super::cut::cut;

/// More rows than that nobody compares on a page.
pub const ROWS_MAX: usize = 30;

/// Those with the most.
#[derive(Debug, PartialEq, Eq)]
pub struct Most<T> {
    /// What stands on the page.
    pub rows: Vec<T>,
    /// How many there are.
    pub n: usize,
}

impl<T> Most<T> {
    /// The first rows: at most [`ROWS_MAX`], and no more than weigh about `bytes_max`.
    pub fn of(all: impl ExactSizeIterator<Item = T>, bytes_max: usize, weight: impl Fn(&T) -> usize) -> Self {
        let n = all.len();
        Self { rows: cut(all.take(ROWS_MAX).collect(), 1, bytes_max, weight).items, n }
    }

    /// As many of a list as weigh about `bytes_max`, however many those are.
    pub fn that_fit(all: impl ExactSizeIterator<Item = T>, bytes_max: usize, weight: impl Fn(&T) -> usize) -> Self {
        let n = all.len();
        Self { rows: cut(all.collect(), 1, bytes_max, weight).items, n }
    }

    /// Whether there are more than stand on the page.
    pub fn is_cut(&self) -> bool {
        self.rows.len() < self.n
    }
}

/// The beginning of a text where it is long; it stands whole behind a link.
pub fn short(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{} …", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_the_first_ones_and_says_of_how_many() {
        let most = Most::of(0..500, 100_000, |_| 0);
        assert_eq!((most.rows.len(), most.rows[29], most.n, most.is_cut()), (30, 29, 500, true));
        let few = Most::of(0..30, 100_000, |_| 0);
        assert_eq!((few.rows.len(), few.is_cut()), (30, false));
        let heavy = Most::of(0..30, 2_000, |_| 500);
        assert!(heavy.is_cut() && heavy.rows.len() < 5, "long names stand for fewer rows: {heavy:?}");
        let fit = Most::that_fit(0..500, 40_000, |_| 40);
        assert_eq!((fit.rows.len(), fit.n), (200, 500), "each with its markup");
    }

    #[test]
    fn a_long_text_ends_with_a_mark_and_between_two_characters() {
        assert_eq!((short("Łumen", 5), short("Łumen TV", 6)), ("Łumen".to_owned(), "Łumen …".to_owned()));
    }
}
