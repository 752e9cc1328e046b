//! Changes of dates or guests of a booking on the roof: the object, proposing one, answering and withdrawing it.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    calendar::RuleViolation,
    context::{app, id, loaders, signed_in},
    errors::{BookingChangeError, BookingChangeErrorCode as Code},
    faults::{settle, shared},
    loaders::{PaymentOfChange, UserById},
    money::Money,
    payment::Payment,
    pricing::StayPrice,
    scalars::{Date, DateTime},
    stay::{PartyInput, PartyOf, StayInput},
    transport::{Rule, ruled},
    user::User,
};
use crate::{
    bookings::{
        booking, booking_change,
        changes::{
            self, answer, propose,
            rules::{self, Refusal},
            withdraw,
        },
    },
    calendar::rules::Violation,
    kernel::{Party, UserId},
    pricing::sellable::Unsellable,
};

/// Where a change of a booking is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "booking_change::Status")]
pub enum BookingChangeStatus {
    /// The other side is asked.
    Proposed,
    /// The other side has accepted; what is added is held while the guest pays the difference.
    Accepted,
    /// The booking is what was proposed.
    Applied,
    /// The other side said no.
    Declined,
    /// The side that proposed it took it back.
    Withdrawn,
    /// Not answered, or not paid, in time.
    Expired,
    /// The booking was called off or completed first.
    Ended,
}

/// Other dates or guests of a booking, as one side proposed them.
pub struct BookingChange {
    row: booking_change::Model,
    guest: UserId,
}

impl BookingChange {
    /// A change of this booking.
    pub fn of(row: booking_change::Model, booking: &booking::Model) -> Self {
        Self { row, guest: booking.guest_id }
    }
}

/// Other dates or guests of a booking, as one side proposed them; seen by its guest and its host only.
#[Object(directive = ruled::apply(Rule::Owner))]
impl BookingChange {
    /// Names the change.
    async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Where it is in its life, now.
    async fn status(&self, ctx: &Context<'_>) -> BookingChangeStatus {
        rules::status_at(&self.row, app(ctx).clock.now()).into()
    }

    /// Who proposed it; the other side answers.
    async fn proposed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.row.proposed_by)).await.map_err(shared)?.map(User))
    }

    /// The first night until then.
    async fn from_check_in(&self) -> Date {
        Date(self.row.from_check_in)
    }

    /// The day of leaving until then.
    async fn from_check_out(&self) -> Date {
        Date(self.row.from_check_out)
    }

    /// Who came until then.
    async fn from_party(&self) -> PartyOf {
        let row = &self.row;
        party(row.from_adults, row.from_children, row.from_infants, row.from_pets)
    }

    /// What the booking cost the guest until then.
    async fn from_total(&self) -> Money {
        Money::new(self.row.from_total, self.row.currency)
    }

    /// The first night from then on.
    async fn check_in(&self) -> Date {
        Date(self.row.check_in)
    }

    /// The day of leaving from then on.
    async fn check_out(&self) -> Date {
        Date(self.row.check_out)
    }

    /// When the guest may come from then on.
    async fn check_in_at(&self) -> DateTime {
        DateTime(self.row.check_in_at)
    }

    /// When the guest leaves from then on.
    async fn check_out_at(&self) -> DateTime {
        DateTime(self.row.check_out_at)
    }

    /// Who comes from then on.
    async fn party(&self) -> PartyOf {
        party(self.row.adults, self.row.children, self.row.infants, self.row.pets)
    }

    /// Every line of the whole new price, as the guest pays it: by the prices of when it was proposed, at the rate that the
    /// booking keeps.
    async fn price(&self) -> StayPrice {
        StayPrice::paid(self.row.price.clone())
    }

    /// The whole new price.
    async fn total(&self) -> Money {
        Money::new(self.row.total, self.row.currency)
    }

    /// What the guest pays more, exactly; negative where it goes back.
    async fn difference(&self) -> Money {
        Money::new(self.row.difference, self.row.currency)
    }

    /// The same in the listing's currency.
    async fn listing_difference(&self) -> Money {
        Money::new(self.row.listing_difference, self.row.price.currency)
    }

    /// What the side that proposed it wrote; may be empty.
    async fn note(&self) -> &str {
        &self.row.note
    }

    /// Why it was declined; may be empty.
    async fn reason(&self) -> &str {
        &self.row.reason
    }

    /// Until when it waits: for the other side's answer, then for the guest's money; null once that is settled.
    async fn ends_at(&self) -> Option<DateTime> {
        use booking_change::Status::{Accepted, Proposed};
        matches!(self.row.status, Proposed | Accepted).then_some(DateTime(self.row.ends_at))
    }

    /// When the other side answered.
    async fn answered_at(&self) -> Option<DateTime> {
        self.row.answered_at.map(DateTime)
    }

    /// When the booking became what was proposed.
    async fn applied_at(&self) -> Option<DateTime> {
        self.row.applied_at.map(DateTime)
    }

    /// When it was proposed.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }

    /// What the guest is to pay for it, and how far that is; null where it costs nothing more, until it is accepted, and for
    /// the host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        if signed_in(ctx)?.user != self.guest {
            return Ok(None);
        }
        let row = loaders(ctx).load_one(PaymentOfChange(self.row.id)).await.map_err(shared)?;
        Ok(row.map(|row| Payment { row, guest: self.guest }))
    }
}

