//! What we ask of the card provider, and what it can answer: one trait for the real one and the demo's. Pure values; the
//! gateways put them on the wire.

use super::card::Card;
use super::recorded::Recorded;
use super::rules::Rules;
use super::sandbox::Sandbox;
use super::stripe::gateway::Stripe;
use crate::config::{Config, Mode};
use crate::http::Site;
use crate::notify::outside::{Pages, Unsent};
use futures_util::future::BoxFuture;
use shared::ids::{ChargeId, CheckoutId, CustomerId, RefundId};
use shared::money::Money;
use shared::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Why no card can be charged, for whoever can mend it.
pub const OFF: &str = "Card payments are off: set SYSOPS_STRIPE_SECRET_KEY and SYSOPS_STRIPE_WEBHOOK_SECRET.";

/// What the provider's page is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageFor {
    /// To pay, and to keep the card for later periods.
    Payment {
        /// What is bought, as its buyer reads it.
        what: String,
        /// How much.
        price: Money,
    },
    /// Only to keep another card.
    Card,
}

/// A page at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWanted {
    /// Our reference.
    pub checkout: CheckoutId,
    /// Whose.
    pub payer: String,
    /// What it is for.
    pub purpose: PageFor,
    /// Where it leads when it is done.
    pub done: String,
    /// Where it leads when it is left.
    pub left: String,
    /// How long it stays open, by the real clock.
    pub expires_at: Timestamp,
}

/// One attempt to get a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The name of the request: the same one is a repeat.
    pub key: String,
    /// Our reference.
    pub charge: ChargeId,
    /// Whose.
    pub payer: String,
    /// The card.
    pub method: String,
    /// The payment that was begun before, to be tried once more; else it is made.
    pub intent: Option<String>,
    /// How much.
    pub price: Money,
    /// What for, as it stands beside the payment.
    pub what: String,
    /// Where the bank's page leads back to, where the customer is there to see one.
    pub returns_to: Option<String>,
}

/// What we ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Know this customer.
    Payer {
        /// Who.
        customer: CustomerId,
        /// Their name.
        name: String,
        /// Their address.
        email: Option<String>,
    },
    /// Open a page.
    Page(PageWanted),
    /// How a page stands.
    Session(String),
    /// Close a page.
    EndSession(String),
    /// Charge a card.
    Charge(Order),
    /// How a payment stands.
    Intent(String),
    /// The payment for a charge, of which only our reference is known.
    Find {
        /// Whose.
        payer: String,
        /// Our reference.
        charge: ChargeId,
    },
    /// Make sure that a payment is never made.
    Cancel(String),
    /// Give money back.
    Refund {
        /// Our reference, and the name of the request.
        refund: RefundId,
        /// Of which payment.
        intent: String,
        /// How much.
        amount: Money,
    },
    /// Forget a customer: the name, the address, every card. What was paid stays in the provider's books.
    Forget(String),
    /// The refund of which only our reference is known.
    FindRefund {
        /// Of which payment.
        intent: String,
        /// Our reference.
        refund: RefundId,
    },
}

impl Request {
    /// The word in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Payer { .. } => "payer",
            Self::Page(_) => "page",
            Self::Session(_) => "session",
            Self::EndSession(_) => "end_session",
            Self::Charge(_) => "charge",
            Self::Intent(_) => "intent",
            Self::Find { .. } => "find",
            Self::Cancel(_) => "cancel",
            Self::Refund { .. } => "refund",
            Self::Forget(_) => "forget",
            Self::FindRefund { .. } => "find_refund",
        }
    }
}

/// How a page stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Somebody may still use it.
    Open,
    /// It did what it was for.
    Complete {
        /// The payment, of a page that takes one.
        intent: Option<String>,
        /// The card that was kept.
        card: Option<Card>,
    },
    /// It was left.
    Expired,
}

/// How a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// Paid.
    Succeeded,
    /// The card was declined, or no card was tried yet.
    Open {
        /// The provider's word.
        code: Option<String>,
    },
    /// The customer has to confirm it there.
    NeedsAction {
        /// The bank's page.
        url: Option<String>,
    },
    /// The provider works on it.
    Processing,
    /// It will never be paid.
    Cancelled,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The provider's reference.
    pub id: String,
    /// How it stands.
    pub state: IntentState,
    /// How much.
    pub amount_minor: i64,
    /// Our reference.
    pub charge: Option<ChargeId>,
}

/// How a refund stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refunded {
    /// The money is on its way back.
    Done {
        /// The provider's reference.
        reference: String,
    },
    /// The provider works on it.
    Pending {
        /// The provider's reference.
        reference: String,
    },
    /// It did not work.
    Failed {
        /// Why.
        why: String,
    },
}

/// What the provider answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its reference of a customer.
    Payer(String),
    /// A page.
    Page {
        /// Its reference.
        session: String,
        /// Its address.
        url: String,
    },
    /// How a page stands.
    Session(SessionState),
    /// How a payment stands.
    Intent(Intent),
    /// There is none.
    NoIntent,
    /// How a refund stands.
    Refund(Refunded),
    /// There is none.
    NoRefund,
    /// The customer is forgotten, and no card of theirs can be charged.
    Forgotten,
}

/// Speaks with a card provider.
pub trait Gateway: Send + Sync {
    /// Asks. That a card was declined is an answer; an error says whether the request may have been taken.
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unsent>>;

