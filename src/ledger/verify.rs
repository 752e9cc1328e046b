//! The proof that the ledger is right, in sums that the database makes. It reads the tables of payments and bookings
//! by name: what is to be proven is that they and the ledger agree. Nothing is changed.

use sea_orm::{DbBackend, DbErr, FromQueryResult, Statement, prelude::Uuid};

use super::{verify_bookings, verify_payouts};
use crate::{
    db::Db,
    kernel::{BookingId, Currency, LedgerTransactionId, PaymentId, PayoutId, RefundId},
};

/// What is wrong. Amounts are minor units, debit positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A transaction does not sum to zero.
    Unbalanced { transaction: LedgerTransactionId, currency: Currency, sum: i64 },
    /// A draft was left behind: drafts live within one database transaction.
    LeftDraft { transaction: LedgerTransactionId },
    /// More went out of a booking's escrow than had come in.
    EscrowOverdrawn { booking: BookingId, currency: Currency, balance: i64 },
    /// The booking is closed, and its escrow holds something else than what is on its way back to the guest.
    EscrowLeft { booking: BookingId, currency: Currency, balance: i64, on_its_way: i64 },
    /// Payments and ledger disagree on what a booking's guest paid.
    Captured { booking: BookingId, currency: Currency, paid: i64, posted: i64 },
    /// Refunds and ledger disagree on what a booking's guest got back.
    Refunded { booking: BookingId, currency: Currency, done: i64, posted: i64 },
    /// What is in escrow for a booking is not what its payments and refunds are worth to its listing.
    Worth { booking: BookingId, currency: Currency, worth: i64, posted: i64 },
    /// What came of a closed booking, with what the platform bears of it, is not what went: back to the guest, to the
    /// host (payouts aside), to the platform and to the tax office.
    NotWhole { booking: BookingId, currency: Currency, came: i64, went: i64 },
    /// Payments and ledger disagree on what the banks of a booking's guest have taken back.
    ChargedBack { booking: BookingId, currency: Currency, counted: i64, posted: i64 },
    /// Those who bear a refund don't bear what does not come out of escrow, or bear less than nothing.
    Bearers { refund: RefundId, amount: i64, from_escrow: i64, borne: i64 },
    /// A payment's own count of refunds, as paid or as worth to the listing, is not the sum of its refunds, or is more
    /// than there was.
    RefundCount { payment: PaymentId, counted: i64, refunds: i64, captured: i64 },
    /// A host has earned something with a booking, and payouts and ledger disagree on what of that is still to be paid.
    Payable { booking: BookingId, currency: Currency, owed: i64, posted: i64 },
    /// Payouts and ledger disagree on what was sent to the host of a booking.
    SentOut { booking: BookingId, currency: Currency, sent: i64, posted: i64 },
    /// A payout is done, and what was sent and netted is not what was earned.
    PaidOut { payout: PayoutId, currency: Currency, earned: i64, paid: i64 },
    /// More was taken from a host than the host owed.
    DebtOverpaid { account: String, currency: Currency, balance: i64 },
}

/// Sums of any transaction; what is sealed was balanced then, so this finds what was done behind the triggers' back.
const UNBALANCED: &str = "
    SELECT transaction_id AS id, currency, CAST(SUM(amount) AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
    FROM ledger_entry GROUP BY transaction_id, currency HAVING SUM(amount) <> 0";

const DRAFTS: &str = "
    SELECT id, 'EUR' AS currency, CAST(0 AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
    FROM ledger_transaction WHERE NOT posted";

const OVERDRAWN: &str = "
    SELECT t.booking_id AS id, e.currency, CAST(SUM(e.amount) AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.account LIKE 'guest_funds:%' GROUP BY t.booking_id, e.currency HAVING SUM(e.amount) > 0";

/// Refunds that are asked for and not done are still in escrow, which is in the listing's currency.
const LEFT: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(held) AS BIGINT) AS a, CAST(SUM(leaving) AS BIGINT) AS b FROM (
        SELECT t.booking_id, e.currency, e.amount AS held, 0 AS leaving
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.account LIKE 'guest_funds:%'
        UNION ALL
        SELECT p.booking_id, p.listing_currency, 0, r.from_escrow
        FROM refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.status IN ('PENDING', 'UNKNOWN')
    ) escrow
    WHERE booking_id IN (SELECT id FROM booking WHERE status IN ('COMPLETED', 'CANCELLED', 'DECLINED', 'EXPIRED'))
    GROUP BY booking_id, currency HAVING SUM(held) + SUM(leaving) <> 0";

const CAPTURED: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(ours) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT booking_id, currency, captured AS ours, 0 AS posted FROM payment
        UNION ALL
        SELECT t.booking_id, e.currency, 0, e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind = 'charge' AND e.account = 'provider_cash'
    ) both_sides GROUP BY booking_id, currency HAVING SUM(ours) <> SUM(posted)";

const REFUNDED: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(ours) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT p.booking_id, r.currency, r.amount AS ours, 0 AS posted
        FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status IN ('SUCCEEDED', 'OUT_OF_BAND')
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind IN ('refund', 'refund_returned') AND e.account IN ('provider_cash', 'platform_bank')
    ) both_sides GROUP BY booking_id, currency HAVING SUM(ours) <> SUM(posted)";

