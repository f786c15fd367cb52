//! The requests to Twilio.

use super::{STATUS_PATH, form, found, query, sent};
use crate::config::Twilio as Account;
use crate::notify::gateway::{ask, client};
use crate::notify::outside::{Gateway, Message, Unsent};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Client;
use std::time::Duration;

/// Sends SMS by an account at Twilio.
pub(in crate::notify) struct Twilio {
    account: Account,
    public_url: String,
    client: Client,
}

impl Twilio {
    /// Of this account; Twilio reaches us at `public_url`, and may take so long for one request.
    pub(in crate::notify) fn new(account: Account, public_url: &str, within: Duration) -> Self {
        Self { account, public_url: public_url.to_owned(), client: client(within) }
    }

    fn messages(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}/Messages.json", self.account.url, self.account.account_sid)
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.account.account_sid, Some(self.account.auth_token.expose()))
    }
}

impl Gateway for Twilio {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        async move {
            // The notice is named in the address, which the signature covers, so that the call is understood even
            // where it overtakes Twilio's answer to us, or that answer is lost.
            let callback = format!("{}{STATUS_PATH}?notice={}", self.public_url, message.notice);
            let request = self.client.post(self.messages()).form(&form(&message, &self.account.from, &callback));
            sent(&ask(self.signed(request)).await?)
        }
        .boxed()
    }

    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        async move {
            let request = self.client.get(self.messages()).query(&query(&message));
            found(&ask(self.signed(request)).await?, &message)
        }
        .boxed()
    }
}
