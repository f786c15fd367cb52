//! What stands beside a ticket on the desk's page of it: other tickets about the same trouble, and its photos.

use super::file::File;
use crate::tickets::store::PhotoRow;
use shared::ids::{PhotoId, TicketId};
use shared::time::Timestamp;

/// Another ticket about the same trouble.
pub(super) struct Again {
    pub(super) id: TicketId,
    pub(super) number: String,
    pub(super) state: String,
    pub(super) summary: Option<String>,
}

/// A photo.
pub(super) struct Photo {
    pub(super) id: PhotoId,
    pub(super) when: String,
    pub(super) who: String,
    pub(super) caption: Option<String>,
    /// What stands in for the picture.
    pub(super) described: String,
    /// Its bytes have come.
    pub(super) here: bool,
    /// By an expert who no longer had the ticket.
    pub(super) late: bool,
}

/// All photos of a ticket, the last first.
pub(super) fn photos(file: &File, at: &impl Fn(Timestamp) -> String) -> Vec<Photo> {
    let one = |photo: &PhotoRow| Photo {
        id: photo.id,
        when: at(photo.at),
        who: photo.author_name.clone(),
        caption: photo.caption.clone(),
        described: photo.caption.clone().unwrap_or_else(|| format!("Photo by {}", photo.author_name)),
        here: photo.here,
        late: photo.late,
    };
    file.photos.iter().rev().map(one).collect()
}
