//! A server's double with tickets in it, a network before it, and an app in its window.

use mobile::clock::Edge;
use mobile::sync::fake::{Fake, PASSWORD};
use serde_json::{Value, json};
use shared::document::TicketDoc;
use shared::ids::{ArticleId, OfferId, TicketId};
use shared::number::TicketNumber;
use shared::time::Timestamp;
use std::path::PathBuf;
use tests::app::AppWindow;
use tests::display::{Display, PHONE};
use tests::proxy::Proxy;
use tests::wait::{SOON, eventually};

pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) network: Proxy,
    pub(crate) app: AppWindow,
    edge: Edge,
    _data: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::of_size(PHONE, "Ana Gómez").await
    }

    pub(crate) async fn of_size(size: (u32, u32), name: &str) -> Self {
        let edge = Edge::machine();
        let fake = Fake::start(name, edge.wall());
        let network = Proxy::before(&fake.url());
        let data = tempfile::tempdir().expect("a folder for the app");
        let app = AppWindow::open_on(Display::of_size(size).await, &network.url(), data.path()).await;
        Self { fake, network, app, edge, _data: data }
    }

    /// Puts a ticket into the expert's stream; `change` overwrites its fields.
    pub(crate) fn ticket(&self, number: u8, change: &Value) -> TicketDoc {
        let now = self.edge.wall();
        let mut doc = json!({
            "id": TicketId::new(now, &*self.edge.chance), "number": TicketNumber::from_hash([number; 5]), "ver": 1,
            "phase": "accepted", "title": "No picture, sound is there",
            "description": "Since Monday evening. The standby light blinks twice, then stays red.",
            "visit": {"start_at": now.plus_minutes(45), "travel_minutes": 20, "work_minutes": 60},
            "product": {"category": "Television", "symptom": "No picture", "make": "Zenith", "model": "Z-9000"},
            "site": {"address": ["12 Cherry Lane", "Apt 4b", "New York, NY 10001"], "zone": "America/New_York",
                     "access_note": "Side door, the bell does not work."},
            "contact": {"name": "Mia Núñez", "phone": "+12125550100"},
            "why_you": "You have the skill television at level 3, and are 20 minutes away."
        });
        let fields = doc.as_object_mut().expect("a document is an object");
        fields.extend(change.as_object().expect("changes are an object").clone());
        let doc: TicketDoc = serde_json::from_value(doc).expect("a document");
        self.fake.world().put(doc.clone());
        doc
    }

    /// Puts an article into what every phone knows.
    pub(crate) fn knows(&self, title: &str, steps: &str) {
        let now = self.edge.wall();
        let article = json!({
            "id": ArticleId::new(now, &*self.edge.chance), "ver": 1, "author": "Ben Okafor", "reviewed": true,
            "n_fixed": 7, "n_tried": 9, "changed_at": now, "labels": ["Television"],
            "text": {"title": title, "problem": "Somebody sees it at once.", "steps": steps}
        });
        self.fake.world().articles.push(serde_json::from_value(article).expect("an article"));
    }

    /// The instant so many minutes from now.
    pub(crate) fn in_minutes(&self, minutes: i64) -> Timestamp {
        self.edge.wall().plus_minutes(minutes)
    }

    /// The fields of an offer that stands so many minutes.
    pub(crate) fn offer(&self, minutes: i64) -> Value {
        let now = self.edge.wall();
        let offer = json!({"id": OfferId::new(now, &*self.edge.chance), "expires_at": now.plus_minutes(minutes)});
        json!({"phase": "offered", "offer": offer, "urgent": true})
    }

    pub(crate) async fn signs_in(&mut self) {
        self.app.fill("login", "ana@example.com").await;
        self.app.fill("password", PASSWORD).await;
        self.app.tap("sign-in").await;
        self.app.sees("Everything is safe on the server").await;
    }

    /// Keeps a picture, if somebody wants to look.
    pub(crate) async fn picture(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("SYSOPS_SCREENSHOTS").map(PathBuf::from) {
            std::fs::create_dir_all(&folder).expect("the folder of pictures can be made");
            let two_frames =
                "delete window.drawn, requestAnimationFrame(() => requestAnimationFrame(() => window.drawn = true)), 0";
            self.app.evaluate(two_frames).expect("the page is there");
            eventually("the page is drawn", SOON, async || match self.app.evaluate("window.drawn === true")? {
                Value::Bool(true) => Ok(()),
                other => Err(other.to_string()),
            })
            .await;
            self.app.screenshot(&folder.join(format!("{name}.png")));
        }
    }
}
