//! Reviews on the roof.

use async_graphql::{Context, ID, Object, Result};

use super::{context::loaders, faults::shared, loaders::UserById, scalars::DateTime, user::User};
use crate::reviews::review;

/// What a guest says of a stay.
pub struct Review(pub review::Model);

/// What a guest says of a stay.
#[Object]
impl Review {
    /// Names the review.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who says it; null if the person has gone.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.0.author_id)).await.map_err(shared)?.map(User))
    }

    /// Overall, 1 to 5.
    async fn overall(&self) -> i32 {
        self.0.overall
    }

    /// How clean it was, 1 to 5.
    async fn cleanliness(&self) -> Option<i32> {
        self.0.cleanliness
    }

    /// How true the listing was, 1 to 5.
    async fn accuracy(&self) -> Option<i32> {
        self.0.accuracy
    }

    /// How check-in went, 1 to 5.
    async fn check_in(&self) -> Option<i32> {
        self.0.check_in
    }

    /// How the host answered, 1 to 5.
    async fn communication(&self) -> Option<i32> {
        self.0.communication
    }

    /// Where it is, 1 to 5.
    async fn location(&self) -> Option<i32> {
        self.0.location
    }

    /// What it was worth, 1 to 5.
    async fn value(&self) -> Option<i32> {
        self.0.value
    }

    /// In the guest's words.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// When it was released.
    async fn released_at(&self) -> Option<DateTime> {
        self.0.released_at.map(DateTime)
    }
}
