//! An expert as an admin typed him, read into types with every fault named at once.

use super::{ExpertDetails, Home, LANGUAGES_MAX, SmsRule, languages};
use crate::faults::Faults;
use crate::{phone, postal};
use serde::Deserialize;
use shared::problem::FieldError;
use shared::text::{BadText, ShortLine};
use shared::texts::Language;

/// An expert as he was typed. Absent and empty mean the same.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedExpert {
    /// Name.
    pub name: String,
    /// E-mail; he signs in with it.
    pub email: String,
    /// Phone, in any form; codes to sign in with go there.
    pub phone: String,
    /// Home base.
    pub address: TypedHome,
    /// Languages he speaks, like `en`; English where none is said.
    pub languages: Vec<String>,
    /// Language and format in which we write to him; English where none is said.
    pub locale: String,
    /// Whether an SMS goes with each offer: `always`, or `if_unheard`. Always where nothing is said.
    pub sms: String,
}

/// A home base as it was typed: the postal code is enough.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedHome {
    /// Street and number.
    pub line1: String,
    /// City; that of the postal code where none is said.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// Two letters; the home country where none is said.
    pub country: String,
}

/// Reads an expert.
pub fn read(typed: &TypedExpert) -> Result<ExpertDetails, Vec<FieldError>> {
    let mut faults = Faults::default();
    match details(typed, &mut faults) {
        Some(details) if faults.is_empty() => Ok(details),
        Some(_) | None => Err(faults.into_errors()),
    }
}

fn details(typed: &TypedExpert, faults: &mut Faults) -> Option<ExpertDetails> {
    let name = faults.read("name", &typed.name);
    let email = faults.read("email", &typed.email);
    let country = country(&typed.address.country);
    let phone = faults.keep("phone", phone::read(&typed.phone, &country));
    let home = home(typed, &country, faults);
    let languages = match &typed.languages[..] {
        [] => Some(vec![Language::default().code().to_owned()]),
        list => faults.keep("languages", languages(&list[..list.len().min(LANGUAGES_MAX + 1)].join(";"))),
    };
    let locale = locale("locale", &typed.locale, faults);
    let sms = sms_rule("sms", &typed.sms, faults);
    Some(ExpertDetails {
        name: name?,
        email: email?,
        phone: phone?,
        home: home?,
        languages: languages?,
        locale: locale?,
        sms: sms?,
    })
}

/// The language in which we write to somebody; our own where none is said.
pub(super) fn locale(place: &str, typed: &str, faults: &mut Faults) -> Option<String> {
    match typed.trim() {
        "" => Some(Language::default().code().to_owned()),
        code if Language::ALL.iter().any(|known| known.code() == code) => Some(code.to_owned()),
        _ => {
            let known: Vec<_> = Language::ALL.iter().map(|known| known.code()).collect();
            faults.add(place, "unknown_value", format!("we write in these languages: {}", known.join(", ")));
            None
        }
    }
}

/// Whether an SMS goes with each offer; always where nothing is said.
pub(super) fn sms_rule(place: &str, typed: &str, faults: &mut Faults) -> Option<SmsRule> {
    match typed.trim() {
        "" => Some(SmsRule::default()),
        word => {
            let rule = SmsRule::from_word(word);
            if rule.is_none() {
                faults.add(place, "unknown_value", "an SMS goes with an offer always, or if_unheard");
            }
            rule
        }
    }
}

fn country(typed: &str) -> String {
    if typed.trim().is_empty() { postal::HOME_COUNTRY.to_owned() } else { typed.trim().to_ascii_uppercase() }
}

fn home(typed: &TypedExpert, country: &str, faults: &mut Faults) -> Option<Home> {
    let line1: Option<ShortLine> = faults.read_optional("address.line1", &typed.address.line1);
    let city: Option<ShortLine> = faults.read_optional("address.city", &typed.address.city);
    let postal_code = postal::tidy(country, &typed.address.postal_code);
    if postal_code.is_empty() {
        faults.text("address.postal_code", BadText::Empty);
        return None;
    }
    let Some(found) = postal::find(country, &postal_code) else {
        faults.add("address.postal_code", "unknown", "we do not know this postal code; is every digit right?");
        return None;
    };
    let city = city.or_else(|| found.city.parse().ok())?;
    Some(Home { line1, city, postal_code, country: country.to_owned(), place: found.place, zone: found.zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_base_is_its_postal_code() {
        let typed = TypedExpert {
            name: "Zoë Núñez".to_owned(),
            email: "zoe@example.com".to_owned(),
            phone: "312 555 0101".to_owned(),
            address: TypedHome { postal_code: "60614-1234".to_owned(), ..TypedHome::default() },
            ..TypedExpert::default()
        };
        let zoe = read(&typed).unwrap();
        assert_eq!((zoe.home.city.as_str(), zoe.home.zone.name()), ("Chicago", "America/Chicago"));
        assert_eq!((zoe.phone.as_str(), zoe.languages), ("+13125550101", vec!["en".to_owned()]));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let typed = TypedExpert {
            languages: vec!["english".to_owned()],
            locale: "tlh".to_owned(),
            sms: "never".to_owned(),
            address: TypedHome { postal_code: "1".to_owned(), ..TypedHome::default() },
            ..TypedExpert::default()
        };
        let fields: Vec<_> = read(&typed).unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "email", "phone", "address.postal_code", "languages", "locale", "sms"]);
    }
}
