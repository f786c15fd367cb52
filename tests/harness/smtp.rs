//! A mail server for tests: speaks SMTP on a port, keeps what it takes, and misbehaves when told to. An address decides:
//! `busy+…@` is refused for now (451), `gone+…@` for good (550), `hang+…@` gets no answer after the text, `drop+…@` is cut
//! off after the text was taken.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A running mail server. It ends with the runtime of its test.
#[derive(Clone)]
pub struct MailServer {
    url: String,
    taken: Arc<Mutex<Vec<Mail>>>,
}

/// A mail as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// Its Message-ID.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
}

impl MailServer {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("smtp://{}", listener.local_addr().expect("it is bound"));
        let taken = Arc::<Mutex<Vec<Mail>>>::default();
        let kept = taken.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(speak(stream, kept.clone()));
            }
        });
        Self { url, taken }
    }

    /// Where it is, as `SYSOPS_SMTP_URL` names it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it took so far, in order.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One conversation. A client that goes away ends it.
async fn speak(stream: TcpStream, taken: Arc<Mutex<Vec<Mail>>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 fake.example.com ready\r\n").await?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.trim_end().to_ascii_uppercase();
        let answer: &[u8] = if word.starts_with("EHLO") {
            b"250-fake.example.com\r\n250 8BITMIME\r\n"
        } else if word.starts_with("RCPT TO:") {
            address(&line).clone_into(&mut to);
            match to.split('+').next() {
                Some("busy") => b"451 4.3.0 Try again later\r\n",
                Some("gone") => b"550 5.1.1 No such user\r\n",
                Some(_) | None => b"250 OK\r\n",
            }
        } else if word == "DATA" {
            stream.write_all(b"354 Go on\r\n").await?;
            let data = text(&mut stream).await?;
            if to.starts_with("hang+") {
                std::future::pending::<()>().await;
            }
            taken.lock().unwrap_or_else(PoisonError::into_inner).push(read(&to, &data));
            if to.starts_with("drop+") {
                return Ok(());
            }
            b"250 Taken\r\n"
        } else if word == "QUIT" {
            stream.write_all(b"221 Bye\r\n").await?;
            return Ok(());
        } else if word.starts_with("MAIL FROM:") || word == "RSET" || word == "NOOP" {
            b"250 OK\r\n"
        } else {
            b"502 Not here\r\n"
        };
        stream.write_all(answer).await?;
    }
}

fn address(line: &str) -> &str {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address)
}

/// The lines up to the dot, with doubled dots undone.
async fn text(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn read(to: &str, data: &str) -> Mail {
    use mailparse::MailHeaderMap as _;
    let mail = mailparse::parse_mail(data.as_bytes()).expect("our mails are mails");
    let part = |kind: &str| {
        let part = mail.parts().find(|part| part.ctype.mimetype == kind);
        part.map(|part| part.get_body().expect("it is encoded rightly")).unwrap_or_default()
    };
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    Mail {
        to: to.to_owned(),
        id: header("Message-ID"),
        subject: header("Subject"),
        text: part("text/plain"),
        html: part("text/html"),
    }
}
