//! `addCalendarFeed`: the host names a calendar of another site, whose nights are off sale here from then on.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use url::Url;

use super::{calendar_feed, fetch_at};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    db::{Key, OnUnique},
    kernel::{Fault, FeedId, ListingId, can_be_shown},
    listings::{find, listing::Status},
    ports::FeedError,
};

/// How many feeds a listing may have.
const MOST_FEEDS: u64 = 100;

/// Longest name, in characters.
const LONGEST_NAME: usize = 60;

/// Longest address, in bytes.
const LONGEST_URL: usize = 2_000;

/// What the host names.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of which listing.
    pub listing: ListingId,
    /// What the host calls it.
    pub name: String,
    /// Where it is; `webcal:` is read as `https:`.
    pub url: String,
}

/// Why it was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Empty, too long, or with control characters.
    #[error("a name has 1 to {LONGEST_NAME} characters, and no control characters")]
    NameInvalid,
    /// No address of the web.
    #[error("a feed's address begins with https:// or http://, and has at most {LONGEST_URL} characters")]
    InvalidUrl,
    /// An address of a private network, or a port that is not the web's.
    #[error("a feed must be at a public address, on port 80 or 443")]
    AddressNotAllowed,
    /// The listing has it already.
    #[error("this feed was added already")]
    AlreadyAdded,
    /// More than a listing may have.
    #[error("a listing has at most {MOST_FEEDS} feeds")]
    TooMany,
    /// The listing is gone for good.
    #[error("an archived listing takes no feeds")]
    Archived,
}

/// Adds a feed to one of the host's listings; it is fetched at once.
pub async fn add(app: &App, host: &Viewer, ask: Ask) -> Result<calendar_feed::Model, Fault<Refusal>> {
    let now = app.clock.now();
    let name = ask.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !can_be_shown(&name) {
        return Err(Fault::Refused(Refusal::NameInvalid));
    }
    let url = address(&ask.url).ok_or(Fault::Refused(Refusal::InvalidUrl))?;
    app.feeds.judge(&url).map_err(|error| match error {
        FeedError::AddressNotAllowed => Fault::Refused(Refusal::AddressNotAllowed),
        _ => Fault::Refused(Refusal::InvalidUrl),
    })?;
    let feed = calendar_feed::Model {
        id: FeedId::new(),
        listing_id: ask.listing,
        name,
        url: url.into(),
        created_at: now,
        due_at: now,
        checked_at: None,
        synced_at: None,
        synced_on: None,
        problem: None,
        answered: None,
        skipped: 0,
        failures: 0,
    };

    app.db
        .write(|tx| {
            let feed = feed.clone();
            async move {
                let listing = find::owned_for_change(&tx, host, feed.listing_id).await?;
                let of_listing = calendar_feed::Column::ListingId.eq(listing.id);
                let there = calendar_feed::Entity::find().filter(of_listing).count(&*tx).await?;
                match (listing.status, there) {
                    (Status::Archived, _) => return Err(Fault::Refused(Refusal::Archived)),
                    (_, MOST_FEEDS..) => return Err(Fault::Refused(Refusal::TooMany)),
                    _ => {}
                }

                let row = feed.into_active_model().reset_all();
                let feed = row.insert(&*tx).await.on_unique(Key::CalendarFeed, Refusal::AlreadyAdded)?;
                fetch_at(&tx, feed.id, feed.due_at).await?;
                Ok(feed)
            }
        })
        .await
}

/// The address as it is kept: without a fragment, which no server sees.
fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("webcal:") => format!("https:{}", &text[7..]),
        _ => text.to_owned(),
    };
    let mut url: Url = text.parse().ok()?;
    url.set_fragment(None);
    (url.has_host() && url.as_str().len() <= LONGEST_URL).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_one_form() {
        let kept = |text: &str| address(text).map(String::from);
        assert_eq!(
            kept(" HTTPS://Example.org/a.ics?s=1#top ").as_deref(),
            Some("https://example.org/a.ics?s=1")
        );
        assert_eq!(kept("webcal://example.org/a.ics").as_deref(), Some("https://example.org/a.ics"));
        let long = format!("https://example.org/{}", "a".repeat(LONGEST_URL));
        for text in
            ["", "example.org/a.ics", "mailto:a@example.org", "https://", "javascript:alert(1)", &long]
        {
            assert_eq!(kept(text), None, "{text}");
        }
    }
}
