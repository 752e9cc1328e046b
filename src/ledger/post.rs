//! Posting: the draft, its entries, the seal; three statements in the caller's transaction. Nothing is judged here but
//! the sum.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{Draft, entry, transaction};
use crate::{
    db::Tx,
    kernel::{LedgerEntryId, LedgerTransactionId},
};

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the ledger now.
    Posted,
    /// Its source was posted before; nothing was written.
    AlreadyPosted,
}

/// Posts a draft for good. Where another transaction is posting the same source, this waits for its end.
pub async fn post(tx: &Tx, draft: &Draft) -> anyhow::Result<Outcome> {
    let posted = post_all(tx, std::slice::from_ref(draft)).await?;
    Ok(if posted == 1 { Outcome::Posted } else { Outcome::AlreadyPosted })
}

/// Posts drafts for good, all with as many statements as one of them takes; returns how many were not posted before.
pub async fn post_all(tx: &Tx, drafts: &[Draft]) -> anyhow::Result<usize> {
    for draft in drafts {
        draft.check()?;
    }
    let drafts: Vec<_> = drafts.iter().map(|draft| (LedgerTransactionId::new(), draft)).collect();
    let rows = drafts.iter().map(|(id, draft)| transaction::ActiveModel {
        id: Set(*id),
        kind: Set(draft.kind.word().to_owned()),
        source: Set(draft.source.clone()),
        booking_id: Set(draft.booking),
        posted: Set(false),
        at: Set(draft.at),
    });
    let once = OnConflict::column(transaction::Column::Source).do_nothing().to_owned();
    let new = transaction::Entity::insert_many(rows).on_conflict(once).exec_with_returning(&**tx).await?;
    let new: Vec<LedgerTransactionId> = new.into_iter().map(|row| row.id).collect();
    if new.is_empty() {
        return Ok(0);
    }
    let entries = drafts.iter().filter(|(id, _)| new.contains(id)).flat_map(|(id, draft)| {
        draft.entries.iter().map(|(account, amount)| entry::ActiveModel {
            id: Set(LedgerEntryId::new()),
            transaction_id: Set(*id),
            account: Set(account.to_string()),
            currency: Set(amount.currency),
            amount: Set(amount.minor),
        })
    });
    entry::Entity::insert_many(entries).exec_without_returning(&**tx).await?;
    let sealed = transaction::Entity::update_many()
        .col_expr(transaction::Column::Posted, Expr::value(true))
        .filter(transaction::Column::Id.is_in(new.iter().copied()))
        .filter(transaction::Column::Posted.eq(false))
        .exec(&**tx)
        .await?;
    anyhow::ensure!(sealed.rows_affected == new.len() as u64, "a ledger draft is gone: {new:?}");
    Ok(new.len())
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, PaginatorTrait};

    use super::*;
    use crate::{
        db::Db,
        kernel::{BookingId, Currency, Fault, Money, Never, clock::Instant},
        ledger::{Account, Kind, testing::on_each_database},
    };

    fn charge(source: &str, booking: BookingId) -> Draft {
        let amount = Money::new(39_780, Currency::EUR);
        Draft::new(Kind::Charge, source, Some(booking), Instant::UNIX_EPOCH)
            .debit(Account::ProviderCash, amount)
            .credit(Account::GuestFunds(booking), amount)
    }

    async fn posted(db: &Db, draft: &Draft) -> Result<Outcome, Fault<Never>> {
        db.write(|tx| async move { Ok(post(&tx, draft).await?) }).await
    }

    /// What the database says to a statement, as text.
    async fn says(db: &Db, sql: &str) -> String {
        match db.writer().execute_unprepared(sql).await {
            Ok(done) => format!("done: {}", done.rows_affected()),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn a_source_is_posted_once() {
        on_each_database(async |db| {
            let draft = charge("charge:1", BookingId::new());
            assert_eq!(posted(&db, &draft).await.unwrap(), Outcome::Posted);
            assert_eq!(posted(&db, &draft).await.unwrap(), Outcome::AlreadyPosted);
            let at_once = charge("charge:2", BookingId::new());
            let outcomes = futures_util::future::join_all((0..8).map(|_| posted(&db, &at_once))).await;
            let won = outcomes.into_iter().filter(|o| matches!(o, Ok(Outcome::Posted))).count();
            assert_eq!(won, 1);
            assert_eq!(entry::Entity::find().count(db.read()).await.unwrap(), 4);
        })
        .await;
    }

    #[tokio::test]
    async fn what_does_not_sum_to_zero_never_reaches_the_database() {
        on_each_database(async |db| {
            let booking = BookingId::new();
            let off = charge("off", booking).debit(Account::ProviderCash, Money::new(1, Currency::EUR));
            let before = db.statements();
            let refusal = posted(&db, &off).await.unwrap_err();
            assert!(matches!(&refusal, Fault::Broken(cause) if cause.to_string().contains("is off by 1")));
            assert_eq!(db.statements(), before);
        })
        .await;
    }

    #[tokio::test]
    async fn a_posting_takes_three_statements() {
        on_each_database(async |db| {
            let draft = charge("charge:1", BookingId::new());
            let before = db.statements();
            posted(&db, &draft).await.unwrap();
            assert_eq!(db.statements() - before, 3);
            // And so do several, of which one is there already.
            let more = [draft, charge("charge:2", BookingId::new()), charge("charge:3", BookingId::new())];
            let (before, more) = (db.statements(), &more);
            let new = db.write(|tx| async move { Ok::<_, Fault<Never>>(post_all(&tx, more).await?) });
            assert_eq!(new.await.unwrap(), 2);
            assert_eq!(db.statements() - before, 3);
            assert_eq!(entry::Entity::find().count(db.read()).await.unwrap(), 6);
        })
        .await;
    }

    #[tokio::test]
    async fn what_does_not_sum_to_zero_is_refused_by_the_database_too() {
        on_each_database(async |db| {
            let id = LedgerTransactionId::new();
            let mut rows = vec![];
            for (account, amount) in [("provider_cash", 100), ("exchange", -99)] {
                rows.push(entry::ActiveModel {
                    id: Set(LedgerEntryId::new()),
                    transaction_id: Set(id),
                    account: Set(account.to_owned()),
                    currency: Set(Currency::EUR),
                    amount: Set(amount),
                });
            }
            let row = transaction::ActiveModel {
                id: Set(id),
                kind: Set("charge".to_owned()),
                source: Set("crooked".to_owned()),
                booking_id: Set(None),
                posted: Set(false),
                at: Set(Instant::UNIX_EPOCH),
            };
            transaction::Entity::insert(row.clone()).exec_without_returning(db.writer()).await.unwrap();
            entry::Entity::insert_many(rows).exec_without_returning(db.writer()).await.unwrap();
            let refusal = says(&db, "UPDATE ledger_transaction SET posted = TRUE").await;
            assert!(refusal.contains("does not sum to zero"), "{refusal}");
            // Nor can it come into the world as posted.
            let born = transaction::ActiveModel {
                id: Set(LedgerTransactionId::new()),
                source: Set("born".to_owned()),
                posted: Set(true),
                ..row
            };
            let refusal = transaction::Entity::insert(born).exec_without_returning(db.writer()).await;
            assert!(refusal.unwrap_err().to_string().contains("begins as a draft"));
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_posted_stays_as_it_is() {
        on_each_database(async |db| {
            posted(&db, &charge("charge:1", BookingId::new())).await.unwrap();
            for sql in [
                "UPDATE ledger_transaction SET posted = FALSE",
                "UPDATE ledger_transaction SET kind = 'refund'",
                "DELETE FROM ledger_transaction",
                "UPDATE ledger_entry SET amount = amount * 2",
                "DELETE FROM ledger_entry",
                "INSERT INTO ledger_entry SELECT id, transaction_id, account, currency, 0 FROM ledger_entry",
            ] {
                let refusal = says(&db, sql).await;
                assert!(refusal.contains("ledger: "), "{sql}: {refusal}");
            }
            if db.backend() == sea_orm::DbBackend::Postgres {
                let refusal = says(&db, "TRUNCATE ledger_entry, ledger_transaction").await;
                assert!(refusal.contains("ledger: "), "{refusal}");
            }
        })
        .await;
    }
}
