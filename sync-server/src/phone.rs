//! Phone numbers as people write them, read into E.164.
//!
//! Only the shape is judged: the right number of digits for its country. Numbering plans grow faster than tables of
//! them, so a number is never refused because a table does not list its range.

use rlibphonenumber::enums::{NumberLengthType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use shared::text::{BadText, Phone};

/// Longer text is no phone number, whatever is in it.
const CHARACTERS_MAX: usize = 60;

/// Reads a number; without `+` and country code it is one of this country (two letters).
pub fn read(text: &str, country: &str) -> Result<Phone, BadText> {
    const SHAPE: BadText = BadText::Shape { expected: "a phone number looks like +1 212 555 0100" };
    const LENGTH: BadText = BadText::Shape { expected: "this phone number has too few or too many digits" };
    let text = text.trim();
    if text.is_empty() {
        return Err(BadText::Empty);
    }
    if text.chars().count() > CHARACTERS_MAX {
        return Err(BadText::TooLong { max: CHARACTERS_MAX });
    }
    let region: Option<Region> = country.to_ascii_uppercase().parse().ok();
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| SHAPE)?;
    match number.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) => {
            return Err(BadText::Shape { expected: "the area code is missing: write it like +1 212 555 0100" });
        }
        Err(_) => return Err(LENGTH),
    }
    number.format_as(PhoneNumberFormat::E164).parse()
}

/// What numbers in E.164 begin with that begin as somebody has typed so far; none where that is no beginning of a number.
pub fn beginning(text: &str, country: &str) -> Option<String> {
    const DIGITS_MIN: usize = 3;
    let text = text.trim();
    let is_of_a_number = |char: char| char.is_ascii_digit() || "+()-. /\u{a0}".contains(char);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !(DIGITS_MIN..=15).contains(&digits.len()) || !text.chars().all(is_of_a_number) {
        return None;
    }
    if text.starts_with('+') {
        return Some(format!("+{digits}"));
    }
    let region: Region = country.to_ascii_uppercase().parse().ok()?;
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?.to_string();
    // In North America the code is also what one dials before any other area.
    let own = digits.strip_prefix(&code).filter(|rest| code == "1" && !rest.is_empty()).unwrap_or(&digits);
    Some(format!("+{code}{}", own.trim_start_matches('0')))
}

/// The number as its own country writes it, with the country code: for people to read.
pub fn show(phone: &Phone) -> String {
    match PHONE_NUMBER_UTIL.parse(phone.as_str(), None) {
        Ok(number) => number.format_as(PhoneNumberFormat::International).into_owned(),
        Err(_) => phone.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_way_of_writing_a_number_gives_one_text() {
        for text in [
            "(212) 555-0100",
            "212.555.0100",
            "1 212 555 0100",
            "+1 212-555-0100",
            " 212 555 0100 ",
            "+1 (212) 555‑0100",
            "２１２ ５５５ ０１００",
        ] {
            assert_eq!(read(text, "US").unwrap().as_str(), "+12125550100", "{text}");
        }
        assert_eq!(read("030 901820", "de").unwrap().as_str(), "+4930901820");
        assert_eq!(read("+44 20 7946 0018", "US").unwrap().as_str(), "+442079460018");
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_to_do() {
        assert_eq!(read(" ", "US"), Err(BadText::Empty));
        for text in ["call me", "12", "555-0100", "212 555 010", "212 555 01000000", "+999 1234567"] {
            assert!(matches!(read(text, "US"), Err(BadText::Shape { .. })), "{text}: {:?}", read(text, "US"));
        }
        assert!(read("212 555 0100", "").is_err(), "without a country nobody knows whose number it is");
    }

    #[test]
    fn the_beginning_of_a_number_is_enough_to_search_by() {
        for (typed, expected) in [
            ("212", Some("+1212")),
            ("(212) 55", Some("+121255")),
            ("1 212", Some("+1212")),
            ("+44 20", Some("+4420")),
            ("21", None),
            ("Apt 212", None),
            ("mia@212", None),
        ] {
            assert_eq!(beginning(typed, "US").as_deref(), expected, "{typed}");
        }
        assert_eq!(beginning("030 90", "DE").as_deref(), Some("+493090"));
    }

    #[test]
    fn a_number_is_shown_as_people_write_it() {
        assert_eq!(show(&"+12125550100".parse().unwrap()), "+1 212-555-0100");
    }
}
