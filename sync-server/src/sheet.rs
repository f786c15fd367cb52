//! Tables as people export them from a spreadsheet, read whole: each cell knows its line and column, so that whatever
//! is wrong can be found again in the file.
//!
//! Takes UTF-8 with or without the mark that Excel puts in front, parted by commas, semicolons or tabs, whichever the
//! header uses, with quoted cells and any order of columns. Refuses what it cannot be sure of: another encoding, a
//! column it does not know, a line with more or fewer cells than the header, more bytes or lines than the bounds.

pub(crate) mod store;
pub(crate) mod values;

use crate::faults::Faults;
use shared::problem::FieldError;

/// Most bytes of a file.
pub const BYTES_MAX: usize = 1 << 20;
/// Most faults that are told at once; nobody mends more before trying again.
pub const FAULTS_MAX: usize = 100;

/// A column that a sheet may have.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its word in the header.
    pub name: &'static str,
    /// The sheet cannot do without it.
    pub required: bool,
}

impl Column {
    /// One that must be there.
    pub const fn required(name: &'static str) -> Self {
        Self { name, required: true }
    }

    /// One that may be missing; its cells are then empty.
    pub const fn optional(name: &'static str) -> Self {
        Self { name, required: false }
    }
}

/// Which lines of a file are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// All, or nothing at all.
    All,
    /// Those with which nothing is wrong.
    Good,
}

/// Without what stands in a line that has a fault.
pub fn without_faulty<T>(found: Vec<T>, line: impl Fn(&T) -> u64, faults: &[FieldError]) -> Vec<T> {
    let faulty: std::collections::BTreeSet<&str> =
        faults.iter().map(|fault| fault.field.split(',').next().unwrap_or_default()).collect();
    found.into_iter().filter(|one| !faulty.contains(format!("line {}", line(one)).as_str())).collect()
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    columns: Vec<String>,
    lines: Vec<(u64, Vec<String>)>,
}

/// A line of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number in the file; the header is line 1.
    pub number: u64,
    columns: &'a [String],
    cells: &'a [String],
}

impl<'a> Line<'a> {
    /// The cell in this column without the space around; empty where the sheet has no such column.
    pub fn cell(&self, column: &str) -> &'a str {
        let at = self.columns.iter().position(|name| name == column);
        at.map_or("", |at| self.cells[at].trim())
    }

    /// How this cell is named in a fault.
    pub fn place(&self, column: &str) -> String {
        format!("line {}, column {column}", self.number)
    }
}

impl Sheet {
    /// Reads a file with at most `lines_max` lines below the header.
    pub fn read(bytes: &[u8], columns: &[Column], lines_max: usize) -> Result<Self, Vec<FieldError>> {
        let mut faults = Faults::default();
        let sheet = read(bytes, columns, lines_max, &mut faults);
        match sheet {
            Some(sheet) if faults.is_empty() => Ok(sheet),
            Some(_) | None => Err(bounded(faults)),
        }
    }

    /// Reads a file whose good lines are wanted, with what is wrong with the others. Refused only where no line can be told
    /// from another, or the header is wrong.
    pub fn read_good(
        bytes: &[u8],
        columns: &[Column],
        lines_max: usize,
    ) -> Result<(Self, Vec<FieldError>), Vec<FieldError>> {
        let mut faults = Faults::default();
        match read(bytes, columns, lines_max, &mut faults) {
            Some(sheet) => Ok((sheet, faults.into_errors())),
            None => Err(bounded(faults)),
        }
    }

    /// The lines below the header, empty ones left out.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(number, cells)| Line { number: *number, columns: &self.columns, cells })
    }
}

/// The first of many faults, and how many more there are.
pub fn bounded(faults: Faults) -> Vec<FieldError> {
    cut(faults.into_errors())
}

/// The first of many faults, and how many more there are.
pub fn cut(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    let n_more = errors.len().saturating_sub(FAULTS_MAX);
    if n_more > 0 {
        errors.truncate(FAULTS_MAX);
        let message = format!("There are {n_more} more faults. Mend these first.");
        errors.push(FieldError { field: String::new(), code: "more".to_owned(), message });
    }
    errors
}

