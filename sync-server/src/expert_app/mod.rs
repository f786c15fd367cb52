//! What leads an expert's phone to the app: the address of a ticket in it, which messages carry, and the two documents by
//! which Android and iOS open such an address in the app and not in a browser. Pure; the routes are in `pages`.

pub mod pages;

#[cfg(test)]
mod api_tests;

use crate::config::Packages;
use serde_json::{Value, json};
use shared::number::TicketNumber;

/// The app's name for both stores, as `mobile/Dioxus.toml` has it.
pub const PACKAGE: &str = "com.penultimate.sysops.expert";
/// The app's own kind of link, as `mobile::platform` has it, for a phone that does not know the server's.
pub const SCHEME: &str = "sysops-expert://ticket/";

/// The address of a ticket in the app, below this server.
pub fn ticket_link(public_url: &str, number: TicketNumber) -> String {
    format!("{public_url}/app/ticket/{number}")
}

/// Where a phone gets the app.
pub fn app_link(public_url: &str) -> String {
    format!("{public_url}/app")
}

/// `/.well-known/assetlinks.json`: Android asks for it when the app is installed.
/// <https://developer.android.com/training/app-links/verify-android-applinks>
pub fn asset_links(packages: &Packages) -> Option<Value> {
    (!packages.android_certificates.is_empty()).then(|| {
        json!([{
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": PACKAGE,
                "sha256_cert_fingerprints": packages.android_certificates,
            },
        }])
    })
}

/// `/.well-known/apple-app-site-association`: Apple's servers ask for it.
/// <https://developer.apple.com/documentation/xcode/supporting-associated-domains>
pub fn site_association(packages: &Packages) -> Option<Value> {
    packages.apple_team.as_ref().map(|team| {
        json!({ "applinks": { "details": [{
            "appIDs": [format!("{team}.{PACKAGE}")],
            "components": [{ "/": "/app/ticket/*" }],
        }] } })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_has_one_name_here_and_in_its_package_and_one_kind_of_link() {
        let package = include_str!("../../../mobile/Dioxus.toml");
        assert!(package.contains(&format!("identifier = \"{PACKAGE}\"")));
        assert!(package.contains("paths = [\"/app/ticket/*\"]"));
        let links = include_str!("../../../mobile/src/platform/link.rs");
        assert!(links.contains(&format!("\"{SCHEME}\"")) && links.contains("\"/app/ticket/\""));
    }

    #[test]
    fn each_system_gets_its_document_once_the_package_is_known() {
        assert_eq!((asset_links(&Packages::default()), site_association(&Packages::default())), (None, None));
        let certificate = ["AB"; 32].join(":");
        let packages = Packages {
            android_certificates: vec![certificate.clone()],
            apple_team: Some("A1B2C3D4E5".into()),
            ..Packages::default()
        };
        let android = asset_links(&packages).unwrap();
        assert_eq!(android[0]["target"]["sha256_cert_fingerprints"][0], certificate);
        let apple = site_association(&packages).unwrap();
        assert_eq!(apple["applinks"]["details"][0]["appIDs"][0], "A1B2C3D4E5.com.penultimate.sysops.expert");
    }
}
