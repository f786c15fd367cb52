//! HTTP/1.1 over one kept connection, with as little work as can be: a load generator that shares two cores with the
//! server must not be what is measured. It reads answers with a `content-length` only, which is what our JSON has.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A larger answer is none of those it is made for.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A kept connection.
pub struct Wire {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: String,
}

impl Wire {
    /// Connects to `http://host:port`.
    pub async fn open(url: &str) -> io::Result<Self> {
        let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host, buffer: Vec::with_capacity(4_096) })
    }

    /// Posts JSON; `headers` are whole lines, each with its end.
    pub async fn post(&mut self, path: &str, headers: &str, body: &str) -> io::Result<Heard> {
        self.send(path, headers, body).await?;
        self.answer().await
    }

    /// Posts JSON and hangs up, as a caller whose patience has ended.
    pub async fn post_and_leave(mut self, path: &str, headers: &str, body: &str) -> io::Result<()> {
        self.send(path, headers, body).await
    }

    async fn send(&mut self, path: &str, headers: &str, body: &str) -> io::Result<()> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await
    }

    async fn answer(&mut self) -> io::Result<Heard> {
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_ascii_lowercase();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|value| value.trim().parse::<u64>().ok())
        };
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(strange)?;
        let retry_after = header("retry-after");
        let length = header("content-length").and_then(|n| usize::try_from(n).ok()).ok_or_else(strange)?;
        if length > ANSWER_BYTES_MAX {
            return Err(strange());
        }
        while self.buffer.len() < head_end + length {
            self.more().await?;
        }
        let body = String::from_utf8_lossy(&self.buffer[head_end..head_end + length]).into_owned();
        self.buffer.drain(..head_end + length);
        Ok(Heard { status, retry_after, body })
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn strange() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an answer of ours")
}
