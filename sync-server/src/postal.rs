//! Where a postal code is: the middle of its places, their city and their zone.
//!
//! Good for choosing an expert and for the zone in which times are told; never for navigation, which opens the address
//! as written. The bundled table knows the United States, without military post offices, where nobody can visit. A code
//! it does not know has no place: the door says so, nobody guesses.

use shared::place::Place;
use shared::time::Zone;
use std::sync::LazyLock;

/// What is known of a postal code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalPlace {
    /// The middle; half of all codes lie within 2 km of it.
    pub place: Place,
    /// The main city.
    pub city: &'static str,
    /// The state's two letters.
    pub state: &'static str,
    /// The zone of its clocks.
    pub zone: Zone,
}

/// What the bundled table must be said to come from, wherever postal codes are shown.
pub const NOTICE: &str = assets::POSTAL_NOTICE;

/// The country whose codes are bundled, and that is meant where none is said.
pub const HOME_COUNTRY: &str = "US";

/// Where this code of this country is; nothing if it is not known.
pub fn find(country: &str, code: &str) -> Option<PostalPlace> {
    let (country, code) = (tidy_country(country)?, tidy(country, code));
    if country != HOME_COUNTRY || code.len() != 5 {
        return None;
    }
    US.find(code.parse().ok()?)
}

/// A country's two letters in upper case; nothing if it is something else.
pub fn tidy_country(country: &str) -> Option<String> {
    let country = country.trim().to_ascii_uppercase();
    (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(country)
}

/// A code as tables keep it: no space around, upper case; in the United States the five digits alone, since the four
/// after a hyphen only say which side of the street.
pub fn tidy(country: &str, code: &str) -> String {
    let code = code.trim().to_uppercase();
    match code.split_once('-') {
        Some((five, _)) if country.trim().eq_ignore_ascii_case(HOME_COUNTRY) => five.trim().to_owned(),
        Some(_) | None => code,
    }
}

static US: LazyLock<Table> = LazyLock::new(|| Table::read(assets::POSTAL_US));

/// A country's codes, sorted.
struct Table {
    rows: Vec<Row>,
    zones: Vec<Zone>,
}

struct Row {
    code: u32,
    lat_e4: i32,
    lon_e4: i32,
    city: &'static str,
    state: &'static str,
    zone: u8,
}

const ROTTEN: &str = "the bundled postal table is whole: a test reads all of it";

impl Table {
    fn read(compressed: &[u8]) -> Self {
        let bytes = zstd::decode_all(compressed).expect(ROTTEN);
        // Read once and kept for the life of the process.
        let text: &'static str = Box::leak(String::from_utf8(bytes).expect(ROTTEN).into_boxed_str());
        let mut columns = text.lines().map(|line| line.split(','));
        let mut column = || columns.next().expect(ROTTEN);
        let (codes, lats, lons, cities, states, zone_names) =
            (column(), column(), column(), column(), column(), column());
        let mut table = Self { rows: Vec::with_capacity(41_000), zones: Vec::new() };
        let mut names: Vec<&str> = Vec::new();
        let (mut code, mut lat_e4, mut lon_e4) = (0, 0, 0);
        let numbers = codes.zip(lats).zip(lons);
        for (((code_step, lat_step), lon_step), ((city, state), name)) in
            numbers.zip(cities.zip(states).zip(zone_names))
        {
            code += code_step.parse::<u32>().expect(ROTTEN);
            lat_e4 += lat_step.parse::<i32>().expect(ROTTEN);
            lon_e4 += lon_step.parse::<i32>().expect(ROTTEN);
            let zone = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                table.zones.push(name.parse().expect(ROTTEN));
                names.len() - 1
            });
            let zone = u8::try_from(zone).expect("a country has few zones");
            table.rows.push(Row { code, lat_e4, lon_e4, city, state, zone });
        }
        table
    }

    fn find(&self, code: u32) -> Option<PostalPlace> {
        let at = self.rows.binary_search_by_key(&code, |row| row.code).ok()?;
        let row = &self.rows[at];
        let e7 = |e4: i32| i64::from(e4) * 1_000;
        Some(PostalPlace {
            place: Place::from_e7(e7(row.lat_e4), e7(row.lon_e4)).expect(ROTTEN),
            city: row.city,
            state: row.state,
            zone: self.zones[usize::from(row.zone)].clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_gives_place_city_and_zone() {
        let found = find("us", " 10025-1234 ").unwrap();
        assert_eq!((found.city, found.state, found.zone.name()), ("New York", "NY", "America/New_York"));
        assert!(found.place.km_to(Place::from_degrees(40.8, -73.967).unwrap()) < 3.0);
        assert_eq!(find("US", "60614").unwrap().zone.name(), "America/Chicago");
        assert_eq!(find("US", "00501").unwrap().city, "Holtsville");
    }

    #[test]
    fn every_row_of_the_table_is_on_the_earth_and_sorted() {
        assert_eq!(US.rows.len(), 40_979);
        assert!(US.rows.is_sorted_by_key(|row| row.code));
        assert!(US.rows.iter().all(|row| US.find(row.code).is_some_and(|found| !found.city.is_empty())));
    }

    #[test]
    fn what_is_not_known_has_no_place() {
        for (country, code) in [("US", "00000"), ("US", "1002"), ("US", "1002a"), ("DE", "10025"), ("", "10025")] {
            assert_eq!(find(country, code), None, "{country} {code}");
        }
        assert_eq!(find("US", "09001"), None, "a military post office is no place to visit");
    }
}
