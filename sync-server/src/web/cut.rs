//! How much of a long list one page holds, so that no page weighs more than a slow network brings in a moment.

/// What markup adds to an entry.
const MARKUP_BYTES: usize = 160;

/// One page of a list that is there as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// Which it is, from 1.
    pub page: usize,
    /// How many there are.
    pub n_pages: usize,
}

impl<T> Cut<T> {
    /// The page before this one, if there is one.
    pub fn before(&self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    /// The page after this one, if there is one.
    pub fn after(&self) -> Option<usize> {
        (self.page < self.n_pages).then(|| self.page + 1)
    }
}

/// Cuts a list into pages of about `bytes_max`, in its order, and gives the one that is asked for; past the last, the
/// last. An entry that weighs more has a page of its own.
pub fn cut<T>(items: Vec<T>, page: usize, bytes_max: usize, weight: impl Fn(&T) -> usize) -> Cut<T> {
    let mut pages: Vec<Vec<T>> = vec![Vec::new()];
    let mut filled = 0;
    for item in items {
        let bytes = weight(&item) + MARKUP_BYTES;
        let last = pages.len() - 1;
        if filled + bytes > bytes_max && !pages[last].is_empty() {
            pages.push(Vec::new());
            filled = 0;
        }
        filled += bytes;
        if let Some(last) = pages.last_mut() {
            last.push(item);
        }
    }
    let n_pages = pages.len();
    let page = page.clamp(1, n_pages);
    Cut { items: pages.swap_remove(page - 1), page, n_pages }
}

/// What a text weighs in a page, where some characters are written in several.
pub fn weight(text: &str) -> usize {
    text.chars().map(|char| if matches!(char, '<' | '>' | '&' | '"' | '\'') { 5 } else { char.len_utf8() }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_what_fits_and_whatever_is_too_heavy_stands_alone() {
        let pages = |page| cut(vec![100, 100, 5_000, 100], page, 600, |bytes: &usize| *bytes);
        assert_eq!(pages(1), Cut { items: vec![100, 100], page: 1, n_pages: 3 });
        assert_eq!((pages(1).before(), pages(1).after()), (None, Some(2)));
        assert_eq!(pages(2).items, [5_000]);
        assert_eq!(pages(9), Cut { items: vec![100], page: 3, n_pages: 3 }, "past the last");
        assert_eq!((pages(0).page, pages(3).after()), (1, None));
        assert_eq!(cut(Vec::<usize>::new(), 1, 10, |_| 1), Cut { items: vec![], page: 1, n_pages: 1 });
    }

    #[test]
    fn a_text_weighs_what_it_takes_when_it_is_written() {
        assert_eq!((weight("abc"), weight("é"), weight("<b>")), (3, 2, 11));
    }
}
