//! The emulator's file: what it once remembered, and a line for each change since, so that a call costs what it changes
//! and not what there is. No HTTP here, and no rule of Stripe's.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::books::Books;

/// How far the file may grow before it is written as a whole: to twice what it was then, and at least to so many bytes.
const GROWTH: u64 = 8 * 1024 * 1024;

/// The open file. Opening it changes nothing: a command may look at the books while a server keeps them.
pub struct Journal {
    path: PathBuf,
    file: File,
    /// How long it was when it was last written as a whole.
    whole: u64,
    /// How long it is.
    length: u64,
    /// Whether it ends in the middle of a line, so that it must be written as a whole before anything follows.
    torn: bool,
}

/// What a file says. Without one, nothing is remembered. A last line that a kill has cut off was never answered for,
/// and is left out; any other line that can't be read is an error: to begin anew would lose payments that the server
/// believes in.
pub fn read(path: &Path) -> anyhow::Result<Books> {
    match fs::read(path) {
        Ok(text) => books(&text),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Books::default()),
        Err(cause) => Err(cause.into()),
    }
}

fn books(text: &[u8]) -> anyhow::Result<Books> {
    let mut books = Books::default();
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(change) => books.follow(change),
            Err(_) if number > 0 && !line.ends_with(b"\n") => {}
            Err(cause) => return Err(cause).with_context(|| format!("line {}", number + 1)),
        }
    }
    Ok(books)
}

impl Journal {
    /// Reads a file and opens it for what comes.
    pub fn open(path: &Path) -> anyhow::Result<(Books, Self)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().create(true).append(true).open(path)?;
        let text = fs::read(path)?;
        let journal = Self {
            path: path.to_owned(),
            file,
            whole: 0,
            length: text.len() as u64,
            torn: !text.is_empty() && !text.ends_with(b"\n"),
        };
        Ok((books(&text)?, journal))
    }

    /// Writes everything in one step: a crash leaves the old file or the new one, never half of one.
    fn anew(path: &Path, books: &Books) -> anyhow::Result<Self> {
        let fresh = path.with_extension("tmp");
        let mut text = serde_json::to_vec(books)?;
        text.push(b'\n');
        fs::write(&fresh, &text)?;
        fs::rename(&fresh, path)?;
        let file = File::options().append(true).open(path)?;
        let length = text.len() as u64;
        Ok(Self { path: path.to_owned(), file, whole: length, length, torn: false })
    }

    /// Writes down what changed, before anybody is answered: a killed process loses nothing that it has said.
    pub fn note(&mut self, books: &mut Books) -> anyhow::Result<()> {
        let change = books.take_changes();
        if change.is_empty() {
            return Ok(());
        }
        if self.torn || self.length > GROWTH.max(2 * self.whole) {
            // Until it is written, what changed is in no file.
            self.torn = true;
            *self = Self::anew(&self.path, books)?;
            return Ok(());
        }
        let mut line = serde_json::to_vec(&change)?;
        line.push(b'\n');
        // Half a line may be there after a failure: then the next note writes everything.
        self.torn = true;
        self.file.write_all(&line)?;
        self.torn = false;
        self.length += line.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use serde_json::json;

    use super::{super::idempotency::Answer, *};

    fn keep(books: &mut Books, key: &str) {
        let answer = Answer { status: 200, body: json!({ "id": key }) };
        books.keys.keep(key, "a call".to_owned(), answer, 1_000);
    }

    fn knows(books: &mut Books, key: &str) -> bool {
        books.keys.find(key, "a call", 1_000).unwrap().is_some()
    }

    #[test]
    fn a_change_costs_a_line_and_not_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("books.json");
        let (mut books, mut journal) = Journal::open(&path).unwrap();
        let file = || fs::metadata(&path).unwrap();
        let (inode, mut last) = (file().ino(), 0);
        for n in 0..500 {
            keep(&mut books, &format!("key {n}"));
            journal.note(&mut books).unwrap();
            let size = file().len();
            assert!((1..200).contains(&(size - last)), "line {n} has {} bytes", size - last);
            last = size;
        }
        journal.note(&mut books).unwrap();
        assert_eq!((file().ino(), file().len()), (inode, last), "nothing changed, nothing is written");

        // Killed here: what was noted is known, and half a line at the end does no harm.
        File::options().append(true).open(&path).unwrap().write_all(b"{\"keys\":{\"ha").unwrap();
        let (mut again, mut journal) = Journal::open(&path).unwrap();
        assert!((0..500).all(|n| knows(&mut again, &format!("key {n}"))));
        keep(&mut again, "one more");
        journal.note(&mut again).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1, "it was torn, and begins anew");
        keep(&mut again, "and one");
        journal.note(&mut again).unwrap();
        let mut third = read(&path).unwrap();
        assert!(["key 499", "one more", "and one"].iter().all(|key| knows(&mut third, key)));
    }

    #[test]
    fn a_file_that_is_not_ours_is_not_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.json");
        for text in ["{ half", "{}\nrubbish\n{}\n"] {
            fs::write(&path, text).unwrap();
            assert!(Journal::open(&path).is_err(), "{text}");
        }
    }
}
