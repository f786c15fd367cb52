//! Both languages, whole: each screen drawn in German holds no English sentence of the catalogue, and no source of a screen
//! holds a sentence at all.

use super::hooks::{Screen, Settings, Spoken, TextSize, Theme};
use super::say::{Language, Text};
use super::tests::{Drawn, id, offered, snapshot, text, view};
use serde_json::json;

fn german() -> Settings {
    Settings { language: Some(Spoken::German), ..Settings::default() }
}

/// Sentences that only the English catalogue says.
fn only_english() -> Vec<String> {
    let without_arguments = Text::ALL.iter().filter(|text| text.args().is_empty());
    let both = without_arguments.map(|text| {
        (Language::English.app_catalogue().text(*text, &[]), Language::German.app_catalogue().text(*text, &[]))
    });
    // A short word may stand in what people wrote.
    both.filter(|(english, german)| english != german && english.len() > 8).map(|(english, _)| english).collect()
}

#[test]
fn no_screen_says_anything_in_the_other_language() {
    let day = snapshot(vec![offered(3), view(2, json!({"phase": "on_site"})), view(4, json!({"phase": "completed"}))]);
    let english = only_english();
    assert!(english.len() > 150, "the catalogue was read");
    let screens = [
        Screen::Today,
        Screen::Knowledge,
        Screen::News,
        Screen::You,
        Screen::Settings,
        Screen::Ticket(id(2)),
        Screen::Ticket(id(3)),
        Screen::Ticket(id(9)),
        Screen::Write(id(2)),
        Screen::Decline(id(3)),
        Screen::CannotFix(id(2)),
        Screen::Complete(id(2)),
        Screen::SignInAgain,
    ];
    for screen in screens {
        let shown = text(&Drawn { settings: german(), ..Drawn::of(day.clone(), screen) }.html());
        let shown = shown.replace("No picture", "").replace("You know this maker best.", "");
        for sentence in &english {
            assert!(!shown.contains(sentence.as_str()), "{screen:?} says {sentence:?}: {shown}");
        }
    }
    let shown = text(&Drawn { settings: german(), ..Drawn::of(day, Screen::Today) }.html());
    assert!(
        shown.contains("Gilt noch") && shown.contains("Besuch abschließen") && shown.contains("Im Dienst"),
        "{shown}"
    );
}

/// The sources of the screens, without their tests.
const SOURCES: [(&str, &str); 23] = [
    ("app", include_str!("app.rs")),
    ("cannot_fix", include_str!("cannot_fix.rs")),
    ("complete", include_str!("complete.rs")),
    ("decline", include_str!("decline.rs")),
    ("duty", include_str!("duty.rs")),
    ("hooks", include_str!("hooks.rs")),
    ("hooks/library", include_str!("hooks/library.rs")),
    ("hooks/picked", include_str!("hooks/picked.rs")),
    ("hooks/outside", include_str!("hooks/outside.rs")),
    ("hooks/phone", include_str!("hooks/phone.rs")),
    ("hooks/wishes", include_str!("hooks/wishes.rs")),
    ("kit", include_str!("kit.rs")),
    ("knowledge", include_str!("knowledge.rs")),
    ("news", include_str!("news.rs")),
    ("offer", include_str!("offer.rs")),
    ("photos", include_str!("photos.rs")),
    ("settings", include_str!("settings.rs")),
    ("sign_in", include_str!("sign_in.rs")),
    ("status", include_str!("status.rs")),
    ("you", include_str!("you.rs")),
    ("ticket", include_str!("ticket.rs")),
    ("today", include_str!("today.rs")),
    ("words", include_str!("words.rs")),
];

/// Text literals of a source that a person could read as a sentence or as a button's word.
fn sentences(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    for line in product.lines().map(str::trim) {
        let is_no_screen = line.starts_with("//")
            || line.starts_with("#[")
            || line.starts_with("const WATCH")
            || ["tracing::", ".expect(", "Error::Bug(", "document::eval"].iter().any(|word| line.contains(word));
        if is_no_screen {
            continue;
        }
        let parts: Vec<_> = line.split('"').collect();
        for (at, literal) in parts.iter().enumerate().filter(|(at, _)| at % 2 == 1) {
            let before = parts[at - 1].trim_end();
            let is_attribute = ["class:", "accept:", "capture:"].iter().any(|end| before.ends_with(end))
                || line.contains("let class = if");
            // What stands in braces is put in, not said.
            let mut depth = 0_u32;
            let said: String = literal
                .chars()
                .filter(|char| match char {
                    '{' => {
                        depth += 1;
                        false
                    }
                    '}' => {
                        depth = depth.saturating_sub(1);
                        false
                    }
                    _ => depth == 0,
                })
                .collect();
            let said = said.trim();
            let has_words = said.contains(' ') && said.chars().any(char::is_alphabetic);
            let is_word = said.chars().next().is_some_and(char::is_uppercase) && said.len() > 2;
            if !is_attribute && (has_words || is_word) {
                found.push(said.to_owned());
            }
        }
    }
    found
}

#[test]
fn no_screen_holds_a_sentence_outside_of_the_catalogue() {
    assert_eq!(sentences(r#"p { "Nothing is here." }"#), ["Nothing is here."]);
    assert_eq!(sentences(r#"button { class: "big", "Accept" }"#), ["Accept"]);
    assert_eq!(sentences(r#"p { class: "quiet small", {say.t(Text::Ok)} "{a.b} · {c}" }"#), Vec::<String>::new());
    // The days by which a shift comes in, a file's first bytes, a variable.
    let known = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "RIFF", "CARGO_PKG_VERSION"];
    for (name, source) in SOURCES {
        let mut found = sentences(source);
        found.retain(|said| !known.contains(&said.as_str()));
        assert!(found.is_empty(), "ui/{name}.rs says {found:?}: put it into texts/<language>/app.ftl");
    }
}

#[test]
fn every_setting_is_one_tap_and_says_which_is_set() {
    let settings = Settings {
        language: Some(Spoken::German),
        text: TextSize::Larger,
        theme: Theme::Sunlight,
        still: true,
        place: false,
    };
    let html = Drawn { settings, ..Drawn::of(snapshot(vec![]), Screen::Settings) }.html();
    let pressed = |testid: &str| {
        let tag = html.split("<button").find(|tag| tag.contains(&format!("data-testid=\"{testid}\"")));
        tag.unwrap_or_else(|| panic!("no {testid}")).contains("aria-pressed=true")
    };
    for testid in ["language-de", "text-150", "theme-sunlight", "motion-less", "place-never"] {
        assert!(pressed(testid), "{testid}");
    }
    for testid in ["language-system", "language-en", "text-100", "theme-dark", "motion-system", "place-duty"] {
        assert!(!pressed(testid), "{testid}");
    }
    assert!(html.contains("lang=\"en\"") && html.contains("English") && html.contains("Deutsch"));
}
