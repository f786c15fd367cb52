//! The map beside the day: where what waits is and where experts are taken to be, on the states of the country. Pure.
//!
//! The list is the way to work; the map only shows what it says. A place that the map does not have is counted and left
//! out. The projection is that of the outline (`assets/map/NOTICE`): Albers' equal areas, with Alaska and Hawaii below.

use shared::place::Place;

/// The outline's own size.
const WIDTH: f64 = 975.0;
const HEIGHT: f64 = 610.0;
/// The smallest part that is shown: closer, an outline of states says nothing.
const LEAST_WIDTH: f64 = 240.0;
/// Scale and middle of the projection.
const SCALE: f64 = 1_300.0;
const MIDDLE: (f64, f64) = (487.5, 305.0);

/// One of the three parts of the outline.
struct Part {
    /// Degrees by which the earth is turned.
    turn: f64,
    /// Longitude, after the turn, and latitude of its middle.
    center: (f64, f64),
    /// The latitudes that keep their length.
    parallels: (f64, f64),
    /// Beside the whole map's scale.
    scale: f64,
    /// Where its middle is, from the whole map's, in scales.
    shift: (f64, f64),
    /// What is seen of it, in scales: left, top, right, bottom.
    frame: [f64; 4],
}

const PARTS: [Part; 3] = [
    Part {
        turn: 96.0,
        center: (-0.6, 38.7),
        parallels: (29.5, 45.5),
        scale: 1.0,
        shift: (0.0, 0.0),
        frame: [-0.455, -0.238, 0.455, 0.238],
    },
    Part {
        turn: 154.0,
        center: (-2.0, 58.5),
        parallels: (55.0, 65.0),
        scale: 0.35,
        shift: (-0.307, 0.201),
        frame: [-0.425, 0.120, -0.214, 0.234],
    },
    Part {
        turn: 157.0,
        center: (-3.0, 19.9),
        parallels: (8.0, 18.0),
        scale: 1.0,
        shift: (-0.205, 0.212),
        frame: [-0.214, 0.166, -0.115, 0.234],
    },
];

impl Part {
    fn spot(&self, place: Place) -> Option<(f64, f64)> {
        let (from, to) = (self.parallels.0.to_radians().sin(), self.parallels.1.to_radians().sin());
        let n = f64::midpoint(from, to);
        let c = 1.0 + from * (2.0 * n - from);
        let flat = |lon: f64, lat: f64| {
            let radius = (c - 2.0 * n * lat.to_radians().sin()).sqrt() / n;
            let angle = lon.to_radians() * n;
            (radius * angle.sin(), c.sqrt() / n - radius * angle.cos())
        };
        let ((x, y), (x0, y0)) = (flat(place.lon() + self.turn, place.lat()), flat(self.center.0, self.center.1));
        let scales = (self.shift.0 + self.scale * (x - x0), self.shift.1 - self.scale * (y - y0));
        let [left, top, right, bottom] = self.frame;
        let is_seen = (left..=right).contains(&scales.0) && (top..=bottom).contains(&scales.1);
        is_seen.then_some((MIDDLE.0 + SCALE * scales.0, MIDDLE.1 + SCALE * scales.1))
    }
}

/// Where a place is on the outline; nowhere if it is none of its places.
fn spot(place: Place) -> Option<(f64, f64)> {
    PARTS.iter().find_map(|part| part.spot(place))
}

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A ticket that waits or is at risk.
    Ticket,
    /// An expert at work.
    Expert,
}

/// Something with a place and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) what: What,
    pub(super) place: Place,
    pub(super) name: String,
}

/// A mark: one or several that stand too close to be told apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) what: What,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) names: Vec<String>,
}

/// The map: which part is seen, the size of a mark in its units, and the marks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Map {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) size: f64,
    pub(super) marks: Vec<Mark>,
    /// What has no place on it.
    pub(super) n_off: usize,
}

