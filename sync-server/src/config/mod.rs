//! What this process was told, read once at its start and checked: from the command line, else from `SYSOPS_…` in the
//! environment, else from the file that `SYSOPS_SETTINGS` names, else a built-in default.
//!
//! A setting that would lose data or leak is refused with a sentence that says what to do ([`Refusals`]). Secrets never
//! show in `Debug` and thus in no log. Nothing here opens, connects or writes.

mod file;
mod packages;
mod read;
mod settings;

pub use file::{SettingsFile, with_defaults};
pub use packages::Packages;
pub use settings::Settings;

use shared::text::Email;
use shared::ticket::Timing;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Which of its two lives the server leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The whole product on one machine, with sandboxed providers and a business clock that can be pushed.
    Demo,
    /// Production.
    Serve,
}

/// The folder of files in the folder of data.
const FILES: &str = "files";

/// What the process was told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which life it leads.
    pub mode: Mode,
    /// `sqlite:` or `postgres:`; secret because it may hold a password.
    pub database_url: Secret,
    /// Where to listen.
    pub bind: SocketAddr,
    /// How browsers and phones reach us, without a slash at the end.
    pub public_url: String,
    /// Whether `public_url` was set, or follows from `bind`.
    public_url_is_set: bool,
    /// What tokens in links and ticket numbers are made from.
    pub secret: Secret,
    /// Where this process keeps what is its own.
    pub data_dir: PathBuf,
    /// Where photos are kept.
    pub files: Files,
    /// How long each state of a ticket may last.
    pub timing: Timing,
    /// The bounds of matching.
    pub matching: MatchingBounds,
    /// The numbers of billing.
    pub billing: BillingRules,
    /// Who sends for us.
    pub providers: Providers,
    /// How fast each channel sends, and how long its provider may take.
    pub sending: Sending,
    /// How experts' phones get the app.
    pub packages: Packages,
    /// Who hears of what nobody looked at; empty means every admin.
    pub admins_to_tell: Vec<Email>,
    /// Tickets a second that are taken from the web; more are told to come back. `None` is no limit.
    pub intake_per_second: Option<NonZeroU32>,
    /// Sign-ins a minute from one address; `None` is no limit.
    pub sign_ins_per_minute: Option<NonZeroU32>,
    /// Requests a second from one address; `None` is no limit.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests that one address may send at once.
    pub request_burst: NonZeroU32,
    /// Proxies of ours in front, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: u8,
}

/// Where photos are kept. With several servers it must be one place for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Files {
    /// A folder of this machine, or one that all servers share.
    Folder(PathBuf),
    /// A bucket that speaks S3; who we are there comes from AWS's own settings in the environment.
    Bucket {
        /// `s3://bucket`.
        url: String,
        /// What stands before every name in it; may be empty.
        prefix: String,
    },
    /// Memory, for tests: gone with the process.
    Memory,
}

/// The bounds of matching: of its hard rules, as `matching::Settings` takes them, and of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchingBounds {
    /// Speed along the straight line, km/h.
    pub speed_km_per_hour: u32,
    /// Age in minutes past which a position is not used.
    pub position_minutes_max: u32,
    /// Minutes left free after each visit.
    pub buffer_minutes: u32,
    /// Minutes ahead that a visit may be planned.
    pub horizon_minutes: u32,
    /// Milliseconds that a round has for the best choice of all tickets together.
    pub budget_ms: u32,
}

/// The numbers of billing: how long things wait, and how often a card is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingRules {
    /// So many days after its period should have been paid a plan lapses.
    pub grace_days: u32,
    /// So many days after the first try the card is tried again, within the grace.
    pub retry_days: Vec<u32>,
    /// So many days before a charge it is told, first and once more.
    pub notice_days: [u32; 2],
    /// So long the provider's page stays open.
    pub checkout_minutes: u32,
}

/// Who sends for us. `None` is a channel that is off, and says so.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// SMS.
    pub twilio: Option<Twilio>,
    /// Push.
    pub fcm: Option<Fcm>,
    /// E-mail.
    pub smtp: Option<Smtp>,
    /// Cards.
    pub stripe: Option<Stripe>,
}

