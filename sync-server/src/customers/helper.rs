//! Somebody who helps a customer: a daughter, a neighbour, a caretaker. They hear the news of the tickets too, by SMS or
//! e-mail; nothing else of the account is theirs.

use crate::faults::Faults;
use crate::phone;
use serde::{Deserialize, Serialize};
use shared::text::{Email, Name, Phone};

/// Who hears the news too. At least one of the two ways is there: [`read`] makes sure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helper {
    /// What to call them.
    pub name: Name,
    /// For SMS, which go first.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// Where there is no phone, or SMS are off.
    #[serde(default)]
    pub email: Option<Email>,
}

/// A helper as it was typed. All empty means nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedHelper {
    /// What to call them.
    pub name: String,
    /// In any form.
    pub phone: String,
    /// Their address.
    pub email: String,
}

/// Reads a helper; `None` inside where nobody was typed. The fields of the faults begin with `prefix`.
pub fn read(faults: &mut Faults, prefix: &str, typed: &TypedHelper, country: &str) -> Option<Helper> {
    let field = |name: &str| format!("{prefix}{name}");
    if [&typed.name, &typed.phone, &typed.email].iter().all(|text| text.trim().is_empty()) {
        return None;
    }
    let name: Option<Name> = faults.read(&field("name"), &typed.name);
    let phone = match typed.phone.trim() {
        "" => None,
        text => faults.keep(&field("phone"), phone::read(text, country)),
    };
    let email: Option<Email> = faults.read_optional(&field("email"), &typed.email);
    if typed.phone.trim().is_empty() && typed.email.trim().is_empty() {
        faults.add(&field("phone"), "required", "please give a phone number or an e-mail address of your helper");
    }
    name.map(|name| Helper { name, phone, email })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, phone: &str, email: &str) -> TypedHelper {
        TypedHelper { name: name.to_owned(), phone: phone.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn a_helper_has_a_name_and_at_least_one_way_or_is_nobody() {
        let cases = [
            (typed(" ", "", ""), false, vec![]),
            (typed("Zoë", "(212) 555-0107", ""), true, vec![]),
            (typed("Zoë", "", "zoe@example.com"), true, vec![]),
            (typed("Zoë", "", ""), true, vec!["helper.phone"]),
            (typed("", "212 555 0107", ""), false, vec!["helper.name"]),
            (typed("Zoë", "12", "x"), true, vec!["helper.phone", "helper.email"]),
        ];
        for (typed, is_somebody, wrong) in cases {
            let mut faults = Faults::default();
            let helper = read(&mut faults, "helper.", &typed, "US");
            let fields: Vec<String> = faults.into_errors().into_iter().map(|fault| fault.field).collect();
            assert_eq!((helper.is_some(), fields), (is_somebody, wrong.into_iter().map(str::to_owned).collect()));
        }
    }
}
