//! Questions about disputes, asked for those who may see them. No rule.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{async_trait::async_trait, dataloader::Loader};
use sea_orm::DbErr;

use super::{Found, Loaders, by, lists};
use crate::{
    disputes::{
        self, dispute, dispute_photo,
        evidence::{self, Evidence},
    },
    kernel::{BookingId, DisputeId},
};

/// A claim about a booking that the viewer is a side of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DisputeById(pub DisputeId);
/// Any dispute; ask only for an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyDispute(pub DisputeId);
/// The claims about a booking, oldest first; ask only for a side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DisputesOfBooking(pub BookingId);
/// The pictures of a dispute, in order; ask only for who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhotosOfDispute(pub DisputeId);
/// All that is known about a dispute; ask only for an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EvidenceOfDispute(pub DisputeId);

#[async_trait]
impl Loader<DisputeById> for Loaders {
    type Value = dispute::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[DisputeById]) -> Found<DisputeById, dispute::Model> {
        let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
        let ids: Vec<_> = questions.iter().map(|question| question.0).collect();
        by(disputes::find::seen_by(self.app.db.read(), viewer, &ids).await, |row| DisputeById(row.id))
    }
}

#[async_trait]
impl Loader<AnyDispute> for Loaders {
    type Value = dispute::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[AnyDispute]) -> Found<AnyDispute, dispute::Model> {
        let ids: Vec<_> = questions.iter().map(|question| question.0).collect();
        by(disputes::find::any(self.app.db.read(), &ids).await, |row| AnyDispute(row.id))
    }
}

#[async_trait]
impl Loader<DisputesOfBooking> for Loaders {
    type Value = Vec<dispute::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[DisputesOfBooking]) -> Found<DisputesOfBooking, Vec<dispute::Model>> {
        let ids: Vec<_> = questions.iter().map(|question| question.0).collect();
        let found = disputes::find::claims_of(self.app.db.read(), &ids).await;
        lists(found, |row| DisputesOfBooking(row.booking_id))
    }
}

#[async_trait]
impl Loader<PhotosOfDispute> for Loaders {
    type Value = Vec<dispute_photo::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[PhotosOfDispute]) -> Found<PhotosOfDispute, Vec<dispute_photo::Model>> {
        let ids: Vec<_> = questions.iter().map(|question| question.0).collect();
        let found = disputes::find::photos_of(self.app.db.read(), &ids).await;
        lists(found, |row| PhotosOfDispute(row.dispute_id))
    }
}

#[async_trait]
impl Loader<EvidenceOfDispute> for Loaders {
    type Value = Evidence;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[EvidenceOfDispute]) -> Found<EvidenceOfDispute, Evidence> {
        let ids: Vec<_> = questions.iter().map(|question| question.0).collect();
        let found = evidence::of(self.app.db.read(), &ids).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(id, evidence)| (EvidenceOfDispute(id), evidence)).collect())
    }
}
