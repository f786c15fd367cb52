//! The plugins of a real phone, on the thread that they want: each second, and whenever the app asks, it carries what the
//! phone says to [`NativeParts`] and what the app wants to the phone. Draws nothing. On a desktop there is none of this.

use super::App;
use super::hooks::{NativeParts, Parts, Told, native_parts};
use dioxus::prelude::*;
use g3_native_plugins::{
    DeepLinks, FirebaseOptions, NativePlugins, Notifications, PermissionState, PositionOptions, PushEvent,
    PushNotifications,
};
use std::time::Duration;

/// How often the plugins are asked what came.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// What came at once that is taken in one go.
const TAKEN_MAX: usize = 32;

/// What must hear the system before the first screen is drawn: a push or a link that started the app.
pub fn prepare() {
    for failed in [
        Notifications::new().prepare().err(),
        PushNotifications::new().prepare().err(),
        DeepLinks::new().prepare().err(),
    ]
    .into_iter()
    .flatten()
    {
        tracing::warn!(failed, "a plugin of this phone did not start");
    }
}

/// The app on a phone, or why it cannot start.
#[component]
pub fn PhoneApp() -> Element {
    let started = use_hook(native_parts);
    match started {
        Ok((parts, native)) => rsx! { Started { parts: Held(parts), native: Held(native) } },
        Err(why) => rsx! { main { class: "page", p { role: "alert", "{why}" } } },
    }
}

/// Parts as a property: they never change while the app runs.
#[derive(Clone)]
struct Held<T>(T);

impl<T> PartialEq for Held<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

#[component]
fn Started(parts: Held<Parts>, native: Held<NativeParts>) -> Element {
    use_context_provider(|| parts.0.clone());
    let plugins = use_hook(NativePlugins::new);
    // The first screen is drawn in the phone's language: the page knows it at once, the settings may say another.
    let mut ready = use_signal(|| false);
    use_future(move || {
        let native = native.0.clone();
        async move {
            if let Ok(locale) = document::eval("return navigator.language;").join::<String>().await {
                native.speaks(&locale);
            }
            ready.set(true);
            drive(plugins, native).await;
        }
    });
    rsx! {
        if ready() { App {} }
    }
}

async fn drive(mut plugins: NativePlugins, native: NativeParts) {
    if let Err(why) = plugins.notifications.write().request_permissions() {
        tracing::warn!(why, "this phone cannot be asked for notices");
    }
    if let Err(why) = plugins.push_notifications.write().register(firebase().as_ref()) {
        tracing::warn!(why, "this phone gets no push");
    }
    loop {
        hear(&mut plugins, &native);
        ask_place(&mut plugins, &native);
        for link in native.take_links() {
            if let Err(why) = plugins.external_url.write().open(&link) {
                tracing::warn!(why, "no app took a link");
            }
        }
        if let Err(why) = plugins.back_button.write().set_intercepting(native.takes_back()) {
            tracing::debug!(why, "the back gesture is the system's");
        }
        // Whichever comes first: a change, or the time to ask again.
        let _ = tokio::time::timeout(ASKED_EVERY, native.changed()).await;
    }
}

fn hear(plugins: &mut NativePlugins, native: &NativeParts) {
    for _ in 0..TAKEN_MAX {
        let Ok(Some(event)) = plugins.push_notifications.write().take_event() else { break };
        match event {
            PushEvent::Token(token) => native.pushed_to(token.token),
            PushEvent::RegistrationFailed(why) => tracing::warn!(why, "this phone gets no push"),
            // The open app shows it by itself, once it is synced.
            PushEvent::Message { .. } => native.tells(Told::Pushed),
            PushEvent::Opened { data, .. } => match data.get("ticket").and_then(|ticket| ticket.as_str()) {
                Some(ticket) => native.tells(Told::Opened(format!("{}{ticket}", super::hooks::SCHEME))),
                None => native.tells(Told::Pushed),
            },
        }
    }
    for _ in 0..TAKEN_MAX {
        let Ok(Some(link)) = plugins.deep_links.write().take_link() else { break };
        native.tells(Told::Opened(link));
    }
}

/// Asks where the phone is when that is due; the system itself asks the expert the first time.
fn ask_place(plugins: &mut NativePlugins, native: &NativeParts) {
    let mut geolocation = plugins.geolocation.write();
    if native.asks_place() {
        let asked = match geolocation.check_permissions().map(|said| said.location) {
            Ok(PermissionState::Granted) => geolocation.start_position_request(PositionOptions {
                enable_high_accuracy: true,
                timeout: 30_000,
                maximum_age: 15_000,
            }),
            Ok(PermissionState::Denied) => Ok(()),
            Ok(PermissionState::Prompt | PermissionState::PromptWithRationale) => geolocation.request_permissions(),
            Err(why) => Err(why),
        };
        if let Err(why) = asked {
            tracing::debug!(why, "this phone does not say where it is");
        }
    }
    match geolocation.poll_position() {
        Ok(Some(found)) => {
            native.found((found.coords.latitude, found.coords.longitude), found.coords.accuracy);
        }
        Ok(None) => {}
        Err(why) => tracing::debug!(why, "this phone does not know where it is"),
    }
}

/// Where Android's pushes come from; built in by whoever builds the package.
fn firebase() -> Option<FirebaseOptions> {
    Some(FirebaseOptions {
        application_id: option_env!("SYSOPS_APP_FIREBASE_APP")?.to_owned(),
        api_key: option_env!("SYSOPS_APP_FIREBASE_KEY")?.to_owned(),
        project_id: option_env!("SYSOPS_APP_FIREBASE_PROJECT")?.to_owned(),
        sender_id: option_env!("SYSOPS_APP_FIREBASE_SENDER")?.to_owned(),
    })
}
