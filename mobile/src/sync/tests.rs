//! The syncer, the gateway and the store together against the server's double, over real TCP.

use super::fake::{CODE, Fake, Mood, PASSWORD};
use super::gateway::{Gateway, Patience, Proof};
use super::pace::{Tried, Wake};
use super::runner::{Runner, Syncer};
use super::sign_in::{SignInFailure, sign_in};
use crate::clock::Edge;
use crate::platform::{Desktop, Platform};
use crate::store::{Installation, Store, Trouble};
use shared::document::{ExpertDoc, TicketDoc};
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::place::Place;
use shared::sync::{Location, SyncFailure};
use shared::ticket::Phase;
use shared::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Phone {
    pub(super) fake: Fake,
    pub(super) gateway: Gateway,
    desktop: Arc<Desktop>,
    pub(super) installation: Installation,
    pub(super) edge: Edge,
    _folder: tempfile::TempDir,
}

fn now() -> Timestamp {
    Edge::machine().wall()
}

pub(super) fn ticket(edge: &Edge, number: u8) -> TicketDoc {
    let id = TicketId::new(edge.wall(), &*edge.chance);
    let number = shared::number::TicketNumber::from_hash([number; 5]);
    serde_json::from_value(serde_json::json!({
        "id": id, "number": number, "ver": 1, "phase": "accepted", "title": "No picture",
        "visit": {"start_at": "2026-03-02T14:00:00Z", "travel_minutes": 20, "work_minutes": 60},
        "product": {"category": "Television"},
        "site": {"address": ["1 Main St", "Springfield"], "zone": "America/New_York"},
        "contact": {"name": "Mia"}
    }))
    .unwrap()
}

impl Phone {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let edge = Edge::machine();
        let fake = Fake::start("Ana Gómez", edge.wall());
        let patience =
            Patience { connect: Duration::from_secs(5), read: Duration::from_secs(5), whole: Duration::from_secs(10) };
        let gateway = Gateway::with_patience(&fake.url(), patience).unwrap();
        let desktop = Arc::new(Desktop::new(folder.path()).unwrap());
        let installation = Installation::new(folder.path(), desktop.secrets(), edge.clone()).unwrap();
        Self { fake, gateway, desktop, installation, edge, _folder: folder }
    }

    async fn signs_in(&self) -> Store {
        self.tries(&Proof::Password(PASSWORD.into())).await.unwrap()
    }

    async fn tries(&self, proof: &Proof) -> Result<Store, SignInFailure> {
        sign_in(&self.gateway, &self.installation, &*self.desktop, "ana@example.com", proof).await
    }

    pub(super) async fn runner(&self) -> Runner {
        Runner {
            store: self.signs_in().await,
            gateway: self.gateway.clone(),
            platform: Arc::clone(&self.desktop) as _,
            edge: self.edge.clone(),
            holder: "me".into(),
            told: None,
            told_push: None,
            fetching: None,
        }
    }

    fn moods(&self, moods: impl IntoIterator<Item = Mood>) {
        self.fake.world().moods.extend(moods);
    }
}

pub(super) const DONE: Tried = Tried::Done { poll_after_ms: 60_000 };

#[tokio::test]
async fn a_sign_in_by_password_or_code_opens_the_experts_database() {
    let phone = Phone::new();
    let wrong = phone.tries(&Proof::Password("guess".into())).await.unwrap_err();
    assert!(matches!(wrong, SignInFailure::Wrong), "{wrong}");
    assert_eq!(phone.installation.signed_in().unwrap(), None);
    phone.gateway.send_code("ana@example.com").await.unwrap();
    let store = phone.tries(&Proof::Code(CODE.into())).await.unwrap();
    let (expert, first) = phone.installation.signed_in().unwrap().unwrap();
    assert_eq!(expert, store.expert_id());
    drop(store);
    phone.signs_in().await;
    let (_, second) = phone.installation.signed_in().unwrap().unwrap();
    assert_eq!((second.device, second.inc), (first.device, first.inc + 1), "the same device, counted anew");
}

#[tokio::test]
async fn signing_in_without_a_network_says_that_it_needs_one() {
    let phone = Phone::new();
    let nobody = Gateway::new("http://127.0.0.1:9").unwrap();
    let proof = Proof::Password(PASSWORD.into());
    let failure = sign_in(&nobody, &phone.installation, &*phone.desktop, "ana", &proof).await.unwrap_err();
    assert!(failure.to_string().contains("needs a network"), "{failure}");
    assert!(Gateway::new("javascript:alert(1)").is_err() && Gateway::new("squad").is_err());
}

