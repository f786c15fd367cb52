//! What to send, and what a reply means. Pure: the store carries it out in one transaction.

use serde::{Deserialize, Serialize};
use shared::ids::DeviceId;
use shared::sync::{
    Have, Location, Mutation, PAGE_BYTES_MAX, PROTO, PUSH_BYTES_MAX, PUSH_MUTATIONS_MAX, Pull, Stop, StreamName,
    SyncReply, SyncRequest,
};
use std::collections::BTreeMap;

/// The app's release, as it introduces itself.
pub const APP: &str = env!("CARGO_PKG_VERSION");
/// Room for everything in a request but its mutations.
const ENVELOPE_BYTES: usize = 16 * 1024;
/// A full pass may take away so many rows without being asked twice …
pub const SWEEP_FREE_MAX: usize = 20;
/// … or so great a part, in percent.
pub const SWEEP_FREE_PERCENT: usize = 50;

/// What a phone is, at the instant of a request. A reply counts only if it is still so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The device.
    pub device: DeviceId,
    /// Its incarnation.
    pub inc: i64,
    /// Which history of the server it saw last.
    pub epoch: Option<String>,
    /// Where it is in its stream.
    pub cursor: Option<String>,
    /// The full pass under way.
    pub sweep: Option<Sweep>,
}

/// A full pass over the stream: at its end, what was not seen goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// It is the second look, because the first would have taken nearly everything away.
    pub confirming: bool,
}

/// The one request whose reply is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name.
    pub req: String,
    /// What the phone was.
    pub standing: Standing,
    /// The first number in it.
    pub first_n: Option<i64>,
}

/// What a reply means for the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent parts of one plan")]
pub struct Plan {
    /// The server lost some of what it had answered: offer the whole journal again, under a new incarnation. The acks
    /// of this reply are not used.
    pub reoffer: bool,
    /// The expert may have none of the stream any more.
    pub drop: bool,
    /// A full pass begins with this page.
    pub begins_pass: bool,
    /// The full pass this page belongs to.
    pub pass: Option<Sweep>,
    /// The page is the last one.
    pub last_page: bool,
    /// Where the phone is once the page is stored; nothing if this reply carried no page.
    pub cursor: Option<String>,
}

/// The mutations that fit into one request, in order. The first always goes.
pub fn batch(unsent: Vec<Mutation>, n_max: usize) -> Vec<Mutation> {
    let mut room = PUSH_BYTES_MAX - ENVELOPE_BYTES;
    let fits =
        unsent.into_iter().take(n_max.clamp(1, PUSH_MUTATIONS_MAX)).enumerate().map_while(|(place, mutation)| {
            let size = serde_json::to_vec(&mutation).map_or(PUSH_BYTES_MAX, |bytes| bytes.len() + 1);
            if size > room && place > 0 {
                return None;
            }
            room = room.saturating_sub(size);
            Some(mutation)
        });
    fits.collect()
}

/// The request of a phone that stands here.
pub fn request(
    standing: &Standing,
    req: String,
    have: Have,
    mutations: Vec<Mutation>,
    location: Option<Location>,
) -> SyncRequest {
    SyncRequest {
        proto: PROTO,
        app: APP.to_owned(),
        device: standing.device,
        inc: standing.inc,
        req,
        cursors: standing.cursor.iter().map(|cursor| (StreamName::U, cursor.clone())).collect::<BTreeMap<_, _>>(),
        limit_bytes: u64::try_from(PAGE_BYTES_MAX).ok(),
        have,
        mutations,
        location,
        push_token: None,
    }
}

/// What a reply to this request means.
pub fn meaning(sent: &Sent, reply: &SyncReply) -> Plan {
    let Standing { epoch, cursor, sweep, .. } = &sent.standing;
    let new_history = epoch.as_ref().is_some_and(|known| *known != reply.epoch);
    // Without another epoch the server should never lack what it acknowledged; if it does, the outbox may not wedge.
    let lost_numbers = reply.stop == Some(Stop::Gap) && sent.first_n.is_some_and(|first| reply.next_n < first);
    let drop = reply.drop_streams.contains(&StreamName::U);
    let page = match reply.pull {
        Pull::Ok if !drop => reply.cursors.get(&StreamName::U),
        Pull::Ok | Pull::Upgrade => None,
    };
    let begins_pass = page.is_some() && (reply.reset.contains(&StreamName::U) || (cursor.is_none() && sweep.is_none()));
    let pass = if begins_pass {
        Some(Sweep { confirming: sweep.is_some_and(|sweep| sweep.confirming) && !new_history })
    } else {
        *sweep
    };
    Plan {
        reoffer: new_history || lost_numbers,
        drop,
        begins_pass,
        pass: pass.filter(|_| page.is_some()),
        last_page: page.is_some() && !reply.more,
        cursor: page.cloned(),
    }
}