fn party(adults: i32, children: i32, infants: i32, pets: i32) -> PartyOf {
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    Party { adults: count(adults), children: count(children), infants: count(infants), pets: count(pets) }
        .into()
}

/// What to propose. What is left out stays as it is.
#[derive(InputObject)]
pub struct ProposeBookingChangeInput {
    /// One's own, as its guest or its host.
    booking_id: ID,
    /// Other dates.
    stay: Option<StayInput>,
    /// Another party.
    party: Option<PartyInput>,
    /// A word to the other side; at most 500 characters.
    #[graphql(default)]
    note: String,
    /// Made by the client, 1 to 255 characters: a second click proposes nothing more.
    idempotency_key: String,
}

/// The change that was proposed, or why none was.
#[derive(SimpleObject)]
pub struct ProposeBookingChangePayload {
    /// The change, with what it would cost.
    change: Option<BookingChange>,
    /// Why none was proposed: every reason at once.
    errors: Vec<BookingChangeError>,
}

/// The answer to a change.
#[derive(InputObject)]
pub struct AnswerBookingChangeInput {
    /// One that the other side has proposed.
    change_id: ID,
    /// Yes or no.
    accept: bool,
    /// Why not, for the other side; at most 500 characters.
    #[graphql(default)]
    reason: String,
    /// Made by the client, 1 to 255 characters: a second click changes nothing.
    idempotency_key: String,
}

/// The change that was answered, or why it was not.
#[derive(SimpleObject)]
pub struct AnswerBookingChangePayload {
    /// The change as it is now: `DECLINED`; `APPLIED`; or `ACCEPTED`, where the guest is to pay the difference first.
    change: Option<BookingChange>,
    /// What to pay, with what Stripe.js needs; null where nothing is to be paid, and for the host.
    payment: Option<Payment>,
    /// Why it was not answered: every reason at once.
    errors: Vec<BookingChangeError>,
}

/// What to take back.
#[derive(InputObject)]
pub struct WithdrawBookingChangeInput {
    /// One that one has proposed.
    change_id: ID,
    /// Made by the client, 1 to 255 characters: a second click changes nothing.
    idempotency_key: String,
}

/// The change that was taken back, or why it stands.
#[derive(SimpleObject)]
pub struct WithdrawBookingChangePayload {
    /// The change.
    change: Option<BookingChange>,
    /// Why it stands.
    errors: Vec<BookingChangeError>,
}

/// Bookings are changed here.
#[derive(Default)]
pub struct BookingChangeMutation;

