//! `staff add`: the first admin of a new server, who then adds everybody else in the browser.

use super::{open_migrated, say};
use crate::accounts::password::{Password, Passwords};
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::app::StartError;
use crate::audit;
use crate::clock::SystemChance;
use crate::config::{Refusals, Settings};
use crate::db::{Error, Lane};
use clap::{Subcommand, ValueEnum};
use shared::chance::Chance;
use shared::event::Actor;
use shared::text::{Email, Name, Phone};
use shared::time::Zone;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds somebody and prints a password for them, once: `role login password`.
    Add {
        #[command(flatten)]
        settings: Box<Settings>,
        /// Signs in with it.
        #[arg(long, value_name = "E-MAIL")]
        email: Email,
        /// What they may do.
        #[arg(long, value_enum)]
        role: RoleWord,
        /// Their name; else the part of the address before the @.
        #[arg(long)]
        name: Option<Name>,
        /// Signs in with it too, and gets codes there: +12125550100.
        #[arg(long)]
        phone: Option<Phone>,
        /// Where they work, like `America/New_York`.
        #[arg(long, default_value = "America/New_York")]
        zone: Zone,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleWord {
    Agent,
    Admin,
}

pub(super) async fn obey(command: Command) -> Result<ExitCode, StartError> {
    let Command::Add { settings, email, role, name, phone, zone } = command;
    let role = match role {
        RoleWord::Agent => StaffRole::Agent,
        RoleWord::Admin => StaffRole::Admin,
    };
    let local = email.as_str().split('@').next().unwrap_or_default();
    let name = name.or_else(|| local.parse().ok()).unwrap_or_else(|| "Staff".parse().expect("it is a name"));
    let fields = StaffFields { name, email, phone, role, locale: "en".into(), zone };
    let db = open_migrated(&settings.database()?).await?;
    let chance = Arc::new(SystemChance);
    let password = made_up(&*chance);
    let parsed: Password = password.parse().expect("it is long and mixed");
    let hash = Passwords::new(chance).hash(&parsed).await.expect("nobody else hashes here");
    let (line, kept) = (format!("{} {} {password}", role.role().word(), fields.email), fields.clone());
    let created = db.write(Lane::Desk, async move |tx| {
        let (id, now) = (tx.new_id(), tx.real_now());
        let created = staff::create(tx, id, &kept, Some(hash.clone()), now).await?;
        if created.is_ok() {
            let after = serde_json::to_value(&kept).map_err(|why| Error::Bug(why.to_string()))?;
            audit::record(tx, Actor::Server, "staff.create", &format!("staff:{id}"), None, Some(after), now).await?;
        }
        Ok::<_, Error>(created)
    });
    let created = created.await?;
    db.close().await;
    match created {
        Ok(()) => {
            say(&line);
            Ok(ExitCode::SUCCESS)
        }
        Err(taken) => Err(Refusals(vec![format!("Nobody was added: {taken}. Use another, or change theirs.")]).into()),
    }
}

/// A password of 80 random bits that can be read out: `k7fm-2qpd-9xwa-h3zt`.
fn made_up(chance: &dyn Chance) -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    chance.fill(&mut bytes);
    let mut text = String::with_capacity(19);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(SIGNS[usize::from(byte % 32)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    #[test]
    fn a_made_up_password_may_be_set() {
        for seed in 0..50 {
            let password = made_up(&Seeded::new(seed));
            assert!(password.parse::<Password>().is_ok() && password.len() == 19, "{password}");
        }
    }
}