#[tokio::test]
async fn one_try_fetches_every_page_and_sends_everything() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let tickets: Vec<TicketDoc> = (1..=7).map(|number| ticket(&phone.edge, number)).collect();
    {
        let mut world = phone.fake.world();
        world.page = 3;
        for ticket in &tickets {
            world.put(ticket.clone());
        }
    }
    for ticket in &tickets {
        runner.store.tap(Intent::TicketDepart {}, Some(ticket.id)).await.unwrap();
    }
    assert_eq!(runner.sync().await.unwrap(), DONE);
    let status = runner.store.status().await.unwrap();
    assert!(status.booted && status.n_unsent == 0 && status.problem.is_none(), "{status:?}");
    let views = runner.store.tickets().await.unwrap();
    assert_eq!(views.len(), 7);
    assert!(views.iter().all(|view| view.doc.phase == Phase::EnRoute && view.n_unsent == 0));
    assert!(phone.fake.world().requests.len() >= 3);
}

#[tokio::test]
async fn a_lost_and_a_cut_reply_leave_one_effect() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    runner.sync().await.unwrap();
    runner.store.add_note(ticket.id, "Ring twice — Übergabe".parse().unwrap(), "note").await.unwrap();
    phone.moods([Mood::LosesReply, Mood::CutsReply(40)]);
    for _ in 0..2 {
        assert_eq!(runner.sync().await.unwrap(), Tried::Failed(SyncFailure::Offline));
        let status = runner.store.status().await.unwrap();
        assert_eq!((status.n_unsent, status.problem), (1, Some(Trouble::Offline)));
    }
    assert_eq!(runner.sync().await.unwrap(), DONE);
    let view = runner.store.ticket(ticket.id).await.unwrap().unwrap();
    assert_eq!((view.doc.notes.len(), view.n_unsent), (1, 0));
    assert_eq!(phone.fake.world().ticket(ticket.id).unwrap().notes.len(), 1);
    let sent = phone.fake.world().requests.iter().flat_map(|request| request.mutations.clone()).collect::<Vec<_>>();
    assert!(sent.len() == 3 && sent.iter().all(|mutation| *mutation == sent[0]), "the same at each try");
}

#[tokio::test]
async fn a_portal_is_no_network_and_changes_nothing() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    phone.moods([Mood::Portal]);
    assert_eq!(runner.sync().await.unwrap(), Tried::Failed(SyncFailure::Offline));
    let status = runner.store.status().await.unwrap();
    assert_eq!((status.booted, status.n_unsent), (false, 1));
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert!(!phone.fake.world().expert.on_duty);
}

#[tokio::test]
async fn a_busy_server_names_the_wait_and_keeps_the_outbox() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    phone.moods([Mood::Refuses(503, "busy", Some(9)), Mood::Refuses(429, "rate_limited", None), Mood::Stops(0)]);
    let busy = |retry_after_ms| Tried::Failed(SyncFailure::Busy { retry_after_ms });
    assert_eq!(runner.sync().await.unwrap(), busy(Some(9_000)));
    assert_eq!(runner.sync().await.unwrap(), busy(None));
    assert_eq!(runner.sync().await.unwrap(), busy(None), "it stopped before the first");
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 1);
    assert_eq!(runner.sync().await.unwrap(), DONE);
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    for n in 0..20 {
        runner.store.tap(Intent::DutySet { on: n % 2 == 0 }, None).await.unwrap();
    }
    phone.fake.world().n_mutations_max = 3;
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert_eq!(phone.fake.world().processed().len(), 20);
    assert!(!phone.fake.world().expert.on_duty, "in order");

    runner.store.tap(Intent::DutySet { on: true }, None).await.unwrap();
    phone.fake.world().n_mutations_max = 0;
    assert!(matches!(runner.sync().await.unwrap(), Tried::Failed(SyncFailure::Refused(_))), "not for ever");
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 1, "and not lost");
}

#[tokio::test]
async fn a_fork_takes_a_new_incarnation_and_sends_everything_once() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    runner.sync().await.unwrap();
    phone.fake.world().forks();
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert_eq!(phone.fake.world().processed().len(), 1);
    assert_eq!(phone.fake.world().requests.last().unwrap().inc, 1);
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 0);
}

#[tokio::test]
async fn a_server_from_a_backup_gets_what_it_lost() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    assert_eq!(runner.sync().await.unwrap(), DONE);
    phone.fake.world().restored_from_backup("e2");
    phone.fake.world().expert.on_duty = true;
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert!(!phone.fake.world().expert.on_duty, "offered again");
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 0);
}

#[tokio::test]
async fn a_revoked_phone_hands_in_its_work_and_asks_to_sign_in() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    runner.sync().await.unwrap();
    phone.fake.world().revoked = true;
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    for _ in 0..2 {
        assert_eq!(runner.sync().await.unwrap(), Tried::Failed(SyncFailure::SignIn));
    }
    assert_eq!(phone.fake.world().rescued.len(), 1, "once");
    let status = runner.store.status().await.unwrap();
    assert_eq!((status.n_unsent, status.problem), (1, Some(Trouble::SignIn)), "and it stays here");
}

