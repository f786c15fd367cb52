//! A plain television ticket for tests to bend.

use super::Filing;
use shared::chance::Seeded;
use shared::event::Actor;
use shared::ids::{Id, of};
use shared::number::TicketNumber;
use shared::skills::Skills;
use shared::time::Timestamp;

/// The id with this number.
pub(crate) fn id<Of>(number: u64) -> Id<Of> {
    Id::new(Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
}

/// A covered ticket; the number tells tickets apart.
pub(crate) fn filing(number: u64) -> Filing {
    let bytes = number.to_be_bytes();
    let hash = *bytes.last_chunk().expect("eight bytes end in five");
    Filing {
        id: id(number),
        number: TicketNumber::from_hash(hash),
        by: Actor::Customer(id(700)),
        customer: id::<of::Customer>(700),
        site: id(800),
        entitlement: Some(id(900)),
        covered_from: None,
        category: "tv".parse().unwrap(),
        symptom: Some("no-picture".parse().unwrap()),
        category_label: "Television".into(),
        symptom_label: Some("No picture".into()),
        make: Some("Łumen".parse().unwrap()),
        model: None,
        title: "No picture since the storm".parse().unwrap(),
        description: "Sound is there.\nNo picture — at all.".parse().unwrap(),
        access_note: None,
        urgent: false,
        danger: false,
        skills: Skills::default(),
        work_minutes: 60,
        language: "en".into(),
        windows: Vec::new(),
        due_at: Timestamp::from_millis(crate::db::testing::START_MS).plus_minutes(8 * 60),
        follows: None,
    }
}
