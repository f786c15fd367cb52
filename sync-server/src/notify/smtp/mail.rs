//! A mail's HTML: the same words as its plain text, with the link as a link, in the colours and type of our pages. Styles
//! stand in the tags, because many mail programs drop the rest; the colours of the night stand in a style sheet for those
//! that keep one. There is no picture and nothing to load. Pure.

use askama::Template;
use shared::texts::Language;
use std::sync::LazyLock;

/// A paragraph: lines, and in them perhaps the link.
#[derive(Debug, PartialEq, Eq)]
struct Paragraph {
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq, Eq)]
struct Line {
    text: String,
    is_link: bool,
}

#[derive(Template)]
#[template(path = "notify/mail.html")]
struct MailPage<'a> {
    lang: &'static str,
    subject: &'a str,
    paragraphs: Vec<Paragraph>,
    day: &'static Colours,
    night: &'static Colours,
    font: String,
}

/// The colours of a mail, as the pages' style sheet names them.
struct Colours {
    paper: &'static str,
    surface: &'static str,
    ink: &'static str,
    line: &'static str,
    accent: &'static str,
}

static DAY: LazyLock<Colours> = LazyLock::new(|| Colours::of(assets::by_day()));
static NIGHT: LazyLock<Colours> = LazyLock::new(|| Colours::of(assets::by_night()));

impl Colours {
    fn of(sheet: &'static str) -> Self {
        Self {
            paper: token(sheet, "paper"),
            surface: token(sheet, "surface"),
            ink: token(sheet, "ink"),
            line: token(sheet, "line"),
            accent: token(sheet, "accent"),
        }
    }
}

/// The value of a token in a part of the pages' style sheet; nothing where it is not set there.
fn token(sheet: &'static str, name: &str) -> &'static str {
    let value = sheet.lines().find_map(|line| line.trim().strip_prefix("--")?.strip_prefix(name)?.strip_prefix(':'));
    value.map_or("", |value| value.trim().trim_end_matches(';'))
}

/// The HTML of a mail that says this.
pub(super) fn html(language: Language, subject: &str, body: &str, link: Option<&str>) -> Result<String, askama::Error> {
    let (lang, paragraphs) = (language.code(), paragraphs(body, link));
    // In a tag's quotes only the other kind of quote can stand.
    let font = token(assets::by_day(), "font").replace('"', "'");
    MailPage { lang, subject, paragraphs, day: &DAY, night: &NIGHT, font }.render()
}

/// Paragraphs end with an empty line. A link on a line of its own becomes the link.
fn paragraphs(body: &str, link: Option<&str>) -> Vec<Paragraph> {
    let mut paragraphs = vec![Paragraph { lines: Vec::new() }];
    for line in body.lines() {
        if line.trim().is_empty() {
            paragraphs.push(Paragraph { lines: Vec::new() });
        } else if let Some(last) = paragraphs.last_mut() {
            last.lines.push(Line { is_link: Some(line.trim()) == link, text: line.trim().to_owned() });
        }
    }
    paragraphs.retain(|paragraph| !paragraph.lines.is_empty());
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_and_the_link_is_one() {
        let link = "https://help.example.com/survey/abc";
        let body = format!("Hello Mia & <Ben>,\n\nis it working?\n{link}\n");
        let page = html(Language::English, "Is it working? <3", &body, Some(link)).unwrap();
        let (amp, lt) = (page.contains("Mia &#38; &#60;Ben&#62;"), page.contains("&#60;3"));
        assert!(amp && lt && !page.contains("<Ben>"), "{page}");
        assert_eq!(page.matches(&format!("href=\"{link}\"")).count(), 1, "{page}");
        assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("<link"), "{page}");
    }

    #[test]
    fn a_mail_wears_the_colours_and_the_type_of_the_pages_by_day_and_by_night() {
        for colours in [&*DAY, &*NIGHT] {
            let all = [colours.paper, colours.surface, colours.ink, colours.line, colours.accent];
            assert!(all.iter().all(|colour| colour.len() == 7 && colour.starts_with('#')), "{all:?}");
        }
        assert_ne!(DAY.paper, NIGHT.paper);
        let page = html(Language::German, "Funktioniert es?", "Guten Tag", None).unwrap();
        let (style, body) = page.split_once("<body").unwrap();
        assert!(
            style.contains("<html lang=\"de\">") && style.contains(NIGHT.ink) && !style.contains(DAY.ink),
            "{page}"
        );
        assert!(body.contains(DAY.ink) && body.contains("system-ui") && !body.contains(NIGHT.ink), "{page}");
    }

    #[test]
    fn an_empty_line_ends_a_paragraph() {
        let found = paragraphs("one\ntwo\n\n\nthree", None);
        assert_eq!(found.iter().map(|paragraph| paragraph.lines.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
