//! A drawn area: one or many polygons with holes, as GeoJSON (RFC 7946) says them, and whether a place lies inside.
//!
//! Coordinates are whole 1e-7 degrees and the test is exact: no rounding decides on which side of a border a house
//! stands. A place on a border is inside. Lines are straight on the map of latitude and longitude, which for an area
//! of some hundred kilometres is within metres of the shortest line. An area across the 180th meridian is written as
//! two polygons, as GeoJSON asks. It refuses what is too large, not closed or no polygon, and says where.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use shared::place::Place;
use std::fmt;

/// Corners of one area, all polygons and holes together.
pub const CORNERS_MAX: usize = 5_000;
/// Polygons of one area.
const POLYGONS_MAX: usize = 200;
/// The least positions of a ring, the first again at the end.
const RING_MIN: usize = 4;

/// Polygons, each an outer ring and its holes. At least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polygons {
    polygons: Vec<Vec<Ring>>,
    /// South-west and north-east corner of the smallest box around everything.
    bounds: (Place, Place),
}

/// A closed line; the first corner is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ring(Vec<Place>);

/// What is wrong with a drawing, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct BadDrawing {
    /// Like `polygon 2, ring 1`.
    pub at: String,
    /// What to mend.
    pub what: &'static str,
}

fn bad(at: &impl fmt::Display, what: &'static str) -> BadDrawing {
    BadDrawing { at: at.to_string(), what }
}

impl Polygons {
    /// Reads a GeoJSON Polygon or MultiPolygon; a Feature, or a FeatureCollection of such, gives all of its polygons.
    pub fn read(json: &Value) -> Result<Self, BadDrawing> {
        let mut polygons = Vec::new();
        collect(json, &mut polygons)?;
        if polygons.is_empty() {
            return Err(bad(&"the drawing", "it has no polygon"));
        }
        let corners = || polygons.iter().flatten().flat_map(|Ring(corners)| corners);
        if corners().count() > CORNERS_MAX {
            return Err(bad(&"the drawing", "it has more than 5,000 corners: make its borders simpler"));
        }
        let edge = |least: fn(i64, i64) -> i64| {
            let lat = corners().map(|corner| corner.lat_e7()).reduce(least).unwrap_or_default();
            let lon = corners().map(|corner| corner.lon_e7()).reduce(least).unwrap_or_default();
            Place::from_e7(lat, lon).map_err(|_| bad(&"the drawing", "it leaves the earth"))
        };
        let bounds = (edge(i64::min)?, edge(i64::max)?);
        Ok(Self { polygons, bounds })
    }

    /// Whether a place lies inside, or on a border.
    pub fn holds(&self, place: Place) -> bool {
        let (south_west, north_east) = self.bounds;
        let in_box = (south_west.lat_e7()..=north_east.lat_e7()).contains(&place.lat_e7())
            && (south_west.lon_e7()..=north_east.lon_e7()).contains(&place.lon_e7());
        in_box && self.polygons.iter().any(|rings| holds(rings, place))
    }
}

fn collect(json: &Value, polygons: &mut Vec<Vec<Ring>>) -> Result<(), BadDrawing> {
    const LIST: &str = "its coordinates are a list of rings, each a list of [longitude, latitude]";
    let list = |value: &Value| value.as_array().cloned().ok_or_else(|| bad(&"the drawing", LIST));
    match json["type"].as_str() {
        Some("Polygon") => polygons.push(rings(&json["coordinates"], polygons.len() + 1)?),
        Some("MultiPolygon") => {
            for one in list(&json["coordinates"])? {
                polygons.push(rings(&one, polygons.len() + 1)?);
                if polygons.len() > POLYGONS_MAX {
                    break;
                }
            }
        }
        Some("Feature") => collect(&json["geometry"], polygons)?,
        Some("FeatureCollection") => {
            for feature in json["features"].as_array().into_iter().flatten() {
                if feature["type"] != "Feature" {
                    return Err(bad(
                        &"the drawing",
                        "a FeatureCollection holds features, each a Polygon or MultiPolygon",
                    ));
                }
                collect(feature, polygons)?;
            }
        }
        Some(_) | None => {
            return Err(bad(&"the drawing", "it is GeoJSON of type Polygon or MultiPolygon, or a feature of these"));
        }
    }
    if polygons.len() > POLYGONS_MAX {
        return Err(bad(&"the drawing", "it has more than 200 polygons"));
    }
    Ok(())
}

fn rings(coordinates: &Value, number: usize) -> Result<Vec<Ring>, BadDrawing> {
    let polygon = format!("polygon {number}");
    let Some(rings) = coordinates.as_array().filter(|rings| !rings.is_empty()) else {
        return Err(bad(&polygon, "it needs an outer ring: a list of [longitude, latitude]"));
    };
    rings.iter().zip(1..).map(|(ring, n)| read_ring(ring, &format!("{polygon}, ring {n}"))).collect()
}

