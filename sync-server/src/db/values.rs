//! The binds of a statement with many rows.

use std::fmt::Write;

/// `($1, $2), ($3, $4)` for two rows of two columns. Both engines take 32,000 binds in a statement; keep well below.
pub fn values(n_rows: usize, n_columns: usize) -> String {
    let mut text = String::with_capacity(n_rows * n_columns * 5);
    for row in 0..n_rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..n_columns {
            let comma = if column == 0 { "" } else { ", " };
            write!(text, "{comma}${}", row * n_columns + column + 1).expect("writing to a string works");
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_numbered_through() {
        assert_eq!(super::values(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(super::values(1, 1), "($1)");
    }
}
