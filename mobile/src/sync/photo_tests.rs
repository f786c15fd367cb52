//! Photos from the phone to the server's double: kept first, sent beside the statuses, resumed after a cut.

use super::photos::{self, send};
use super::tests::{DONE, Phone, ticket};
use crate::store::{Error, PhotoEnded, Shot};
use shared::blob::{PART_BYTES_MAX, Sha};
use shared::intent::Intent;

fn jpeg(bytes: usize, with: u8) -> Vec<u8> {
    let mut picture = vec![with; bytes];
    picture[..4].copy_from_slice(&[0xff, 0xd8, 0xff, 0xe0]);
    picture
}

fn shot(bytes: &[u8]) -> Shot {
    Shot { bytes: bytes.to_vec(), caption: "The plate".parse().ok(), place: None }
}

#[tokio::test]
async fn a_photo_cut_on_the_way_resumes_by_offset_and_stays_here_until_the_server_has_it() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    let picture = jpeg(3 * PART_BYTES_MAX + 77, 7);
    let sha = Sha::of(&picture);
    runner.store.take_photo(ticket.id, shot(&picture)).await.unwrap();
    runner.store.tap(Intent::TicketDepart {}, Some(ticket.id)).await.unwrap();
    // The words and the status go without the bytes.
    assert_eq!(runner.sync().await.unwrap(), DONE);
    let status = runner.store.status().await.unwrap();
    assert_eq!((status.n_unsent, status.n_photos), (0, 1));
    let view = runner.store.ticket(ticket.id).await.unwrap().unwrap();
    assert_eq!((view.doc.photos.len(), view.doc.photos[0].sha, view.doc.photos[0].here), (1, sha, false));
    assert_eq!(runner.store.photo(sha).await.unwrap().unwrap(), picture);

    let waiting = runner.store.photos_to_send().await.unwrap().pop().unwrap();
    phone.fake.world().parts_cut.extend([false, false, true]);
    send(&phone.gateway, &waiting).await.unwrap_err();
    assert_eq!(runner.store.status().await.unwrap().n_photos, 1, "still to send");
    assert_eq!(send(&phone.gateway, &waiting).await.unwrap(), PhotoEnded::Done);
    let part = PART_BYTES_MAX;
    assert_eq!(phone.fake.world().parts, [0, part, 2 * part, 2 * part, 3 * part], "no part is sent twice that arrived");
    assert_eq!(phone.fake.world().files[&sha].0, picture);
    runner.store.photo_ended(sha, PhotoEnded::Done).await.unwrap();
    assert_eq!(runner.store.status().await.unwrap().n_photos, 0);
    assert_eq!(runner.store.photo(sha).await.unwrap().unwrap(), picture, "kept for a server that is set back");
}

#[tokio::test]
async fn a_server_that_lost_a_photo_gets_it_again_and_a_lost_part_begins_anew() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    let picture = jpeg(2 * PART_BYTES_MAX, 9);
    let sha = Sha::of(&picture);
    runner.store.take_photo(ticket.id, shot(&picture)).await.unwrap();
    let waiting = runner.store.photos_to_send().await.unwrap().pop().unwrap();
    // The server has other bytes under this name: the hash finds it, and everything begins again.
    phone.fake.world().files.insert(sha, (vec![1; PART_BYTES_MAX], 2 * PART_BYTES_MAX));
    assert_eq!(send(&phone.gateway, &waiting).await.unwrap(), PhotoEnded::Done);
    runner.store.photo_ended(sha, PhotoEnded::Done).await.unwrap();
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert_eq!(runner.store.status().await.unwrap().n_photos, 0);
    // Restored from a backup: the journal goes out again, and the answer names the file that is missing.
    {
        let mut world = phone.fake.world();
        world.restored_from_backup("e2");
        world.files.clear();
    }
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert_eq!(runner.store.status().await.unwrap().n_photos, 1);
    let again = runner.store.photos_to_send().await.unwrap().pop().unwrap();
    assert_eq!(send(&phone.gateway, &again).await.unwrap(), PhotoEnded::Done);
    assert_eq!(phone.fake.world().files[&sha].0, picture);
}

