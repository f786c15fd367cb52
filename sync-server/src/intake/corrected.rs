//! A correction of a ticket as it is typed: its address, whom to ring, how to get in, what it needs. Pure; every fault is
//! named at once. What is left out stays as it is.

use crate::customers::register::{TypedAddress, read_address};
use crate::dispatch::mend::Correction;
use crate::faults::Faults;
use crate::{phone, postal};
use serde::Deserialize;
use shared::problem::FieldError;
use shared::skills::Level;
use shared::text::Slug;
use std::collections::BTreeMap;

/// Longest work that a ticket may need, in minutes; longer work is several visits.
const WORK_MINUTES_MAX: u32 = 600;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TypedCorrection {
    /// The whole address.
    pub(super) address: Option<TypedAddress>,
    /// Whom the expert rings.
    pub(super) contact: Option<TypedContact>,
    /// How to get in.
    pub(super) access_note: Option<String>,
    /// What an expert must know; heard from staff only.
    pub(super) need: Option<TypedNeed>,
}

/// Whom the expert rings, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TypedContact {
    pub(super) name: String,
    /// In any form.
    pub(super) phone: String,
}

/// What an expert must know, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TypedNeed {
    /// Word to level.
    pub(super) skills: Option<BTreeMap<Slug, i64>>,
    pub(super) work_minutes: Option<u32>,
}

/// What is to be corrected. The skills are words yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// All but the skills.
    pub(super) correction: Correction,
    /// Word to level.
    pub(super) skills: Option<BTreeMap<Slug, Level>>,
}

/// Reads what was typed, or names every fault.
pub(super) fn read(typed: &TypedCorrection, by_staff: bool) -> Result<Wanted, Vec<FieldError>> {
    let mut faults = Faults::default();
    let mut wanted = Wanted::default();
    if let Some(address) = &typed.address {
        wanted.correction.address = read_address(&mut faults, "address.", address);
    }
    if let Some(contact) = &typed.contact {
        wanted.correction.contact_name = faults.read_optional("contact.name", &contact.name);
        if !contact.phone.trim().is_empty() {
            let read = phone::read(&contact.phone, postal::HOME_COUNTRY);
            wanted.correction.contact_phone = faults.keep("contact.phone", read);
        }
    }
    if let Some(note) = &typed.access_note {
        wanted.correction.access_note = faults.read_optional("access_note", note);
    }
    if let Some(need) = &typed.need {
        if !by_staff {
            faults.add("need", "forbidden", "only staff can say what an expert must know");
        }
        wanted.correction.work_minutes = need.work_minutes;
        if need.work_minutes.is_some_and(|minutes| !(1..=WORK_MINUTES_MAX).contains(&minutes)) {
            faults.add("need.work_minutes", "range", "work takes 1 to 600 minutes");
        }
        wanted.skills = need.skills.as_ref().map(|skills| read_skills(&mut faults, skills));
    }
    if faults.is_empty() && wanted == Wanted::default() {
        faults.add("", "required", "say what to correct: the address, whom to ring, how to get in");
    }
    if faults.is_empty() { Ok(wanted) } else { Err(faults.into_errors()) }
}

fn read_skills(faults: &mut Faults, typed: &BTreeMap<Slug, i64>) -> BTreeMap<Slug, Level> {
    if typed.is_empty() {
        faults.add("need.skills", "required", "name at least one skill, else anybody may be sent");
    }
    let mut read = BTreeMap::new();
    for (slug, level) in typed {
        match Level::try_from(*level) {
            Ok(level) => {
                read.insert(slug.clone(), level);
            }
            Err(_) => faults.add(&format!("need.skills.{slug}"), "range", "a level is 1, 2 or 3"),
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(typed: &serde_json::Value, by_staff: bool) -> Vec<String> {
        let typed: TypedCorrection = serde_json::from_value(typed.clone()).unwrap();
        read(&typed, by_staff).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn an_address_is_checked_against_the_postal_table_and_a_need_is_heard_from_staff_only() {
        let address = serde_json::json!({ "address": { "line1": "1 Main St", "postal_code": "00000" } });
        assert_eq!(faults(&address, false), ["address.postal_code"]);
        let need = serde_json::json!({ "need": { "skills": {}, "work_minutes": 0 }, "contact": { "phone": "12" } });
        assert_eq!(faults(&need, true), ["contact.phone", "need.work_minutes", "need.skills"]);
        assert_eq!(faults(&serde_json::json!({ "need": {} }), false), ["need"]);
        assert_eq!(faults(&serde_json::json!({}), true), [""]);
    }
}
