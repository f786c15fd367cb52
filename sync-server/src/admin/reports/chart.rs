//! Bars of a chart as numbers in a field of 100 × 40. Pure, in whole thousandths: what a picture shows stands in a table
//! below it too.

use super::{Step, Window};
use shared::time::{Date, Zone};

/// A bar of a chart, in a field of 100 × 40.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) says: String,
}

/// A number of thousandths as one of units.
fn unit(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// One bar for each day or week at its place in the time; one with nothing leaves its place free. What is below nothing is
/// drawn as nothing. Weeks are drawn whole, so that all bars are equally wide.
pub(super) fn bars(window: Window, step: Step, points: &[(Date, i64, String)], highest: i64) -> Vec<Bar> {
    let utc = Zone::utc();
    let first = step.start(utc.local(window.from).date);
    let place = |on: Date| i64::from((on - first).get_days());
    let n_days = place(step.start(utc.local(window.until).date)) + step.days();
    // A time of many days is drawn by its days, thin as they are.
    let wide = 100_000 / n_days.max(1);
    let bar = |(on, value, says): &(Date, i64, String)| {
        let height = 40_000 * value.clamp(&0, &highest.max(1)) / highest.max(1);
        Bar {
            x: unit(place(*on).clamp(0, n_days) * wide),
            y: unit(40_000 - height),
            width: unit((wide * step.days() * 4 / 5).max(1)),
            height: unit(height),
            says: says.clone(),
        }
    };
    points.iter().map(bar).collect()
}

/// A share as the width of a bar in a field of 100.
pub(super) fn width(share: Option<i64>) -> String {
    let share = share.unwrap_or_default().clamp(0, 1_000);
    format!("{}.{}", share / 10, share % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::Timestamp;

    fn window(days: i64) -> Window {
        Window::last(Some(days), Timestamp::from_millis(crate::db::testing::START_MS))
    }

    #[test]
    fn a_bar_stands_at_its_day_and_a_day_with_nothing_leaves_its_place_free() {
        let window = window(9);
        let utc = Zone::utc();
        let (first, last) = (utc.local(window.from).date, utc.local(window.until).date);
        let points = [(first, 5, "a".to_owned()), (last, 10, "b".to_owned()), (last, -3, "c".to_owned())];
        let bars = bars(window, Step::Day, &points, 10);
        assert_eq!((bars[0].x.as_str(), bars[0].height.as_str()), ("0.000", "20.000"));
        assert_eq!((bars[1].x.as_str(), bars[1].y.as_str(), bars[1].width.as_str()), ("90.000", "0.000", "8.000"));
        assert_eq!(bars[2].height, "0.000", "what was given back is no bar upside down");
    }

    #[test]
    fn the_bar_of_a_week_begins_with_its_monday_and_is_as_wide_as_seven_days() {
        let window = window(364);
        let utc = Zone::utc();
        let [first, last] = [window.from, window.until].map(|at| Step::Week.start(utc.local(at).date));
        let points = [(first, 5, "a".to_owned()), (last, 10, "b".to_owned())];
        let days = bars(window, Step::Day, &points, 10);
        let weeks = bars(window, Step::Week, &points, 10);
        // 365 days are 53 weeks, 371 whole days: each takes 0.269 of 100.
        assert_eq!((days[0].width.as_str(), weeks[0].width.as_str()), ("0.218", "1.506"));
        assert_eq!((weeks[0].x.as_str(), weeks[1].x.as_str()), ("0.000", "97.916"), "the last ends with the field");
    }
}
