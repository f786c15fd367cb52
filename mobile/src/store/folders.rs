//! Folders that are still there after a power cut. To wait for a file is to wait for its bytes, not for its name: a new
//! folder whose name the disk does not have takes every file in it along, waited for or not. SQLite waits for the names
//! in the folder of its own file and for none above it.

use std::fs;
use std::io;
use std::path::Path;

/// Makes a folder with all that is missing above it, and waits until the disk has their names.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let n_missing = folder.ancestors().take_while(|above| !above.exists()).count();
    fs::create_dir_all(folder)?;
    // One at least: an earlier start that was killed here may have made it and not waited.
    for above in folder.ancestors().take(n_missing.max(1)).filter_map(Path::parent) {
        keep(above)?;
    }
    Ok(())
}

/// Waits until the disk has the names of what lies in a folder.
#[cfg(unix)]
pub(super) fn keep(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        // What lies above the app's own folders may be closed to it, and was there before the app was; some disks know
        // no such wait. SQLite goes on then as well.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        kept => kept,
    }
}

/// Elsewhere a folder cannot be waited for.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "fails on the others")]
pub(super) fn keep(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_with_what_is_missing_above_it_and_may_be_there_already() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("experts").join("ana");
        make(&deep).unwrap();
        make(&deep).unwrap();
        assert!(deep.is_dir());
        fs::write(root.path().join("file"), "").unwrap();
        assert!(make(&root.path().join("file").join("below")).is_err());
    }
}
