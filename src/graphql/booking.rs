//! Bookings on the roof: the object, finding one, making one, calling one off, watching one.

use async_graphql::{
    Context, Enum, ID, InputObject, Object, OneofObject, Result, SimpleObject, Subscription,
};
use futures_util::{Stream, StreamExt};

use super::{
    booking_change::BookingChange,
    context::{app, id, loaders, readable, signed_in, viewer},
    dispute::Dispute,
    errors::{BookingError, BookingErrorCode as Code},
    faults::{read, settle, shared},
    listing::{Address, CancellationPolicy, Listing},
    loaders::{
        BookingById, ChangesOfBooking, DisputesOfBooking, PaymentsOfBooking, PayoutOfBooking,
        PenaltyOfBooking, ShownListing, TimelineOfBooking, UserById,
    },
    money::Money,
    payment::Payment,
    payout::Payout,
    pricing::{ExchangeRate, RatePlan, StayPrice},
    quote::Quote,
    receipt::{self, Receipt},
    refund::{self, RefundPeriod, RefundPreview},
    scalars::{Date, DateTime},
    stay::PartyOf,
    transport::{Rule, ruled, set_up},
    user::User,
};
use crate::{
    accounts::Viewer,
    bookings::{self, booking, booking_change, booking_event, cancel, changes, create, rules},
    disputes::{self, dispute},
    kernel::{BookingId, Fault, Party},
    pricing::{self, create_quote, quote},
};

/// Where a booking is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "booking::Status")]
pub enum BookingStatus {
    /// The nights are held while the guest pays.
    PendingPayment,
    /// Authorised; the host has a day to answer.
    PendingApproval,
    /// Paid.
    Confirmed,
    /// The hold ended unpaid.
    Expired,
    /// The guest has left.
    Completed,
    /// Called off.
    Cancelled,
    /// The host said no.
    Declined,
}

/// What can be done with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BookingAction {
    /// Pay for it.
    Pay,
    /// Call it off.
    Cancel,
    /// Say yes to the request.
    Accept,
    /// Say no to the request.
    Decline,
    /// Argue about the stay.
    OpenDispute,
    /// Propose other dates or guests.
    ProposeChange,
    /// Say yes or no to other dates or guests.
    AnswerChange,
    /// Take a proposal of other dates or guests back.
    WithdrawChange,
    /// Pay what an accepted change costs more.
    PayChange,
}

impl From<rules::Action> for BookingAction {
    fn from(action: rules::Action) -> Self {
        match action {
            rules::Action::Pay => Self::Pay,
            rules::Action::Cancel => Self::Cancel,
            rules::Action::Accept => Self::Accept,
            rules::Action::Decline => Self::Decline,
        }
    }
}

/// What happened to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "booking_event::Kind")]
pub enum BookingEventKind {
    /// The nights were held.
    Created,
    /// A payment attempt prolonged the hold.
    HoldExtended,
    /// The card is authorised; the host was asked.
    Requested,
    /// The host said yes; the card is being charged.
    Accepted,
    /// The host said no, or the card could not be charged.
    Declined,
    /// It was paid.
    Confirmed,
    /// The hold ended unpaid.
    Expired,
    /// It was called off.
    Cancelled,
    /// Money came after the hold had ended.
    PaidLate,
    /// The guest has left.
    Completed,
    /// An admin gave the guest money back.
    Refunded,
    /// One side proposed other dates or guests: from which to which.
    ChangeProposed,
    /// The other side accepted; the guest pays the difference.
    ChangeAccepted,
    /// The other side said no.
    ChangeDeclined,
    /// The side that proposed it took it back.
    ChangeWithdrawn,
    /// Nobody answered, or nobody paid the difference, in time.
    ChangeExpired,
    /// Dates or guests are other ones: from which to which.
    Changed,
}

/// A line of a booking's timeline.
pub struct BookingEvent(pub booking_event::Model);

/// A line of a booking's timeline.
#[Object(directive = ruled::apply(Rule::Owner))]
impl BookingEvent {
    /// What happened.
    async fn kind(&self) -> BookingEventKind {
        self.0.kind.into()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it; null for the system.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(actor) = self.0.actor_id else { return Ok(None) };
        Ok(loaders(ctx).load_one(UserById(actor)).await.map_err(shared)?.map(User))
    }

    /// Why; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }
}

/// A stay of a guest at a listing.
pub struct Booking(pub booking::Model);