/// Whether a full pass would take away so much that the server must say it twice.
pub fn is_mass_delete(n_gone: usize, n_all: usize) -> bool {
    n_gone > SWEEP_FREE_MAX && n_gone * 100 > n_all * SWEEP_FREE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::chance::Seeded;
    use shared::sync::MadeAt;
    use shared::time::Timestamp;

    fn sent(epoch: Option<&str>, cursor: Option<&str>, sweep: Option<Sweep>) -> Sent {
        let standing = Standing {
            device: DeviceId::new(Timestamp::EPOCH, &Seeded::new(1)),
            inc: 0,
            epoch: epoch.map(str::to_owned),
            cursor: cursor.map(str::to_owned),
            sweep,
        };
        Sent { req: "r".into(), standing, first_n: Some(5) }
    }

    fn reply(change: serde_json::Value) -> SyncReply {
        let mut whole = json!({
            "req": "r", "epoch": "e1", "server_time": "2026-03-02T09:00:00Z", "next_n": 5, "pull": "ok",
            "cursors": {"u": "c2"}, "poll_after_ms": 1
        });
        whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn another_epoch_offers_the_journal_again_and_the_first_one_does_not() {
        let plan = |epoch| meaning(&sent(epoch, Some("c1"), None), &reply(json!({})));
        assert!(!plan(None).reoffer && !plan(Some("e1")).reoffer);
        assert!(plan(Some("e0")).reoffer);
    }

    #[test]
    fn a_gap_below_what_was_acknowledged_offers_the_journal_again() {
        let plan = |next_n| meaning(&sent(Some("e1"), None, None), &reply(json!({"stop": "gap", "next_n": next_n})));
        assert!(plan(4).reoffer);
        assert!(!plan(5).reoffer, "only reordered");
    }

    #[test]
    fn a_pass_begins_by_reset_or_without_a_cursor_and_goes_on_until_the_last_page() {
        let plan = |cursor, sweep, change| meaning(&sent(Some("e1"), cursor, sweep), &reply(change));
        let going = Some(Sweep::default());
        assert!(plan(None, None, json!({})).begins_pass);
        assert!(plan(Some("c"), None, json!({"reset": ["u"]})).begins_pass);
        assert!(!plan(Some("c"), None, json!({})).begins_pass);
        let page = plan(Some("c"), going, json!({"more": true}));
        assert_eq!((page.begins_pass, page.pass, page.last_page), (false, going, false));
        let confirming = Some(Sweep { confirming: true });
        assert_eq!(plan(None, confirming, json!({"reset": ["u"]})).pass, confirming);
    }

    #[test]
    fn an_app_that_is_too_old_keeps_its_place() {
        let plan = meaning(&sent(Some("e1"), None, None), &reply(json!({"pull": "upgrade", "cursors": {}})));
        assert_eq!((plan.begins_pass, plan.last_page, plan.cursor), (false, false, None));
    }

    #[test]
    fn only_a_large_part_of_many_rows_is_asked_twice() {
        assert!(!is_mass_delete(20, 20));
        assert!(is_mass_delete(21, 21));
        assert!(!is_mass_delete(50, 100));
        assert!(is_mass_delete(51, 100));
    }

    #[test]
    fn a_request_holds_what_fits_and_never_nothing() {
        let t = MadeAt { wall: Timestamp::EPOCH, mono_ms: 0, boot: String::new() };
        let big = |n, bytes| Mutation {
            n,
            mid: "m".into(),
            v: 1,
            kind: "note.add".into(),
            ticket: None,
            t: t.clone(),
            args: json!({ "text": "x".repeat(bytes) }),
        };
        let sizes = |all: Vec<Mutation>, n_max| batch(all, n_max).len();
        assert_eq!(sizes((1..=300).map(|n| big(n, 10)).collect(), 1_000), PUSH_MUTATIONS_MAX);
        assert_eq!(sizes((1..=10).map(|n| big(n, 10)).collect(), 3), 3);
        assert_eq!(sizes((1..=3).map(|n| big(n, 100_000)).collect(), 200), 2);
        assert_eq!(sizes(vec![big(1, 300_000), big(2, 1)], 200), 1);
    }
}
