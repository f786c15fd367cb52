//! What people read, in their language: one catalogue of Fluent messages a language, embedded in the program.
//!
//! The list of texts is closed ([`TextId`]); a test renders each with samples in each language. A text that fails
//! anyway (it cannot, after that test) falls back to English and then to its name, because a message with a gap still
//! helps more than none. Fluent's isolation marks are off: an SMS with one would lose half its room.

pub mod gsm;
#[macro_use]
mod ids;
mod app;

pub use app::AppText;
pub use ids::{Named, TextId};

use crate::time::{Timestamp, Zone};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::Serialize;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// Languages of a browser's wish that are looked at.
const RANGES_MAX: usize = 20;

/// A language that has a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Language {
    /// English: complete, and what everyone gets whose language we do not have.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German: complete too, and the proof that a language is a folder of texts and nothing else.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The code in tables and in `lang` attributes.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name, as those who speak it write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a locale like `en-US`; English where we have no catalogue for it.
    pub fn of_locale(locale: &str) -> Self {
        let code = locale.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| code.eq_ignore_ascii_case(language.code())).unwrap_or_default()
    }

    /// The language that a browser asks for (`Accept-Language`), among ours: of those it names, the one it likes best.
    /// English where it names none of ours.
    pub fn of_browser(accepts: &str) -> Self {
        let mut best = (0.0_f32, Self::default());
        for range in accepts.split(',').take(RANGES_MAX) {
            let mut parts = range.split(';');
            let code = parts.next().unwrap_or_default().trim().split('-').next().unwrap_or_default();
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let known = Self::ALL.into_iter().find(|language| code.eq_ignore_ascii_case(language.code()));
            if let Some(language) = known.filter(|_| quality > best.0) {
                best = (quality, language);
            }
        }
        best.1
    }

    /// Its catalogue.
    pub fn catalogue(self) -> &'static Catalogue {
        static ENGLISH: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(Language::English, &Language::English.files()));
        static GERMAN: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(Language::German, &Language::German.files()));
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    /// The catalogue of the expert's app.
    pub fn app_catalogue(self) -> &'static Catalogue {
        static ENGLISH: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(Language::English, &[Language::English.app_file()]));
        static GERMAN: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(Language::German, &[Language::German.app_file()]));
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    fn app_file(self) -> &'static str {
        match self {
            Self::English => include_str!("../../texts/en/app.ftl"),
            Self::German => include_str!("../../texts/de/app.ftl"),
        }
    }

    fn files(self) -> [&'static str; 4] {
        match self {
            Self::English => [
                include_str!("../../texts/en/times.ftl"),
                include_str!("../../texts/en/notices.ftl"),
                include_str!("../../texts/en/survey.ftl"),
                include_str!("../../texts/en/money.ftl"),
            ],
            Self::German => [
                include_str!("../../texts/de/times.ftl"),
                include_str!("../../texts/de/notices.ftl"),
                include_str!("../../texts/de/survey.ftl"),
                include_str!("../../texts/de/money.ftl"),
            ],
        }
    }
}

