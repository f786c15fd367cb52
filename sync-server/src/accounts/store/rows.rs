//! From a column's text to its type. What does not parse was written by another program: a mistake, never a refusal.

use crate::accounts::{Person, Role};
use crate::db::Error;
use shared::time::Zone;
use std::fmt::Display;
use std::str::FromStr;

/// The column's value.
pub(in crate::accounts) fn parsed<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|why| Error::Bug(format!("{column} holds {text:?}: {why}")))
}

/// The person of a role's word and an id.
pub(in crate::accounts) fn person_of(role: &str, id: &str) -> Result<Person, Error> {
    let role = Role::from_word(role).ok_or_else(|| Error::Bug(format!("a login has the unknown role {role:?}")))?;
    Person::of(role, id).map_err(|why| Error::Bug(format!("a login is of {id:?}: {why}")))
}

/// The zone, or UTC where a newer database of zones dropped its name.
pub(in crate::accounts) fn zone_of(name: &str) -> Zone {
    name.parse().unwrap_or_else(|_| Zone::utc())
}

/// A column of 0 and 1.
pub(in crate::accounts) fn flag(number: i64) -> bool {
    number != 0
}
