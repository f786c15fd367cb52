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
#[cfg(any(target_os = "android", target_os = "ios"))]
mod native;
mod news;
mod offer;
mod photos;
mod say;
mod settings;
mod sign_in;
mod status;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_language;
mod ticket;
mod today;
mod words;
mod you;

use std::sync::LazyLock;

pub use app::App;
#[cfg(any(target_os = "android", target_os = "ios"))]
pub use native::{PhoneApp, prepare};

/// The styles of every screen, in the colours and the type of the web pages.
pub static STYLES: LazyLock<String> = LazyLock::new(assets::app_styles);

/// The page that the screens are drawn into. Not the framework's own: that one forbids zooming in, and ends where a
/// phone's rounded corners begin. The styles stand in it, so that nothing is ever drawn without them.
/// `attributes` of its outermost element say the language and the colours that are set ([`Parts::page_attributes`](hooks::Parts::page_attributes)).
pub fn page(attributes: &str) -> String {
    format!(
        "<!doctype html><html {attributes}><head><meta charset=\"utf-8\"><title>Sysops Squad</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"format-detection\" content=\"telephone=no\">\
         <style>{}</style></head><body><div id=\"main\"></div></body></html>",
        *STYLES
    )
}
