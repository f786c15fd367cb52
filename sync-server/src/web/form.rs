//! A form between a person and a page: what was typed, kept to be shown again, and what is wrong, beside its field.
//!
//! Passwords are never shown again. Fields that a form does not know are dropped, so a page never echoes what it did
//! not ask for.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use bytes::Bytes;
use shared::blob::FILE_BYTES_MAX;
use shared::problem::{FieldError, Problem, ProblemCode};
use std::collections::BTreeMap;

/// Fields that one form may send.
const FIELDS_MAX: usize = 100;

/// Pictures that one form may send.
pub const PICTURES_MAX: usize = 6;
/// Bytes of a form with pictures: such a route takes `DefaultBodyLimit::max` of this.
pub const PICTURES_BYTES_MAX: usize = 40 * 1024 * 1024;
/// Bytes of what is typed into one field.
const FIELD_BYTES_MAX: usize = 64 * 1024;

/// What was typed and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    /// Pictures that were chosen, with the field that they stand in. Not shown again: a browser asks anew.
    pictures: Vec<(String, Bytes)>,
    errors: Vec<FieldError>,
}

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this in a field, before anything was typed.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// This over another one: what was typed here, what the other holds where nothing was sent, and what is wrong here.
    #[must_use]
    pub fn over(mut self, there: &Self) -> Self {
        for (name, value) in &there.values {
            self.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// What a field holds; empty if nothing.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// What a field holds, if that is more than space.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|value| !value.is_empty())
    }

    /// The pictures that were chosen in a field.
    pub fn pictures<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Bytes> + 'a {
        self.pictures.iter().filter(move |(field, _)| field == name).map(|(_, bytes)| bytes.clone())
    }

    /// The names of ticked boxes that begin like this, without that beginning.
    pub fn ticked<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.keys().filter_map(move |name| name.strip_prefix(beginning))
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, message: impl std::fmt::Display) {
        self.errors.push(FieldError {
            field: name.to_owned(),
            code: "invalid".to_owned(),
            message: sentence(&message),
        });
    }

    /// Takes over what a use case found wrong. A refusal without fields becomes a line above the form.
    pub fn refuse(&mut self, problem: &Problem) {
        if problem.errors.is_empty() {
            let detail = problem.detail.clone().unwrap_or_else(|| problem.code.title().to_owned());
            self.wrong("", detail);
        }
        for error in &problem.errors {
            let error = FieldError { message: sentence(&error.message), ..error.clone() };
            self.errors.push(error);
        }
    }

    /// Parses a field that must be there, or notes what is wrong with it.
    pub fn read<T>(&mut self, name: &str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        match self.value(name).parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(name, error);
                None
            }
        }
    }

    /// Parses a field that may be left empty, or notes what is wrong with it.
    pub fn read_optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        if self.filled(name).is_some() { self.read(name) } else { None }
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == name).map(|error| error.message.as_str())
    }

    /// All that is wrong, in the order it was found.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}

/// One of a few answers of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A line below it; may be empty.
    pub hint: String,
}

impl Choice {
    /// A choice without a hint.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: String::new() }
    }

    /// With a line below it.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// A message as a sentence: it begins large and ends with a stop.
pub fn sentence(message: &impl std::fmt::Display) -> String {
    let message = message.to_string();
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = chars.as_str();
    let stop = if rest.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{rest}{stop}")
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = crate::http::Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            return in_parts(request, state).await;
        }
        let read = axum::Form::<Vec<(String, String)>>::from_request(request, state).await;
        let axum::Form(fields) = read.map_err(|rejection| match rejection.status().as_u16() {
            413 => Problem::new(ProblemCode::TooLarge),
            _ => Problem::with(ProblemCode::Malformed, "The form did not arrive whole. Please send it again."),
        })?;
        if fields.len() > FIELDS_MAX {
            return Err(Problem::with(ProblemCode::Malformed, "The form has too many fields.").into());
        }
        Ok(Self { values: fields.into_iter().collect(), ..Self::default() })
    }
}

