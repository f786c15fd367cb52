//! Pages: the frame around them, the parts of forms, the styles, and the few pages that belong to no capability.
//!
//! Every page works without scripts, on a screen 390 pixels wide, with a keyboard and with a screen reader; none carries
//! an inline style or script, which the content security policy would refuse. What a capability shows is its own
//! template, which extends `web/layout.html`.

pub mod cut;
pub mod form;
pub mod frame;
pub mod most;
pub mod pages;
pub mod records;
pub mod style;

use crate::http::{Answer, Refused};
use askama::Template;
use axum::response::Html;
use shared::problem::Problem;

pub use form::{Choice, Form};
pub use frame::{Frame, Viewer};

#[derive(Template)]
#[template(path = "web/problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    problem: &'a Problem,
}

/// A refusal as a calm page: what happened, what to do, and the id to quote.
pub fn problem_page(problem: &Problem) -> Html<String> {
    let page = ProblemPage { frame: Frame::private(""), problem };
    Html(page.render().unwrap_or_else(|_| format!("<!doctype html><h1>{}</h1>", problem.code.title())))
}

/// A page as an answer.
pub fn page(template: &impl Template) -> Answer<Html<String>> {
    template.render().map(Html).map_err(Refused::internal)
}

#[derive(Template)]
#[template(path = "web/start.html")]
struct StartPage {
    frame: Frame,
}

/// The start page.
pub fn start_page(frame: Frame) -> Answer<Html<String>> {
    page(&StartPage { frame })
}

/// The address of the sign-in page that leads back to `next`.
pub fn sign_in_address(next: &str) -> String {
    format!("/sign-in?next={}", encoded(next))
}

/// A text as it stands in a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.extend(format!("%{byte:02X}").chars()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::problem::ProblemCode;

    #[test]
    fn the_frame_links_by_role_and_marks_where_one_is() {
        let Html(start) = start_page(Frame::public("/").in_demo(true)).unwrap();
        assert!(start.contains("href=\"/sign-in\"") && start.contains("href=\"/register\"") && start.contains("/demo"));
        let Html(start) = start_page(Frame::public("/").seen_by(Viewer::Customer)).unwrap();
        assert!(start.contains("action=\"/sign-out\"") && start.contains(">My tickets<") && !start.contains("/demo"));
        let frame = Frame::private("/tickets").seen_by(Viewer::Customer);
        let page = ProblemPage { frame, problem: &Problem::new(ProblemCode::NotFound) }.render().unwrap();
        assert!(page.contains("<a href=\"/tickets\" aria-current=\"page\">"), "{page}");
    }

    #[test]
    fn no_page_needs_what_the_policy_refuses() {
        let problem = Problem { retry_after: Some(1), ..Problem::new(ProblemCode::Busy) };
        for Html(page) in [start_page(Frame::public("/")).unwrap(), problem_page(&problem)] {
            assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("<style"), "{page}");
            assert!(page.contains(style::style_address()) && page.contains("href=\"#main\""));
            assert!(page.len() < 60 * 1024);
        }
    }
}
