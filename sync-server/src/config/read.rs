//! From what was set to what is used, or to sentences that say what to mend. Pure.

use super::packages::{Packages, is_fingerprint, is_team};
use super::{
    BillingRules, Config, FILES, Fcm, Files, MatchingBounds, Mode, Providers, Refusals, Secret, Sending, SendingBounds,
    Settings, Smtp, Stripe, Twilio,
};
use shared::ticket::Timing;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// How the place of files is written.
const FILES_URL: &str = "SYSOPS_FILES_URL is not understood: it looks like file:///a/folder or s3://bucket/prefix.";

/// A key as long as its hash.
const SECRET_CHARS_MIN: usize = 32;

impl Settings {
    /// The database, which every command needs.
    pub fn database(&self) -> Result<String, Refusals> {
        let missing = "SYSOPS_DATABASE_URL is missing: set it to sqlite:/path/to/file.db or postgres://user@host/name.";
        let url = self.database_url.as_ref().map(Secret::expose).filter(|url| !url.is_empty());
        url.map(str::to_owned).ok_or_else(|| Refusals(vec![missing.into()]))
    }

    /// What a serving or working process uses.
    pub fn config(self) -> Result<Config, Refusals> {
        let mut refused = Vec::new();
        let database_url = self.database().unwrap_or_else(|refusals| {
            refused.extend(refusals.0);
            String::new()
        });
        let secret = self.secret.clone().unwrap_or_else(|| Secret::from(String::new()));
        refused.extend(weak(&secret));
        let set = self.public_url.clone().filter(|url| !url.is_empty());
        let public_url_is_set = set.is_some();
        let public_url = match set {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.bind),
        };
        refused.extend(unreachable(&public_url, public_url_is_set));
        let providers = self.providers(&mut refused);
        let packages = self.packages(&mut refused);
        let files = self.files().unwrap_or_else(|why| {
            refused.push(why);
            Files::Memory
        });
        if !refused.is_empty() {
            return Err(Refusals(refused));
        }
        Ok(Config {
            mode: Mode::Serve,
            database_url: Secret::from(database_url),
            bind: self.bind,
            public_url,
            public_url_is_set,
            secret,
            timing: self.timing(),
            matching: self.matching(),
            billing: self.billing(),
            providers,
            sending: self.sending(),
            files,
            data_dir: self.data_dir,
            packages,
            admins_to_tell: self.admins_to_tell,
            intake_per_second: NonZeroU32::new(self.intake_per_second),
            sign_ins_per_minute: NonZeroU32::new(self.sign_ins_per_minute),
            requests_per_second: NonZeroU32::new(self.requests_per_second),
            request_burst: self.request_burst,
            trusted_proxies: self.trusted_proxies,
        })
    }

    fn files(&self) -> Result<Files, String> {
        let Some(url) = self.files_url.as_deref().filter(|url| !url.is_empty()) else {
            return Ok(Files::Folder(self.data_dir.join(FILES)));
        };
        match url.split_once("://") {
            Some(("file", path)) if path.starts_with('/') => Ok(Files::Folder(path.into())),
            Some(("s3", rest)) => {
                let (bucket, prefix) =
                    rest.trim_end_matches('/').split_once('/').unwrap_or((rest.trim_end_matches('/'), ""));
                let (url, prefix) = (format!("s3://{bucket}"), prefix.to_owned());
                if bucket.is_empty() { Err(FILES_URL.to_owned()) } else { Ok(Files::Bucket { url, prefix }) }
            }
            Some(_) | None => Err(FILES_URL.to_owned()),
        }
    }

    fn timing(&self) -> Timing {
        Timing {
            waiting_minutes: self.waiting_minutes,
            no_plan_minutes: self.no_plan_minutes,
            offer_minutes: self.offer_minutes,
            offers_max: self.offers_max,
            depart_grace_minutes: self.depart_grace_minutes,
            work_grace_minutes: self.work_grace_minutes,
            travel_floor_minutes: self.travel_floor_minutes,
            human_minutes: self.human_minutes,
            customer_minutes: self.customer_minutes,
            part_minutes: self.part_minutes,
            same_expert_minutes: self.same_expert_minutes,
            service_hours: self.service_hours.clone(),
        }
    }

    fn matching(&self) -> MatchingBounds {
        MatchingBounds {
            speed_km_per_hour: self.speed_km_per_hour,
            position_minutes_max: self.position_minutes_max,
            buffer_minutes: self.buffer_minutes,
            horizon_minutes: self.horizon_minutes,
            budget_ms: self.matching_budget_ms,
        }
    }

    fn sending(&self) -> Sending {
        let bounds = |per_second, at_once, within_seconds| SendingBounds {
            per_second: NonZeroU32::new(per_second),
            at_once,
            within_seconds,
        };
        Sending {
            push: bounds(self.push_per_second, self.push_at_once, self.push_seconds),
            sms: bounds(self.sms_per_second, self.sms_at_once, self.sms_seconds),
            mail: bounds(self.mail_per_second, self.mail_at_once, self.mail_seconds),
        }
    }

    fn billing(&self) -> BillingRules {
        let (grace_days, checkout_minutes) = (self.grace_days, self.checkout_minutes);
        BillingRules { grace_days, checkout_minutes, retry_days: self.retry_days.clone(), ..BillingRules::default() }
    }

    fn stripe(&self, refused: &mut Vec<String>) -> Option<Stripe> {
        let hidden = |text: &Option<Secret>| text.clone().filter(|text| !text.expose().is_empty());
        match (hidden(&self.stripe_secret_key), hidden(&self.stripe_webhook_secret)) {
            (Some(secret_key), Some(webhook_secret)) => {
                refused.extend(in_the_clear("SYSOPS_STRIPE_URL", &self.stripe_url));
                let (url, at_once, within_seconds) =
                    (address(&self.stripe_url), self.cards_at_once, self.cards_seconds);
                Some(Stripe { url, secret_key, webhook_secret, at_once, within_seconds })
            }
            (None, None) => None,
            (_, _) => {
                refused.push(
                    "Card payments are set half: set SYSOPS_STRIPE_SECRET_KEY and SYSOPS_STRIPE_WEBHOOK_SECRET, or neither."
                        .into(),
                );
                None
            }
        }
    }

    fn providers(&self, refused: &mut Vec<String>) -> Providers {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let hidden = |text: &Option<Secret>| text.clone().filter(|text| !text.expose().is_empty());
        let twilio = (text(&self.twilio_account_sid), hidden(&self.twilio_auth_token), text(&self.twilio_from));
        let twilio = match twilio {
            (Some(account_sid), Some(auth_token), Some(from)) => {
                refused.extend(in_the_clear("SYSOPS_TWILIO_URL", &self.twilio_url));
                Some(Twilio { url: address(&self.twilio_url), account_sid, auth_token, from })
            }
            (None, None, None) => None,
            (_, _, _) => {
                refused.push(
                    "SMS is set half: set SYSOPS_TWILIO_ACCOUNT_SID, SYSOPS_TWILIO_AUTH_TOKEN and SYSOPS_TWILIO_FROM, \
                     or none of them."
                        .into(),
                );
                None
            }
        };
        let smtp = match (hidden(&self.smtp_url), self.mail_from.clone()) {
            (Some(url), Some(from)) => Some(Smtp { url, from }),
            (None, None) => None,
            (_, _) => {
                refused.push("E-mail is set half: set SYSOPS_SMTP_URL and SYSOPS_MAIL_FROM, or neither.".into());
                None
            }
        };
        let credentials = self.fcm_credentials.clone().filter(|file| !file.as_os_str().is_empty());
        if credentials.is_some() {
            refused.extend(in_the_clear("SYSOPS_FCM_URL", &self.fcm_url));
        }
        let fcm = credentials.map(|credentials| Fcm { url: address(&self.fcm_url), credentials });
        let stripe = self.stripe(refused);
        Providers { twilio, fcm, smtp, stripe }
    }

    fn packages(&self, refused: &mut Vec<String>) -> Packages {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let certificates = self.app_android_certificates.iter().filter(|text| !text.is_empty());
        let packages = Packages {
            android_certificates: certificates.map(|text| text.to_uppercase()).collect(),
            apple_team: filled(&self.app_apple_team),
            android_url: filled(&self.app_android_url),
            ios_url: filled(&self.app_ios_url),
        };
        if !packages.android_certificates.iter().all(|text| is_fingerprint(text)) {
            refused.push(
                "SYSOPS_APP_ANDROID_CERTIFICATES is not understood: it is the SHA-256 that `keytool -list -v` prints, 32 \
                 pairs of hex digits with colons; several are divided by commas."
                    .into(),
            );
        }
        if packages.apple_team.as_ref().is_some_and(|text| !is_team(text)) {
            refused.push("SYSOPS_APP_APPLE_TEAM is not understood: it is the team's ten capitals and digits.".into());
        }
        for (name, url) in [("ANDROID", &packages.android_url), ("IOS", &packages.ios_url)] {
            if url.as_ref().is_some_and(|url| !url.starts_with("https://")) {
                refused.push(format!("SYSOPS_APP_{name}_URL must begin with https://."));
            }
        }
        packages
    }
}

