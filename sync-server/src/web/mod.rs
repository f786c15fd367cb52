//! Pages: the frame around them and the few that belong to no capability.

use askama::Template;
use axum::response::Html;
use shared::problem::Problem;

#[derive(Template)]
#[template(path = "web/problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    problem: &'a Problem,
}

/// A refusal as a calm page: what happened, what to do, and the id to quote.
pub fn problem_page(problem: &Problem) -> Html<String> {
    let page = ProblemPage { title: problem.code.title(), problem };
    Html(page.render().unwrap_or_else(|_| format!("<!doctype html><h1>{}</h1>", problem.code.title())))
}

/// The address of the sign-in page that leads back to `next`.
pub fn sign_in_address(next: &str) -> String {
    let mut address = String::from("/sign-in?next=");
    for byte in next.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            _ => address.extend(format!("%{byte:02X}").chars()),
        }
    }
    address
}