/// A form that may hold pictures. A field for them in which nothing was chosen comes as an empty file: that is none.
async fn in_parts<S: Send + Sync>(request: Request, state: &S) -> Result<Form, crate::http::Refused> {
    let broken = || Problem::with(ProblemCode::Malformed, "The form did not arrive whole. Please send it again.");
    let large = || {
        let most = FILE_BYTES_MAX / 1024 / 1024;
        let said = format!("Please send at most {PICTURES_MAX} pictures, each of {most} MB at most.");
        Problem::with(ProblemCode::TooLarge, said)
    };
    let refused = |error: axum::extract::multipart::MultipartError| {
        if error.status().as_u16() == 413 { large() } else { broken() }
    };
    let mut parts = Multipart::from_request(request, state).await.map_err(|_| broken())?;
    let mut form = Form::new();
    while let Some(part) = parts.next_field().await.map_err(refused)? {
        let name = part.name().unwrap_or_default().to_owned();
        if form.values.len() + form.pictures.len() >= FIELDS_MAX {
            return Err(Problem::with(ProblemCode::Malformed, "The form has too many fields.").into());
        }
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(refused)?;
        if is_file {
            if !bytes.is_empty() {
                form.pictures.push((name, bytes));
            }
        } else if bytes.len() > FIELD_BYTES_MAX {
            return Err(Problem::new(ProblemCode::TooLarge).into());
        } else {
            form.values.insert(name, String::from_utf8(bytes.to_vec()).map_err(|_| broken())?);
        }
    }
    let too_large = |(_, bytes): &(String, Bytes)| bytes.len() as u64 > FILE_BYTES_MAX;
    if form.pictures.len() > PICTURES_MAX || form.pictures.iter().any(too_large) {
        return Err(large().into());
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use askama::Template;
    use axum::body::Body;

    #[derive(Template)]
    #[template(
        ext = "html",
        source = r#"{% import "web/forms.html" as f %}{% call f::summary(form) %}{% endcall %}{% call f::line(form, "name", "Name", "As on the door", "text", "name", true, "") %}{% endcall %}{% call f::line(form, "password", "Password", "", "password", "new-password", true, "") %}{% endcall %}{% call f::prose(form, "note", "Note", "", false) %}{% endcall %}{% call f::choices(form, "by", "How?", "", options, "two") %}{% endcall %}"#
    )]
    struct Sample {
        form: Form,
        options: Vec<Choice>,
    }

    #[test]
    fn an_error_stands_beside_its_field_and_what_was_typed_is_kept() {
        let mut form = Form::new().with("name", "Łukasz <b>").with("password", "hunter2").with("note", "a\nb");
        form = form.with("by", "sms");
        form.wrong("name", "this is too long: at most 100 characters");
        let options = vec![Choice::new("sms", "SMS"), Choice::new("email", "E-mail").hinted("Slower")];
        let page = Sample { form, options }.render().unwrap();
        assert!(page.contains("<a href=\"#f-name\">This is too long: at most 100 characters.</a>"), "{page}");
        assert!(page.contains("aria-describedby=\"f-name-hint f-name-error\" aria-invalid=\"true\""), "{page}");
        assert!(page.contains("Łukasz &#60;b&#62;"), "{page}");
        assert!(page.contains("a\nb</textarea>"), "{page}");
        assert!(page.contains("value=\"sms\" checked"), "{page}");
        assert!(!page.contains("hunter2"), "a password is never shown again");
    }

    #[tokio::test]
    async fn a_form_is_read_from_a_request_and_a_broken_one_is_refused() {
        let request = |kind: &str, body: &'static str| {
            Request::post("/").header("content-type", kind).body(Body::from(body)).unwrap()
        };
        let form =
            Form::from_request(request("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9"), &()).await.unwrap();
        assert_eq!((form.value("a"), form.value("b"), form.filled("c")), ("1 2", "é", None));
        let refused = Form::from_request(request("text/plain", "a=1"), &()).await.unwrap_err();
        assert_eq!(refused.0.code, ProblemCode::Malformed);
    }
}
