//! The people who visit: who they are, what they can do, where and when they work, and what each kind of trouble needs.
//!
//! Every change that an expert's phone shows raises the expert's `ver` and touches his stream in the same transaction.
//! His position and last arrival move without either: they are for choosing, not for showing. This folder chooses
//! nobody and knows no ticket; a closure that decides on an expert's day begins with [`lock`].

pub mod api;
pub mod hire;
pub mod import;
pub mod jobs;
pub mod polygon;
pub mod shift;
pub mod store;
pub mod typed;

pub use shift::{ShiftDay, ShiftRow, ShiftSpec};
pub use store::lock;

use crate::postal;
use polygon::Polygons;
use serde::{Deserialize, Serialize};
use shared::ids::{AbsenceId, AreaId, CustomerId, ExpertId, SkillId};
use shared::place::Place;
use shared::skills::Skills;
use shared::text::{BadText, Email, Name, Phone, Reason, ShortLine, Slug};
use shared::time::{Date, Timestamp, Zone};
use std::collections::BTreeSet;

/// Where an expert starts from: the place and, by its zone, the hours of his shifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Home {
    /// Street and number, where the business wants to know it.
    pub line1: Option<ShortLine>,
    /// City.
    pub city: ShortLine,
    /// Postal code, tidied (`postal::tidy`).
    pub postal_code: String,
    /// Country, two letters.
    pub country: String,
    /// The middle of the postal code.
    pub place: Place,
    /// The zone of the clocks there.
    pub zone: Zone,
}

/// Whether an SMS goes with each offer to an expert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsRule {
    /// With each push.
    #[default]
    Always,
    /// Only where no phone of his acknowledged the offer within a minute.
    IfUnheard,
}

impl SmsRule {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::IfUnheard => "if_unheard",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Always, Self::IfUnheard].into_iter().find(|rule| rule.word() == word)
    }
}

/// What people may change of an expert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpertDetails {
    /// Name.
    pub name: Name,
    /// E-mail, also to sign in with.
    pub email: Email,
    /// Phone, also to sign in with: codes go there.
    pub phone: Phone,
    /// Home base.
    pub home: Home,
    /// Languages he speaks with customers, like `en`.
    pub languages: Vec<String>,
    /// Language and format in which we write to him.
    pub locale: String,
    /// Whether an SMS goes with each offer.
    pub sms: SmsRule,
}

/// An expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expert {
    /// Who.
    pub id: ExpertId,
    /// Name.
    pub name: Name,
    /// E-mail.
    pub email: Email,
    /// Phone.
    pub phone: Phone,
    /// The middle of the home base's postal code.
    pub home: Place,
    /// The home base as an address.
    pub home_line1: Option<ShortLine>,
    /// Its city.
    pub home_city: ShortLine,
    /// Its postal code.
    pub home_postal_code: String,
    /// Its country, two letters.
    pub home_country: String,
    /// The zone of the shifts.
    pub zone: Zone,
    /// Languages he speaks, like `en`.
    pub languages: Vec<String>,
    /// Language and format in which we write to him.
    pub locale: String,
    /// Whether an SMS goes with each offer.
    pub sms: SmsRule,
    /// Not deactivated.
    pub active: bool,
    /// Said to be on duty.
    pub on_duty: bool,
    /// Grows by one with each change that is shown.
    pub ver: i64,
    /// Where the phone last was, and when.
    pub position: Option<(Place, Timestamp)>,
    /// The site of the last arrival, and when.
    pub arrival: Option<(Place, Timestamp)>,
}

impl Expert {
    /// What people may change of him, as it is now.
    pub fn details(&self) -> ExpertDetails {
        ExpertDetails {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            home: Home {
                line1: self.home_line1.clone(),
                city: self.home_city.clone(),
                postal_code: self.home_postal_code.clone(),
                country: self.home_country.clone(),
                place: self.home,
                zone: self.zone.clone(),
            },
            languages: self.languages.clone(),
            locale: self.locale.clone(),
            sms: self.sms,
        }
    }
}

/// An expert with everything that says what he can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Who.
    pub expert: Expert,
    /// What he can do, and how well. Skills that are switched off are not in it.
    pub skills: Skills,
    /// Where he serves. Areas that are switched off are not in it.
    pub areas: BTreeSet<AreaId>,
    /// When he works, and when he can be called beside that.
    pub shifts: Vec<ShiftRow>,
    /// When he is away: from an instant until just before another.
    pub absences: Vec<(Timestamp, Timestamp)>,
    /// Days on which his weekly shifts do not take place.
    pub holidays: BTreeSet<Date>,
}

/// What an expert could be asked before a change of it; what stayed is none. Whoever looks at his promises compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// What he could do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Skills>,
    /// Where he served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub areas: Option<BTreeSet<AreaId>>,
    /// When he worked and could be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shifts: Option<Vec<ShiftRow>>,
    /// By which clocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// A customer whom he could visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// An area that he serves, as it was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// A day that was no holiday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<Date>,
}

