//! The demo's world in a database of either engine, for a server in production: made once by `demo`, carried over by
//! `backup` and `restore`.

use std::path::Path;
use std::process::Command;

use sync_server::db::Engine;
use sync_server::db::testing::Fresh;

use crate::process::run;
use crate::server::{Server, SignIn};

/// A database with the demo's experts, customers and lists, and who can sign in.
pub struct Filled {
    /// The database.
    pub fresh: Fresh,
    /// Everybody in it.
    pub sign_ins: Vec<SignIn>,
}

impl Filled {
    /// Makes one.
    ///
    /// # Panics
    /// If the demo cannot be backed up or restored.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let file = folder.path().join("world.backup");
        let demo = Server::demo(&[]).await;
        let sign_ins = demo.sign_ins();
        obey(&["backup", "--data", &demo.data().display().to_string()], &file, None);
        drop(demo);
        let fresh = Fresh::empty(engine).await;
        obey(&["restore"], &file, Some(&fresh.url));
        Self { fresh, sign_ins }
    }

    /// Sign-ins of a role.
    pub fn of(&self, role: &str) -> Vec<SignIn> {
        self.sign_ins.iter().filter(|one| one.role == role).cloned().collect()
    }
}

fn obey(args: &[&str], file: &Path, url: Option<&str>) {
    let mut command = Command::new(crate::program("sync-server"));
    command.args(args).arg(file).envs(url.map(|url| ("SYSOPS_DATABASE_URL", url)));
    let done = run(command);
    assert!(done.success, "{args:?} failed: {}{}", done.stdout, done.stderr);
}
