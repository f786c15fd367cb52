//! Copies for who helps a customer: a daughter, a neighbour. They hear the news of the tickets too, by SMS in the same
//! words, by e-mail with the link to the ticket's page. A copy that does not arrive is not said by another way: the
//! customer has heard it.

use super::facts;
use super::notice::{NewNotice, Notice, Recipient};
use super::outside::Outside;
use super::plan::{Audience, Channel, Way};
use super::render::Words;
use super::store::no_sms;
use crate::customers::{self, Customer, Helper};
use crate::db::{Conn, Error};
use crate::tickets;
use shared::ids::{CustomerId, TicketId};
use shared::texts::{Language, TextId, Value, gsm};

/// How the recipient of a copy begins; the customer's id follows.
const COPY: &str = "helper:";
/// Characters of a name in an SMS.
const NAME_CHARS: usize = 24;

fn recipient(customer: CustomerId) -> String {
    format!("{COPY}{customer}")
}

/// Whether a notice is a copy for a helper.
pub(super) fn is_copy(notice: &Notice) -> bool {
    notice.person.starts_with(COPY)
}

/// The copies of what a ticket's customer is told; none where nobody helps.
pub(super) async fn copies(
    conn: &mut Conn,
    outside: &Outside,
    ticket: TicketId,
    told: &[NewNotice],
) -> Result<Vec<NewNotice>, Error> {
    let ours: Vec<&NewNotice> = told.iter().filter(|one| one.to.audience == Audience::Customer).collect();
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let Some(ticket) = tickets::store::get(conn, ticket).await? else { return Ok(Vec::new()) };
    let Some(customer) = customers::store::customer(conn, ticket.customer).await? else { return Ok(Vec::new()) };
    let Some(helper) = customer.helper.clone() else { return Ok(Vec::new()) };
    let Some(way) = way(conn, &helper).await? else { return Ok(Vec::new()) };
    let about = facts::about(conn, &ticket).await?;
    let link = outside.pages.track(ticket.id);
    let copy = |one: &&NewNotice| {
        let words = match (one.way.0, way.0) {
            (Channel::Sms, Channel::Sms) => one.words.clone(),
            (Channel::Sms | Channel::Email | Channel::Call | Channel::Push, to) => {
                words(&helper, &customer, &about.number.to_string(), &about.title, &link, to)
            }
        };
        let to = Recipient { person: recipient(customer.id), ..one.to.clone() };
        NewNotice { to, way: way.clone(), words, ..(*one).clone() }
    };
    Ok(ours.iter().map(copy).collect())
}

/// By SMS where there is a phone that takes them.
async fn way(conn: &mut Conn, helper: &Helper) -> Result<Option<Way>, Error> {
    if let Some(phone) = &helper.phone
        && no_sms::why(conn, phone).await?.is_none()
    {
        return Ok(Some((Channel::Sms, phone.to_string())));
    }
    Ok(helper.email.as_ref().map(|email| (Channel::Email, email.to_string())))
}

fn words(helper: &Helper, customer: &Customer, number: &str, title: &str, link: &str, to: Channel) -> Words {
    let catalogue = Language::of_locale(&customer.locale).catalogue();
    let of = match to {
        Channel::Sms => gsm::shorten(customer.name.as_str(), NAME_CHARS),
        Channel::Email | Channel::Call | Channel::Push => customer.name.to_string(),
    };
    let args = [
        ("name", Value::Text(helper.name.as_str())),
        ("customer", Value::Text(&of)),
        ("number", Value::Text(number)),
        ("title", Value::Text(title)),
        ("link", Value::Text(link)),
    ];
    let text = |id| catalogue.text(id, &args);
    match to {
        Channel::Sms => Words { subject: None, body: gsm::fold(&text(TextId::HelperSms)), link: Some(link.to_owned()) },
        Channel::Email | Channel::Call | Channel::Push => {
            let (subject, body) = (text(TextId::HelperSubject), text(TextId::HelperMail));
            Words { subject: Some(subject), body, link: Some(link.to_owned()) }
        }
    }
}
