//! Collects what is wrong with something people typed, so that every fault is named at once and not one by one.

use shared::problem::FieldError;
use shared::text::BadText;
use std::fmt::Display;
use std::str::FromStr;

/// Faults found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// One more. The message becomes a sentence.
    pub fn add(&mut self, field: &str, code: &str, message: impl Display) {
        let mut message = message.to_string();
        if let Some(first) = message.chars().next() {
            message = format!("{}{}", first.to_uppercase(), &message[first.len_utf8()..]);
        }
        if !message.ends_with(['.', '?', '!']) {
            message.push('.');
        }
        self.0.push(FieldError { field: field.to_owned(), code: code.to_owned(), message });
    }

    /// A text that was refused.
    pub fn text(&mut self, field: &str, bad: BadText) {
        let code = match bad {
            BadText::Empty => "required",
            BadText::TooLong { .. } => "too_long",
            BadText::Control => "control_character",
            BadText::Shape { .. } => "format",
        };
        self.add(field, code, bad);
    }

    /// Reads text that must be there.
    pub fn read<T: FromStr<Err = BadText>>(&mut self, field: &str, text: &str) -> Option<T> {
        self.keep(field, text.parse())
    }

    /// Reads text that may be missing.
    pub fn read_optional<T: FromStr<Err = BadText>>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.trim().is_empty() { None } else { self.read(field, text) }
    }

    /// Takes what was read, or notes why not.
    pub fn keep<T>(&mut self, field: &str, read: Result<T, BadText>) -> Option<T> {
        read.map_err(|bad| self.text(field, bad)).ok()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds what something else found, each field below `prefix`.
    pub fn extend(&mut self, prefix: &str, errors: Vec<FieldError>) {
        for error in errors {
            let field = format!("{prefix}{}", error.field);
            self.0.push(FieldError { field, ..error });
        }
    }

    /// What was found.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_sentence_beside_its_field() {
        let mut faults = Faults::default();
        let name: Option<shared::text::Name> = faults.read("name", " ");
        let email: Option<shared::text::Email> = faults.read_optional("email", "");
        faults.add("zone", "unknown_value", "öffnen?");
        assert!(name.is_none() && email.is_none() && !faults.is_empty());
        let errors = faults.into_errors();
        assert_eq!((errors[0].code.as_str(), errors[0].message.as_str()), ("required", "Please fill this in."));
        assert_eq!(errors[1].message, "Öffnen?");
    }
}
