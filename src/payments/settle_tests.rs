//! Tests of settling with the database alone: whatever comes twice or at once is written once.

use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait};

use super::*;
use crate::{
    bookings::booking,
    kernel::Currency,
    ledger::{Problem, entry, testing::on_each_database, transaction, verify},
    payments::{
        ask_refund::ask_refund,
        refund, settle_refund,
        testing::{jobs_of, paid, seen, start_of_test, started},
    },
    ports::stripe::{IntentStatus, Refund, RefundStatus, Settlement},
};

async fn transactions(db: &Db, kind: &str) -> u64 {
    transaction::Entity::find().filter(transaction::Column::Kind.eq(kind)).count(db.read()).await.unwrap()
}

fn charge_with_fee(payment: &payment::Model) -> Charge {
    let amount = Money::new(payment.amount, payment.currency);
    let (fee, net) = (Money::new(145, payment.currency), Money::new(payment.amount - 145, payment.currency));
    Charge {
        id: format!("ch_{}", payment.id),
        intent: payment.intent_id.clone(),
        amount,
        amount_captured: amount,
        amount_refunded: Money::zero(payment.currency),
        paid: true,
        captured: true,
        settlement: Some(Settlement { id: "txn_1".to_owned(), amount, fee, net }),
    }
}

#[tokio::test]
async fn the_ledger_adds_three_statements_to_a_settled_payment_with_its_fee() {
    on_each_database(async |db| {
        let payment = started(&db, 10_000).await;
        let seen = seen(&payment, IntentStatus::Succeeded);
        let step = rules::step(&payment, &seen).unwrap();
        let charge = charge_with_fee(&payment);
        let before = db.statements();
        assert!(record(&db, &payment, &seen, &step, Some(&charge), start_of_test()).await.unwrap());
        // The payment moves, the event is stored; the rest is the ledger's, charge and fee together.
        assert_eq!(db.statements() - before, 2 + 3);
        assert_eq!((transactions(&db, "charge").await, transactions(&db, "provider_fee").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_success_seen_by_eight_at_once_is_settled_once() {
    on_each_database(async |db| {
        let payment = started(&db, 10_000).await;
        let seen = seen(&payment, IntentStatus::Succeeded);
        let step = rules::step(&payment, &seen).unwrap();
        let charge = charge_with_fee(&payment);
        let at = start_of_test();
        let looks = (0..8).map(|_| record(&db, &payment, &seen, &step, Some(&charge), at));
        let written = join_all(looks).await.into_iter().filter(|it| matches!(it, Ok(true))).count();
        assert_eq!(written, 1);
        // And whoever comes later finds nothing to do.
        let payment = find::payment::<Never>(db.read(), payment.id).await.unwrap();
        assert_eq!(rules::step(&payment, &seen), None);
        assert_eq!((payment.status, payment.captured), (Status::Succeeded, 10_000));
        assert_eq!(jobs_of(&db, "bookings.confirm").await, 1);
        assert_eq!((transactions(&db, "charge").await, transactions(&db, "provider_fee").await), (1, 1));
        assert_eq!(verify(&db).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_match_moves_no_money() {
    on_each_database(async |db| {
        let payment = started(&db, 10_000).await;
        let mut seen = seen(&payment, IntentStatus::Succeeded);
        seen.amount_received = Money::new(9_999, Currency::EUR);
        let step = rules::step(&payment, &seen).unwrap();
        assert!(record(&db, &payment, &seen, &step, None, start_of_test()).await.unwrap());
        let payment = find::payment::<Never>(db.read(), payment.id).await.unwrap();
        assert_eq!((payment.status, payment.captured), (Status::NeedsReview, 0));
        assert_eq!(transactions(&db, "charge").await, 0);
        assert_eq!(jobs_of(&db, "bookings.confirm").await, 0);
    })
    .await;
}

async fn asked(db: &Db, payment: &payment::Model, minor: i64) -> (refund::Model, Refund) {
    let id = payment.id;
    let amount = Money::new(minor, payment.currency);
    let refund = db
        .write(|tx| async move { ask_refund(&tx, id, amount, "test", start_of_test()).await })
        .await
        .unwrap();
    let seen = Refund {
        id: format!("re_{}", refund.id),
        status: RefundStatus::Succeeded,
        amount,
        intent: payment.intent_id.clone(),
        charge: None,
        failure_reason: None,
        metadata: [(name::REFUND.to_owned(), refund.id.to_string())].into(),
        created: start_of_test(),
    };
    (refund, seen)
}

#[tokio::test]
async fn a_refund_seen_by_eight_at_once_is_settled_once() {
    on_each_database(async |db| {
        let payment = paid(&db, 10_000).await;
        let (refund, seen) = asked(&db, &payment, 3_000).await;
        let looks = (0..8).map(|_| settle_refund::record(&db, &seen, start_of_test()));
        for problem in join_all(looks).await {
            assert_eq!(problem.unwrap(), None);
        }
        let (refund, payment) = find::refund::<Never>(db.read(), refund.id).await.unwrap();
        assert_eq!((refund.status, payment.refunded), (refund::Status::Succeeded, 3_000));
        assert_eq!(refund.provider_id, Some(seen.id));
        assert_eq!(transactions(&db, "refund").await, 1);
        assert_eq!(jobs_of(&db, "notifications.payment_refunded").await, 1);
        assert_eq!(verify(&db).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_came_back_can_be_refunded_again() {
    on_each_database(async |db| {
        let payment = paid(&db, 10_000).await;
        let (refund, mut seen) = asked(&db, &payment, 10_000).await;
        settle_refund::record(&db, &seen, start_of_test()).await.unwrap();
        seen.status = RefundStatus::Failed;
        for _ in 0..2 {
            assert_eq!(settle_refund::record(&db, &seen, start_of_test()).await.unwrap(), None);
        }
        let (refund, payment) = find::refund::<Never>(db.read(), refund.id).await.unwrap();
        assert_eq!((refund.status, payment.refunded), (refund::Status::Failed, 0));
        assert_eq!(transactions(&db, "refund_returned").await, 1);
        // A success that is told late changes nothing any more.
        seen.status = RefundStatus::Succeeded;
        assert_eq!(settle_refund::record(&db, &seen, start_of_test()).await.unwrap(), None);
        assert_eq!(verify(&db).await.unwrap(), []);
        asked(&db, &payment, 10_000).await;
    })
    .await;
}

#[tokio::test]
async fn a_refund_of_another_amount_or_payment_is_not_ours() {
    on_each_database(async |db| {
        let payment = paid(&db, 10_000).await;
        let (refund, seen) = asked(&db, &payment, 3_000).await;
        let other = started(&db, 10_000).await;
        for wrong in [
            Refund { amount: Money::new(3_001, Currency::EUR), ..seen.clone() },
            Refund { intent: other.intent_id.clone(), ..seen.clone() },
            Refund { intent: None, ..seen.clone() },
            Refund { metadata: Default::default(), ..seen.clone() },
        ] {
            let problem = settle_refund::record(&db, &wrong, start_of_test()).await.unwrap();
            assert!(problem.is_some(), "{wrong:?}");
        }
        let (refund, _) = find::refund::<Never>(db.read(), refund.id).await.unwrap();
        assert_eq!(refund.status, refund::Status::Pending);
    })
    .await;
}

#[tokio::test]
async fn verify_finds_what_does_not_agree() {
    on_each_database(async |db| {
        let payment = paid(&db, 10_000).await;
        let (booking, currency) = (payment.booking_id, Currency::EUR);
        // The booking closes with the money still in escrow.
        let row = booking::Entity::find_by_id(booking).one(db.read()).await.unwrap().unwrap();
        let mut row = row.into_active_model();
        row.status = Set(booking::Status::Cancelled);
        row.update(db.writer()).await.unwrap();
        let left = Problem::EscrowLeft { booking, currency, balance: -10_000, on_its_way: 0 };
        let lost = Problem::NotWhole { booking, currency, came: 10_000, went: 0 };
        assert_eq!(verify(&db).await.unwrap(), [left, lost]);
        // A refund on its way explains it.
        let (_, seen) = asked(&db, &payment, 10_000).await;
        assert_eq!(verify(&db).await.unwrap(), []);
        settle_refund::record(&db, &seen, start_of_test()).await.unwrap();
        assert_eq!(verify(&db).await.unwrap(), []);
        // Rows that the ledger knows nothing of, and a draft.
        let mut row = payment.clone().into_active_model();
        row.captured = Set(10_001);
        row.refunded = Set(9_999);
        row.update(db.writer()).await.unwrap();
        let draft = transaction::ActiveModel {
            id: Set(crate::kernel::LedgerTransactionId::new()),
            kind: Set("charge".to_owned()),
            source: Set("left".to_owned()),
            booking_id: Set(Some(booking)),
            posted: Set(false),
            at: Set(start_of_test()),
        };
        let draft = draft.insert(db.writer()).await.unwrap().id;
        let entry = entry::ActiveModel {
            id: Set(crate::kernel::LedgerEntryId::new()),
            transaction_id: Set(draft),
            account: Set(ledger::Account::GuestFunds(booking).to_string()),
            currency: Set(currency),
            amount: Set(5),
        };
        entry.insert(db.writer()).await.unwrap();
        let expected = [
            Problem::Unbalanced { transaction: draft, currency, sum: 5 },
            Problem::LeftDraft { transaction: draft },
            Problem::EscrowOverdrawn { booking, currency, balance: 5 },
            Problem::EscrowLeft { booking, currency, balance: 5, on_its_way: 0 },
            Problem::Captured { booking, currency, paid: 10_001, posted: 10_000 },
            Problem::Worth { booking, currency, worth: 0, posted: -5 },
            Problem::RefundCount { payment: payment.id, counted: 9_999, refunds: 10_000, captured: 10_001 },
        ];
        assert_eq!(verify(&db).await.unwrap(), expected);
    })
    .await;
}
