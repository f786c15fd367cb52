//! A mail's HTML: the same words as its plain text, with the link as a link, in the colours of our pages. Styles stand in
//! the tags, because mail programs drop the rest; there is no picture and nothing to load. Pure.

use askama::Template;

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
    subject: &'a str,
    paragraphs: Vec<Paragraph>,
}

/// The HTML of a mail that says this.
pub(super) fn html(subject: &str, body: &str, link: Option<&str>) -> Result<String, askama::Error> {
    MailPage { subject, paragraphs: paragraphs(body, link) }.render()
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
        let page = html("Is it working? <3", &body, Some(link)).unwrap();
        let (amp, lt) = (page.contains("Mia &#38; &#60;Ben&#62;"), page.contains("&#60;3"));
        assert!(amp && lt && !page.contains("<Ben>"), "{page}");
        assert_eq!(page.matches(&format!("href=\"{link}\"")).count(), 1, "{page}");
        assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("<link"), "{page}");
    }

    #[test]
    fn an_empty_line_ends_a_paragraph() {
        let found = paragraphs("one\ntwo\n\n\nthree", None);
        assert_eq!(found.iter().map(|paragraph| paragraph.lines.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
