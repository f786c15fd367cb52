//! What only the phone around the app can do for a screen: open other apps, say where it is, sign in and out.

use super::{Parts, Proof, Session, Snapshot, Ui};
use crate::store::SignOut;
use crate::sync::sign_in::{send_code, sign_in};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::WritableExt as _;
use shared::sync::Location;
use shared::time::Timestamp;

/// What only the phone around the app can do.
#[derive(Clone)]
pub(in crate::ui) struct Outside(Option<Parts>);

/// The phone around the app; without one (a test that only draws) nothing opens.
pub(in crate::ui) fn use_outside() -> Outside {
    Outside(dioxus::prelude::try_consume_context())
}

impl Outside {
    /// The server's address.
    pub(in crate::ui) fn server(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |parts| parts.gateway.server().to_owned())
    }

    /// With what the expert signed in last.
    pub(in crate::ui) fn login(&self) -> String {
        let signed_in = self.0.as_ref().and_then(|parts| parts.installation.signed_in().ok().flatten());
        signed_in.map_or_else(String::new, |(_, secret)| secret.login)
    }

    /// Where the phone is, if it knows and may say, and what its own clock says now.
    pub(in crate::ui) fn location(&self) -> Option<(Location, Timestamp)> {
        let parts = self.0.as_ref()?;
        Some((parts.platform.location()?, parts.edge.wall()))
    }

    /// Opens a link of another app.
    pub(in crate::ui) fn open(&self, mut ui: Ui, link: &str, otherwise: String) {
        if !self.0.as_ref().is_some_and(|parts| parts.platform.open(link)) {
            ui.said.set(Some(otherwise));
        }
    }

    /// Signs in. Gives what to say if it did not work.
    pub(in crate::ui) async fn sign_in(&self, mut ui: Ui, login: String, proof: Proof) -> Result<(), String> {
        let Some(parts) = self.0.clone() else { return Err(ui.say().t(Text::SignInNowhere)) };
        let of_task = parts.clone();
        let signing =
            async move { sign_in(&of_task.gateway, &of_task.installation, &*of_task.platform, &login, &proof).await };
        let signed_in = parts.runtime.spawn(signing).await;
        match signed_in {
            Ok(Ok(store)) => {
                ui.enter(&parts, store).await;
                Ok(())
            }
            Ok(Err(failure)) => Err(words::not_signed_in(ui.say(), &failure)),
            Err(_) => Err(ui.say().t(Text::SignInInterrupted)),
        }
    }

    /// Has a code sent.
    pub(in crate::ui) async fn send_code(&self, ui: Ui, login: String) -> Result<(), String> {
        let Some(parts) = self.0.clone() else { return Err(ui.say().t(Text::SignInNowhere)) };
        let sending = async move { send_code(&parts.gateway, &login).await };
        match parts.runtime.spawn(sending).await {
            Ok(sent) => sent.map_err(|failure| words::not_signed_in(ui.say(), &failure)),
            Err(_) => Err(ui.say().t(Text::SignInInterrupted)),
        }
    }

    /// Signs out; with unsent work only if `anyway`. Gives how much work is unsent if nobody was signed out.
    pub(in crate::ui) async fn sign_out(&self, mut ui: Ui, anyway: bool) -> Option<u32> {
        let (Some(parts), Some(phone)) = (&self.0, ui.phone()) else { return None };
        let done = if anyway {
            parts.installation.sign_out_with_unsent_work(&phone.store).map(|()| SignOut::Done)
        } else {
            parts.installation.sign_out(&phone.store).await
        };
        match done {
            Ok(SignOut::Done) => {
                parts.gateway.set_token("");
                parts.platform.use_location(false);
                ui.session.set(Session::Out);
                ui.snapshot.set(Snapshot::default());
                None
            }
            Ok(SignOut::Unsent(n)) => Some(n),
            Err(error) => {
                ui.said.set(Some(words::failure(ui.say(), &error)));
                None
            }
        }
    }
}
