//! Reading refunds. No writing.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::entity;
use crate::{
    kernel::{Fault, PaymentId, RefundId},
    payments::{self, payment},
};

/// A refund, for the server's own work.
pub async fn by_id(db: &impl ConnectionTrait, id: RefundId) -> Result<Option<entity::Model>, DbErr> {
    entity::Entity::find_by_id(id).one(db).await
}

/// The refunds of these payments, oldest first. The caller has shown that the viewer may see them.
pub async fn of_payments(
    db: &impl ConnectionTrait,
    payments: &[PaymentId],
) -> Result<Vec<entity::Model>, DbErr> {
    entity::Entity::find()
        .filter(entity::Column::PaymentId.is_in(payments.iter().copied()))
        .order_by_asc(entity::Column::Id)
        .all(db)
        .await
}

/// A refund and its payment, for the server's own work.
pub(in crate::payments) async fn with_payment<R>(
    db: &impl ConnectionTrait,
    id: RefundId,
) -> Result<(entity::Model, payment::Model), Fault<R>> {
    let refund = by_id(db, id).await?.ok_or(Fault::Missing)?;
    let payment = payments::by_id(db, refund.payment_id).await?.ok_or(Fault::Missing)?;
    Ok((refund, payment))
}
