//! What gives way on a phone: the knowledge base is a cache that comes again from the server, and what the expert does is not.
//! So it goes first where the disk is full, and is thrown away where it is found damaged.

use super::Error;
use super::core::Core;

impl Core {
    /// Does it; and where the disk has no room for it, once more in the room that the knowledge base took.
    pub(super) fn in_room_made<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        match work(self) {
            Err(Error::Full) if self.makes_room() => work(self),
            done => done,
        }
    }

    /// Whether the knowledge base gave way. Once it has, it stays away until the next start.
    pub(super) fn makes_room(&mut self) -> bool {
        match self.kb.evict() {
            Ok(has_made) => {
                if has_made {
                    tracing::warn!("the disk is full, so the knowledge base gives way until the next start");
                    self.changes.seen = true;
                }
                has_made
            }
            Err(error) => {
                tracing::warn!(%error, "the knowledge base could not give way");
                false
            }
        }
    }

    /// What came of a call of the knowledge base. A damaged one goes, so that the next sync fetches it again.
    pub(super) fn kb_mended<T>(&mut self, done: Result<T, Error>) -> Result<T, Error> {
        if done.as_ref().is_err_and(Error::is_damage) {
            tracing::warn!("the knowledge on this phone is damaged and is fetched again");
            self.kb.throw_away()?;
            self.changes.seen = true;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{START, fresh, reopen};
    use super::*;
    use crate::clock::{Clock as _, Manual};
    use serde_json::json;
    use shared::chance::Seeded;
    use shared::ids::ArticleId;
    use shared::intent::Intent;
    use shared::sync::Patch;
    use shared::time::Timestamp;
    use std::sync::Arc;

    /// Reads one article in, as a snapshot would.
    fn learn(core: &mut Core, chance: &Seeded) -> ArticleId {
        let id = ArticleId::new(Timestamp::from_millis(START), chance);
        let text = json!({ "title": "Router blinks red", "problem": "It is so.", "steps": "Restart it." });
        let doc = json!({ "id": id, "ver": 1, "text": text, "author": "Ana", "changed_at": Timestamp::EPOCH });
        let patch = json!({ "s": "kb", "op": "put", "kind": "article", "id": id, "ver": 1, "doc": doc });
        let patch: Patch = serde_json::from_value(patch).unwrap();
        core.kb_begin().unwrap();
        core.kb_read_in(&[patch]).unwrap();
        core.kb_finish("c1").unwrap();
        assert!(core.kb_article(id).unwrap().is_some());
        id
    }

    #[test]
    fn where_the_disk_is_full_the_knowledge_base_gives_way_before_a_tap_fails() {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
        let mut core = fresh(folder.path(), &secrets, &chance);
        learn(&mut core, &chance);
        let (file, at, intent) = (folder.path().join("kb.db"), clock.now(), Intent::DutySet { on: true });
        let mut n_tries = 0;
        let done = core.in_room_made(|core| {
            n_tries += 1;
            // There is room for one of the two.
            if file.exists() {
                return Err(Error::Full);
            }
            core.tap_and(&intent, None, None, &at, &chance, |_| Ok(()))
        });
        assert!(done.is_ok() && n_tries == 2, "{done:?} after {n_tries}");
        assert_eq!(core.status().unwrap().n_unsent, 1);
        let known = core.kb_status().unwrap();
        assert!(known.is_evicted && !known.is_there, "{known:?}");
        assert!(matches!(core.kb_begin(), Err(Error::Full)), "it does not come back into the room that it made");
        let mut n_tries = 0;
        let failed = core.in_room_made(|_| {
            n_tries += 1;
            Err::<(), _>(Error::Full)
        });
        assert!(matches!(failed, Err(Error::Full)) && n_tries == 1, "there is nothing more to give: {failed:?}");
        let expert = core.expert_id();
        drop(core);
        let (core, _) = reopen(folder.path(), expert, &secrets);
        assert_eq!((core.kb_status().unwrap().is_evicted, core.status().unwrap().n_unsent), (false, 1));
    }

    #[test]
    fn knowledge_that_is_damaged_in_its_middle_goes_once_it_is_read_and_work_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
        let mut core = fresh(folder.path(), &secrets, &chance);
        let id = learn(&mut core, &chance);
        core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
        let expert = core.expert_id();
        drop(core);
        let file = folder.path().join("kb.db");
        let conn = rusqlite::Connection::open(&file).unwrap();
        let sql = "select rootpage from sqlite_schema where name = 'article'";
        let place: u32 = conn.query_row(sql, [], |row| row.get(0)).unwrap();
        let size: u32 = conn.query_row("pragma page_size", [], |row| row.get(0)).unwrap();
        drop(conn);
        let mut bytes = std::fs::read(&file).unwrap();
        let start = ((place - 1) * size) as usize;
        bytes[start..start + 64].fill(0xff);
        std::fs::write(&file, bytes).unwrap();
        let (mut core, salvage) = reopen(folder.path(), expert, &secrets);
        assert_eq!(salvage, None);
        let found = core.kb_article(id);
        assert!(core.kb_mended(found).unwrap_err().is_damage());
        // An answer that was on its way goes on from what is here no more.
        let late = json!({
            "req": "r", "epoch": "e1", "server_time": "2026-03-02T09:00:00Z", "next_n": 1, "pull": "ok",
            "cursors": { "kb": "c2" }, "poll_after_ms": 60_000
        });
        core.kb_take(&serde_json::from_value(late).unwrap()).unwrap();
        assert_eq!((core.kb_article(id).unwrap(), core.kb_cursor().unwrap()), (None, None), "the next sync fetches it");
        assert_eq!(core.status().unwrap().n_unsent, 1);
        learn(&mut core, &chance);
    }
}
