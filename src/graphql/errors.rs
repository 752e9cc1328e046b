//! The errors that payloads carry: a code of their area, a sentence for people, the field, and data that helps to go on.

use async_graphql::{Enum, Interface, SimpleObject};

use super::{
    calendar::RuleViolation,
    money::Money,
    quote::Quote,
    scalars::Date,
    stay::{NightRange, StayDates},
};

macro_rules! errors {
    (
        $(#[$doc:meta])* $error:ident, $code:ident { $($(#[$variant_doc:meta])* $variant:ident,)* }
        $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })?
    ) => {
        /// What went wrong, for programs; messages are for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub enum $code { $($(#[$variant_doc])* $variant,)* }

        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $error {
            /// A sentence for people.
            pub message: String,
            /// The input field that it is about, from the input inwards; empty where it is about the whole.
            pub path: Vec<String>,
            /// What went wrong, for programs.
            pub code: $code,
            $($($(#[$field_doc])* pub $field: $ty,)*)?
        }

        impl $error {
            /// An error about an input field (empty for the whole).
            pub fn new(code: $code, field: &str, message: impl std::fmt::Display) -> Self {
                let path = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
                Self { message: message.to_string(), path, code, $($($field: Default::default(),)*)? }
            }
        }
    };
}

errors! {
    /// Why an account or a session is not as was asked.
    AccountError, AccountErrorCode {
        /// Not an email address.
        EmailInvalid,
        /// Fewer than 12 characters.
        PasswordTooShort,
        /// More than 128 characters.
        PasswordTooLong,
        /// Too easily guessed.
        PasswordTooWeak,
        /// Not 1 to 60 visible characters.
        NameInvalid,
        /// Too long.
        BioInvalid,
        /// Used, expired, or never valid.
        InvalidToken,
        /// The address or the password is wrong.
        WrongCredentials,
        /// An admin keeps the person out.
        Suspended,
        /// Too many tries: wait.
        RateLimited,
    } {
        /// Where it was too often: how many seconds to wait.
        retry_after_seconds: Option<u32>,
    }
}

errors! {
    /// Why a listing is not as was asked.
    ListingError, ListingErrorCode {
        /// A field is not right.
        Invalid,
        /// A published listing needs this.
        Required,
        /// There is no such step from the listing's state.
        WrongState,
        /// Guests have booked it.
        FutureBookings,
        /// More than allowed.
        TooMany,
        /// Not a JPEG, PNG or WebP that can be shown.
        NotAPicture,
        /// No such upload, or it was used already.
        UnknownUpload,
        /// A new order must name each photo once.
        NotTheSamePhotos,
        /// A published listing keeps one photo at least.
        LastPhoto,
        /// The reason is missing or too long, or has control characters.
        ReasonInvalid,
    }
}

errors! {
    /// Why a calendar is not as was asked.
    CalendarError, CalendarErrorCode {
        /// A range is not right.
        InvalidRange,
        /// A rule is out of its range.
        OutOfRange,
        /// A guest has some of the nights.
        BookedNights,
        /// The listing is archived.
        WrongState,
        /// Two ranges have a day in common.
        OverlappingRanges,
        /// A weekday is named twice.
        WeekdayTwice,
        /// A weekday or range says neither the least nor the most nights.
        NoLimit,
    } {
        /// The nights it is about.
        nights: Vec<Date>,
    }
}

errors! {
    /// Why a calendar of another site is not taken in.
    CalendarFeedError, CalendarFeedErrorCode {
        /// Not 1 to 60 characters, or with control characters.
        NameInvalid,
        /// No address of the web, or too long.
        InvalidUrl,
        /// At a private address, or at a port that is not the web's.
        AddressNotAllowed,
        /// The listing has this feed already.
        AlreadyAdded,
        /// More feeds than a listing may have.
        TooMany,
        /// The listing is gone for good.
        ListingArchived,
        /// It was fetched less than a minute ago.
        JustChecked,
    }
}

errors! {
    /// Why prices are not as was asked.
    PricingError, PricingErrorCode {
        /// An amount is negative, too large, or in another currency than the listing.
        InvalidAmount,
        /// A number is out of its range.
        OutOfRange,
        /// A nightly price comes first.
        NightlyPriceMissing,
        /// A range ends before it begins.
        InvalidRange,
        /// Two ranges share a night: see `ranges`. Only a single date may lie in a range.
        OverlappingRanges,
        /// The listing is archived.
        WrongState,
    } {
        /// The ranges that share a night.
        ranges: Vec<NightRange>,
    }
}

errors! {
    /// Why there is no quote.
    QuoteError, QuoteErrorCode {
        /// Check-out is not after check-in, or the stay is too long.
        InvalidStay,
        /// The party is not one.
        InvalidParty,
        /// The stay breaks rules of the listing; see `Listing.availability`.
        NotAvailable,
        /// The stay has no price that can be charged.
        NotForSale,
        /// The host does not offer this rate.
        RatePlanNotOffered,
        /// Two currencies meet, and there is no recent rate of exchange between them.
        RateUnavailable,
        /// This is one's own listing.
        OwnListing,
    } {
        /// The nights that are taken.
        nights: Vec<Date>,
    }
}

errors! {
    /// Why there is no booking, or why it stands.
    BookingError, BookingErrorCode {
        /// The quote was kept for fifteen minutes; `quote` is a new one, where the stay can still be booked.
        QuoteExpired,
        /// The quote is booked already.
        QuoteUsed,
        /// Somebody else has some of the nights: see `nights` and `alternatives`.
        NightsTaken,
        /// The place can no longer be booked for these dates, or is kept off the market.
        NotAvailable,
        /// Too many unpaid bookings at once.
        TooManyHolds,
        /// The key was used with another input.
        IdempotencyConflict,
        /// The key is empty or too long, or has control characters.
        IdempotencyKeyInvalid,
        /// The booking has ended already.
        AlreadyEnded,
        /// The booking does not wait for the host's answer.
        NotPending,
        /// The host has accepted, and the card is being charged: wait until that is done.
        BeingConfirmed,
        /// A host declines a request instead of cancelling it.
        DeclineInstead,
        /// The reason is too long, or has control characters.
        ReasonInvalid,
    } {
        /// The nights that somebody else has.
        nights: Vec<Date>,
        /// Stays of the same length that are free, nearest first.
        alternatives: Vec<StayDates>,
        /// A new quote for the same stay.
        quote: Option<Quote>,
    }
}

errors! {
    /// Why a booking is not changed.
    BookingChangeError, BookingChangeErrorCode {
        /// The booking is not confirmed, or over, or one of its sides is kept off the market.
        NotChangeable,
        /// A change of it is open already.
        AlreadyOpen,
        /// Too many changes were proposed of this booking.
        TooMany,
        /// The booking is so already.
        NothingChanges,
        /// Check-out is not after check-in, or the stay is too long.
        InvalidStay,
        /// The party is not one.
        InvalidParty,
        /// The stay has begun: its check-in stays as it is.
        CheckInPassed,
        /// Only nights from now on can be changed.
        NightsPassed,
        /// Others have some of the nights, or they are needed for preparation: see `nights`.
        NightsTaken,
        /// The stay breaks rules of the listing: see `violations`.
        NotAvailable,
        /// What it would cost can't be charged: see `limit`.
        NotForSale,
        /// Two currencies meet, and there is no recent rate of exchange between them.
        RateUnavailable,
        /// The difference is too small to be charged or given back: see `limit`.
        DifferenceTooSmall,
        /// The change does not wait for this any more.
        NotOpen,
        /// The other side of the booking does this.
        OtherSide,
        /// What was paid has changed since: what was shown would not be what happens. Propose it again.
        OutOfDate,
        /// The note or the reason is too long, or has control characters.
        NoteInvalid,
        /// The key was used with another input.
        IdempotencyConflict,
        /// The key is empty or too long, or has control characters.
        IdempotencyKeyInvalid,
    } {
        /// The nights that others have.
        nights: Vec<Date>,
        /// Every rule of the listing that the stay breaks.
        violations: Vec<RuleViolation>,
        /// The least or the most that can be charged.
        limit: Option<Money>,
    }
}

errors! {
    /// Why no money goes back.
    RefundError, RefundErrorCode {
        /// The booking was not paid for.
        NothingPaid,
        /// Zero, negative, or too little for the currency that was paid in.
        AmountInvalid,
        /// Refunds of a booking are in its listing's currency.
        OtherCurrency,
        /// More than was paid and has not gone back: see `left`.
        MoreThanLeft,
        /// What it is to take the place of has not failed, or is of another booking.
        NotFailed,
        /// What each bears is negative, or does not add up to the amount.
        SplitInvalid,
        /// More tax than the booking has left: see `left`.
        MoreThanTaxes,
        /// The reason is missing or too long, or has control characters.
        ReasonInvalid,
        /// The key was used with another input.
        IdempotencyConflict,
        /// The key is empty or too long, or has control characters.
        IdempotencyKeyInvalid,
    } {
        /// What may still go back.
        left: Option<Money>,
    }
}

errors! {
    /// Why there is no dispute, or why it stands as it does.
    DisputeError, DisputeErrorCode {
        /// The text is missing or too long, or has control characters.
        TextInvalid,
        /// More than 10 pictures, or one twice.
        TooManyPhotos,
        /// No such upload, or it was used already.
        UnknownUpload,
        /// Zero, negative, or too little for the currency that was paid in.
        AmountInvalid,
        /// Disputes are in the listing's currency.
        OtherCurrency,
        /// The booking was not paid for.
        NothingPaid,
        /// More than was paid and has not gone back: see `left`.
        MoreThanPaid,
        /// The stay was called off before it began.
        NotStayed,
        /// The stay has not begun; or the other side may still answer.
        TooEarly,
        /// The stay ended more than 14 days ago.
        TooLate,
        /// One argues about this booking already.
        AlreadyOpen,
        /// The other side answers.
        OwnDispute,
        /// The other side has opened it.
        NotYours,
        /// It is over, or waits for no answer.
        NotOpen,
        /// A chargeback is decided by the guest's bank.
        NotAClaim,
        /// What each bears is negative, or does not add up to the refund.
        SplitInvalid,
        /// Refund and award together are more than was claimed: see `left`.
        MoreThanClaimed,
        /// More than was paid and has not gone back: see `left`.
        MoreThanLeft,
        /// More tax than the booking has left: see `left`.
        MoreThanTaxes,
        /// The reason is missing or too long, or has control characters.
        ReasonInvalid,
        /// The key was used with another input.
        IdempotencyConflict,
        /// The key is empty or too long, or has control characters.
        IdempotencyKeyInvalid,
        /// This server is not a sandbox.
        SandboxOnly,
    } {
        /// The most that there can be.
        left: Option<Money>,
    }
}

errors! {
    /// Why a host's payout account is not as was asked.
    PayoutError, PayoutErrorCode {
        /// This is not the password.
        WrongPassword,
        /// Too many wrong passwords: wait.
        RateLimited,
        /// Hosts of this country cannot be paid: payouts stay within the marketplace's region.
        CountryNotServed,
        /// The account there is belongs to another country.
        OtherCountry,
        /// The payment provider does not answer now.
        ProviderUnavailable,
        /// This server has no emulator in the provider's place.
        SandboxOnly,
        /// There is no account to fill in.
        NoAccount,
    } {
        /// Where it was too often: how many seconds to wait.
        retry_after_seconds: Option<u32>,
    }
}

errors! {
    /// Why a wish list is not as was asked.
    WishlistError, WishlistErrorCode {
        /// Not 1 to 60 characters of one line.
        NameInvalid,
        /// More lists, or more places on one, than allowed.
        TooMany,
        /// The place is not on the list.
        NotSaved,
    }
}

errors! {
    /// Why settings are not as was asked.
    SettingsError, SettingsErrorCode {
        /// There is no such country.
        UnknownCountry,
        /// The region is too long, or names nothing.
        InvalidRegion,
        /// The same place is named twice.
        NamedTwice,
        /// A number is out of its range.
        OutOfRange,
        /// There is no tax of its own at that place.
        NoSuchRule,
        /// The reason is missing or too long, or has control characters.
        ReasonInvalid,
    }
}

errors! {
    /// Why something of the sandbox was not done.
    SandboxError, SandboxErrorCode {
        /// This server is not a sandbox.
        SandboxOnly,
        /// The card is none of the documented test cards.
        UnknownCard,
        /// The bank said no; see the payment.
        Declined,
        /// The payment can't be paid now.
        NotPayable,
        /// The key was used for another try.
        IdempotencyConflict,
        /// The key is empty or too long, or has control characters.
        IdempotencyKeyInvalid,
        /// Time does not run backward, and at most two years at once.
        InvalidTime,
        /// The clock is on its way, and goes on: ask again with the same time to wait on.
        StillMoving,
    }
}

/// What every error of a payload has.
#[derive(Interface)]
#[graphql(
    field(name = "message", ty = "&String", desc = "A sentence for people."),
    field(
        name = "path",
        ty = "&Vec<String>",
        desc = "The input field that it is about, from the input inwards."
    )
)]
#[allow(clippy::large_enum_variant, reason = "a type of the schema only: no value of it is ever made")]
pub enum UserError {
    /// Of accounts.
    AccountError(AccountError),
    /// Of listings.
    ListingError(ListingError),
    /// Of calendars.
    CalendarError(CalendarError),
    /// Of calendars of other sites.
    CalendarFeedError(CalendarFeedError),
    /// Of prices.
    PricingError(PricingError),
    /// Of quotes.
    QuoteError(QuoteError),
    /// Of bookings.
    BookingError(BookingError),
    /// Of changes of bookings.
    BookingChangeError(BookingChangeError),
    /// Of refunds.
    RefundError(RefundError),
    /// Of payout accounts.
    PayoutError(PayoutError),
    /// Of disputes.
    DisputeError(DisputeError),
    /// Of wish lists.
    WishlistError(WishlistError),
    /// Of settings.
    SettingsError(SettingsError),
    /// Of the sandbox.
    SandboxError(SandboxError),
}
