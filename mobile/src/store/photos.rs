//! Photos: their words are intents like any other, their bytes are files beside the database. A photo is on the disk
//! before its intent is; the file stays until the server has it, and [`KEEP_DAYS`] longer. Small views of what others
//! took lie in a folder of their own, which may be emptied at any time.

use super::Error;
use super::core::Core;
use super::folders;
use super::planted::planted;
use super::secrets::write_private;
use rusqlite::{Connection, OptionalExtension, params};
use shared::blob::{FILE_BYTES_MAX, Sha};
use shared::chance::Chance;
use shared::fold::TicketView;
use shared::ids::{PhotoId, TicketId};
use shared::intent::Intent;
use shared::place::Place;
use shared::sync::MadeAt;
use shared::text::ShortLine;
use shared::time::Timestamp;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files are kept so long after the server has them, by the server's clock.
pub(super) const KEEP_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;
const OWN: &str = "photos";
const SEEN: &str = "seen";
/// Photos looked at in one round.
const ROUND_MAX: i64 = 50;
/// Small views that are kept of what others took.
const SEEN_MAX: usize = 400;
/// Sentences about photos that the status shows.
const TROUBLES_MAX: i64 = 20;

/// A photo as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// The file as the camera wrote it.
    pub bytes: Vec<u8>,
    /// What it shows.
    pub caption: Option<ShortLine>,
    /// Where it was taken, only if the expert says so on purpose.
    pub place: Option<Place>,
}

/// A photo whose bytes the server does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The name of its bytes.
    pub sha: Sha,
    /// How many they are.
    pub size: u64,
    /// Where they lie.
    pub path: PathBuf,
}

/// How a photo's bytes ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server has them.
    Done,
    /// The server cannot use them; its sentence is for people.
    Refused(String),
    /// They are not on this phone any more, or damaged.
    Lost,
}

/// Why these bytes are no photo that can be sent; nothing for those that may be.
fn unusable(bytes: &[u8]) -> Option<Error> {
    let is_known = bytes.starts_with(&[0xff, 0xd8, 0xff])
        || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if bytes.len() as u64 > FILE_BYTES_MAX {
        Some(Error::PhotoTooLarge)
    } else if is_known {
        None
    } else {
        Some(Error::NoPhoto)
    }
}

impl Core {
    /// Keeps a photo: its bytes and its intent are on the disk when this returns.
    pub fn take_photo(
        &mut self,
        ticket: TicketId,
        shot: &Shot,
        at: &MadeAt,
        chance: &dyn Chance,
    ) -> Result<PhotoId, Error> {
        if let Some(why) = unusable(&shot.bytes) {
            return Err(why);
        }
        self.in_room_made(|core| core.keep_shot(ticket, shot, at, chance))
    }

    fn keep_shot(&mut self, ticket: TicketId, shot: &Shot, at: &MadeAt, chance: &dyn Chance) -> Result<PhotoId, Error> {
        let sha = Sha::of(&shot.bytes);
        // First the file: an intent that speaks of bytes that are not there could never be made good.
        if !planted!(self.probe, WordsBeforeBytes) {
            self.keep_photo(sha, &shot.bytes)?;
        }
        let photo = PhotoId::new(at.wall, chance);
        let (caption, place, size) = (shot.caption.clone(), shot.place, shot.bytes.len());
        let intent = Intent::PhotoAdd { photo, sha, caption, place };
        self.tap_and(&intent, Some(ticket), None, at, chance, |tx| {
            let sql = "insert into blob (sha, size, state, made_at) values (?1, ?2, 'waiting', ?3)
                on conflict (sha) do update set state = case when state = 'done' then 'done' else 'waiting' end, why = null";
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            tx.prepare_cached(sql)?.execute(params![sha.to_string(), size, at.wall.as_millis()])?;
            Ok(())
        })?;
        if planted!(self.probe, WordsBeforeBytes) {
            self.probe.step()?;
            self.keep_photo(sha, &shot.bytes)?;
        }
        Ok(photo)
    }

    /// Its bytes, on the disk under their hash when this returns.
    fn keep_photo(&self, sha: Sha, bytes: &[u8]) -> Result<(), Error> {
        let folder = self.folder.join(OWN);
        // Its name too: without the folder the photo would be gone, and its words would be there.
        folders::make(&folder)?;
        if let Err(error) = write_private(&folder.join(sha.to_string()), bytes) {
            // What did not fit whole only takes room.
            let _ = fs::remove_file(folder.join(sha.to_string()).with_extension("new"));
            return Err(error.into());
        }
        Ok(())
    }

    /// Photos whose bytes wait to go out, the oldest first.
    pub fn photos_to_send(&self) -> Result<Vec<Waiting>, Error> {
        let sql = "select sha, size from blob where state = 'waiting' order by made_at, sha limit ?1";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows =
            query.query_map([ROUND_MAX], |row| Ok((row.get::<_, String>("sha")?, row.get::<_, i64>("size")?)))?;
        let mut waiting = Vec::new();
        for row in rows {
            let (name, size) = row?;
            let Ok(sha) = name.parse() else { continue };
            let size = u64::try_from(size).unwrap_or_default();
            waiting.push(Waiting { sha, size, path: self.folder.join(OWN).join(name) });
        }
        Ok(waiting)
    }

