//! Every setting with its name on the command line, in the environment and in the file, and its default. `--help` is
//! made from this.

use super::{MatchingBounds, Secret, Sending, SendingBounds, Stripe};
use clap::{Args, value_parser};
use shared::promise::ServiceHours;
use shared::text::Email;
use shared::ticket::Timing;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// A year, the longest that a setting in minutes may be.
const MINUTES_MAX: i64 = 525_600;

/// As it is set: 0 is no limit.
fn per_second(bounds: SendingBounds) -> u32 {
    bounds.per_second.map_or(0, NonZeroU32::get)
}

/// What was set, not yet checked. Times are minutes.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// The database: `sqlite:/path/to/file.db` or `postgres://user:password@host/name`.
    #[arg(long, env = "SYSOPS_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// Address and port to listen on.
    #[arg(long, env = "SYSOPS_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,
    /// How browsers and phones reach this server, like `https://help.example.com`.
    #[arg(long, env = "SYSOPS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// At least 32 characters that nobody can guess; the same on every server. With another one old links end.
    #[arg(long, env = "SYSOPS_SECRET", hide_env_values = true, value_name = "TEXT")]
    pub secret: Option<Secret>,
    /// Folder for what this server keeps beside the database.
    #[arg(long, env = "SYSOPS_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where photos are kept: `file:///a/folder` or `s3://bucket/prefix`; unset is the folder `files` in the data folder. Several servers need one place for all. Who we are at a bucket comes from the usual AWS variables.
    #[arg(long, env = "SYSOPS_FILES_URL", value_name = "URL")]
    pub files_url: Option<String>,
    /// SHA-256 of the certificates that sign the Android app, as `keytool -list -v` prints them, divided by commas: then an SMS to an expert opens in it.
    #[arg(long, env = "SYSOPS_APP_ANDROID_CERTIFICATES", value_delimiter = ',', value_name = "AA:BB:…")]
    pub app_android_certificates: Vec<String>,
    /// Apple's name of the team that signs the iPhone app, for the same.
    #[arg(long, env = "SYSOPS_APP_APPLE_TEAM", value_name = "TEXT")]
    pub app_apple_team: Option<String>,
    /// Where Android phones get the app; `/app` leads there.
    #[arg(long, env = "SYSOPS_APP_ANDROID_URL", value_name = "URL")]
    pub app_android_url: Option<String>,
    /// Where iPhones get the app.
    #[arg(long, env = "SYSOPS_APP_IOS_URL", value_name = "URL")]
    pub app_ios_url: Option<String>,
    /// Who hears of what nobody looked at, separated by commas; nobody set means every admin.
    #[arg(long, env = "SYSOPS_ADMINS_TO_TELL", value_delimiter = ',', value_name = "E-MAIL")]
    pub admins_to_tell: Vec<Email>,

    /// Tickets a second taken from the web; more are told to come back. 0 is no limit.
    #[arg(long, env = "SYSOPS_INTAKE_PER_SECOND", default_value_t = 0, value_name = "N")]
    pub intake_per_second: u32,
    /// Sign-ins a minute from one address. 0 is no limit.
    #[arg(long, env = "SYSOPS_SIGN_INS_PER_MINUTE", default_value_t = 30, value_name = "N")]
    pub sign_ins_per_minute: u32,
    /// Requests a second from one address. 0 is no limit.
    #[arg(long, env = "SYSOPS_REQUESTS_PER_SECOND", default_value_t = 0, value_name = "N")]
    pub requests_per_second: u32,
    /// Requests that one address may send at once before that rate holds.
    #[arg(long, env = "SYSOPS_REQUEST_BURST", default_value = "100", value_name = "N")]
    pub request_burst: NonZeroU32,
    /// Proxies of yours in front of this server, whose X-Forwarded-For is believed.
    #[arg(long, env = "SYSOPS_TRUSTED_PROXIES", default_value_t = 0, value_name = "N")]
    pub trusted_proxies: u8,

    /// When a waiting ticket becomes a person's.
    #[arg(long, env = "SYSOPS_WAITING_MINUTES", default_value_t = Timing::default().waiting_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub waiting_minutes: i64,
    /// When a ticket without a plan becomes a person's; closed after as long again.
    #[arg(long, env = "SYSOPS_NO_PLAN_MINUTES", default_value_t = Timing::default().no_plan_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub no_plan_minutes: i64,
    /// When an offer lapses.
    #[arg(long, env = "SYSOPS_OFFER_MINUTES", default_value_t = Timing::default().offer_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub offer_minutes: i64,
    /// After so many offers a person is asked.
    #[arg(long, env = "SYSOPS_OFFERS_MAX", default_value_t = Timing::default().offers_max, value_parser = value_parser!(u32).range(1..=100), value_name = "N")]
    pub offers_max: u32,
    /// Grace after the reminder to leave.
    #[arg(long, env = "SYSOPS_DEPART_GRACE_MINUTES", default_value_t = Timing::default().depart_grace_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub depart_grace_minutes: i64,
    /// Grace after the estimated end of the work.
    #[arg(long, env = "SYSOPS_WORK_GRACE_MINUTES", default_value_t = Timing::default().work_grace_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub work_grace_minutes: i64,
    /// The least time that a travelling expert has.
    #[arg(long, env = "SYSOPS_TRAVEL_FLOOR_MINUTES", default_value_t = Timing::default().travel_floor_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub travel_floor_minutes: i64,
    /// How long a person has before the admins are told, again and again.
    #[arg(long, env = "SYSOPS_HUMAN_MINUTES", default_value_t = Timing::default().human_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub human_minutes: i64,
    /// How long a customer has to choose another time or mend the address.
    #[arg(long, env = "SYSOPS_CUSTOMER_MINUTES", default_value_t = Timing::default().customer_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub customer_minutes: i64,
    /// After how long a missing part without a date is looked after.
    #[arg(long, env = "SYSOPS_PART_MINUTES", default_value_t = Timing::default().part_minutes, value_parser = value_parser!(i64).range(1..=MINUTES_MAX), value_name = "N")]
    pub part_minutes: i64,
    /// For how long after a hold nobody else is asked, while the expert who knows the trouble can come.
    #[arg(long, env = "SYSOPS_SAME_EXPERT_MINUTES", default_value_t = Timing::default().same_expert_minutes, value_parser = value_parser!(i64).range(0..=MINUTES_MAX), value_name = "N")]
    pub same_expert_minutes: i64,
    /// When the business serves, by the clocks of each site: only then the hours of a plan's promise pass.
    #[arg(long, env = "SYSOPS_SERVICE_HOURS", default_value_t = Timing::default().service_hours, value_name = "HOURS")]
    pub service_hours: ServiceHours,

    /// Days after its period should have been paid until a plan lapses.
    #[arg(long, env = "SYSOPS_GRACE_DAYS", default_value = "14", value_parser = value_parser!(u32).range(1..=90), value_name = "N")]
    pub grace_days: u32,
    /// Days after the first try on which a card is tried again, separated by commas.
    #[arg(long, env = "SYSOPS_RETRY_DAYS", default_value = "1,3,5,8", value_delimiter = ',', value_parser = value_parser!(u32).range(1..=90), value_name = "N")]
    pub retry_days: Vec<u32>,
    /// Minutes that the card provider's page stays open.
    #[arg(long, env = "SYSOPS_CHECKOUT_MINUTES", default_value = "60", value_parser = value_parser!(u32).range(31..=1_439), value_name = "N")]
    pub checkout_minutes: u32,

    /// Speed along the straight line, by which travel is estimated.
    #[arg(long, env = "SYSOPS_SPEED_KM_PER_HOUR", default_value_t = MatchingBounds::default().speed_km_per_hour, value_parser = value_parser!(u32).range(1..=200), value_name = "N")]
    pub speed_km_per_hour: u32,
    /// Age past which an expert's position is not used.
    #[arg(long, env = "SYSOPS_POSITION_MINUTES_MAX", default_value_t = MatchingBounds::default().position_minutes_max, value_name = "N")]
    pub position_minutes_max: u32,
    /// Time left free after each visit.
    #[arg(long, env = "SYSOPS_BUFFER_MINUTES", default_value_t = MatchingBounds::default().buffer_minutes, value_name = "N")]
    pub buffer_minutes: u32,
    /// How far ahead a visit may be planned.
    #[arg(long, env = "SYSOPS_HORIZON_MINUTES", default_value_t = MatchingBounds::default().horizon_minutes, value_parser = value_parser!(u32).range(60..=43_200), value_name = "N")]
    pub horizon_minutes: u32,
    /// Milliseconds that matching has for the best choice of all tickets together; past them each takes its best in turn.
    #[arg(long, env = "SYSOPS_MATCHING_BUDGET_MS", default_value_t = MatchingBounds::default().budget_ms, value_parser = value_parser!(u32).range(..=60_000), value_name = "N")]
    pub matching_budget_ms: u32,

    /// Twilio's API.
    #[arg(long, env = "SYSOPS_TWILIO_URL", default_value = "https://api.twilio.com", value_name = "URL")]
    pub twilio_url: String,
    /// Twilio's account; without one SMS is off.
    #[arg(long, env = "SYSOPS_TWILIO_ACCOUNT_SID", value_name = "TEXT")]
    pub twilio_account_sid: Option<String>,
    /// The account's secret.
    #[arg(long, env = "SYSOPS_TWILIO_AUTH_TOKEN", hide_env_values = true, value_name = "TEXT")]
    pub twilio_auth_token: Option<Secret>,
    /// The number or messaging service that sends.
    #[arg(long, env = "SYSOPS_TWILIO_FROM", value_name = "TEXT")]
    pub twilio_from: Option<String>,
    /// Firebase's API.
    #[arg(long, env = "SYSOPS_FCM_URL", default_value = "https://fcm.googleapis.com", value_name = "URL")]
    pub fcm_url: String,
    /// The file with the service account's key; without one push is off.
    #[arg(long, env = "SYSOPS_FCM_CREDENTIALS", value_name = "FILE")]
    pub fcm_credentials: Option<PathBuf>,
    /// The mail server, `smtps://user:password@host`; without one e-mail is off.
    #[arg(long, env = "SYSOPS_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<Secret>,
    /// Stripe's API.
    #[arg(long, env = "SYSOPS_STRIPE_URL", default_value = "https://api.stripe.com", value_name = "URL")]
    pub stripe_url: String,
    /// The secret key of Stripe's account; without one card payments are off.
    #[arg(long, env = "SYSOPS_STRIPE_SECRET_KEY", hide_env_values = true, value_name = "TEXT")]
    pub stripe_secret_key: Option<Secret>,
    /// What signs Stripe's calls to `/webhooks/stripe`.
    #[arg(long, env = "SYSOPS_STRIPE_WEBHOOK_SECRET", hide_env_values = true, value_name = "TEXT")]
    pub stripe_webhook_secret: Option<Secret>,
    /// The sender of our e-mails.
    #[arg(long, env = "SYSOPS_MAIL_FROM", value_name = "E-MAIL")]
    pub mail_from: Option<Email>,
    /// Pushes a second, from all servers together; what experts wait for goes first. 0 is no limit.
    #[arg(long, env = "SYSOPS_PUSH_PER_SECOND", default_value_t = per_second(Sending::default().push), value_parser = value_parser!(u32).range(..=100_000), value_name = "N")]
    pub push_per_second: u32,
    /// Pushes that one server sends at once.
    #[arg(long, env = "SYSOPS_PUSH_AT_ONCE", default_value_t = Sending::default().push.at_once, value_parser = value_parser!(u32).range(1..=1_000), value_name = "N")]
    pub push_at_once: u32,
    /// Seconds that Firebase may take for one message.
    #[arg(long, env = "SYSOPS_PUSH_SECONDS", default_value_t = Sending::default().push.within_seconds, value_parser = value_parser!(u32).range(1..=100), value_name = "N")]
    pub push_seconds: u32,
    /// SMS a second, from all servers together; what experts wait for goes first. 0 is no limit.
    #[arg(long, env = "SYSOPS_SMS_PER_SECOND", default_value_t = per_second(Sending::default().sms), value_parser = value_parser!(u32).range(..=100_000), value_name = "N")]
    pub sms_per_second: u32,
    /// SMS that one server sends at once.
    #[arg(long, env = "SYSOPS_SMS_AT_ONCE", default_value_t = Sending::default().sms.at_once, value_parser = value_parser!(u32).range(1..=1_000), value_name = "N")]
    pub sms_at_once: u32,
    /// Seconds that Twilio may take for one message.
    #[arg(long, env = "SYSOPS_SMS_SECONDS", default_value_t = Sending::default().sms.within_seconds, value_parser = value_parser!(u32).range(1..=100), value_name = "N")]
    pub sms_seconds: u32,
    /// E-mails a second, from all servers together; what experts wait for goes first. 0 is no limit.
    #[arg(long, env = "SYSOPS_MAIL_PER_SECOND", default_value_t = per_second(Sending::default().mail), value_parser = value_parser!(u32).range(..=100_000), value_name = "N")]
    pub mail_per_second: u32,
    /// E-mails that one server sends at once.
    #[arg(long, env = "SYSOPS_MAIL_AT_ONCE", default_value_t = Sending::default().mail.at_once, value_parser = value_parser!(u32).range(1..=1_000), value_name = "N")]
    pub mail_at_once: u32,
    /// Seconds that the mail server may take for one message.
    #[arg(long, env = "SYSOPS_MAIL_SECONDS", default_value_t = Sending::default().mail.within_seconds, value_parser = value_parser!(u32).range(1..=100), value_name = "N")]
    pub mail_seconds: u32,
    /// Requests to Stripe that one server makes at once.
    #[arg(long, env = "SYSOPS_CARDS_AT_ONCE", default_value_t = Stripe::AT_ONCE, value_parser = value_parser!(u32).range(1..=1_000), value_name = "N")]
    pub cards_at_once: u32,
    /// Seconds that Stripe may take for one request; a customer may wait for it on a page.
    #[arg(long, env = "SYSOPS_CARDS_SECONDS", default_value_t = Stripe::WITHIN_SECONDS, value_parser = value_parser!(u32).range(1..=9), value_name = "N")]
    pub cards_seconds: u32,
}