/// A value for an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, put in as it is.
    Text(&'a str),
    /// A number, which a text may choose its words by.
    Number(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// All texts of one language.
pub struct Catalogue {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    fn read(language: Language, files: &[&str]) -> Self {
        let id: LanguageIdentifier = language.code().parse().expect("our codes are language codes");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        for file in files {
            // What Fluent could not read it leaves out; the test of this file finds every gap.
            let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(readable, _)| readable);
            let _ = bundle.add_resource(resource);
        }
        Self { language, bundle }
    }

    /// Which language this is.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text with these arguments.
    pub fn text(&self, id: impl Named, args: &[(&str, Value<'_>)]) -> String {
        if let Ok(text) = self.try_text(id, args) {
            return text;
        }
        let english = if self.bundle.has_message(TextId::When.key()) {
            Language::default().catalogue()
        } else {
            Language::default().app_catalogue()
        };
        english.try_text(id, args).unwrap_or_else(|_| id.key().to_owned())
    }

    fn try_text(&self, id: impl Named, args: &[(&str, Value<'_>)]) -> Result<String, String> {
        let pattern = self.bundle.get_message(id.key()).and_then(|message| message.value());
        let pattern = pattern.ok_or_else(|| format!("{} is missing", id.key()))?;
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, fluent(*value))).collect();
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if errors.is_empty() { Ok(text) } else { Err(format!("{}: {errors:?}", id.key())) }
    }

    /// A day and a time as the wall clock of the reader's zone shows them: `Tue 3 Mar, 14:20`.
    pub fn when(&self, zone: &Zone, at: Timestamp) -> String {
        let date = zone.local(at).date;
        let weekday = i64::from(date.weekday().to_monday_one_offset());
        let time = self.time(zone, at);
        let args = [
            ("weekday", Value::Number(weekday)),
            ("day", Value::Number(i64::from(date.day()))),
            ("month", Value::Number(i64::from(date.month()))),
            ("time", Value::Text(&time)),
        ];
        self.text(TextId::When, &args)
    }

    /// A day as a calendar of the reader's zone names it: `3 March 2027`.
    pub fn date(&self, zone: &Zone, at: Timestamp) -> String {
        let date = zone.local(at).date;
        let year = date.year().to_string();
        let args = [
            ("day", Value::Number(i64::from(date.day()))),
            ("month", Value::Number(i64::from(date.month()))),
            ("year", Value::Text(&year)),
        ];
        self.text(TextId::Date, &args)
    }

    /// A time of the day as the wall clock of the reader's zone shows it: `14:20`.
    pub fn time(&self, zone: &Zone, at: Timestamp) -> String {
        match self.language {
            Language::English | Language::German => zone.show(at, "%H:%M"),
        }
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue").field("language", &self.language).finish_non_exhaustive()
    }
}

fn fluent(value: Value<'_>) -> FluentValue<'_> {
    match value {
        Value::Text(text) => FluentValue::from(text),
        Value::Number(number) => FluentValue::from(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A sample of each argument, as long as it usually gets.
    fn sample(arg: &str) -> Value<'static> {
        match arg {
            "number" => "7KM-Q2D-9XA".into(),
            "numbers" => "7KM, 9XA, Q2D, 4TT".into(),
            "title" => "No picture, sound is fine".into(),
            "place" => "10025 New York".into(),
            "when" | "was" => "Tue 3 Mar, 14:20".into(),
            "until" | "time" => "14:05".into(),
            "expert" => "Ana Ruiz".into(),
            "name" => "Mia Chen".into(),
            "email" => "mia@example.com".into(),
            "customer" => "Mia Chen".into(),
            "phone" => "+12125550100".into(),
            "plan" => "Home and devices plus".into(),
            "price" => "119.00 USD".into(),
            "card" => "Visa ending in 4242".into(),
            "note" => "We will charge your Visa ending in 4242.".into(),
            "year" => "2027".into(),
            "page" => "https://help.example.com/plans".into(),
            "link" => "https://help.example.com/survey/AZmj8HwefSqLEV9uenCcDQAAAAAAAAAAAAAAAAAAAAA".into(),
            "code" => "481 516".into(),
            "answer" => "Yes, it is working".into(),
            "comment" | "text" => "Still no picture.".into(),
            "reason" => "No expert fits.".into(),
            "changes" | "work" => "2 changes".into(),
            "photos" => "1 photo".into(),
            "why" | "what" => "too many notes".into(),
            "span" => "1 h 20 min".into(),
            "address" => "1 Main St, New York".into(),
            "author" => "Ana Ruiz".into(),
            "since" => "Tue 3 Mar, 14:20".into(),
            "zone" => "America/New_York".into(),
            "version" => "1.2.0".into(),
            "n" | "weekday" | "day" | "month" | "minutes" | "hours" | "metres" | "max" | "fixed" | "tried" => 3.into(),
            other => panic!("add a sample for the argument {other}"),
        }
    }

    /// What leads an expert to a ticket in the app has less room for its title.
    fn sample_of(id: TextId, arg: &'static str) -> Value<'static> {
        let leads_to_app =
            matches!(id, TextId::OfferSms | TextId::OffersSms | TextId::ReminderSms | TextId::UnheardSms);
        match arg {
            "link" if leads_to_app => "https://help.example.com/app/ticket/7KM-Q2D-9XA".into(),
            "link" if id == TextId::CodeAppSms => "https://help.example.com/app".into(),
            "title" if leads_to_app => "No picture, sou...".into(),
            other => sample(other),
        }
    }

    fn rendered(language: Language, id: TextId) -> String {
        let args: Vec<_> = id.args().iter().map(|arg| (*arg, sample_of(id, arg))).collect();
        language.catalogue().try_text(id, &args).unwrap()
    }

    fn renders_and_uses_its_arguments(catalogue: &Catalogue, id: impl Named) {
        let args: Vec<_> = id.args().iter().map(|arg| (*arg, sample(arg))).collect();
        let text = catalogue.try_text(id, &args).unwrap();
        assert!(!text.trim().is_empty() && !text.contains(['{', '\u{2068}']), "{id:?}: {text}");
        for arg in id.args() {
            let without: Vec<_> = args.iter().filter(|(other, _)| other != arg).copied().collect();
            assert!(catalogue.try_text(id, &without).is_err(), "{id:?} does not use its argument {arg}");
        }
    }

    #[test]
    fn every_text_exists_in_every_language_and_uses_only_its_arguments() {
        for language in Language::ALL {
            for id in TextId::ALL {
                renders_and_uses_its_arguments(language.catalogue(), *id);
            }
            for id in AppText::ALL {
                renders_and_uses_its_arguments(language.app_catalogue(), *id);
            }
        }
    }

    #[test]
    fn a_catalogue_holds_nothing_that_nobody_asks_for() {
        holds_just(TextId::ALL, |language| language.files().to_vec());
        holds_just(AppText::ALL, |language| vec![language.app_file()]);
    }

    fn holds_just(all: &[impl Named], files: impl Fn(Language) -> Vec<&'static str>) {
        let known: BTreeSet<_> = all.iter().map(|id| id.key().to_owned()).collect();
        assert_eq!(known.len(), all.len(), "two texts have one name");
        for language in Language::ALL {
            let lines = files(language).into_iter().flat_map(str::lines);
            let named = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
            let named: Vec<_> = named.filter_map(|line| line.split_once(" =")).map(|(key, _)| key.to_owned()).collect();
            assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), known);
            assert_eq!(named.len(), known.len(), "a text stands twice in the files of {language:?}");
        }
    }

    #[test]
    fn every_sms_fits_one_message() {
        let mut n_seen = 0;
        for language in Language::ALL {
            for id in TextId::ALL.iter().filter(|id| id.key().ends_with("-sms")) {
                let text = rendered(language, *id);
                let size = gsm::measure(&text);
                assert!(size.is_gsm && size.n_parts == 1, "{id:?} takes {} units: {text}", size.n_units);
                n_seen += 1;
            }
        }
        assert!(n_seen >= 9, "the texts for SMS were not found");
    }

    #[test]
    fn times_are_those_of_the_readers_wall() {
        let at: Timestamp = "2026-03-03T19:20:00Z".parse().unwrap();
        let english = Language::English.catalogue();
        let shown = |zone: &str| english.when(&zone.parse().unwrap(), at);
        assert_eq!(shown("America/New_York"), "Tue 3 Mar, 14:20");
        assert_eq!(shown("Asia/Tokyo"), "Wed 4 Mar, 04:20");
        assert_eq!(english.time(&Zone::utc(), at), "19:20");
        let german = Language::German.catalogue();
        assert_eq!(german.when(&"America/New_York".parse().unwrap(), at), "Di 3. März, 14:20");
    }

    #[test]
    fn an_sms_with_a_long_name_stays_one_message_in_every_language() {
        let name = "W".repeat(24);
        for language in Language::ALL {
            // The longest day that this language writes.
            let days = (0..365).map(|day| Timestamp::from_millis(day * 86_400_000 + 1));
            let days = days.map(|at| language.catalogue().when(&Zone::utc(), at));
            let when = days.max_by_key(|when| gsm::measure(when).n_units).unwrap();
            for id in TextId::ALL.iter().filter(|id| id.key().ends_with("-sms")) {
                let long = |arg: &'static str| match arg {
                    "expert" | "place" => Value::Text(&name),
                    "when" | "was" => Value::Text(&when),
                    other => sample_of(*id, other),
                };
                let args: Vec<_> = id.args().iter().map(|arg| (*arg, long(arg))).collect();
                let text = gsm::fold(&language.catalogue().try_text(*id, &args).unwrap());
                let size = gsm::measure(&text);
                assert!(size.is_gsm && size.n_parts == 1, "{language:?} {id:?} takes {}: {text}", size.n_units);
            }
        }
    }

    #[test]
    fn a_browser_gets_the_language_that_it_likes_best_among_ours() {
        for (accepts, expected) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("fr-FR, fr;q=0.9, en;q=0.3, de;q=0.7", Language::German),
            ("en-US,en;q=0.9,de;q=0.8", Language::English),
            ("de;q=0, en", Language::English),
            ("pl, *;q=0.1", Language::English),
            ("de;q=x", Language::German),
        ] {
            assert_eq!(Language::of_browser(accepts), expected, "{accepts}");
        }
    }

    #[test]
    fn a_language_we_lack_is_answered_in_english() {
        for locale in ["en", "en-US", "EN_gb", "xx", ""] {
            assert_eq!(Language::of_locale(locale), Language::English);
        }
        assert_eq!(Language::of_locale("de-CH"), Language::German);
    }
}
