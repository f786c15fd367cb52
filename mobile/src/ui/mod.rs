//! The screens. A component draws what the [`hooks`] read and calls them for what is done; it knows neither the database
//! nor the network, so every screen is right offline and after every restart.

mod app;
mod cannot_fix;
mod complete;
mod decline;
mod duty;
pub mod hooks;
mod kit;
mod knowledge;
mod news;
mod offer;
mod photos;
mod sign_in;
mod status;
#[cfg(test)]
mod tests;
mod ticket;
mod today;
mod words;
mod you;

pub use app::App;

/// The styles of every screen.
pub const STYLES: &str = include_str!("../../../assets/styles/app.css");

/// The page that the screens are drawn into. Not the framework's own: that one forbids zooming in, and ends where a
/// phone's rounded corners begin. The styles stand in it, so that nothing is ever drawn without them.
pub fn page() -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sysops Squad</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"format-detection\" content=\"telephone=no\">\
         <style>{STYLES}</style></head><body><div id=\"main\"></div></body></html>"
    )
}
