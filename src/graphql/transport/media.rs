//! Media types: what a client sends, and what it accepts. Knows nothing of GraphQL but the names of its types.

use axum::http::{HeaderMap, header};

/// The two forms of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: a request error is still 200, for clients that look at nothing else.
    Json,
    /// `application/graphql-response+json`: the status says what happened.
    GraphQl,
}

impl Media {
    /// The value of `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// What a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accept {
    /// The form of a response, if one of ours is accepted.
    pub(super) media: Option<Media>,
    /// Whether it named server-sent events.
    pub(super) events: bool,
    /// Whether it named a type of ours, which pages can't do for images, scripts and links.
    pub(super) deliberate: bool,
    /// Whether it named HTML: a browser that was sent here.
    pub(super) html: bool,
}

impl Accept {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut ranges = Vec::new();
        for line in headers.get_all(header::ACCEPT) {
            ranges.extend(line.to_str().unwrap_or_default().split(',').filter_map(range));
        }
        if ranges.is_empty() {
            ranges.push(("*/*".to_owned(), 1.0));
        }
        let named = |name: &str| ranges.iter().find(|(range, _)| range == name).map(|(_, quality)| *quality);
        let quality = |name: &str| named(name).or_else(|| named("application/*")).or_else(|| named("*/*"));
        let (graphql, json) = ("application/graphql-response+json", "application/json");
        let json_quality = quality(json).unwrap_or(0.0);
        let named_graphql = named(graphql).unwrap_or(0.0);
        let media = if named_graphql > 0.0 && named_graphql >= json_quality {
            Some(Media::GraphQl)
        } else if json_quality > 0.0 {
            Some(Media::Json)
        } else if quality(graphql).unwrap_or(0.0) > 0.0 {
            Some(Media::GraphQl)
        } else {
            None
        };
        let asks = |name: &str| named(name).is_some_and(|quality| quality > 0.0);
        let events = asks("text/event-stream");
        Self { media, events, deliberate: events || asks(graphql) || asks(json), html: asks("text/html") }
    }
}

/// One media range and its quality.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((name, quality.and_then(|quality| quality.parse().ok()).unwrap_or(1.0)))
}

/// Whether the body says that it is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let name = kind.split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Whether the body says that it is JSON in UTF-8, as it is.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase());
    let plain = text(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    let Some(content_type) = text(header::CONTENT_TYPE) else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next() == Some("application/json");
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    plain && json && charset.is_none_or(|charset| charset.trim_matches('"') == "utf-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Accept {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, text.parse().unwrap());
        Accept::read(&headers)
    }

    #[test]
    fn the_named_and_preferred_type_wins() {
        let media = |text| accept(text).media;
        assert_eq!(Accept::read(&HeaderMap::new()).media, Some(Media::Json));
        assert_eq!(media("*/*"), Some(Media::Json));
        assert_eq!(media("application/*"), Some(Media::Json));
        assert_eq!(media("application/json"), Some(Media::Json));
        assert_eq!(media("application/graphql-response+json"), Some(Media::GraphQl));
        assert_eq!(media("application/graphql-response+json,application/json;q=0.9"), Some(Media::GraphQl));
        assert_eq!(media("application/json, application/graphql-response+json; q=0.5"), Some(Media::Json));
        assert_eq!(media("application/graphql-response+json; charset=utf-8, */*"), Some(Media::GraphQl));
        assert_eq!(media("*/*, application/json;q=0"), Some(Media::GraphQl));
        assert_eq!(media("text/html, application/xhtml+xml, */*;q=0.8"), Some(Media::Json));
        assert_eq!(media("text/html"), None);
        assert_eq!(media("text/event-stream"), None);
    }

    #[test]
    fn what_pages_send_by_themselves_is_not_deliberate() {
        assert!(!accept("*/*").deliberate);
        assert!(!accept("image/avif,image/webp,*/*;q=0.8").deliberate);
        assert!(accept("application/json").deliberate);
        assert!(accept("text/event-stream").deliberate);
        assert!(accept("text/html,*/*;q=0.8").html);
    }

    #[test]
    fn bodies_are_json_in_utf_8() {
        let is = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, name.parse().unwrap());
            is_json(&headers)
        };
        assert!(is("application/json") && is("application/JSON; charset=UTF-8"));
        assert!(!is("text/plain") && !is("application/json; charset=latin1") && !is("multipart/form-data"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
