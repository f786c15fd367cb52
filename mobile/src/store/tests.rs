//! The store by itself: what is saved when, and what survives.

use super::*;
use crate::clock::{Clock as _, Edge, Manual};
use shared::chance::Seeded;
use shared::ids::{DeviceId, ExpertId, TicketId};
use shared::intent::Intent;
use shared::ticket::Phase;
use shared::time::Timestamp;
use std::path::Path;
use std::sync::Arc;

pub(crate) const START: i64 = 1_772_442_000_000;

fn secret(chance: &Seeded) -> Secret {
    let device = DeviceId::new(Timestamp::from_millis(START), chance);
    Secret { server: "http://127.0.0.1".into(), login: "ana".into(), token: "t".into(), device, inc: 0 }
}

pub(super) fn fresh(folder: &Path, secrets: &Arc<SecretMemory>, chance: &Seeded) -> Core {
    let expert = ExpertId::new(Timestamp::from_millis(START), chance);
    let secret = secret(chance);
    secrets.save(expert, &secret).unwrap();
    let (mut core, salvage) =
        Core::open(folder, expert, Arc::clone(secrets) as _, Timestamp::from_millis(START)).unwrap();
    assert_eq!(salvage, None);
    core.adopt(secret.device, secret.inc).unwrap();
    core
}

pub(super) fn reopen(folder: &Path, expert: ExpertId, secrets: &Arc<SecretMemory>) -> (Core, Option<Salvage>) {
    Core::open(folder, expert, Arc::clone(secrets) as _, Timestamp::from_millis(START)).unwrap()
}

pub(super) fn sends(next: Next) -> shared::sync::SyncRequest {
    match next {
        Next::Send(request) => request,
        Next::Register(device) => panic!("{device} should not need to register"),
    }
}

#[test]
fn a_tap_is_on_the_disk_when_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let mid = core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
    // As after a kill: the files as they are now, opened by somebody else.
    let copy = tempfile::tempdir().unwrap();
    for name in ["core.db", "core.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let (mut again, _) = reopen(copy.path(), core.expert_id(), &secrets);
    let request = sends(again.next(200, None, &chance).unwrap());
    assert_eq!(request.mutations.len(), 1);
    assert_eq!((request.mutations[0].n, &request.mutations[0].mid), (1, &mid.to_string()));
}

#[test]
fn a_power_cut_takes_no_tap_that_was_done_and_the_one_under_way_wholly_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let mut tap = |on| core.tap(&Intent::DutySet { on }, None, None, &clock.now(), &chance).unwrap().to_string();
    let written = || std::fs::read(folder.path().join("core.db-wal")).unwrap();
    let done = tap(true);
    let n_safe = written().len();
    let under_way = tap(false);
    let whole = written();
    assert!(n_safe < whole.len());
    for n_written in (n_safe..whole.len()).step_by(2_999).chain([whole.len()]) {
        // What did not reach the disk holds what was there before.
        let mut torn = whole.clone();
        torn[n_written..].fill(0xa5);
        let disk = tempfile::tempdir().unwrap();
        std::fs::copy(folder.path().join("core.db"), disk.path().join("core.db")).unwrap();
        std::fs::write(disk.path().join("core.db-wal"), torn).unwrap();
        let (mut again, salvage) = reopen(disk.path(), core.expert_id(), &secrets);
        assert_eq!(salvage, None, "torn at {n_written} of {}", whole.len());
        let mut kept = vec![done.clone()];
        kept.extend((n_written == whole.len()).then(|| under_way.clone()));
        kept.push(again.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap().to_string());
        let sent = sends(again.next(200, None, &chance).unwrap()).mutations;
        let sent: Vec<_> = sent.into_iter().map(|mutation| (mutation.n, mutation.mid)).collect();
        assert_eq!(sent, (1..).zip(kept).collect::<Vec<_>>(), "torn at {n_written} of {}", whole.len());
    }
}

#[test]
fn a_tap_that_fails_saved_nothing_and_leaves_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    for steps in 0..3 {
        core.dies_in(steps);
        assert!(core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).is_err());
    }
    core.tap(&Intent::DutySet { on: false }, None, None, &clock.now(), &chance).unwrap();
    let request = sends(core.next(200, None, &chance).unwrap());
    assert_eq!(request.mutations.iter().map(|mutation| mutation.n).collect::<Vec<_>>(), [1]);
    assert!(matches!(core.tap(&Intent::OfferAccept {}, None, None, &clock.now(), &chance), Err(Error::NoTicket)));
}

