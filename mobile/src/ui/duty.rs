//! The duty switch, and the report that he is ill. Both are intents like any other: written down at once, offline too,
//! and the server moves offers, and for an illness visits, when it hears of it.

use crate::ui::hooks::use_ui;
use crate::ui::words;
use dioxus::prelude::*;
use shared::intent::Intent;

/// The switch; nothing before the phone knows its expert.
#[component]
pub(super) fn Duty() -> Element {
    let ui = use_ui();
    let Some(on) = ui.snapshot.read().expert.as_ref().map(|expert| expert.on_duty) else { return rsx! {} };
    let text = if on { "On duty" } else { "Off duty" };
    rsx! {
        button {
            class: "switch",
            role: "switch",
            aria_checked: on,
            "data-testid": "duty",
            disabled: *ui.busy.read(),
            onclick: move |_| ui.tap(Intent::DutySet { on: !on }, None, 0),
            span { class: "track", aria_hidden: true, span { class: "knob" } }
            "{text}"
        }
    }
}

/// How long an illness is reported for: the words, and the days until the midnight at its end.
const ILL: [(&str, &str, u16); 3] = [
    ("sick-today", "Ill today", 1),
    ("sick-tomorrow", "Ill today and tomorrow", 2),
    ("sick-three", "Ill for three days", 3),
];

/// Says ill with one tap; while he is away, until when.
#[component]
pub(super) fn Sick() -> Element {
    let ui = use_ui();
    let snapshot = ui.snapshot.read();
    let Some(expert) = snapshot.expert.as_ref() else { return rsx! {} };
    let (zone, now) = (expert.zone.clone(), *ui.minute.read());
    let away = expert.away_until(now).map(|until| words::when(until, &zone, None, now));
    let until = move |days: u16| zone.instant(zone.local(now).date, days * 1_440);
    rsx! {
        section { aria_label: "Illness", h2 { "Ill?" }
            match away {
                Some(until) => rsx! {
                    p { "data-testid": "away", "You are away until {until}. Others take your visits of that time." }
                    p { class: "quiet small", "If you can work sooner, tell the office." }
                },
                None => rsx! {
                    p { class: "quiet", "Others take your offers and visits of that time. Your customers are told." }
                    for (testid, text, days) in ILL {
                        button {
                            key: "{testid}",
                            class: "second",
                            "data-testid": testid,
                            disabled: *ui.busy.read(),
                            onclick: {
                                let until = until(days);
                                move |_| ui.tap(Intent::ExpertSick { until }, None, 0)
                            },
                            "{text}"
                        }
                    }
                },
            }
        }
    }
}
