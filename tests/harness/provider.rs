//! A provider's HTTP server that can misbehave as real ones do: answer late or never, take a request and then close the
//! socket. Frameworks cannot leave a request unanswered, so this speaks HTTP/1.1 itself, one request a connection.

use std::fmt::Write as _;
use std::future::Future;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Lines of a head, bytes of a line and of a body that are read.
const LINES_MAX: usize = 100;
const BODY_BYTES_MAX: usize = 1 << 20;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// Answers.
    Answer {
        /// The status.
        status: u16,
        /// More headers.
        headers: Vec<(&'static str, String)>,
        /// A JSON document.
        body: String,
    },
    /// Never answers; the connection stands.
    Hang,
    /// Closes the socket without a word.
    Close,
}

impl Asked {
    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// A running server. Dropping it closes every connection.
pub struct Provider {
    url: String,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Provider {
    /// Serves on a port of its own, on a thread of its own: a test that blocks its runtime does not stop the world.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub fn start<F, Reacting>(react: F) -> Self
    where
        F: Fn(Asked) -> Reacting + Send + Sync + 'static,
        Reacting: Future<Output = Reaction> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a socket can be made so");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let react = Arc::new(react);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("it is a listener");
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, react) => {}
                }
            });
        });
        Self { url, _stop: stop }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn accept<F, Reacting>(listener: TcpListener, react: Arc<F>)
where
    F: Fn(Asked) -> Reacting + Send + Sync + 'static,
    Reacting: Future<Output = Reaction> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let react = react.clone();
                    connections.spawn(async move { speak(stream, &*react).await });
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn speak<F, Reacting>(stream: TcpStream, react: &F) -> std::io::Result<()>
where
    F: Fn(Asked) -> Reacting,
    Reacting: Future<Output = Reaction>,
{
    let mut stream = BufReader::new(stream);
    let Some(asked) = read(&mut stream).await? else { return Ok(()) };
    match react(asked).await {
        Reaction::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} It\r\ncontent-type: application/json\r\nconnection: close\r\n");
            for (name, value) in headers {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            let _ = write!(head, "content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(head.as_bytes()).await?;
            stream.shutdown().await
        }
        Reaction::Hang => std::future::pending().await,
        Reaction::Close => Ok(()),
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (method, path, query) = (method.to_owned(), decoded(path), pairs(query));
    let mut headers = Vec::new();
    for _ in 0..LINES_MAX {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse::<usize>().unwrap_or(0).min(BODY_BYTES_MAX)];
    stream.read_exact(&mut body).await?;
    Ok(Some(Asked { method, path, query, headers, body }))
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}
