//! Where things are, and how long it takes to get there when nothing better than a straight line is known.

use serde::{Deserialize, Serialize};

/// A point on the earth in 1e-7 degree (about a centimetre), so that it is stored and compared exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct Place {
    lat_e7: i64,
    lon_e7: i64,
}

/// Coordinates outside the earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a latitude lies between -90 and 90, a longitude between -180 and 180 degrees")]
pub struct NotAPlace;

#[derive(Serialize, Deserialize)]
struct Degrees {
    lat: f64,
    lon: f64,
}

impl TryFrom<Degrees> for Place {
    type Error = NotAPlace;
    fn try_from(degrees: Degrees) -> Result<Self, NotAPlace> {
        Self::from_degrees(degrees.lat, degrees.lon)
    }
}

impl From<Place> for Degrees {
    fn from(place: Place) -> Self {
        Self { lat: place.lat(), lon: place.lon() }
    }
}

const E7: f64 = 1e7;
const EARTH_RADIUS_KM: f64 = 6_371.0;

impl Place {
    /// From whole 1e-7 degrees, as tables keep them.
    pub fn from_e7(lat_e7: i64, lon_e7: i64) -> Result<Self, NotAPlace> {
        let inside = lat_e7.abs() <= 900_000_000 && lon_e7.abs() <= 1_800_000_000;
        if inside { Ok(Self { lat_e7, lon_e7 }) } else { Err(NotAPlace) }
    }

    /// From degrees, rounded to 1e-7.
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, NotAPlace> {
        if !(lat.abs() <= 90.0 && lon.abs() <= 180.0) {
            return Err(NotAPlace);
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded to 1.8e9 just above")]
        Self::from_e7((lat * E7).round() as i64, (lon * E7).round() as i64)
    }

    /// Latitude in 1e-7 degree.
    pub fn lat_e7(self) -> i64 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degree.
    pub fn lon_e7(self) -> i64 {
        self.lon_e7
    }

    /// Latitude in degrees.
    #[expect(clippy::cast_precision_loss, reason = "at most 1.8e9, exact in a double")]
    pub fn lat(self) -> f64 {
        self.lat_e7 as f64 / E7
    }

    /// Longitude in degrees.
    #[expect(clippy::cast_precision_loss, reason = "at most 1.8e9, exact in a double")]
    pub fn lon(self) -> f64 {
        self.lon_e7 as f64 / E7
    }

    /// Straight-line distance in kilometres on a sphere (haversine): within 0.6 % of the ellipsoid.
    pub fn km_to(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat().to_radians(), other.lat().to_radians());
        let half_lat = (lat2 - lat1) / 2.0;
        let half_lon = (other.lon() - self.lon()).to_radians() / 2.0;
        let a = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_KM * a.sqrt().min(1.0).asin()
    }
}

/// Travel time in whole tenths of a minute at a given speed along the straight line. Bounded to a week.
pub fn travel_tenths(from: Place, to: Place, km_per_hour: u32) -> i64 {
    const WEEK_TENTHS: f64 = 7.0 * 24.0 * 600.0;
    let tenths = from.km_to(to) * 600.0 / f64::from(km_per_hour.max(1));
    #[expect(clippy::cast_possible_truncation, reason = "bounded to a week of tenths")]
    {
        tenths.min(WEEK_TENTHS).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_known_ones() {
        let new_york = Place::from_degrees(40.7128, -74.0060).unwrap();
        let philadelphia = Place::from_degrees(39.9526, -75.1652).unwrap();
        let km = new_york.km_to(philadelphia);
        assert!((km - 129.6).abs() < 1.0, "{km}");
        assert!((new_york.km_to(new_york)).abs() < 1e-9);
        assert_eq!(travel_tenths(new_york, philadelphia, 40) / 10, 194);
    }

    #[test]
    fn what_is_not_on_the_earth_is_refused() {
        for (lat, lon) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Place::from_degrees(lat, lon), Err(NotAPlace));
        }
        assert!(serde_json::from_str::<Place>(r#"{"lat":91,"lon":0}"#).is_err());
    }

    #[test]
    fn json_keeps_every_digit() {
        let place = Place::from_e7(407_127_999, -740_060_001).unwrap();
        let text = serde_json::to_string(&place).unwrap();
        assert_eq!(serde_json::from_str::<Place>(&text).unwrap(), place);
    }
}
