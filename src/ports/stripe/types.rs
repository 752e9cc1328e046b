//! What passes through the door, in our own words. No type of the Stripe library here.

use std::collections::BTreeMap;

use crate::kernel::{Money, clock::Instant};

/// What is asked for when a payment is begun.
#[derive(Debug, Clone)]
pub struct IntentAsk<'a> {
    /// What the guest pays, in the currency of the charge.
    pub amount: Money,
    /// True: the card is only authorised, and charged by [`capture_intent`](super::Stripe::capture_intent) within 7 days.
    pub manual_capture: bool,
    /// Our own ids, by which an unknown outcome is looked up later: at most 50, keys of 40, values of 500 characters.
    pub metadata: Vec<(&'a str, String)>,
    /// What the guest reads on the receipt.
    pub description: String,
    /// Ties the charge to later transfers.
    pub transfer_group: Option<String>,
}

/// How far a payment is. A status that Stripe invents later is an error of the call, never a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// No card yet, or the last one was declined.
    RequiresPaymentMethod,
    /// A card is there and nothing has been tried.
    RequiresConfirmation,
    /// The guest must authenticate (3-D Secure).
    RequiresAction,
    /// The method takes time; the end comes by webhook.
    Processing,
    /// Authorised; the money is held and not taken.
    RequiresCapture,
    /// Over, nothing taken (or the authorisation was let go).
    Canceled,
    /// Paid.
    Succeeded,
}

/// Why the last try to pay failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// Stripe's code, e.g. `card_declined`, `expired_card`.
    pub code: Option<String>,
    /// The issuer's reason, e.g. `insufficient_funds`.
    pub decline_code: Option<String>,
    /// A sentence that may be shown to the guest.
    pub message: String,
}

/// A payment as Stripe sees it now.
#[derive(Clone, PartialEq, Eq)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    /// How far it is.
    pub status: IntentStatus,
    /// What is to be paid.
    pub amount: Money,
    /// What was taken: zero until it succeeded; less than `amount` after a partial capture.
    pub amount_received: Money,
    /// Lets the guest's browser finish this payment. Never logged; `Debug` hides it.
    pub client_secret: Option<String>,
    /// The last try (`ch_…`), paid or failed.
    pub latest_charge: Option<String>,
    /// Why the last try failed; `None` after a success.
    pub last_error: Option<Decline>,
    /// What the intent was begun with.
    pub metadata: BTreeMap<String, String>,
    /// As in [`IntentAsk`].
    pub manual_capture: bool,
    /// As in [`IntentAsk`].
    pub transfer_group: Option<String>,
    /// When it was begun, to the second.
    pub created: Instant,
}

impl std::fmt::Debug for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intent")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("amount_received", &self.amount_received)
            .field("latest_charge", &self.latest_charge)
            .field("last_error", &self.last_error)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The guest must do something first.
    RequiresAction,
    /// Done. A card refund can still fail later.
    Succeeded,
    /// The money came back to us.
    Failed,
    /// Taken back before it left.
    Canceled,
}

/// Money on its way back to the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// How far it is.
    pub status: RefundStatus,
    /// What goes back.
    pub amount: Money,
    /// The payment it belongs to (`pi_…`).
    pub intent: Option<String>,
    /// The charge it belongs to (`ch_…`).
    pub charge: Option<String>,
    /// Why it failed, in Stripe's word, e.g. `expired_or_canceled_card`.
    pub failure_reason: Option<String>,
    /// What it was asked with.
    pub metadata: BTreeMap<String, String>,
    /// When it was asked, to the second.
    pub created: Instant,
}

/// One try to take money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// `ch_…`
    pub id: String,
    /// The payment it belongs to (`pi_…`).
    pub intent: Option<String>,
    /// What was authorised.
    pub amount: Money,
    /// What was taken.
    pub amount_captured: Money,
    /// What went back (or was let go, of an authorisation).
    pub amount_refunded: Money,
    /// True when the authorisation or the payment went through.
    pub paid: bool,
    /// True when money was taken, and not only authorised.
    pub captured: bool,
    /// What arrived in our balance, as soon as Stripe knows it.
    pub settlement: Option<Settlement>,
}

/// What a charge did to our balance at Stripe, in the currency of the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// `txn_…`
    pub id: String,
    /// Before the fee.
    pub amount: Money,
    /// What Stripe keeps.
    pub fee: Money,
    /// `amount` less `fee`.
    pub net: Money,
}

/// Why a call has no answer. The question that matters: is it certain that nothing was done?
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// The card was declined. Nothing was taken.
    #[error("the card was declined: {}", .0.message)]
    Declined(Decline),
    /// Our request is wrong, or the state does not allow it. Nothing was done.
    #[error("Stripe refused ({status}{}): {message}", .code.as_ref().map(|c| format!(", {c}")).unwrap_or_default())]
    Refused {
        /// The HTTP status: 400, 401, 403, 404.
        status: u16,
        /// Stripe's code, e.g. `resource_missing`, `payment_intent_unexpected_state`.
        code: Option<String>,
        /// Stripe's sentence, for the log.
        message: String,
    },
    /// Too many calls. Nothing was done; ask again later.
    #[error("Stripe asks to be called less often")]
    RateLimited,
    /// The key was used before with other parameters: a mistake of ours. What the first call did must be looked up.
    #[error("the idempotency key was used before with other parameters: {0}")]
    KeyConflict(String),
    /// No answer, half an answer, or Stripe's own failure. It may have been done: call again with the same key (within
    /// 23 hours), or look it up.
    #[error("the outcome at Stripe is unknown")]
    Unknown(#[source] anyhow::Error),
}

impl StripeError {
    /// True when nothing was done for certain; false when the outcome must be asked for.
    pub fn nothing_was_done(&self) -> bool {
        matches!(self, Self::Declined(_) | Self::Refused { .. } | Self::RateLimited)
    }

    /// Stripe's code of a refusal or a decline, where it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Declined(decline) => decline.code.as_deref(),
            Self::Refused { code, .. } => code.as_deref(),
            Self::RateLimited | Self::KeyConflict(_) | Self::Unknown(_) => None,
        }
    }
}