#[test]
fn drafts_survive_and_go_with_the_act_they_became() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    core.save_draft("note", "ring twi", clock.now().wall).unwrap();
    core.save_draft("note", "ring twice", clock.now().wall).unwrap();
    let expert = core.expert_id();
    drop(core);
    let (mut core, _) = reopen(folder.path(), expert, &secrets);
    assert_eq!(core.draft("note").unwrap().as_deref(), Some("ring twice"));
    let ticket = TicketId::new(clock.now().wall, &chance);
    let intent = Intent::NoteAdd {
        note: shared::ids::NoteId::new(clock.now().wall, &chance),
        text: "ring twice".parse().unwrap(),
    };
    core.tap(&intent, Some(ticket), Some("note"), &clock.now(), &chance).unwrap();
    assert_eq!(core.draft("note").unwrap(), None);
    let synchronous: i64 = core.conn().query_row("pragma synchronous", [], |row| row.get(0)).unwrap();
    assert_eq!(synchronous, 2, "taps wait for the disk again");
}

#[test]
fn a_damaged_file_is_put_aside_and_its_journal_read_out() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    for on in [true, false, true] {
        core.tap(&Intent::DutySet { on }, None, None, &clock.now(), &chance).unwrap();
    }
    let rootpage: u32 = core
        .conn()
        .query_row("select rootpage from sqlite_schema where name = 'ticket_view'", [], |row| row.get(0))
        .unwrap();
    let size: u32 = core.conn().query_row("pragma page_size", [], |row| row.get(0)).unwrap();
    core.conn().query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    let expert = core.expert_id();
    drop(core);
    let path = folder.path().join("core.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let page = ((rootpage - 1) * size) as usize;
    bytes[page..page + 64].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let (mut core, salvage) = reopen(folder.path(), expert, &secrets);
    let salvage = salvage.unwrap();
    assert_eq!(salvage.n_recovered, 3);
    assert!(salvage.aside.exists());
    // The numbers of the lost file may have been used: nothing goes out under them.
    let Next::Register(device) = core.next(200, None, &chance).unwrap() else { panic!("must register") };
    core.adopt(device, 1).unwrap();
    let request = sends(core.next(200, None, &chance).unwrap());
    assert_eq!(request.mutations.iter().map(|mutation| mutation.n).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_file_that_is_no_database_is_put_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance) = (Arc::<SecretMemory>::default(), Seeded::new(1));
    let expert = ExpertId::new(Timestamp::from_millis(START), &chance);
    secrets.save(expert, &secret(&chance)).unwrap();
    std::fs::write(folder.path().join("core.db"), "not a database at all, not even nearly").unwrap();
    let (core, salvage) = reopen(folder.path(), expert, &secrets);
    assert_eq!(salvage.unwrap().n_recovered, 0);
    assert_eq!(core.tickets().unwrap(), []);
}

#[test]
fn a_database_from_a_copy_asks_for_a_new_incarnation_before_it_sends() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (secrets, chance) = (Arc::default(), Seeded::new(1));
    let mut core = fresh(folder.path(), &secrets, &chance);
    for name in ["core.db", "core.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let device = secrets.load(core.expert_id()).unwrap().unwrap().device;
    core.adopt(device, 1).unwrap();
    let (mut old, _) = reopen(copy.path(), core.expert_id(), &secrets);
    assert_eq!(old.next(200, None, &chance).unwrap(), Next::Register(device));
}

#[test]
fn one_process_syncs_at_a_time_even_if_the_clock_is_set_back() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance) = (Arc::default(), Seeded::new(1));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let (mut other, _) = reopen(folder.path(), core.expert_id(), &secrets);
    let at = |millis| Timestamp::from_millis(START + millis);
    assert!(core.lease("a", 60_000, at(0)).unwrap());
    assert!(core.lease("a", 60_000, at(10)).unwrap(), "renewed");
    assert!(!other.lease("b", 60_000, at(20)).unwrap());
    assert!(other.lease("b", 60_000, at(60_010)).unwrap(), "expired");
    other.release("b").unwrap();
    assert!(core.lease("a", 60_000, at(60_020)).unwrap());
    assert!(other.lease("b", 60_000, at(-90_000_000)).unwrap(), "a lease from the future is none");
}

