//! What ships as bytes beside the code: no logic but where a block of the tokens begins and ends, no dependency, so that the server and the app can both link it.

#[cfg(test)]
mod contrast;

/// The postal codes of the United States with place, city, state and zone, as `assets/postal/NOTICE` describes it.
/// Wherever it is used, [`POSTAL_NOTICE`] must be readable.
pub const POSTAL_US: &[u8] = include_bytes!("../postal/us.columns.zst");

/// Who made the postal table; its licence wants this shown.
pub const POSTAL_NOTICE: &str = "Postal data: GeoNames, CC BY 4.0";

/// Colours, type and space, for pages, mails and app alike.
pub const TOKENS_CSS: &str = include_str!("../styles/tokens.css");
/// How plain HTML looks.
pub const BASE_CSS: &str = include_str!("../styles/base.css");
/// The parts of the web pages.
pub const PAGES_CSS: &str = include_str!("../styles/pages.css");

/// The parts of the expert's app; it stands after [`TOKENS_CSS`].
pub const APP_CSS: &str = include_str!("../styles/app.css");

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

/// The declarations of one block of [`TOKENS_CSS`]: of the first one after this text.
fn block(head: &str) -> &'static str {
    let after = TOKENS_CSS.split_once(head).and_then(|(_, after)| after.split_once('{'));
    after.and_then(|(_, after)| after.split_once('}')).map_or("", |(declarations, _)| declarations)
}

/// The tokens by day, a line each.
pub fn by_day() -> &'static str {
    block(":root")
}

/// What is another colour by night.
pub fn by_night() -> &'static str {
    block("(prefers-color-scheme: dark) {")
}

/// What is another colour in the sun.
pub fn in_the_sun() -> &'static str {
    block(":root[data-theme=\"sunlight\"]")
}

/// The styles of the app, where day and night can be chosen against what the phone says.
pub fn app_styles() -> String {
    let night = by_night();
    format!(
        "{TOKENS_CSS}\
         :root[data-theme=\"light\"], :root[data-theme=\"sunlight\"] {{ color-scheme: light; }}\n\
         :root[data-theme=\"dark\"] {{ color-scheme: dark;{night}}}\n{APP_CSS}"
    )
}
