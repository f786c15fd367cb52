//! What people type to register a customer or add a site, read into types, with every fault named at once. The same
//! reading serves the JSON call, the page and the import, so they cannot disagree.

use super::{Address, NewCustomer, NewSite, NotifyBy};
use crate::faults::Faults;
use crate::{phone, postal};
use serde::Deserialize;
use shared::problem::FieldError;
use shared::text::{BadText, Email, Name, ShortLine};
use shared::texts::Language;
use shared::time::Zone;

/// A registration as it was typed. Absent and empty mean the same.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Phone, in any form.
    pub phone: String,
    /// To sign in with; only whoever makes the login reads it.
    pub password: String,
    /// Language and format; English where none is said.
    pub locale: String,
    /// IANA zone; that of the address where none is said.
    pub time_zone: String,
    /// `sms`, `email` or `call`; by SMS where none is said.
    pub notify_by: String,
    /// The first site.
    pub address: TypedAddress,
    /// How to get in.
    pub access_note: String,
}

/// An address as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedAddress {
    /// Street and number.
    pub line1: String,
    /// Floor, flat, company.
    pub line2: String,
    /// City; that of the postal code where none is said.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// Two letters; the home country where none is said.
    pub country: String,
}

/// A site as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedSite {
    /// Where.
    pub address: TypedAddress,
    /// Whom the expert rings; the customer where none is said.
    pub contact_name: String,
    /// Their phone; the customer's where none is said.
    pub contact_phone: String,
    /// How to get in.
    pub access_note: String,
}

/// Whose words these are, which decides what must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The customer, who needs an e-mail address to sign in and hear from us.
    Themselves,
    /// An agent, for a caller: name, address and phone are enough.
    Agent,
}

/// Reads a registration.
pub fn read(typed: &Typed, by: By) -> Result<NewCustomer, Vec<FieldError>> {
    let mut faults = Faults::default();
    let name: Option<Name> = faults.read("name", &typed.name);
    let email: Option<Email> = match by {
        By::Themselves => faults.read("email", &typed.email),
        By::Agent => faults.read_optional("email", &typed.email),
    };
    let country = country(&typed.address.country);
    let phone = faults.keep("phone", phone::read(&typed.phone, &country));
    let notify_by = read_notify_by(&mut faults, &typed.notify_by);
    if notify_by == Some(NotifyBy::Email) && typed.email.trim().is_empty() {
        faults.add("notify_by", "needs_email", "to hear by e-mail, an e-mail address is needed");
    }
    let locale = read_locale(&mut faults, &typed.locale);
    let address = read_address(&mut faults, "address.", &typed.address);
    let zone = read_zone(&mut faults, &typed.time_zone, address.as_ref());
    let access_note = faults.read_optional("access_note", &typed.access_note);
    match (name, phone, notify_by, locale, address, zone) {
        (Some(name), Some(phone), Some(notify_by), Some(locale), Some(address), Some(zone)) if faults.is_empty() => {
            let site = NewSite { address, contact_name: name.clone(), contact_phone: phone.clone(), access_note };
            Ok(NewCustomer { name, email, phone, notify_by, locale, zone, site })
        }
        _ => Err(faults.into_errors()),
    }
}

/// Reads a further site of a customer whose name and phone stand where the contact is not said.
pub fn read_site(
    typed: &TypedSite,
    name: &Name,
    phone_of_customer: &shared::text::Phone,
) -> Result<NewSite, Vec<FieldError>> {
    let mut faults = Faults::default();
    let address = read_address(&mut faults, "address.", &typed.address);
    let contact_name = faults.read_optional("contact_name", &typed.contact_name).unwrap_or_else(|| name.clone());
    let contact_phone = if typed.contact_phone.trim().is_empty() {
        Some(phone_of_customer.clone())
    } else {
        faults.keep("contact_phone", phone::read(&typed.contact_phone, &country(&typed.address.country)))
    };
    let access_note = faults.read_optional("access_note", &typed.access_note);
    match (address, contact_phone) {
        (Some(address), Some(contact_phone)) if faults.is_empty() => {
            Ok(NewSite { address, contact_name, contact_phone, access_note })
        }
        _ => Err(faults.into_errors()),
    }
}

fn country(typed: &str) -> String {
    if typed.trim().is_empty() { postal::HOME_COUNTRY.to_owned() } else { typed.trim().to_ascii_uppercase() }
}

pub(super) fn read_notify_by(faults: &mut Faults, typed: &str) -> Option<NotifyBy> {
    let word = typed.trim();
    if word.is_empty() {
        return Some(NotifyBy::Sms);
    }
    let found = NotifyBy::from_word(word);
    if found.is_none() {
        faults.add("notify_by", "unknown_value", "choose sms, email or call");
    }
    found
}

