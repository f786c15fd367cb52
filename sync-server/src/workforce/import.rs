//! Experts from a spreadsheet, and the lists they refer to: reads text into types, or says for each cell what to mend.
//! Whoever keeps what was read keeps all of it or nothing.
//!
//! Skills are written `tv:2;router:3`, areas `manhattan;queens`, shifts `Mon-Fri 08:00-16:00;Sat 10:00-14:00`; `sms` is
//! `always` or `if_unheard`, `locale` the language in which we write.

use super::polygon::Polygons;
use super::store::{self, NewExpert, NewNeed};
use super::{Area, Category, ExpertDetails, Home, PostalPrefix, ShiftSpec, Skill, Symptom, languages, shift, typed};
use crate::db::{Error, Tx};
use crate::faults::Faults;
use crate::sheet::{Column, Line, Sheet, bounded, cut, without_faulty};
use crate::{phone, postal};
use shared::chance::Chance;
use shared::ids::{AreaId, Id, SkillId};
use shared::problem::FieldError;
use shared::skills::{Level, Skills};
use shared::text::{Email, Name, Phone, Slug, fold_key};
use shared::texts::Language;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Experts in one file.
pub const EXPERTS_MAX: usize = 1_000;
/// Lines of a list of skills, areas or needs.
pub const LIST_MAX: usize = 1_000;

/// The columns of a file of experts.
pub(crate) const EXPERT_COLUMNS: [Column; 12] = [
    Column::required("name"),
    Column::required("email"),
    Column::required("phone"),
    Column::required("postal_code"),
    Column::optional("languages"),
    Column::required("skills"),
    Column::required("areas"),
    Column::required("shifts"),
    Column::optional("on_call"),
    Column::optional("active"),
    Column::optional("sms"),
    Column::optional("locale"),
];

/// The words that a file may use, with what they stand for.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Active skills.
    pub skills: BTreeMap<Slug, SkillId>,
    /// Active areas.
    pub areas: BTreeMap<Slug, AreaId>,
}

impl Known {
    /// The active ones of these.
    pub fn of(skills: &[Skill], areas: &[Area]) -> Self {
        let active_skills = skills.iter().filter(|skill| skill.active);
        let active_areas = areas.iter().filter(|area| area.active);
        Self {
            skills: active_skills.map(|skill| (skill.slug.clone(), skill.id)).collect(),
            areas: active_areas.map(|area| (area.slug.clone(), area.id)).collect(),
        }
    }
}

/// An expert as a line of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedExpert {
    /// The line.
    pub line: u64,
    /// Who.
    pub details: ExpertDetails,
    /// What he can do.
    pub skills: Skills,
    /// Where he serves.
    pub areas: BTreeSet<AreaId>,
    /// When he works and can be called.
    pub shifts: Vec<ShiftSpec>,
    /// Not switched off.
    pub active: bool,
}

/// Reads experts. Each fault names its line and column.
pub fn experts(bytes: &[u8], known: &Known) -> Result<Vec<ImportedExpert>, Vec<FieldError>> {
    let (experts, faults) = experts_and_faults(bytes, known)?;
    if faults.is_empty() { Ok(experts) } else { Err(cut(faults)) }
}

/// Reads the experts of the good lines, and what is wrong with the others.
pub fn experts_and_faults(
    bytes: &[u8],
    known: &Known,
) -> Result<(Vec<ImportedExpert>, Vec<FieldError>), Vec<FieldError>> {
    let (sheet, mut found) = Sheet::read_good(bytes, &EXPERT_COLUMNS, EXPERTS_MAX)?;
    let mut faults = Faults::default();
    let mut experts = Vec::new();
    for line in sheet.lines() {
        experts.extend(expert(&line, known, &mut faults));
    }
    refuse_doubles(&experts, &mut faults);
    found.extend(faults.into_errors());
    Ok((without_faulty(experts, |expert| expert.line, &found), found))
}

