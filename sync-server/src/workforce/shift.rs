//! Shifts as people write them: `Mon-Fri 08:00-16:00; Sat 10:00-14:00`, by the clock on the wall of the expert's home.
//!
//! A day is a weekday, a range of weekdays, several parted by commas, or one date. An end at or before the start is on
//! the next day; `00:00-24:00` and `08:00-08:00` are a whole day. The same grammar reads the import and writes the
//! lines that a phone shows.

use serde::{Deserialize, Serialize};
use shared::ids::ShiftId;
use shared::text::BadText;
use shared::time::Date;

/// Which days a shift starts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftDay {
    /// Each week on this day: 1 is Monday, 7 Sunday.
    Weekly(u8),
    /// Once.
    On(Date),
}

/// A shift that is not kept yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftSpec {
    /// When it starts.
    pub day: ShiftDay,
    /// Minutes after midnight at which it starts, 0 to 1,439.
    pub start_minute: u16,
    /// Minutes after midnight at which it ends, 0 to 1,440. At or before the start it means the next day.
    pub end_minute: u16,
    /// Can be called then, but does not work by himself.
    pub on_call: bool,
}

/// A shift of an expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftRow {
    /// Which.
    pub id: ShiftId,
    /// When it starts.
    pub day: ShiftDay,
    /// Minutes after midnight at which it starts, 0 to 1,439.
    pub start_minute: u16,
    /// Minutes after midnight at which it ends, 0 to 1,440. At or before the start it means the next day.
    pub end_minute: u16,
    /// Can be called then, but does not work by himself.
    pub on_call: bool,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// More shifts than an expert can have.
pub const SHIFTS_MAX: usize = 100;

const DAY: BadText = BadText::Shape { expected: "days look like Mon, Mon-Fri, Mon,Wed or 2026-03-02" };
const TIME: BadText = BadText::Shape { expected: "hours look like 08:00-16:00" };
const SHIFT: BadText = BadText::Shape { expected: "shifts look like Mon-Fri 08:00-16:00; Sat 10:00-14:00" };

/// Reads shifts; no text is no shift.
pub fn read(text: &str, on_call: bool) -> Result<Vec<ShiftSpec>, BadText> {
    let mut shifts = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (days, hours) = part.rsplit_once(char::is_whitespace).ok_or(SHIFT)?;
        let (start_minute, end_minute) = read_hours(hours)?;
        for day in read_days(days)? {
            shifts.push(ShiftSpec { day, start_minute, end_minute, on_call });
        }
        if shifts.len() > SHIFTS_MAX {
            return Err(BadText::Shape { expected: "these are too many shifts: at most 100" });
        }
    }
    Ok(shifts)
}

fn read_hours(text: &str) -> Result<(u16, u16), BadText> {
    // People paste the dash that their word processor made of the hyphen.
    let (start, end) = text.split_once(['-', '–', '—']).ok_or(TIME)?;
    let (start, end) = (read_time(start)?, read_time(end)?);
    if start < 1_440 { Ok((start, end)) } else { Err(TIME) }
}

fn read_time(text: &str) -> Result<u16, BadText> {
    let (hour, minute) = text.split_once(':').ok_or(TIME)?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(TIME);
    }
    let (hour, minute): (u16, u16) = (hour.parse().map_err(|_| TIME)?, minute.parse().map_err(|_| TIME)?);
    if minute < 60 && hour * 60 + minute <= 1_440 { Ok(hour * 60 + minute) } else { Err(TIME) }
}

fn read_days(text: &str) -> Result<Vec<ShiftDay>, BadText> {
    if let Ok(date) = text.trim().parse::<Date>() {
        return Ok(vec![ShiftDay::On(date)]);
    }
    let mut days = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once(['-', '–', '—']).unwrap_or((part, part));
        let (mut day, last) = (read_weekday(first)?, read_weekday(last)?);
        loop {
            if !days.contains(&ShiftDay::Weekly(day)) {
                days.push(ShiftDay::Weekly(day));
            }
            if day == last {
                break;
            }
            day = day % 7 + 1;
        }
    }
    Ok(days)
}

