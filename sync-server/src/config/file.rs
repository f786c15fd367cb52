//! The file of settings: lines `SYSOPS_NAME=value`, as systemd and containers read them too. A name that no setting has
//! is refused, because a misspelt one would silently do nothing.

use super::Refusals;
use clap::Command;
use std::collections::BTreeMap;

/// A file's settings by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsFile(BTreeMap<String, String>);

impl SettingsFile {
    /// From the file's text.
    pub fn parse(text: &str) -> Result<Self, Refusals> {
        let (mut values, mut refused) = (BTreeMap::new(), Vec::new());
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                Some((name, value)) => {
                    values.insert(name.trim().to_owned(), unquoted(value.trim()).to_owned());
                }
                None => refused.push(format!("Line {} of the settings file is not NAME=value.", at + 1)),
            }
        }
        if refused.is_empty() { Ok(Self(values)) } else { Err(Refusals(refused)) }
    }

    /// Refuses names that no setting of this program has.
    pub fn check(&self, command: &Command) -> Result<(), Refusals> {
        let mut known = Vec::new();
        names(command, &mut known);
        let unknown: Vec<String> = self.0.keys().filter(|name| !known.contains(name)).cloned().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Refusals(vec![format!(
            "The settings file names what is no setting: {}. `sync-server serve --help` lists all.",
            unknown.join(", ")
        )]))
    }
}

fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.or_else(|| value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))).unwrap_or(value)
}

fn names(command: &Command, known: &mut Vec<String>) {
    known.extend(command.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned)));
    for below in command.get_subcommands() {
        names(below, known);
    }
}

/// The command with the file's values as defaults, so that line and environment go before them.
#[must_use]
pub fn with_defaults(command: Command, file: &SettingsFile) -> Command {
    command
        .mut_args(|arg| {
            let value = arg.get_env().and_then(|name| file.0.get(name.to_str()?)).cloned();
            match value {
                Some(value) => {
                    let hidden = arg.is_hide_env_values_set();
                    arg.default_value(value).hide_default_value(hidden)
                }
                None => arg,
            }
        })
        .mut_subcommands(|below| with_defaults(below, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, FromArgMatches, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: super::super::Settings,
    }

    fn read(file: &str, args: &[&str]) -> super::super::Settings {
        let file = SettingsFile::parse(file).unwrap();
        let command = with_defaults(Line::command(), &file);
        let matches = command.try_get_matches_from(["x"].iter().chain(args)).unwrap();
        Line::from_arg_matches(&matches).unwrap().settings
    }

    #[test]
    fn the_line_goes_before_the_file_and_the_file_before_the_default() {
        let file = "# ours\nSYSOPS_OFFER_MINUTES = 7\nSYSOPS_MAIL_FROM=\"help@example.com\"\n";
        assert_eq!(read(file, &[]).offer_minutes, 7);
        assert_eq!(read(file, &["--offer-minutes", "9"]).offer_minutes, 9);
        assert_eq!(read(file, &[]).mail_from.unwrap().as_str(), "help@example.com");
        assert_eq!(read("", &[]).offer_minutes, 5);
    }

    #[test]
    fn a_misspelt_name_is_refused_and_a_secret_is_not_shown() {
        let file = SettingsFile::parse("SYSOPS_SECRT=x").unwrap();
        assert!(file.check(&Line::command()).unwrap_err().to_string().contains("SYSOPS_SECRT"));
        assert!(SettingsFile::parse("nonsense").is_err());
        let file = SettingsFile::parse("SYSOPS_SECRET=hunter2").unwrap();
        assert_eq!(file.check(&Line::command()), Ok(()));
        let help = with_defaults(Line::command(), &file).render_long_help().to_string();
        assert!(help.contains("SYSOPS_SECRET") && !help.contains("hunter2"), "{help}");
    }
}
