//! What a phone can do that a database and a socket cannot: keep secrets, say where it is, ring a number, open a map.
//! One trait, so that the rest of the app runs on a desktop and in tests. Refuses nothing by itself: what a platform
//! cannot do it answers with "no" or "none", and the screens go on without.

mod desktop;
mod link;
#[cfg(any(target_os = "android", target_os = "ios"))]
mod native;
#[cfg(any(target_os = "android", target_os = "ios", test))]
mod receiver;

pub use desktop::Desktop;
pub use link::{FOLDER, SCHEME, Target};
#[cfg(any(target_os = "android", target_os = "ios"))]
pub use native::{Native, NativeParts};

use crate::store::Secrets;
use shared::sync::Location;
use shared::texts::Language;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a phone may have to say before somebody hears it; more than these say nothing new.
pub(crate) const EVENTS_MAX: usize = 16;

/// What the phone tells the app by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A push came in while the app was open: the server has something.
    Pushed,
    /// Pushes for this installation go to another address now ([`Platform::push_token`]).
    PushAddress,
    /// A link was opened, or a push was tapped that speaks of a ticket.
    Opened(String),
    /// The back gesture.
    Back,
    /// The app came to the front.
    Resumed,
}

/// A phone, as far as the app needs one.
pub trait Platform: Send + Sync {
    /// `android`, `ios` or `desktop`, for the office's list of devices.
    fn kind(&self) -> &'static str;
    /// What the office calls this phone.
    fn name(&self) -> String;
    /// The app's own folder, outside of backups.
    fn data_folder(&self) -> &Path;
    /// Where tokens are kept.
    fn secrets(&self) -> Arc<dyn Secrets>;
    /// Where pushes for this installation go; none while the system has not said.
    fn push_token(&self) -> Option<String>;
    /// The language that the phone is set to, as near as we have it.
    fn language(&self) -> Language;
    /// Where the phone is; none if it does not know, may not say, or the expert is off duty.
    fn location(&self) -> Option<Location>;
    /// The expert went on duty or off: off duty the receiver is not read at all.
    fn use_location(&self, on_duty: bool);
    /// Whether the expert lets the app know where he is.
    fn allow_location(&self, allowed: bool);
    /// Whether the back gesture is ours; on the first screen it leaves the app.
    fn take_back(&self, takes: bool);
    /// What the phone tells by itself. Given once; nothing for whoever asks again.
    fn events(&self) -> Option<mpsc::Receiver<Told>>;
    /// Opens a link of another app: a map, the phone's dialler. False if nobody takes it.
    fn open(&self, link: &str) -> bool;
}

/// The link that opens navigation to an address as it was written. Never coordinates: the middle of a postal code is
/// nobody's door.
pub fn navigation_link(address: &[String]) -> String {
    let written = address.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    let query = percent(&written);
    if cfg!(target_os = "android") {
        format!("geo:0,0?q={query}")
    } else if cfg!(target_os = "ios") {
        format!("maps://?daddr={query}")
    } else {
        format!("https://www.openstreetmap.org/search?query={query}")
    }
}

/// The link that rings a number.
pub fn phone_link(number: &str) -> String {
    let digits: String = number.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
    format!("tel:{digits}")
}

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string works");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn navigation_takes_the_address_as_written_and_a_link_cannot_be_broken_by_it() {
        let link = navigation_link(&["12 Rue de l'Été & Fils".into(), "  ".into(), "New York, NY 10001".into()]);
        let query = "12%20Rue%20de%20l%27%C3%89t%C3%A9%20%26%20Fils%2C%20New%20York%2C%20NY%2010001";
        assert!(link.ends_with(query), "{link}");
    }

    #[test]
    fn a_number_is_rung_by_its_digits_alone() {
        assert_eq!(phone_link("+1 (212) 555-0100"), "tel:+12125550100");
        assert_eq!(phone_link("javascript:alert(1)"), "tel:1");
    }
}
