//! The knowledge on the phone survives what may happen to a file, follows the stream, and is found as people type.

use super::*;
use serde_json::json;
use shared::chance::Seeded;
use shared::time::Timestamp;

fn id(number: u64) -> ArticleId {
    ArticleId::new(Timestamp::from_millis(i64::try_from(number).unwrap()), &Seeded::new(number))
}

fn put_of(number: u64, title: &str) -> Patch {
    let text = json!({ "title": title, "problem": "It is so.", "steps": "Restart it." });
    let doc = json!({ "id": id(number), "ver": 1, "text": text, "author": "Ana", "changed_at": Timestamp::EPOCH });
    Patch { s: StreamName::Kb, kind: "article".into(), id: id(number).to_string(), change: Change::Put { ver: 1, doc } }
}

fn synonyms(body: &str) -> Patch {
    let change = Change::Put { ver: 2, doc: json!({ "ver": 1, "body": body }) };
    Patch { s: StreamName::Kb, kind: "synonyms".into(), id: "main".into(), change }
}

fn reply(patch: &[Patch], more: &serde_json::Value) -> SyncReply {
    let mut reply = json!({ "req": "r", "epoch": "e", "server_time": Timestamp::EPOCH, "next_n": 1, "pull": "ok",
        "poll_after_ms": 1, "patch": patch });
    reply.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(reply).unwrap()
}

fn titles(kb: &Kb, text: &str) -> Vec<String> {
    let asked = Asked { text: text.into(), limit: 5, ..Asked::default() };
    kb.search(&asked).unwrap().into_iter().map(|doc| doc.text.title.to_string()).collect()
}

fn filled(folder: &Path) -> Kb {
    let mut kb = Kb::open(folder).unwrap();
    kb.begin().unwrap();
    kb.read_in(&[put_of(1, "Television has no sound"), put_of(2, "Router blinks red")]).unwrap();
    kb.read_in(&[synonyms("tv = television")]).unwrap();
    kb.finish("c1").unwrap();
    kb
}

#[test]
fn a_snapshot_takes_its_place_whole_and_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let kb = Kb::open(folder.path()).unwrap();
    assert_eq!(kb.cursor().unwrap().as_deref(), Some("c1"));
    assert_eq!(kb.status().unwrap(), KbStatus { n_articles: 2, is_there: true, is_evicted: false });
    assert_eq!(titles(&kb, "televsion sound"), ["Television has no sound"], "typing errors");
    assert_eq!(titles(&kb, "tv"), ["Television has no sound"], "words that mean the same");
    assert_eq!(titles(&kb, "rout"), ["Router blinks red"], "still being typed");
    assert_eq!(titles(&kb, "zzz"), [] as [&str; 0]);
    assert_eq!(kb.article(id(2)).unwrap().unwrap().text.title.as_str(), "Router blinks red");
}

#[test]
fn a_snapshot_that_was_cut_off_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut kb = filled(folder.path());
    kb.begin().unwrap();
    kb.read_in(&[put_of(3, "Printer jam")]).unwrap();
    drop(kb);
    let kb = Kb::open(folder.path()).unwrap();
    assert_eq!((titles(&kb, "router").len(), titles(&kb, "printer").len()), (1, 0));
}

#[test]
fn the_stream_changes_takes_away_and_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut kb = filled(folder.path());
    let del = Patch { change: Change::GONE, ..put_of(1, "x") };
    let page = reply(&[put_of(2, "Modem blinks red"), del], &json!({ "cursors": { "kb": "c2" } }));
    assert!(kb.take(&page).unwrap());
    assert_eq!(kb.cursor().unwrap().as_deref(), Some("c2"));
    assert_eq!((titles(&kb, "router").len(), titles(&kb, "modem").len(), titles(&kb, "sound").len()), (0, 1, 0));
    assert!(!kb.take(&reply(&[], &json!({ "cursors": { "u": "c9" } }))).unwrap(), "about his tickets only");
    assert!(kb.take(&reply(&[], &json!({ "reset": ["kb"] }))).unwrap());
    assert_eq!((kb.cursor().unwrap(), titles(&kb, "modem").len()), (None, 1), "readable until the next snapshot");
    kb.take(&reply(&[], &json!({ "drop_streams": ["kb"] }))).unwrap();
    assert_eq!(kb.status().unwrap(), KbStatus::default());
}

#[test]
fn a_damaged_file_is_thrown_away_and_the_experts_work_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    fs::write(folder.path().join(FILE), "this is no database, and long enough to be taken for a page of one").unwrap();
    let kb = Kb::open(folder.path()).unwrap();
    assert_eq!(kb.status().unwrap(), KbStatus::default());
}
