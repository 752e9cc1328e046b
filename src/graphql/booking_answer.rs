//! A host's answer to a request to book, on the roof: yes or no.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::{
    booking::Booking,
    context::{app, id, signed_in},
    errors::{BookingError, BookingErrorCode as Code},
    faults::settle,
    transport::{Rule, ruled},
};
use crate::bookings::{self, accept, decline};

/// What to accept.
#[derive(InputObject)]
pub struct AcceptBookingInput {
    /// A request to book one of one's own places.
    booking_id: ID,
    /// Made by the client, 1 to 255 characters: a second click changes nothing.
    idempotency_key: String,
}

/// The booking that was accepted, or why it was not.
#[derive(SimpleObject)]
pub struct AcceptBookingPayload {
    /// The booking as it is now: `CONFIRMED`, or `DECLINED` where the card could not be charged, or still
    /// `PENDING_APPROVAL` where the provider has not answered yet.
    booking: Option<Booking>,
    /// Why it was not accepted.
    errors: Vec<BookingError>,
}

/// What to decline.
#[derive(InputObject)]
pub struct DeclineBookingInput {
    /// A request to book one of one's own places.
    booking_id: ID,
    /// Why, for the guest; at most 500 characters.
    #[graphql(default)]
    reason: String,
}

/// The booking that was declined, or why it was not.
#[derive(SimpleObject)]
pub struct DeclineBookingPayload {
    /// The booking.
    booking: Option<Booking>,
    /// Why it was not declined.
    errors: Vec<BookingError>,
}

/// Hosts answer requests here.
#[derive(Default)]
pub struct BookingAnswerMutation;

#[Object]
impl BookingAnswerMutation {
    /// Accepts a request to book: the guest's card is charged, and the stay confirmed. From here on the request neither
    /// expires nor can it be called off until that is done.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn accept_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to accept.")] input: AcceptBookingInput,
    ) -> Result<AcceptBookingPayload> {
        let booking = id("bookingId", &input.booking_id)?;
        let ask = accept::Ask { booking, idempotency_key: input.idempotency_key };
        let outcome = bookings::accept(app(ctx), signed_in(ctx)?, ask).await;
        let (booking, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                accept::Refusal::NotPending => ("bookingId", Code::NotPending),
                accept::Refusal::Suspended => ("bookingId", Code::NotAvailable),
                accept::Refusal::IdempotencyConflict => ("idempotencyKey", Code::IdempotencyConflict),
                accept::Refusal::IdempotencyKey => ("idempotencyKey", Code::IdempotencyKeyInvalid),
            };
            vec![BookingError::new(code, field, refusal)]
        })?;
        Ok(AcceptBookingPayload { booking: booking.map(Booking), errors })
    }

    /// Declines a request to book: nothing is charged, and the nights are free again.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn decline_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to decline.")] input: DeclineBookingInput,
    ) -> Result<DeclineBookingPayload> {
        let ask = decline::Ask { booking: id("bookingId", &input.booking_id)?, reason: input.reason };
        let outcome = bookings::decline(app(ctx), signed_in(ctx)?, ask).await;
        let (booking, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                decline::Refusal::NotPending => ("bookingId", Code::NotPending),
                decline::Refusal::ReasonInvalid => ("reason", Code::ReasonInvalid),
            };
            vec![BookingError::new(code, field, refusal)]
        })?;
        Ok(DeclineBookingPayload { booking: booking.map(Booking), errors })
    }
}
