//! What an expert wrote on his phone for everybody: an article, and whether one helped. It goes the way that a page of
//! ours takes, so that the audit, the versions and the search are the same. What cannot be kept says why.

use super::fold::Verdict;
use super::hand::Acting;
use crate::db::{Error, Tx};
use crate::http::undone::Undone;
use crate::knowledge::change::{self, By};
use crate::knowledge::store::{self, NewArticle};
use crate::knowledge::{Audience, Text};
use crate::tickets::Ticket;
use shared::ids::{ArticleId, TicketId};
use shared::problem::Problem;
use shared::sync::MutationResult;

fn by(acting: &Acting) -> By {
    By { actor: acting.actor, name: acting.name.parse().unwrap_or_else(|_| "An expert".parse().expect("it is a name")) }
}

/// The first thing that is wrong, in a sentence.
fn why(problem: &Problem) -> String {
    let field = problem.errors.first().map(|error| error.message.clone());
    field.or_else(|| problem.detail.clone()).unwrap_or_else(|| problem.to_string())
}

/// Keeps an article: begun if its id is new, else its next version. Sent twice it is there once.
pub(super) async fn draft(
    tx: &mut Tx,
    acting: &Acting,
    article: ArticleId,
    text: &Text,
    ticket: Option<TicketId>,
) -> Result<Verdict, Error> {
    let by = by(acting);
    let kept = match store::article(tx, article, Audience::Ours).await? {
        Some(known) if known.text == *text => return Ok(Verdict::plain(MutationResult::Noop)),
        Some(_) => change::edit(tx, article, text, None, &by, acting.now).await,
        None => {
            let new =
                NewArticle { id: article, text: text.clone(), author: by.actor, author_name: by.name.clone(), ticket };
            change::begin(tx, &new, acting.now).await
        }
    };
    match kept {
        Ok(_) => Ok(Verdict::plain(MutationResult::Applied)),
        Err(Undone::Refused(problem)) => Ok(Verdict::rejected(why(&problem))),
        Err(Undone::Database(error)) => Err(error),
    }
}

/// Counts whether an article fixed a ticket; a second answer about the same ticket counts no more.
pub(super) async fn helped(
    tx: &mut Tx,
    acting: &Acting,
    article: ArticleId,
    ticket: &Ticket,
    fixed: bool,
) -> Result<Verdict, Error> {
    let result = match change::vote(tx, article, ticket, fixed, &by(acting), acting.now).await {
        Ok(true) => MutationResult::Applied,
        Ok(false) => MutationResult::Noop,
        Err(Undone::Refused(problem)) => MutationResult::Rejected(why(&problem)),
        Err(Undone::Database(error)) => return Err(error),
    };
    Ok(Verdict { ticket: Some(ticket.id), ver: Some(ticket.ver), ..Verdict::plain(result) })
}
