//! Who asks, and where the trouble is: customers and their sites.
//!
//! A customer may be known by name, address and phone alone: agents register callers who have no e-mail and want no
//! password. A site has the place of its postal code until an expert corrects the pin; its address stays as written.
//! Nothing here knows plans or tickets.

pub mod api;
pub mod change;
pub mod confirm;
pub mod helper;
pub mod import;
pub mod import_sites;
pub mod profile;
pub mod register;
pub mod signup;
pub mod store;

pub use helper::Helper;
pub use profile::Profile;

use serde::{Deserialize, Serialize};
use shared::ids::{CustomerId, SiteId};
use shared::place::Place;
use shared::text::{Description, Email, Name, Phone, ShortLine};
use shared::time::{Timestamp, Zone};

/// How a customer wants to hear from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyBy {
    /// SMS.
    Sms,
    /// E-mail.
    Email,
    /// Somebody rings.
    Call,
}

impl NotifyBy {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Call => "call",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Sms, Self::Email, Self::Call].into_iter().find(|by| by.word() == word)
    }
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Who.
    pub id: CustomerId,
    /// Name.
    pub name: Name,
    /// E-mail, where there is one.
    pub email: Option<Email>,
    /// When they said from that mailbox that it is theirs.
    pub email_confirmed_at: Option<Timestamp>,
    /// A new address, until they say so from there; the old one counts meanwhile.
    pub email_wanted: Option<Email>,
    /// Phone.
    pub phone: Phone,
    /// How they want to hear from us.
    pub notify_by: NotifyBy,
    /// Who hears the news too.
    pub helper: Option<Helper>,
    /// Language and format in which we write to them.
    pub locale: String,
    /// The zone of their clocks: nobody is told anything at night.
    pub zone: Zone,
    /// Not deactivated.
    pub active: bool,
    /// Grows by one with each change.
    pub ver: i64,
    /// Since when we know them.
    pub created_at: Timestamp,
    /// When their data is deleted, as they wished, by the business clock.
    pub leaving_at: Option<Timestamp>,
    /// When it was deleted: what stands here since then is nobody.
    pub forgotten_at: Option<Timestamp>,
}

impl Customer {
    /// The address that waits for its confirmation.
    pub fn unconfirmed(&self) -> Option<&Email> {
        self.email_wanted.as_ref().or(self.email.as_ref().filter(|_| self.email_confirmed_at.is_none()))
    }
}

/// Where the trouble can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Which.
    pub id: SiteId,
    /// Whose.
    pub customer: CustomerId,
    /// Street and number, as written.
    pub line1: ShortLine,
    /// Floor, flat, company.
    pub line2: Option<ShortLine>,
    /// City, as written.
    pub city: ShortLine,
    /// Postal code, tidied (`postal::tidy`).
    pub postal_code: String,
    /// Country, two letters.
    pub country: String,
    /// The zone of the clocks there.
    pub zone: Zone,
    /// The middle of the postal code: for choosing, never for navigation.
    pub place: Place,
    /// Where it really is, as an expert corrected it on the spot.
    pub pin: Option<Place>,
    /// Whom the expert rings.
    pub contact_name: Name,
    /// Their phone.
    pub contact_phone: Phone,
    /// How to get in.
    pub access_note: Option<Description>,
    /// Not switched off.
    pub active: bool,
    /// Grows by one with each change.
    pub ver: i64,
}

impl Site {
    /// Where it is, as well as we know.
    pub fn at(&self) -> Place {
        self.pin.unwrap_or(self.place)
    }

    /// The address as people write it on a letter, line by line. Navigation opens this.
    pub fn address_lines(&self) -> Vec<String> {
        let mut lines = vec![self.line1.to_string()];
        lines.extend(self.line2.as_ref().map(ToString::to_string));
        let city = if self.country == "US" {
            let state = crate::postal::find(&self.country, &self.postal_code).map(|found| found.state);
            match state {
                Some(state) => format!("{}, {state} {}", self.city, self.postal_code),
                None => format!("{} {}", self.city, self.postal_code),
            }
        } else {
            format!("{} {}", self.postal_code, self.city)
        };
        lines.push(city);
        if self.country != crate::postal::HOME_COUNTRY {
            lines.push(self.country.clone());
        }
        lines
    }

    /// Where it is taken to be: the pin, else the middle of the postal code.
    pub fn best_place(&self) -> Place {
        self.pin.unwrap_or(self.place)
    }
}

/// An address that was read, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street and number.
    pub line1: ShortLine,
    /// Floor, flat, company.
    pub line2: Option<ShortLine>,
    /// City.
    pub city: ShortLine,
    /// Postal code, tidied.
    pub postal_code: String,
    /// Country, two letters.
    pub country: String,
    /// The middle of the postal code.
    pub place: Place,
    /// The zone of the clocks there.
    pub zone: Zone,
}

/// A customer to be kept, with the first site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Name.
    pub name: Name,
    /// E-mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Phone,
    /// How they want to hear from us.
    pub notify_by: NotifyBy,
    /// Language and format.
    pub locale: String,
    /// The zone of their clocks.
    pub zone: Zone,
    /// The first site.
    pub site: NewSite,
}

/// A site to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    /// Where.
    pub address: Address,
    /// Whom the expert rings.
    pub contact_name: Name,
    /// Their phone.
    pub contact_phone: Phone,
    /// How to get in.
    pub access_note: Option<Description>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_on_a_letter() {
        let new_york = crate::postal::find("US", "10025").unwrap();
        let mut site = Site {
            id: "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d".parse().unwrap(),
            customer: "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d".parse().unwrap(),
            line1: "215 W 100th St".parse().unwrap(),
            line2: Some("Apt 4B".parse().unwrap()),
            city: "New York".parse().unwrap(),
            postal_code: "10025".to_owned(),
            country: "US".to_owned(),
            zone: new_york.zone,
            place: new_york.place,
            pin: None,
            contact_name: "Mia".parse().unwrap(),
            contact_phone: "+12125550100".parse().unwrap(),
            access_note: None,
            active: true,
            ver: 1,
        };
        assert_eq!(site.address_lines(), ["215 W 100th St", "Apt 4B", "New York, NY 10025"]);
        assert_eq!(site.best_place(), site.place);
        site.country = "DE".to_owned();
        assert_eq!(site.address_lines()[2..], ["10025 New York", "DE"]);
        let pin = Place::from_degrees(40.7, -73.9).unwrap();
        site.pin = Some(pin);
        assert_eq!(site.best_place(), pin);
    }
}
