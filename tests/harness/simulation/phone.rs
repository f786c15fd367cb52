//! An expert's phone without a store: what it was told, what it has not sent, and what it was answered.
//!
//! It speaks the protocol to the server's own code, a network away only in that signal and replies can be lost. The phone
//! with its real store is tried elsewhere; here the day is what matters.

use shared::document::TicketDoc;
use shared::ids::{DeviceId, ExpertId, Id, TicketId};
use shared::intent::{Intent, VERSION};
use shared::sync::{Change, Have, MadeAt, Mutation, MutationResult, StreamName, SyncRequest};
use std::collections::BTreeMap;
use sync_server::db::Database;
use sync_server::dispatch::Bounds;
use sync_server::sync::exchange;

/// Pages of one exchange.
const PAGES_MAX: usize = 100;

/// A phone.
#[derive(Debug)]
pub(super) struct Phone {
    pub(super) expert: ExpertId,
    device: DeviceId,
    inc: i64,
    n: i64,
    cursors: BTreeMap<StreamName, String>,
    /// The tickets on the screen, the expert's own taps included.
    pub(super) view: BTreeMap<TicketId, TicketDoc>,
    /// What was not acknowledged yet, in order.
    pub(super) outbox: Vec<Mutation>,
    /// What became of each mutation.
    pub(super) answers: BTreeMap<String, MutationResult>,
    pub(super) has_signal: bool,
    /// The next reply is lost on its way.
    pub(super) loses_reply: bool,
}

impl Phone {
    pub(super) fn new(expert: ExpertId, device: DeviceId, inc: i64) -> Self {
        Self {
            expert,
            device,
            inc,
            n: 0,
            cursors: BTreeMap::new(),
            view: BTreeMap::new(),
            outbox: Vec::new(),
            answers: BTreeMap::new(),
            has_signal: true,
            loses_reply: false,
        }
    }

    /// Writes an intent down. It leaves with the next exchange.
    pub(super) fn taps(&mut self, db: &Database, intent: &Intent, ticket: Option<TicketId>) {
        self.n += 1;
        let mid: shared::ids::MutationId = Id::new(db.clock().real_now(), &*db.chance());
        self.outbox.push(Mutation {
            n: self.n,
            mid: mid.to_string(),
            v: VERSION,
            kind: intent.kind().to_owned(),
            ticket: ticket.map(|id| id.to_string()),
            t: MadeAt { wall: db.clock().business_now(), mono_ms: 0, boot: String::new() },
            args: intent.args(),
        });
    }

    /// Everything out and everything in. Gives back what the protocol may never do.
    pub(super) async fn syncs(&mut self, db: &Database, bounds: &Bounds) -> Vec<String> {
        let mut faults = Vec::new();
        for _ in 0..PAGES_MAX {
            let request = SyncRequest {
                proto: shared::sync::PROTO,
                app: "1.0.0".into(),
                device: self.device,
                inc: self.inc,
                req: "simulated".into(),
                cursors: self.cursors.clone(),
                limit_bytes: None,
                have: Have::default(),
                mutations: self.outbox.clone(),
                location: None,
                push_token: None,
            };
            let reply = match exchange(db, bounds, self.expert, request).await {
                Ok(reply) => reply,
                Err(refused) => {
                    faults.push(format!("a phone was refused: {refused}"));
                    break;
                }
            };
            if std::mem::take(&mut self.loses_reply) {
                break;
            }
            for ack in reply.acks {
                self.outbox.retain(|mutation| mutation.mid != ack.mid);
                if let MutationResult::Rejected(why) = &ack.result {
                    faults.push(format!("a phone's intent was rejected: {why}"));
                }
                let first = self.answers.entry(ack.mid.clone()).or_insert_with(|| ack.result.clone());
                if *first != ack.result {
                    faults.push(format!("an intent was answered {first:?} and then {:?}", ack.result));
                }
            }
            if let Some(stop) = reply.stop {
                faults.push(format!("a push stopped: {stop:?}"));
                break;
            }
            for patch in reply.patch.iter().filter(|patch| patch.kind == "ticket") {
                let Ok(id) = patch.id.parse::<TicketId>() else { continue };
                match &patch.change {
                    Change::Put { doc, .. } => match serde_json::from_value(doc.clone()) {
                        Ok(doc) => drop(self.view.insert(id, doc)),
                        Err(why) => faults.push(format!("a phone cannot read a ticket: {why}")),
                    },
                    Change::Del { .. } => drop(self.view.remove(&id)),
                }
            }
            self.cursors.extend(reply.cursors);
            if !reply.more {
                break;
            }
        }
        faults
    }
}
