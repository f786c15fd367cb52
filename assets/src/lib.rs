//! What ships as bytes beside the code: no logic, no dependency, so that the server and the app can both link it.

#[cfg(test)]
mod contrast;

/// The postal codes of the United States with place, city, state and zone, as `assets/postal/NOTICE` describes it.
/// Wherever it is used, [`POSTAL_NOTICE`] must be readable.
pub const POSTAL_US: &[u8] = include_bytes!("../postal/us.columns.zst");

/// Who made the postal table; its licence wants this shown.
pub const POSTAL_NOTICE: &str = "Postal data: GeoNames, CC BY 4.0";

/// Colours, type and space, for pages and app alike.
pub const TOKENS_CSS: &str = include_str!("../styles/tokens.css");
/// How plain HTML looks.
pub const BASE_CSS: &str = include_str!("../styles/base.css");
/// The parts of the web pages.
pub const PAGES_CSS: &str = include_str!("../styles/pages.css");

/// What keeps a page of the desk as it is now.
pub const DESK_JS: &str = include_str!("../scripts/desk.js");
/// What helps whoever is on the phone: answers while one types, and keeps an unsent form.
pub const CALL_JS: &str = include_str!("../scripts/call.js");

/// What keeps a ticket's page as it is now.
pub const LIVE_JS: &str = include_str!("../scripts/live.js");

/// The outline of the states of the United States, as `assets/map/NOTICE` describes it.
pub const MAP_US_SVG: &str = include_str!("../map/us-states.svg");

/// The mark, as SVG.
pub const MARK_SVG: &str = include_str!("../brand/mark.svg");
