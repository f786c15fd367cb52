//! Signing in, by password or by a code. The one screen that needs a network, and says so.

use crate::ui::hooks::{Outside, Proof, Ui, use_outside};
use crate::ui::kit::Head;
use dioxus::prelude::*;

/// The screen. `again`: somebody is signed in and his token no longer opens; his work stays where it is.
#[component]
pub(super) fn SignIn(again: bool) -> Element {
    let outside = use_outside();
    let by_code = use_signal(|| false);
    let login = use_signal(|| outside.login());
    let proof = use_signal(String::new);
    let busy = use_signal(|| false);
    let trouble = use_signal(|| None::<String>);
    let sent = use_signal(|| false);
    let form = Form { by_code, login, proof, busy, trouble, sent };
    let server = outside.server();
    rsx! {
        main { class: "page sign-in",
            if again { Head { title: "Sign in again" } } else { h1 { "Sysops Squad" } p { class: "quiet", "For experts" } }
            if again { p { "Everything you did is safe on this phone. It goes out when you are signed in again." } }
            form { onsubmit: move |event| { event.prevent_default(); form.submit(outside.clone()); },
                Fields { form }
                if let Some(trouble) = trouble.read().as_ref() {
                    p { class: "error", role: "alert", "data-testid": "sign-in-error", "{trouble}" }
                }
                button { class: "big", r#type: "submit", "data-testid": "sign-in", disabled: *busy.read(),
                    if *busy.read() { "One moment …" } else { "Sign in" }
                }
            }
            p { class: "quiet small", "Signing in needs a network. After that, everything works without one." }
            p { class: "quiet small", bdi { "{server}" } }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Form {
    by_code: Signal<bool>,
    login: Signal<String>,
    proof: Signal<String>,
    busy: Signal<bool>,
    trouble: Signal<Option<String>>,
    sent: Signal<bool>,
}

impl Form {
    fn submit(mut self, outside: Outside) {
        let (login, proof) = (self.login.peek().trim().to_owned(), self.proof.peek().clone());
        let by_code = *self.by_code.peek();
        let missing = match (login.is_empty(), proof.trim().is_empty(), by_code) {
            (true, _, _) => Some("Please type your e-mail address or phone number."),
            (_, true, true) => Some("Please type the code that was sent to you."),
            (_, true, false) => Some("Please type your password."),
            (false, false, _) => None,
        };
        if missing.is_some() || *self.busy.peek() {
            self.trouble.set(missing.map(str::to_owned));
            return;
        }
        let ui: Ui = consume_context();
        self.busy.set(true);
        self.trouble.set(None);
        let proof = if by_code { Proof::Code(proof.trim().to_owned()) } else { Proof::Password(proof) };
        spawn(async move {
            let failed = outside.sign_in(ui, login, proof).await.err();
            // After a success this screen is gone, and its signals with it.
            if let Some(failed) = failed {
                self.trouble.set(Some(failed));
                self.busy.set(false);
            }
        });
    }

    fn send_code(mut self, outside: Outside) {
        let login = self.login.peek().trim().to_owned();
        if login.is_empty() {
            self.trouble.set(Some("Please type your e-mail address or phone number first.".into()));
            return;
        }
        self.trouble.set(None);
        spawn(async move {
            match outside.send_code(login).await {
                Ok(()) => self.sent.set(true),
                Err(why) => self.trouble.set(Some(why)),
            }
        });
    }
}

#[component]
fn Fields(form: Form) -> Element {
    let Form { mut by_code, mut login, mut proof, sent, .. } = form;
    let outside = use_outside();
    let initial = use_hook(|| login.peek().clone());
    let code = *by_code.read();
    rsx! {
        label { class: "field",
            span { "E-mail or phone number" }
            input { "data-testid": "login", r#type: "text", inputmode: "email", autocomplete: "username", autocapitalize: "off",
                spellcheck: false, dir: "auto", initial_value: "{initial}", oninput: move |event| login.set(event.value()) }
        }
        div { class: "tabs-inline", role: "group", aria_label: "How to sign in",
            button { r#type: "button", "data-testid": "use-password", aria_pressed: !code,
                onclick: move |_| { by_code.set(false); proof.set(String::new()); }, "Password" }
            button { r#type: "button", "data-testid": "use-code", aria_pressed: code,
                onclick: move |_| { by_code.set(true); proof.set(String::new()); }, "Code" }
        }
        if code {
            button { class: "plain", r#type: "button", "data-testid": "send-code", onclick: move |_| form.send_code(outside.clone()),
                if *sent.read() { "Send another code" } else { "Send me a code" }
            }
            p { class: "quiet small", role: "status",
                if *sent.read() { "If the office knows this address or number, a code is on its way." }
            }
            label { class: "field",
                span { "Code" }
                input { "data-testid": "code", r#type: "text", inputmode: "numeric", autocomplete: "one-time-code",
                    initial_value: "", oninput: move |event| proof.set(event.value()) }
            }
        } else {
            label { class: "field",
                span { "Password" }
                input { "data-testid": "password", r#type: "password", autocomplete: "current-password",
                    initial_value: "", oninput: move |event| proof.set(event.value()) }
            }
        }
    }
}
