//! Why the store could not do something, in words for the expert. Nothing is "done" before it is on the disk.

use rusqlite::ErrorCode;
use std::io;
use std::sync::Arc;

/// Why the store could not.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No room. Nothing was saved.
    #[error("this phone's storage is full, so this was not saved. Free some space and try again.")]
    Full,
    /// This act needs a ticket and none was named.
    #[error("this belongs to a ticket, and none was chosen")]
    NoTicket,
    /// A file that is no picture.
    #[error("this is not a photo that can be sent: JPEG, PNG and WebP can")]
    NoPhoto,
    /// A picture with too many bytes.
    #[error("this photo is larger than 16 MB. Take it again with fewer pixels.")]
    PhotoTooLarge,
    /// The app is shutting down.
    #[error("the app is closing")]
    Closed,
    /// A bug of ours, caught; the store goes on.
    #[error("the app made a mistake, so this was not saved: {0}")]
    Bug(String),
    /// The database answered with an error. Nothing was saved.
    #[error("this phone's storage did not take it. Please try again.")]
    Storage(#[source] Arc<rusqlite::Error>),
    /// A file or folder could not be used.
    #[error("this phone's storage cannot be opened")]
    File(#[source] Arc<io::Error>),
}

impl Error {
    /// Whether the file itself is damaged: trying again leads nowhere.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Storage(error) if super::open::is_damage(error))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Storage(Arc::new(error)),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::Full,
            _ => Self::File(Arc::new(error)),
        }
    }
}
