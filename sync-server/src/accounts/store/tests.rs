//! Logins and tokens on both engines.

use super::*;
use crate::accounts::Role;
use crate::accounts::token::{Token, TokenHash};
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use shared::chance::Seeded;
use shared::ids::Id;

fn person(role: Role, seed: u64) -> Person {
    Person::of(role, &Id::<()>::new(Timestamp::from_millis(1), &Seeded::new(seed)).to_string()).unwrap()
}

fn new(role: Role, seed: u64, email: Option<&str>, phone: Option<&str>) -> NewLogin {
    NewLogin {
        id: Id::new(Timestamp::from_millis(2), &Seeded::new(seed)),
        person: person(role, seed),
        profile: Profile {
            name: "Zoë".parse().unwrap(), locale: "en".into(), zone: "America/Denver".parse().unwrap()
        },
        email: email.map(|text| text.parse().unwrap()),
        phone: phone.map(|text| text.parse().unwrap()),
        password: None,
        now: Timestamp::from_millis(2),
    }
}

async fn create(db: &Database, login: NewLogin) -> Result<(), HandleTaken> {
    db.write(Lane::Desk, async move |tx| create_login(tx, login.clone()).await).await.unwrap()
}

async fn find(db: &Database, typed: &str) -> Option<Login> {
    let handle = Handle::read(typed).unwrap();
    db.read(async move |conn| by_handle(conn, &handle).await).await.unwrap()
}

#[tokio::test]
async fn a_handle_belongs_to_one_person() {
    both_engines(async |db| {
        let (mia, ben) = (Some("Mia@example.com"), Some("ben@example.com"));
        create(&db, new(Role::Customer, 1, mia, Some("+12125550100"))).await.unwrap();
        let taken = create(&db, new(Role::Expert, 2, Some("mia@Example.com"), None)).await;
        assert_eq!(taken, Err(HandleTaken::Email));
        let taken = create(&db, new(Role::Expert, 2, ben, Some("+12125550100"))).await;
        assert_eq!(taken, Err(HandleTaken::Phone));
        create(&db, new(Role::Expert, 2, ben, None)).await.unwrap();
        let found = find(&db, "(212) 555-0100").await.unwrap();
        assert_eq!((found.person, found.profile.name.as_str()), (person(Role::Customer, 1), "Zoë"));

        let set = async |email: &str| {
            let email: Email = email.parse().unwrap();
            let set = async move |tx: &mut Tx| set_handles(tx, person(Role::Expert, 2), Some(&email), None).await;
            db.write(Lane::Desk, set).await.unwrap()
        };
        assert_eq!(set("mia@example.com").await, Err(HandleTaken::Email));
        assert_eq!(set("benedikt@example.com").await, Ok(()));
        assert!(find(&db, "ben@example.com").await.is_none() && find(&db, "benedikt@example.com").await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_token_signs_in_until_it_ends() {
    both_engines(async |db| {
        let login = new(Role::Agent, 3, Some("ada@example.com"), None);
        let id = login.id;
        create(&db, login).await.unwrap();
        let chance = Seeded::new(9);
        let [short, long] = [Token::new(&chance).hash(), Token::new(&chance).hash()];
        let now = db.clock().real_now();
        let (a, b) = (short.clone(), long.clone());
        db.write(Lane::Desk, async move |tx| {
            add_token(tx, id, &a, TokenKind::Session, Some(now.plus_minutes(1))).await?;
            add_token(tx, id, &b, TokenKind::Bearer, None).await
        })
        .await
        .unwrap();
        let whose = async |hash: &TokenHash, at: Timestamp| {
            let hash = hash.clone();
            let found = db.read(async move |conn| session(conn, &hash, at).await).await.unwrap();
            found.map(|session| session.person)
        };
        let ada = person(Role::Agent, 3);
        assert_eq!(whose(&short, now.plus_millis(59_999)).await, Some(ada));
        assert_eq!(whose(&short, now.plus_millis(60_000)).await, None, "it ends at its instant");
        assert_eq!(whose(&TokenHash::of("made up"), now).await, None);
        let trimmed = db.write(Lane::Bulk, async move |tx| trim_tokens(tx, now.plus_minutes(2)).await).await.unwrap();
        assert_eq!(trimmed, 1);
        db.write(Lane::Desk, async move |tx| set_active(tx, ada, false, now).await).await.unwrap();
        assert_eq!(whose(&long, now).await, None, "who was switched off is signed in nowhere");
        assert!(!find(&db, "ada@example.com").await.unwrap().active);
    })
    .await;
}
