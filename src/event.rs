//! What happened and must have consequences: stored with the change itself, read by `server/reactions.rs`. Ids only.

use chrono::{Days, NaiveDate, NaiveTime};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    jobs,
    kernel::{
        BookingChangeId, BookingId, DisputeId, FeedId, NotificationId, PaymentId, PayoutAccountId, PayoutId,
        PayoutLegId, RefundId, SignUpId, TransferReversalId, UserId, clock::Instant,
    },
};

/// An event, at once or at a time to come. Each handler re-reads the world and may run twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Event {
    /// Somebody signed up (again); the mail with the link must go out. The link's secret is derived from the id.
    SignUpRequested { sign_up: SignUpId },
    /// Somebody signed up with an address that has an account: its owner is told.
    SignUpOfKnownEmail { user: UserId },
    /// A booking's hold ends now, unless it was paid, extended or accepted.
    HoldEnds { booking: BookingId },
    /// A booking holds its nights: its payment must be started (if the request didn't get that far).
    PaymentDue { payment: PaymentId },
    /// The guest is paying: the bank asks them, or the card is being charged. The hold should not end meanwhile.
    PaymentUnderway { booking: BookingId },
    /// The guest is paying the difference that a change costs.
    ChangePaymentUnderway { change: BookingChangeId },
    /// The guest's card is authorised: the host is to be asked, or it is too late for that.
    PaymentAuthorised { payment: PaymentId },
    /// The host has accepted: what was authorised must be charged.
    CaptureDue { payment: PaymentId },
    /// What was authorised can't be charged: it was refused, or let go at the provider.
    PaymentLost { payment: PaymentId },
    /// The guest's money is with us.
    PaymentSettled { payment: PaymentId },
    /// The guest's bank said no.
    PaymentFailed { payment: PaymentId },
    /// The payment of a booking that ended must be cancelled at the provider.
    PaymentUnwanted { payment: PaymentId },
    /// Money must go back.
    RefundDue { refund: RefundId },
    /// Money went back.
    RefundSettled { refund: RefundId },
    /// A webhook was stored and waits to be worked on.
    StripeEventStored { id: String },
    /// A host has a request to answer, and is told.
    BookingRequested { booking: BookingId },
    /// A request came to nothing by the host's word or the guest's card: who doesn't know it yet is told.
    BookingDeclined { booking: BookingId },
    /// A booking was confirmed: both sides are told.
    BookingConfirmed { booking: BookingId },
    /// A change of a booking waits no longer from now on, unless it was answered, paid or prolonged.
    ChangeEnds { change: BookingChangeId },
    /// One side would like a change: the other is told.
    BookingChangeProposed { change: BookingChangeId },
    /// A change was accepted that costs something: the guest is told what to pay.
    BookingChangeAccepted { change: BookingChangeId },
    /// A change came to nothing: who doesn't know it yet is told.
    BookingChangeEnded { change: BookingChangeId },
    /// Dates or guests of a booking are other ones: both sides are told.
    BookingChanged { change: BookingChangeId },
    /// A booking was cancelled: both sides are told.
    BookingCancelled { booking: BookingId },
    /// A booking's hold ended unpaid: the guest is told.
    BookingExpired { booking: BookingId },
    /// A confirmed booking's check-out time.
    CheckOut { booking: BookingId },
    /// A host is to be paid for a booking.
    PayoutDue { payout: PayoutId },
    /// The part of a payout that comes out of one payment must be sent.
    PayoutLegDue { leg: PayoutLegId },
    /// A host was paid.
    PayoutSent { payout: PayoutId },
    /// A host could not be paid.
    PayoutFailed { payout: PayoutId },
    /// Something changed at Stripe about an account (`acct_…`) of a host.
    HostAccountMoved { account: String },
    /// Something changed at Stripe about a transfer (`tr_…`) to a host.
    TransferMoved { transfer: String },
    /// A host owes something for a booking that was paid for: it is taken back as far as the host has it.
    HostOwes { booking: BookingId },
    /// A part of what was sent to a host must be taken back.
    TransferReversalDue { reversal: TransferReversalId },
    /// Something changed at Stripe about a chargeback (`du_…`) of one of our payments.
    ChargebackMoved { dispute: String },
    /// A booking that a guest's bank took money back of is over: whoever bears that is charged.
    ChargebacksDue { booking: BookingId },
    /// A dispute was opened, or a chargeback: who doesn't know it yet is told.
    DisputeOpened { dispute: DisputeId },
    /// The other side has answered: whoever opened the dispute is told.
    DisputeAnswered { dispute: DisputeId },
    /// A dispute is over, one way or another: its sides are told.
    DisputeClosed { dispute: DisputeId },
    /// A host is paid elsewhere from now on: they are told.
    PayoutAccountChanged { account: PayoutAccountId },
    /// A notification was stored: it must be mailed.
    NotificationStored { notification: NotificationId },
    /// A feed must be fetched and taken in.
    FeedDue { feed: FeedId },
    /// Once a day: search forgets nights that have passed.
    SearchDayTurns,
    /// Once a day: what nobody needs any more is forgotten.
    UpkeepDue,
    /// Every so often: rates of exchange are asked for anew.
    RatesDue,
}