#[tokio::test]
async fn what_one_expert_left_unsent_waits_for_him_while_another_uses_the_phone() {
    let phone = Phone::new();
    let mut anas = phone.runner().await;
    anas.sync().await.unwrap();
    anas.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    phone.installation.sign_out_with_unsent_work(&anas.store).unwrap();
    drop(anas);
    let ana = phone.fake.world().expert.clone();
    let ben = ExpertId::new(phone.edge.wall(), &*phone.edge.chance);
    phone.fake.world().expert = ExpertDoc { id: ben, name: "Ben".into(), ..ana.clone() };
    let mut bens = phone.runner().await;
    assert_eq!(bens.store.expert_id(), ben);
    assert_eq!(bens.sync().await.unwrap(), DONE);
    assert_eq!(phone.fake.world().processed(), [""; 0], "nothing of hers goes out in his name");
    assert_eq!(bens.store.status().await.unwrap().n_unsent, 0);
    phone.installation.sign_out(&bens.store).await.unwrap();
    drop(bens);
    phone.fake.world().expert = ana;
    let mut anas = phone.runner().await;
    assert_eq!(anas.sync().await.unwrap(), DONE);
    assert_eq!(phone.fake.world().processed().len(), 1);
    assert!(!phone.fake.world().expert.on_duty);
}

#[tokio::test]
async fn once_a_day_a_phone_compares_itself_with_the_server_and_looks_again_where_they_differ() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    phone.fake.world().put(ticket(&phone.edge, 1));
    runner.sync().await.unwrap();
    let asked = |phone: &Phone| phone.fake.world().requests.iter().filter(|one| one.have.asks_digest).count();
    let days_pass = |phone: &Phone| {
        let mut world = phone.fake.world();
        world.now = world.now.plus_minutes(24 * 60);
    };
    runner.sync().await.unwrap();
    assert_eq!(asked(&phone), 0, "the first pass was compared");
    days_pass(&phone);
    // The first sync of a day hears what time it is, the next one asks.
    runner.sync().await.unwrap();
    runner.sync().await.unwrap();
    runner.sync().await.unwrap();
    assert_eq!(asked(&phone), 1);
    let from_the_start =
        |phone: &Phone| phone.fake.world().requests.iter().filter(|one| one.cursors.is_empty()).count();
    let n_before = from_the_start(&phone);
    days_pass(&phone);
    phone.fake.world().lies_in_digests = true;
    runner.sync().await.unwrap();
    runner.sync().await.unwrap();
    assert_eq!(from_the_start(&phone), n_before + 1, "everything is fetched once more, and not for ever");
    assert_eq!(runner.store.tickets().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_place_goes_along_only_on_duty_and_only_if_it_is_news() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let place = Place::from_degrees(40.7, -74.0).unwrap();
    phone.desktop.set_location(Some(Location { place, accuracy_m: 12, at: now() }));
    for _ in 0..3 {
        runner.sync().await.unwrap();
    }
    let told = |phone: &Phone| phone.fake.world().requests.iter().filter(|request| request.location.is_some()).count();
    // Before the first reply nobody knows whether the expert is on duty.
    assert_eq!(told(&phone), 1);
    runner.store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    runner.told = None;
    runner.sync().await.unwrap();
    assert_eq!(told(&phone), 1, "off duty is nobody's business");
}

#[tokio::test]
async fn where_pushes_go_is_told_once_after_a_start_and_again_when_it_changes() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let told = |phone: &Phone| {
        let world = phone.fake.world();
        world.requests.iter().filter_map(|request| request.push_token.clone()).collect::<Vec<_>>()
    };
    runner.sync().await.unwrap();
    assert_eq!(told(&phone), Vec::<String>::new(), "the system has not said it yet");
    for token in ["first", "second"] {
        phone.desktop.set_push_token(token);
        runner.sync().await.unwrap();
        runner.sync().await.unwrap();
    }
    assert_eq!(told(&phone), ["first", "second"]);
}

#[tokio::test]
async fn two_processes_never_sync_at_once() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    assert!(runner.store.lease("the other".into(), 15_000).await.unwrap());
    assert_eq!(runner.sync().await.unwrap(), Tried::Elsewhere);
    runner.store.release("the other".into()).await.unwrap();
    assert_eq!(runner.sync().await.unwrap(), DONE);
}

async fn until(mut changes: tokio::sync::watch::Receiver<u64>, mut met: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !met().await {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it comes about");
}

#[tokio::test]
async fn the_syncer_runs_at_the_start_after_taps_and_at_hints() {
    let phone = Phone::new();
    let store = phone.signs_in().await;
    let platform = Arc::clone(&phone.desktop) as Arc<dyn Platform>;
    let syncer = Syncer::start(store.clone(), phone.gateway.clone(), platform, phone.edge.clone());
    until(store.changes(), async || store.status().await.unwrap().booted).await;
    store.tap(Intent::DutySet { on: false }, None).await.unwrap();
    until(store.changes(), async || store.status().await.unwrap().n_unsent == 0).await;

    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    phone.fake.hint();
    until(store.changes(), async || store.ticket(ticket.id).await.unwrap().is_some()).await;

    phone.fake.world().take_away(ticket.id, "reassigned");
    syncer.wake(Wake::Resumed);
    until(store.changes(), async || store.ticket(ticket.id).await.unwrap().is_none()).await;
}
