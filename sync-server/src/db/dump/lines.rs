//! The file: lines of JSON, packed by zstd with its checksum. First the header, then for each table its name and
//! columns and a line a row, last the number of rows. A file without its last line is not whole.

use super::DumpError;
use serde::{Deserialize, Serialize};
use shared::time::Timestamp;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};

/// What the first line says it is.
const FORMAT: &str = "sysops-squad-backup-1";
/// zstd's level: its default.
const LEVEL: i32 = 3;
/// A longer line is none of ours: the largest row is a sync message of 256 KiB in JSON in JSON.
const LINE_BYTES_MAX: u64 = 8 << 20;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The migrations of the database.
    pub(super) versions: BTreeSet<i64>,
    /// When it was made.
    pub(super) made_at: Timestamp,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(String),
}

/// What follows the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The rows from here on are this table's.
    Table { name: String, columns: Vec<String> },
    /// A row.
    Row(Vec<Cell>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Header { format: String, versions: BTreeSet<i64>, made_at: Timestamp },
    Table { table: String, columns: Vec<String> },
    Row(Vec<Cell>),
    End { n_rows: u64 },
}

pub(super) struct Writer<W: Write> {
    out: zstd::Encoder<'static, W>,
    n_rows: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn begin(out: W, header: &Header) -> Result<Self, DumpError> {
        let mut out = zstd::Encoder::new(out, LEVEL)?;
        out.include_checksum(true)?;
        let mut writer = Self { out, n_rows: 0 };
        let Header { versions, made_at } = header.clone();
        writer.line(&Written::Header { format: FORMAT.to_owned(), versions, made_at })?;
        Ok(writer)
    }

    pub(super) fn table(&mut self, name: &str, columns: &[&str]) -> Result<(), DumpError> {
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        self.line(&Written::Table { table: name.to_owned(), columns })
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<(), DumpError> {
        self.n_rows += 1;
        self.line(&cells)
    }

    pub(super) fn end(mut self) -> Result<u64, DumpError> {
        let n_rows = self.n_rows;
        self.line(&Written::End { n_rows })?;
        self.out.finish()?.flush()?;
        Ok(n_rows)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), DumpError> {
        serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

pub(super) struct Reader<R: Read> {
    lines: BufReader<zstd::Decoder<'static, BufReader<R>>>,
    n_rows: u64,
    n_columns: usize,
    ended: bool,
}

impl<R: Read> Reader<R> {
    pub(super) fn begin(file: R) -> Result<(Header, Self), DumpError> {
        let lines = BufReader::new(zstd::Decoder::new(file)?);
        let mut reader = Self { lines, n_rows: 0, n_columns: 0, ended: false };
        match reader.read()? {
            Some(Written::Header { format, versions, made_at }) if format == FORMAT => {
                Ok((Header { versions, made_at }, reader))
            }
            Some(Written::Header { .. } | Written::Table { .. } | Written::Row(_) | Written::End { .. }) | None => {
                Err(damaged("it does not begin like one"))
            }
        }
    }

    /// The next line; nothing after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Line>, DumpError> {
        let Some(written) = self.read()? else {
            return if self.ended { Ok(None) } else { Err(damaged("its end is missing")) };
        };
        if self.ended {
            return Err(damaged("there is something after its end"));
        }
        match written {
            Written::Table { table, columns } => {
                self.n_columns = columns.len();
                Ok(Some(Line::Table { name: table, columns }))
            }
            Written::Row(cells) if cells.len() == self.n_columns && self.n_columns > 0 => {
                self.n_rows += 1;
                Ok(Some(Line::Row(cells)))
            }
            Written::Row(_) => Err(damaged("a row has too many or too few values")),
            Written::End { n_rows } if n_rows == self.n_rows => {
                self.ended = true;
                self.next()
            }
            Written::End { .. } => Err(damaged("rows are missing")),
            Written::Header { .. } => Err(damaged("it begins twice")),
        }
    }

    fn read(&mut self) -> Result<Option<Written>, DumpError> {
        let mut line = String::new();
        let mut bounded = (&mut self.lines).take(LINE_BYTES_MAX);
        match bounded.read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => serde_json::from_str(&line).map(Some).map_err(|_| damaged("a line cannot be read")),
            Err(why) => Err(DumpError::Damaged(why.to_string())),
        }
    }
}

fn damaged(why: &str) -> DumpError {
    DumpError::Damaged(why.to_owned())
}
