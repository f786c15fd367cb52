//! Finishing a visit: how it ended and what was done. The text is kept at each key, so a call or a kill in between costs
//! nothing.

use crate::ui::hooks::use_ui;
use crate::ui::kit::{Field, Head};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::text::{BadText, Summary};
use shared::ticket::Outcome;

/// The screen.
#[component]
pub(super) fn CompleteScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let (text_key, outcome_key) = (format!("summary/{id}"), format!("outcome/{id}"));
    let mut text = use_signal(|| ui.draft(&format!("summary/{id}")));
    let mut chosen = use_signal(|| outcome_of(&ui.draft(&format!("outcome/{id}"))));
    let mut trouble = use_signal(|| None::<String>);
    let title = ui.snapshot.read().ticket(id).map_or_else(String::new, |view| view.doc.title.clone());
    let (draft, kept) = (text_key.clone(), outcome_key.clone());
    let parsed = move || text.peek().parse::<Summary>();
    let finish = move |_| match (chosen(), parsed()) {
        (None, _) => trouble.set(Some(say.t(Text::CompleteChoose))),
        (Some(_), Err(BadText::Empty)) => {
            trouble.set(Some(say.t(Text::CompleteEmpty)));
        }
        (Some(_), Err(why)) => trouble.set(Some(words::bad_text(say, &why))),
        (Some(outcome), Ok(summary)) => {
            let keys = vec![text_key.clone(), outcome_key.clone()];
            ui.tap_drafts(Intent::TicketComplete { outcome, summary }, id, keys, 1);
        }
    };
    rsx! {
        main { class: "page",
            Head { title: say.t(Text::CompleteTitle) }
            p { dir: "auto", "{title}" }
            div { class: "outcomes", role: "radiogroup", aria_label: say.t(Text::CompleteHow),
                for outcome in Outcome::BY_EXPERT {
                    button { key: "{outcome.word()}", class: "outcome", role: "radio", aria_checked: chosen() == Some(outcome),
                        "data-testid": "outcome-{outcome.word()}",
                        onclick: { let kept = kept.clone(); move |_| {
                            chosen.set(Some(outcome));
                            ui.keep_draft(kept.clone(), outcome.word().to_owned());
                        } },
                        {say.t(words::outcome(outcome))} }
                }
            }
            Field { draft, label: say.t(Text::CompleteWhat), testid: "summary", rows: 6, generation: 0,
                trouble: trouble.read().clone(), on_text: move |typed| text.set(typed) }
            p { class: "quiet small", {say.t(Text::CompleteKept)} }
            button { class: "big", "data-testid": "finish", disabled: *ui.busy.read(), onclick: finish, {say.t(Text::CompleteFinish)} }
        }
    }
}

fn outcome_of(word: &str) -> Option<Outcome> {
    Outcome::BY_EXPERT.into_iter().find(|outcome| outcome.word() == word)
}
