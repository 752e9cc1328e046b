//! The one guard that every document passes: over HTTP, WebSocket, events, and the stored ones. No schema, no cost.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Positioned,
    parser::{
        Error, parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};
use axum::http::StatusCode;
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{
    code::{Code, Refusal},
    limits::Limits,
    shape, tokens,
};

/// A document that passed the guard: small, without circles, cheap to walk. Only [`Documents`] makes one.
#[derive(Debug)]
pub struct Document {
    text: Arc<str>,
    parsed: ExecutableDocument,
}

impl Document {
    /// What the client wrote.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn parsed(&self) -> &ExecutableDocument {
        &self.parsed
    }

    /// The operation with this name, or the only one.
    pub fn operation(&self, name: Option<&str>) -> Result<&Positioned<OperationDefinition>, Refusal> {
        let unknown = |name: &str| format!("There is no operation named \"{name}\" in the document.");
        match (&self.parsed.operations, name) {
            (DocumentOperations::Single(only), None) => Ok(only),
            (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
            (DocumentOperations::Multiple(named), Some(name)) => named.get(name).ok_or_else(|| unknown(name)),
            (DocumentOperations::Multiple(named), None) => match named.values().next() {
                Some(only) if named.len() == 1 => Ok(only),
                _ => Err("The document has several operations: name one by operationName.".to_owned()),
            },
        }
        .map_err(|message| Refusal::new(Code::BadUserInput, message))
    }
}

/// SHA-256 of a document's text.
type Hash = [u8; 32];

/// The guard with its memory: documents that were checked before are neither scanned nor parsed again.
#[derive(Debug)]
pub struct Documents {
    limits: Limits,
    checked: Cache<Arc<str>, Arc<Document>>,
    /// What clients registered by automatic persisted queries.
    by_hash: Cache<Hash, Arc<Document>>,
    /// What was registered at start.
    trusted: HashMap<Hash, Arc<Document>>,
}

impl Documents {
    /// A guard that remembers nothing yet.
    pub fn new(limits: &Limits) -> Self {
        // A parsed document takes about ten times the memory of its text.
        let weigh = |document: &Arc<Document>| u32::try_from(document.text.len() * 10).unwrap_or(u32::MAX);
        let most = limits.cached_document_bytes / 2;
        Self {
            limits: limits.clone(),
            checked: Cache::builder().max_capacity(most).weigher(move |_, document| weigh(document)).build(),
            by_hash: Cache::builder().max_capacity(most).weigher(move |_, document| weigh(document)).build(),
            trusted: HashMap::new(),
        }
    }

    /// Registers a document of our own, by its hash; with `trusted_only`, no other is executed.
    pub fn trust(&mut self, hash: &str, text: &str) -> Result<(), Refusal> {
        let document = self.check(text)?;
        if read_hash(hash)? != hash_of(text) {
            return Err(Refusal::malformed("The hash is not that of the document."));
        }
        self.trusted.insert(hash_of(text), document);
        Ok(())
    }

    /// Checks and parses a document, or refuses it.
    pub fn check(&self, text: &str) -> Result<Arc<Document>, Refusal> {
        if let Some(known) = self.checked.get(text) {
            return Ok(known);
        }
        tokens::scan(text, &self.limits)?;
        let parsed = parse_query(text).map_err(|error| unparsable(&error))?;
        shape::judge(&parsed, &self.limits)?;
        let document = Arc::new(Document { text: text.into(), parsed });
        self.checked.insert(Arc::clone(&document.text), Arc::clone(&document));
        Ok(document)
    }

    /// Whether a document is known by its hash.
    pub fn knows(&self, hash: &str) -> bool {
        read_hash(hash).is_ok_and(|hash| self.trusted.contains_key(&hash) || self.by_hash.contains_key(&hash))
    }

    /// Finds the document that a client means: by its text, by its hash (hexadecimal SHA-256), or by both, which
    /// registers it.
    pub fn find(&self, text: Option<&str>, hash: Option<&str>) -> Result<Arc<Document>, Refusal> {
        let hash = hash.map(read_hash).transpose()?;
        match (text, hash) {
            (None, None) => Err(Refusal::malformed("There is no query.")),
            (None, Some(hash)) => self
                .trusted
                .get(&hash)
                .cloned()
                .or_else(|| self.by_hash.get(&hash).filter(|_| !self.limits.trusted_only))
                // Clients compare this very message.
                .ok_or_else(|| Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")),
            (Some(text), None) if !self.limits.trusted_only => self.check(text),
            (Some(text), hash) => {
                let is = hash_of(text);
                if hash.is_some_and(|said| said != is) {
                    return Err(Refusal::malformed("The hash is not that of the query."));
                }
                if self.limits.trusted_only {
                    return self.trusted.get(&is).cloned().ok_or_else(|| {
                        let message = "This server executes only the documents that it knows.";
                        Refusal::new(Code::Forbidden, message).with_status(StatusCode::FORBIDDEN)
                    });
                }
                let document = self.check(text)?;
                self.by_hash.insert(is, Arc::clone(&document));
                Ok(document)
            }
        }
    }
}

fn hash_of(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn read_hash(text: &str) -> Result<Hash, Refusal> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash)
        .map_err(|_| Refusal::malformed("sha256Hash is not a SHA-256 in hexadecimal."))?;
    Ok(hash)
}

