//! A ticket from its row.

use super::super::Ticket;
use crate::db::Error;
use shared::ids::Id;
use shared::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::str::FromStr;

/// The columns that [`ticket`] reads.
pub(super) const COLUMNS: &str = "id, number, ver, customer, site, entitlement, category, symptom, category_label, \
    symptom_label, make, model, title, description, access_note, urgent, skills, work_minutes, language, due_at, \
    held_at, filed_at, filed_by, life, stream_of, last_expert, summary, ended_at, n_events, changed_at, windows, \
     follows, corrected_ver";

/// A column that holds text of ours. What does not parse was not written by this program.
pub(super) fn parsed<T: FromStr>(row: &AnyRow, column: &str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error| Error::Bug(format!("column {column} cannot be read: {error}")))
}

/// The same, where there may be nothing.
pub(super) fn parsed_option<T: FromStr>(row: &AnyRow, column: &str) -> Result<Option<T>, Error>
where
    T::Err: std::fmt::Display,
{
    let text: Option<String> = row.try_get(column)?;
    let parse = |text: String| text.parse().map_err(|error| Error::Bug(format!("column {column}: {error}")));
    text.map(parse).transpose()
}

/// An instant.
pub(super) fn instant(row: &AnyRow, column: &str) -> Result<Timestamp, Error> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

pub(super) fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| Error::Bug(format!("column {column} cannot be read: {error}")))
}

pub(super) fn ticket(row: &AnyRow) -> Result<Ticket, Error> {
    let number: String = row.try_get("number")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    let minutes: i64 = row.try_get("work_minutes")?;
    Ok(Ticket {
        id: parsed(row, "id")?,
        number: number.parse().map_err(|error| Error::Bug(format!("ticket number {number}: {error}")))?,
        ver: row.try_get("ver")?,
        customer: parsed(row, "customer")?,
        site: parsed(row, "site")?,
        entitlement: parsed_option(row, "entitlement")?,
        category: parsed(row, "category")?,
        symptom: parsed_option(row, "symptom")?,
        category_label: row.try_get("category_label")?,
        symptom_label: row.try_get("symptom_label")?,
        make: parsed_option(row, "make")?,
        model: parsed_option(row, "model")?,
        title: parsed(row, "title")?,
        description: parsed(row, "description")?,
        access_note: parsed_option(row, "access_note")?,
        urgent: row.try_get::<i64, _>("urgent")? != 0,
        skills: json(row, "skills")?,
        work_minutes: u32::try_from(minutes).unwrap_or_default(),
        language: row.try_get("language")?,
        due_at: instant(row, "due_at")?,
        held_at: row.try_get::<Option<i64>, _>("held_at")?.map(Timestamp::from_millis),
        filed_at: instant(row, "filed_at")?,
        filed_by: json(row, "filed_by")?,
        life: json(row, "life")?,
        stream_of: parsed_option(row, "stream_of")?,
        last_expert: parsed_option::<Id<_>>(row, "last_expert")?,
        summary: parsed_option(row, "summary")?,
        ended_at: ended_at.map(Timestamp::from_millis),
        n_events: row.try_get("n_events")?,
        changed_at: instant(row, "changed_at")?,
        windows: json(row, "windows")?,
        follows: parsed_option(row, "follows")?,
        corrected_ver: row.try_get("corrected_ver")?,
    })
}
