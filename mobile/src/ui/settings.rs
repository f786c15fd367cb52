//! How the expert wants the app: language, size of the text, colours, movement, and whether the office may know where he
//! is. Each tap counts at once, and can be tapped back; nothing is to be saved.

use crate::ui::hooks::{Settings, Spoken, TextSize, Theme, Ui, use_ui};
use crate::ui::kit::Head;
use crate::ui::say::Text;
use dioxus::prelude::*;

/// The screen.
#[component]
pub(super) fn SettingsScreen() -> Element {
    let ui = use_ui();
    let say = ui.say();
    rsx! {
        main { class: "page",
            Head { title: say.t(Text::SettingsTitle) }
            Languages {}
            One { name: "text", title: Text::SettingsText, choices: TextSize::ALL.map(size_choice).to_vec() }
            One { name: "theme", title: Text::SettingsTheme, choices: Theme::ALL.map(theme_choice).to_vec(),
                help: Text::SettingsSunlightHelp }
            One { name: "motion", title: Text::SettingsMotion, choices: [false, true].map(motion_choice).to_vec() }
            One { name: "place", title: Text::SettingsPlace, choices: [true, false].map(place_choice).to_vec(),
                help: Text::SettingsPlaceHelp }
            p { class: "quiet small", {say.t(Text::SettingsKept)} }
        }
    }
}

/// One of several that exclude each other.
#[derive(Clone, Copy)]
struct OneOf {
    /// For the control's test id.
    word: &'static str,
    text: Text,
    is_set: fn(&Settings) -> bool,
    set: fn(&mut Settings),
}

impl PartialEq for OneOf {
    /// By its name: what it does is the same for ever.
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word && self.text == other.text
    }
}

fn size_choice(size: TextSize) -> OneOf {
    match size {
        TextSize::Normal => OneOf {
            word: "100",
            text: Text::SettingsTextNormal,
            is_set: |now| now.text == TextSize::Normal,
            set: |now| now.text = TextSize::Normal,
        },
        TextSize::Large => OneOf {
            word: "125",
            text: Text::SettingsTextLarge,
            is_set: |now| now.text == TextSize::Large,
            set: |now| now.text = TextSize::Large,
        },
        TextSize::Larger => OneOf {
            word: "150",
            text: Text::SettingsTextLarger,
            is_set: |now| now.text == TextSize::Larger,
            set: |now| now.text = TextSize::Larger,
        },
        TextSize::Largest => OneOf {
            word: "200",
            text: Text::SettingsTextLargest,
            is_set: |now| now.text == TextSize::Largest,
            set: |now| now.text = TextSize::Largest,
        },
    }
}

fn theme_choice(theme: Theme) -> OneOf {
    match theme {
        Theme::System => OneOf {
            word: "system",
            text: Text::SettingsSystem,
            is_set: |now| now.theme == Theme::System,
            set: |now| now.theme = Theme::System,
        },
        Theme::Light => OneOf {
            word: "light",
            text: Text::SettingsLight,
            is_set: |now| now.theme == Theme::Light,
            set: |now| now.theme = Theme::Light,
        },
        Theme::Dark => OneOf {
            word: "dark",
            text: Text::SettingsDark,
            is_set: |now| now.theme == Theme::Dark,
            set: |now| now.theme = Theme::Dark,
        },
        Theme::Sunlight => OneOf {
            word: "sunlight",
            text: Text::SettingsSunlight,
            is_set: |now| now.theme == Theme::Sunlight,
            set: |now| now.theme = Theme::Sunlight,
        },
    }
}

fn motion_choice(still: bool) -> OneOf {
    if still {
        OneOf { word: "less", text: Text::SettingsMotionLess, is_set: |now| now.still, set: |now| now.still = true }
    } else {
        OneOf { word: "system", text: Text::SettingsSystem, is_set: |now| !now.still, set: |now| now.still = false }
    }
}

fn place_choice(on: bool) -> OneOf {
    if on {
        OneOf { word: "duty", text: Text::SettingsPlaceOn, is_set: |now| now.place, set: |now| now.place = true }
    } else {
        OneOf { word: "never", text: Text::SettingsPlaceOff, is_set: |now| !now.place, set: |now| now.place = false }
    }
}

#[component]
fn One(name: &'static str, title: Text, choices: Vec<OneOf>, #[props(default)] help: Option<Text>) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let now = *ui.settings.read();
    rsx! {
        section { h2 { id: "set-{name}", {say.t(title)} }
            div { class: "outcomes", role: "group", aria_labelledby: "set-{name}",
                for choice in choices {
                    Pick { key: "{choice.word}", testid: "{name}-{choice.word}", text: say.t(choice.text), lang: None,
                        on: (choice.is_set)(&now), on_pick: move |()| ui.set(choice.set) }
                }
            }
            if let Some(help) = help { p { class: "quiet small", {say.t(help)} } }
        }
    }
}

/// Each language is named in itself: whoever opened the wrong one finds the way back.
#[component]
fn Languages() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let now = ui.settings.read().language;
    let set = move |ui: Ui, language: Option<Spoken>| ui.set(move |settings| settings.language = language);
    rsx! {
        section { h2 { id: "set-language", {say.t(Text::SettingsLanguage)} }
            div { class: "outcomes", role: "group", aria_labelledby: "set-language",
                Pick { testid: "language-system", text: say.t(Text::SettingsSystem), lang: None, on: now.is_none(),
                    on_pick: move |()| set(ui, None) }
                for spoken in Spoken::ALL {
                    Pick { key: "{spoken.language().code()}", testid: "language-{spoken.language().code()}",
                        text: spoken.language().name(), lang: Some(spoken.language().code()), on: now == Some(spoken),
                        on_pick: move |()| set(ui, Some(spoken)) }
                }
            }
        }
    }
}

#[component]
fn Pick(testid: String, text: String, lang: Option<&'static str>, on: bool, on_pick: EventHandler<()>) -> Element {
    rsx! {
        button { class: "outcome", "data-testid": "{testid}", aria_pressed: on, lang, onclick: move |_| on_pick.call(()), "{text}" }
    }
}
