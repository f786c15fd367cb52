//! Which facts hold words or places of people, and what is left of them. Pure.

use shared::event::Fact;
use shared::place::Place;
use std::str::FromStr;

/// 1e-7 degrees in a tenth of a degree, some ten kilometres: enough to know the region.
const COARSE_E7: i64 = 1_000_000;

type Scrub<'a> = &'a (dyn Fn(&str) -> String + Send + Sync);

/// Takes them out; says whether there was anything.
pub(super) fn take_out(fact: &mut Fact, scrub: Scrub<'_>) -> bool {
    match fact {
        Fact::Completed { summary, .. } => scrubbed(summary, scrub),
        Fact::Held { part: Some(part), .. } => scrubbed(part, scrub),
        Fact::Settled { note: Some(note), .. } => scrubbed(note, scrub),
        Fact::WorkRecorded { summary: Some(summary), .. } => scrubbed(summary, scrub),
        Fact::SitePinned { pin, was, .. } => {
            (*pin, *was) = (coarse(*pin), coarse(*was));
            true
        }
        Fact::Received { .. }
        | Fact::PlanFound
        | Fact::WaitsForShift { .. }
        | Fact::Offered { .. }
        | Fact::Accepted { .. }
        | Fact::Declined { .. }
        | Fact::Lapsed { .. }
        | Fact::Withdrawn { .. }
        | Fact::Released { .. }
        | Fact::Reminded { .. }
        | Fact::Departed { .. }
        | Fact::Arrived { .. }
        | Fact::Late { .. }
        | Fact::Moved { .. }
        | Fact::CannotFix { .. }
        | Fact::NeedCorrected { .. }
        | Fact::Rescheduled { .. }
        | Fact::Corrected { .. }
        | Fact::Held { part: None, .. }
        | Fact::Resumed
        | Fact::SolvedWithoutVisit { .. }
        | Fact::Cancelled { .. }
        | Fact::NeedsHuman { .. }
        | Fact::Settled { note: None, .. }
        | Fact::Escalated { .. }
        | Fact::NoteAdded { .. }
        | Fact::PhotoAdded { .. }
        | Fact::Confirmed { .. }
        | Fact::WorkRecorded { summary: None, .. } => false,
    }
}

fn scrubbed<T: FromStr + ToString>(text: &mut T, scrub: Scrub<'_>) -> bool {
    let was = text.to_string();
    let without = scrub(&was);
    // A text that says nothing without the names is replaced whole.
    let Ok(left) = without.parse().or_else(|_| "(deleted)".parse()) else { return false };
    *text = left;
    without != was
}

fn coarse(place: Place) -> Place {
    let round = |e7: i64| e7 / COARSE_E7 * COARSE_E7;
    Place::from_e7(round(place.lat_e7()), round(place.lon_e7())).unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;
    use shared::ticket::Outcome;
    use shared::time::Timestamp;

    #[test]
    fn names_go_and_what_happened_stays() {
        let expert = Id::new(Timestamp::EPOCH, &Seeded::new(1));
        let scrub = |text: &str| text.replace("Mia", "…");
        let mut done =
            Fact::Completed { expert, outcome: Outcome::Fixed, summary: "Showed Mia the fuse.".parse().unwrap() };
        assert!(take_out(&mut done, &scrub));
        let left =
            Fact::Completed { expert, outcome: Outcome::Fixed, summary: "Showed … the fuse.".parse().unwrap() };
        assert_eq!(done, left);
        assert!(!take_out(&mut done, &scrub) && !take_out(&mut Fact::Resumed, &scrub));
        let at = |lat, lon| Place::from_degrees(lat, lon).unwrap();
        let mut pinned = Fact::SitePinned { expert, pin: at(40.748_817, -73.985_428), was: at(40.7, -73.9) };
        assert!(take_out(&mut pinned, &scrub));
        assert_eq!(pinned, Fact::SitePinned { expert, pin: at(40.7, -73.9), was: at(40.7, -73.9) });
    }
}
