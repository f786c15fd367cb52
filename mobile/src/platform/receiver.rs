//! When a phone's receiver of positions is asked, as a pure decision: only on duty and only if the expert lets it, once a
//! minute, and what it said is forgotten when it is old. Between two questions it is off, which a day's battery needs.

use shared::sync::Location;
use shared::time::Timestamp;

/// So often it is asked, in seconds.
const ASKED_EVERY: i64 = 60;
/// A place older than this many minutes is not where the phone is.
const GOOD_MINUTES: i64 = 10;

/// The receiver, as far as the app knows it.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    on_duty: bool,
    not_allowed: bool,
    asked_at: Option<Timestamp>,
    here: Option<Location>,
}

impl Receiver {
    /// The expert went on duty or off.
    pub(super) fn on_duty(&mut self, on_duty: bool) {
        self.on_duty = on_duty;
        self.forget_if_off();
    }

    /// The expert lets the app know where he is, or no longer.
    pub(super) fn allowed(&mut self, allowed: bool) {
        self.not_allowed = !allowed;
        self.forget_if_off();
    }

    fn is_on(&self) -> bool {
        self.on_duty && !self.not_allowed
    }

    fn forget_if_off(&mut self) {
        if !self.is_on() {
            (self.asked_at, self.here) = (None, None);
        }
    }

    /// Whether it is to be asked now; who is told so asks it.
    pub(super) fn is_due(&mut self, now: Timestamp) -> bool {
        let due = self.asked_at.is_none_or(|asked| now.millis_since(asked) >= ASKED_EVERY * 1_000);
        if !self.is_on() || !due {
            return false;
        }
        self.asked_at = Some(now);
        true
    }

    /// It said where the phone is. Said after the expert went off duty, it is dropped.
    pub(super) fn found(&mut self, here: Location) {
        if self.is_on() {
            self.here = Some(here);
        }
    }

    /// Where the phone is, if that is known well enough.
    pub(super) fn here(&self, now: Timestamp) -> Option<Location> {
        self.here.filter(|here| self.is_on() && now.minutes_since(here.at) <= GOOD_MINUTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::place::Place;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::EPOCH.plus_millis(seconds * 1_000)
    }

    fn here(seconds: i64) -> Location {
        Location { place: Place::from_degrees(40.7, -74.0).unwrap(), accuracy_m: 12, at: at(seconds) }
    }

    #[test]
    fn it_is_asked_once_a_minute_and_only_on_duty() {
        let mut receiver = Receiver::default();
        assert!(!receiver.is_due(at(0)), "off duty");
        receiver.on_duty(true);
        assert!(receiver.is_due(at(0)) && !receiver.is_due(at(59)) && receiver.is_due(at(60)));
        receiver.allowed(false);
        assert!(!receiver.is_due(at(500)), "switched off in the settings");
        receiver.allowed(true);
        assert!(receiver.is_due(at(500)), "at once when it is wanted again");
    }

    #[test]
    fn what_it_said_is_forgotten_when_it_is_old_or_duty_ends() {
        let mut receiver = Receiver::default();
        receiver.found(here(0));
        assert_eq!(receiver.here(at(1)), None, "an answer that came after duty had ended");
        receiver.on_duty(true);
        assert_eq!(receiver.here(at(1)), None);
        receiver.found(here(0));
        assert_eq!(receiver.here(at(600)), Some(here(0)));
        assert_eq!(receiver.here(at(661)), None);
        receiver.on_duty(false);
        receiver.on_duty(true);
        assert_eq!(receiver.here(at(1)), None, "no trace of the time before");
    }
}
