//! The mail server. Each attempt is bounded in time; a refusal for now is tried later, one for good is told to whoever
//! keeps the notices.

use super::mail;
use crate::config;
use crate::notify::outside::{Gateway, Message, Unsent};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::error::Error;
use std::io;
use std::time::Duration;

/// How long the mail server may be silent, if it has so long for the whole message.
const SILENT_MAX: Duration = Duration::from_secs(15);
/// Connections at once.
const CONNECTIONS_MAX: u32 = 4;

/// Sends by one mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// How long one message may take from the connection to the last answer.
    within: Duration,
}

impl Mailer {
    /// A mailer for these settings, or why they cannot be used. The server may take so long for one message.
    pub fn new(settings: &config::Smtp, within: Duration) -> Result<Self, &'static str> {
        let url = settings.url.expose();
        if url.starts_with("smtp:") && !url.contains("tls=") && !is_this_machine(url) {
            return Err("e-mail is off: SYSOPS_SMTP_URL would send names in the clear; use smtps://, or ?tls=required");
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(
            |_| "e-mail is off: SYSOPS_SMTP_URL is not understood; it looks like smtps://user:password@host",
        )?;
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX);
        let transport = builder.timeout(Some(SILENT_MAX.min(within))).pool_config(pool).build();
        let address: Address =
            settings.from.as_str().parse().map_err(|_| "e-mail is off: SYSOPS_MAIL_FROM is no address")?;
        Ok(Self { transport, from: Mailbox::new(Some("Sysops Squad".to_owned()), address), within })
    }

    async fn mail(&self, message: Message) -> Result<String, Unsent> {
        let id = format!("<{}@{}>", message.notice, self.from.email.domain());
        let mail = self.written(&message, &id).map_err(|why| Unsent::Never { why: format!("unwritable: {why}") })?;
        let sent = tokio::time::timeout(self.within, self.transport.send(mail));
        match sent.await {
            Ok(Ok(_)) => Ok(id),
            Ok(Err(error)) => Err(unsent(&error)),
            Err(_) => Err(Unsent::Unknown { why: "timeout: the mail server took too long".to_owned() }),
        }
    }

    fn written(&self, message: &Message, id: &str) -> Result<lettre::Message, Box<dyn Error>> {
        let to: Address = message.to.parse()?;
        let subject = message.subject.clone().unwrap_or_else(|| "Sysops Squad".to_owned());
        let html = mail::html(message.language, &subject, &message.body, message.link.as_deref())?;
        let builder = lettre::Message::builder().from(self.from.clone()).to(Mailbox::new(None, to));
        let parts = MultiPart::alternative_plain_html(message.body.clone(), html);
        Ok(builder.message_id(Some(id.to_owned())).subject(subject).multipart(parts)?)
    }
}

impl Gateway for Mailer {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        self.mail(message).boxed()
    }

    fn look_up(&self, _: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        // SMTP cannot be asked; the same Message-ID makes the second one recognisable.
        async { Ok(None) }.boxed()
    }
}

fn is_this_machine(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|here| host.strip_prefix(here).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

fn unsent(error: &smtp::Error) -> Unsent {
    let code = error.status().map(|code| code.to_string());
    let why = format!("{}: {}", code.as_deref().unwrap_or("mail"), causes(error));
    if error.is_permanent() || error.is_client() {
        Unsent::Never { why }
    } else if error.is_transient() || was_refused(error) {
        Unsent::Later { after: None, why }
    } else {
        Unsent::Unknown { why }
    }
}

/// Nobody listened: certainly nothing was taken.
fn was_refused(error: &smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        source = error.source();
    }
    false
}

fn causes(error: &smtp::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
