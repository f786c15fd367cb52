//! Signing in, by password or by a code. The one screen that needs a network, and says so.

use crate::ui::hooks::{Outside, Proof, Ui, use_outside, use_ui};
use crate::ui::kit::Head;
use crate::ui::say::Text;
use dioxus::prelude::*;

/// The screen. `again`: somebody is signed in and his token no longer opens; his work stays where it is.
#[component]
pub(super) fn SignIn(again: bool) -> Element {
    let say = use_ui().say();
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
            if again { Head { title: say.t(Text::SignInAgain) } } else { h1 { {say.t(Text::AppName)} } p { class: "quiet", {say.t(Text::SignInFor)} } }
            if again { p { {say.t(Text::SignInAgainSafe)} } }
            form { onsubmit: move |event| { event.prevent_default(); form.submit(outside.clone()); },
                Fields { form }
                if let Some(trouble) = trouble.read().as_ref() {
                    p { class: "error", role: "alert", "data-testid": "sign-in-error", "{trouble}" }
                }
                button { class: "big", r#type: "submit", "data-testid": "sign-in", disabled: *busy.read(),
                    {say.t(if *busy.read() { Text::OneMoment } else { Text::SignIn })}
                }
            }
            p { class: "quiet small", {say.t(Text::SignInNetwork)} }
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
            (true, _, _) => Some(Text::SignInNoLogin),
            (_, true, true) => Some(Text::SignInNoCode),
            (_, true, false) => Some(Text::SignInNoPassword),
            (false, false, _) => None,
        };
        let ui: Ui = consume_context();
        if missing.is_some() || *self.busy.peek() {
            self.trouble.set(missing.map(|missing| ui.say().t(missing)));
            return;
        }
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
        let ui: Ui = consume_context();
        if login.is_empty() {
            self.trouble.set(Some(ui.say().t(Text::SignInLoginFirst)));
            return;
        }
        self.trouble.set(None);
        spawn(async move {
            match outside.send_code(ui, login).await {
                Ok(()) => self.sent.set(true),
                Err(why) => self.trouble.set(Some(why)),
            }
        });
    }
}

#[component]
fn Fields(form: Form) -> Element {
    let Form { mut by_code, mut login, mut proof, sent, .. } = form;
    let say = use_ui().say();
    let outside = use_outside();
    let initial = use_hook(|| login.peek().clone());
    let code = *by_code.read();
    rsx! {
        label { class: "field",
            span { {say.t(Text::SignInLogin)} }
            input { "data-testid": "login", r#type: "text", inputmode: "email", autocomplete: "username", autocapitalize: "off",
                spellcheck: false, dir: "auto", initial_value: "{initial}", oninput: move |event| login.set(event.value()) }
        }
        div { class: "tabs-inline", role: "group", aria_label: say.t(Text::SignInHow),
            button { r#type: "button", "data-testid": "use-password", aria_pressed: !code,
                onclick: move |_| { by_code.set(false); proof.set(String::new()); }, {say.t(Text::SignInPassword)} }
            button { r#type: "button", "data-testid": "use-code", aria_pressed: code,
                onclick: move |_| { by_code.set(true); proof.set(String::new()); }, {say.t(Text::SignInCode)} }
        }
        if code {
            button { class: "plain", r#type: "button", "data-testid": "send-code", onclick: move |_| form.send_code(outside.clone()),
                {say.t(if *sent.read() { Text::SignInSendAgain } else { Text::SignInSend })}
            }
            p { class: "quiet small", role: "status",
                if *sent.read() { {say.t(Text::SignInSent)} }
            }
            label { class: "field",
                span { {say.t(Text::SignInCode)} }
                input { "data-testid": "code", r#type: "text", inputmode: "numeric", autocomplete: "one-time-code",
                    initial_value: "", oninput: move |event| proof.set(event.value()) }
            }
        } else {
            label { class: "field",
                span { {say.t(Text::SignInPassword)} }
                input { "data-testid": "password", r#type: "password", autocomplete: "current-password",
                    initial_value: "", oninput: move |event| proof.set(event.value()) }
            }
        }
    }
}
