//! The styles, the desk's script, the map's outline and the mark, under names that carry a hash of their content: a browser keeps them for ever, and a new
//! version has a new name. An old name, on a page that somebody still has open, answers with the present content.

use crate::http::Refused;
use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use shared::problem::ProblemCode;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// One file under `/assets/`.
struct File {
    name: String,
    kind: &'static str,
    content: String,
}

impl File {
    fn new(ending: &str, kind: &'static str, content: String) -> Self {
        let hash = Sha256::digest(content.as_bytes());
        let mut name = String::from("/assets/");
        for byte in &hash[..8] {
            write!(name, "{byte:02x}").expect("writing to a string works");
        }
        name.push_str(ending);
        Self { name, kind, content }
    }
}

static STYLE: LazyLock<File> = LazyLock::new(|| {
    let content = [assets::TOKENS_CSS, assets::BASE_CSS, assets::PAGES_CSS].concat();
    File::new(".css", "text/css; charset=utf-8", content)
});
static SCRIPT: LazyLock<File> =
    LazyLock::new(|| File::new(".js", "text/javascript; charset=utf-8", [assets::DESK_JS, assets::CALL_JS].concat()));
static LIVE: LazyLock<File> =
    LazyLock::new(|| File::new(".live.js", "text/javascript; charset=utf-8", assets::LIVE_JS.to_owned()));
static MARK: LazyLock<File> = LazyLock::new(|| File::new(".svg", "image/svg+xml", assets::MARK_SVG.to_owned()));

static MAP: LazyLock<File> = LazyLock::new(|| File::new(".map.svg", "image/svg+xml", assets::MAP_US_SVG.to_owned()));

/// The address of the style sheet.
pub fn style_address() -> &'static str {
    &STYLE.name
}

/// The address of the desk's script.
pub fn script_address() -> &'static str {
    &SCRIPT.name
}

/// The address of the script that keeps a ticket's page fresh.
pub fn live_address() -> &'static str {
    &LIVE.name
}

/// The address of the mark.
pub fn mark_address() -> &'static str {
    &MARK.name
}

/// The address of the map's outline.
pub fn map_address() -> &'static str {
    &MAP.name
}

/// The routes of the files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(file)).route("/favicon.ico", get(|| async { answer(&MARK, false) }))
}

async fn file(Path(name): Path<String>) -> Result<Response, Refused> {
    let is = |ending: &str| name.len() == 16 + ending.len() && name.ends_with(ending);
    let file: &File = if is(".css") {
        &STYLE
    } else if is(".js") {
        &SCRIPT
    } else if is(".live.js") {
        &LIVE
    } else if is(".map.svg") {
        &MAP
    } else if is(".svg") {
        &MARK
    } else {
        return Err(Refused::new(ProblemCode::NotFound));
    };
    Ok(answer(file, file.name.ends_with(&format!("/{name}"))))
}

/// Only the present name is kept for ever: under an old one the content is not what its name says.
fn answer(file: &'static File, is_present: bool) -> Response {
    let keep = if is_present { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    ([(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, keep)], file.content.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    async fn ask(path: &str) -> (StatusCode, String, String) {
        let router: Router = routes();
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let keep = response.headers().get(header::CACHE_CONTROL).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, keep.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_file_is_kept_for_ever_under_its_own_name_only() {
        for address in [style_address(), mark_address(), script_address(), live_address(), map_address()] {
            let (status, keep, body) = ask(address).await;
            assert_eq!(status, StatusCode::OK);
            assert!(keep.contains("immutable"), "{address}: {keep}");
            assert!(!body.is_empty());
        }
        let (status, keep, body) = ask("/assets/0123456789abcdef.css").await;
        assert_eq!(
            (status, keep.contains("immutable")),
            (StatusCode::OK, false),
            "a page of yesterday keeps its style"
        );
        assert!(body.contains("--paper"));
        assert_eq!(ask("/assets/app.css").await.0, StatusCode::NOT_FOUND);
    }
}