fn read(bytes: &[u8], columns: &[Column], lines_max: usize, faults: &mut Faults) -> Option<Sheet> {
    if bytes.len() > BYTES_MAX {
        faults.add("", "too_large", "the file is larger than 1 MiB; send it in parts, each with its header");
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) else {
        faults.add("", "encoding", "the file is not UTF-8; in Excel save it as \"CSV UTF-8 (comma delimited)\"");
        return None;
    };
    // The reader counts lines by `\n` alone and is one off after `\r\n`.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let header_text = text.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(header_text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(header)) = records.next() else {
        faults.add("line 1", "required", "the file is empty; its first line must name the columns");
        return None;
    };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    check_header(&names, columns, faults);
    if !faults.is_empty() {
        return None;
    }
    let mut sheet = Sheet { columns: names, lines: Vec::new() };
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.add("", "format", format!("the file cannot be read further: {error}"));
                return None;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue; // spreadsheets end in empty lines
        }
        if record.len() != sheet.columns.len() {
            let (n, wanted) = (record.len(), sheet.columns.len());
            let what = format!("has {n} cells, the header {wanted}; is a separator or a quote missing or too many?");
            faults.add(&format!("line {number}"), "cells", format!("this line {what}"));
            continue;
        }
        if sheet.lines.len() == lines_max {
            let what = format!("the file has more than {lines_max} lines; send it in parts, each with its header");
            faults.add(&format!("line {number}"), "too_large", what);
            return None;
        }
        sheet.lines.push((number, record.iter().map(str::to_owned).collect()));
    }
    if sheet.lines.is_empty() && faults.is_empty() {
        faults.add("line 2", "required", "the file has a header and nothing below it");
    }
    Some(sheet)
}

/// The sign that parts the header's names: the one that it holds most of.
fn delimiter(header: &str) -> u8 {
    let count = |sign: u8| header.bytes().filter(|byte| *byte == sign).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

fn check_header(names: &[String], columns: &[Column], faults: &mut Faults) {
    let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
    for (at, name) in names.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let what = format!("the column {name:?} is not known; known are {}", known.join(", "));
            faults.add("line 1", "unknown_column", what);
        } else if names[..at].contains(name) {
            faults.add("line 1", "twice", format!("the column {name} stands there twice"));
        }
    }
    for column in columns.iter().filter(|column| column.required) {
        if !names.iter().any(|name| name == column.name) {
            faults.add("line 1", "missing_column", format!("the column {} is missing", column.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::required("name"), Column::required("phone"), Column::optional("note")];

    fn cells(bytes: &[u8]) -> Vec<(u64, String, String, String)> {
        let sheet = Sheet::read(bytes, &COLUMNS, 10).unwrap();
        let own = |line: Line<'_>| {
            (line.number, line.cell("name").to_owned(), line.cell("phone").to_owned(), line.cell("note").to_owned())
        };
        sheet.lines().map(own).collect()
    }

    fn faults(bytes: &[u8]) -> Vec<(String, String)> {
        let errors = Sheet::read(bytes, &COLUMNS, 3).unwrap_err();
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    fn row(number: u64, name: &str, phone: &str, note: &str) -> (u64, String, String, String) {
        (number, name.to_owned(), phone.to_owned(), note.to_owned())
    }

    #[test]
    fn files_of_every_spreadsheet_are_read() {
        let zoe = vec![row(2, "Zoë Núñez", "1", "")];
        assert_eq!(cells("name,phone\nZoë Núñez,1\n".as_bytes()), zoe);
        assert_eq!(cells("\u{feff}Name;Phone\r\n Zoë Núñez ;1\r\n;\r\n".as_bytes()), zoe);
        assert_eq!(cells("phone\tname\n1\tZoë Núñez".as_bytes()), zoe);
        let quoted = cells(b"note,name,phone\n\"a, \"\"b\"\"\nc\",Sammy,2\n,\"Davis, Jr.\",3\n");
        assert_eq!(quoted, [row(2, "Sammy", "2", "a, \"b\"\nc"), row(4, "Davis, Jr.", "3", "")]);
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_by_line() {
        let found = |text: &str| faults(text.as_bytes());
        let one = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        assert_eq!(found(""), one("line 1", "required"));
        assert_eq!(found("name,phone\n"), one("line 2", "required"));
        assert_eq!(found("name,phone\na,1\nb\n"), one("line 3", "cells"));
        assert_eq!(found("name,phone\na,1\nb,2\nc,3\nd,4\n"), one("line 5", "too_large"));
        assert_eq!(
            found("name,tel\na,1\n"),
            [one("line 1", "unknown_column"), one("line 1", "missing_column")].concat()
        );
        assert_eq!(found("name,name,phone\na,a,1\n"), one("line 1", "twice"));
        assert_eq!(faults(b"name,phone\nZo\xeb,1\n"), one("", "encoding"));
        assert_eq!(faults(&vec![b'a'; BYTES_MAX + 1]), one("", "too_large"));
    }

    #[test]
    fn nobody_is_told_more_faults_than_they_can_mend() {
        let text = format!("name,phone\n{}", "a\n".repeat(500));
        let errors = Sheet::read(text.as_bytes(), &COLUMNS, 1_000).unwrap_err();
        assert_eq!(errors.len(), FAULTS_MAX + 1);
        assert_eq!(errors.last().unwrap().message, "There are 400 more faults. Mend these first.");
    }
}