    /// Notes how a photo's bytes ended.
    pub fn photo_ended(&mut self, sha: Sha, ended: &Ended, now: Timestamp) -> Result<(), Error> {
        let (state, why) = match ended {
            Ended::Done => ("done", None),
            Ended::Refused(why) => ("refused", Some(why.clone())),
            Ended::Lost => ("lost", None),
        };
        let sql = "update blob set state = ?2, why = ?3, done_at = ?4 where sha = ?1";
        self.conn.prepare_cached(sql)?.execute(params![sha.to_string(), state, why, now.as_millis()])?;
        self.changes.seen = true;
        Ok(())
    }

    /// The file that shows a photo best on a small screen, if this phone has one.
    pub fn photo_file(&self, sha: Sha) -> Option<PathBuf> {
        let name = sha.to_string();
        [SEEN, OWN].iter().map(|folder| self.folder.join(folder).join(&name)).find(|path| path.is_file())
    }

    /// Photos of the present tickets that the server has and this phone has no view of.
    pub fn photos_to_fetch(&self) -> Result<Vec<Sha>, Error> {
        let views = self.tickets()?;
        let shown = views.iter().flat_map(|view| &view.doc.photos).filter(|photo| photo.here);
        let missing =
            shown.map(|photo| photo.sha).filter(|sha| !self.folder.join(SEEN).join(sha.to_string()).is_file());
        let missing: BTreeSet<Sha> = missing.collect();
        Ok(missing.into_iter().take(usize::try_from(ROUND_MAX).unwrap_or_default()).collect())
    }

    /// Keeps a small view. A full disk is no reason to fail: the view is fetched again when there is room.
    pub fn keep_view(&mut self, sha: Sha, bytes: &[u8]) -> Result<(), Error> {
        let folder = self.folder.join(SEEN);
        fs::create_dir_all(&folder)?;
        forget_views(&folder, &self.tickets()?)?;
        write_private(&folder.join(sha.to_string()), bytes)?;
        self.changes.seen = true;
        Ok(())
    }

    /// After the database was lost: every photo that lies here waits again. What the server has costs one question.
    pub(super) fn adopt_photos(&self) -> Result<(), Error> {
        for path in files(&self.folder.join(OWN))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.parse::<Sha>().is_ok() {
                let size = i64::try_from(fs::metadata(&path)?.len()).unwrap_or(i64::MAX);
                let sql = "insert or ignore into blob (sha, size, state, made_at) values (?1, ?2, 'waiting', 0)";
                self.conn.prepare_cached(sql)?.execute(params![name, size])?;
            }
        }
        Ok(())
    }

    /// Deletes files that no row speaks of: a kill between the file and its intent leaves one.
    pub(super) fn tidy_photos(&self) -> Result<(), Error> {
        for path in files(&self.folder.join(OWN))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let sql = "select exists (select 1 from blob where sha = ?1) as has";
            if !self.conn.prepare_cached(sql)?.query_row([name], |row| row.get::<_, bool>("has"))? {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Empties the folder of views, if it has grown, of what no present ticket shows.
fn forget_views(folder: &Path, views: &[TicketView]) -> io::Result<()> {
    let all = files(folder)?;
    if all.len() < SEEN_MAX {
        return Ok(());
    }
    let shown: BTreeSet<String> =
        views.iter().flat_map(|view| &view.doc.photos).map(|photo| photo.sha.to_string()).collect();
    for path in all {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !shown.contains(name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// The server has not got these after all: they go out again, if their files are still here.
pub(super) fn missed(conn: &Connection, all: &[Sha]) -> Result<(), Error> {
    for sha in all {
        let sql = "update blob set state = 'waiting', done_at = null where sha = ?1 and state = 'done'";
        conn.prepare_cached(sql)?.execute([sha.to_string()])?;
    }
    Ok(())
}

/// Forgets photos that the server has had for long. Their files go at the next start, or with the next that are taken.
pub(super) fn prune(conn: &Connection, server_time: Timestamp) -> Result<(), Error> {
    let before = server_time.as_millis() - KEEP_DAYS * DAY_MS;
    conn.prepare_cached("delete from blob where state = 'done' and done_at < ?1")?.execute([before])?;
    Ok(())
}

/// How many photos wait to go out.
pub(super) fn n_waiting(conn: &Connection) -> Result<u32, Error> {
    let sql = "select count(*) as n from blob where state = 'waiting'";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get("n"))?)
}

/// What must be said of photos that did not get there.
pub(super) fn troubles(conn: &Connection) -> Result<Vec<String>, Error> {
    let sql = "select why, state, made_at from blob where state in ('refused', 'lost') and done_at >= ?2
        order by made_at desc limit ?1";
    let newest: Option<i64> =
        conn.query_row("select max(done_at) as at from blob", [], |row| row.get("at")).optional()?.flatten();
    let since = newest.unwrap_or_default() - KEEP_DAYS * DAY_MS;
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([TROUBLES_MAX, since], |row| {
        let (state, why): (String, Option<String>) = (row.get("state")?, row.get("why")?);
        Ok(match why.filter(|_| state == "refused") {
            Some(why) => format!("A photo could not be used: {why}"),
            None => "A photo is no longer on this phone, so it could not be sent. Please take it again.".to_owned(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
