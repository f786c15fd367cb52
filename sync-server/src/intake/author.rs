//! Under which name somebody's note or photo stands.

use crate::accounts::staff;
use crate::customers;
use crate::db::{Conn, Error};
use shared::event::Actor;

/// The name that a customer or a member of staff has now.
pub(super) async fn name_of(conn: &mut Conn, author: Actor) -> Result<String, Error> {
    let name = match author {
        Actor::Customer(customer) => customers::store::customer(conn, customer).await?.map(|one| one.name.to_string()),
        Actor::Agent(staff) | Actor::Admin(staff) => {
            staff::store::contact(conn, staff).await?.map(|one| one.name.to_string())
        }
        Actor::Expert(_) | Actor::Server => None,
    };
    Ok(name.unwrap_or_else(|| "Somebody".to_owned()))
}