#[tokio::test]
async fn screens_hear_of_changes_and_two_experts_never_share_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let chance = Arc::new(Seeded::new(1));
    let edge = Edge { clock: Arc::new(Manual::at(START)), chance: Arc::clone(&chance) as _ };
    let phone = Installation::new(folder.path(), Arc::new(SecretMemory::default()), edge.clone()).unwrap();
    assert_eq!(phone.signed_in().unwrap(), None);
    let (ana, ben) = (ExpertId::new(edge.wall(), &*chance), ExpertId::new(edge.wall(), &*chance));
    let (store, _) = phone.sign_in(ana, &secret(&chance)).unwrap();
    let mut changes = store.changes();
    changes.borrow_and_update();
    store.tap(Intent::DutySet { on: true }, None).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(store.status().await.unwrap().n_unsent, 1);
    assert_eq!(store.business_now(), edge.wall(), "the phone's clock until the server was heard");

    assert_eq!(phone.sign_out(&store).await.unwrap(), SignOut::Unsent(1));
    assert_eq!(phone.signed_in().unwrap().unwrap().0, ana);
    phone.sign_out_with_unsent_work(&store).unwrap();
    assert_eq!(phone.signed_in().unwrap(), None);

    let (bens, _) = phone.sign_in(ben, &secret(&chance)).unwrap();
    assert_eq!(bens.status().await.unwrap().n_unsent, 0);
    assert_eq!(phone.sign_out(&bens).await.unwrap(), SignOut::Done);
    let old = phone.secret_of(ana).unwrap().unwrap();
    assert!(old.token.is_empty());
    drop(store);
    let (store, _) = phone.sign_in(ana, &Secret { token: "t2".into(), inc: 1, ..old }).unwrap();
    assert_eq!(store.status().await.unwrap().n_unsent, 1, "it stayed, and goes out with her token");
}

#[test]
fn all_unsent_work_is_handed_in_however_much_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    for n in 0..450 {
        core.tap(&Intent::DutySet { on: n % 2 == 0 }, None, None, &clock.now(), &chance).unwrap();
    }
    let mut handed_in = Vec::new();
    while let Some(last) = core.to_rescue().unwrap().last().map(|mutation| mutation.n) {
        handed_in.extend(core.to_rescue().unwrap().iter().map(|mutation| mutation.n));
        core.rescued(last).unwrap();
    }
    assert_eq!(handed_in, (1..=450).collect::<Vec<_>>());
}

#[test]
fn a_database_of_release_0_1_0_opens_for_ever_with_all_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let packed: &[u8] = include_bytes!("fixtures/release-0.1.0.db.gz");
    let mut file = std::fs::File::create(folder.path().join("core.db")).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut file).unwrap();
    let expert = "019cadc6-9a80-7a2f-988a-be12870846ce".parse().unwrap();
    let (mut core, salvage) = reopen(folder.path(), expert, &Arc::default());
    assert_eq!(salvage, None);
    let shown: Vec<_> = core.tickets().unwrap().iter().map(|view| (view.doc.phase, view.n_unsent)).collect();
    assert_eq!(shown, [(Phase::Accepted, 0), (Phase::Offered, 0), (Phase::Offered, 2), (Phase::Offered, 0)]);
    let archived: Vec<_> = core.archive().unwrap().into_iter().map(|gone| (gone.why, gone.n_unsent)).collect();
    assert_eq!(archived, [(Some("reassigned".to_owned()), 4)]);
    assert_eq!(core.expert().unwrap().unwrap().name, "Ana");
    let request = sends(core.next(200, None, &Seeded::new(1)).unwrap());
    let sent: Vec<_> = request.mutations.iter().map(|mutation| (mutation.n, mutation.kind.as_str())).collect();
    let kinds = ["ticket.depart", "note.add", "offer.accept", "ticket.seen", "note.add", "offer.decline"];
    assert_eq!(sent, (11..).zip(kinds).collect::<Vec<_>>());
    assert_eq!(request.mutations[0].mid, "019cb81a-a580-786d-81ce-c84766b8d3b5");
    let known = |mutation: &shared::sync::Mutation| Intent::parse(&mutation.kind, mutation.v, &mutation.args).is_ok();
    assert!(request.mutations.iter().all(known), "each can still be read");
}

#[test]
fn a_photo_is_on_the_disk_with_its_words_or_not_at_all_and_outlives_a_damaged_database() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let ticket = TicketId::new(clock.now().wall, &chance);
    let shot = Shot { bytes: b"\xff\xd8\xff a picture".to_vec(), caption: None, place: None };
    core.dies_in(1);
    assert!(core.take_photo(ticket, &shot, &clock.now(), &chance).is_err());
    assert_eq!(core.photos_to_send().unwrap(), [], "a kill between the file and its words");
    let expert = core.expert_id();
    drop(core);
    let (mut core, _) = reopen(folder.path(), expert, &secrets);
    let photos = || std::fs::read_dir(folder.path().join("photos")).unwrap().count();
    assert_eq!(photos(), 0, "what no words speak of is tidied away");
    core.take_photo(ticket, &shot, &clock.now(), &chance).unwrap();
    assert_eq!((photos(), core.status().unwrap().n_photos), (1, 1));
    drop(core);
    for name in ["core.db-wal", "core.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    std::fs::write(folder.path().join("core.db"), b"not a database any more, at all").unwrap();
    let (core, salvage) = reopen(folder.path(), expert, &secrets);
    assert!(salvage.is_some());
    assert_eq!((photos(), core.photos_to_send().unwrap().len()), (1, 1), "its bytes are still here, and still go out");
}