/// An expert who must not visit a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Who.
    pub expert: ExpertId,
    /// Why, for the desk.
    pub reason: Reason,
    /// Since when.
    pub made_at: Timestamp,
}

/// A day on which weekly shifts do not take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// Which day, on the wall of an expert's home.
    pub on: Date,
    /// In which country, two letters.
    pub country: String,
    /// For experts of one area alone; none means all of the country.
    pub area: Option<AreaId>,
    /// What people call it.
    pub name: Name,
}

/// A time in which an expert is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// Which.
    pub id: AbsenceId,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// Why, where it was said.
    pub reason: Option<Reason>,
}

/// Something an expert can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skill {
    /// Which.
    pub id: SkillId,
    /// Its word in files and intents; never changes.
    pub slug: Slug,
    /// What people call it.
    pub name: Name,
    /// Not switched off.
    pub active: bool,
    /// Grows by one with each change.
    pub ver: i64,
}

/// A service area: all postal codes that begin with one of its prefixes, and all places inside its borders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Which.
    pub id: AreaId,
    /// Its word in files; never changes.
    pub slug: Slug,
    /// What people call it.
    pub name: Name,
    /// Not switched off.
    pub active: bool,
    /// Grows by one with each change.
    pub ver: i64,
    /// The beginnings of its postal codes, sorted.
    pub postal: Vec<PostalPrefix>,
    /// Its borders, where it was drawn.
    #[serde(default)]
    pub drawing: Option<Polygons>,
}

impl Area {
    /// Whether a site lies in it. An area that is switched off covers nothing.
    pub fn covers(&self, country: &str, postal_code: &str, place: Place) -> bool {
        let country = postal::tidy_country(country).unwrap_or_default();
        let code = postal::tidy(&country, postal_code);
        let begins = |one: &PostalPrefix| one.country == country && code.starts_with(&one.prefix);
        let by_code = self.postal.iter().any(begins);
        self.active && (by_code || self.drawing.as_ref().is_some_and(|drawing| drawing.holds(place)))
    }
}

/// A change of what many share, with what was before it: somebody looks at everything that is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "changed")]
pub enum Changed {
    /// An area was redrawn or switched off.
    Area {
        /// As it was.
        before: Area,
    },
    /// A skill was switched off.
    Skill {
        /// Which.
        skill: SkillId,
    },
    /// What a kind of trouble needs.
    Need {
        /// Of which category.
        category: Slug,
        /// Of which symptom; none is the category's default.
        symptom: Option<Slug>,
        /// What was needed.
        skills: Skills,
        /// How long the work took.
        work_minutes: u32,
    },
}

/// The beginning of postal codes of one country, or a whole code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostalPrefix {
    /// Two letters.
    pub country: String,
    /// At least one character.
    pub prefix: String,
}

/// What customers can have trouble with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its word; never changes.
    pub slug: Slug,
    /// What people call it.
    pub label: Name,
    /// What can be wrong with it, in the order of the form.
    pub symptoms: Vec<Symptom>,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// Its word within the category; never changes.
    pub slug: Slug,
    /// What people call it.
    pub label: Name,
    /// Smoke, shock, a burning smell, a swollen battery: advice at once, and a person is told.
    pub danger: bool,
}

/// What a ticket of a category and symptom needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedRow {
    /// Every one of these, at least at its level.
    pub skills: Skills,
    /// How long the work takes.
    pub work_minutes: u32,
    /// Ahead of everything else.
    pub urgent: bool,
    /// The symptom means danger.
    pub danger: bool,
    /// Which version of the table's row this is.
    pub ver: i64,
    /// What people call the category.
    pub category_label: String,
    /// What people call the symptom; none where it is not known or not said.
    pub symptom_label: Option<String>,
}

/// Most languages an expert may list.
pub const LANGUAGES_MAX: usize = 10;

/// Reads languages parted by `;` or `,`, like `en;es`. Each once, in the order given.
pub fn languages(text: &str) -> Result<Vec<String>, BadText> {
    const SHAPE: BadText = BadText::Shape { expected: "languages are two letters each, like en;es" };
    let mut found: Vec<String> = Vec::new();
    for part in text.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
        let code = part.to_ascii_lowercase();
        if !((2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())) {
            return Err(SHAPE);
        }
        if !found.contains(&code) {
            found.push(code);
        }
    }
    match found.len() {
        0 => Err(BadText::Empty),
        1..=LANGUAGES_MAX => Ok(found),
        _ => Err(BadText::Shape { expected: "at most ten languages can stand here" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_once_each() {
        assert_eq!(languages(" en; ES,en "), Ok(vec!["en".to_owned(), "es".to_owned()]));
        assert_eq!(languages(";"), Err(BadText::Empty));
        assert!(languages("english").is_err());
    }
}