fn read_ring(ring: &Value, at: &str) -> Result<Ring, BadDrawing> {
    let positions = ring.as_array().map(Vec::as_slice).unwrap_or_default();
    if positions.len() < RING_MIN {
        return Err(bad(&at, "it needs at least three corners, and the first again at the end"));
    }
    if positions.len() > CORNERS_MAX + 1 {
        return Err(bad(&at, "it has more than 5,000 corners: make its borders simpler"));
    }
    let mut corners = Vec::with_capacity(positions.len());
    for (position, n) in positions.iter().zip(1..) {
        let (Some(lon), Some(lat)) = (position[0].as_f64(), position[1].as_f64()) else {
            return Err(bad(&format!("{at}, position {n}"), "it is [longitude, latitude] in degrees"));
        };
        let place = Place::from_degrees(lat, lon);
        corners.push(place.map_err(|_| {
            bad(&format!("{at}, position {n}"), "the longitude comes first, -180 to 180, then the latitude, -90 to 90")
        })?);
    }
    if corners.first() != corners.last() {
        return Err(bad(&at, "it is not closed: the last position is the first again"));
    }
    corners.pop();
    let is_flat = corners.windows(3).all(|three| side(three[0], three[1], three[2]) == 0);
    if is_flat {
        return Err(bad(&at, "all its corners are on one line"));
    }
    Ok(Ring(corners))
}

/// Twice the area of the triangle: its sign says on which side of the line from `a` to `b` the place lies. At most
/// 1.8e9 times 3.6e9 twice, so 128 bits hold it with room.
fn side(a: Place, b: Place, place: Place) -> i128 {
    let across = |one: i64, other: i64| i128::from(one) - i128::from(other);
    across(b.lon_e7(), a.lon_e7()) * across(place.lat_e7(), a.lat_e7())
        - across(b.lat_e7(), a.lat_e7()) * across(place.lon_e7(), a.lon_e7())
}

/// Whether a line to the east of the place crosses the rings an odd number of times; on a border it is inside.
fn holds(rings: &[Ring], place: Place) -> bool {
    let mut is_inside = false;
    for Ring(corners) in rings {
        let ends = corners.iter().skip(1).chain(corners.first());
        for (&a, &b) in corners.iter().zip(ends) {
            let which = side(a, b, place);
            let between = |one: i64, other: i64, at: i64| one.min(other) <= at && at <= one.max(other);
            if which == 0
                && between(a.lat_e7(), b.lat_e7(), place.lat_e7())
                && between(a.lon_e7(), b.lon_e7(), place.lon_e7())
            {
                return true;
            }
            // Half open in latitude, so that a line through a corner counts once.
            let rises = a.lat_e7() <= place.lat_e7() && place.lat_e7() < b.lat_e7();
            let falls = b.lat_e7() <= place.lat_e7() && place.lat_e7() < a.lat_e7();
            if (rises && which > 0) || (falls && which < 0) {
                is_inside = !is_inside;
            }
        }
    }
    is_inside
}