/// Reads a language tag like `en` or `en-US`; what we have no words for is written to in English.
pub(super) fn read_locale(faults: &mut Faults, typed: &str) -> Option<String> {
    let tag = typed.trim();
    if tag.is_empty() {
        return Some(Language::default().code().to_owned());
    }
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if tag.len() <= 20 && tag.split('-').all(part) {
        return Some(tag.to_owned());
    }
    faults.add("locale", "format", "a language looks like en or en-US");
    None
}

pub(super) fn read_zone(faults: &mut Faults, typed: &str, address: Option<&Address>) -> Option<Zone> {
    let name = typed.trim();
    if name.is_empty() {
        return address.map(|address| address.zone.clone());
    }
    name.parse().map_err(|error| faults.add("time_zone", "unknown_value", error)).ok()
}

/// Reads an address; the fields of the faults begin with `prefix`. The postal code must be one whose place we know:
/// without a place nobody can be chosen to go there.
pub fn read_address(faults: &mut Faults, prefix: &str, typed: &TypedAddress) -> Option<Address> {
    let field = |name: &str| format!("{prefix}{name}");
    let line1: Option<ShortLine> = faults.read(&field("line1"), &typed.line1);
    let line2 = faults.read_optional(&field("line2"), &typed.line2);
    let Some(country) = postal::tidy_country(&country(&typed.country)) else {
        faults.add(&field("country"), "format", "a country is two letters, like US");
        return None;
    };
    let postal_code = postal::tidy(&country, &typed.postal_code);
    if postal_code.is_empty() {
        faults.text(&field("postal_code"), BadText::Empty);
        return None;
    }
    let Some(found) = postal::find(&country, &postal_code) else {
        if country == postal::HOME_COUNTRY {
            faults.add(&field("postal_code"), "unknown", "we do not know this postal code; is every digit right?");
        } else {
            faults.add(&field("country"), "not_served", "we do not send anybody to this country yet");
        }
        return None;
    };
    let city = faults.read_optional(&field("city"), &typed.city);
    let city = city.or_else(|| found.city.parse().ok())?;
    Some(Address { line1: line1?, line2, city, postal_code, country, place: found.place, zone: found.zone })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn typed() -> Typed {
        Typed {
            name: "Mia Núñez-O'Brien".to_owned(),
            email: "mia@example.com".to_owned(),
            phone: "(212) 555-0142".to_owned(),
            notify_by: "email".to_owned(),
            address: TypedAddress {
                line1: "215 W 100th St".to_owned(),
                postal_code: "10025-7711".to_owned(),
                ..TypedAddress::default()
            },
            ..Typed::default()
        }
    }

    #[test]
    fn a_registration_is_filled_in_from_its_postal_code() {
        let customer = read(&typed(), By::Themselves).unwrap();
        assert_eq!(customer.phone.as_str(), "+12125550142");
        assert_eq!((customer.zone.name(), customer.locale.as_str()), ("America/New_York", "en"));
        let address = &customer.site.address;
        assert_eq!((address.city.as_str(), address.postal_code.as_str()), ("New York", "10025"));
        assert_eq!(customer.site.contact_name, customer.name);
    }

    #[test]
    fn an_agent_needs_no_address_to_write_to() {
        let caller = Typed { email: String::new(), notify_by: "call".to_owned(), ..typed() };
        assert!(read(&caller, By::Agent).unwrap().email.is_none());
        let errors = read(&caller, By::Themselves).unwrap_err();
        assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("email", "required"));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let wrong = Typed {
            name: " ".to_owned(),
            email: "mia".to_owned(),
            phone: "12".to_owned(),
            time_zone: "Mars/Olympus".to_owned(),
            notify_by: "pigeon".to_owned(),
            locale: "en_US!".to_owned(),
            address: TypedAddress { postal_code: "00000".to_owned(), ..TypedAddress::default() },
            ..Typed::default()
        };
        let errors = read(&wrong, By::Themselves).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected =
            ["name", "email", "phone", "notify_by", "locale", "address.line1", "address.postal_code", "time_zone"];
        assert_eq!(fields, expected);
        assert!(errors.iter().all(|error| error.message.ends_with(['.', '?'])), "{errors:?}");
    }

    #[test]
    fn where_nobody_goes_is_said() {
        let mut abroad = typed();
        abroad.address.country = "de".to_owned();
        abroad.phone = "+49 30 901820".to_owned();
        let errors = read(&abroad, By::Agent).unwrap_err();
        assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("address.country", "not_served"));
    }

    #[test]
    fn mail_needs_an_address() {
        let caller = Typed { email: String::new(), ..typed() };
        assert_eq!(read(&caller, By::Agent).unwrap_err()[0].field, "notify_by");
    }
}
