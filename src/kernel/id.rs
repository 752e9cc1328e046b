//! Typed ids: a prefix that says what it is, and a UUID v7, so that ids sort by age. No database access here.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id of a {0}")]
pub struct NotAnId(pub &'static str);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $noun:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(into = "String", try_from = "String")]
            pub struct $name(pub Uuid);

            impl $name {
                /// What the text form begins with, before the underscore.
                pub const PREFIX: &'static str = $prefix;

                /// A fresh id; later ones sort after earlier ones.
                #[allow(clippy::new_without_default, reason = "an id is made on purpose, never by default")]
                pub fn new() -> Self {
                    Self(Uuid::now_v7())
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!($prefix, "_{}"), self.0.simple())
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(self, f)
                }
            }

            impl From<$name> for String {
                fn from(id: $name) -> Self {
                    id.to_string()
                }
            }

            impl TryFrom<String> for $name {
                type Error = NotAnId;
                fn try_from(text: String) -> Result<Self, NotAnId> {
                    text.parse()
                }
            }

            impl FromStr for $name {
                type Err = NotAnId;
                fn from_str(text: &str) -> Result<Self, NotAnId> {
                    // Exactly the form that Display writes: one id has one spelling, so it can be a cache key.
                    text.strip_prefix(concat!($prefix, "_"))
                        .filter(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                        .and_then(|hex| Uuid::try_parse(hex).ok())
                        .map(Self)
                        .ok_or(NotAnId($noun))
                }
            }

            impl sea_orm::TryFromU64 for $name {
                fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                    Err(sea_orm::DbErr::ConvertFromU64($noun))
                }
            }
        )*
    };
}

ids! {
    /// A person with an account.
    UserId = "usr", "user";
    /// A sign-up that waits for its email to be verified.
    SignUpId = "sup", "sign-up";
    /// One sign-in on one device, and the family of its refresh tokens.
    SessionId = "ses", "session";
    /// A place that can be booked.
    ListingId = "lst", "listing";
    /// A picture of a listing.
    PhotoId = "pho", "photo";
    /// A file that was uploaded and can be attached.
    UploadId = "upl", "upload";
    /// A date range with a price of its own.
    PriceOverrideId = "pov", "price override";
    /// A reason why a night is not for sale.
    NightReasonId = "nrs", "night reason";
    /// A calendar of another site that a listing takes in.
    FeedId = "fed", "calendar feed";
    /// What such a calendar says.
    FeedEventId = "fev", "event of a calendar feed";
    /// A price that is kept for fifteen minutes.
    QuoteId = "quo", "quote";
    /// A stay of a guest at a listing.
    BookingId = "bkg", "booking";
    /// One line of a booking's timeline.
    BookingEventId = "bev", "booking event";
    /// A change of dates or guests of a booking.
    BookingChangeId = "bch", "booking change";
    /// A thing to pay.
    PaymentId = "pay", "payment";
    /// Money that goes back to a guest.
    RefundId = "rfd", "refund";
    /// Where a host is paid.
    PayoutAccountId = "pac", "payout account";
    /// What a host is paid for a booking.
    PayoutId = "pyt", "payout";
    /// The part of a payout that comes out of one payment.
    PayoutLegId = "pyl", "part of a payout";
    /// Money that is taken back of what was sent to a host.
    TransferReversalId = "trv", "transfer reversal";
    /// What two sides of a stay, or a guest's bank and we, argue about.
    DisputeId = "dsp", "dispute";
    /// A balanced ledger transaction.
    LedgerTransactionId = "ltx", "ledger transaction";
    /// One posting of a ledger transaction.
    LedgerEntryId = "len", "ledger entry";
    /// A notice to a person.
    NotificationId = "ntf", "notification";
    /// What one side says of a stay.
    ReviewId = "rev", "review";
    /// A named list of places that somebody likes.
    WishlistId = "wsh", "wish list";
    /// Work for later.
    JobId = "job", "job";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let id = ListingId::new();
        assert_eq!(id.to_string().parse::<ListingId>(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_or_spelling_is_refused() {
        let text = ListingId::new().to_string();
        assert!(text.parse::<BookingId>().is_err());
        assert!(text.to_uppercase().parse::<ListingId>().is_err());
        assert!("lst_".parse::<ListingId>().is_err());
        assert!(format!("{text}0").parse::<ListingId>().is_err());
    }
}
