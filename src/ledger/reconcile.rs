//! Reconciliation: what the ledger says of our cash at Stripe against Stripe's own list of what came and went, object by
//! object and in sums. It reads the tables of payments and payouts by name, as `verify` does; nothing is changed.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{DbErr, FromQueryResult};

use super::verify::statement;
use crate::{
    db::Db,
    kernel::Currency,
    ports::stripe::{BalanceLine, Stripe},
};

/// Where the two disagree. Amounts are minor units: positive came to us, negative went. `object` is Stripe's name
/// (`ch_…`, `re_…`, `tr_…`, `trr_…`, `du_…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// We have posted it, and Stripe's list has no line of it.
    MissingAtStripe { object: String, currency: Currency, ours: i64 },
    /// Stripe has a line of it, and we have posted nothing.
    MissingHere { object: String, kind: String, currency: Currency, theirs: i64 },
    /// Both have it, with different amounts.
    Amount { object: String, currency: Currency, ours: i64, theirs: i64 },
    /// Both have it, with different fees of Stripe's.
    Fee { object: String, currency: Currency, ours: i64, theirs: i64 },
    /// The sums of everything, fees taken off.
    Cash { currency: Currency, ours: i64, theirs: i64 },
}

/// Charges that were captured, refunds that were made, money that was sent to hosts and taken back from them, and what
/// guests' banks took; and fees.
const OURS: &str = "
    SELECT charge_id AS object, currency, captured AS amount, CAST(0 AS BIGINT) AS fee
    FROM payment WHERE captured > 0 AND charge_id IS NOT NULL
    UNION ALL
    SELECT provider_id, currency, -amount, CAST(0 AS BIGINT)
    FROM refund WHERE status = 'SUCCEEDED' AND provider_id IS NOT NULL
    UNION ALL
    SELECT provider_id, currency, -amount, CAST(0 AS BIGINT)
    FROM payout_leg WHERE status = 'PAID' AND provider_id IS NOT NULL
    UNION ALL
    SELECT provider_id, currency, amount, CAST(0 AS BIGINT)
    FROM transfer_reversal WHERE status = 'DONE' AND provider_id IS NOT NULL
    UNION ALL
    SELECT provider_id, paid_currency, -paid_amount, CAST(0 AS BIGINT)
    FROM dispute WHERE withdrawn AND provider_id IS NOT NULL
    UNION ALL
    SELECT provider_id, fee_currency, CAST(0 AS BIGINT), fee
    FROM dispute WHERE fee <> 0 AND provider_id IS NOT NULL
    UNION ALL
    SELECT SUBSTR(t.source, 14), e.currency, CAST(0 AS BIGINT), e.amount
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE t.kind = 'provider_fee' AND e.account = 'provider_fees'";

const CASH: &str = "
    SELECT account AS object, currency, CAST(SUM(amount) AS BIGINT) AS amount, CAST(0 AS BIGINT) AS fee
    FROM ledger_entry WHERE account = 'provider_cash' GROUP BY account, currency";

#[derive(FromQueryResult)]
struct Line {
    object: String,
    currency: Currency,
    amount: i64,
    fee: i64,
}

/// What is known of an object on one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Side {
    amount: i64,
    fee: i64,
}

/// Every difference; none is the proof. Reads Stripe's whole list, page by page. What is under way at this moment can
/// show for as long as its webhook is.
pub async fn reconcile(db: &Db, stripe: &Stripe) -> anyhow::Result<Vec<Difference>> {
    let ours = lines(db, OURS).await?;
    let cash = lines(db, CASH).await?.into_iter().map(|line| (line.currency, line.amount)).collect();
    let mut theirs = Vec::new();
    loop {
        let after = theirs.last().map(|line: &BalanceLine| line.id.clone());
        let page = stripe.balance_lines(None, after.as_deref()).await?;
        if page.is_empty() {
            break;
        }
        theirs.extend(page);
    }
    Ok(compare(ours, cash, theirs))
}

async fn lines(db: &Db, sql: &'static str) -> Result<Vec<Line>, DbErr> {
    Line::find_by_statement(statement(db.backend(), sql)).all(db.read()).await
}

/// Stripe's payouts to the operator's own bank are nothing that the ledger knows.
fn is_the_operators(line: &BalanceLine) -> bool {
    line.kind == "payout" || line.kind.starts_with("payout_")
}