    /// How long to leave the provider alone, if it is not worth asking now. Who is told nothing asks next.
    fn wait(&self) -> Option<Duration> {
        None
    }
}

fn astray(answer: &Answer) -> Unsent {
    Unsent::Unknown { why: format!("astray: the card provider answered something else: {answer:?}") }
}

/// Asks for a payment.
pub async fn intent(gateway: &dyn Gateway, request: Request) -> Result<Option<Intent>, Unsent> {
    match gateway.ask(request).await? {
        Answer::Intent(intent) => Ok(Some(intent)),
        Answer::NoIntent => Ok(None),
        other @ (Answer::Payer(_)
        | Answer::Page { .. }
        | Answer::Session(_)
        | Answer::Refund(_)
        | Answer::NoRefund
        | Answer::Forgotten) => Err(astray(&other)),
    }
}

/// Asks for a refund.
pub async fn refund(gateway: &dyn Gateway, request: Request) -> Result<Option<Refunded>, Unsent> {
    match gateway.ask(request).await? {
        Answer::Refund(refunded) => Ok(Some(refunded)),
        Answer::NoRefund => Ok(None),
        other @ (Answer::Payer(_)
        | Answer::Page { .. }
        | Answer::Session(_)
        | Answer::Intent(_)
        | Answer::NoIntent
        | Answer::Forgotten) => Err(astray(&other)),
    }
}

/// Asks how a page stands.
pub async fn session(gateway: &dyn Gateway, session: String) -> Result<SessionState, Unsent> {
    match gateway.ask(Request::Session(session)).await? {
        Answer::Session(state) => Ok(state),
        other @ (Answer::Payer(_)
        | Answer::Page { .. }
        | Answer::Intent(_)
        | Answer::NoIntent
        | Answer::Refund(_)
        | Answer::NoRefund
        | Answer::Forgotten) => Err(astray(&other)),
    }
}

/// Asks for a customer's reference.
pub async fn payer(gateway: &dyn Gateway, request: Request) -> Result<String, Unsent> {
    match gateway.ask(request).await? {
        Answer::Payer(reference) => Ok(reference),
        other @ (Answer::Session(_)
        | Answer::Page { .. }
        | Answer::Intent(_)
        | Answer::NoIntent
        | Answer::Refund(_)
        | Answer::NoRefund
        | Answer::Forgotten) => Err(astray(&other)),
    }
}

/// Asks for a page: its reference and its address.
pub async fn page(gateway: &dyn Gateway, wanted: PageWanted) -> Result<(String, String), Unsent> {
    match gateway.ask(Request::Page(wanted)).await? {
        Answer::Page { session, url } => Ok((session, url)),
        other @ (Answer::Payer(_)
        | Answer::Session(_)
        | Answer::Intent(_)
        | Answer::NoIntent
        | Answer::Refund(_)
        | Answer::NoRefund
        | Answer::Forgotten) => Err(astray(&other)),
    }
}

/// Asks that a customer be forgotten.
pub async fn forget(gateway: &dyn Gateway, payer: String) -> Result<(), Unsent> {
    match gateway.ask(Request::Forget(payer)).await? {
        Answer::Forgotten => Ok(()),
        other @ (Answer::Payer(_)
        | Answer::Page { .. }
        | Answer::Session(_)
        | Answer::Intent(_)
        | Answer::NoIntent
        | Answer::Refund(_)
        | Answer::NoRefund) => Err(astray(&other)),
    }
}

/// Everything that billing needs of the outside.
#[derive(Clone)]
pub struct Outside {
    /// The card provider, or why there is none.
    pub cards: Result<Arc<dyn Gateway>, &'static str>,
    /// What transactions need of it.
    pub means: Means,
}

/// What a transaction about money needs of the outside: nothing that speaks.
#[derive(Clone, Debug)]
pub struct Means {
    /// Where links lead.
    pub pages: Pages,
    /// How long things wait.
    pub rules: Rules,
}

impl Means {
    /// A page of ours.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.pages.public_url)
    }
}

impl Outside {
    /// What the settings say: the sandbox in the demo, else Stripe, else nothing that says so.
    pub fn new(site: &Site) -> Self {
        let pages = Pages { links: site.links.clone(), public_url: site.config.public_url.clone() };
        let cards: Result<Arc<dyn Gateway>, _> = match (site.config.mode, &site.config.providers.stripe) {
            (Mode::Demo, _) => Ok(Arc::new(Recorded::new(Sandbox::new(site), site.db.clone()))),
            (Mode::Serve, Some(account)) => {
                let stripe = Stripe::new(account.clone(), site.db.clone());
                Ok(Arc::new(Recorded::new(stripe, site.db.clone())))
            }
            (Mode::Serve, None) => Err(OFF),
        };
        Self { cards, means: Means { pages, rules: site.config.billing.clone() } }
    }

    /// The card provider.
    pub fn gateway(&self) -> Result<&dyn Gateway, &'static str> {
        self.cards.as_deref().map_err(|why| *why)
    }
}

/// What to set so that cards can be charged; nothing where they can.
pub fn off_by_settings(config: &Config) -> Option<&'static str> {
    (config.mode == Mode::Serve && config.providers.stripe.is_none()).then_some(OFF)
}
