//! One installation of the app: who is signed in, and where each expert's database lies. Two experts on one phone have
//! a database each, and the work of one never goes out with the other's token.

use super::secrets::write_private;
use super::{Core, Error, Salvage, Secret, Secrets, Store, folders};
use crate::clock::Edge;
use shared::ids::ExpertId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CURRENT: &str = "signed-in";
const EXPERTS: &str = "experts";

/// The app's folder and its secrets.
#[derive(Clone)]
pub struct Installation {
    folder: PathBuf,
    secrets: Arc<dyn Secrets>,
    edge: Edge,
}

/// What signing out found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// Signed out; the token is forgotten.
    Done,
    /// So many intents are unsent. Nobody was signed out: warn, and send first or use
    /// [`Installation::sign_out_with_unsent_work`].
    Unsent(u32),
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Installation {
    /// In this folder, which is made if it is not there.
    pub fn new(folder: impl Into<PathBuf>, secrets: Arc<dyn Secrets>, edge: Edge) -> Result<Self, Error> {
        let folder = folder.into();
        // Each level by itself, so that a start that was killed between two of them is made good by the next.
        folders::make(&folder)?;
        folders::make(&folder.join(EXPERTS))?;
        Ok(Self { folder, secrets, edge })
    }

    /// Where an expert's database lies.
    pub fn folder_of(&self, expert: ExpertId) -> PathBuf {
        self.folder.join(EXPERTS).join(expert.to_string())
    }

    /// Who is signed in, with his secret; nobody at first and after signing out.
    pub fn signed_in(&self) -> Result<Option<(ExpertId, Secret)>, Error> {
        let name = match fs::read_to_string(self.current()) {
            Ok(name) => name,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ok(expert) = name.trim().parse() else { return Ok(None) };
        let secret = self.secrets.load(expert)?.filter(|secret| !secret.token.is_empty());
        Ok(secret.map(|secret| (expert, secret)))
    }

    /// What an expert's earlier sign-in left here: its device is named again when he signs in anew.
    pub fn secret_of(&self, expert: ExpertId) -> Result<Option<Secret>, Error> {
        Ok(self.secrets.load(expert)?)
    }

    /// Remembers a sign-in, with the device and incarnation that the server just gave, and opens that expert's
    /// database. What he left unsent earlier is numbered anew and goes out.
    pub fn sign_in(&self, expert: ExpertId, secret: &Secret) -> Result<(Store, Option<Salvage>), Error> {
        self.secrets.save(expert, secret)?;
        let (mut core, salvage) = self.core(expert)?;
        core.adopt(secret.device, secret.inc)?;
        core.trouble(None)?;
        write_private(&self.current(), expert.to_string().as_bytes())?;
        Ok((Store::start(core, self.edge.clone())?, salvage))
    }

    /// Opens an expert's database.
    pub fn open(&self, expert: ExpertId) -> Result<(Store, Option<Salvage>), Error> {
        let (core, salvage) = self.core(expert)?;
        Ok((Store::start(core, self.edge.clone())?, salvage))
    }

    fn core(&self, expert: ExpertId) -> Result<(Core, Option<Salvage>), Error> {
        Core::open(&self.folder_of(expert), expert, Arc::clone(&self.secrets), self.edge.wall())
    }

    /// Signs out, unless work is unsent.
    pub async fn sign_out(&self, store: &Store) -> Result<SignOut, Error> {
        let status = store.status().await?;
        match status.n_unsent + status.n_photos {
            0 => self.forget(store.expert_id()).map(|()| SignOut::Done),
            n => Ok(SignOut::Unsent(n)),
        }
    }

    /// Signs out although work is unsent. It stays on this phone and goes out when the same expert signs in again.
    pub fn sign_out_with_unsent_work(&self, store: &Store) -> Result<(), Error> {
        self.forget(store.expert_id())
    }

    fn forget(&self, expert: ExpertId) -> Result<(), Error> {
        if let Some(secret) = self.secrets.load(expert)? {
            self.secrets.save(expert, &Secret { token: String::new(), ..secret })?;
        }
        match fs::remove_file(self.current()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn current(&self) -> PathBuf {
        Path::new(&self.folder).join(CURRENT)
    }
}
