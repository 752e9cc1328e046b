//! The proof that nothing of a booking's money is lost or made: what came is what went. Sums that the database makes;
//! nothing is changed.

use sea_orm::{DbErr, FromQueryResult};

use super::{
    Problem,
    verify::{statement, sums},
};
use crate::{
    db::Db,
    kernel::{BookingId, RefundId},
};

/// In the listing's currency, of a closed booking: captured and what the platform bears = refunded, on its way back, what
/// banks took back for good, and what host, platform and tax office have of it. What a bank still argues about is nobody's
/// loss yet. Payouts and what nets them move a host's own
/// money about: they are left out by naming the kinds that make it.
const NOT_WHOLE: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(came) AS BIGINT) AS a, CAST(SUM(went) AS BIGINT) AS b FROM (
        SELECT booking_id, listing_currency AS currency, listing_amount AS came, 0 AS went
        FROM payment WHERE captured > 0
        UNION ALL
        SELECT p.booking_id, p.listing_currency, 0,
            CASE WHEN r.status IN ('SUCCEEDED', 'OUT_OF_BAND') THEN r.listing_amount ELSE r.from_escrow END
        FROM refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.status IN ('PENDING', 'UNKNOWN', 'SUCCEEDED', 'OUT_OF_BAND')
        UNION ALL
        SELECT t.booking_id, e.currency, e.amount, 0
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.account = 'platform_loss'
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.account IN ('platform_fees', 'taxes_payable')
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind IN ('recognition', 'penalty', 'refund', 'refund_returned', 'chargeback_lost', 'dispute')
          AND (e.account LIKE 'host_payable:%' OR e.account LIKE 'host_debt:%')
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind = 'chargeback_lost' AND e.account LIKE 'chargebacks:%'
    ) both_sides
    WHERE booking_id IN (SELECT id FROM booking WHERE status IN ('COMPLETED', 'CANCELLED', 'DECLINED', 'EXPIRED'))
    GROUP BY booking_id, currency HAVING SUM(came) <> SUM(went)";

/// What payments say of chargebacks is what left our cash by them and has not come back.
const CHARGED_BACK: &str = "
    SELECT booking_id AS id, currency, CAST(SUM(ours) AS BIGINT) AS a, CAST(SUM(posted) AS BIGINT) AS b FROM (
        SELECT booking_id, currency, charged_back AS ours, 0 AS posted FROM payment
        UNION ALL
        SELECT t.booking_id, e.currency, 0, -e.amount
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind IN ('chargeback', 'chargeback_won') AND e.account = 'provider_cash'
    ) both_sides GROUP BY booking_id, currency HAVING SUM(ours) <> SUM(posted)";

/// Of a refund that a policy gives, nobody bears anything; of another one, all of it, when it was asked for before the
/// booking ended, or else what does not come out of escrow.
const BEARERS: &str = "
    SELECT id, amount, from_escrow, borne FROM (
        SELECT id, listing_amount AS amount, from_escrow, host_bears, platform_bears, taxes_bear,
            host_bears + platform_bears + taxes_bear AS borne
        FROM refund
    ) refunds
    WHERE from_escrow < 0 OR from_escrow > amount OR host_bears < 0 OR platform_bears < 0 OR taxes_bear < 0
       OR (borne <> amount - from_escrow AND NOT (from_escrow = amount AND borne = amount))";

#[derive(FromQueryResult)]
struct Borne {
    id: RefundId,
    amount: i64,
    from_escrow: i64,
    borne: i64,
}

