//! The demo's card provider: a small Stripe in this process, asked in Stripe's words and answering in them, with a page of its
//! own for cards, and calls of its own that are signed and taken like the real ones. Nothing leaves the machine, and no
//! card number is ever typed.

pub mod cards;
mod objects;
pub mod pages;
pub mod people;
mod store;
pub mod world;

use super::outside::{Answer, Gateway, Request};
use super::stripe::{Call, call, read, signature};
use super::webhook;
use crate::db::{Conn, Database, Error, Lane};
use crate::http::Site;
use crate::notify::outside::Unsent;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use world::{Around, Doc, Said, World};

/// What signs the sandbox's calls.
pub(super) fn secret(site: &Site) -> String {
    format!("whsec_{}", site.config.secret.expose())
}

/// A payment as the demo's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Of whom.
    pub who: String,
    /// For what.
    pub what: String,
    /// How much, with its currency.
    pub amount: String,
    /// What became of it, in words.
    pub state: String,
    /// The money came.
    pub is_paid: bool,
}

/// What was asked for last.
pub async fn payments(conn: &mut Conn, limit: i64) -> Result<Vec<Payment>, Error> {
    Ok(store::payments(conn, limit).await?.iter().map(|(intent, payer)| payment(intent, payer)).collect())
}

fn payment(intent: &Value, payer: &Value) -> Payment {
    let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
    let minor = intent["amount"].as_i64().unwrap_or(0);
    let error = intent["last_payment_error"]["message"].as_str();
    let is_paid = intent["status"] == "succeeded";
    let state = match (text(intent, "status").as_str(), error) {
        ("succeeded", _) => "paid".to_owned(),
        ("requires_action", _) => "waits for the customer's bank".to_owned(),
        ("canceled", _) => "called off".to_owned(),
        (_, Some(error)) => format!("declined: {error}"),
        (_, None) => "not paid yet".to_owned(),
    };
    let amount = format!("{}.{:02} {}", minor / 100, minor % 100, text(intent, "currency").to_uppercase());
    Payment { who: text(payer, "name"), what: text(intent, "description"), amount, state, is_paid }
}

/// The sandbox.
#[derive(Clone)]
pub struct Sandbox {
    db: Database,
    secret: Arc<str>,
    pages: Arc<str>,
}

impl Sandbox {
    /// Of this site: it keeps its documents in the site's database.
    pub fn new(site: &Site) -> Self {
        Self { db: site.db.clone(), secret: secret(site).into(), pages: site.config.public_url.as_str().into() }
    }

    /// Does something to the documents of whoever this one belongs to, and tells what happened.
    pub(super) async fn with<T, F>(&self, id: String, also: String, change: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut World, &mut Around<'_>) -> T + Send + 'static,
    {
        let (pages, business_now) = (Arc::clone(&self.pages), self.db.clock().business_now());
        let (done, payer) = self
            .db
            .write(Lane::Intake, async move |tx| {
                let payer = store::payer_of(tx, &id).await?.unwrap_or_default();
                let mut world = World::new(store::lock(tx, &payer, &also).await?);
                let now = tx.real_now();
                let mut name = || tx.new_id::<()>().uuid().simple().to_string();
                let mut around = Around { now, business_now, name: &mut name, pages: &pages };
                let done = change(&mut world, &mut around);
                let (written, gone) = world.take_changes();
                store::save(tx, &written, &gone).await?;
                Ok::<_, Error>((done, payer))
            })
            .await?;
        self.tell(payer).await?;
        Ok(done)
    }

    /// Tells what has happened and was not told: like Stripe's, a call may come before the answer to whoever caused it.
    async fn tell(&self, payer: String) -> Result<(), Error> {
        if payer.is_empty() {
            return Ok(());
        }
        let whose = payer.clone();
        let untold = self.db.write(Lane::Intake, async move |tx| {
            Ok::<_, Error>(World::new(store::lock(tx, &whose, "").await?).untold())
        });
        for (id, event) in untold.await? {
            let body = event.to_string().into_bytes();
            let header = signature::header(&self.secret, &body, self.db.clock().real_now());
            webhook::take(&self.db, &self.secret, &header, &body).await?;
            self.db.write(Lane::Intake, async move |tx| store::save(tx, &[], std::slice::from_ref(&id)).await).await?;
        }
        Ok(())
    }

    /// Looks at a document.
    pub(super) async fn find(&self, id: String) -> Result<Option<Doc>, Error> {
        let wanted = id.clone();
        self.with(id, String::new(), move |world, around| {
            objects::close_if_over(world, &wanted, around);
            world.get("session", &wanted).or_else(|| world.get("intent", &wanted)).cloned()
        })
        .await
    }

    async fn answer(&self, wanted: Call) -> Result<Said, Error> {
        let named = wanted.fields.iter().find(|(name, _)| name == "customer" || name == "payment_intent");
        let of_path =
            wanted.path.split('/').find(|part| ["cs_", "pi_", "cus_"].iter().any(|kind| part.starts_with(kind)));
        let id = named.map(|(_, value)| value.clone()).or_else(|| of_path.map(str::to_owned)).unwrap_or_default();
        let also = wanted.key.as_ref().map(|key| format!("key:{key}")).unwrap_or_default();
        self.with(id, also, move |world, around| world.answer(&wanted, around)).await
    }
}

impl Gateway for Sandbox {
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unsent>> {
        async move {
            let said = self.answer(call(&request)).await;
            let (status, body) = said.map_err(|error| Unsent::Unknown { why: error.to_string() })?;
            read::answer(&request, &read::Reply { status, after: None, body: body.to_string().into_bytes() })
        }
        .boxed()
    }
}
