//! Holding a booking's payments: while somebody reckons with what of them has gone back, no refund of them fails or is
//! asked for. No judgement.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::payment;
use crate::{db::Tx, kernel::BookingId};

/// Makes everybody else wait who counts refunds of this booking's payments, until the transaction ends. Lock the listing
/// before.
pub async fn lock(tx: &Tx, booking: BookingId) -> Result<(), DbErr> {
    payment::Entity::update_many()
        .col_expr(payment::Column::UpdatedAt, Expr::col(payment::Column::UpdatedAt))
        .filter(payment::Column::BookingId.eq(booking))
        .exec(&**tx)
        .await?;
    Ok(())
}