/// A stay of a guest at a listing; seen by its guest and its host only.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Booking {
    /// Names the booking everywhere.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What people read to each other: ten letters and digits.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Where it is in its life, now.
    async fn status(&self, ctx: &Context<'_>) -> BookingStatus {
        rules::status_at(&self.0, app(ctx).clock.now()).into()
    }

    /// What whoever asks can do with it now.
    async fn viewer_actions(&self, ctx: &Context<'_>) -> Result<Vec<BookingAction>> {
        let (me, now) = (signed_in(ctx)?.user, app(ctx).clock.now());
        let is_guest = me == self.0.guest_id;
        let actions = rules::actions(&self.0, is_guest, now);
        let mut actions: Vec<_> = actions.into_iter().map(BookingAction::from).collect();
        // Only of a confirmed booking is more to be known.
        if self.0.status == booking::Status::Confirmed {
            let open = self.open(ctx).await?;
            actions.extend(changes::rules::action(&self.0, open.as_ref(), is_guest, now).map(of_change));
        }
        // What bookings know nothing of: they stand below disputes.
        if disputes::rules::may_open(&self.0, now).is_ok() {
            let known = loaders(ctx).load_one(DisputesOfBooking(self.0.id)).await.map_err(shared)?;
            let is_open =
                |row: &dispute::Model| row.opened_by == Some(me) && disputes::rules::is_open(row.status);
            if !known.iter().flatten().any(is_open) {
                actions.push(BookingAction::OpenDispute);
            }
        }
        Ok(actions)
    }

    /// Where, whatever became of the listing since.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        let question = ShownListing(self.0.listing_id);
        Ok(loaders(ctx).load_one(question).await.map_err(shared)?.map(Listing::from))
    }

    /// The exact address: for the host always, for the guest once it is confirmed.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<Address>> {
        let confirmed = matches!(self.0.status, booking::Status::Confirmed | booking::Status::Completed);
        if !confirmed && signed_in(ctx)?.user != self.0.host_id {
            return Ok(None);
        }
        let listing = loaders(ctx).load_one(ShownListing(self.0.listing_id)).await.map_err(shared)?;
        Ok(listing.map(|row| Address::of(&row)))
    }

    /// How to get in, as the host writes it now: for the host always, for the guest of a confirmed stay from 48 hours
    /// before check-in on.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn check_in_instructions(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let released = rules::instructions_released(&self.0, app(ctx).clock.now());
        if !released && signed_in(ctx)?.user != self.0.host_id {
            return Ok(None);
        }
        let listing = loaders(ctx).load_one(ShownListing(self.0.listing_id)).await.map_err(shared)?;
        Ok(listing.map(|row| row.check_in_instructions))
    }

    /// Who stays.
    async fn guest(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.0.guest_id)).await.map_err(shared)?.map(User))
    }

    /// Who is paid.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.0.host_id)).await.map_err(shared)?.map(User))
    }

    /// First night.
    async fn check_in(&self) -> Date {
        Date(self.0.check_in)
    }

    /// Day of leaving.
    async fn check_out(&self) -> Date {
        Date(self.0.check_out)
    }

    /// When the guest may come.
    async fn check_in_at(&self) -> DateTime {
        DateTime(self.0.check_in_at)
    }

    /// When the guest leaves.
    async fn check_out_at(&self) -> DateTime {
        DateTime(self.0.check_out_at)
    }

    /// Who comes.
    async fn party(&self) -> PartyOf {
        let count = |n: i32| u32::try_from(n).unwrap_or(0);
        let (adults, children) = (count(self.0.adults), count(self.0.children));
        Party { adults, children, infants: count(self.0.infants), pets: count(self.0.pets) }.into()
    }

    /// Every line, as quoted or as it was changed since, and as the guest pays it.
    async fn price(&self) -> StayPrice {
        StayPrice::paid(self.0.price.clone())
    }

    /// The same in the listing's currency, which the host is paid in.
    async fn listing_price(&self) -> StayPrice {
        StayPrice::of_listing(self.0.price.clone())
    }

    /// The rate that was quoted where the guest pays in another currency than the listing's; otherwise null.
    async fn exchange_rate(&self) -> Option<ExchangeRate> {
        ExchangeRate::of(&self.0.price)
    }

    /// What the guest pays.
    async fn total(&self) -> Money {
        Money::new(self.0.total, self.0.currency)
    }

    /// What a guest who cancels gets back, as it was when quoted.
    async fn cancellation_policy(&self) -> CancellationPolicy {
        self.0.cancellation_policy.into()
    }

    /// The rate, as quoted.
    async fn rate_plan(&self) -> RatePlan {
        self.0.rate_plan.into()
    }

    /// Until when unpaid nights are held; null once that is settled.
    async fn hold_ends_at(&self) -> Option<DateTime> {
        (self.0.status == booking::Status::PendingPayment).then_some(DateTime(self.0.hold_ends_at))
    }

    /// Whether the host is asked first: the card is only authorised, and charged once the host accepts.
    async fn by_request(&self) -> bool {
        self.0.by_request
    }

    /// Until when the host can answer the request; null unless it waits for that.
    async fn respond_by(&self) -> Option<DateTime> {
        let waits = self.0.status == booking::Status::PendingApproval && self.0.accepted_at.is_none();
        waits.then_some(DateTime(self.0.hold_ends_at))
    }

    /// When the host accepted the request.
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(DateTime)
    }

    /// When it was paid.
    async fn confirmed_at(&self) -> Option<DateTime> {
        self.0.confirmed_at.map(DateTime)
    }

    /// When it was called off.
    async fn cancelled_at(&self) -> Option<DateTime> {
        self.0.cancelled_at.map(DateTime)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What is to be paid for the booking itself, and how far that is; null for the host. What a change of it costs more is
    /// a payment of its own.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        let all = self.all_payments(ctx).await?;
        Ok(all.into_iter().find(|payment| payment.row.change_id.is_none()))
    }

    /// Everything that was to be paid, oldest first: the booking, then what changes of it cost more. Empty for the host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        self.all_payments(ctx).await
    }

    /// The changes of dates or guests that were proposed, oldest first.
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<BookingChange>> {
        let rows = loaders(ctx).load_one(ChangesOfBooking(self.0.id)).await.map_err(shared)?;
        Ok(rows.into_iter().flatten().map(|row| BookingChange::of(row, &self.0)).collect())
    }

    /// The change that waits now: for an answer, or for the guest to pay the difference.
    async fn open_change(&self, ctx: &Context<'_>) -> Result<Option<BookingChange>> {
        Ok(self.open(ctx).await?.map(|row| BookingChange::of(row, &self.0)))
    }

    /// What the host is paid for it; null until that is earned, and for everybody but the host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payout(&self, ctx: &Context<'_>) -> Result<Option<Payout>> {
        Ok(loaders(ctx).load_one(PayoutOfBooking(self.0.id)).await.map_err(shared)?.map(Payout))
    }

    /// What its two sides argue about, or have argued about, oldest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn disputes(&self, ctx: &Context<'_>) -> Result<Vec<Dispute>> {
        let rows = loaders(ctx).load_one(DisputesOfBooking(self.0.id)).await.map_err(shared)?;
        Ok(rows.into_iter().flatten().map(Dispute).collect())
    }

    /// Every change: what, when, who, why.
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<BookingEvent>> {
        let rows = loaders(ctx).load_one(TimelineOfBooking(self.0.id)).await.map_err(shared)?;
        Ok(rows.into_iter().flatten().map(BookingEvent).collect())
    }

    /// What everybody would get, were whoever asks to call it off at that instant; null unless it is confirmed.
    async fn refund_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Now, when nothing is said.")] at: Option<DateTime>,
    ) -> Result<Option<RefundPreview>> {
        let at = at.map_or_else(|| app(ctx).clock.now(), |at| at.0);
        Ok(match refund::Question::of(ctx, &self.0).await? {
            Some(question) => Some(question.preview(at)?),
            None => None,
        })
    }

    /// The same for every instant from now to check-out: a row for each time in which the answer is the same, in order.
    /// Empty unless it is confirmed.
    async fn refund_schedule(&self, ctx: &Context<'_>) -> Result<Vec<RefundPeriod>> {
        match refund::Question::of(ctx, &self.0).await? {
            Some(question) => question.schedule(app(ctx).clock.now()),
            None => Ok(Vec::new()),
        }
    }

    /// What the host owes for having called it off, in the listing's currency; null where nothing is owed, and for the
    /// guest.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn penalty(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let may_be = self.0.status == booking::Status::Cancelled;
        if !may_be || signed_in(ctx)?.user != self.0.host_id {
            return Ok(None);
        }
        let owed = loaders(ctx).load_one(PenaltyOfBooking(self.0.id)).await.map_err(shared)?;
        Ok(owed.map(Money))
    }

    /// The guest's receipt, of what was paid and what went back until now; null until something was paid, and for the
    /// host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<Receipt>> {
        if signed_in(ctx)?.user != self.0.guest_id {
            return Ok(None);
        }
        receipt::of(ctx, &self.0).await
    }
}

