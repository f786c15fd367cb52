//! Reads what a row holds into the types of the domain. What a table holds was parsed on its way in, so text that no
//! longer parses is a mistake in the program, and the error names the column.

use super::error::Error;
use serde::de::DeserializeOwned;
use shared::place::Place;
use shared::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::fmt::Display;
use std::str::FromStr;

fn unreadable(column: &str, why: impl Display) -> Error {
    Error::Bug(format!("the column {column} cannot be read: {why}"))
}

/// Text in a type of ours.
pub(crate) fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Display,
{
    row.try_get::<String, _>(column)?.parse().map_err(|error| unreadable(column, error))
}

/// Text in a type of ours, or null.
pub(crate) fn parsed_opt<T>(row: &AnyRow, column: &str) -> Result<Option<T>, Error>
where
    T: FromStr,
    T::Err: Display,
{
    let text = row.try_get::<Option<String>, _>(column)?;
    text.map(|text| text.parse().map_err(|error| unreadable(column, error))).transpose()
}

/// A number in a smaller type.
pub(crate) fn number<T>(row: &AnyRow, column: &str) -> Result<T, Error>
where
    T: TryFrom<i64>,
    T::Error: Display,
{
    row.try_get::<i64, _>(column)?.try_into().map_err(|error| unreadable(column, error))
}

/// An instant.
pub(crate) fn instant(row: &AnyRow, column: &str) -> Result<Timestamp, Error> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

/// An instant, or null.
pub(crate) fn instant_opt(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// 0 or 1.
pub(crate) fn flag(row: &AnyRow, column: &str) -> Result<bool, Error> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

/// A small document kept as JSON text.
pub(crate) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, Error> {
    serde_json::from_str(&row.try_get::<String, _>(column)?).map_err(|error| unreadable(column, error))
}

/// A place in two columns, both null or neither.
pub(crate) fn place_opt(row: &AnyRow, lat: &str, lon: &str) -> Result<Option<Place>, Error> {
    match (row.try_get::<Option<i64>, _>(lat)?, row.try_get::<Option<i64>, _>(lon)?) {
        (Some(lat_e7), Some(lon_e7)) => {
            Place::from_e7(lat_e7, lon_e7).map(Some).map_err(|error| unreadable(lat, error))
        }
        (Some(_) | None, _) => Ok(None),
    }
}

/// A place in two columns.
pub(crate) fn place(row: &AnyRow, lat: &str, lon: &str) -> Result<Place, Error> {
    place_opt(row, lat, lon)?.ok_or_else(|| unreadable(lat, "null"))
}
