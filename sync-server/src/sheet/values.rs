//! A file of values for a spreadsheet: what a report counts, whole, where its page holds only a part.

use std::fmt::Write as _;

/// A file of values: a heading and lines. What a spreadsheet would take for a formula is told apart by a quotation mark.
pub(crate) fn csv(heading: &[&str], lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = heading.join(",");
    text.push('\n');
    for line in lines {
        let cells: Vec<String> = line.iter().map(|cell| quoted(cell)).collect();
        writeln!(text, "{}", cells.join(",")).expect("writing to a string works");
    }
    text
}

fn quoted(cell: &str) -> String {
    let is_number = cell.parse::<i64>().is_ok();
    let guard = if !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r', ';']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_commas_and_quotes_and_is_no_formula_in_a_spreadsheet() {
        let lines = [vec!["=1+1".to_owned(), "-5".to_owned()], vec!["Łumen, \"X\"".to_owned(), String::new()]];
        assert_eq!(csv(&["name", "n"], lines), "name,n\n\"'=1+1\",-5\n\"Łumen, \"\"X\"\"\",\n");
    }
}
