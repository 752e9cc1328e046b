//! The proof that hosts were paid what they earned, as `verify` has it. It reads the tables of payouts by name; nothing is
//! changed.

use sea_orm::{DbErr, FromQueryResult};

use super::verify::{Problem, statement, sums};
use crate::{
    db::Db,
    kernel::{BookingId, Currency, PayoutId},
};

/// What a host has earned with a booking and was neither sent nor netted is what the ledger says is payable.
const PAYABLE: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(owed) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT booking_id, currency, amount - netted AS owed, 0 AS posted FROM payout
        UNION ALL
        SELECT o.booking_id, o.currency, -l.worth, 0
        FROM payout_leg l JOIN payout o ON o.id = l.payout_id WHERE l.status = 'PAID'
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind IN ('recognition', 'netting', 'payout', 'dispute') AND e.account LIKE 'host_payable:%'
    ) both_sides GROUP BY booking_id, currency HAVING SUM(owed) <> SUM(posted)";

/// In the currencies that were sent.
const SENT: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(ours) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT o.booking_id, l.currency, l.amount AS ours, 0 AS posted
        FROM payout_leg l JOIN payout o ON o.id = l.payout_id WHERE l.status = 'PAID'
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind = 'payout' AND e.account = 'provider_cash'
    ) both_sides GROUP BY booking_id, currency HAVING SUM(ours) <> SUM(posted)";

const PAID: &str = "
    SELECT o.id, o.currency, o.amount AS a, CAST(o.netted + COALESCE(SUM(l.worth), 0) AS BIGINT) AS b
    FROM payout o LEFT JOIN payout_leg l ON l.payout_id = o.id AND l.status = 'PAID'
    WHERE o.status = 'PAID'
    GROUP BY o.id, o.currency, o.amount, o.netted HAVING o.netted + COALESCE(SUM(l.worth), 0) <> o.amount";

const DEBT: &str = "
    SELECT account, currency, CAST(SUM(amount) AS BIGINT) AS balance
    FROM ledger_entry WHERE account LIKE 'host_debt:%' GROUP BY account, currency HAVING SUM(amount) < 0";

#[derive(FromQueryResult)]
struct Debt {
    account: String,
    currency: Currency,
    balance: i64,
}

/// Every problem of payouts. One that is being paid at this moment is seen before or after, never between.
pub(super) async fn problems(db: &Db) -> Result<Vec<Problem>, DbErr> {
    let mut problems = Vec::new();
    problems.extend(sums(db, PAYABLE).await?.into_iter().map(|s| Problem::Payable {
        booking: BookingId(s.id),
        currency: s.currency,
        owed: s.a,
        posted: s.b,
    }));
    problems.extend(sums(db, SENT).await?.into_iter().map(|s| Problem::SentOut {
        booking: BookingId(s.id),
        currency: s.currency,
        sent: s.a,
        posted: s.b,
    }));
    problems.extend(sums(db, PAID).await?.into_iter().map(|s| Problem::PaidOut {
        payout: PayoutId(s.id),
        currency: s.currency,
        earned: s.a,
        paid: s.b,
    }));
    let debts = Debt::find_by_statement(statement(db.backend(), DEBT)).all(db.read()).await?;
    problems.extend(debts.into_iter().map(|debt| Problem::DebtOverpaid {
        account: debt.account,
        currency: debt.currency,
        balance: debt.balance,
    }));
    Ok(problems)
}