impl Booking {
    async fn all_payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        let guest = self.0.guest_id;
        if signed_in(ctx)?.user != guest {
            return Ok(Vec::new());
        }
        let rows = loaders(ctx).load_one(PaymentsOfBooking(self.0.id)).await.map_err(shared)?;
        Ok(rows.into_iter().flatten().map(|row| Payment { row, guest }).collect())
    }

    async fn open(&self, ctx: &Context<'_>) -> Result<Option<booking_change::Model>> {
        use booking_change::Status::{Accepted, Proposed};
        let now = app(ctx).clock.now();
        let rows = loaders(ctx).load_one(ChangesOfBooking(self.0.id)).await.map_err(shared)?;
        let is_open =
            |row: &booking_change::Model| matches!(changes::rules::status_at(row, now), Proposed | Accepted);
        Ok(rows.into_iter().flatten().find(is_open))
    }
}

fn of_change(action: changes::rules::Action) -> BookingAction {
    match action {
        changes::rules::Action::Propose => BookingAction::ProposeChange,
        changes::rules::Action::Answer => BookingAction::AnswerChange,
        changes::rules::Action::Withdraw => BookingAction::WithdrawChange,
        changes::rules::Action::Pay => BookingAction::PayChange,
    }
}

/// How to name a booking.
#[derive(OneofObject)]
pub enum BookingBy {
    /// By its id.
    Id(ID),
    /// By its code.
    Code(String),
}

