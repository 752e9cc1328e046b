//! Who has how much of what a booking's guest paid, and what its host owes for it, as the ledger has it: for those who
//! must say who bears a loss. No posting, no judgement.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};

use super::{Account, Borne, Kind, entry, transaction};
use crate::kernel::{BookingId, Currency, Money, UserId};

#[derive(FromQueryResult)]
struct Row {
    kind: String,
    account: String,
    amount: i64,
}

/// What each has of a booking, in its listing's currency: payouts only move what is the host's, and a penalty is no part
/// of what the guest paid. Nobody has less than nothing.
pub async fn shares_of_booking(
    conn: &impl ConnectionTrait,
    booking: BookingId,
    host: UserId,
    currency: Currency,
) -> Result<Borne, DbErr> {
    let payable = Account::HostPayable(host).to_string();
    let debt = Account::HostDebt(host).to_string();
    let mut shares = Borne::none(currency);
    for row in rows(conn, booking, currency).await? {
        let moves = [Kind::Payout, Kind::Netting, Kind::TransferReversed, Kind::Penalty];
        if moves.iter().any(|kind| kind.word() == row.kind) {
            continue;
        }
        let share = match row.account.as_str() {
            account if account == payable || account == debt => &mut shares.host,
            "platform_fees" | "platform_loss" => &mut shares.platform,
            "taxes_payable" => &mut shares.taxes,
            _ => continue,
        };
        share.minor = share.minor.saturating_sub(row.amount);
    }
    let least = |share: Money| Money { minor: share.minor.max(0), ..share };
    Ok(Borne { host: least(shares.host), platform: least(shares.platform), taxes: least(shares.taxes) })
}

/// What a host owes for a booking that was paid for: what came of it too much, less what was taken back. What was netted
/// out of its payout was owed for others.
pub async fn owed_for_booking(
    conn: &impl ConnectionTrait,
    booking: BookingId,
    host: UserId,
    currency: Currency,
) -> Result<Money, DbErr> {
    let debt = Account::HostDebt(host).to_string();
    let others = [Kind::Netting, Kind::Penalty];
    let rows = rows(conn, booking, currency).await?;
    let of = rows.iter().filter(|row| row.account == debt);
    let of = of.filter(|row| !others.iter().any(|kind| kind.word() == row.kind));
    let owed = of.fold(0_i64, |sum, row| sum.saturating_add(row.amount));
    Ok(Money::new(owed.max(0), currency))
}

async fn rows(
    conn: &impl ConnectionTrait,
    booking: BookingId,
    currency: Currency,
) -> Result<Vec<Row>, DbErr> {
    let of = entry::Entity::belongs_to(transaction::Entity)
        .from(entry::Column::TransactionId)
        .to(transaction::Column::Id)
        .into();
    entry::Entity::find()
        .select_only()
        .columns([entry::Column::Account, entry::Column::Amount])
        .column(transaction::Column::Kind)
        .join(JoinType::InnerJoin, of)
        .filter(transaction::Column::BookingId.eq(booking))
        .filter(transaction::Column::Posted.eq(true))
        .filter(entry::Column::Currency.eq(currency))
        .into_model::<Row>()
        .all(conn)
        .await
}
