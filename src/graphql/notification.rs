//! Notices on the roof: the list, and the stream that loses nothing.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt, stream};

use super::{
    booking::Booking,
    context::{app, id, loaders, signed_in},
    errors::AccountError,
    faults::{read, settle, shared},
    loaders::BookingById,
    scalars::DateTime,
    transport::{Rule, ruled, set_up},
};
use crate::{
    app::App,
    kernel::{Fault, Never, NotificationId, UserId},
    notifications::{self, deliver, notification},
    ports::bus::Subscription as Nudges,
};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "notification::Kind")]
pub enum NotificationKind {
    /// A booking was paid.
    BookingConfirmed,
    /// A booking was called off.
    BookingCancelled,
    /// A guest asks to book: the host has a day to answer.
    BookingRequested,
    /// The host said no, or the card could not be charged.
    BookingDeclined,
    /// A hold ended unpaid, or a request unanswered.
    BookingExpired,
    /// The other side would like other dates or guests, and waits for an answer.
    BookingChangeProposed,
    /// A change was accepted: the guest is to pay the difference.
    BookingChangeAccepted,
    /// Dates or guests are other ones.
    BookingChanged,
    /// The other side said no to other dates or guests.
    BookingChangeDeclined,
    /// A change was taken back, or not answered or paid in time.
    BookingChangeEnded,
    /// A card was declined.
    PaymentFailed,
    /// Money went back.
    PaymentRefunded,
    /// A host was paid.
    PayoutSent,
    /// A host could not be paid.
    PayoutFailed,
    /// A host is paid elsewhere from now on.
    PayoutAccountChanged,
    /// The other side of a stay argues about it, or the guest's bank does.
    DisputeOpened,
    /// The other side has answered a dispute.
    DisputeAnswered,
    /// A dispute is decided or was taken back, or a bank has decided.
    DisputeResolved,
}

/// A notice to a person.
pub struct Notification(pub notification::Model);

/// A notice to a person.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Notification {
    /// Names the notice; give the last one seen to `notificationReceived`, and nothing is missed.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is about.
    async fn kind(&self) -> NotificationKind {
        self.0.kind.into()
    }

    /// One line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// A few lines.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// The booking it is about.
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<Booking>> {
        let Some(booking) = self.0.booking_id else { return Ok(None) };
        Ok(loaders(ctx).load_one(BookingById(booking)).await.map_err(shared)?.map(Booking))
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was read.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }
}

/// Up to where somebody has read.
#[derive(InputObject)]
pub struct MarkNotificationsReadInput {
    /// The latest notice that was seen: it and all before it are read.
    upto: ID,
}

/// What is left to read.
#[derive(SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// How many notices are still unread.
    unread: Option<u64>,
    /// Why nothing was marked.
    errors: Vec<AccountError>,
}

/// Notices are marked here.
#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Marks a notice and all before it as read.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to where.")] input: MarkNotificationsReadInput,
    ) -> Result<MarkNotificationsReadPayload> {
        let upto = id("upto", &input.upto)?;
        let outcome = notifications::mark_read(app(ctx), signed_in(ctx)?, upto).await;
        let (unread, errors) = settle(outcome, |never| match never {})?;
        Ok(MarkNotificationsReadPayload { unread, errors })
    }
}

/// Notices are heard here.
#[derive(Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// One's own notices as they come. With the last one seen, first all that came since: nothing is lost or doubled.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn notification_received<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "The last one seen; only new ones when nothing is said.")] after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Notification>> + 'a> {
        set_up(ctx, async {
            let (app, me) = (app(ctx).clone(), signed_in(ctx)?.user);
            let after = after.map(|after| id::<NotificationId>("after", &after)).transpose()?;
            // Listen first, then read where we are: what comes in between is heard.
            let nudges = app.bus.subscribe(&deliver::topic(me)).await;
            let seq = match after {
                Some(after) => {
                    let last = read(notifications::find::own(app.db.read(), me, after).await)?;
                    last.ok_or_else(|| super::faults::error(Fault::<Never>::Missing))?.seq
                }
                None => read(notifications::find::latest(app.db.read(), me).await)?,
            };
            Ok(follow(app, me, seq, nudges))
        })
        .await
    }
}

/// All notices after `seq`, then those of each nudge. A nudge carries nothing: the table is read, so a lost or doubled
/// nudge loses and doubles nothing.
fn follow(app: App, me: UserId, seq: i64, nudges: Nudges) -> impl Stream<Item = Result<Notification>> {
    struct State {
        app: App,
        me: UserId,
        seq: i64,
        nudges: Nudges,
        caught_up: bool,
    }
    let state = State { app, me, seq, nudges, caught_up: false };
    stream::unfold(state, |mut state| async move {
        loop {
            if state.caught_up {
                state.nudges.next().await?;
            }
            let rows = read(notifications::find::after(state.app.db.read(), state.me, state.seq).await);
            match rows {
                Ok(rows) if rows.is_empty() => state.caught_up = true,
                Ok(rows) => {
                    state.caught_up = false;
                    state.seq = rows.last().map_or(state.seq, |row| row.seq);
                    return Some((Ok(rows), state));
                }
                Err(error) => {
                    state.caught_up = true;
                    return Some((Err(error), state));
                }
            }
        }
    })
    .flat_map(|rows| {
        stream::iter(match rows {
            Ok(rows) => rows.into_iter().map(|row| Ok(Notification(row))).collect(),
            Err(error) => vec![Err(error)],
        })
    })
}
