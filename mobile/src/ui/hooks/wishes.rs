//! The settings: kept in their file, and shown by the page at once.

use super::{Parts, Settings, Ui};
use crate::ui::say::Text;
use dioxus::prelude::{ReadableExt as _, WritableExt as _, document, spawn, try_consume_context, use_effect};

/// Gives the page the language, colours and size of the text that are set, again at each change.
pub(in crate::ui) fn use_settings_on_page(ui: Ui) {
    use_effect(move || {
        let script = ui.settings.read().script(ui.phone_language);
        document::eval(&script);
    });
}

impl Ui {
    /// Changes what is set: on the screen at once, on the disk right after.
    pub(in crate::ui) fn set(mut self, change: impl FnOnce(&mut Settings)) {
        let mut wanted = *self.settings.peek();
        change(&mut wanted);
        if wanted == *self.settings.peek() {
            return;
        }
        self.settings.set(wanted);
        let Some(parts) = try_consume_context::<Parts>() else { return };
        parts.platform.allow_location(wanted.place);
        spawn(async move {
            let file = parts.kept.clone();
            let written = parts.runtime.spawn_blocking(move || file.write(&wanted)).await;
            if !matches!(written, Ok(Ok(()))) {
                self.said.set(Some(self.say().t(Text::ErrorStorage)));
            }
        });
    }
}
