//! What notices need to know of others: reads of lower capabilities, in one place.

use super::outside::Pages;
use super::plan::{CustomerContact, ExpertContact};
use super::render::About;
use super::store::no_sms;
use crate::accounts::staff;
use crate::db::{Conn, Error};
use crate::tickets::Ticket;
use crate::{customers, workforce};
use shared::ids::{CustomerId, ExpertId};
use shared::text::Email;
use shared::texts::Language;
use shared::time::Zone;

/// Names of a place are short in messages: postal code and city.
pub async fn about(conn: &mut Conn, ticket: &Ticket) -> Result<About, Error> {
    let site = customers::store::site(conn, ticket.site).await?;
    let place = site.map(|site| format!("{} {}", site.postal_code, site.city)).unwrap_or_default();
    Ok(About { number: ticket.number, title: ticket.title.to_string(), place, n_together: 1 })
}

/// How a customer is reached.
pub async fn customer(conn: &mut Conn, id: CustomerId) -> Result<Option<CustomerContact>, Error> {
    let Some(customer) = customers::store::customer(conn, id).await? else { return Ok(None) };
    let takes_sms = no_sms::why(conn, &customer.phone).await?.is_none();
    Ok(Some(CustomerContact {
        takes_sms,
        name: customer.name.to_string(),
        email: customer.email,
        phone: customer.phone,
        notify_by: customer.notify_by,
        language: Language::of_locale(&customer.locale),
        zone: customer.zone,
    }))
}

/// How an expert is reached.
pub async fn expert(conn: &mut Conn, id: ExpertId) -> Result<Option<ExpertContact>, Error> {
    let Some(expert) = workforce::store::expert(conn, id).await? else { return Ok(None) };
    let takes_sms = no_sms::why(conn, &expert.phone).await?.is_none();
    Ok(Some(ExpertContact {
        takes_sms,
        id,
        name: expert.name.to_string(),
        phone: expert.phone,
        language: Language::of_locale(&expert.locale),
        zone: expert.zone,
        sms: expert.sms,
    }))
}

/// An admin who hears of what nobody looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminContact {
    /// Their id; the address where it is nobody of ours.
    pub person: String,
    /// Where to.
    pub email: Email,
    /// Their language; English for an address that is nobody of ours.
    pub language: Language,
    /// By which clock.
    pub zone: Zone,
}

/// The admins to tell: those named by the settings, else all.
pub async fn admins(conn: &mut Conn, named: &[Email]) -> Result<Vec<AdminContact>, Error> {
    let of_staff = |staff: staff::StaffContact| AdminContact {
        person: staff.id.to_string(),
        email: staff.email,
        language: Language::of_locale(&staff.locale),
        zone: staff.zone,
    };
    let admins: Vec<AdminContact> = staff::admins_to_tell(conn).await?.into_iter().map(of_staff).collect();
    if named.is_empty() {
        return Ok(admins);
    }
    let contact = |email: &Email| {
        let known = admins.iter().find(|admin| admin.email == *email).cloned();
        known.unwrap_or_else(|| AdminContact {
            person: email.to_string(),
            email: email.clone(),
            language: Language::default(),
            zone: Zone::utc(),
        })
    };
    Ok(named.iter().map(contact).collect())
}

/// Where an admin looks at a ticket.
pub fn desk_link(pages: &Pages, ticket: &Ticket) -> String {
    format!("{}/desk/tickets/{}", pages.public_url, ticket.id)
}