/// What came into escrow and went back out of it is worth to the listing what payments and refunds say.
const WORTH: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(ours) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT booking_id, listing_currency AS currency, listing_amount AS ours, 0 AS posted
        FROM payment WHERE captured > 0
        UNION ALL
        SELECT p.booking_id, p.listing_currency, -r.from_escrow, 0
        FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status IN ('SUCCEEDED', 'OUT_OF_BAND')
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind IN ('charge', 'refund', 'refund_returned') AND e.account LIKE 'guest_funds:%'
    ) both_sides GROUP BY booking_id, currency HAVING SUM(ours) <> SUM(posted)";

const REFUND_COUNT: &str = "
    SELECT id, currency, refunded, captured, refunds FROM (
        SELECT p.id, p.currency, p.refunded, p.captured, CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) AS refunds
        FROM payment p LEFT JOIN refund r ON r.payment_id = p.id AND r.status NOT IN ('FAILED', 'REPLACED', 'COVERED')
        GROUP BY p.id, p.currency, p.refunded, p.captured
        UNION ALL
        SELECT p.id, p.listing_currency, p.listing_refunded, p.listing_amount,
            CAST(COALESCE(SUM(r.listing_amount), 0) AS BIGINT)
        FROM payment p LEFT JOIN refund r ON r.payment_id = p.id AND r.status NOT IN ('FAILED', 'REPLACED', 'COVERED')
        WHERE p.listing_currency <> p.currency OR p.listing_refunded <> p.refunded
        GROUP BY p.id, p.listing_currency, p.listing_refunded, p.listing_amount
    ) counts WHERE refunded <> refunds OR refunded > captured";

#[derive(FromQueryResult)]
pub(super) struct Sums {
    pub(super) id: Uuid,
    pub(super) currency: Currency,
    pub(super) a: i64,
    pub(super) b: i64,
}

#[derive(FromQueryResult)]
struct Counted {
    id: PaymentId,
    refunded: i64,
    captured: i64,
    refunds: i64,
}

/// Every problem of the ledger; none is the proof. Reads aggregated sums only, so it can run beside the server. A
/// booking that is being closed at this moment can show for as long as its money is on the way.
pub async fn verify(db: &Db) -> Result<Vec<Problem>, DbErr> {
    let mut problems = Vec::new();
    let booking = |sums: &Sums| BookingId(sums.id);
    problems.extend(sums(db, UNBALANCED).await?.into_iter().map(|s| Problem::Unbalanced {
        transaction: LedgerTransactionId(s.id),
        currency: s.currency,
        sum: s.a,
    }));
    problems.extend(
        sums(db, DRAFTS)
            .await?
            .into_iter()
            .map(|s| Problem::LeftDraft { transaction: LedgerTransactionId(s.id) }),
    );
    problems.extend(sums(db, OVERDRAWN).await?.into_iter().map(|s| Problem::EscrowOverdrawn {
        booking: booking(&s),
        currency: s.currency,
        balance: s.a,
    }));
    problems.extend(sums(db, LEFT).await?.into_iter().map(|s| Problem::EscrowLeft {
        booking: booking(&s),
        currency: s.currency,
        balance: s.a,
        on_its_way: s.b,
    }));
    problems.extend(sums(db, CAPTURED).await?.into_iter().map(|s| Problem::Captured {
        booking: booking(&s),
        currency: s.currency,
        paid: s.a,
        posted: s.b,
    }));
    problems.extend(sums(db, REFUNDED).await?.into_iter().map(|s| Problem::Refunded {
        booking: booking(&s),
        currency: s.currency,
        done: s.a,
        posted: s.b,
    }));
    problems.extend(sums(db, WORTH).await?.into_iter().map(|s| Problem::Worth {
        booking: booking(&s),
        currency: s.currency,
        worth: s.a,
        posted: s.b,
    }));
    problems.extend(verify_bookings::verify(db).await?);
    let counts = Counted::find_by_statement(statement(db.backend(), REFUND_COUNT)).all(db.read()).await?;
    problems.extend(counts.into_iter().map(|c| Problem::RefundCount {
        payment: c.id,
        counted: c.refunded,
        refunds: c.refunds,
        captured: c.captured,
    }));
    problems.extend(verify_payouts::problems(db).await?);
    Ok(problems)
}

pub(super) async fn sums(db: &Db, sql: &'static str) -> Result<Vec<Sums>, DbErr> {
    Sums::find_by_statement(statement(db.backend(), sql)).all(db.read()).await
}

pub(super) fn statement(backend: DbBackend, sql: &'static str) -> Statement {
    Statement::from_string(backend, sql)
}
