//! The parameters of a call: form-encoded, with Stripe's brackets. No knowledge of any endpoint here.

use std::collections::BTreeMap;

use super::errors::ApiError;

/// Parameters that have others inside, and which. `[*]` is any name, and any place in a list.
const INSIDE: &[(&str, &[&str])] = &[
    ("automatic_payment_methods", &["[enabled]", "[allow_redirects]"]),
    ("capabilities", &["[transfers][requested]"]),
    ("created", &["[gt]", "[gte]", "[lt]", "[lte]"]),
    ("evidence", &["[uncategorized_text]"]),
    ("expand", &["[*]"]),
    ("metadata", &["[*]"]),
    ("payment_method_types", &["[*]"]),
];

/// Whether a parameter has something like this inside, whatever its own name.
fn is_known_inside(name: &str) -> bool {
    let Some(at) = name.find('[') else { return true };
    let (top, inner) = name.split_at(at);
    let fits = |known: &str| known == inner || (known == "[*]" && inner.matches('[').count() == 1);
    INSIDE.iter().any(|(of, all)| *of == top && all.iter().any(|known| fits(known)))
}

/// Names with their brackets (`metadata[booking]`, `expand[0]`) and values, sorted by name.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a body or a query.
    pub fn parse(encoded: &[u8]) -> Self {
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(encoded).into_owned().collect();
        // A stable sort: the order of `expand[]` stays, and the same call always looks the same.
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Self(pairs)
    }

    /// One text for the whole set, whatever order it came in: what an idempotency key is tied to.
    pub fn fingerprint(&self) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.0);
        text.finish()
    }

    /// Refuses what Stripe would not know.
    pub fn only(&self, allowed: &[&str]) -> Result<(), ApiError> {
        for (name, _) in &self.0 {
            let top = name.split('[').next().unwrap_or(name);
            if (top != "expand" && !allowed.contains(&top)) || !is_known_inside(name) {
                let message = format!("Received unknown parameter: {name}");
                return Err(ApiError::parameter(name, Some("parameter_unknown"), message));
            }
        }
        Ok(())
    }

    /// A value; an empty one counts as none, as Stripe has it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }

    /// A value that must be there.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            ApiError::parameter(name, Some("parameter_missing"), format!("Missing required param: {name}."))
        })
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = || {
            let message = format!("Invalid integer: {text}");
            ApiError::parameter(name, Some("parameter_invalid_integer"), message)
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.choice(name, &["true", "false"])? {
            Some(text) => Ok(Some(text == "true")),
            None => Ok(None),
        }
    }

    /// One of a few words.
    pub fn choice(&self, name: &str, words: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.text(name) {
            Some(text) if !words.contains(&text) => {
                let message = format!("Invalid {name}: must be one of {}", words.join(", "));
                Err(ApiError::parameter(name, None, message))
            }
            text => Ok(text),
        }
    }

    /// All values of a list (`name[]`, `name[0]`).
    pub fn many(&self, name: &str) -> Vec<&str> {
        self.inside(name).map(|(_, value)| value).collect()
    }

    /// `metadata[…]`, within Stripe's limits.
    pub fn metadata(&self) -> Result<BTreeMap<String, String>, ApiError> {
        let pairs: BTreeMap<String, String> = self
            .inside("metadata")
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let fits =
            |(key, value): (&String, &String)| key.chars().count() <= 40 && value.chars().count() <= 500;
        if pairs.len() > 50 || !pairs.iter().all(fits) {
            let message = "Metadata can have up to 50 keys of up to 40 characters, with values of up to 500.";
            return Err(ApiError::parameter("metadata", None, message));
        }
        Ok(pairs)
    }

    /// What is inside the brackets of `name[…]`, and the value.
    fn inside<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(full, value)| {
            let inner = full.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            Some((inner, value.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_lists_and_limits() {
        let params = Params::parse(b"metadata%5Bb%5D=2&amount=10&metadata[a]=1&expand[]=x&expand[]=y&empty=");
        assert_eq!(params.integer("amount").unwrap(), Some(10));
        assert_eq!(
            params.metadata().unwrap(),
            [("a", "1"), ("b", "2")].map(|(k, v)| (k.into(), v.into())).into()
        );
        assert_eq!(params.many("expand"), ["x", "y"]);
        assert_eq!(params.text("empty"), None);
        assert!(params.required("empty").is_err() && params.only(&["amount", "metadata"]).is_err());
        assert!(params.only(&["amount", "metadata", "empty"]).is_ok());
        for (form, is_known) in [
            ("created[gte]=1", true),
            ("created[around]=1", false),
            ("amount[0]=1", false),
            ("metadata[a][b]=1", false),
            ("capabilities[transfers][requested]=true", true),
            ("capabilities[transfers]=true", false),
        ] {
            let params = Params::parse(form.as_bytes());
            assert_eq!(
                params.only(&["amount", "created", "metadata", "capabilities"]).is_ok(),
                is_known,
                "{form}"
            );
        }
        assert!(Params::parse(b"amount=1e3").integer("amount").is_err());
        let long = format!("metadata[k]={}", "x".repeat(501));
        assert!(Params::parse(long.as_bytes()).metadata().is_err());
    }

    #[test]
    fn the_order_of_a_form_does_not_matter() {
        let (a, b) = (Params::parse(b"a=1&m[x]=2&m[y]=3"), Params::parse(b"m[y]=3&m[x]=2&a=1"));
        assert_eq!(a.fingerprint(), b.fingerprint());
        assert_ne!(a.fingerprint(), Params::parse(b"a=1&m[x]=2").fingerprint());
    }
}
