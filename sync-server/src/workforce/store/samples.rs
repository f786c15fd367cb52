//! Plain rows for tests to bend. The place is New York.

use crate::postal;
use crate::workforce::{Area, ExpertDetails, Home, PostalPrefix, Skill, shift};
use shared::chance::Seeded;
use shared::ids::Id;
use shared::time::Timestamp;

/// The id with this number; ids sort as their numbers do.
pub(crate) fn id<Of>(number: u64) -> Id<Of> {
    Id::new(Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
}

pub(crate) fn home(postal_code: &str) -> Home {
    let found = postal::find("US", postal_code).unwrap();
    Home {
        line1: None,
        city: found.city.parse().unwrap(),
        postal_code: postal_code.to_owned(),
        country: "US".to_owned(),
        place: found.place,
        zone: found.zone,
    }
}

pub(crate) fn details(name: &str, number: u64) -> ExpertDetails {
    ExpertDetails {
        name: name.parse().unwrap(),
        email: format!("expert{number}@example.com").parse().unwrap(),
        phone: format!("+1212555{number:04}").parse().unwrap(),
        home: home("10025"),
        languages: vec!["en".to_owned(), "es".to_owned()],
        locale: "en".to_owned(),
        sms: crate::workforce::SmsRule::Always,
    }
}

pub(crate) fn a_skill(number: u64, slug: &str) -> Skill {
    Skill { id: id(number), slug: slug.parse().unwrap(), name: slug.parse().unwrap(), active: true, ver: 1 }
}

pub(crate) fn an_area(number: u64, slug: &str, prefixes: &[&str]) -> Area {
    let prefix = |prefix: &&str| PostalPrefix { country: "US".to_owned(), prefix: (*prefix).to_owned() };
    Area {
        id: id(number),
        slug: slug.parse().unwrap(),
        name: slug.parse().unwrap(),
        active: true,
        ver: 1,
        postal: prefixes.iter().map(prefix).collect(),
        drawing: None,
    }
}

pub(crate) fn shifts(first_id: u64, text: &str, on_call: bool) -> Vec<crate::workforce::ShiftRow> {
    let specs = shift::read(text, on_call).unwrap();
    let row = |(spec, number): (&shift::ShiftSpec, u64)| crate::workforce::ShiftRow {
        id: id(number),
        day: spec.day,
        start_minute: spec.start_minute,
        end_minute: spec.end_minute,
        on_call: spec.on_call,
    };
    specs.iter().zip(first_id..).map(row).collect()
}