fn reply(core: &mut Core, chance: &Seeded, more: serde_json::Value) -> shared::sync::SyncReply {
    let req = sends(core.next(200, None, chance).unwrap()).req;
    let mut whole = serde_json::json!({
        "req": req, "epoch": "e1", "server_time": "2026-03-02T09:00:00Z", "next_n": 1, "pull": "ok",
        "cursors": {"u": "c"}, "poll_after_ms": 60_000
    });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

/// The page that brings this ticket.
fn puts(ticket: TicketId) -> serde_json::Value {
    let number = shared::number::TicketNumber::from_hash([7; 5]);
    let doc = serde_json::json!({
        "id": ticket, "number": number, "ver": 1, "phase": "accepted", "title": "No picture",
        "product": {"category": "Television"},
        "site": {"address": ["1 Main St", "Springfield"], "zone": "America/New_York"}, "contact": {"name": "Mia"}
    });
    serde_json::json!([{"s": "u", "op": "put", "kind": "ticket", "id": ticket, "ver": 1, "doc": doc}])
}

#[test]
fn a_ticket_that_a_restored_server_gave_to_another_is_not_called_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let (worked_on, looked_at): (TicketId, TicketId) =
        (TicketId::new(clock.now().wall, &chance), TicketId::new(clock.now().wall, &chance));
    for ticket in [worked_on, looked_at] {
        let page = reply(&mut core, &chance, serde_json::json!({ "patch": puts(ticket) }));
        core.apply(&page, &clock.now()).unwrap();
    }
    let note = shared::ids::NoteId::new(clock.now().wall, &chance);
    let intent = Intent::NoteAdd { note, text: "Ring twice".parse().unwrap() };
    core.tap(&intent, Some(worked_on), None, &clock.now(), &chance).unwrap();
    // The server is set back to when this expert had nothing: everything is swept.
    let empty = reply(&mut core, &chance, serde_json::json!({ "epoch": "e2", "reset": ["u"] }));
    core.apply(&empty, &clock.now()).unwrap();
    let orphans: Vec<bool> = core.archive().unwrap().iter().map(|gone| gone.orphan).collect();
    assert_eq!(orphans, [true, true], "both may be unknown there");
    let (device, inc) = core.identity().unwrap().unwrap();
    core.adopt(device, inc + 1).unwrap();
    let named = sends(core.next(200, None, &chance).unwrap()).have.orphans;
    assert_eq!(named.len(), 2);
    let told: Vec<_> = [worked_on, looked_at]
        .map(|id| serde_json::json!({"s": "u", "op": "del", "kind": "ticket", "id": id, "why": "reassigned", "to": "Ben"}))
        .into();
    let answer = reply(&mut core, &chance, serde_json::json!({ "epoch": "e2", "patch": told }));
    core.apply(&answer, &clock.now()).unwrap();
    let archive = core.archive().unwrap();
    let [gone] = archive.as_slice() else { panic!("without own work it is no news: {archive:?}") };
    assert_eq!((gone.id.as_str(), gone.orphan), (worked_on.to_string().as_str(), false));
    assert_eq!((gone.why.as_deref(), gone.holder.as_deref(), gone.n_unsent), (Some("reassigned"), Some("Ben"), 1));
    assert_eq!(sends(core.next(200, None, &chance).unwrap()).have.orphans, [""; 0], "it is asked once");
}

