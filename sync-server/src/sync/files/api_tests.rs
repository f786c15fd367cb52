//! A photo of an expert, through all layers: its words first, its bytes when they come; and who may look at it.

use super::super::tests::Phone;
use crate::accounts::Person;
use crate::blobs::samples::plain_jpeg;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard, site};
use crate::intake::photos;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use shared::blob::Sha;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::problem::ProblemCode;
use shared::sync::MutationResult;
use shared::text::ShortLine;

async fn patch(client: &Client, sha: Sha, at: usize, length: usize, bytes: &[u8]) -> Heard {
    let request = Request::patch(format!("/api/v1/blob/{sha}")).header("upload-offset", at);
    client.send(request.header("upload-length", length).body(Body::from(bytes.to_vec())).unwrap()).await
}

async fn head(client: &Client, sha: Sha) -> Heard {
    client.send(Request::head(format!("/api/v1/blob/{sha}")).body(Body::empty()).unwrap()).await
}

fn photo(number: u64, bytes: &[u8]) -> Intent {
    let caption: Option<ShortLine> = "The plate".parse().ok();
    Intent::PhotoAdd { photo: id(number), sha: Sha::of(bytes), caption, place: None }
}

fn routes() -> axum::Router<crate::http::Site> {
    super::api::routes().merge(photos::api::routes()).merge(photos::pages::routes())
}

#[tokio::test]
async fn a_photos_words_come_first_and_its_bytes_resume_after_a_cut() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana Núñez", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let bytes = plain_jpeg(320, 240);
        let (sha, length, half) = (Sha::of(&bytes), bytes.len(), bytes.len() / 2);
        let mutation = phone.mutation(&photo(77, &bytes), Some(ticket));
        let reply = phone.send(vec![mutation.clone()]).await.unwrap();
        assert_eq!(reply.acks[0].result, MutationResult::Applied);
        assert_eq!(reply.missing_blobs, [sha], "the words are taken, and the bytes are asked for");
        let shown = |phone: &Phone<'_>| phone.tickets[&ticket.to_string()].photos.clone();
        let doc = shown(&phone).pop().unwrap();
        assert_eq!((doc.sha, doc.caption.as_deref(), doc.here), (sha, Some("The plate"), false));

        let client = Client::new(site(&db), routes()).signed_in(Person::Expert(ana)).await;
        assert_eq!(head(&client, sha).await.header("upload-offset"), "0");
        assert_eq!(patch(&client, sha, 0, length, &bytes[..half]).await.status, StatusCode::NO_CONTENT);
        let gap = patch(&client, sha, half + 1, length, &bytes[half + 1..]).await;
        assert_eq!(
            (gap.problem().code, gap.header("upload-offset")),
            (ProblemCode::OffsetMismatch, &*half.to_string())
        );
        assert_eq!(head(&client, sha).await.header("upload-offset"), half.to_string());
        let done = patch(&client, sha, half, length, &bytes[half..]).await;
        assert_eq!((done.status, done.header("upload-complete")), (StatusCode::CREATED, "?1"));
        assert_eq!(head(&client, sha).await.header("upload-complete"), "?1");
        phone.send(vec![]).await.unwrap();
        assert!(shown(&phone)[0].here, "whoever has the ticket hears that the bytes have come");

        // The reply was lost and the phone says it again: one photo, and nothing is missing.
        let mut again = mutation;
        again.n = 2;
        phone.n = 2;
        let reply = phone.send(vec![again]).await.unwrap();
        assert!(reply.acks[0].dup && reply.missing_blobs.is_empty());
        assert_eq!(shown(&phone).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_photo_is_seen_by_whoever_may_see_its_ticket_and_by_nobody_else() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket: TicketId = world.ticket().await;
        world.round().await;
        let site = site(&db);
        let nobody = Client::new(site.clone(), routes());
        let bytes = plain_jpeg(64, 64);
        let actor = shared::event::Actor::Customer(world.customer);
        let photo = photos::add(&site, actor, ticket, vec![bytes.clone().into()], None).await.unwrap()[0];
        assert_eq!(photos::add(&site, actor, ticket, vec![bytes.clone().into()], None).await.unwrap(), [photo]);
        let (page, small) = (format!("/photos/{photo}"), format!("/photos/{photo}/small"));
        let by_link = format!("/track/{}/photos/{photo}", site.links.track(ticket));
        let own = nobody.signed_in(Person::Customer(world.customer)).await;
        let desk = nobody.signed_in(Person::Agent(id(31))).await;
        let expert = nobody.signed_in(Person::Expert(ana)).await;
        for (who, client) in [("customer", &own), ("desk", &desk), ("expert", &expert)] {
            for path in [&page, &small] {
                let seen = client.get(path).await;
                assert_eq!((seen.status, seen.header("content-type")), (StatusCode::OK, "image/jpeg"), "{who}");
                assert!(seen.header("content-security-policy").contains("sandbox"));
            }
        }
        assert_eq!(expert.get(&format!("/api/v1/blob/{}", Sha::of(&bytes))).await.status, StatusCode::OK);
        assert_eq!(nobody.get(&by_link).await.status, StatusCode::OK, "by the private link");
        assert_eq!(nobody.get(&format!("{by_link}/small")).await.status, StatusCode::OK);

        let stranger = nobody.signed_in(Person::Customer(id(4_711))).await;
        let ben = nobody.signed_in(Person::Expert(world.expert_on("Ben", "10003", "Mon 00:00-00:01", 0).await)).await;
        for (who, client) in [("another customer", &stranger), ("another expert", &ben)] {
            assert_eq!(client.get(&page).await.status, StatusCode::NOT_FOUND, "{who}");
        }
        assert_eq!(ben.get(&format!("/api/v1/blob/{}", Sha::of(&bytes))).await.status, StatusCode::NOT_FOUND);
        let other_link = format!("/track/{}/photos/{photo}", site.links.track(id(9)));
        assert_eq!(nobody.get(&other_link).await.status, StatusCode::NOT_FOUND);
        let seen = own.get(&page).await;
        let asked = Request::get(&page).header("if-none-match", seen.header("etag")).body(Body::empty()).unwrap();
        assert_eq!(own.send(asked).await.status, StatusCode::NOT_MODIFIED);
    })
    .await;
}

