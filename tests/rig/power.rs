//! The disk that loses its power keeps what was waited for and may lose the rest, names and all.

use shared::chance::Seeded;
use std::collections::BTreeSet;
use std::path::Path;
use tests::power::disk::{Cut, Disk, During, Fate, Naming, Writing};

/// A call that began and ended with nothing between.
fn at(moment: usize) -> During {
    During { began: moment, ended: moment }
}

/// What is there after a cut: the names, and the bytes of the file `log`.
fn left(disk: &Disk, moment: usize, fate: Fate, seed: u64) -> (BTreeSet<String>, Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("left");
    disk.rebuild(&Cut { at: moment, fate, chance: Seeded::new(seed) }, &root).unwrap();
    let names = |path: &Path| {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    (names(&root), std::fs::read(root.join("log")).ok())
}

#[test]
fn a_cut_leaves_what_was_waited_for_and_perhaps_the_rest() {
    let mut disk = Disk::new();
    let log = disk.file();
    disk.named(Disk::ROOT, at(1), Naming::Added("log".into(), log));
    disk.written(log, at(2), Writing::Wrote(0, vec![1; 1_024]));
    disk.waited(log, at(3));
    disk.waited(Disk::ROOT, at(4));
    // Waited for while it was written is not waited for.
    disk.written(log, During { began: 5, ended: 7 }, Writing::Wrote(1_024, vec![2; 1_024]));
    disk.waited(log, During { began: 6, ended: 8 });

    let (names, bytes) = left(&disk, 4, Fate::AllLost, 0);
    assert!(names.is_empty() && bytes.is_none(), "the bytes were waited for, the name was not");
    assert_eq!(left(&disk, 9, Fate::AllLost, 0).1, Some(vec![1; 1_024]));
    assert_eq!(left(&disk, 9, Fate::AllKept, 0).1, Some([[1; 1_024], [2; 1_024]].concat()));
    let lengths: BTreeSet<usize> =
        (0..100).filter_map(|seed| left(&disk, 9, Fate::Mixed, seed).1).map(|bytes| bytes.len()).collect();
    assert_eq!(lengths, BTreeSet::from([1_024, 1_536, 2_048]), "not written, torn, whole");
}

#[test]
fn a_name_belongs_to_its_folder_until_that_was_waited_for() {
    let mut disk = Disk::new();
    let (log, fresh) = (disk.file(), disk.file());
    disk.named(Disk::ROOT, at(1), Naming::Added("log".into(), log));
    disk.waited(Disk::ROOT, at(2));
    disk.named(Disk::ROOT, at(3), Naming::Removed("log".into()));
    assert!(left(&disk, 4, Fate::AllLost, 0).0.contains("log"), "it is back");
    assert!(left(&disk, 4, Fate::AllKept, 0).0.is_empty());
    disk.named(Disk::ROOT, at(4), Naming::Added("new".into(), fresh));
    disk.named(Disk::ROOT, at(5), Naming::Renamed("new".into(), "log".into(), fresh));
    disk.waited(Disk::ROOT, at(6));
    assert_eq!(left(&disk, 7, Fate::AllLost, 0).0, BTreeSet::from(["log".to_owned()]));
}