impl Serialize for Polygons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let position = |place: &Place| json!([place.lon(), place.lat()]);
        let ring = |Ring(corners): &Ring| corners.iter().chain(corners.first()).map(position).collect::<Vec<_>>();
        let polygon = |rings: &Vec<Ring>| json!(rings.iter().map(ring).collect::<Vec<_>>());
        let drawing = match self.polygons.as_slice() {
            [one] => json!({ "type": "Polygon", "coordinates": polygon(one) }),
            many => json!({ "type": "MultiPolygon", "coordinates": many.iter().map(polygon).collect::<Vec<_>>() }),
        };
        drawing.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Polygons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(lat: f64, lon: f64) -> Place {
        Place::from_degrees(lat, lon).unwrap()
    }

    fn square(from: i64, until: i64) -> Value {
        json!([[from, from], [until, from], [until, until], [from, until], [from, from]])
    }

    fn drawn(coordinates: &Value) -> Polygons {
        Polygons::read(&json!({ "type": "Polygon", "coordinates": coordinates })).unwrap()
    }

    #[test]
    fn a_place_inside_or_on_the_border_is_held_and_one_in_a_hole_is_not() {
        let area = drawn(&json!([square(0, 10), square(4, 6)]));
        for inside in [place(1.0, 1.0), place(0.0, 0.0), place(10.0, 3.3), place(5.0, 7.0), place(4.0, 5.0)] {
            assert!(area.holds(inside), "{inside:?}");
        }
        for outside in [place(5.0, 5.0), place(-0.000_000_1, 5.0), place(5.0, 10.000_000_1), place(11.0, 11.0)] {
            assert!(!area.holds(outside), "{outside:?}");
        }
    }

    #[test]
    fn a_feature_and_a_collection_give_all_their_polygons_and_come_back_as_they_were() {
        let feature = |geometry: Value| json!({ "type": "Feature", "properties": {}, "geometry": geometry });
        let one = json!({ "type": "Polygon", "coordinates": [square(0, 1)] });
        let many = json!({ "type": "MultiPolygon", "coordinates": [[square(3, 4)], [square(6, 7)]] });
        let all = json!({ "type": "FeatureCollection", "features": [feature(one.clone()), feature(many)] });
        let area = Polygons::read(&all).unwrap();
        let holds = |at| area.holds(place(at, at));
        assert_eq!([0.5, 2.0, 3.5, 5.0, 6.5].map(holds), [true, false, true, false, true]);
        let text = serde_json::to_string(&area).unwrap();
        assert_eq!(serde_json::from_str::<Polygons>(&text).unwrap(), area);
        assert_eq!(serde_json::to_value(Polygons::read(&feature(one)).unwrap()).unwrap()["type"], "Polygon");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let said = |json: Value| Polygons::read(&json).unwrap_err().to_string();
        let polygon = |rings: Value| json!({ "type": "Polygon", "coordinates": rings });
        assert_eq!(
            said(json!({ "type": "Point", "coordinates": [1, 2] })),
            "the drawing: it is GeoJSON of type Polygon or MultiPolygon, or a feature of these"
        );
        assert_eq!(
            said(polygon(json!([[[0, 0], [1, 0], [1, 1], [0, 1]]]))),
            "polygon 1, ring 1: it is not closed: the last position is the first again"
        );
        assert_eq!(
            said(polygon(json!([square(0, 1), [[0, 0], [1, 0], [0, 0]]]))),
            "polygon 1, ring 2: it needs at least three corners, and the first again at the end"
        );
        assert_eq!(
            said(polygon(json!([[[40, 100], [41, 100], [41, 99], [40, 100]]]))),
            "polygon 1, ring 1, position 1: the longitude comes first, -180 to 180, then the latitude, -90 to 90"
        );
        assert_eq!(
            said(polygon(json!([[[0, 0], ["east", 0], [1, 1], [0, 0]]]))),
            "polygon 1, ring 1, position 2: it is [longitude, latitude] in degrees"
        );
        assert_eq!(
            said(polygon(json!([[[0, 0], [1, 1], [2, 2], [0, 0]]]))),
            "polygon 1, ring 1: all its corners are on one line"
        );
        assert_eq!(said(json!({ "type": "FeatureCollection", "features": [] })), "the drawing: it has no polygon");
        assert!(said(polygon(json!([]))).starts_with("polygon 1: it needs an outer ring"));
        let around = (0..=CORNERS_MAX + 1).map(|n| {
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let turn = std::f64::consts::TAU * (n % (CORNERS_MAX + 1)) as f64 / (CORNERS_MAX + 1) as f64;
            json!([turn.cos(), turn.sin()])
        });
        assert!(said(polygon(json!([around.collect::<Vec<_>>()]))).ends_with("make its borders simpler"));
    }

    proptest! {
        /// A star around a centre: a place is inside exactly if it is nearer than the border on its ray.
        #[test]
        fn a_star_holds_what_its_triangles_hold(
            radii in prop::collection::vec(50..1_000_i64, 3..12),
            at in (-1_100..1_100_i64, -1_100..1_100_i64),
        ) {
            let n = radii.len();
            let corner = |number: usize| {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let (turn, radius) = (std::f64::consts::TAU * number as f64 / n as f64, radii[number] as f64);
                #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
                Place::from_e7((radius * turn.sin()).round() as i64, (radius * turn.cos()).round() as i64).unwrap()
            };
            let corners: Vec<Place> = (0..n).map(corner).collect();
            let here = Place::from_e7(at.0, at.1).unwrap();
            let centre = Place::from_e7(0, 0).unwrap();
            let in_triangle = |a: Place, b: Place| {
                let sides = [side(centre, a, here), side(a, b, here), side(b, centre, here)];
                sides.iter().all(|side| *side >= 0) || sides.iter().all(|side| *side <= 0)
            };
            let by_triangles = (0..n).any(|number| {
                let (a, b) = (corners[number], corners[(number + 1) % n]);
                side(centre, a, b) != 0 && in_triangle(a, b)
            });
            let ring = Ring(corners);
            // With three wide rays the centre itself may lie on a border; that is inside for both.
            prop_assert_eq!(holds(&[ring], here), by_triangles);
        }

        #[test]
        fn turning_a_ring_round_or_starting_elsewhere_changes_nothing(
            corners in prop::collection::vec((-50..50_i64, -50..50_i64), 3..10),
            from in 0..10_usize,
            at in (-60..60_i64, -60..60_i64),
        ) {
            let place = |(lat, lon): (i64, i64)| Place::from_e7(lat, lon).unwrap();
            let corners: Vec<Place> = corners.into_iter().map(place).collect();
            let (mut turned, here) = (corners.clone(), place(at));
            turned.reverse();
            let n = turned.len();
            turned.rotate_left(from % n);
            prop_assert_eq!(holds(&[Ring(turned)], here), holds(&[Ring(corners)], here));
        }
    }
}
