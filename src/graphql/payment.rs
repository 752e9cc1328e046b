//! Payments on the roof.

use async_graphql::{Context, Enum, ID, Object, Result};

use super::{
    context::{app, viewer},
    money::Money,
    transport::{Rule, ruled},
};
use crate::{
    kernel::UserId,
    payments::payment::{self, Status},
};

/// Where a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum PaymentStatus {
    /// Not known to the provider yet.
    Created,
    /// The provider was asked and did not answer; it is asked again.
    Unknown,
    /// Waits for a card.
    RequiresPaymentMethod,
    /// Waits for the guest to prove who they are.
    RequiresAction,
    /// The provider is at it.
    Processing,
    /// The money is set aside on the card; it is charged once the host accepts.
    Authorised,
    /// Will never be paid.
    Cancelled,
    /// Paid.
    Succeeded,
    /// An admin must look.
    NeedsReview,
}

/// A thing to pay.
pub struct Payment {
    /// The row.
    pub row: payment::Model,
    /// Who pays: the only one who sees the client secret.
    pub guest: UserId,
}

/// A thing to pay.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Payment {
    /// Names the payment.
    async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Where it is.
    async fn status(&self) -> PaymentStatus {
        self.row.status.into()
    }

    /// What is to be paid.
    async fn amount(&self) -> Money {
        Money::new(self.row.amount, self.row.currency)
    }

    /// What went back, or is on its way.
    async fn refunded(&self) -> Money {
        Money::new(self.row.refunded, self.row.currency)
    }

    /// For Stripe.js, to go on paying; null until the provider has answered, and for everybody but the guest.
    async fn client_secret(&self, ctx: &Context<'_>) -> Option<&str> {
        let mine = viewer(ctx).is_some_and(|viewer| viewer.user == self.guest);
        self.row.client_secret.as_deref().filter(|_| mine)
    }

    /// For Stripe.js: which account is paid.
    async fn publishable_key<'a>(&self, ctx: &Context<'a>) -> Result<&'a str> {
        Ok(app(ctx).stripe.publishable_key())
    }

    /// Why the bank said no, last.
    async fn decline_code(&self) -> Option<&str> {
        self.row.decline_code.as_deref()
    }
}
