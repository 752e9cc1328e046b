//! `openDispute`: a guest or a host says what was wrong with a stay, and what it is worth. Until that is decided, the host
//! is not paid for it.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    dispute::{self, Claim, Kind, Status},
    photos::{self, MOST_PHOTOS},
    rules::{self, NotNow},
};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    bookings::{self, booking},
    db::{Key, OnUnique, Tx},
    event::Event,
    kernel::{BookingId, Currency, DisputeId, Fault, Money, UploadId, clock::Instant},
    payments,
    payouts::{self, payout::HeldFor},
};

/// What somebody argues about.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which stay.
    pub booking: BookingId,
    /// What was wrong.
    pub claim: Claim,
    /// What it is worth, in the listing's currency.
    pub amount: Money,
    /// In whoever's own words.
    pub text: String,
    /// Pictures of it.
    pub uploads: Vec<UploadId>,
}

/// Why there is no dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Empty, too long, or with control characters.
    #[error("say what was wrong, in 1 to {} characters without control characters", rules::LONGEST_TEXT)]
    Text,
    /// More pictures than one side may show, or one twice.
    #[error("at most {MOST_PHOTOS} pictures, each once")]
    TooManyPhotos,
    /// No such upload, or it was used already.
    #[error("there is no unused upload {0}")]
    UnknownUpload(UploadId),
    /// Zero or negative.
    #[error("an amount is more than nothing")]
    NotAnAmount,
    /// The listing has another currency.
    #[error("disputes about this booking are in {0}")]
    OtherCurrency(Currency),
    /// The booking was never paid for.
    #[error("this booking was not paid for")]
    NothingPaid,
    /// More than was paid; of a guest, more than was paid and has not gone back.
    #[error("no more than {0:?} can be argued about")]
    MoreThanPaid(Money),
    /// The stay was called off before it began.
    #[error("there was no stay to argue about")]
    NotStayed,
    /// The stay has not begun.
    #[error("a dispute can be opened from check-in on")]
    TooEarly,
    /// The stay ended too long ago.
    #[error("a dispute can be opened until 14 days after check-out")]
    TooLate,
    /// Whoever asks argues about this booking already.
    #[error("you have an open dispute about this booking")]
    AlreadyOpen,
}

/// Opens a dispute, as a side of the booking.
pub async fn open(app: &App, viewer: &Viewer, ask: Ask) -> Result<dispute::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    check(&ask).map_err(Fault::Refused)?;
    let booking = bookings::find::by_id(app.db.read(), ask.booking).await?.ok_or(Fault::Missing)?;
    if booking.guest_id != viewer.user && booking.host_id != viewer.user {
        return Err(Fault::Missing);
    }
    let (ask, host) = (&ask, booking.host_id);
    app.db
        .write(|tx| async move {
            // The opener argues once, and the host's payouts are judged before or after.
            accounts::lock(&tx, viewer.user.min(host)).await?;
            accounts::lock(&tx, viewer.user.max(host)).await?;
            let booking = bookings::find::locked(&tx, ask.booking).await?.ok_or(Fault::Missing)?;
            judge(&tx, viewer, &booking, ask, now).await?;
            let row = row(viewer, &booking, ask, now).insert(&*tx).await;
            let dispute = row.on_unique(Key::OpenDispute, Refusal::AlreadyOpen)?;
            let unknown = Refusal::UnknownUpload;
            photos::attach(&tx, dispute.id, viewer.user, &ask.uploads, false, unknown, now).await?;
            payouts::hold(&tx, booking.id, dispute.id, HeldFor::Dispute, now).await?;
            Event::DisputeOpened { dispute: dispute.id }.emit(&tx, now).await?;
            Ok(dispute)
        })
        .await
}

/// What can be judged by the words alone.
fn check(ask: &Ask) -> Result<(), Refusal> {
    if !rules::is_text(&ask.text) {
        return Err(Refusal::Text);
    }
    let mut uploads = ask.uploads.clone();
    uploads.sort_unstable();
    uploads.dedup();
    if ask.uploads.len() > MOST_PHOTOS || uploads.len() < ask.uploads.len() {
        return Err(Refusal::TooManyPhotos);
    }
    if ask.amount.minor <= 0 || ask.amount.minor % ask.amount.currency.step() != 0 {
        return Err(Refusal::NotAnAmount);
    }
    Ok(())
}

async fn judge(
    tx: &Tx,
    viewer: &Viewer,
    booking: &booking::Model,
    ask: &Ask,
    now: Instant,
) -> Result<(), Fault<Refusal>> {
    let refuse = |refusal| Err(Fault::Refused(refusal));
    let currency = booking.price.currency;
    if ask.amount.currency != currency {
        return refuse(Refusal::OtherCurrency(currency));
    }
    let paid = payments::find::of_bookings(&**tx, &[booking.id]).await?;
    let paid = paid.into_values().flatten().filter(|payment| payment.captured > 0 && payment.counts);
    let most = paid.map(|payment| match viewer.user == booking.guest_id {
        true => payments::rules::left(&payment).worth,
        false => Money::new(payment.listing_amount, payment.listing_currency),
    });
    let most: Vec<Money> = most.collect();
    if most.is_empty() {
        return refuse(Refusal::NothingPaid);
    }
    let most = Money::sum(currency, most).map_err(anyhow::Error::from)?;
    if ask.amount.minor > most.minor {
        return refuse(Refusal::MoreThanPaid(most));
    }
    match rules::may_open(booking, now) {
        Ok(()) => {}
        Err(NotNow::NotStayed) => return refuse(Refusal::NotStayed),
        Err(NotNow::TooEarly) => return refuse(Refusal::TooEarly),
        Err(NotNow::TooLate) => return refuse(Refusal::TooLate),
    }
    let key = open_key(booking.id, viewer);
    let same = dispute::Entity::find().filter(dispute::Column::OpenKey.eq(key)).count(&**tx).await?;
    if same > 0 { refuse(Refusal::AlreadyOpen) } else { Ok(()) }
}

fn open_key(booking: BookingId, viewer: &Viewer) -> String {
    format!("{booking}:{}", viewer.user)
}

fn row(viewer: &Viewer, booking: &booking::Model, ask: &Ask, now: Instant) -> dispute::ActiveModel {
    dispute::ActiveModel {
        id: Set(DisputeId::new()),
        kind: Set(Kind::Claim),
        booking_id: Set(booking.id),
        status: Set(Status::Open),
        opened_by: Set(Some(viewer.user)),
        open_key: Set(Some(open_key(booking.id, viewer))),
        claim: Set(Some(ask.claim)),
        currency: Set(ask.amount.currency),
        amount: Set(ask.amount.minor),
        text: Set(ask.text.trim().to_owned()),
        respond_by: Set(Some(now + rules::ANSWERED_WITHIN)),
        answer: Set(None),
        answered_at: Set(None),
        refund: Set(0),
        host_bears: Set(0),
        platform_bears: Set(0),
        taxes_bear: Set(0),
        to_host: Set(0),
        decided_by: Set(None),
        decision: Set(None),
        payment_id: Set(None),
        provider_id: Set(None),
        bank_reason: Set(None),
        paid_currency: Set(ask.amount.currency),
        paid_amount: Set(0),
        withdrawn: Set(false),
        borne: Set(false),
        fee_currency: Set(ask.amount.currency),
        fee: Set(0),
        problem: Set(None),
        closed_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}