#[tokio::test]
async fn a_form_with_pictures_adds_them_once_and_says_in_words_what_it_cannot_use() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ticket = world.ticket().await;
        let client = Client::new(site(&db), routes()).signed_in(Person::Customer(world.customer)).await;
        let path = format!("/api/v1/tickets/{ticket}/files");
        let send = async |parts: &[(&str, Option<&str>, &[u8])]| {
            let mut body = Vec::new();
            for (name, file, bytes) in parts {
                let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
                body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
                body.extend(*bytes);
                body.extend(b"\r\n");
            }
            body.extend(b"--b--\r\n");
            let request = Request::post(&path).header("content-type", "multipart/form-data; boundary=b");
            client.send(request.body(Body::from(body)).unwrap()).await
        };
        let (one, two) = (plain_jpeg(40, 30), plain_jpeg(30, 40));
        let caption = ("caption", None, "Das Gerät".as_bytes());
        let sent = send(&[("file", Some("a.jpg"), &one), caption, ("file", Some("b.jpg"), &two)]).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
        send(&[("file", Some("a.jpg"), &one)]).await;
        let list = client.get(&path).await.value();
        let files = list["files"].as_array().unwrap();
        assert_eq!((files.len(), files[0]["caption"].as_str()), (2, Some("Das Gerät")));
        assert_eq!(files[0]["author"], "Mia Łukaszewska");
        let none = send(&[("file", Some(""), b"")]).await.problem();
        assert_eq!((none.code, none.errors[0].field.as_str()), (ProblemCode::InvalidFields, "file"));
        let pdf = send(&[("file", Some("a.pdf"), b"%PDF-1.7")]).await.problem();
        assert_eq!(pdf.code, ProblemCode::UnsupportedMediaType);
        assert!(pdf.detail.unwrap().contains("JPEG"));
        let seven: Vec<(&str, Option<&str>, &[u8])> = (0..7).map(|_| ("file", Some("a.jpg"), one.as_slice())).collect();
        assert_eq!(send(&seven).await.problem().code, ProblemCode::TooLarge);
    })
    .await;
}
