//! A picture as an answer: with the name of its bytes, so that a browser asks for it once, and by ranges, so that a phone
//! goes on where it was cut off.

use super::{Answer, Refused};
use crate::blobs::{Blobs, Kept, Size, Unkept};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use shared::problem::ProblemCode;

/// Private to who asked, and the same for ever under this name.
const CACHE: &str = "private, max-age=604800, immutable";

/// A view of a picture.
pub async fn picture(blobs: &Blobs, kept: &Kept, size: Size, asked: &HeaderMap) -> Answer<Response> {
    let tag = kept.tag(size);
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match blobs.read(kept, size).await {
            Ok(bytes) => ranged(bytes, asked),
            Err(Unkept::Missing) => {
                tracing::error!(sha = %kept.sha, "a picture has a row and no bytes: were the files restored with the database?");
                return Err(Refused::with(
                    ProblemCode::Gone,
                    "This picture is lost on our side. Please send it again.",
                ));
            }
            Err(Unkept::Down(why)) => {
                tracing::error!(%why, "the store of files does not answer");
                return Err(Refused::new(ProblemCode::Unavailable));
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(Refused::internal)?);
    // Opened by itself it is a picture in a page of its own, whatever its bytes may say.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

fn ranged(bytes: Bytes, asked: &HeaderMap) -> Response {
    let text = asked.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some((from, until)) = text.and_then(|text| range(text, bytes.len())) else {
        return Body::from(bytes).into_response();
    };
    let said = format!("bytes {from}-{}/{}", until - 1, bytes.len());
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, said)], Body::from(bytes.slice(from..until))).into_response()
}

/// The one range that is asked for, if it is one and lies inside. Anything else gets the whole, as the standard allows.
fn range(text: &str, length: usize) -> Option<(usize, usize)> {
    let (from, until) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, until) = match (from, until) {
        ("", last) => (length.checked_sub(last.parse().ok()?)?, length),
        (from, "") => (from.parse().ok()?, length),
        (from, last) => (from.parse().ok()?, last.parse::<usize>().ok()?.checked_add(1)?.min(length)),
    };
    (from < until && until <= length).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_on_where_it_was_cut_and_nonsense_gets_the_whole() {
        assert_eq!(range("bytes=0-", 10), Some((0, 10)));
        assert_eq!(range("bytes=7-", 10), Some((7, 10)));
        assert_eq!(range("bytes=2-4", 10), Some((2, 5)));
        assert_eq!(range("bytes=2-400", 10), Some((2, 10)));
        assert_eq!(range("bytes=-3", 10), Some((7, 10)));
        for nonsense in ["bytes=10-", "bytes=4-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=-11", ""] {
            assert_eq!(range(nonsense, 10), None, "{nonsense}");
        }
    }
}
