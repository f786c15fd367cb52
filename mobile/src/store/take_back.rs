//! Taking a tap back that was a slip: that he is late, as long as no request ever carried it. It may be held for a few
//! seconds, so that there is something to take back with the best of networks too. Then nobody has heard of it,
//! and the journal may forget it; what was tapped after it moves up by one number. Once it was in a request, even in one
//! that got no answer, the server may have it, and only a person can mend it.

use super::core::Core;
use super::{Error, documents, journal, meta};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use shared::chance::Chance;
use shared::ids::{MutationId, TicketId};
use shared::intent::Intent;
use shared::sync::{MadeAt, Mutation};
use std::collections::BTreeSet;

/// The last report of being late that no request ever carried.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Untold {
    mid: MutationId,
    ticket: TicketId,
    /// No request may carry it yet, nor what was tapped after it: numbers go out in their order.
    #[serde(default)]
    held: bool,
}

/// Remembers a tap that can be taken back, in the transaction that writes it down.
pub(super) fn tapped(
    conn: &Connection,
    intent: &Intent,
    ticket: Option<TicketId>,
    mid: MutationId,
) -> Result<(), Error> {
    let Some(ticket) = ticket.filter(|_| matches!(intent, Intent::TicketLate { .. })) else { return Ok(()) };
    meta::put(conn, meta::UNTOLD, &Untold { mid, ticket, held: false })
}

/// A request is about to carry what is unsent: from now on nothing can be taken back.
pub(super) fn told(conn: &Connection) -> Result<(), Error> {
    meta::delete(conn, meta::UNTOLD)
}

/// What of this may go out now: all before the one that is held. What does can no longer be taken back.
pub(super) fn may_go(conn: &Connection, mut unsent: Vec<Mutation>) -> Result<Vec<Mutation>, Error> {
    let held =
        meta::get::<Untold>(conn, meta::UNTOLD)?.filter(|untold| untold.held).map(|untold| untold.mid.to_string());
    match unsent.iter().position(|mutation| Some(&mutation.mid) == held.as_ref()) {
        Some(place) => unsent.truncate(place),
        None if !unsent.is_empty() => told(conn)?,
        None => {}
    }
    Ok(unsent)
}