/// Cards by Stripe.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// Where its API is, without a slash at the end.
    pub url: String,
    /// The account's secret.
    pub secret_key: Secret,
    /// What signs its tellings.
    pub webhook_secret: Secret,
    /// Requests that one server makes at once.
    pub at_once: u32,
    /// Seconds that it may take for one.
    pub within_seconds: u32,
}

impl Stripe {
    /// Requests that one server makes at once, unless a setting says otherwise.
    pub const AT_ONCE: u32 = 16;
    /// Seconds that it may take for one, unless a setting says otherwise: less than a page may.
    pub const WITHIN_SECONDS: u32 = 8;
}

/// How fast each channel sends, and how long its provider may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Push.
    pub push: SendingBounds,
    /// SMS.
    pub sms: SendingBounds,
    /// E-mail.
    pub mail: SendingBounds,
}

/// The bounds of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendingBounds {
    /// Messages a second from all servers together; `None` is no limit.
    pub per_second: Option<NonZeroU32>,
    /// Messages that one server sends at once.
    pub at_once: u32,
    /// Seconds that the provider may take for one.
    pub within_seconds: u32,
}

/// SMS by Twilio.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// Where its API is, without a slash at the end.
    pub url: String,
    /// The account.
    pub account_sid: String,
    /// Its secret, which also signs the callbacks.
    pub auth_token: Secret,
    /// The number or service that sends.
    pub from: String,
}

/// Push by Firebase.
#[derive(Clone, Debug)]
pub struct Fcm {
    /// Where its API is, without a slash at the end.
    pub url: String,
    /// The file with the service account's key.
    pub credentials: PathBuf,
}

/// E-mail by SMTP.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// `smtps://user:password@host:465`.
    pub url: Secret,
    /// The sender.
    pub from: Email,
}

/// Text that no log may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// Settings that are refused, a sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Refusals(pub Vec<String>);

impl Config {
    /// The settings of a demo that keeps its data in this folder. Loopback only, nothing leaves the machine, and no
    /// limit stands in the way of somebody who tries things out.
    pub fn demo(data_dir: PathBuf, port: u16, secret: Secret) -> Self {
        let bind = SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            mode: Mode::Demo,
            database_url: Secret(demo_database(&data_dir)),
            bind,
            public_url: format!("http://{bind}"),
            public_url_is_set: false,
            secret,
            files: Files::Folder(data_dir.join(FILES)),
            data_dir,
            timing: Timing::default(),
            matching: MatchingBounds::default(),
            billing: BillingRules::default(),
            providers: Providers::default(),
            sending: Sending::default(),
            packages: Packages::default(),
            admins_to_tell: Vec::new(),
            intake_per_second: None,
            sign_ins_per_minute: None,
            requests_per_second: None,
            request_burst: NonZeroU32::MIN,
            trusted_proxies: 0,
        }
    }

    /// Where we really listen, once we do: with port 0 the machine chose it.
    pub fn listens_on(&mut self, bound: SocketAddr) {
        self.bind = bound;
        if !self.public_url_is_set {
            self.public_url = format!("http://{bound}");
        }
    }

    /// Whether browsers reach us by https, which decides the session's cookie.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// The database of a demo in this folder.
pub fn demo_database(data_dir: &std::path::Path) -> String {
    format!("sqlite:{}", data_dir.join("sysops.db").display())
}

impl Default for Sending {
    fn default() -> Self {
        let bounds = |per_second, within_seconds| SendingBounds {
            per_second: NonZeroU32::new(per_second),
            at_once: 16,
            within_seconds,
        };
        Self { push: bounds(0, 10), sms: bounds(10, 10), mail: bounds(20, 45) }
    }
}

impl Default for MatchingBounds {
    fn default() -> Self {
        Self {
            speed_km_per_hour: 40,
            position_minutes_max: 60,
            buffer_minutes: 10,
            horizon_minutes: 3 * 1_440,
            budget_ms: 2_000,
        }
    }
}

impl Default for BillingRules {
    fn default() -> Self {
        Self { grace_days: 14, retry_days: vec![1, 3, 5, 8], notice_days: [30, 7], checkout_minutes: 60 }
    }
}