fn expert(line: &Line<'_>, known: &Known, faults: &mut Faults) -> Option<ImportedExpert> {
    let name: Option<Name> = faults.read(&line.place("name"), line.cell("name"));
    let email: Option<Email> = faults.read(&line.place("email"), line.cell("email"));
    let phone: Option<Phone> = faults.keep(&line.place("phone"), phone::read(line.cell("phone"), postal::HOME_COUNTRY));
    let home = home(line, faults);
    let languages = match line.cell("languages") {
        "" => Some(vec![Language::default().code().to_owned()]),
        text => faults.keep(&line.place("languages"), languages(text)),
    };
    let skills = read_skills(&line.place("skills"), line.cell("skills"), &known.skills, faults);
    let areas = read_areas(&line.place("areas"), line.cell("areas"), &known.areas, faults);
    let mut shifts = faults.keep(&line.place("shifts"), shift::read(line.cell("shifts"), false));
    let on_call = faults.keep(&line.place("on_call"), shift::read(line.cell("on_call"), true));
    if let (Some(shifts), Some(on_call)) = (&mut shifts, on_call) {
        shifts.extend(on_call);
    }
    let active = read_flag(&line.place("active"), line.cell("active"), true, faults);
    let sms = typed::sms_rule(&line.place("sms"), line.cell("sms"), faults);
    let locale = typed::locale(&line.place("locale"), line.cell("locale"), faults);
    Some(ImportedExpert {
        line: line.number,
        details: ExpertDetails {
            name: name?,
            email: email?,
            phone: phone?,
            home: home?,
            languages: languages?,
            locale: locale?,
            sms: sms?,
        },
        skills: skills?,
        areas: areas?,
        shifts: shifts?,
        active: active?,
    })
}

fn home(line: &Line<'_>, faults: &mut Faults) -> Option<Home> {
    let (country, place) = (postal::HOME_COUNTRY, line.place("postal_code"));
    // A spreadsheet takes a code for a number and drops the nought in front.
    let mut code = postal::tidy(country, line.cell("postal_code"));
    if (3..5).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) {
        code = format!("{code:0>5}");
    }
    if code.is_empty() {
        faults.text(&place, shared::text::BadText::Empty);
        return None;
    }
    let Some(found) = postal::find(country, &code) else {
        faults.add(&place, "unknown", format!("the postal code {code:?} is not known; is every digit right?"));
        return None;
    };
    let city = faults.read(&place, found.city)?;
    Some(Home {
        line1: None,
        city,
        postal_code: code,
        country: country.to_owned(),
        place: found.place,
        zone: found.zone,
    })
}

/// Reads skills like `tv:2;router:3`; none is none.
pub fn read_skills(place: &str, text: &str, known: &BTreeMap<Slug, SkillId>, faults: &mut Faults) -> Option<Skills> {
    let mut skills = Skills::default();
    let n_before = faults.len();
    for part in parts(text) {
        let Some((word, level)) = part.split_once(':') else {
            faults.add(place, "format", format!("{part:?} has no level; skills look like tv:2;router:3"));
            continue;
        };
        let level = level.trim().parse::<i64>().ok().and_then(|level| Level::try_from(level).ok());
        let Some(level) = level else {
            faults.add(place, "format", format!("the level of {:?} must be 1, 2 or 3", word.trim()));
            continue;
        };
        match find(word, known) {
            Some(skill) => drop(skills.0.insert(skill, level)),
            None => unknown(place, "skill", word, known.keys(), faults),
        }
    }
    (faults.len() == n_before).then_some(skills)
}

/// Reads areas like `manhattan;queens`; none is none.
pub fn read_areas(
    place: &str,
    text: &str,
    known: &BTreeMap<Slug, AreaId>,
    faults: &mut Faults,
) -> Option<BTreeSet<AreaId>> {
    let mut areas = BTreeSet::new();
    let n_before = faults.len();
    for word in parts(text) {
        match find(word, known) {
            Some(area) => drop(areas.insert(area)),
            None => unknown(place, "area", word, known.keys(), faults),
        }
    }
    (faults.len() == n_before).then_some(areas)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',']).map(str::trim).filter(|part| !part.is_empty())
}

fn find<Of>(word: &str, known: &BTreeMap<Slug, Id<Of>>) -> Option<Id<Of>> {
    known.get(&word.trim().to_lowercase().parse().ok()?).copied()
}

fn unknown<'a>(place: &str, what: &str, word: &str, known: impl Iterator<Item = &'a Slug>, faults: &mut Faults) {
    let known: Vec<&str> = known.map(Slug::as_str).take(30).collect();
    let (word, known) = (word.trim(), known.join(", "));
    faults.add(place, "unknown", format!("the {what} {word:?} is not known; known are {known}"));
}

fn read_flag(place: &str, text: &str, if_empty: bool, faults: &mut Faults) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "" => Some(if_empty),
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => {
            faults.add(place, "format", "write yes or no");
            None
        }
    }
}