fn read_weekday(text: &str) -> Result<u8, BadText> {
    let text = text.trim();
    let known = DAYS.iter().zip(1..).find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map(|(_, day)| day).ok_or(DAY)
}

fn time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl ShiftSpec {
    /// The shift in words, like `Mon 08:00-16:00`. [`read`] reads it back.
    pub fn words(&self) -> String {
        let day = match self.day {
            ShiftDay::Weekly(day) => DAYS.get(usize::from(day).saturating_sub(1)).copied().unwrap_or("?").to_owned(),
            ShiftDay::On(date) => date.to_string(),
        };
        format!("{day} {}-{}", time(self.start_minute), time(self.end_minute))
    }

    /// The shift with an id.
    pub fn with_id(self, id: ShiftId) -> ShiftRow {
        let Self { day, start_minute, end_minute, on_call } = self;
        ShiftRow { id, day, start_minute, end_minute, on_call }
    }

    /// Whether it holds this minute of this weekday (1 is Monday), the night before included. A dated shift holds none.
    pub fn holds_weekly(&self, weekday: u8, minute: u16) -> bool {
        let ShiftDay::Weekly(day) = self.day else { return false };
        let over_night = self.end_minute <= self.start_minute;
        let end = if over_night { 1_440 } else { self.end_minute };
        let today = day == weekday && self.start_minute <= minute && minute < end;
        let from_before = over_night && day % 7 + 1 == weekday && minute < self.end_minute;
        today || from_before
    }
}

impl ShiftRow {
    /// The shift without its id.
    pub fn spec(&self) -> ShiftSpec {
        let Self { id: _, day, start_minute, end_minute, on_call } = *self;
        ShiftSpec { day, start_minute, end_minute, on_call }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        read(text, false).unwrap().iter().map(ShiftSpec::words).collect()
    }

    #[test]
    fn shifts_are_read_as_people_write_them() {
        assert_eq!(words("Mon-Wed 8:00–16:30"), ["Mon 08:00-16:30", "Tue 08:00-16:30", "Wed 08:00-16:30"]);
        assert_eq!(words("sat,SUN 10:00-14:00 ;"), ["Sat 10:00-14:00", "Sun 10:00-14:00"]);
        assert_eq!(words("Sat-Mon 22:00-06:00"), ["Sat 22:00-06:00", "Sun 22:00-06:00", "Mon 22:00-06:00"]);
        assert_eq!(words("2026-03-02 09:00-24:00"), ["2026-03-02 09:00-24:00"]);
        assert_eq!(words(" "), [""; 0]);
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["Mon 08:00-16:00", "2026-03-02 22:00-06:00", "Sun 00:00-24:00"] {
            assert_eq!(words(text), [text]);
        }
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["Mon", "Mon 8-16", "Mon 08:00-25:00", "Mon 08:60-09:00", "Mon 24:00-08:00", "Day 08:00-16:00"] {
            assert!(matches!(read(text, false), Err(BadText::Shape { .. })), "{text}");
        }
        let many = "Mon-Sun 08:00-09:00;".repeat(20);
        assert!(read(&many, false).is_err());
    }

    #[test]
    fn a_night_shift_reaches_into_the_next_morning() {
        let night = read("Sun 22:00-06:00", false).unwrap()[0];
        assert!(night.holds_weekly(7, 22 * 60) && night.holds_weekly(1, 5 * 60 + 59));
        assert!(!night.holds_weekly(1, 6 * 60) && !night.holds_weekly(7, 0));
        let whole = read("Mon 08:00-08:00", false).unwrap()[0];
        assert!(whole.holds_weekly(1, 8 * 60) && whole.holds_weekly(2, 0) && !whole.holds_weekly(2, 8 * 60));
    }
}
