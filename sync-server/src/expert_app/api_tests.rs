//! What an expert's phone finds at the addresses that lead to the app.

use super::{PACKAGE, pages, ticket_link};
use crate::config::{Config, Packages};
use crate::db::Engine;
use crate::db::testing::on;
use crate::http::Site;
use crate::http::testing::{Client, site};
use axum::http::StatusCode;
use shared::number::TicketNumber;
use std::sync::Arc;

fn with(site: &Site, packages: Packages) -> Client {
    let mut config = Config::clone(&site.config);
    config.packages = packages;
    Client::new(Site { config: Arc::new(config), ..site.clone() }, pages::routes())
}

#[tokio::test]
async fn a_ticket_s_link_opens_it_in_the_app_or_says_how_to_get_it_and_nothing_of_the_ticket() {
    on(Engine::Sqlite, async |db| {
        let site = site(&db);
        let none = with(&site, Packages::default());
        let number = TicketNumber::from_hash([1, 2, 3, 4, 5]);
        let path = ticket_link("", number);
        let page = none.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let text = page.text();
        assert!(text.contains(&format!("sysops-expert://ticket/{number}")) && text.contains("Your office has the app"));
        let wrong = none.get("/app/ticket/nonsense").await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND);
        for path in ["/.well-known/assetlinks.json", "/.well-known/apple-app-site-association"] {
            assert_eq!(none.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }

        let certificate = ["AB"; 32].join(":");
        let packed = Packages {
            android_certificates: vec![certificate.clone()],
            apple_team: Some("A1B2C3D4E5".into()),
            android_url: Some("https://play.example.com/app".into()),
            ios_url: None,
        };
        let packed = with(&site, packed);
        let android = packed.get("/.well-known/assetlinks.json").await;
        assert_eq!(android.headers["content-type"], "application/json");
        assert!(android.text().contains(PACKAGE) && android.text().contains(&certificate));
        let apple = packed.get("/.well-known/apple-app-site-association").await;
        assert_eq!(apple.headers["content-type"], "application/json");
        assert!(apple.text().contains("A1B2C3D4E5.com.penultimate.sysops.expert"));
        let page = packed.get("/app").await.text();
        assert!(page.contains("https://play.example.com/app") && !page.contains("For iPhone"), "{page}");
    })
    .await;
}