fn address(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

/// Why a provider's address would show our credentials to everybody on the way.
fn in_the_clear(name: &str, url: &str) -> Option<String> {
    let is_safe = match url.split_once("://") {
        Some(("https", rest)) => !rest.is_empty(),
        Some(("http", rest)) => is_loopback(rest.split('/').next().unwrap_or_default()),
        Some(_) | None => false,
    };
    (!is_safe).then(|| format!("{name} must begin with https://: our credentials go there with each message."))
}

/// Why a secret does not keep anything secret.
fn weak(secret: &Secret) -> Option<String> {
    let text = secret.expose();
    let how = "set it to what `openssl rand -base64 33` prints, the same on every server.";
    if text.is_empty() {
        return Some(format!("SYSOPS_SECRET is missing: {how}"));
    }
    let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
    if text.chars().count() < SECRET_CHARS_MIN || distinct < 8 {
        return Some(format!("SYSOPS_SECRET can be guessed: {how} It needs at least {SECRET_CHARS_MIN} characters."));
    }
    None
}

/// Why browsers could not reach us by this address, or not safely.
fn unreachable(url: &str, is_set: bool) -> Option<String> {
    let name = if is_set { "SYSOPS_PUBLIC_URL" } else { "SYSOPS_PUBLIC_URL is missing, and SYSOPS_BIND" };
    let Some((scheme, authority)) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
    else {
        return Some("SYSOPS_PUBLIC_URL must begin with https://, like https://help.example.com.".into());
    };
    let plain = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', '\\', ' ']);
    if !plain {
        return Some(
            "SYSOPS_PUBLIC_URL must be a scheme and a name alone, like https://help.example.com: this server is not \
             reached below a path."
                .into(),
        );
    }
    (scheme == "http" && !is_loopback(authority)).then(|| {
        format!(
            "{name} is not https: passwords would cross the network in the clear. Set SYSOPS_PUBLIC_URL to the \
             https:// address of the proxy in front, or listen on 127.0.0.1 to try it out."
        )
    })
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    fn config(args: &[&str]) -> Result<Config, Refusals> {
        let good = ["x", "--database-url", "sqlite:x.db", "--secret", "0123456789abcdefghijklmnopqrstuv"];
        Line::try_parse_from(good.iter().chain(args)).expect("the arguments are right").settings.config()
    }

    #[test]
    fn each_unsafe_setting_is_refused_with_what_to_do() {
        for (args, word) in [
            (vec!["--public-url", "http://help.example.com"], "https"),
            (vec!["--public-url", "http://127.0.0.1.example.com"], "https"),
            (vec!["--bind", "0.0.0.0:80"], "SYSOPS_PUBLIC_URL"),
            (vec!["--public-url", "help.example.com"], "https://"),
            (vec!["--public-url", "https://help.example.com/support"], "path"),
            (vec!["--twilio-account-sid", "AC1"], "SYSOPS_TWILIO_FROM"),
            (vec!["--mail-from", "help@example.com"], "SYSOPS_SMTP_URL"),
            (vec!["--fcm-credentials", "key.json", "--fcm-url", "http://fcm.example.com"], "SYSOPS_FCM_URL"),
            (vec!["--fcm-credentials", "key.json", "--fcm-url", "fcm.example.com"], "SYSOPS_FCM_URL"),
            (vec!["--app-android-certificates", "AB:CD"], "keytool"),
            (vec!["--app-apple-team", "penultimate"], "SYSOPS_APP_APPLE_TEAM"),
            (vec!["--app-ios-url", "http://apps.example.com"], "SYSOPS_APP_IOS_URL"),
        ] {
            let refusals = config(&args).expect_err(&args.join(" "));
            assert!(refusals.to_string().contains(word), "{args:?}: {refusals}");
        }
        let empty = Line::try_parse_from(["x"]).unwrap().settings.config().unwrap_err().to_string();
        assert!(empty.contains("SYSOPS_DATABASE_URL") && empty.contains("SYSOPS_SECRET"), "{empty}");
        for secret in ["short", &"a".repeat(40)] {
            let refusals = Line::try_parse_from(["x", "--database-url", "sqlite:x", "--secret", secret]);
            let refusals = refusals.unwrap().settings.config().unwrap_err().to_string();
            assert!(refusals.contains("openssl rand"), "{refusals}");
        }
    }

    #[test]
    fn the_address_follows_the_port_unless_it_is_set() {
        let mut own = config(&[]).unwrap();
        own.listens_on("127.0.0.1:4711".parse().unwrap());
        assert_eq!(own.public_url, "http://127.0.0.1:4711");
        let mut set = config(&["--public-url", "https://help.example.com/"]).unwrap();
        set.listens_on("127.0.0.1:4711".parse().unwrap());
        assert_eq!(set.public_url, "https://help.example.com");
    }

    #[test]
    fn no_secret_shows_in_debug() {
        let config = config(&[
            "--twilio-account-sid",
            "AC1",
            "--twilio-auth-token",
            "hunter2",
            "--twilio-from",
            "+15005550006",
            "--smtp-url",
            "smtps://u:hunter2@mail",
            "--mail-from",
            "help@example.com",
        ]);
        let shown = format!("{:?}", config.unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("0123456789abcdef"), "{shown}");
    }
}
