//! The reports of money as an admin asks for them, on both engines: as a document, as a file and as a page.

use super::{api, pages};
use crate::accounts::Person;
use crate::billing::samples::{Shop, id};
use crate::billing::sandbox::cards::TestCard;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, Heard};
use serde_json::json;

fn is_file(heard: &Heard) -> bool {
    heard.header("content-type").starts_with("text/csv") && heard.header("content-disposition").contains(".csv")
}

#[tokio::test]
async fn revenue_and_renewals_that_failed_are_told_as_document_file_and_chart() {
    both_engines(async |db| {
        let shop = Shop::open(&db).await;
        let client = Client::new(shop.site.clone(), api::routes().merge(pages::routes()));
        let ada = client.signed_in(Person::Admin(id(3))).await;
        let at = |name: &str| format!("/api/v1/admin/reports/{name}");
        assert_eq!(ada.get(&at("revenue")).await.value()["report"]["currencies"], json!([]));
        assert!(ada.get("/admin/reports/revenue").await.text().contains("Nothing was paid or given back"));
        assert!(ada.get("/admin/reports/failed-renewals").await.text().contains("There was nothing of this"));

        shop.buy(TestCard::Works).await;
        // A report ends with the instant before now.
        db.clock().advance(60_000);
        let report = ada.get(&at("revenue")).await.value()["report"]["currencies"][0].clone();
        assert_eq!((&report["currency"], &report["net_minor"]), (&json!("USD"), &json!(11_900)), "{report}");
        assert_eq!(report["plans"][0]["is_renewal"], json!(false));
        let file = ada.get(&format!("{}?format=csv", at("revenue"))).await;
        assert!(is_file(&file) && file.text().contains(",USD,1,11900,0,0,11900"), "{}", file.text());
        let page = ada.get("/admin/reports/revenue").await.text();
        assert!(
            page.contains("119.00 USD") && page.contains("<rect") && page.contains("Home, first periods"),
            "{page}"
        );

        shop.change_card(TestCard::FailsLater).await;
        shop.jump_days(335);
        shop.days(32).await;
        let report = ada.get(&at("failed-renewals")).await.value()["report"].clone();
        assert_eq!((&report["n"], &report["value"]), (&json!(1), &json!(1_000)), "{report}");
        let parts = report["parts"].to_string();
        assert!(parts.contains("[\"still open\",1]") && parts.contains("because of: "), "{parts}");
        shop.change_card(TestCard::Works).await;
        shop.days(1).await;
        let report = ada.get(&at("failed-renewals")).await.value()["report"].clone();
        assert!(report["parts"].to_string().contains("[\"paid after all\",1]"), "{report}");
        let renewed = ada.get(&at("revenue")).await.value()["report"]["currencies"][0]["plans"][0].clone();
        assert_eq!((&renewed["is_renewal"], &renewed["n_paid"]), (&json!(true), &json!(1)), "{renewed}");
        for name in ["failed-renewals", "first-visit-fix", "wrong-expert", "declines", "satisfaction"] {
            assert!(is_file(&ada.get(&format!("{}?format=csv&days=90", at(name))).await), "{name}");
            let page = ada.get(&format!("/admin/reports/{name}?days=90")).await.text();
            assert!(
                page.contains(&format!("/api/v1/admin/reports/{name}?days=90&#38;format=csv"))
                    || page.contains(&format!("/api/v1/admin/reports/{name}?days=90&amp;format=csv")),
                "{page}"
            );
        }
    })
    .await;
}