#[Object]
impl BookingChangeMutation {
    /// Proposes other dates or guests of a confirmed booking, as its guest or its host. The other side has a day to answer;
    /// nothing is held or paid until then.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn propose_booking_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to propose.")] input: ProposeBookingChangeInput,
    ) -> Result<ProposeBookingChangePayload> {
        let refused = |code, field: &str, why: &dyn std::fmt::Display| {
            let errors = vec![BookingChangeError::new(code, field, why)];
            Ok(ProposeBookingChangePayload { change: None, errors })
        };
        let booking = id("bookingId", &input.booking_id)?;
        let stay = match input.stay.map(StayInput::read).transpose() {
            Ok(stay) => stay,
            Err(why) => return refused(Code::InvalidStay, "stay", &why),
        };
        let party = match input.party.map(PartyInput::read).transpose() {
            Ok(party) => party,
            Err(why) => return refused(Code::InvalidParty, "party", &why),
        };
        let idempotency_key = input.idempotency_key;
        let ask = propose::Ask { booking, stay, party, note: input.note, idempotency_key };
        let outcome = changes::propose(app(ctx), signed_in(ctx)?, ask).await;
        let (row, errors) = settle(outcome, |refusal| errors(&refusal, "bookingId", "note"))?;
        Ok(ProposeBookingChangePayload { change: shown(ctx, row).await?, errors })
    }

    /// Accepts or declines a change that the other side has proposed. Accepting one that costs more holds what is added for
    /// fifteen minutes: the booking is changed once the guest has paid the difference. One that costs less, or the same, is
    /// made at once, and the difference goes back.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn answer_booking_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerBookingChangeInput,
    ) -> Result<AnswerBookingChangePayload> {
        let ask = answer::Ask {
            change: id("changeId", &input.change_id)?,
            accept: input.accept,
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        let outcome = changes::answer(app(ctx), signed_in(ctx)?, ask).await;
        let (answered, errors) = settle(outcome, |refusal| errors(&refusal, "changeId", "reason"))?;
        let (row, payment) = answered.map(|answered| (answered.change, answered.payment)).unzip();
        let change = shown(ctx, row).await?;
        let guest = change.as_ref().map(|change| change.guest);
        let me = signed_in(ctx)?.user;
        let payment = payment.flatten().filter(|_| guest == Some(me)).map(|row| Payment { row, guest: me });
        Ok(AnswerBookingChangePayload { change, payment, errors })
    }

    /// Takes a change back that one has proposed and the other side has not answered.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn withdraw_booking_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: WithdrawBookingChangeInput,
    ) -> Result<WithdrawBookingChangePayload> {
        let change = id("changeId", &input.change_id)?;
        let ask = withdraw::Ask { change, idempotency_key: input.idempotency_key };
        let outcome = changes::withdraw(app(ctx), signed_in(ctx)?, ask).await;
        let (row, errors) = settle(outcome, |refusal| errors(&refusal, "changeId", ""))?;
        Ok(WithdrawBookingChangePayload { change: shown(ctx, row).await?, errors })
    }
}

/// A change of a booking that the viewer is a side of.
async fn shown(ctx: &Context<'_>, row: Option<booking_change::Model>) -> Result<Option<BookingChange>> {
    let Some(row) = row else { return Ok(None) };
    let booking = super::booking::by_id(ctx, row.booking_id).await?;
    Ok(booking.map(|booking| BookingChange::of(row, &booking.0)))
}

/// The errors of a refusal; `thing` is the field that names what it is about, `words` the one with the text.
fn errors(refusal: &Refusal, thing: &str, words: &str) -> Vec<BookingChangeError> {
    let error = |code, field: &str| vec![BookingChangeError::new(code, field, refusal)];
    match refusal {
        Refusal::NotChangeable => error(Code::NotChangeable, thing),
        Refusal::AlreadyOpen => error(Code::AlreadyOpen, thing),
        Refusal::TooMany => error(Code::TooMany, thing),
        Refusal::NothingChanges => error(Code::NothingChanges, ""),
        Refusal::CheckInPassed => error(Code::CheckInPassed, "stay.checkIn"),
        Refusal::NightsPassed => error(Code::NightsPassed, "stay"),
        Refusal::NotAvailable(violations) => violations.iter().map(unavailable).collect(),
        Refusal::NotForSale(Unsellable::NoRate) => error(Code::RateUnavailable, thing),
        Refusal::NotForSale(why) => {
            let limit = why.limit().map(Money);
            vec![BookingChangeError { limit, ..BookingChangeError::new(Code::NotForSale, thing, refusal) }]
        }
        Refusal::TooSmall { least } => {
            let error = BookingChangeError::new(Code::DifferenceTooSmall, thing, refusal);
            vec![BookingChangeError { limit: Some(Money(*least)), ..error }]
        }
        Refusal::NotOpen => error(Code::NotOpen, thing),
        Refusal::OtherSide => error(Code::OtherSide, thing),
        Refusal::OutOfDate => error(Code::OutOfDate, thing),
        Refusal::NoteInvalid => error(Code::NoteInvalid, words),
        Refusal::IdempotencyConflict => error(Code::IdempotencyConflict, "idempotencyKey"),
        Refusal::IdempotencyKey => error(Code::IdempotencyKeyInvalid, "idempotencyKey"),
    }
}

fn unavailable(violation: &Violation) -> BookingChangeError {
    let (code, nights) = match violation {
        Violation::NightsTaken { nights } | Violation::Preparation { nights, .. } => {
            (Code::NightsTaken, nights.iter().copied().map(Date).collect())
        }
        _ => (Code::NotAvailable, Vec::new()),
    };
    let field = if matches!(violation, Violation::TooManyGuests { .. }) { "party" } else { "stay" };
    BookingChangeError {
        nights,
        violations: vec![RuleViolation::rule(violation)],
        ..BookingChangeError::new(code, field, violation)
    }
}
