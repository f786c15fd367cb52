//! What the screens read of the knowledge base on this phone, and what an expert adds to it.

pub(in crate::ui) use crate::store::{Asked, Found, KbStatus};

use super::Ui;
use dioxus::prelude::{ReadableExt as _, Resource, WritableExt as _, use_resource};
use shared::article::Text;
use shared::ids::{ArticleId, TicketId};

/// Articles on one screen.
const SHOWN_MAX: usize = 20;

/// What is asked for, again at each key; nothing until the store has answered.
pub(in crate::ui) fn use_found(ui: Ui, asked: impl Fn() -> Asked + 'static + Clone) -> Resource<Vec<Found>> {
    use_resource(move || {
        let asked = Asked { limit: SHOWN_MAX, ..asked() };
        async move {
            let Some(phone) = ui.phone() else { return vec![] };
            match phone.store.search(asked).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "the knowledge on this phone could not be searched");
                    vec![]
                }
            }
        }
    })
}

/// An article; nothing until the store has answered, then perhaps that there is none.
pub(in crate::ui) fn use_article(ui: Ui, id: ArticleId) -> Resource<Option<Found>> {
    use_resource(move || async move { ui.phone()?.store.article(id).await.ok().flatten() })
}

/// How much is here.
pub(in crate::ui) fn use_kb_status(ui: Ui) -> Resource<KbStatus> {
    use_resource(move || async move {
        // Read again when the store says that something changed.
        let _ = ui.snapshot.read().status.clone();
        match ui.phone() {
            Some(phone) => phone.store.kb_status().await.unwrap_or_default(),
            None => KbStatus::default(),
        }
    })
}

impl Ui {
    /// Writes an article from a ticket, and forgets its drafts.
    pub(in crate::ui) fn write_article(mut self, ticket: TicketId, text: Text, keys: Vec<String>) {
        for key in &keys {
            self.drafts.write().remove(key);
        }
        self.act(1, async move |store| store.write_article(ticket, text, keys).await);
    }
}