impl Event {
    /// The name the job table shows.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SignUpRequested { .. } => "accounts.mail_sign_up",
            Self::SignUpOfKnownEmail { .. } => "accounts.mail_known_email",
            Self::HoldEnds { .. } => "bookings.expire",
            Self::PaymentDue { .. } => "payments.start",
            Self::PaymentUnderway { .. } => "bookings.prolong",
            Self::ChangePaymentUnderway { .. } => "bookings.prolong_change",
            Self::PaymentAuthorised { .. } => "bookings.request",
            Self::CaptureDue { .. } => "payments.capture",
            Self::PaymentLost { .. } => "bookings.unpaid",
            Self::PaymentSettled { .. } => "bookings.confirm",
            Self::PaymentFailed { .. } => "notifications.payment_failed",
            Self::PaymentUnwanted { .. } => "payments.abandon",
            Self::RefundDue { .. } => "payments.refund",
            Self::RefundSettled { .. } => "notifications.payment_refunded",
            Self::StripeEventStored { .. } => "payments.settle",
            Self::BookingRequested { .. } => "notifications.booking_requested",
            Self::BookingDeclined { .. } => "notifications.booking_declined",
            Self::BookingConfirmed { .. } => "notifications.booking_confirmed",
            Self::ChangeEnds { .. } => "bookings.expire_change",
            Self::BookingChangeProposed { .. } => "notifications.booking_change_proposed",
            Self::BookingChangeAccepted { .. } => "notifications.booking_change_accepted",
            Self::BookingChangeEnded { .. } => "notifications.booking_change_ended",
            Self::BookingChanged { .. } => "notifications.booking_changed",
            Self::BookingCancelled { .. } => "notifications.booking_cancelled",
            Self::BookingExpired { .. } => "notifications.booking_expired",
            Self::CheckOut { .. } => "bookings.complete",
            Self::PayoutDue { .. } => "payouts.pay",
            Self::PayoutLegDue { .. } => "payouts.send_leg",
            Self::PayoutSent { .. } => "notifications.payout_sent",
            Self::PayoutFailed { .. } => "notifications.payout_failed",
            Self::HostAccountMoved { .. } => "payouts.follow_account",
            Self::TransferMoved { .. } => "payouts.follow_transfer",
            Self::HostOwes { .. } => "payouts.take_back",
            Self::TransferReversalDue { .. } => "payouts.send_reversal",
            Self::ChargebackMoved { .. } => "disputes.follow_chargeback",
            Self::ChargebacksDue { .. } => "disputes.bear_chargebacks",
            Self::DisputeOpened { .. } => "notifications.dispute_opened",
            Self::DisputeAnswered { .. } => "notifications.dispute_answered",
            Self::DisputeClosed { .. } => "notifications.dispute_resolved",
            Self::PayoutAccountChanged { .. } => "notifications.payout_account_changed",
            Self::NotificationStored { .. } => "notifications.mail",
            Self::FeedDue { .. } => "calendar.sync_feed",
            Self::SearchDayTurns => "search.turn_day",
            Self::UpkeepDue => "upkeep",
            Self::RatesDue => "pricing.refresh_rates",
        }
    }

    /// What comes back by itself: each asks for its next time when it is worked on.
    pub const RECURRING: &[Self] = &[Self::SearchDayTurns, Self::UpkeepDue, Self::RatesDue];

    /// Whether this is bulk work, which may take its time; everything else is done in moments, or hangs.
    pub fn is_bulk(&self) -> bool {
        Self::RECURRING.contains(self)
    }

    /// Stores the event in the caller's transaction, to be worked on from `at` on.
    pub async fn emit(&self, tx: &Tx, at: Instant) -> Result<(), DbErr> {
        jobs::store(tx, self.ask(at, None)?).await
    }

    /// The same for the next midnight (UTC), once.
    pub async fn emit_tomorrow(&self, tx: &Tx, now: Instant) -> Result<(), DbErr> {
        let tomorrow = now.date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        self.emit_once(tx, tomorrow.and_time(NaiveTime::MIN).and_utc(), tomorrow.to_string()).await
    }

    /// The same, unless an event of its kind waits or runs.
    pub async fn emit_if_none(&self, tx: &Tx, at: Instant) -> Result<(), DbErr> {
        if jobs::is_live(tx, self.kind()).await? {
            return Ok(());
        }
        // Of two servers that start together, both may have found none.
        self.emit_once(tx, at, at.date_naive().to_string()).await
    }

    /// The same, unless an event with this key already waits.
    pub async fn emit_once(&self, tx: &Tx, at: Instant, key: String) -> Result<(), DbErr> {
        jobs::store(tx, self.ask(at, Some(key))?).await
    }

    /// Several at once, in one statement: each with its time, and with a key where another with the same one may wait.
    pub async fn emit_all<const N: usize>(
        tx: &Tx,
        events: [(Self, Instant, Option<String>); N],
    ) -> Result<(), DbErr> {
        let asks = events.into_iter().map(|(event, at, key)| event.ask(at, key));
        jobs::store_all(tx, asks.collect::<Result<Vec<_>, _>>()?).await
    }

    fn ask(&self, run_at: Instant, dedup_key: Option<String>) -> Result<jobs::Ask, DbErr> {
        let payload = serde_json::to_string(self).map_err(|e| DbErr::Custom(e.to_string()))?;
        Ok(jobs::Ask { kind: self.kind(), payload, dedup_key, run_at })
    }
}