/// Two lines with one address or number would be one person twice.
fn refuse_doubles(experts: &[ImportedExpert], faults: &mut Faults) {
    let mut lines: HashMap<(&str, String), u64> = HashMap::new();
    for expert in experts {
        let handles = [("email", fold_key(expert.details.email.as_str())), ("phone", expert.details.phone.to_string())];
        for (column, handle) in handles {
            if let Some(first) = lines.get(&(column, handle.clone())) {
                let place = format!("line {}, column {column}", expert.line);
                faults.add(&place, "twice", format!("line {first} has the same {column}"));
            } else {
                lines.insert((column, handle), expert.line);
            }
        }
    }
}

/// Reads skills: word and name.
pub fn skills(bytes: &[u8]) -> Result<Vec<(Slug, Name)>, Vec<FieldError>> {
    let sheet = Sheet::read(bytes, &[Column::required("skill"), Column::required("name")], LIST_MAX)?;
    let mut faults = Faults::default();
    let mut skills = Vec::new();
    for line in sheet.lines() {
        let slug = faults.read(&line.place("skill"), line.cell("skill"));
        let name = faults.read(&line.place("name"), line.cell("name"));
        skills.extend(slug.zip(name));
    }
    if faults.is_empty() { Ok(skills) } else { Err(bounded(faults)) }
}

/// A line of the list of areas: word, name, the beginnings of its postal codes, and its borders.
pub type ImportedArea = (Slug, Name, Vec<PostalPrefix>, Option<Polygons>);

/// Reads areas; the beginnings of their postal codes are written `100;101`, their borders as GeoJSON. One of both does.
pub fn areas(bytes: &[u8]) -> Result<Vec<ImportedArea>, Vec<FieldError>> {
    let columns =
        [Column::required("area"), Column::required("name"), Column::required("postal"), Column::optional("drawing")];
    let sheet = Sheet::read(bytes, &columns, LIST_MAX)?;
    let mut faults = Faults::default();
    let mut areas = Vec::new();
    for line in sheet.lines() {
        let slug = faults.read(&line.place("area"), line.cell("area"));
        let name = faults.read(&line.place("name"), line.cell("name"));
        let prefix =
            |prefix: &str| PostalPrefix { country: postal::HOME_COUNTRY.to_owned(), prefix: prefix.to_uppercase() };
        let prefixes: Vec<PostalPrefix> = parts(line.cell("postal")).map(prefix).collect();
        let drawing = read_drawing(&line.place("drawing"), line.cell("drawing"), &mut faults);
        if prefixes.is_empty() && drawing.is_none() {
            faults.text(&line.place("postal"), shared::text::BadText::Empty);
        }
        areas.extend(slug.zip(name).map(|(slug, name)| (slug, name, prefixes, drawing)));
    }
    if faults.is_empty() { Ok(areas) } else { Err(bounded(faults)) }
}

fn read_drawing(place: &str, text: &str, faults: &mut Faults) -> Option<Polygons> {
    if text.is_empty() {
        return None;
    }
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else {
        faults.add(
            place,
            "format",
            "this is no GeoJSON: an area looks like {\"type\":\"Polygon\",\"coordinates\":[…]}",
        );
        return None;
    };
    match Polygons::read(&json) {
        Ok(drawing) => Some(drawing),
        Err(error) => {
            faults.add(place, "format", error);
            None
        }
    }
}

/// A line of the table of needs, with the labels that the form shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedNeed {
    /// The category, or with a symptom the symptom, as people call it.
    pub label: Name,
    /// The symptom means danger.
    pub danger: bool,
    /// The row.
    pub need: NewNeed,
}

/// Reads the table of needs. A line without a symptom is its category's default and must come before the symptoms.
pub fn needs(bytes: &[u8], known: &Known) -> Result<Vec<ImportedNeed>, Vec<FieldError>> {
    let columns = [
        Column::required("category"),
        Column::required("symptom"),
        Column::required("label"),
        Column::required("skills"),
        Column::required("minutes"),
        Column::optional("urgent"),
        Column::optional("danger"),
    ];
    let sheet = Sheet::read(bytes, &columns, LIST_MAX)?;
    let mut faults = Faults::default();
    let (mut needs, mut categories) = (Vec::new(), BTreeSet::new());
    for line in sheet.lines() {
        let category: Option<Slug> = faults.read(&line.place("category"), line.cell("category"));
        let symptom: Option<Slug> = faults.read_optional(&line.place("symptom"), line.cell("symptom"));
        let label = faults.read(&line.place("label"), line.cell("label"));
        let skills = read_skills(&line.place("skills"), line.cell("skills"), &known.skills, &mut faults);
        let work_minutes = read_minutes(&line, &mut faults);
        let urgent = read_flag(&line.place("urgent"), line.cell("urgent"), false, &mut faults);
        let danger = read_flag(&line.place("danger"), line.cell("danger"), false, &mut faults);
        let (Some(category), Some(label), Some(skills)) = (category, label, skills) else { continue };
        let (Some(work_minutes), Some(urgent), Some(danger)) = (work_minutes, urgent, danger) else { continue };
        if symptom.is_none() {
            categories.insert(category.clone());
        } else if !categories.contains(&category) {
            let what = format!("the category {category} has no line without a symptom above this one");
            faults.add(&line.place("category"), "no_default", what);
        }
        needs.push(ImportedNeed { label, danger, need: NewNeed { category, symptom, skills, work_minutes, urgent } });
    }
    if faults.is_empty() { Ok(needs) } else { Err(bounded(faults)) }
}

