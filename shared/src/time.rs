//! Instants and zones. An instant is UTC milliseconds, as tables keep it; outside it is RFC 3339. Local time exists
//! only together with a named zone, so that a shift keeps its hours over a change of the clocks.

pub use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An instant in whole UTC milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

const MINUTE_MS: i64 = 60_000;
/// Year 9999: what RFC 3339 can still write.
const LAST_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The first instant, 1970.
    pub const EPOCH: Self = Self(0);

    /// From UTC milliseconds since 1970, held within the years 1970 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST_MS))
    }

    /// UTC milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The instant so many milliseconds later (earlier if negative), held within the range.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The instant so many seconds later (earlier if negative), held within the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1_000))
    }

    /// The instant so many minutes later (earlier if negative), held within the range.
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_millis(minutes.saturating_mul(MINUTE_MS))
    }

    /// Milliseconds from `earlier` to here; negative if `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Whole minutes from `earlier` to here, rounded down.
    pub fn minutes_since(self, earlier: Self) -> i64 {
        self.millis_since(earlier).div_euclid(MINUTE_MS)
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("the range of Timestamp lies within jiff's")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.jiff().fmt(f)
    }
}

/// Text that is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a time: times look like 2026-03-02T09:00:00Z")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let millis = text.parse::<jiff::Timestamp>().map_err(|_| NotATime)?.as_millisecond();
        if (0..=LAST_MS).contains(&millis) { Ok(Self(millis)) } else { Err(NotATime) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A named time zone of the IANA database, which is bundled.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name the IANA database does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this time zone is not known: zones look like America/New_York")]
pub struct NotAZone;

/// An instant as the clock on the wall of a zone shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The calendar day.
    pub date: Date,
    /// Minutes since 00:00 by the wall clock, 0 to 1,439.
    pub minute: u16,
}

impl Zone {
    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// What the wall clock shows at this instant.
    pub fn local(&self, at: Timestamp) -> Local {
        let civil = self.0.to_datetime(at.jiff());
        let minute = i32::from(civil.hour()) * 60 + i32::from(civil.minute());
        Local { date: civil.date(), minute: u16::try_from(minute).expect("a day has 1,440 minutes") }
    }

    /// The instant at which the wall clock shows this day and minute (1,440 is midnight at its end). In the hour that
    /// is skipped in spring it is the later reading; in the hour that comes twice in autumn, the first.
    pub fn instant(&self, date: Date, minute: u16) -> Timestamp {
        let days = i64::from(minute / 1_440);
        let date = date.checked_add(jiff::Span::new().days(days)).unwrap_or(date);
        let hour = i8::try_from(minute % 1_440 / 60).expect("below 24");
        let minute = i8::try_from(minute % 60).expect("below 60");
        let at = self.0.to_timestamp(date.at(hour, minute, 0, 0));
        Timestamp::from_millis(at.map_or(0, jiff::Timestamp::as_millisecond))
    }

    /// The instant so many months later by the calendar and the wall clock of this zone: the same day at the same
    /// hour, or the last day of a shorter month.
    pub fn months_later(&self, at: Timestamp, months: u32) -> Timestamp {
        let local = at.jiff().to_zoned_datetime(self.0.clone());
        let later = local.checked_add(jiff::Span::new().months(i64::from(months.min(1_200))));
        later.map_or(at, |later| Timestamp::from_millis(later.timestamp().as_millisecond()))
    }

    /// The wall clock by a pattern of `strftime`, like `%H:%M`.
    pub fn show(&self, at: Timestamp, pattern: &str) -> String {
        at.jiff().to_zoned_datetime(self.0.clone()).strftime(pattern).to_string()
    }
}

impl FromStr for Zone {
    type Err = NotAZone;
    fn from_str(name: &str) -> Result<Self, NotAZone> {
        let zone = TimeZone::get(name).map_err(|_| NotAZone)?;
        if zone.iana_name().is_some() { Ok(Self(zone)) } else { Err(NotAZone) }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The Monday of a day's week.
pub fn monday(of: Date) -> Date {
    let since = i64::from(of.weekday().to_monday_zero_offset());
    of.checked_sub(jiff::Span::new().days(since)).unwrap_or(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_instant_survives_its_text() {
        let at: Timestamp = "2026-03-02T09:00:00.25Z".parse().unwrap();
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!(at, "2026-03-02T04:00:00.25-05:00".parse().unwrap());
        assert_eq!("soon".parse::<Timestamp>(), Err(NotATime));
        assert_eq!("1969-12-31T23:59:59Z".parse::<Timestamp>(), Err(NotATime));
    }

    #[test]
    fn a_shift_keeps_its_hours_over_a_change_of_the_clocks() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let before = zone.instant(date(2026, 3, 7), 8 * 60);
        let after = zone.instant(date(2026, 3, 8), 8 * 60);
        assert_eq!(after.minutes_since(before), 23 * 60);
        assert_eq!(zone.local(after), Local { date: date(2026, 3, 8), minute: 8 * 60 });
    }

    #[test]
    fn the_skipped_and_the_doubled_hour_have_an_instant() {
        let zone: Zone = "America/New_York".parse().unwrap();
        assert_eq!(zone.instant(date(2026, 3, 8), 150).to_string(), "2026-03-08T07:30:00Z");
        assert_eq!(zone.instant(date(2026, 11, 1), 90).to_string(), "2026-11-01T05:30:00Z");
        assert_eq!(zone.instant(date(2026, 3, 8), 1_440), zone.instant(date(2026, 3, 9), 0));
    }

    #[test]
    fn a_month_later_is_the_same_day_and_hour_or_the_last_day() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let later = |at: &str, months| zone.months_later(at.parse().unwrap(), months).to_string();
        assert_eq!(later("2026-01-31T17:00:00Z", 1), "2026-02-28T17:00:00Z");
        assert_eq!(later("2026-03-02T14:00:00Z", 1), "2026-04-02T13:00:00Z");
        assert_eq!(later("2024-02-29T17:00:00Z", 12), "2025-02-28T17:00:00Z");
    }

    #[test]
    fn a_week_is_that_of_its_monday() {
        assert_eq!(monday(date(2026, 3, 2)), date(2026, 3, 2));
        assert_eq!(monday(date(2026, 3, 8)), date(2026, 3, 2));
        assert_eq!(monday(date(2026, 1, 1)), date(2025, 12, 29), "over the turn of the year");
    }

    #[test]
    fn unknown_zones_are_refused() {
        assert_eq!("Mars/Olympus".parse::<Zone>(), Err(NotAZone));
        assert_eq!("".parse::<Zone>(), Err(NotAZone));
    }
}