/// Nothing is held any longer: its time is over, or the app was opened anew.
pub(super) fn let_go(conn: &Connection) -> Result<bool, Error> {
    match meta::get::<Untold>(conn, meta::UNTOLD)? {
        Some(untold) if untold.held => {
            meta::put(conn, meta::UNTOLD, &Untold { held: false, ..untold })?;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

impl Core {
    /// Writes down that he is late, and holds it until [`Self::let_go`].
    pub fn tap_held(
        &mut self,
        intent: &Intent,
        ticket: TicketId,
        at: &MadeAt,
        chance: &dyn Chance,
    ) -> Result<MutationId, Error> {
        self.in_room_made(|core| {
            core.tap_and(intent, Some(ticket), None, at, chance, |tx| match meta::get::<Untold>(tx, meta::UNTOLD)? {
                Some(untold) => meta::put(tx, meta::UNTOLD, &Untold { held: true, ..untold }),
                None => Ok(()),
            })
        })
    }

    /// Lets what was held go out.
    pub fn let_go(&mut self) -> Result<(), Error> {
        self.changes.to_send |= let_go(&self.conn)?;
        Ok(())
    }

    /// The ticket whose last report of being late can still be taken back.
    pub fn untold_late(&self) -> Result<Option<TicketId>, Error> {
        Ok(meta::get::<Untold>(&self.conn, meta::UNTOLD)?.map(|untold| untold.ticket))
    }

    /// Takes the last report of being late on this ticket back. False if it may be known to the server already; then
    /// nothing changed.
    pub fn take_back_late(&mut self, ticket: TicketId) -> Result<bool, Error> {
        let taken = self.write(|tx, probe| {
            let Some(untold) = meta::get::<Untold>(tx, meta::UNTOLD)?.filter(|untold| untold.ticket == ticket) else {
                return Ok(false);
            };
            meta::delete(tx, meta::UNTOLD)?;
            let sql = "delete from journal where mid = ?1 and code is null returning n";
            let mut delete = tx.prepare_cached(sql)?;
            let mut rows = delete.query(params![untold.mid.to_string()])?;
            let Some(n) = rows.next()?.map(|row| row.get::<_, Option<i64>>("n")).transpose()?.flatten() else {
                return Ok(false);
            };
            drop(rows);
            probe.step()?;
            // In two steps: a number is never there twice, not even for a moment.
            tx.execute("update journal set n = -n where n > ?1 and code is null", [n])?;
            tx.execute("update journal set n = -n - 1 where n < 0", [])?;
            meta::put(tx, meta::LAST_N, &(journal::last_n(tx)? - 1))?;
            documents::refresh(tx, &BTreeSet::from([ticket.to_string()]), probe)?;
            Ok(true)
        })?;
        self.changes.seen |= taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::{Clock as _, Manual};
    use crate::store::tests::{START, fresh, reopen, sends};
    use shared::chance::Seeded;
    use shared::ids::TicketId;
    use shared::intent::Intent;
    use shared::time::Timestamp;
    use std::sync::Arc;

    fn late() -> Intent {
        Intent::TicketLate { minutes: 30.try_into().unwrap() }
    }

    #[test]
    fn a_slip_is_taken_back_while_nobody_heard_of_it_and_what_came_after_moves_up() {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, chance, clock) = (Arc::default(), Seeded::new(7), Manual::at(START));
        let mut core = fresh(folder.path(), &secrets, &chance);
        let ticket = TicketId::new(Timestamp::from_millis(START), &chance);
        core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
        core.tap(&late(), Some(ticket), None, &clock.now(), &chance).unwrap();
        core.tap(&Intent::DutySet { on: false }, None, None, &clock.now(), &chance).unwrap();
        core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
        assert_eq!(core.untold_late().unwrap(), Some(ticket));
        assert!(core.take_back_late(ticket).unwrap());
        assert!(!core.take_back_late(ticket).unwrap(), "a second tap finds nothing");
        let request = sends(core.next(200, None, &chance).unwrap());
        let sent: Vec<_> = request.mutations.iter().map(|sent| (sent.n, sent.kind.as_str())).collect();
        assert_eq!(sent, [(1, "duty.set"), (2, "duty.set"), (3, "duty.set")]);
        core.tap(&Intent::DutySet { on: false }, None, None, &clock.now(), &chance).unwrap();
        assert_eq!(sends(core.next(200, None, &chance).unwrap()).mutations.last().unwrap().n, 4, "no hole");
    }

    #[test]
    fn what_is_held_goes_out_after_its_time_or_when_the_app_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, chance, clock) = (Arc::default(), Seeded::new(9), Manual::at(START));
        let mut core = fresh(folder.path(), &secrets, &chance);
        let ticket = TicketId::new(Timestamp::from_millis(START), &chance);
        core.tap(&Intent::DutySet { on: true }, None, None, &clock.now(), &chance).unwrap();
        core.tap_held(&late(), ticket, &clock.now(), &chance).unwrap();
        core.tap(&Intent::DutySet { on: false }, None, None, &clock.now(), &chance).unwrap();
        let sent = |next| sends(next).mutations.len();
        assert_eq!(sent(core.next(200, None, &chance).unwrap()), 1, "what came before it");
        assert_eq!(core.untold_late().unwrap(), Some(ticket), "it can still be taken back");
        core.let_go().unwrap();
        assert_eq!(sent(core.next(200, None, &chance).unwrap()), 3);
        assert!(!core.take_back_late(ticket).unwrap());

        core.tap_held(&late(), ticket, &clock.now(), &chance).unwrap();
        assert_eq!(sent(core.next(200, None, &chance).unwrap()), 3);
        let expert = core.expert_id();
        drop(core);
        let (mut again, _) = reopen(folder.path(), expert, &secrets);
        assert_eq!(sent(again.next(200, None, &chance).unwrap()), 4, "a kill holds nothing back");
    }

    #[test]
    fn what_a_request_carried_stays_even_if_no_answer_came() {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, chance, clock) = (Arc::default(), Seeded::new(8), Manual::at(START));
        let mut core = fresh(folder.path(), &secrets, &chance);
        let ticket = TicketId::new(Timestamp::from_millis(START), &chance);
        core.tap(&late(), Some(ticket), None, &clock.now(), &chance).unwrap();
        let other = TicketId::new(Timestamp::from_millis(START + 1), &chance);
        assert!(!core.take_back_late(other).unwrap(), "another ticket's");
        let request = sends(core.next(200, None, &chance).unwrap());
        core.failed(&request.req, &shared::sync::SyncFailure::Offline).unwrap();
        assert_eq!(core.untold_late().unwrap(), None);
        assert!(!core.take_back_late(ticket).unwrap());
        assert_eq!(sends(core.next(200, None, &chance).unwrap()).mutations.len(), 1, "it goes out again");
    }
}