/// Draws it; nothing if nothing has a place on it.
pub(super) fn draw(placed: &[Placed]) -> Option<Map> {
    let spots: Vec<(&Placed, (f64, f64))> =
        placed.iter().filter_map(|one| spot(one.place).map(|spot| (one, spot))).collect();
    if spots.is_empty() {
        return None;
    }
    let edge = |of: fn(&(f64, f64)) -> f64, pick: fn(f64, f64) -> f64| {
        spots.iter().map(|(_, spot)| of(spot)).reduce(pick).unwrap_or_default()
    };
    let (left, right) = (edge(|spot| spot.0, f64::min), edge(|spot| spot.0, f64::max));
    let (top, bottom) = (edge(|spot| spot.1, f64::min), edge(|spot| spot.1, f64::max));
    // A third more than what must be seen, in the outline's own proportions, and inside of it.
    let wanted = (right - left).max((bottom - top) * WIDTH / HEIGHT) * 4.0 / 3.0;
    let width = wanted.clamp(LEAST_WIDTH, WIDTH);
    let height = width * HEIGHT / WIDTH;
    let start =
        |from: f64, to: f64, size: f64, whole: f64| (f64::midpoint(from, to) - size / 2.0).clamp(0.0, whole - size);
    let size = width / 70.0;
    let mut marks: Vec<Mark> = Vec::new();
    for (one, (x, y)) in &spots {
        let near = |mark: &&mut Mark| mark.what == one.what && (mark.x - x).hypot(mark.y - y) < size * 2.0;
        match marks.iter_mut().find(near) {
            Some(mark) => mark.names.push(one.name.clone()),
            None => marks.push(Mark { what: one.what, x: *x, y: *y, names: vec![one.name.clone()] }),
        }
    }
    Some(Map {
        left: start(left, right, width, WIDTH),
        top: start(top, bottom, height, HEIGHT),
        width,
        height,
        size,
        marks,
        n_off: placed.len() - spots.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Place {
        Place::from_degrees(lat, lon).unwrap()
    }

    fn placed(what: What, place: Place) -> Placed {
        Placed { what, place, name: "one".into() }
    }

    #[test]
    fn places_are_where_the_outline_has_them() {
        let known = [
            (40.7484, -73.9967, 869.686, 214.911),
            (34.0901, -118.4065, 84.061, 361.569),
            (41.8858, -87.6181, 638.400, 225.920),
            (64.8378, -147.7164, 117.849, 514.942),
            (21.3179, -157.8521, 267.093, 548.943),
            (30.2713, -97.7426, 463.933, 497.355),
            (25.7791, -80.1978, 822.552, 572.176),
            (47.6114, -122.3305, 97.681, 46.213),
            (39.7491, -104.9946, 342.793, 273.652),
            (43.6606, -70.2589, 913.591, 134.985),
        ];
        for (lat, lon, x, y) in known {
            let (found_x, found_y) = spot(at(lat, lon)).unwrap();
            assert!((found_x - x).abs() < 0.01 && (found_y - y).abs() < 0.01, "{lat} {lon}: {found_x} {found_y}");
        }
        for (lat, lon) in [(18.4522, -66.0876), (51.5, 0.0), (-33.9, 151.2)] {
            assert_eq!(spot(at(lat, lon)), None, "{lat} {lon}");
        }
    }

    #[test]
    fn what_is_close_is_one_mark_and_tickets_are_not_mixed_with_experts() {
        let (york, close, far) = (at(40.7484, -73.9967), at(40.75, -73.99), at(34.0901, -118.4065));
        let some = [
            placed(What::Ticket, york),
            placed(What::Ticket, close),
            placed(What::Expert, york),
            placed(What::Ticket, far),
            placed(What::Expert, at(51.5, 0.0)),
        ];
        let map = draw(&some).unwrap();
        let found: Vec<_> = map.marks.iter().map(|mark| (mark.what, mark.names.len())).collect();
        assert_eq!(found, [(What::Ticket, 2), (What::Expert, 1), (What::Ticket, 1)]);
        assert_eq!(map.n_off, 1);
        assert!(map.width > 900.0, "both coasts are seen: {}", map.width);
        assert_eq!(draw(&some[4..]), None);
    }

    #[test]
    fn the_part_that_is_seen_holds_every_mark_and_stays_on_the_outline() {
        for place in [at(47.6114, -122.3305), at(25.7791, -80.1978), at(21.3179, -157.8521)] {
            let map = draw(&[placed(What::Ticket, place)]).unwrap();
            let (right, bottom) = (map.left + map.width, map.top + map.height);
            assert!(map.left >= 0.0 && map.top >= 0.0 && right <= WIDTH + 0.01 && bottom <= HEIGHT + 0.01);
            assert!((map.left..right).contains(&map.marks[0].x) && (map.top..bottom).contains(&map.marks[0].y));
        }
    }
}
