//! Lists in pages, the same way everywhere: `?cursor=&limit=` in, `{items, next_cursor}` out. A list goes on with the
//! cursor that it gave; where there is none it has ended. A cursor is the key of the last row that was seen, so rows that
//! come or go meanwhile neither repeat nor hide others.

use super::Answer;
use super::json::Json;
use serde::{Deserialize, Serialize};
use shared::problem::Problem;

/// Rows on a page where no number is said, and at most.
pub const PAGE: i64 = 50;
/// The most that a page holds.
pub const PAGE_MAX: i64 = 200;

/// Which page of a list that takes nothing else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// The cursor of the page before.
    pub cursor: Option<String>,
    /// Rows that are wanted; less than 1 is 1, and more than [`PAGE_MAX`] is that.
    pub limit: Option<i64>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// Its rows.
    pub items: Vec<T>,
    /// Where the list goes on, if it does.
    pub next_cursor: Option<String>,
}

/// The number of rows that somebody asked for, within its bounds.
pub fn limit(asked: Option<i64>) -> i64 {
    asked.unwrap_or(PAGE).clamp(1, PAGE_MAX)
}

/// The page of rows that were read with one more than `limit`: the one more says that the list goes on.
pub fn page<T, Key: ToString>(mut found: Vec<T>, limit: i64, key: impl Fn(&T) -> Key) -> Page<T> {
    let shown = usize::try_from(limit).unwrap_or(1);
    let more = found.len() > shown;
    found.truncate(shown);
    let next_cursor = found.last().filter(|_| more).map(|last| key(last).to_string());
    Page { items: found, next_cursor }
}

/// The page of a list that was read whole, because its table is bounded. Its order must not change by itself.
pub fn cut<T, Key: ToString>(all: Vec<T>, paging: &Paging, key: impl Fn(&T) -> Key) -> Result<Page<T>, Problem> {
    let from = match paging.cursor.as_deref() {
        None => 0,
        Some(cursor) => all.iter().position(|row| key(row).to_string() == cursor).ok_or_else(gone)? + 1,
    };
    let limit = limit(paging.limit);
    let one_more = usize::try_from(limit).unwrap_or(1).saturating_add(1);
    Ok(page(all.into_iter().skip(from).take(one_more).collect(), limit, key))
}

/// The refusal of a cursor whose row is not there.
pub fn gone() -> Problem {
    let message = "This place in the list is gone. Begin again without a cursor.";
    Problem::field("cursor", "unknown", message)
}

impl<T> Page<T> {
    /// Each row as a document.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}

impl<T: Serialize> Page<T> {
    /// As an answer.
    pub fn answer(self) -> Answer<Json<Self>> {
        Ok(Json(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(cursor: Option<&str>, limit: Option<i64>) -> Paging {
        Paging { cursor: cursor.map(str::to_owned), limit }
    }

    #[test]
    fn a_list_that_is_cut_gives_every_row_once_whatever_the_limit() {
        for size in [0, 1, 2, 5, 200, 201] {
            let all: Vec<usize> = (0..size).collect();
            for limit in [Some(-1), Some(1), Some(2), None, Some(1_000)] {
                let (mut seen, mut cursor) = (Vec::new(), None);
                for _ in 0..=size {
                    let page = cut(all.clone(), &Paging { cursor, limit }, |n| *n).unwrap();
                    seen.extend(page.items);
                    cursor = page.next_cursor;
                    if cursor.is_none() {
                        break;
                    }
                }
                assert_eq!((seen, cursor), (all.clone(), None), "{size} rows, {limit:?} a page");
            }
        }
    }

    #[test]
    fn no_page_is_empty_or_longer_than_the_most() {
        let all: Vec<usize> = (0..500).collect();
        let n = |limit| cut(all.clone(), &asked(None, limit), |n| *n).unwrap().items.len();
        assert_eq!((n(Some(i64::MIN)), n(Some(7)), n(None), n(Some(i64::MAX))), (1, 7, 50, 200));
    }

    #[test]
    fn a_cursor_that_is_gone_is_refused_in_words() {
        let refused = cut(vec![1, 2], &asked(Some("3"), None), |n| *n).unwrap_err();
        assert_eq!((refused.errors[0].field.as_str(), refused.errors[0].code.as_str()), ("cursor", "unknown"));
    }
}
