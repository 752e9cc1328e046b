//! The unique keys that a use case may run into, by name: PostgreSQL reports names and SQLite columns, this maps both.

use sea_orm::{DbErr, SqlErr};

use crate::kernel::Fault;

/// A unique key whose breach is an answer, not a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One user per email address.
    UserEmail,
    /// One row per listing and night: what prevents double booking.
    Night,
    /// One price override per listing and range.
    PriceOverride,
    /// One feed per listing and address.
    CalendarFeed,
    /// One booking per quote.
    BookingQuote,
    /// One answer per person, mutation and idempotency key.
    IdempotentAnswer,
    /// One ledger transaction per source.
    LedgerSource,
    /// One open dispute per booking and opener.
    OpenDispute,
    /// One row per Stripe event.
    StripeEvent,
}

impl Key {
    /// The index' name as PostgreSQL says it, and the columns as SQLite says them.
    const fn signs(self) -> (&'static str, &'static str) {
        match self {
            Self::UserEmail => ("user_one_email", "user.email"),
            Self::Night => ("night_pkey", "night.listing_id, night.night"),
            Self::PriceOverride => (
                "price_override_one_listing_id_first_night_last_night",
                "price_override.listing_id, price_override.first_night, price_override.last_night",
            ),
            Self::CalendarFeed => {
                ("calendar_feed_one_listing_id_url", "calendar_feed.listing_id, calendar_feed.url")
            }
            Self::BookingQuote => ("booking_one_quote_id", "booking.quote_id"),
            Self::IdempotentAnswer => (
                "idempotent_answer_pkey",
                "idempotent_answer.user_id, idempotent_answer.mutation, idempotent_answer.key",
            ),
            Self::LedgerSource => ("ledger_transaction_one_source", "ledger_transaction.source"),
            Self::OpenDispute => ("dispute_one_open_key", "dispute.open_key"),
            Self::StripeEvent => ("stripe_event_pkey", "stripe_event.id"),
        }
    }

    /// Whether the error is a breach of this key.
    pub fn broken_by(self, error: &DbErr) -> bool {
        let (name, columns) = self.signs();
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => {
                message.contains(&format!("\"{name}\"")) || message.ends_with(columns)
            }
            _ => false,
        }
    }
}

/// Turns the breach of a key into a refusal.
pub trait OnUnique<T> {
    /// `insert(…).await.on_unique(Key::UserEmail, Refusal::Taken)`. On PostgreSQL the transaction is over by then.
    fn on_unique<R>(self, key: Key, refusal: R) -> Result<T, Fault<R>>;
}

impl<T> OnUnique<T> for Result<T, DbErr> {
    fn on_unique<R>(self, key: Key, refusal: R) -> Result<T, Fault<R>> {
        self.map_err(|error| if key.broken_by(&error) { Fault::Refused(refusal) } else { error.into() })
    }
}
