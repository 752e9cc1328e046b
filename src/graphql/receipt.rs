//! Receipts on the roof: what a guest paid, for what, to whom, and what went back. As data; how it is printed is not
//! known here.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::{
    context::loaders,
    faults::{broken, shared},
    loaders::{MovementsOfBooking, NameOfParty, ShownListing},
    money::Money,
    pricing::StayPrice,
    scalars::{Date, DateTime},
    transport::{Rule, ruled},
};
use crate::{
    bookings::booking,
    kernel::{Money as Amount, UserId, money::MoneyError},
    ledger::movements::Movement,
    pricing::price::LineKind,
};

/// A guest's receipt.
pub struct Receipt {
    booking: booking::Model,
    movements: Vec<Movement>,
    guest: String,
    host: String,
    title: String,
}

/// The receipt of a booking, once something was paid. The caller has made sure that its guest asks.
pub async fn of(ctx: &Context<'_>, booking: &booking::Model) -> Result<Option<Receipt>> {
    let movements = loaders(ctx).load_one(MovementsOfBooking(booking.id)).await.map_err(shared)?;
    let Some(movements) = movements else { return Ok(None) };
    let listing = loaders(ctx).load_one(ShownListing(booking.listing_id)).await.map_err(shared)?;
    Ok(Some(Receipt {
        movements,
        guest: name(ctx, booking.guest_id).await?,
        host: name(ctx, booking.host_id).await?,
        title: listing.map(|listing| listing.title).unwrap_or_default(),
        booking: booking.clone(),
    }))
}

async fn name(ctx: &Context<'_>, id: UserId) -> Result<String> {
    Ok(loaders(ctx).load_one(NameOfParty(id)).await.map_err(shared)?.unwrap_or_default())
}

/// Money that moved.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct ReceiptMovement {
    /// When.
    at: DateTime,
    /// How much. Negative only among what went back, where the guest's bank returned it.
    amount: Money,
}

impl Receipt {
    /// What came, or what went back, as positive amounts.
    fn moved(&self, payments: bool) -> impl Iterator<Item = (Amount, &Movement)> {
        let of = self.movements.iter().filter(move |movement| movement.is_payment == payments);
        of.map(move |movement| {
            let sign = if payments { 1 } else { -1 };
            (Amount { minor: sign * movement.amount.minor, ..movement.amount }, movement)
        })
    }

    fn list(&self, payments: bool) -> Vec<ReceiptMovement> {
        let moved = self.moved(payments);
        moved
            .map(|(amount, movement)| ReceiptMovement { at: DateTime(movement.at), amount: Money(amount) })
            .collect()
    }

    fn sum(&self, payments: bool) -> std::result::Result<Amount, MoneyError> {
        Amount::sum(self.booking.currency, self.moved(payments).map(|(amount, _)| amount))
    }
}

/// A guest's receipt, in the currency that was paid in: what was booked, what was paid, what went back.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Receipt {
    /// The booking's code, which is the receipt's number too.
    async fn code(&self) -> &str {
        &self.booking.code
    }

    /// Who paid.
    async fn guest_name(&self) -> &str {
        &self.guest
    }

    /// Whose place it is.
    async fn host_name(&self) -> &str {
        &self.host
    }

    /// What the place is called now.
    async fn listing_title(&self) -> &str {
        &self.title
    }

    /// First night.
    async fn check_in(&self) -> Date {
        Date(self.booking.check_in)
    }

    /// Day of leaving.
    async fn check_out(&self) -> Date {
        Date(self.booking.check_out)
    }

    /// When it was booked.
    async fn booked_at(&self) -> DateTime {
        DateTime(self.booking.created_at)
    }

    /// When it was called off; null where it was not.
    async fn cancelled_at(&self) -> Option<DateTime> {
        self.booking.cancelled_at.map(DateTime)
    }

    /// Every line of what was booked.
    async fn price(&self) -> StayPrice {
        StayPrice::paid(self.booking.price.clone())
    }

    /// What of it are taxes.
    async fn taxes(&self) -> Money {
        let (currency, lines) = self.booking.price.lines_to_pay();
        let taxes =
            lines.iter().filter(|line| matches!(line.kind, LineKind::PercentTax | LineKind::PersonNightTax));
        Money::new(taxes.map(|line| line.amount).sum(), currency)
    }

    /// What was paid, oldest first.
    async fn payments(&self) -> Vec<ReceiptMovement> {
        self.list(true)
    }

    /// What went back, oldest first.
    async fn refunds(&self) -> Vec<ReceiptMovement> {
        self.list(false)
    }

    /// All that was paid.
    async fn paid(&self) -> Result<Money> {
        Ok(Money(self.sum(true).map_err(broken)?))
    }

    /// All that went back.
    async fn refunded(&self) -> Result<Money> {
        Ok(Money(self.sum(false).map_err(broken)?))
    }

    /// What the stay has cost in the end.
    async fn total(&self) -> Result<Money> {
        let kept = self.sum(true).and_then(|paid| paid.minus(self.sum(false)?));
        Ok(Money(kept.map_err(broken)?))
    }
}
