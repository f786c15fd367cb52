//! What customers change of themselves, as it was typed and as it is wanted. Pure; the JSON call and the page share it.
//!
//! Another e-mail address is only wanted until it is confirmed from there: a slip of the finger must not lock anybody out.

use super::helper::{self, Helper, TypedHelper};
use super::register::{read_locale, read_notify_by, read_zone};
use super::{Customer, NotifyBy};
use crate::faults::Faults;
use crate::{phone, postal};
use serde::{Deserialize, Deserializer};
use shared::problem::FieldError;
use shared::text::{Email, Name, Phone, fold_key};
use shared::time::Zone;

/// What a customer can change at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name.
    pub name: Name,
    /// Phone.
    pub phone: Phone,
    /// How they want to hear from us.
    pub notify_by: NotifyBy,
    /// Language and format.
    pub locale: String,
    /// The zone of their clocks.
    pub zone: Zone,
    /// Who hears the news too.
    pub helper: Option<Helper>,
}

impl Profile {
    /// As it is now.
    pub fn of(customer: &Customer) -> Self {
        Self {
            name: customer.name.clone(),
            phone: customer.phone.clone(),
            notify_by: customer.notify_by,
            locale: customer.locale.clone(),
            zone: customer.zone.clone(),
            helper: customer.helper.clone(),
        }
    }
}

/// What is to be other than it is; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedProfile {
    /// Name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Phone, in any form.
    pub phone: Option<String>,
    /// `sms`, `email` or `call`.
    pub notify_by: Option<String>,
    /// Language and format.
    pub locale: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Who hears the news too; null means nobody.
    pub helper: HelperChange,
}

/// What becomes of the helper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HelperChange {
    /// Nothing was said.
    #[default]
    Stays,
    /// Nobody helps any more.
    Nobody,
    /// This one does; all empty means nobody too.
    Somebody(TypedHelper),
}

impl<'de> Deserialize<'de> for HelperChange {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<TypedHelper>::deserialize(from)?.map_or(Self::Nobody, Self::Somebody))
    }
}

/// What becomes of the e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// Nothing.
    Stays,
    /// The present one stays after all: one that waits is dropped.
    Back,
    /// This one counts once it is confirmed.
    Wanted(Email),
}

/// Reads what a customer wants to be other, or names every fault.
pub fn read(typed: &TypedProfile, is: &Customer) -> Result<(Profile, EmailChange), Vec<FieldError>> {
    let mut faults = Faults::default();
    let mut new = Profile::of(is);
    let country = postal::HOME_COUNTRY;
    if let Some(name) = typed.name.as_deref().and_then(|text| faults.read("name", text)) {
        new.name = name;
    }
    if let Some(text) = &typed.phone
        && let Some(phone) = faults.keep("phone", phone::read(text, country))
    {
        new.phone = phone;
    }
    let email = read_email(&mut faults, typed.email.as_deref(), is);
    if let Some(by) = typed.notify_by.as_deref().and_then(|word| read_notify_by(&mut faults, word)) {
        new.notify_by = by;
    }
    let has_email = is.email.is_some() || email != EmailChange::Stays && email != EmailChange::Back;
    if new.notify_by == NotifyBy::Email && !has_email {
        faults.add("notify_by", "needs_email", "to hear by e-mail, an e-mail address is needed");
    }
    if let Some(locale) = typed.locale.as_deref().and_then(|tag| read_locale(&mut faults, tag)) {
        new.locale = locale;
    }
    if let Some(text) = typed.time_zone.as_deref().filter(|text| !text.trim().is_empty())
        && let Some(zone) = read_zone(&mut faults, text, None)
    {
        new.zone = zone;
    }
    match &typed.helper {
        HelperChange::Stays => {}
        HelperChange::Nobody => new.helper = None,
        HelperChange::Somebody(typed) => new.helper = helper::read(&mut faults, "helper.", typed, country),
    }
    if faults.is_empty() { Ok((new, email)) } else { Err(faults.into_errors()) }
}

fn read_email(faults: &mut Faults, typed: Option<&str>, is: &Customer) -> EmailChange {
    let Some(text) = typed else { return EmailChange::Stays };
    if text.trim().is_empty() {
        if is.email.is_some() {
            faults.add("email", "required", "you sign in with your e-mail address: change it, or keep it");
        }
        return EmailChange::Back;
    }
    let same = |email: &Email| fold_key(email.as_str()) == fold_key(text.trim());
    if is.email.as_ref().is_some_and(same) {
        return EmailChange::Back;
    }
    if is.email_wanted.as_ref().is_some_and(same) {
        return EmailChange::Stays;
    }
    faults.read("email", text).map_or(EmailChange::Stays, EmailChange::Wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::register::{self, By, tests::typed};
    use shared::time::Timestamp;

    fn mia() -> Customer {
        let new = register::read(&typed(), By::Themselves).unwrap();
        Customer {
            id: "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d".parse().unwrap(),
            name: new.name,
            email: new.email,
            email_confirmed_at: Some(Timestamp::EPOCH),
            email_wanted: None,
            phone: new.phone,
            notify_by: new.notify_by,
            helper: None,
            locale: new.locale,
            zone: new.zone,
            active: true,
            ver: 1,
            created_at: Timestamp::EPOCH,
            leaving_at: None,
            forgotten_at: None,
        }
    }

    fn asked(json: serde_json::Value) -> TypedProfile {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_is_left_out_stays_and_another_address_waits() {
        let is = mia();
        assert_eq!(read(&TypedProfile::default(), &is), Ok((Profile::of(&is), EmailChange::Stays)));
        let other = asked(serde_json::json!({ "email": "MIA@example.com ", "time_zone": "Europe/Warsaw",
            "helper": { "name": "Zoë", "phone": "212 555 0107" } }));
        let (new, email) = read(&other, &is).unwrap();
        assert_eq!((email, new.zone.name()), (EmailChange::Back, "Europe/Warsaw"));
        assert_eq!(new.helper.unwrap().phone.unwrap().as_str(), "+12125550107");
        let (_, email) = read(&asked(serde_json::json!({ "email": "new@example.com" })), &is).unwrap();
        assert_eq!(email, EmailChange::Wanted("new@example.com".parse().unwrap()));
        let helped = Customer { helper: Some(Helper { name: is.name.clone(), phone: None, email: None }), ..is };
        assert_eq!(read(&asked(serde_json::json!({ "helper": null })), &helped).unwrap().0.helper, None);
        assert!(read(&TypedProfile::default(), &helped).unwrap().0.helper.is_some());
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let wrong = asked(serde_json::json!({ "name": " ", "phone": "12", "email": "", "notify_by": "pigeon",
            "locale": "e n", "time_zone": "Moon/Base", "helper": { "name": "Zoë" } }));
        let fields: Vec<String> = read(&wrong, &mia()).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "phone", "email", "notify_by", "locale", "time_zone", "helper.phone"]);
    }
}
