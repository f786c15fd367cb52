//! The duty switch, and the report that he is ill. Both are intents like any other: written down at once, offline too,
//! and the server moves offers, and for an illness visits, when it hears of it.

use crate::ui::hooks::use_ui;
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;
use shared::intent::Intent;

/// The switch; nothing before the phone knows its expert.
#[component]
pub(super) fn Duty() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let Some(on) = ui.snapshot.read().expert.as_ref().map(|expert| expert.on_duty) else { return rsx! {} };
    let text = say.t(if on { Text::OnDuty } else { Text::OffDuty });
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
const ILL: [(&str, Text, u16); 3] =
    [("sick-today", Text::IllToday, 1), ("sick-tomorrow", Text::IllTomorrow, 2), ("sick-three", Text::IllThree, 3)];

/// Says ill with one tap; while he is away, until when.
#[component]
pub(super) fn Sick() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let Some(expert) = snapshot.expert.as_ref() else { return rsx! {} };
    let (zone, now) = (expert.zone.clone(), *ui.minute.read());
    let away = expert.away_until(now).map(|until| words::when(say, until, &zone, None, now));
    let until = move |days: u16| zone.instant(zone.local(now).date, days * 1_440);
    rsx! {
        section { aria_labelledby: "ill", h2 { id: "ill", {say.t(Text::IllTitle)} }
            match away {
                Some(until) => rsx! {
                    p { "data-testid": "away", {say.with(Text::IllAway, &[("until", (&until).into())])} }
                    p { class: "quiet small", {say.t(Text::IllSooner)} }
                },
                None => rsx! {
                    p { class: "quiet", {say.t(Text::IllHelp)} }
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
                            {say.t(text)}
                        }
                    }
                },
            }
        }
    }
}
