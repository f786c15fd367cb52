//! The app's words in the expert's language. A screen holds no sentence: it names one of [`Text`], and the catalogue of
//! the language says it (`shared/texts/<language>/app.ftl`). Changed in the settings, every screen is drawn anew.

pub(super) use shared::texts::{AppText as Text, Language, Value};

/// A voice in one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Say(Language);

impl Say {
    /// In this language.
    pub(super) fn of(language: Language) -> Self {
        Self(language)
    }

    /// A text without arguments.
    pub(super) fn t(self, text: Text) -> String {
        self.with(text, &[])
    }

    /// A text with these arguments.
    pub(super) fn with(self, text: Text, args: &[(&str, Value<'_>)]) -> String {
        self.0.app_catalogue().text(text, args)
    }

    /// A text about a number of things, called `n`.
    pub(super) fn n(self, text: Text, n: impl TryInto<i64>) -> String {
        self.with(text, &[("n", Value::Number(n.try_into().unwrap_or(i64::MAX)))])
    }
}