#[tokio::test]
async fn a_photo_whose_file_is_gone_or_unusable_is_said_so_and_blocks_nothing() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    let (gone, bad, good) = (jpeg(100, 1), b"\x89PNG\r\n\x1a\nand so on".to_vec(), jpeg(300, 3));
    for bytes in [&gone, &bad, &good] {
        runner.store.take_photo(ticket.id, shot(bytes)).await.unwrap();
    }
    let waiting = runner.store.photos_to_send().await.unwrap();
    let of = |bytes: &[u8]| waiting.iter().find(|one| one.sha == Sha::of(bytes)).unwrap().clone();
    std::fs::remove_file(of(&gone).path).unwrap();
    let tasks = tokio::spawn(photos::run(runner.store.clone(), phone.gateway.clone(), phone.edge.clone()));
    let mut changes = runner.store.changes();
    while runner.store.status().await.unwrap().n_photos > 0 {
        tokio::time::timeout(std::time::Duration::from_secs(20), changes.changed()).await.unwrap().unwrap();
    }
    tasks.abort();
    let status = runner.store.status().await.unwrap();
    assert_eq!(status.photo_troubles.len(), 2, "{:?}", status.photo_troubles);
    assert!(status.photo_troubles.iter().any(|said| said.contains("take it again")), "{:?}", status.photo_troubles);
    assert_eq!(phone.fake.world().files[&Sha::of(&good)].0, good);
    assert_eq!(runner.sync().await.unwrap(), DONE);
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 0, "the words of all three went out");
}

#[tokio::test]
async fn what_others_took_comes_as_a_small_view_and_what_is_no_photo_is_refused_at_once() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let mut ticket = ticket(&phone.edge, 1);
    let picture = jpeg(500, 5);
    let sha = Sha::of(&picture);
    ticket.photos = serde_json::from_value(serde_json::json!([
        {"id": ticket.id, "sha": sha, "author": "Mia", "at": "2026-03-02T14:00:00Z", "here": true}
    ]))
    .unwrap();
    phone.fake.world().files.insert(sha, (picture.clone(), picture.len()));
    phone.fake.world().put(ticket.clone());
    runner.sync().await.unwrap();
    assert_eq!(runner.store.photos_to_fetch().await.unwrap(), [sha]);
    let tasks = tokio::spawn(photos::run(runner.store.clone(), phone.gateway.clone(), phone.edge.clone()));
    let mut changes = runner.store.changes();
    while runner.store.photo(sha).await.unwrap().is_none() {
        tokio::time::timeout(std::time::Duration::from_secs(20), changes.changed()).await.unwrap().unwrap();
    }
    tasks.abort();
    assert_eq!(runner.store.photos_to_fetch().await.unwrap(), []);
    let refused = runner.store.take_photo(ticket.id, shot(b"%PDF-1.7")).await.unwrap_err();
    assert!(matches!(refused, Error::NoPhoto), "{refused}");
    let large = runner.store.take_photo(ticket.id, shot(&jpeg(16 * 1024 * 1024 + 1, 1))).await.unwrap_err();
    assert!(matches!(large, Error::PhotoTooLarge), "{large}");
    assert_eq!(runner.store.status().await.unwrap().n_unsent, 0, "nothing of either was kept");
}

#[tokio::test]
async fn signing_out_with_a_photo_that_waits_is_warned_of() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let ticket = ticket(&phone.edge, 1);
    phone.fake.world().put(ticket.clone());
    runner.store.take_photo(ticket.id, shot(&jpeg(90, 2))).await.unwrap();
    runner.sync().await.unwrap();
    let out = phone.installation.sign_out(&runner.store).await.unwrap();
    assert_eq!(out, crate::store::SignOut::Unsent(1));
}

#[tokio::test]
async fn three_days_of_work_go_out_in_three_requests_and_its_photos_follow() {
    let phone = Phone::new();
    let mut runner = phone.runner().await;
    let tickets: Vec<_> = (1..=6).map(|number| ticket(&phone.edge, number)).collect();
    for ticket in &tickets {
        phone.fake.world().put(ticket.clone());
    }
    runner.sync().await.unwrap();
    let n_before = phone.fake.world().requests.len();
    for (at, ticket) in (0..394).zip(tickets.iter().cycle()) {
        let key = format!("note/{at}");
        runner.store.add_note(ticket.id, format!("Note {at}").parse().unwrap(), key).await.unwrap();
    }
    for (with, ticket) in (1..).zip(&tickets) {
        runner.store.take_photo(ticket.id, shot(&jpeg(1_000, with))).await.unwrap();
    }
    assert_eq!(runner.sync().await.unwrap(), DONE);
    let n_requests = phone.fake.world().requests.len() - n_before;
    assert!(n_requests <= 3, "{n_requests} requests");
    let status = runner.store.status().await.unwrap();
    assert_eq!((status.n_unsent, status.n_photos), (0, 6));
    for waiting in runner.store.photos_to_send().await.unwrap() {
        assert_eq!(send(&phone.gateway, &waiting).await.unwrap(), PhotoEnded::Done);
    }
    assert_eq!(phone.fake.world().files.len(), 6);
}
