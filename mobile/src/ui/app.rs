//! The root: who is signed in, which screen is on top, and what wakes the syncer.

use crate::ui::cannot_fix::CannotFixScreen;
use crate::ui::complete::CompleteScreen;
use crate::ui::decline::DeclineScreen;
use crate::ui::hooks::{
    PICK, Phone, Screen, Session, Ui, Wake, use_back, use_following, use_new_ui, use_opening, use_phone_events,
    use_settings_on_page, use_ui,
};
use crate::ui::kit::Said;
use crate::ui::knowledge::{ArticleScreen, KnowledgeScreen, WriteScreen};
use crate::ui::news::NewsScreen;
use crate::ui::say::Text;
use crate::ui::settings::SettingsScreen;
use crate::ui::sign_in::SignIn;
use crate::ui::status::SyncLine;
use crate::ui::ticket::TicketScreen;
use crate::ui::today::TodayScreen;
use crate::ui::you::YouScreen;
use dioxus::prelude::*;

/// Tells us when the page comes to the front, when the network returns, and of the back gesture: Android's and iOS's by
/// the event of their plugin, a keyboard's by Escape. A promise that never ends keeps it alive.
const WATCH: &str = "
    const back = (event) => { event.preventDefault(); dioxus.send('back'); };
    addEventListener('g3nativeback', back);
    addEventListener('keydown', (event) => { if (event.key === 'Escape' && window.takesBack) back(event); });
    addEventListener('online', () => dioxus.send('online'));
    addEventListener('focus', () => dioxus.send('resumed'));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) dioxus.send('resumed'); });
    await new Promise(() => {});
";

/// The app.
#[component]
pub fn App() -> Element {
    let ui = use_new_ui();
    use_context_provider(|| ui);
    use_opening(ui);
    use_settings_on_page(ui);
    use_phone_events(ui);
    use_back(ui);
    use_future(move || watch(ui));
    rsx! {
        match ui.session.read().clone() {
            Session::Opening => rsx! { p { class: "quiet center", role: "status", {ui.say().t(Text::Opening)} } },
            Session::Out => rsx! { SignIn { again: false } },
            Session::Stuck(why) => rsx! { Stuck { why } },
            Session::In(phone) => rsx! { Home { key: "{phone.key()}", phone: phone.clone() } },
        }
    }
}

async fn watch(ui: Ui) {
    let mut page = document::eval(&[PICK, WATCH].concat());
    while let Ok(what) = page.recv::<String>().await {
        if let Some(photo) = what.strip_prefix("photo ") {
            ui.pick(photo);
            continue;
        }
        match what.as_str() {
            "back" => ui.back_by_gesture(),
            "online" => ui.wake(Wake::NetworkUp),
            _ => ui.wake(Wake::Resumed),
        }
    }
}

#[component]
fn Stuck(why: String) -> Element {
    let say = use_ui().say();
    rsx! {
        main { class: "page",
            h1 { {say.t(Text::StuckTitle)} }
            p { role: "alert", "{why}" }
            p { class: "quiet", {say.t(Text::StuckHelp)} }
        }
    }
}

/// The app of somebody who is signed in.
#[component]
fn Home(phone: Phone) -> Element {
    use_following(use_ui(), phone);
    rsx! {
        Frame {}
    }
}

/// What stands around every screen, and the screen on top.
#[component]
pub(super) fn Frame() -> Element {
    let ui = use_ui();
    let screen = ui.screens.read().last().copied().unwrap_or(Screen::Today);
    rsx! {
        div { class: "frame",
            SyncLine {}
            Said {}
            match screen {
                Screen::Today => rsx! { TodayScreen {} },
                Screen::Knowledge => rsx! { KnowledgeScreen {} },
                Screen::News => rsx! { NewsScreen {} },
                Screen::You => rsx! { YouScreen {} },
                Screen::Ticket(id) => rsx! { TicketScreen { key: "{id}", id } },
                Screen::Article(id, ticket) => rsx! { ArticleScreen { key: "{id}", id, ticket } },
                Screen::Write(id) => rsx! { WriteScreen { key: "{id}", id } },
                Screen::Decline(id) => rsx! { DeclineScreen { key: "{id}", id } },
                Screen::CannotFix(id) => rsx! { CannotFixScreen { key: "{id}", id } },
                Screen::Complete(id) => rsx! { CompleteScreen { key: "{id}", id } },
                Screen::Settings => rsx! { SettingsScreen {} },
                Screen::SignInAgain => rsx! { SignIn { again: true } },
            }
            Tabs { at: ui.screens.read().first().copied().unwrap_or(Screen::Today) }
        }
    }
}

#[component]
fn Tabs(at: Screen) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let n_news = ui.snapshot.read().status.attention.len() + ui.snapshot.read().status.photo_troubles.len();
    let tab = |screen: Screen| if at == screen { "page" } else { "false" };
    rsx! {
        nav { class: "tabs", aria_label: say.t(Text::Screens),
            button { "data-testid": "nav-today", aria_current: tab(Screen::Today), onclick: move |_| ui.go(Screen::Today),
                span { class: "icon", aria_hidden: true, "☰" } {say.t(Text::TabVisits)}
            }
            button { "data-testid": "nav-knowledge", aria_current: tab(Screen::Knowledge), onclick: move |_| ui.go(Screen::Knowledge),
                span { class: "icon", aria_hidden: true, "?" } {say.t(Text::TabKnowledge)}
            }
            button { "data-testid": "nav-news", aria_current: tab(Screen::News), onclick: move |_| ui.go(Screen::News),
                span { class: "icon", aria_hidden: true, "✉" } {say.t(Text::TabNews)}
                if n_news > 0 { span { class: "badge", aria_label: say.n(Text::NToRead, i64::try_from(n_news).unwrap_or(i64::MAX)), "{n_news}" } }
            }
            button { "data-testid": "nav-you", aria_current: tab(Screen::You), onclick: move |_| ui.go(Screen::You),
                span { class: "icon", aria_hidden: true, "☺" } {say.t(Text::TabYou)}
            }
        }
    }
}
