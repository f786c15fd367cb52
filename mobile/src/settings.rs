//! How this phone's expert wants the app: language, size of the text, colours, movement, and whether it may know where it
//! is. Kept in a small file beside the database, because the screen that signs somebody in has a language too. A file
//! that cannot be read is as none: the app opens as the phone is set.

use serde::{Deserialize, Serialize};
use shared::texts::Language;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "settings.json";
/// A larger file is none of ours.
const FILE_BYTES_MAX: u64 = 16 * 1_024;

/// Everything that can be set. What a newer app added an older one leaves out, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The language; none: the phone's.
    pub language: Option<Spoken>,
    /// The size of the text.
    pub text: TextSize,
    /// The colours.
    pub theme: Theme,
    /// Nothing on the screen moves. (Without it, as the phone is set.)
    pub still: bool,
    /// The office may know where the phone is while the expert is on duty.
    pub place: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { language: None, text: TextSize::Normal, theme: Theme::System, still: false, place: true }
    }
}

/// A language in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spoken {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Spoken {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language of the catalogue.
    pub fn language(self) -> Language {
        match self {
            Self::English => Language::English,
            Self::German => Language::German,
        }
    }
}

/// How large the text is, in hundredths of what the phone says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// As the phone says.
    #[default]
    Normal,
    /// A quarter larger.
    Large,
    /// Half as large again.
    Larger,
    /// Twice as large.
    Largest,
}

impl TextSize {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Large, Self::Larger, Self::Largest];

    /// Of a hundred.
    pub fn percent(self) -> u32 {
        match self {
            Self::Normal => 100,
            Self::Large => 125,
            Self::Larger => 150,
            Self::Largest => 200,
        }
    }
}

/// The colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Light or dark, as the phone is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// Black on white with thick lines: to be read in the sun.
    Sunlight,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::Sunlight];

    /// Its name in the page.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Sunlight => "sunlight",
        }
    }
}

impl Settings {
    /// The language that is spoken on a phone of this one.
    pub fn language(&self, phone: Language) -> Language {
        self.language.map_or(phone, Spoken::language)
    }

    /// What the page's outermost element says of them, so that the first thing that is drawn is right already.
    pub fn attributes(&self, phone: Language) -> String {
        format!(
            "lang=\"{}\" data-theme=\"{}\" data-still=\"{}\" style=\"font-size:{}%\"",
            self.language(phone).code(),
            self.theme.word(),
            self.still,
            self.text.percent()
        )
    }

    /// The same for a page that is there already.
    pub fn script(&self, phone: Language) -> String {
        format!(
            "const root = document.documentElement; root.lang = '{}'; root.dataset.theme = '{}'; \
             root.dataset.still = '{}'; root.style.fontSize = '{}%';",
            self.language(phone).code(),
            self.theme.word(),
            self.still,
            self.text.percent()
        )
    }
}

/// Where the settings of this phone lie.
#[derive(Clone, Debug)]
pub struct SettingsFile(PathBuf);

impl SettingsFile {
    /// In this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join(FILE))
    }

    /// What it says.
    pub fn read(&self) -> Settings {
        let small = std::fs::metadata(&self.0).is_ok_and(|data| data.len() <= FILE_BYTES_MAX);
        let text = if small { std::fs::read_to_string(&self.0).ok() } else { None };
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keeps these. After a power cut it is the old ones or these, never half.
    pub fn write(&self, settings: &Settings) -> io::Result<()> {
        let text = serde_json::to_string(settings).map_err(io::Error::other)?;
        let new = self.0.with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::File::open(&new)?.sync_all()?;
        std::fs::rename(&new, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_restart_and_a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::in_folder(folder.path());
        assert_eq!(file.read(), Settings::default());
        let wanted = Settings {
            language: Some(Spoken::German),
            text: TextSize::Largest,
            theme: Theme::Sunlight,
            still: true,
            place: false,
        };
        file.write(&wanted).unwrap();
        assert_eq!(file.read(), wanted);
        for broken in ["", "{", "[]", r#"{"theme":"neon"}"#] {
            std::fs::write(folder.path().join(FILE), broken).unwrap();
            assert_eq!(file.read(), Settings::default(), "{broken}");
        }
        std::fs::write(folder.path().join(FILE), r#"{"theme":"dark","of_a_newer_app":1}"#).unwrap();
        assert_eq!(file.read(), Settings { theme: Theme::Dark, ..Settings::default() });
    }

    #[test]
    fn the_page_opens_in_the_language_and_colours_that_were_set() {
        let settings = Settings { theme: Theme::Sunlight, text: TextSize::Large, ..Settings::default() };
        let page = settings.attributes(Language::German);
        assert_eq!(page, r#"lang="de" data-theme="sunlight" data-still="false" style="font-size:125%""#);
        let english = Settings { language: Some(Spoken::English), ..settings };
        assert!(english.script(Language::German).contains("root.lang = 'en'"));
    }
}
