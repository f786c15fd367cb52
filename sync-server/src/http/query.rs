//! What stands behind the question mark of an address. One that cannot be read is refused in our words, with the name of
//! what is wrong in it: as a calm page for people, as a problem document for programs.

use super::json::field;
use super::refused::{Answer, Refused};
use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::value::Error as Unread;
use shared::problem::{Problem, ProblemCode};
use std::error::Error as StdError;

/// Characters of a name that are repeated to whoever sent it.
const NAME_CHARS_MAX: usize = 60;

/// The query of an address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(read)) => Ok(Self(read)),
            Err(rejection) => Err(explain(&rejection).into()),
        }
    }
}

/// What is wrong with a query, and what to do.
fn explain(rejection: &QueryRejection) -> Problem {
    let (path, said) = path_and_words(rejection);
    let mut errors = field(&path, in_our_words(&said)).errors;
    for error in errors.iter_mut().filter(|error| error.code == "unknown_value") {
        // It ends with the words that may stand here, each in ticks.
        let may = error.message.split_once("expected ").map(|(_, words)| words.replace('`', ""));
        error.message =
            may.map_or_else(|| "There is no such choice.".to_owned(), |words| format!("This may be {words}"));
    }
    let name = errors.first().map(|error| error.field.as_str()).filter(|name| !name.is_empty());
    let what = name.map(|name| format!(" ({})", name.chars().take(NAME_CHARS_MAX).collect::<String>()));
    let what = what.unwrap_or_default();
    let detail = format!(
        "The address holds something that we cannot read{what}. Go back and follow the link again, or begin at the start. \
         Nothing was changed."
    );
    Problem { errors, ..Problem::with(ProblemCode::Malformed, detail) }
}

/// Where the query is wrong, and what was said of it.
fn path_and_words(rejection: &QueryRejection) -> (String, String) {
    let mut cause: Option<&(dyn StdError + 'static)> = rejection.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<serde_path_to_error::Error<Unread>>() {
            let path = found.path().to_string();
            let path = if path == "." { String::new() } else { path };
            return (path, found.inner().to_string());
        }
        cause = error.source();
    }
    (String::new(), "this cannot be read".to_owned())
}

/// What the standard library says of a number or a flag, as people say it. What our own types say of themselves is fit to be
/// read already.
fn in_our_words(said: &str) -> &str {
    let of_numbers = ["invalid digit found", "number too", "cannot parse integer", "invalid float"];
    if of_numbers.iter().any(|beginning| said.starts_with(beginning)) {
        "this must be a whole number that is not too large"
    } else if said.starts_with("provided string was not") {
        "this must be true or false"
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use shared::ids::TicketId;
    use std::fs;
    use std::path::Path;

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default, deny_unknown_fields)]
    struct Wanted {
        n: Option<u8>,
        is_open: bool,
        ticket: Option<TicketId>,
        order: Order,
    }

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        #[default]
        Newest,
        Oldest,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Needed {
        on: String,
    }

    async fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
        let (mut parts, ()) = Request::builder().uri(format!("/a?{query}")).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await.map(|Query(read)| read).map_err(|Refused(problem)| problem)
    }

    #[tokio::test]
    async fn a_query_that_can_be_read_is_read() {
        let read = read::<Wanted>("n=3&is_open=true&order=oldest").await.unwrap();
        assert_eq!(read, Wanted { n: Some(3), is_open: true, ticket: None, order: Order::Oldest });
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_in_words_of_ours() {
        for (query, name, code) in [
            ("n=many", "n", "invalid"),
            ("n=300", "n", "invalid"),
            ("n=", "n", "invalid"),
            ("is_open=perhaps", "is_open", "invalid"),
            ("ticket=7", "ticket", "invalid"),
            ("order=odd", "order", "unknown_value"),
            ("colour=red", "colour", "unknown_field"),
        ] {
            let problem = read::<Wanted>(query).await.unwrap_err();
            assert_eq!((problem.code, problem.code.status()), (ProblemCode::Malformed, 400), "{query}");
            let error = &problem.errors[0];
            assert_eq!((error.field.as_str(), error.code.as_str()), (name, code), "{query}: {}", error.message);
            let all = format!("{} {}", problem.detail.unwrap_or_default(), error.message);
            assert!(all.contains(&format!("({name})")), "{query}: {all}");
            for foreign in ["deserialize", "digit", "provided string", "integer", "variant"] {
                assert!(!all.contains(foreign), "{query}: {all}");
            }
        }
        assert_eq!(read::<Needed>("on=a").await.unwrap().on, "a");
        let missing = read::<Needed>("").await.unwrap_err();
        assert_eq!((missing.errors[0].field.as_str(), missing.errors[0].code.as_str()), ("on", "required"));
    }

    /// The extractor of axum refuses in words of its own: no handler uses it.
    #[test]
    fn no_handler_reads_a_query_past_this_file() {
        let mut n_read = 0;
        let mut wrong = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    n_read += 1;
                    let text = fs::read_to_string(&path).unwrap();
                    let imports = |line: &&str| line.starts_with("use axum::extract::") && line.contains("Query");
                    let is_own = path.ends_with("http/query.rs");
                    if !is_own && text.lines().any(|line| imports(&line) || line.contains("axum::extract::Query")) {
                        wrong.push(path);
                    }
                }
            }
        }
        assert!(n_read > 100, "the sources were not found");
        assert!(wrong.is_empty(), "{wrong:?}: use crate::http::Query");
    }
}
