//! Files: bytes under keys of our own, in a folder or in an S3 bucket. Who may see a file is not decided here.

#[cfg(test)]
mod s3_stand_in;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use bytes::Bytes;
use object_store::{
    Attribute, Attributes, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    memory::InMemory,
    path::Path as StorePath,
    prefix::PrefixStore,
};

/// What a file may be, by the ending of its key. Nothing that a browser would run.
const KINDS: [(&str, &str); 6] = [
    ("jpg", "image/jpeg"),
    ("pdf", "application/pdf"),
    ("csv", "text/csv; charset=utf-8"),
    ("json", "application/json"),
    ("txt", "text/plain; charset=utf-8"),
    ("zip", "application/zip"),
];

/// The name of a file, which we made: `photos/8f3…-960.jpg`. Lower-case letters, digits, `-`, `_` and `.` in
/// segments parted by `/`, at most 200 bytes, with an ending that says what it is; never a way out of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileKey {
    text: String,
    content_type: &'static str,
}

/// The text can't be a file's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a file's key")]
pub struct NotAKey;

impl FileKey {
    /// Checks the key.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAKey> {
        let text = text.into();
        let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        // A segment that begins with a dot is `.`, `..` or hidden.
        let good =
            |segment: &str| !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(plain);
        if text.len() > 200 || !text.split('/').all(good) {
            return Err(NotAKey);
        }
        let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
        let (_, content_type) = *KINDS.iter().find(|(known, _)| *known == ending).ok_or(NotAKey)?;
        Ok(Self { text, content_type })
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The media type that its ending stands for.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A file as it was stored.
#[derive(Debug, Clone)]
pub struct File {
    /// All of it: files are small here, a few megabytes at most.
    pub bytes: Bytes,
    /// What the key's ending stands for.
    pub content_type: &'static str,
    /// Changes with the content, where the store has such a tag; without the quotes that HTTP puts around it.
    pub etag: Option<String>,
}

/// Where files are. Clones share it.
#[derive(Debug, Clone)]
pub struct Files {
    /// object_store is the door here, so there is no enum of our own.
    store: Arc<dyn ObjectStore>,
    /// S3 keeps a content type, folders can't.
    keeps_attributes: bool,
}

impl Files {
    /// Opens `file:` (the folder `files` in `data_dir`), `file:<folder>`, `memory:` or `s3://bucket/prefix`. For S3,
    /// `aws` has the usual settings by their environment names (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_REGION`, `AWS_ENDPOINT`, …); names that it doesn't know are passed over. An endpoint may be plain `http:`
    /// when it says so.
    pub fn open(url: &str, data_dir: &Path, aws: &[(String, String)]) -> anyhow::Result<Self> {
        if let Some(folder) = super::folder(url, data_dir.join("files")) {
            std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
            let store = LocalFileSystem::new_with_prefix(folder)?;
            return Ok(Self { store: Arc::new(store), keeps_attributes: false });
        }
        let store: Arc<dyn ObjectStore> = match url.strip_prefix("s3://") {
            Some(place) => open_s3(place, aws)?,
            None if url == "memory:" => Arc::new(InMemory::new()),
            None => bail!("there are no files behind {}:", super::scheme(url)),
        };
        Ok(Self { store, keeps_attributes: true })
    }

    /// Stores the file whole or not at all, in place of one that was there.
    pub async fn put(&self, key: &FileKey, bytes: Bytes) -> anyhow::Result<()> {
        let mut options = PutOptions::default();
        if self.keeps_attributes {
            options.attributes = Attributes::from_iter([(Attribute::ContentType, key.content_type)]);
        }
        self.store.put_opts(&path(key), bytes.into(), options).await.context("can't store a file")?;
        Ok(())
    }

    /// The file, if there is one.
    pub async fn get(&self, key: &FileKey) -> anyhow::Result<Option<File>> {
        let found = match self.store.get(&path(key)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.context("can't read a file")?,
        };
        let etag = found.meta.e_tag.as_ref().map(|tag| tag.trim_matches('"').to_owned());
        let bytes = found.bytes().await.context("can't read a file")?;
        Ok(Some(File { bytes, content_type: key.content_type, etag }))
    }

    /// Removes the file; that there was none is no error.
    pub async fn delete(&self, key: &FileKey) -> anyhow::Result<()> {
        match self.store.delete(&path(key)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            done => done.context("can't delete a file"),
        }
    }
}

fn path(key: &FileKey) -> StorePath {
    StorePath::from(key.as_str())
}

fn open_s3(place: &str, aws: &[(String, String)]) -> anyhow::Result<Arc<dyn ObjectStore>> {
    super::use_ring_for_tls();
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let options = ClientOptions::new()
        .with_timeout(Duration::from_secs(20))
        .with_connect_timeout(Duration::from_secs(5));
    let retry =
        RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_client_options(options)
        .with_retry(retry)
        // Deleting in bulk is more than some S3-like stores can, and we delete one by one.
        .with_disable_bulk_delete(true);
    for (name, value) in aws {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        builder = builder.with_allow_http(true);
    }
    let prefix = StorePath::parse(prefix).context("the prefix in the S3 URL")?;
    Ok(Arc::new(PrefixStore::new(builder.build().context("the S3 settings")?, prefix)))
}

#[cfg(test)]
mod tests {
    use super::{s3_stand_in::S3StandIn, *};

