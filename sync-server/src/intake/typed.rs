//! A ticket as it was typed, and as it is wanted. Pure; the JSON call and the page share it.

use super::times::{self, LocalTime, TypedTime};
use crate::faults::Faults;
use serde::{Deserialize, Serialize};
use shared::ids::{CustomerId, SiteId};
use shared::problem::FieldError;
use shared::text::{Description, ShortLine, Slug, Title};

/// What was typed. Absent and empty mean the same.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    /// For whom, when staff file it.
    pub customer: Option<CustomerId>,
    /// What kind of product.
    pub category: String,
    /// Which one.
    pub product: TypedProduct,
    /// In one line.
    pub title: String,
    /// At length.
    pub description: String,
    /// Where; the first address where none is said.
    pub site: Option<SiteId>,
    /// How to get in.
    pub access_note: String,
    /// From the list of the category; none means "not sure".
    pub symptom: String,
    /// `urgent`, from staff only.
    pub priority: String,
    /// When somebody may come; none means as soon as possible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<TypedTime>,
}

/// The product as it was typed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedProduct {
    /// The maker.
    pub make: String,
    /// The model.
    pub model: String,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What kind of product.
    pub category: Slug,
    /// From the list.
    pub symptom: Option<Slug>,
    /// The maker.
    pub make: Option<ShortLine>,
    /// The model.
    pub model: Option<ShortLine>,
    /// In one line.
    pub title: Title,
    /// At length; the title again where nothing more is said.
    pub description: Description,
    /// How to get in.
    pub access_note: Option<Description>,
    /// Where.
    pub site: Option<SiteId>,
    /// Ahead of all others; heard from staff only.
    pub urgent: bool,
    /// When somebody may come; none means as soon as possible.
    pub windows: Vec<LocalTime>,
}

/// Reads what was typed, or names every fault.
pub fn read(typed: &Typed, by_staff: bool) -> Result<Wanted, Vec<FieldError>> {
    let mut faults = Faults::default();
    let category: Option<Slug> = if typed.category.trim().is_empty() {
        faults.add("category", "required", "please choose what kind of product it is");
        None
    } else {
        faults.read("category", &typed.category)
    };
    let symptom = faults.read_optional("symptom", &typed.symptom);
    let make = faults.read_optional("product.make", &typed.product.make);
    let model = faults.read_optional("product.model", &typed.product.model);
    let title: Option<Title> = faults.read("title", &typed.title);
    let description: Option<Description> = faults.read_optional("description", &typed.description);
    let access_note = faults.read_optional("access_note", &typed.access_note);
    let urgent = match typed.priority.trim() {
        "" | "normal" => false,
        "urgent" if by_staff => true,
        "urgent" => {
            faults.add("priority", "forbidden", "only staff can say how urgent a ticket is");
            false
        }
        _ => {
            faults.add("priority", "unknown_value", "a priority is normal or urgent");
            false
        }
    };
    let windows = times::read(&typed.windows).unwrap_or_else(|wrong| {
        faults.extend("", wrong);
        Vec::new()
    });
    match (category, title) {
        (Some(category), Some(title)) if faults.is_empty() => {
            let description =
                description.unwrap_or_else(|| title.as_str().parse().expect("a line is a text too, and shorter"));
            let site = typed.site;
            Ok(Wanted { category, symptom, make, model, title, description, access_note, site, urgent, windows })
        }
        _ => Err(faults.into_errors()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let typed = Typed {
            category: "no such <thing>".into(),
            title: "x".repeat(141),
            description: "a\u{0}b".into(),
            priority: "urgent".into(),
            ..Typed::default()
        };
        let faults = read(&typed, false).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["category", "title", "description", "priority"]);
    }

    #[test]
    fn a_title_alone_is_enough() {
        let typed = Typed { category: "tv".into(), title: "Kein Bild – Größe 55″".into(), ..Typed::default() };
        let wanted = read(&typed, false).unwrap();
        assert_eq!(wanted.description.as_str(), "Kein Bild – Größe 55″");
        assert_eq!((wanted.symptom, wanted.make), (None, None));
    }
}