/// Every problem of this kind.
pub(super) async fn verify(db: &Db) -> Result<Vec<Problem>, DbErr> {
    let not_whole = sums(db, NOT_WHOLE).await?.into_iter().map(|s| Problem::NotWhole {
        booking: BookingId(s.id),
        currency: s.currency,
        came: s.a,
        went: s.b,
    });
    let charged_back = sums(db, CHARGED_BACK).await?.into_iter().map(|s| Problem::ChargedBack {
        booking: BookingId(s.id),
        currency: s.currency,
        counted: s.a,
        posted: s.b,
    });
    let borne = Borne::find_by_statement(statement(db.backend(), BEARERS)).all(db.read()).await?;
    let borne = borne.into_iter().map(|b| Problem::Bearers {
        refund: b.id,
        amount: b.amount,
        from_escrow: b.from_escrow,
        borne: b.borne,
    });
    Ok(not_whole.chain(charged_back).chain(borne).collect())
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

    use super::*;
    use crate::{
        bookings::booking,
        kernel::{Currency, Fault, Money, Never, clock::Instant},
        ledger::{Account, Borne, Draft, Kind, post, postings, testing::on_each_database, verify},
        payments::{
            ask_refund::{self, Ask},
            payment, refund,
            settle_refund::refund_succeeded,
            testing::paid,
        },
        payouts::{self, Earned},
    };

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    /// A refund of 30.00 of which 10.00 come out of escrow, asked for and done.
    async fn given(db: &Db, payment: &payment::Model) -> refund::Model {
        let borne = Borne { host: eur(1_200), platform: eur(800), taxes: eur(0) };
        let ask = Ask {
            payment: payment.id,
            worth: eur(3_000),
            reason: "test",
            from_escrow: eur(1_000),
            borne,
            by: None,
            out_of_band: false,
        };
        let ask = &ask;
        let asked = db.write(|tx| async move { ask_refund::ask(&tx, ask, Instant::UNIX_EPOCH).await });
        let refund = &asked.await.unwrap();
        db.write(|tx| async move { refund_succeeded(&tx, refund, "re_1", Instant::UNIX_EPOCH).await })
            .await
            .unwrap();
        refund.clone()
    }

    #[tokio::test]
    async fn whole_is_what_everybody_has_of_it_and_what_went_back() {
        on_each_database(async |db| {
            let payment = paid(&db, 10_000).await;
            let row = booking::Entity::find_by_id(payment.booking_id).one(db.read()).await.unwrap().unwrap();
            let (id, host) = (row.id, row.host_id);
            let mut row = row.into_active_model();
            row.status = Set(booking::Status::Completed);
            row.update(db.writer()).await.unwrap();
            // 10.00 stay in escrow, as if a refund had failed; the host has 87.30 of the rest.
            let draft = Draft::new(
                Kind::Recognition,
                postings::recognition_source(id),
                Some(id),
                Instant::UNIX_EPOCH,
            )
            .debit(Account::GuestFunds(id), eur(9_000))
            .credit(Account::HostPayable(host), eur(8_730))
            .credit(Account::PlatformFees, eur(270));
            let draft = &draft;
            let earned = Earned { booking: id, host, gross: eur(9_000), amount: eur(8_730) };
            db.write(|tx| async move {
                payouts::schedule(&tx, earned, Instant::UNIX_EPOCH, Instant::UNIX_EPOCH).await?;
                Ok::<_, Fault<Never>>(post(&tx, draft).await?)
            })
            .await
            .unwrap();
            let found = verify(&db).await.unwrap();
            let lost = Problem::NotWhole { booking: id, currency: Currency::EUR, came: 10_000, went: 9_000 };
            assert!(found.contains(&lost), "{found:?}");

            // What is left goes back, with 12.00 of the host's and 8.00 of the platform's.
            let refund = given(&db, &payment).await;
            assert_eq!(verify(&db).await.unwrap(), []);

            // Money out of nothing, and a refund that nobody bears.
            let planted = Draft::new(Kind::Penalty, "planted", Some(id), Instant::UNIX_EPOCH)
                .debit(Account::Exchange, eur(5))
                .credit(Account::PlatformFees, eur(5));
            let planted = &planted;
            db.write(|tx| async move { Ok::<_, Fault<Never>>(post(&tx, planted).await?) }).await.unwrap();
            let mut row = refund.clone().into_active_model();
            row.host_bears = Set(1_100);
            row.update(db.writer()).await.unwrap();
            let expected = [
                Problem::NotWhole { booking: id, currency: Currency::EUR, came: 10_800, went: 10_805 },
                Problem::Bearers { refund: refund.id, amount: 3_000, from_escrow: 1_000, borne: 1_900 },
            ];
            assert_eq!(verify(&db).await.unwrap(), expected);
        })
        .await;
    }
}