/// Queries about bookings.
#[derive(Default)]
pub struct BookingQuery;

#[Object]
impl BookingQuery {
    /// A booking that one is the guest or the host of.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: BookingBy,
    ) -> Result<Option<Booking>> {
        match by {
            BookingBy::Id(text) => by_id(ctx, id("by.id", &text)?).await,
            BookingBy::Code(code) => {
                readable("by.code", &code)?;
                let me = signed_in(ctx)?.user;
                Ok(read(bookings::find::by_code(app(ctx).db.read(), me, &code).await)?.map(Booking))
            }
        }
    }
}

/// A booking that the viewer is a side of.
pub async fn by_id(ctx: &Context<'_>, id: BookingId) -> Result<Option<Booking>> {
    Ok(loaders(ctx).load_one(BookingById(id)).await.map_err(shared)?.map(Booking))
}

/// What to book.
#[derive(InputObject)]
pub struct CreateBookingInput {
    /// The price that the guest has seen.
    quote_id: ID,
    /// Made by the client, 1 to 255 characters: the same key is the same booking, however often it is sent.
    idempotency_key: String,
}

/// A booking to be paid for, or why there is none.
#[derive(SimpleObject)]
pub struct CreateBookingPayload {
    /// The booking; its nights are held for fifteen minutes.
    booking: Option<Booking>,
    /// What to pay, with what Stripe.js needs.
    payment: Option<Payment>,
    /// Why there is none, with what helps to go on.
    errors: Vec<BookingError>,
}

/// What to call off.
#[derive(InputObject)]
pub struct CancelBookingInput {
    /// One's own, as its guest or its host.
    booking_id: ID,
    /// Why, for the other side; at most 500 characters.
    #[graphql(default)]
    reason: String,
    /// Made by the client, 1 to 255 characters: a second click changes nothing.
    idempotency_key: String,
}

/// The booking that was called off, or why it stands.
#[derive(SimpleObject)]
pub struct CancelBookingPayload {
    /// The booking.
    booking: Option<Booking>,
    /// Why it stands.
    errors: Vec<BookingError>,
}

/// Bookings are made and called off here.
#[derive(Default)]
pub struct BookingMutation;

