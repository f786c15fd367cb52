//! What people type to say who they are: an e-mail address in any case, or a phone number in any spelling. Pure.

use crate::phone;
use shared::text::{Email, Phone};

/// Whose numbers are written without a country code.
const HOME: &str = "US";

/// What was typed, as tables keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handle {
    /// An address, folded.
    Email(String),
    /// A number in E.164.
    Phone(Phone),
}

impl Handle {
    /// Reads it; `None` is neither an address nor a number, which nobody can have.
    pub fn read(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.contains('@') {
            return typed.parse::<Email>().ok().map(|email| Self::Email(email_key(&email)));
        }
        phone::read(typed, HOME).ok().map(Self::Phone)
    }

    /// The text to count attempts by.
    pub fn key(&self) -> &str {
        match self {
            Self::Email(key) => key,
            Self::Phone(phone) => phone.as_str(),
        }
    }
}

/// The form in which addresses are compared: one mailbox in practice, whatever the case.
pub fn email_key(email: &Email) -> String {
    email.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for typed in ["+12125550100", "212-555-0100", "(212) 555 0100", "1 212 555 0100", "+1 212.555.0100"] {
            assert_eq!(Handle::read(typed).as_ref().map(Handle::key), Some("+12125550100"), "{typed}");
        }
    }

    #[test]
    fn an_address_is_found_in_any_case_and_keeps_its_accents() {
        assert_eq!(Handle::read(" Zoë@Example.COM "), Some(Handle::Email("zoë@example.com".into())));
        for nonsense in ["", "mia", "mia@", "+", "12"] {
            assert_eq!(Handle::read(nonsense), None, "{nonsense}");
        }
    }
}