    fn key(text: &str) -> FileKey {
        FileKey::new(text).unwrap()
    }

    async fn keeps_the_contract(files: &Files) {
        let photo = key("photos/ab-1_2/x-960.jpg");
        assert!(files.get(&photo).await.unwrap().is_none());
        files.delete(&photo).await.unwrap();

        files.put(&photo, Bytes::from_static(b"\xff\xd8 one")).await.unwrap();
        let first = files.get(&photo).await.unwrap().unwrap();
        assert_eq!((&first.bytes[..], first.content_type), (&b"\xff\xd8 one"[..], "image/jpeg"));
        assert!(first.etag.is_some_and(|tag| !tag.contains('"')));

        files.put(&photo, "another".into()).await.unwrap();
        assert_eq!(files.get(&photo).await.unwrap().unwrap().bytes, "another");
        let other = key("photos/ab-1_2/x.json");
        files.put(&other, "{}".into()).await.unwrap();
        assert_eq!(files.get(&other).await.unwrap().unwrap().content_type, "application/json");

        files.delete(&photo).await.unwrap();
        assert!(files.get(&photo).await.unwrap().is_none());
        assert_eq!(files.get(&other).await.unwrap().unwrap().bytes, "{}");
    }

    #[tokio::test]
    async fn in_memory_it_keeps_the_contract() {
        keeps_the_contract(&Files::open("memory:", Path::new("."), &[]).unwrap()).await;
    }

    #[tokio::test]
    async fn in_a_folder_it_keeps_the_contract() {
        let home = tempfile::tempdir().unwrap();
        let files = Files::open("file:", home.path(), &[]).unwrap();
        keeps_the_contract(&files).await;
        assert!(home.path().join("files/photos/ab-1_2/x.json").is_file());
        let elsewhere = format!("file://{}", home.path().join("else/where").display());
        keeps_the_contract(&Files::open(&elsewhere, Path::new("."), &[]).unwrap()).await;
    }

    #[tokio::test]
    async fn in_s3_it_keeps_the_contract() {
        let s3 = S3StandIn::start().await;
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let aws = [
            setting("AWS_ENDPOINT", &s3.url),
            setting("AWS_ACCESS_KEY_ID", "key"),
            setting("AWS_SECRET_ACCESS_KEY", "secret"),
            setting("AWS_PROFILE", "none of ours"),
        ];
        let files = Files::open("s3://bucket/some/place", Path::new("."), &aws).unwrap();
        keeps_the_contract(&files).await;
        let kept = s3.kept();
        assert_eq!(kept, [("/bucket/some/place/photos/ab-1_2/x.json".into(), "application/json".into())]);
        keeps_the_contract(&Files::open("s3://bucket", Path::new("."), &aws).unwrap()).await;
    }

    #[tokio::test]
    async fn a_store_that_refuses_us_is_an_error_and_no_missing_file() {
        let s3 = S3StandIn::start().await;
        let aws = [
            ("AWS_ENDPOINT".to_owned(), s3.url.clone()),
            ("AWS_SKIP_SIGNATURE".to_owned(), "true".to_owned()),
        ];
        let files = Files::open("s3://bucket", Path::new("."), &aws).unwrap();
        assert!(files.get(&key("a.txt")).await.is_err());
        assert!(files.put(&key("a.txt"), "a".into()).await.is_err());
    }

    #[test]
    fn keys_are_checked() {
        for text in ["a.jpg", "photos/lst_1/a-b_c.960.jpg", "0.zip"] {
            assert!(FileKey::new(text).is_ok(), "{text}");
        }
        let long = format!("{}.jpg", "a".repeat(197));
        for text in [
            "",
            "a",
            "a.exe",
            "a.html",
            "a.svg",
            "/a.jpg",
            "a//b.jpg",
            "../a.jpg",
            "a/../b.jpg",
            "a/.b.jpg",
            ".jpg",
            "A.jpg",
            "a b.jpg",
            "a\\b.jpg",
            "a%2e.jpg",
            "ä.jpg",
            "a.jpg/",
            "a.jpg\0",
            &long,
        ] {
            assert!(FileKey::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        assert!(Files::open("ftp://host/x", Path::new("."), &[]).is_err());
    }
}