#[Object]
impl BookingMutation {
    /// Holds the nights of a quote for fifteen minutes and starts the payment. Where the place is booked by request, paying
    /// only authorises the card, and asks the host, who has a day to answer.
    #[graphql(directive = ruled::apply(Rule::Verified), guard = "Rule::Verified")]
    async fn create_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to book.")] input: CreateBookingInput,
    ) -> Result<CreateBookingPayload> {
        let guest = signed_in(ctx)?;
        let ask =
            create::Ask { quote: id("quoteId", &input.quote_id)?, idempotency_key: input.idempotency_key };
        let outcome = bookings::create(app(ctx), guest, ask).await;
        let renewed = match &outcome {
            Err(Fault::Refused(create::Refusal::QuoteExpired(old))) => renew(ctx, guest, old).await?,
            _ => None,
        };
        let (booked, mut errors) = settle(outcome, |refusal| vec![not_booked(refusal)])?;
        if let (Some(quote), Some(error)) = (renewed, errors.first_mut()) {
            error.quote = Some(Quote(quote));
        }
        let (booking, payment) = booked.map(|booked| (booked.booking, booked.payment)).unzip();
        let payment = payment.map(|row| Payment { row, guest: guest.user });
        Ok(CreateBookingPayload { booking: booking.map(Booking), payment, errors })
    }

    /// Calls a booking off, as its guest or its host. The guest gets back what `refundPreview` says at this instant.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn cancel_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to call off.")] input: CancelBookingInput,
    ) -> Result<CancelBookingPayload> {
        let booking = id("bookingId", &input.booking_id)?;
        let ask = cancel::Ask { booking, reason: input.reason, idempotency_key: input.idempotency_key };
        let outcome = bookings::cancel(app(ctx), signed_in(ctx)?, ask).await;
        let (booking, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                cancel::Refusal::AlreadyEnded => ("bookingId", Code::AlreadyEnded),
                cancel::Refusal::BeingConfirmed => ("bookingId", Code::BeingConfirmed),
                cancel::Refusal::DeclineInstead => ("bookingId", Code::DeclineInstead),
                cancel::Refusal::ReasonInvalid => ("reason", Code::ReasonInvalid),
                cancel::Refusal::IdempotencyConflict => ("idempotencyKey", Code::IdempotencyConflict),
                cancel::Refusal::IdempotencyKey => ("idempotencyKey", Code::IdempotencyKeyInvalid),
            };
            vec![BookingError::new(code, field, refusal)]
        })?;
        Ok(CancelBookingPayload { booking: booking.map(Booking), errors })
    }
}

fn not_booked(refusal: create::Refusal) -> BookingError {
    use create::Refusal;
    let error = |code, field| BookingError::new(code, field, &refusal);
    match &refusal {
        Refusal::QuoteExpired(_) => error(Code::QuoteExpired, "quoteId"),
        Refusal::QuoteUsed => error(Code::QuoteUsed, "quoteId"),
        Refusal::NotAvailable => error(Code::NotAvailable, "quoteId"),
        Refusal::TooManyHolds => error(Code::TooManyHolds, ""),
        Refusal::IdempotencyConflict => error(Code::IdempotencyConflict, "idempotencyKey"),
        Refusal::IdempotencyKey => error(Code::IdempotencyKeyInvalid, "idempotencyKey"),
        Refusal::NightsTaken { nights, alternatives } => BookingError {
            nights: nights.iter().copied().map(Date).collect(),
            alternatives: alternatives.iter().copied().map(Into::into).collect(),
            ..error(Code::NightsTaken, "quoteId")
        },
    }
}

/// A new quote in place of one that has expired, if the stay can still be booked.
async fn renew(ctx: &Context<'_>, guest: &Viewer, old: &quote::Model) -> Result<Option<quote::Model>> {
    let Ok(stay) = crate::kernel::Stay::new(old.check_in, old.check_out) else { return Ok(None) };
    let ask = create_quote::Ask {
        listing: old.listing_id,
        stay,
        party: old.party(),
        plan: old.rate_plan,
        currency: Some(old.currency),
    };
    match pricing::create_quote(app(ctx), guest, ask).await {
        Ok(quote) => Ok(Some(quote)),
        Err(Fault::Refused(_) | Fault::Missing) => Ok(None),
        Err(fault) => Err(super::faults::error(fault)),
    }
}

/// Bookings are watched here.
#[derive(Default)]
pub struct BookingSubscription;

#[Subscription]
impl BookingSubscription {
    /// A booking as it is now, and again whenever it changes. Only for its guest and its host.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn booking_changed<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(name = "id", desc = "Which one.")] text: ID,
    ) -> Result<impl Stream<Item = Result<Booking>> + 'a> {
        set_up(ctx, async {
            let id: BookingId = id("id", &text)?;
            let (app, me) = (app(ctx).clone(), viewer(ctx).map(|viewer| viewer.user));
            let me = me.ok_or_else(|| super::faults::error(Fault::<crate::kernel::Never>::SignInFirst))?;
            // Listen first, then read: what changes in between is heard.
            let changes = app.bus.subscribe(&bookings::topic(id)).await;
            let first = seen(&app, me, id).await?;
            let first = first.ok_or_else(|| super::faults::error(Fault::<crate::kernel::Never>::Missing))?;
            let later = changes.filter_map(move |_| {
                let app = app.clone();
                async move { seen(&app, me, id).await.transpose() }
            });
            Ok(futures_util::stream::once(async { Ok(first) }).chain(later))
        })
        .await
    }
}

async fn seen(app: &crate::app::App, me: crate::kernel::UserId, id: BookingId) -> Result<Option<Booking>> {
    let found = read(bookings::find::seen_by(app.db.read(), me, &[id]).await)?;
    Ok(found.into_iter().next().map(Booking))
}
