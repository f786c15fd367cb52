//! What is broken and how, in one field: an agent types a few letters of product or symptom, and the line that they mean is
//! found. Where several fit, the agent chooses; nothing is guessed. Pure.

use crate::workforce::Category;
use shared::text::{Slug, fold_key};

/// Lines that are offered when several fit.
const OFFERED_MAX: usize = 8;

/// A line of the list: a product with one of its symptoms, or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// As it is shown and typed: `Television: no picture`.
    pub(crate) label: String,
    pub(crate) category: Slug,
    pub(crate) symptom: Option<Slug>,
    /// Somebody may be hurt.
    pub(crate) danger: bool,
}

/// Every line, in the order of the list.
pub(crate) fn troubles(categories: &[Category]) -> Vec<Trouble> {
    let mut lines = Vec::new();
    for category in categories {
        for symptom in &category.symptoms {
            lines.push(Trouble {
                label: format!("{}: {}", category.label, symptom.label),
                category: category.slug.clone(),
                symptom: Some(symptom.slug.clone()),
                danger: symptom.danger,
            });
        }
        lines.push(Trouble {
            label: format!("{}: something else, or not sure", category.label),
            category: category.slug.clone(),
            symptom: None,
            danger: false,
        });
    }
    lines
}

/// What a typed text can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// One line.
    One(Trouble),
    /// One of these; cut at a few.
    Several(Vec<Trouble>),
    /// Nothing of the list.
    Nothing,
}

/// Reads it: each word must begin a word of the line; a line that was written out goes before all others.
pub(crate) fn read(typed: &str, troubles: &[Trouble]) -> Meant {
    let key = fold_key(typed);
    if let Some(exact) = troubles.iter().find(|trouble| fold_key(&trouble.label) == key) {
        return Meant::One(exact.clone());
    }
    let wanted = words(&key);
    if wanted.is_empty() {
        return Meant::Nothing;
    }
    let fits = |trouble: &&Trouble| {
        let key = fold_key(&trouble.label);
        let there = words(&key);
        wanted.iter().all(|word| there.iter().any(|own| own.starts_with(word)))
    };
    let mut found: Vec<Trouble> = troubles.iter().filter(fits).cloned().collect();
    match found.len() {
        0 => Meant::Nothing,
        1 => Meant::One(found.remove(0)),
        _ => {
            found.truncate(OFFERED_MAX);
            Meant::Several(found)
        }
    }
}

fn words(key: &str) -> Vec<&str> {
    key.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workforce::Symptom;

    fn list() -> Vec<Trouble> {
        let symptom = |slug: &str, label: &str| Symptom {
            slug: slug.parse().unwrap(),
            label: label.parse().unwrap(),
            danger: slug == "smoke",
        };
        let category = |slug: &str, label: &str, symptoms: Vec<Symptom>| Category {
            slug: slug.parse().unwrap(),
            label: label.parse().unwrap(),
            symptoms,
        };
        troubles(&[
            category("tv", "Télévision", vec![symptom("no_picture", "No picture"), symptom("smoke", "Smoke")]),
            category("phone", "Phone", vec![symptom("no_picture", "No picture")]),
        ])
    }

    #[test]
    fn a_few_letters_mean_one_line_or_the_agent_chooses() {
        let list = list();
        assert_eq!(list.len(), 5);
        for (typed, at) in [
            ("Télévision: No picture", 0),
            ("television no pic", 0),
            ("tele smo", 1),
            ("pho no pi", 3),
            ("phone: something else, or not sure", 4),
        ] {
            assert_eq!(read(typed, &list), Meant::One(list[at].clone()), "{typed}");
        }
        assert_eq!(read("no picture", &list), Meant::Several(vec![list[0].clone(), list[3].clone()]));
        for nothing in ["", " - ", "oven", "television oven"] {
            assert_eq!(read(nothing, &list), Meant::Nothing, "{nothing}");
        }
    }
}