#[test]
fn a_ticket_that_moved_is_kept_in_sight_with_who_has_it_and_what_was_kept_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let ticket = TicketId::new(clock.now().wall, &chance);
    let put = puts(ticket);
    let first = reply(&mut core, &chance, serde_json::json!({ "patch": put }));
    core.apply(&first, &clock.now()).unwrap();
    let note = shared::ids::NoteId::new(clock.now().wall, &chance);
    let intent = Intent::NoteAdd { note, text: "Ring twice".parse().unwrap() };
    let mid = core.tap(&intent, Some(ticket), None, &clock.now(), &chance).unwrap();
    // The answer and the news come together: the note is no longer unsent when the ticket goes.
    let ack = serde_json::json!([{"n": 1, "mid": mid, "code": "applied", "ticket": ticket, "ver": 3, "late": true}]);
    let del = serde_json::json!([
        {"s": "u", "op": "del", "kind": "ticket", "id": ticket, "why": "reassigned", "to": "Bén Öztürk"}
    ]);
    let moved = reply(&mut core, &chance, serde_json::json!({ "acks": ack, "patch": del, "next_n": 2 }));
    core.apply(&moved, &clock.now()).unwrap();
    assert_eq!(core.tickets().unwrap(), []);
    let archive = core.archive().unwrap();
    let [gone] = archive.as_slice() else { panic!("it vanished without a word: {archive:?}") };
    assert_eq!((gone.holder.as_deref(), gone.n_unsent, gone.n_kept), (Some("Bén Öztürk"), 0, 1));
    assert_eq!(gone.doc.as_ref().unwrap().notes.len(), 1);
}

#[test]
fn who_was_away_past_the_horizon_begins_anew_and_loses_no_work() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let new_ticket = || TicketId::new(clock.now().wall, &chance);
    let (still_his, worked_on, looked_at) = (new_ticket(), new_ticket(), new_ticket());
    for ticket in [still_his, worked_on, looked_at] {
        let page = reply(&mut core, &chance, serde_json::json!({ "patch": puts(ticket) }));
        core.apply(&page, &clock.now()).unwrap();
    }
    let note = shared::ids::NoteId::new(clock.now().wall, &chance);
    let note = Intent::NoteAdd { note, text: "Ring twice".parse().unwrap() };
    core.tap(&note, Some(worked_on), None, &clock.now(), &chance).unwrap();
    core.tap(&Intent::TicketDepart {}, Some(still_his), None, &clock.now(), &chance).unwrap();
    let outbox = sends(core.next(200, None, &chance).unwrap()).mutations;
    assert_eq!(outbox.len(), 2);
    let begins = serde_json::json!({ "reset": ["u"], "patch": puts(still_his), "more": true });
    let page = reply(&mut core, &chance, begins);
    core.apply(&page, &clock.now()).unwrap();
    assert_eq!(core.tickets().unwrap().len(), 3, "nothing goes before the last page has come");
    // Killed between two pages, it goes on where it was.
    let expert = core.expert_id();
    drop(core);
    let (mut core, _) = reopen(folder.path(), expert, &secrets);
    let last = reply(&mut core, &chance, serde_json::json!({}));
    core.apply(&last, &clock.now()).unwrap();
    let shown: Vec<_> = core.tickets().unwrap().iter().map(|view| (view.doc.id, view.doc.phase)).collect();
    assert_eq!(shown, [(still_his, Phase::EnRoute)]);
    let kept: Vec<_> = core.archive().unwrap().into_iter().map(|gone| (gone.id, gone.orphan, gone.n_unsent)).collect();
    assert_eq!(kept, [(worked_on.to_string(), false, 1)], "what he worked on stays in sight, the rest is no news");
    assert_eq!(sends(core.next(200, None, &chance).unwrap()).mutations, outbox, "the same numbers and the same bytes");
}

#[test]
fn a_full_disk_fails_the_tap_visibly_and_saves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, chance, clock) = (Arc::default(), Seeded::new(1), Manual::at(START));
    let mut core = fresh(folder.path(), &secrets, &chance);
    let pages: i64 = core.conn().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    core.conn().query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let ticket = TicketId::new(clock.now().wall, &chance);
    let mut n_taken = 0;
    let full = loop {
        let note = shared::ids::NoteId::new(clock.now().wall, &chance);
        let text = "x".repeat(3_000).parse().unwrap();
        match core.tap(&Intent::NoteAdd { note, text }, Some(ticket), None, &clock.now(), &chance) {
            Ok(_) => n_taken += 1,
            Err(error) => break error,
        }
        assert!(n_taken < 1_000, "the disk never fills");
    };
    assert!(matches!(full, Error::Full), "{full}");
    assert!(full.to_string().contains("not saved"), "{full}");
    assert_eq!(core.status().unwrap().n_unsent, n_taken, "nothing of it is there, and what was before it is");
    core.conn().query_row(&format!("pragma max_page_count = {}", pages + 100), [], |_| Ok(())).unwrap();
    core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
    let request = sends(core.next(200, None, &chance).unwrap());
    let numbers: Vec<i64> = request.mutations.iter().map(|mutation| mutation.n).collect();
    assert_eq!(numbers, (1..=i64::from(n_taken) + 1).collect::<Vec<_>>(), "no number is missing");
}
