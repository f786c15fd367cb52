//! Where files are kept: a folder of this machine, a bucket that speaks S3, or memory for tests. The one place that
//! knows which. Everything is named by what it holds, so writing twice is writing once.

use super::Unkept;
use crate::config::Files;
use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long one file may take to be written or read.
const WHOLE_MAX: Duration = Duration::from_secs(20);

/// A store of files.
#[derive(Clone)]
pub(super) struct Shelf(Arc<dyn ObjectStore>);

impl Shelf {
    /// Opens it. A folder is made if it is not there.
    pub(super) fn open(files: &Files) -> Result<Self, String> {
        Ok(Self(match files {
            Files::Memory => Arc::new(InMemory::new()),
            Files::Folder(folder) => {
                let failed = |why: &dyn std::fmt::Display| format!("the folder for files, {}: {why}", folder.display());
                std::fs::create_dir_all(folder).map_err(|why| failed(&why))?;
                let local = LocalFileSystem::new_with_prefix(folder).map_err(|why| failed(&why))?;
                Arc::new(local.with_fsync(true))
            }
            Files::Bucket { url, prefix } => {
                let bucket = AmazonS3Builder::from_env().with_url(url).build();
                let bucket = bucket.map_err(|why| format!("SYSOPS_FILES_URL: the bucket cannot be used: {why}"))?;
                Arc::new(PrefixStore::new(bucket, Path::from(prefix.as_str())))
            }
        }))
    }

    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<(), Unkept> {
        within(self.0.put(&Path::from(key), PutPayload::from(bytes))).await.map(|_| ())
    }

    /// The whole of it; [`Unkept::Missing`] if it is not there.
    pub(super) async fn get(&self, key: &str) -> Result<Bytes, Unkept> {
        let path = Path::from(key);
        within(async { self.0.get(&path).await?.bytes().await }).await
    }

    /// Deletes it; what is not there is deleted already.
    pub(super) async fn delete(&self, key: &str) -> Result<(), Unkept> {
        match within(self.0.delete(&Path::from(key))).await {
            Ok(()) | Err(Unkept::Missing) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Deletes everything below a name.
    pub(super) async fn clear(&self, below: &str) -> Result<(), Unkept> {
        let path = Path::from(below);
        let mut found = self.0.list(Some(&path));
        while let Some(one) = within(async { found.next().await.transpose() }).await? {
            within(self.0.delete(&one.location)).await?;
        }
        Ok(())
    }
}

async fn within<T>(work: impl Future<Output = Result<T, object_store::Error>>) -> Result<T, Unkept> {
    match tokio::time::timeout(WHOLE_MAX, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(object_store::Error::NotFound { .. })) => Err(Unkept::Missing),
        Ok(Err(error)) => Err(Unkept::Down(error.to_string())),
        Err(_) => Err(Unkept::Down("the store of files took too long".to_owned())),
    }
}
