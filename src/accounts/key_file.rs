//! The sandbox's own keys: made at the first start, kept beside the data. Production never comes here.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Keys;

const NAME: &str = "keys.json";

/// The file's content, each text as the setting of that name would have it.
#[derive(Serialize, Deserialize)]
pub struct KeyFile {
    pub jwt_keys: String,
    pub data_keys: String,
}

/// The kept keys; new ones where there are none yet. Two servers that start at once get the same.
pub fn read_or_make(data_dir: &Path) -> anyhow::Result<KeyFile> {
    let path = data_dir.join(NAME);
    if !path.exists() {
        fs::create_dir_all(data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
        make(data_dir).with_context(|| format!("cannot keep keys in {}", path.display()))?;
    }
    let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // serde's message could repeat a piece of a key.
    serde_json::from_slice(&content).map_err(|_| anyhow::anyhow!("{} is not a file of keys", path.display()))
}

/// Writes a whole file under another name and links it to its own: the name appears with all of its content, and
/// only for the first who tries.
fn make(data_dir: &Path) -> anyhow::Result<()> {
    let key = || Keys::make("sandbox");
    let content = serde_json::to_vec_pretty(&KeyFile { jwt_keys: key(), data_keys: key() })?;
    let draft = data_dir.join(format!(".{NAME}.{}", Uuid::now_v7().simple()));
    let linked = write_new(&draft, &content).and_then(|()| fs::hard_link(&draft, data_dir.join(NAME)));
    fs::remove_file(&draft).ok();
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a file that only its owner may read.
fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
