//! Questions about what was paid and what went back, asked only for the sides of a booking. No rule.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{async_trait::async_trait, dataloader::Loader};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{Found, Loaders, lists};
use crate::{
    accounts::user,
    kernel::{BookingId, Money, PaymentId, UserId},
    ledger::movements::{self, Movement},
    payments::{self, refund},
};

/// The refunds of a payment, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefundsOfPayment(pub PaymentId);
/// What really moved for a booking, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MovementsOfBooking(pub BookingId);
/// What a host owes for having called a booking off; no answer where nothing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PenaltyOfBooking(pub BookingId);
/// The name of a side of a booking that the viewer is the other side of, whatever became of the person since: it stands
/// on papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameOfParty(pub UserId);

#[async_trait]
impl Loader<RefundsOfPayment> for Loaders {
    type Value = Vec<refund::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[RefundsOfPayment]) -> Found<RefundsOfPayment, Vec<refund::Model>> {
        let ids: Vec<PaymentId> = questions.iter().map(|question| question.0).collect();
        let found = payments::find::refunds_of(self.app.db.read(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(payment, refunds)| (RefundsOfPayment(payment), refunds)).collect())
    }
}

#[async_trait]
impl Loader<MovementsOfBooking> for Loaders {
    type Value = Vec<Movement>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[MovementsOfBooking]) -> Found<MovementsOfBooking, Vec<Movement>> {
        let ids: Vec<BookingId> = questions.iter().map(|question| question.0).collect();
        let found = movements::of_bookings(self.app.db.read(), &ids).await;
        lists(found, |movement| MovementsOfBooking(movement.booking))
    }
}

#[async_trait]
impl Loader<PenaltyOfBooking> for Loaders {
    type Value = Money;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[PenaltyOfBooking]) -> Found<PenaltyOfBooking, Money> {
        let ids: Vec<BookingId> = questions.iter().map(|question| question.0).collect();
        let found = movements::penalties(self.app.db.read(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(booking, owed)| (PenaltyOfBooking(booking), owed)).collect())
    }
}

#[async_trait]
impl Loader<NameOfParty> for Loaders {
    type Value = String;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[NameOfParty]) -> Found<NameOfParty, String> {
        let ids = questions.iter().map(|question| question.0);
        let names: Vec<(UserId, String)> = user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::DisplayName])
            .filter(user::Column::Id.is_in(ids))
            .into_tuple()
            .all(self.app.db.read())
            .await
            .map_err(Arc::new)?;
        Ok(names.into_iter().map(|(id, name)| (NameOfParty(id), name)).collect::<HashMap<_, _>>())
    }
}
