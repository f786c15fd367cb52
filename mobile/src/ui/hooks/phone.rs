//! What the phone around the app tells it: a push, a link that was opened, the back gesture, a new address for pushes.

use super::{Parts, Screen, Ui, Wake};
use crate::platform::{Target, Told};
use crate::ui::say::Text;
use dioxus::prelude::{ReadableExt as _, WritableExt as _, document, try_consume_context, use_effect, use_future};

/// Hears the phone for as long as the app runs.
pub(in crate::ui) fn use_phone_events(ui: Ui) {
    use_future(move || async move {
        let Some(parts) = try_consume_context::<Parts>() else { return };
        parts.platform.allow_location(ui.settings.peek().place);
        let Some(mut events) = parts.platform.events() else { return };
        while let Some(told) = events.recv().await {
            ui.hear(&parts, told);
        }
    });
}

/// Tells the phone whether there is a screen to go back to; on the first one its gesture leaves the app.
pub(in crate::ui) fn use_back(ui: Ui) {
    use_effect(move || {
        let takes = ui.takes_back();
        document::eval(&format!("window.takesBack = {takes};"));
        if let Some(parts) = try_consume_context::<Parts>() {
            parts.platform.take_back(takes);
        }
    });
}

impl Ui {
    fn hear(self, parts: &Parts, told: Told) {
        match told {
            Told::Resumed | Told::PushAddress => self.wake(Wake::Resumed),
            Told::Pushed => self.wake(Wake::Hint),
            Told::Back => self.back_by_gesture(),
            Told::Opened(link) => {
                self.wake(Wake::Hint);
                if let Some(target) = Target::of(&link, parts.gateway.server()) {
                    self.want(target);
                }
            }
        }
    }

    /// Whether the back gesture has somewhere to go.
    fn takes_back(&self) -> bool {
        let screens = self.screens.read();
        screens.len() > 1 || screens.first() != Some(&Screen::Today)
    }

    /// The phone's back gesture, or Escape: what lies on top goes, then the first screen comes.
    pub(in crate::ui) fn back_by_gesture(self) {
        if self.screens.peek().len() > 1 {
            self.back();
        } else if self.screens.peek().first() != Some(&Screen::Today) {
            self.go(Screen::Today);
        }
    }

    /// Opens a ticket that a link or a push speaks of; now, or when it has come in or somebody has signed in.
    fn want(mut self, target: Target) {
        self.wanted.set(Some(target));
        self.open_wanted();
        if self.wanted.peek().is_some() && self.phone().is_some() {
            let number = target.to_string();
            self.said.set(Some(self.say().with(Text::LinkElsewhere, &[("number", (&number).into())])));
        }
    }

    pub(super) fn open_wanted(mut self) {
        let Some(target) = *self.wanted.peek() else { return };
        if self.phone().is_none() {
            return;
        }
        let found = {
            let snapshot = self.snapshot.peek();
            let held = snapshot.tickets.iter().map(|view| (view.doc.id, Some(view.doc.number)));
            let gone = snapshot.archive.iter().filter_map(|gone| {
                let id = gone.id.parse().ok()?;
                Some((id, gone.doc.as_ref().map(|doc| doc.number)))
            });
            held.chain(gone).find(|(id, number)| target.is(*id, *number)).map(|(id, _)| id)
        };
        if let Some(id) = found {
            self.wanted.set(None);
            self.screens.set(vec![Screen::Today]);
            self.go(Screen::Ticket(id));
        }
    }
}
