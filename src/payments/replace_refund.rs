//! A refund that failed is done with: an admin gives the money back by another one.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Query};

use super::{
    payment,
    refund::{self, Status},
};
use crate::{
    db::Tx,
    kernel::{BookingId, RefundId, clock::Instant},
};

/// Marks a refund of the booking as replaced. False when it has not failed, or is of another booking.
pub async fn replace(tx: &Tx, booking: BookingId, id: RefundId, now: Instant) -> Result<bool, DbErr> {
    let change =
        refund::ActiveModel { status: Set(Status::Replaced), updated_at: Set(now), ..Default::default() };
    let of_booking = Query::select()
        .column(payment::Column::Id)
        .from(payment::Entity)
        .and_where(payment::Column::BookingId.eq(booking))
        .to_owned();
    let done = refund::Entity::update_many()
        .set(change)
        .filter(refund::Column::Id.eq(id))
        .filter(refund::Column::Status.eq(Status::Failed))
        .filter(refund::Column::PaymentId.in_subquery(of_booking))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}
