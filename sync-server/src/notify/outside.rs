//! The way out: one trait for whatever hands a message to a provider, and which channels this server has.

use super::fcm::gateway::Fcm;
use super::guard::Guarded;
use super::plan::{Channel, Matter};
use super::sandbox::Sandbox;
use super::smtp::gateway::Mailer;
use super::twilio::gateway::Twilio;
use crate::config::{Config, Mode, Sending, SendingBounds};
use crate::http::Site;
use crate::links::Links;
use futures_util::future::BoxFuture;
use shared::ids::{NoticeId, SurveyId, TicketId};
use shared::text::Email;
use shared::texts::Language;
use std::sync::Arc;
use std::time::Duration;

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its notice, which is also our reference at the provider.
    pub notice: NoticeId,
    /// Its channel.
    pub channel: Channel,
    /// To which address; of a push, whose phones.
    pub to: String,
    /// What it is about: a newer push of a kind replaces the older one on the phone.
    pub matter: Matter,
    /// The language that it is written in.
    pub language: Language,
    /// Which ticket it opens.
    pub ticket: Option<TicketId>,
    /// The subject of a mail, the title of a push.
    pub subject: Option<String>,
    /// What it says.
    pub body: String,
    /// Where it leads.
    pub link: Option<String>,
}

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It was certainly not taken; later it may be.
    #[error("{why}")]
    Later {
        /// When the provider said to come back.
        after: Option<Duration>,
        /// What it said.
        why: String,
    },
    /// It may have been taken: ask before sending again.
    #[error("{why}")]
    Unknown {
        /// What happened.
        why: String,
    },
    /// It will never be taken.
    #[error("{why}")]
    Never {
        /// What it said.
        why: String,
    },
}

/// Hands messages of one channel to a provider.
pub trait Gateway: Send + Sync {
    /// Sends; gives back the provider's reference.
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>>;

    /// How long to leave the provider alone, if it is not worth asking now. Who is told nothing asks next.
    fn wait(&self) -> Option<Duration> {
        None
    }

    /// After an attempt of which nobody knows the end: the provider's reference if it has the message.
    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>>;
}

/// A channel's gateway, or why there is none.
pub type Way = Result<Arc<dyn Gateway>, &'static str>;

/// Everything that notices need of the outside.
#[derive(Clone)]
pub struct Outside {
    /// Push.
    pub push: Way,
    /// SMS.
    pub sms: Way,
    /// E-mail.
    pub mail: Way,
    /// Where links lead.
    pub pages: Pages,
    /// Who hears of what nobody looked at; empty means every admin.
    pub admins_to_tell: Vec<Email>,
}

/// The addresses of the pages that messages link to.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Makes the tokens.
    pub links: Links,
    /// Scheme and authority, without a slash at the end.
    pub public_url: String,
}

impl Pages {
    /// A ticket's page, without a sign-in.
    pub fn track(&self, ticket: TicketId) -> String {
        format!("{}/track/{}", self.public_url, self.links.track(ticket))
    }

    /// A survey's page.
    pub fn survey(&self, survey: SurveyId) -> String {
        format!("{}/survey/{}", self.public_url, self.links.survey(survey))
    }
}

impl Outside {
    /// What the settings say. In the demo everything is captured. In production a channel that has no sender says so:
    /// its notices fail where everybody can see them, and nothing is pretended.
    pub fn new(site: &Site) -> Self {
        let config = &site.config;
        let pages = Pages { links: site.links.clone(), public_url: config.public_url.clone() };
        let admins_to_tell = config.admins_to_tell.clone();
        let Sending { push, sms, mail } = config.sending;
        let within = |bounds: SendingBounds| Duration::from_secs(bounds.within_seconds.into());
        match config.mode {
            Mode::Demo => Self { admins_to_tell, ..Self::captured(Sandbox::new(site.db.clone()), pages) },
            Mode::Serve => Self {
                push: match config
                    .providers
                    .fcm
                    .as_ref()
                    .map(|account| Fcm::open(account, within(push), site.db.clone()))
                {
                    Some(Ok(fcm)) => Ok(Arc::new(Guarded::new(fcm, site.db.clone()))),
                    Some(Err(error)) => {
                        tracing::error!(%error, "push is off");
                        Err("push is off: the file of SYSOPS_FCM_CREDENTIALS is no key of a service account")
                    }
                    None => Err("push is off: set SYSOPS_FCM_CREDENTIALS"),
                },
                sms: match &config.providers.twilio {
                    Some(account) => {
                        let twilio = Twilio::new(account.clone(), &pages.public_url, within(sms));
                        Ok(Arc::new(Guarded::new(twilio, site.db.clone())))
                    }
                    None => Err("SMS is off: set SYSOPS_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM"),
                },
                mail: match &config.providers.smtp {
                    Some(settings) => Mailer::new(settings, within(mail))
                        .map(|mailer| Arc::new(Guarded::new(mailer, site.db.clone())) as Arc<dyn Gateway>),
                    None => Err("e-mail is off: set SYSOPS_SMTP_URL and SYSOPS_MAIL_FROM"),
                },
                pages,
                admins_to_tell,
            },
        }
    }

    /// What a receipt needs of the outside: it sends nothing itself.
    pub(super) fn pages_only(site: &Site) -> Self {
        let pages = Pages { links: site.links.clone(), public_url: site.config.public_url.clone() };
        let none = || Err("nothing is sent from here");
        Self { push: none(), sms: none(), mail: none(), pages, admins_to_tell: Vec::new() }
    }

    /// Everything goes into the sandbox.
    pub fn captured(sandbox: Sandbox, pages: Pages) -> Self {
        let gateway: Arc<dyn Gateway> = Arc::new(sandbox);
        Self { push: Ok(gateway.clone()), sms: Ok(gateway.clone()), mail: Ok(gateway), pages, admins_to_tell: vec![] }
    }

    /// The gateway of a channel. Nobody but a person rings.
    pub fn gateway(&self, channel: Channel) -> Result<&dyn Gateway, &'static str> {
        let way = match channel {
            Channel::Push => &self.push,
            Channel::Sms => &self.sms,
            Channel::Email => &self.mail,
            Channel::Call => return Err("a person of ours rings"),
        };
        way.as_deref().map_err(|why| *why)
    }
}

/// What to set so that a channel has a sender; nothing where it has one. A call needs none.
pub fn off_by_settings(config: &Config, channel: Channel) -> Option<&'static str> {
    let is_on = match (config.mode, channel) {
        (Mode::Demo, _) | (_, Channel::Call) => true,
        (Mode::Serve, Channel::Push) => config.providers.fcm.is_some(),
        (Mode::Serve, Channel::Sms) => config.providers.twilio.is_some(),
        (Mode::Serve, Channel::Email) => config.providers.smtp.is_some(),
    };
    let how = match channel {
        Channel::Push => "Push is off: set SYSOPS_FCM_CREDENTIALS",
        Channel::Sms => "SMS is off: set SYSOPS_TWILIO_ACCOUNT_SID, SYSOPS_TWILIO_AUTH_TOKEN and SYSOPS_TWILIO_FROM",
        Channel::Email => "E-mail is off: set SYSOPS_SMTP_URL and SYSOPS_MAIL_FROM",
        Channel::Call => return None,
    };
    (!is_on).then_some(how)
}
