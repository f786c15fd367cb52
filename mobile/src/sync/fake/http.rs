//! As much HTTP as the double needs: one request a connection, a body of a known length, a reply that may be torn.

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::broadcast;

/// Bytes of a request's head and body.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What was asked.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// `Upload-Offset` and `Upload-Length`.
    pub(super) upload: Option<(usize, usize)>,
    pub(super) raw: Vec<u8>,
    pub(super) token: Option<String>,
    pub(super) body: Value,
}

/// What is answered.
pub(super) struct Reply {
    status: u16,
    content_type: &'static str,
    retry_after: Option<u32>,
    /// `Upload-Offset`, and whether everything is there.
    upload: Option<(usize, bool)>,
    body: Vec<u8>,
    /// The connection ends without a byte.
    lost: bool,
    /// It ends after so many bytes of the body.
    cut_after: Option<usize>,
}

impl Reply {
    pub(super) fn json(body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let content_type = "application/json";
        Self { status: 200, content_type, retry_after: None, upload: None, body, lost: false, cut_after: None }
    }

    pub(super) fn problem(status: u16, code: &str, retry_after: Option<u32>) -> Self {
        let body = json!({ "code": code, "status": status });
        Self { status, content_type: "application/problem+json", retry_after, ..Self::json(&body) }
    }

    /// How far an upload is.
    pub(super) fn upload(status: u16, at: usize, is_whole: bool) -> Self {
        let body = Self::problem(status, if status == 409 { "offset_mismatch" } else { "none" }, None);
        let body = Self { upload: Some((at, is_whole)), ..body };
        if status == 409 { body } else { Self { body: Vec::new(), ..body } }
    }

    /// A picture.
    pub(super) fn picture(body: Vec<u8>) -> Self {
        Self { content_type: "image/jpeg", body, ..Self::json(&Value::Null) }
    }

    pub(super) fn lost(self) -> Self {
        Self { lost: true, ..self }
    }

    pub(super) fn cut_after(self, bytes: usize) -> Self {
        Self { cut_after: Some(bytes), ..self }
    }

    pub(super) fn page() -> Self {
        let body = b"<!doctype html><title>Hotel</title><p>Accept our terms to go online".to_vec();
        Self { content_type: "text/html", body, ..Self::json(&Value::Null) }
    }
}

pub(super) async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    };
    let length: usize = header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    while bytes.len() < head_end + 4 + length {
        more(stream, &mut bytes).await?;
    }
    let body = &bytes[head_end + 4..];
    let mut unpacked = Vec::new();
    if header("content-encoding").as_deref() == Some("gzip") {
        GzDecoder::new(body).read_to_end(&mut unpacked).ok()?;
    } else {
        unpacked.extend_from_slice(body);
    }
    Some(Asked {
        method: head.split_whitespace().next()?.to_owned(),
        path: head.split_whitespace().nth(1)?.to_owned(),
        upload: header("upload-offset")
            .zip(header("upload-length"))
            .and_then(|(at, length)| Some((at.parse().ok()?, length.parse().ok()?))),
        token: header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        body: serde_json::from_slice(&unpacked).unwrap_or_default(),
        raw: unpacked,
    })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 8 * 1024];
    let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0 && bytes.len() < REQUEST_BYTES_MAX)?;
    bytes.extend_from_slice(&buffer[..n]);
    Some(())
}

pub(super) async fn write(stream: &mut TcpStream, reply: Reply) {
    if reply.lost {
        return;
    }
    let retry_after = reply.retry_after.map_or(String::new(), |seconds| format!("retry-after: {seconds}\r\n"));
    let upload = reply.upload.map_or(String::new(), |(at, is_whole)| {
        format!("upload-offset: {at}\r\n{}", if is_whole { "upload-complete: ?1\r\n" } else { "" })
    });
    let head = format!(
        "HTTP/1.1 {} X\r\ncontent-type: {}\r\ncontent-length: {}\r\n{retry_after}{upload}connection: close\r\n\r\n",
        reply.status,
        reply.content_type,
        reply.body.len()
    );
    let n = reply.cut_after.unwrap_or(usize::MAX).min(reply.body.len());
    // The phone may be gone; that is its affair.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&reply.body[..n]).await;
    let _ = stream.shutdown().await;
}

pub(super) async fn hints(mut stream: TcpStream, mut hints: broadcast::Receiver<()>) {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: hello\n\n";
    let mut sent = stream.write_all(HEAD).await;
    while sent.is_ok() && hints.recv().await.is_ok() {
        sent = stream.write_all(b"data: {\"dirty\":[\"u\"]}\n\n").await;
    }
}