/// Sets the two sides against each other. Pure.
fn compare(ours: Vec<Line>, mut cash: BTreeMap<Currency, i64>, theirs: Vec<BalanceLine>) -> Vec<Difference> {
    let mut known: BTreeMap<(String, Currency), Side> = BTreeMap::new();
    for line in ours {
        let side = known.entry((line.object, line.currency)).or_default();
        side.amount += line.amount;
        side.fee += line.fee;
    }
    let mut seen: HashMap<(String, Currency), (Side, String)> = HashMap::new();
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for line in theirs.into_iter().filter(|line| !is_the_operators(line)) {
        *sums.entry(line.currency).or_default() += line.amount - line.fee;
        let object = line.source.unwrap_or(line.id);
        let (side, kind) = seen.entry((object, line.currency)).or_default();
        side.amount += line.amount;
        side.fee += line.fee;
        *kind = line.kind;
    }

    let mut found = Vec::new();
    for ((object, currency), ours) in known {
        let Some((theirs, _)) = seen.remove(&(object.clone(), currency)) else {
            found.push(Difference::MissingAtStripe { object, currency, ours: ours.amount });
            continue;
        };
        if ours.amount != theirs.amount {
            let (ours, theirs) = (ours.amount, theirs.amount);
            found.push(Difference::Amount { object: object.clone(), currency, ours, theirs });
        }
        if ours.fee != theirs.fee {
            found.push(Difference::Fee { object, currency, ours: ours.fee, theirs: theirs.fee });
        }
    }
    // What went and came back is nothing, and needs no line of ours.
    let mut extra: Vec<_> = seen.into_iter().filter(|(_, (side, _))| *side != Side::default()).collect();
    extra.sort_by(|a, b| a.0.cmp(&b.0));
    found.extend(extra.into_iter().map(|((object, currency), (theirs, kind))| Difference::MissingHere {
        object,
        kind,
        currency,
        theirs: theirs.amount,
    }));
    for (currency, theirs) in sums {
        let ours = cash.remove(&currency).unwrap_or(0);
        if ours != theirs {
            found.push(Difference::Cash { currency, ours, theirs });
        }
    }
    let rest = cash.into_iter().filter(|(_, ours)| *ours != 0);
    found.extend(rest.map(|(currency, ours)| Difference::Cash { currency, ours, theirs: 0 }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(object: &str, amount: i64, fee: i64) -> Line {
        Line { object: object.to_owned(), currency: Currency::EUR, amount, fee }
    }

    fn theirs(source: &str, kind: &str, amount: i64, fee: i64) -> BalanceLine {
        BalanceLine {
            id: format!("txn_{source}_{kind}"),
            kind: kind.to_owned(),
            source: Some(source.to_owned()),
            currency: Currency::EUR,
            amount,
            fee,
        }
    }

    #[test]
    fn what_both_have_is_no_difference() {
        let lines = vec![
            ours("ch_1", 10_000, 0),
            ours("ch_1", 0, 175),
            ours("re_1", -3_000, 0),
            ours("tr_1", -6_000, 0),
        ];
        let list = vec![
            theirs("po_1", "payout", -500, 0),
            theirs("tr_1", "transfer", -6_000, 0),
            theirs("re_2", "refund_failure", 400, 0),
            theirs("re_2", "refund", -400, 0),
            theirs("re_1", "refund", -3_000, 0),
            theirs("ch_1", "charge", 10_000, 175),
        ];
        let cash = BTreeMap::from([(Currency::EUR, 825), (Currency::JPY, 0)]);
        assert_eq!(compare(lines, cash, list), []);
    }

    #[test]
    fn each_difference_is_named() {
        let currency = Currency::EUR;
        let lines = vec![ours("ch_1", 10_000, 175), ours("ch_2", 500, 0), ours("ch_3", 700, 20)];
        let list = vec![
            theirs("ch_1", "charge", 9_999, 175),
            theirs("ch_3", "charge", 700, 21),
            theirs("ch_4", "charge", 300, 0),
        ];
        let object = |name: &str| name.to_owned();
        let expected = [
            Difference::Amount { object: object("ch_1"), currency, ours: 10_000, theirs: 9_999 },
            Difference::MissingAtStripe { object: object("ch_2"), currency, ours: 500 },
            Difference::Fee { object: object("ch_3"), currency, ours: 20, theirs: 21 },
            Difference::MissingHere { object: object("ch_4"), kind: object("charge"), currency, theirs: 300 },
            Difference::Cash { currency, ours: 11_005, theirs: 10_803 },
        ];
        let cash = BTreeMap::from([(currency, 11_005)]);
        assert_eq!(compare(lines, cash, list), expected);
    }
}
