//! Lists the phone's migrations for `store::migrations`, because a new file alone would not rebuild the crate that
//! embeds it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../migrations/device");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("migrations/device is part of the workspace")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    paths.sort();
    let mut list = String::from("const FILES: &[&str] = &[\n");
    for (place, path) in paths.iter().enumerate() {
        println!("cargo:rerun-if-changed={}", path.display());
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("migration names are plain ASCII");
        let (number, _) = stem.split_once('_').expect("migrations are called NNNN_name.sql");
        // `pragma user_version` is the number of files applied, so there may be no gap.
        assert_eq!(number.parse(), Ok(place + 1), "migrations are numbered 1, 2, 3 …: {stem}");
        let path = path.canonicalize().expect("the file is there").display().to_string();
        writeln!(list, "    include_str!({path:?}),").expect("writing to a string works");
    }
    list.push_str("];\n");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(out, list).expect("the build folder can be written");
}