fn read_minutes(line: &Line<'_>, faults: &mut Faults) -> Option<u32> {
    let minutes = line.cell("minutes").parse::<u32>().ok().filter(|minutes| (1..=600).contains(minutes));
    if minutes.is_none() {
        faults.add(&line.place("minutes"), "format", "write the minutes of work, 1 to 600");
    }
    minutes
}

/// The texts of the lists that experts refer to.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueText<'a> {
    /// Skills.
    pub skills: &'a str,
    /// Areas.
    pub areas: &'a str,
    /// Needs, with their categories and symptoms.
    pub needs: &'a str,
}

/// The lists that experts refer to, with new ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Skills.
    pub skills: Vec<Skill>,
    /// Areas.
    pub areas: Vec<Area>,
    /// Needs, with their categories and symptoms.
    pub needs: Vec<ImportedNeed>,
}

/// Reads the lists and gives their rows ids.
pub fn catalogue(
    texts: CatalogueText<'_>,
    chance: &dyn Chance,
    now_real: Timestamp,
) -> Result<Catalogue, Vec<FieldError>> {
    let skills: Vec<Skill> = skills(texts.skills.as_bytes())?
        .into_iter()
        .map(|(slug, name)| Skill { id: Id::new(now_real, chance), slug, name, active: true, ver: 1 })
        .collect();
    let areas: Vec<Area> = areas(texts.areas.as_bytes())?
        .into_iter()
        .map(|(slug, name, postal, drawing)| Area {
            id: Id::new(now_real, chance),
            slug,
            name,
            active: true,
            ver: 1,
            postal,
            drawing,
        })
        .collect();
    let needs = needs(texts.needs.as_bytes(), &Known::of(&skills, &areas))?;
    Ok(Catalogue { skills, areas, needs })
}

/// Experts with new ids, for them and their shifts.
pub fn new_experts(imported: Vec<ImportedExpert>, chance: &dyn Chance, now_real: Timestamp) -> Vec<NewExpert> {
    let row = |spec: ShiftSpec| spec.with_id(Id::new(now_real, chance));
    let new = |expert: ImportedExpert| NewExpert {
        id: Id::new(now_real, chance),
        details: expert.details,
        skills: expert.skills,
        areas: expert.areas,
        shifts: expert.shifts.into_iter().map(row).collect(),
        active: expert.active,
    };
    imported.into_iter().map(new).collect()
}

/// Keeps the lists. What is there already by its word stays as it is, so it may run twice.
pub async fn seed_catalogue(tx: &mut Tx, catalogue: &Catalogue, now: Timestamp) -> Result<(), Error> {
    for skill in &catalogue.skills {
        store::create_skill(tx, skill).await?;
    }
    for area in &catalogue.areas {
        store::create_area(tx, area).await?;
    }
    let there: BTreeSet<(Slug, Option<Slug>)> =
        store::needs(tx).await?.into_iter().map(|(need, _)| (need.category, need.symptom)).collect();
    for (place_in_list, row) in (1..).zip(&catalogue.needs) {
        let NewNeed { category, symptom, .. } = &row.need;
        if there.contains(&(category.clone(), symptom.clone())) {
            continue;
        }
        match symptom {
            None => {
                let category = Category { slug: category.clone(), label: row.label.clone(), symptoms: Vec::new() };
                store::put_category(tx, &category, place_in_list, true).await?;
            }
            Some(slug) => {
                let symptom = Symptom { slug: slug.clone(), label: row.label.clone(), danger: row.danger };
                store::put_symptom(tx, category, &symptom, place_in_list, true).await?;
            }
        }
        store::put_need(tx, &row.need, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
