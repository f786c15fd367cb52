//! Lists the server's migrations for `db::migrations`, because a new file alone would not rebuild the crate that
//! embeds it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../migrations/server");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("migrations/server is part of the workspace")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    paths.sort();
    let mut list = String::from("const FILES: &[(i64, &str, &str)] = &[\n");
    let mut newest = 0;
    for path in &paths {
        println!("cargo:rerun-if-changed={}", path.display());
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("migration names are plain ASCII");
        let (number, name) = stem.split_once('_').expect("migrations are called NNNN_name.sql");
        let number: i64 = number.parse().expect("a migration's name begins with its number");
        assert!(number > newest, "two migrations have the number {number}: give the later one the next free number");
        newest = number;
        let path = path.canonicalize().expect("the file is there");
        let path = path.to_str().expect("the workspace lies in a folder with a plain name");
        writeln!(list, "    ({number}, {name:?}, include_str!({path:?})),").expect("writing to a string works");
    }
    list.push_str("];\n");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(out, list).expect("the build folder can be written");
}