/// The parser draws a picture of the line; its last line says what was expected.
fn unparsable(error: &Error) -> Refusal {
    let message = error.to_string();
    let expected = message.rsplit("= ").next().unwrap_or(&message).trim();
    Refusal {
        locations: error.positions().collect(),
        ..Refusal::new(Code::ParseFailed, format!("Syntax error: {expected}."))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> Option<Code> {
        Documents::new(&Limits::default()).check(text).err().map(|refusal| refusal.code)
    }

    #[test]
    fn brackets_that_would_overflow_the_stack_are_refused() {
        assert_eq!(refused(&format!("{{a(x:{}", "[".repeat(2_000))), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:{}", "{a:".repeat(2_000))), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:{}1{})}}", "[".repeat(30), "]".repeat(30))), None);
    }

    #[test]
    fn a_fragment_bomb_is_cheap_to_refuse() {
        let mut bomb = "{...f0}".to_owned();
        for level in 0..25 {
            let next = level + 1;
            bomb.push_str(&format!("fragment f{level} on Query{{...f{next} ...f{next}}}"));
        }
        bomb.push_str("fragment f25 on Query{a}");
        assert!(bomb.len() < 1_024);
        assert_eq!(refused(&bomb), Some(Code::QueryLimitExceeded));
        // Nor does it help not to use it.
        assert_eq!(refused(&bomb.replacen("{...f0}", "{a}", 1)), Some(Code::QueryLimitExceeded));
    }

    #[test]
    fn fragments_must_not_run_in_circles() {
        assert_eq!(
            refused("{...a} fragment a on Query{...b} fragment b on Query{...a}"),
            Some(Code::ValidationFailed)
        );
        assert_eq!(refused("{x} fragment a on Query{y{...a}}"), Some(Code::ValidationFailed));
    }

    #[test]
    fn the_shape_is_counted_through_fragments() {
        assert_eq!(refused(&format!("{}a{}", "{a".repeat(14), "}".repeat(14)).replace("aa", "a{a}")), None);
        assert_eq!(
            refused(&format!("{}{}", "{a".repeat(16), "}".repeat(16))),
            Some(Code::QueryLimitExceeded)
        );
        let deep = format!("{{...f}} fragment f on Query {}{}", "{a".repeat(16), "}".repeat(16));
        assert_eq!(refused(&deep), Some(Code::QueryLimitExceeded));

        let aliases = |n: usize| (0..n).map(|i| format!("a{i}:a ")).collect::<String>();
        assert_eq!(refused(&format!("{{q{{{}}}}}", aliases(20))), None);
        assert_eq!(refused(&format!("{{q{{{}}}}}", aliases(21))), Some(Code::QueryLimitExceeded));
        let twice = format!("{{q{{...f}} r{{...f}}}} fragment f on Q{{{}}}", aliases(11));
        assert_eq!(refused(&twice), Some(Code::QueryLimitExceeded));

        assert_eq!(refused("subscription{a}"), None);
        assert_eq!(refused("subscription{a b}"), Some(Code::QueryLimitExceeded));
        assert_eq!(refused("{a b c d e f g h i j}"), None);
        assert_eq!(refused("{a b c d e f g h i j k}"), Some(Code::QueryLimitExceeded));
        assert_eq!(refused("mutation{a b c d}"), None);
        assert_eq!(
            refused("mutation{a b c ...f} fragment f on Mutation{d e}"),
            Some(Code::QueryLimitExceeded)
        );
        assert_eq!(refused("mutation{signIn updateProfile}"), None);
        assert_eq!(refused("mutation{signIn b:signIn}"), Some(Code::QueryLimitExceeded));
        assert_eq!(refused("mutation{signIn ...{signUp}}"), Some(Code::QueryLimitExceeded));
        let spread = "mutation{...f ...f} fragment f on Mutation{requestPasswordReset}";
        assert_eq!(refused(spread), Some(Code::QueryLimitExceeded));
    }

    #[test]
    fn inputs_and_introspection_are_bounded() {
        let long = |n: usize| format!("{{a(x:{{y:[{}]}})}}", "1 ".repeat(n));
        assert_eq!(refused(&long(250)), None);
        assert_eq!(refused(&long(251)), Some(Code::BadUserInput));
        let default = |n: usize| format!("query($x:[Int]=[{}]){{a(x:$x)}}", "1 ".repeat(n));
        assert_eq!((refused(&default(250)), refused(&default(251))), (None, Some(Code::BadUserInput)));
        let directive = format!("{{a @skip(if:[{}])}}", "1 ".repeat(251));
        assert_eq!(refused(&directive), Some(Code::BadUserInput));
        assert_eq!(refused("{__schema{types{fields{type{name}} inputFields{name}}}}"), None);
        let circle = "{__schema{types{fields{type{...t}}}}} fragment t on __Type{fields{name}}";
        assert_eq!(refused(circle), Some(Code::QueryLimitExceeded));
    }

    #[test]
    fn where_nobody_may_explore_introspection_is_refused_and_says_so() {
        let documents = Documents::new(&Limits { explore: false, ..Limits::default() });
        for text in [
            "{__schema{types{name}}}",
            "{a:__type(name:\"A\"){name}}",
            "{...f} fragment f on Query{__schema{types{name}}}",
        ] {
            let refusal = documents.check(text).unwrap_err();
            assert!(
                refusal.code == Code::ValidationFailed && refusal.message.contains("introspection is off")
            );
        }
        assert!(documents.check("{__typename}").is_ok());
    }

    #[test]
    fn a_document_is_found_by_its_hash_once_it_was_sent() {
        let documents = Documents::new(&Limits::default());
        let hash = hex::encode(hash_of("{a}"));
        let code =
            |result: Result<_, Refusal>| result.map(|_: Arc<Document>| ()).map_err(|refusal| refusal.code);
        assert_eq!(code(documents.find(None, Some(&hash))), Err(Code::PersistedQueryNotFound));
        assert_eq!(code(documents.find(Some("{b}"), Some(&hash))), Err(Code::BadUserInput));
        assert_eq!(code(documents.find(None, Some("zz"))), Err(Code::BadUserInput));
        assert_eq!(code(documents.find(None, None)), Err(Code::BadUserInput));
        assert_eq!(code(documents.find(Some("{a}"), Some(&hash))), Ok(()));
        assert_eq!(documents.find(None, Some(&hash)).unwrap().text(), "{a}");
    }

    #[test]
    fn only_trusted_documents_if_so_set() {
        let mut documents = Documents::new(&Limits { trusted_only: true, ..Limits::default() });
        let hash = hex::encode(hash_of("{a}"));
        assert!(documents.trust(&hash, "{b}").is_err());
        documents.trust(&hash, "{a}").unwrap();
        assert!(documents.find(Some("{a}"), None).is_ok());
        assert!(documents.find(None, Some(&hash)).is_ok());
        assert_eq!(documents.find(Some("{b}"), None).unwrap_err().code, Code::Forbidden);
        let other = hex::encode(hash_of("{b}"));
        assert_eq!(documents.find(Some("{b}"), Some(&other)).unwrap_err().code, Code::Forbidden);
        assert_eq!(documents.find(None, Some(&other)).unwrap_err().code, Code::PersistedQueryNotFound);
    }

    #[test]
    fn operations_are_found_by_name() {
        let documents = Documents::new(&Limits::default());
        let several = documents.check("query A{a} mutation B{b}").unwrap();
        assert!(several.operation(Some("B")).is_ok());
        assert_eq!(several.operation(None).unwrap_err().code, Code::BadUserInput);
        assert_eq!(several.operation(Some("C")).unwrap_err().code, Code::BadUserInput);
        let one = documents.check("query A{a}").unwrap();
        assert!(one.operation(None).is_ok());
    }

    #[test]
    fn syntax_errors_say_where_and_what() {
        let refusal = Documents::new(&Limits::default()).check("{").unwrap_err();
        assert_eq!(refusal.code, Code::ParseFailed);
        assert_eq!(refusal.message, "Syntax error: expected selection.");
        assert_eq!((refusal.locations[0].line, refusal.locations[0].column), (1, 2));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", likely in "[{}()\\[\\]:$@!.\"#\\\\ a-c1,\\n|&=-]{0,120}") {
            for text in [text, likely] {
                drop(Documents::new(&Limits::default()).check(&text));
            }
        }
    }
}
