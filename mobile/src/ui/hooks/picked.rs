//! Photos that were taken or chosen, read by the page. The framework would ask a dialog of its own for them, which gives
//! nothing on phones, so the page keeps such clicks to itself: the web view opens camera or gallery, and the bytes come
//! here in parts.

use super::Ui;
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::{ReadableExt as _, WritableExt as _};
use shared::blob::from_base64;

/// What is larger is not read at all: as much as the store takes.
const BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Keeps clicks on file inputs and what they chose away from the framework. Parts are multiples of three bytes, so that
/// each can be read by itself.
pub(in crate::ui) const PICK: &str = "
    const isFile = (event) => event.target instanceof HTMLInputElement && event.target.type === 'file';
    const send = (what, rest) => dioxus.send('photo ' + what + ' ' + rest);
    const encoded = (bytes) => {
        let text = '';
        for (let at = 0; at < bytes.length; at += 3072) text += String.fromCharCode(...bytes.subarray(at, at + 3072));
        return btoa(text);
    };
    document.addEventListener('click', (event) => { if (isFile(event)) event.stopPropagation(); }, true);
    document.addEventListener('change', async (event) => {
        if (!isFile(event)) return;
        event.stopPropagation();
        const file = event.target.files[0];
        if (!file) return;
        send('begin', file.size);
        try {
            if (file.size <= 16777216) {
                const bytes = new Uint8Array(await file.arrayBuffer());
                for (let at = 0; at < bytes.length; at += 393216) send('part', encoded(bytes.subarray(at, at + 393216)));
            }
            send('end', file.size);
        } catch (error) {
            send('unread', 0);
        }
        event.target.value = '';
    }, true);
";

/// A photo that comes in, or has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::ui) struct Picking {
    bytes: Vec<u8>,
    /// All of it is here, and a screen may take it.
    whole: bool,
}

impl Ui {
    /// A message of [`PICK`], without its first word.
    pub(in crate::ui) fn pick(mut self, message: &str) {
        let (what, rest) = message.split_once(' ').unwrap_or((message, ""));
        let too_large = |size: &str| size.parse().is_ok_and(|size: usize| size > BYTES_MAX);
        match what {
            "begin" => self.picked.set(Picking::default()),
            "part" => match from_base64(rest) {
                Some(part) if self.picked.peek().bytes.len() + part.len() <= BYTES_MAX => {
                    self.picked.write().bytes.extend(part);
                }
                Some(_) | None => self.unread(),
            },
            "end" if too_large(rest) => {
                self.said.set(Some(words::failure(self.say(), &super::Error::PhotoTooLarge)));
            }
            "end" if rest.parse() == Ok(self.picked.peek().bytes.len()) => self.picked.write().whole = true,
            _ => self.unread(),
        }
    }

    fn unread(mut self) {
        self.picked.set(Picking::default());
        self.said.set(Some(self.say().t(Text::PhotoUnread)));
    }

    /// The photo that has come in whole, once.
    pub(in crate::ui) fn take_picked(mut self) -> Option<Vec<u8>> {
        let is_whole = self.picked.read().whole;
        is_whole.then(|| std::mem::take(&mut *self.picked.write()).bytes)
    }
}
