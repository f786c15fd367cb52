//! The layers together, as a caller meets them.

use super::*;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use shared::chance::Seeded;
use shared::problem::Problem;
use tower::ServiceExt as _;

fn settings() -> HttpSettings {
    HttpSettings {
        public_origin: "https://help.example.com".to_owned(),
        trusted_proxies: 0,
        requests_per_second: None,
        request_burst: NonZeroU32::MIN,
        body_bytes_max: 1_024,
        handler_timeout: Duration::from_millis(200),
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Named {
    name: String,
}

fn router(settings: HttpSettings) -> Router {
    let routes = Router::new()
        .route("/api/v1/echo", post(|Json(named): Json<Named>| async move { Json(named) }))
        .route("/api/v1/panic", get(|| async { panic!("the password is hunter2") as Response }))
        .route("/api/v1/never", get(std::future::pending::<Response>))
        .route("/api/v1/things/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
        .route("/api/v1/find", get(|Query(named): Query<Named>| async move { named.name }))
        .route("/api/v1/busy", get(|| async { Refused::new(ProblemCode::Busy) }))
        .route("/find", get(|Query(named): Query<Named>| async move { named.name }))
        .route("/private", get(|| async { Refused::new(ProblemCode::Unauthenticated) }))
        .route("/form", post(|| async { "done" }))
        .route("/healthz", get(|| async { "ok" }));
    protect(routes, &Gate::new(settings, Arc::new(Seeded::new(7))))
}

async fn ask(request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    answer_of(&router(settings()), request).await
}

async fn answer_of(router: &Router, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let response = router.clone().oneshot(request).await.expect("the router answers everything");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("the body is short");
    (parts.status, parts.headers, bytes.to_vec())
}

fn at(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn json(path: &str, body: &str) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
}

async fn problem_of(request: Request<Body>) -> Problem {
    let (status, headers, body) = ask(request).await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    let problem = Problem::read(status.as_u16(), &body);
    assert_eq!(problem.code.status(), status.as_u16());
    assert_eq!(problem.instance.as_deref(), headers["x-request-id"].to_str().ok());
    problem
}

#[tokio::test]
async fn every_refusal_under_api_is_a_problem_document() {
    for (request, code) in [
        (at("GET", "/api/v1/nowhere"), ProblemCode::NotFound),
        (at("DELETE", "/api/v1/echo"), ProblemCode::MethodNotAllowed),
        (at("GET", "/api/v1/things/many"), ProblemCode::Malformed),
        (at("GET", "/api/v1/find"), ProblemCode::Malformed),
        (at("POST", "/api/v1/echo"), ProblemCode::UnsupportedMediaType),
        (json("/api/v1/echo", "{"), ProblemCode::Malformed),
        (json("/api/v1/echo", "{}"), ProblemCode::InvalidFields),
        (json("/api/v1/echo", &format!(r#"{{"name":"{}"}}"#, "x".repeat(2_000))), ProblemCode::TooLarge),
        (at("GET", "/api/v1/panic"), ProblemCode::Internal),
        (at("GET", "/api/v1/never"), ProblemCode::TimedOut),
    ] {
        let address = request.uri().to_string();
        let problem = problem_of(request).await;
        assert_eq!(problem.code, code, "{address}");
        assert!(!format!("{problem:?}").contains("hunter2"), "a panic's words stay inside");
    }
}

#[tokio::test]
async fn a_field_that_is_missing_is_named() {
    let problem = problem_of(json("/api/v1/echo", "{}")).await;
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code.as_str()), ("name", "required"));
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_a_calm_page_or_names_its_field() {
    let problem = problem_of(at("GET", "/api/v1/find?nom=Mia")).await;
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code.as_str()), ("name", "required"));
    let (status, headers, body) = ask(at("GET", "/find?nom=Mia")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let page = String::from_utf8(body).unwrap();
    assert!(page.contains("follow the link again") && !page.contains("deserialize"), "{page}");
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let (_, headers, body) = ask(at("GET", "/api/v1/busy")).await;
    let seconds = Problem::read(503, &body).retry_after.unwrap();
    assert!((1..=5).contains(&seconds));
    assert_eq!(headers[header::RETRY_AFTER], seconds.to_string());
}

#[tokio::test]
async fn people_get_a_page_and_are_led_to_sign_in() {
    let (status, headers, body) = ask(at("GET", "/nowhere")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(String::from_utf8(body).unwrap().contains("<h1>"));
    let (status, headers, _) = ask(at("GET", "/private?a=1&b=2")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers[header::LOCATION], "/sign-in?next=%2Fprivate%3Fa%3D1%26b%3D2");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for path in ["/healthz", "/nowhere", "/api/v1/nowhere", "/api/v1/panic"] {
        let (_, headers, _) = ask(at("GET", path)).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        for name in ["x-content-type-options", "referrer-policy", "strict-transport-security", "cache-control"] {
            assert!(headers.contains_key(name), "{path} lacks {name}");
        }
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let form = |site: &str| {
        let request = Request::post("/form").header("sec-fetch-site", site).header("origin", "https://evil.example");
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(ask(form("cross-site")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(form("same-origin")).await.0, StatusCode::OK);
    assert_eq!(ask(at("POST", "/form")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_address_above_its_rate_waits_and_the_health_check_does_not() {
    let limited = HttpSettings {
        requests_per_second: NonZeroU32::new(1),
        request_burst: NonZeroU32::new(2).unwrap(),
        ..settings()
    };
    let router = router(limited);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (status, headers, _) = answer_of(&router, at("POST", "/form")).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            assert!(headers.contains_key(header::RETRY_AFTER));
        }
        seen.push(status.as_u16());
    }
    assert_eq!(seen, [200, 200, 429, 429]);
    assert_eq!(answer_of(&router, at("GET", "/healthz")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_compressed_body_is_limited_by_what_it_unfolds_to() {
    let plain = format!(r#"{{"name":"{}"}}"#, "x".repeat(100_000));
    let packed = zstd::encode_all(plain.as_bytes(), 3).unwrap();
    assert!(packed.len() < 1_024, "small on the wire");
    let request = Request::post("/api/v1/echo")
        .header("content-type", "application/json")
        .header("content-encoding", "zstd")
        .body(Body::from(packed))
        .unwrap();
    assert_eq!(problem_of(request).await.code, ProblemCode::TooLarge);
}

#[tokio::test]
async fn a_request_id_is_kept_only_if_it_is_plain() {
    let with = |id: &str| Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
    assert_eq!(ask(with("proxy-12345678")).await.1["x-request-id"], "proxy-12345678");
    assert_ne!(ask(with("a b c d e f g h")).await.1["x-request-id"], "a b c d e f g h");
    assert_ne!(ask(with("short")).await.1["x-request-id"], "short");
}

#[tokio::test]
async fn a_refusal_outside_the_layers_still_is_a_document() {
    let response = Refused::with(ProblemCode::Gone, "The survey is closed.").into_response();
    assert_eq!(response.status(), StatusCode::GONE);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
}
