//! Who was told, and what somebody reports, as the ticket's page says it. Pure.

use super::super::file::File;
use super::super::names::Names;
use super::super::{taking, words};
use crate::notify::Notice;
use crate::notify::plan::Audience;
use shared::ids::MutationId;

/// The report of an expert who had lost the ticket, if one waits: its mutation, his name, and what he did.
pub(super) fn report(file: &File) -> Option<(MutationId, String, String)> {
    taking::waiting(&file.ticket, &file.history).map(|one| {
        let did = format!("{}: {}", words::outcome_words(one.outcome), one.summary);
        (one.mutation, file.names.expert(one.expert).to_owned(), did)
    })
}

/// Whom a notice is for, as people of ours know them.
pub(super) fn reached(notice: &Notice, names: &Names) -> String {
    match notice.audience {
        Audience::Expert => {
            notice.person.parse().map_or_else(|_| notice.to_address.clone(), |id| names.expert(id).to_owned())
        }
        Audience::Customer => format!("the customer, {}", notice.to_address),
        Audience::Staff => notice.to_address.clone(),
    }
}
