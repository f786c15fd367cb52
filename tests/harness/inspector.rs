//! Speaks to WebKit's inspector: runs scripts in the page of a window that has no other door.
//!
//! A debug build of the app serves the inspector where `WEBKIT_INSPECTOR_HTTP_SERVER` says. Its front page names the
//! socket of each page; on the socket, messages for the page are wrapped in `Target.sendMessageToTarget`. Each call is
//! bounded; a page that went away is an error that says so, because tests kill the app on purpose.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// A connection to one page.
pub struct Inspector {
    socket: WebSocket<TcpStream>,
    target: String,
    last_id: u64,
}

/// How long the page may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Messages read while waiting for one answer before we give up: the console of a busy page is chatty.
const MOST_MESSAGES: usize = 10_000;

impl Inspector {
    /// Connects to the first page that the inspector at `127.0.0.1:port` lists.
    ///
    /// # Errors
    /// If nothing listens yet, or it lists no page yet.
    pub fn connect(port: u16) -> Result<Self, String> {
        let path = first_page(port)?;
        let stream = open(port)?;
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).map_err(told)?;
        let mut inspector = Self { socket, target: String::new(), last_id: 0 };
        for _ in 0..MOST_MESSAGES {
            let message = inspector.read()?;
            let info = &message["params"]["targetInfo"];
            if message["method"] == "Target.targetCreated" && info["type"] == "page" {
                info["targetId"].as_str().unwrap_or_default().clone_into(&mut inspector.target);
                return Ok(inspector);
            }
        }
        Err("the inspector names no page".to_owned())
    }

    /// Evaluates an expression in the page and returns its value as JSON. Promises are not awaited.
    ///
    /// # Errors
    /// With what the script threw, or that the page is gone.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value, String> {
        self.last_id += 2;
        let (outer, inner) = (self.last_id, self.last_id + 1);
        let params = json!({ "expression": expression, "returnByValue": true });
        let message = json!({ "id": inner, "method": "Runtime.evaluate", "params": params }).to_string();
        let params = json!({ "targetId": self.target, "message": message });
        let message = json!({ "id": outer, "method": "Target.sendMessageToTarget", "params": params });
        self.socket.send(Message::text(message.to_string())).map_err(told)?;
        for _ in 0..MOST_MESSAGES {
            let message = self.read()?;
            match message["method"].as_str() {
                None if message["id"] == outer && message["error"].is_object() => {
                    return Err(message["error"].to_string());
                }
                Some("Target.dispatchMessageFromTarget") => {
                    let text = message["params"]["message"].as_str().unwrap_or_default();
                    let answer: Value = serde_json::from_str(text).map_err(told)?;
                    if answer["id"] == inner {
                        return value_of(&answer);
                    }
                }
                // The page was replaced (a reload): speak to the new one from now on.
                Some("Target.didCommitProvisionalTarget") => {
                    message["params"]["newTargetId"].as_str().unwrap_or_default().clone_into(&mut self.target);
                }
                None | Some(_) => {}
            }
        }
        Err("the page does not answer".to_owned())
    }

    fn read(&mut self) -> Result<Value, String> {
        loop {
            match self.socket.read().map_err(told)? {
                Message::Text(text) => return serde_json::from_str(&text).map_err(told),
                Message::Close(_) => return Err("the page is gone".to_owned()),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

fn value_of(answer: &Value) -> Result<Value, String> {
    if answer["error"].is_object() {
        return Err(answer["error"].to_string());
    }
    let result = &answer["result"];
    if result["wasThrown"] == true {
        return Err(format!("the script threw: {}", result["result"]["description"]));
    }
    Ok(result["result"]["value"].clone())
}

fn open(port: u16) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).map_err(told)?;
    stream.set_read_timeout(Some(ANSWER)).map_err(told)?;
    stream.set_write_timeout(Some(ANSWER)).map_err(told)?;
    Ok(stream)
}

/// The path of the first page's socket, from the inspector's front page.
fn first_page(port: u16) -> Result<String, String> {
    let mut stream = open(port)?;
    write!(stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").map_err(told)?;
    let mut page = String::new();
    stream.read_to_string(&mut page).map_err(told)?;
    socket_path(&page).ok_or_else(|| "the inspector lists no page".to_owned())
}

fn socket_path(page: &str) -> Option<String> {
    let at = page.find("/socket/")?;
    let path: String = page[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    path.ends_with("/WebPage").then_some(path)
}

fn told(why: impl std::fmt::Display) -> String {
    why.to_string()
}

#[test]
fn the_front_page_names_the_socket() {
    let page = "<a href=\"Main.html?ws=127.0.0.1:1/socket/1/7/WebPage\">Inspect</a>";
    assert_eq!(socket_path(page).as_deref(), Some("/socket/1/7/WebPage"));
    assert_eq!(socket_path("<p>No targets found</p>"), None);
}
