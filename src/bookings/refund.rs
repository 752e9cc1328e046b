//! `refundBooking`: an admin gives a guest money back beyond what the policy gives, and says who bears it. Before the
//! booking ends that is remembered and borne at its end; afterwards it is borne when the money has gone.

use super::{
    booking::{self, Status},
    booking_event::Kind,
    find::{self, payment_of},
    timeline,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    db::Tx,
    kernel::{BookingId, Currency, Fault, Money, RefundId, can_be_shown, clock::Instant},
    ledger::{self, Account, Borne},
    payments::{self, ask_refund, payment, refund},
};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What goes back.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of which booking.
    pub booking: BookingId,
    /// How much, in the listing's currency.
    pub amount: Money,
    /// Who bears it, if not the platform alone; it must add up to the amount.
    pub borne: Option<Borne>,
    /// Why; both sides read it.
    pub reason: String,
    /// Made by the client: a second click gives nothing more.
    pub idempotency_key: String,
}

/// Why nothing goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The booking was never paid for, or ended before it was confirmed: then whatever comes goes back as a whole.
    #[error("this booking was not paid for")]
    NothingPaid,
    /// Zero, negative, or too little for the currency that was paid in.
    #[error("an amount is more than nothing, and not too little for the currency that was paid in")]
    NotAnAmount,
    /// The listing has another currency.
    #[error("refunds of this booking are in {0}")]
    OtherCurrency(Currency),
    /// More than was paid and has not gone back.
    #[error("there are {0:?} left to go back")]
    MoreThanLeft(Money),
    /// The parts don't add up, or one is negative.
    #[error("what host, platform and taxes bear must be nothing or more, and add up to the amount")]
    Split,
    /// More tax than the booking has.
    #[error("there are {0:?} of taxes left to be given back")]
    MoreThanTaxes(Money),
    /// Empty, too long, or with control characters.
    #[error("say why, in 1 to {LONGEST_REASON} characters without control characters")]
    Reason,
    /// The same key was sent with another input.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// Gives a guest money back, as an admin.
pub async fn refund(app: &App, admin: &Viewer, ask: Ask) -> Result<refund::Model, Fault<Refusal>> {
    admin.may_administer()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let reason = ask.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || !can_be_shown(reason) {
        return Err(Fault::Refused(Refusal::Reason));
    }
    let (ask, reason) = (&ask, reason);
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, admin.user).await?;
            let input = format!("{} {:?} {:?} {reason}", ask.booking, ask.amount, ask.borne);
            let key = &ask.idempotency_key;
            match idempotent_answer::recall::<RefundId>(&tx, admin.user, "refundBooking", key, &input).await?
            {
                None => {}
                Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
                Some(Ok(id)) => return Ok(payments::find::refund(&*tx, id).await?.0),
            }
            let booking = find::locked(&tx, ask.booking).await?.ok_or(Fault::Missing)?;
            let refund = give(&tx, admin, &booking, ask, reason, now).await?;
            timeline::note(&tx, booking.id, Kind::Refunded, Some(admin.user), reason, now).await?;
            idempotent_answer::remember(&tx, admin.user, "refundBooking", key, &input, &refund.id, now)
                .await?;
            Ok(refund)
        })
        .await
}

/// Judges and asks.
async fn give(
    tx: &Tx,
    admin: &Viewer,
    booking: &booking::Model,
    ask: &Ask,
    reason: &str,
    now: Instant,
) -> Result<refund::Model, Fault<Refusal>> {
    let currency = booking.price.currency;
    // Before it is confirmed, and where it never was, whatever arrives is kept or goes back as a whole.
    let has_ended = match booking.status {
        Status::Confirmed => false,
        Status::Completed => true,
        Status::Cancelled if booking.confirmed_at.is_some() => true,
        _ => return Err(Fault::Refused(Refusal::NothingPaid)),
    };
    let payment = payment_of(&**tx, booking.id).await?.ok_or(Fault::Refused(Refusal::NothingPaid))?;
    let borne = ask.borne.unwrap_or(Borne::by_platform(ask.amount));
    judge(&payment, currency, ask.amount, borne).map_err(Fault::Refused)?;

    let standing = standing(tx, booking, &payment, has_ended).await?;
    if borne.taxes.minor > standing.taxes.minor {
        return Err(Fault::Refused(Refusal::MoreThanTaxes(standing.taxes)));
    }
    let from_escrow = Money::new(ask.amount.minor.min(standing.escrow.minor), currency);
    // What is in escrow still when everybody was given their share was a refund that failed: nobody bears it again.
    let borne = if has_ended {
        ask.amount.minus(from_escrow).and_then(|rest| borne.of_total(rest))
    } else {
        Ok(borne)
    };
    let asked = ask_refund::Ask {
        payment: payment.id,
        worth: ask.amount,
        reason,
        from_escrow,
        borne: borne.map_err(anyhow::Error::from)?,
        by: Some(admin.user),
    };
    ask_refund::ask(tx, &asked, now).await.map_err(|fault| fault.map(|refusal| refused(refusal, currency)))
}

fn judge(payment: &payment::Model, currency: Currency, amount: Money, borne: Borne) -> Result<(), Refusal> {
    let shares = [borne.host, borne.platform, borne.taxes];
    if std::iter::once(amount).chain(shares).any(|money| money.currency != currency) {
        return Err(Refusal::OtherCurrency(currency));
    }
    if amount.minor <= 0 || amount.minor % currency.step() != 0 {
        return Err(Refusal::NotAnAmount);
    }
    if !borne.is_of_parts() || borne.total() != Ok(amount) {
        return Err(Refusal::Split);
    }
    let left = payments::rules::left(payment).worth;
    match amount.minor {
        _ if payment.captured == 0 => Err(Refusal::NothingPaid),
        minor if minor > left.minor => Err(Refusal::MoreThanLeft(left)),
        _ => Ok(()),
    }
}

/// What there is to be given back of a booking, in its listing's currency.
struct Standing {
    /// What can come out of escrow.
    escrow: Money,
    /// What of its taxes nobody was promised yet.
    taxes: Money,
}

async fn standing(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    has_ended: bool,
) -> Result<Standing, Fault<Refusal>> {
    let currency = booking.price.currency;
    // Before the balances: one that is done in between is taken off twice, and never not at all.
    let refunds = payments::find::refunds_of(&**tx, &[payment.id]).await?;
    let refunds = refunds.into_values().flatten();
    if !has_ended {
        let escrow = payments::rules::left(payment).worth;
        let borne: i64 = refunds.filter(is_live).map(|refund| refund.taxes_bear).sum();
        let all = ledger::postings::Parts::of(&booking.price).map_err(anyhow::Error::from)?.taxes;
        return Ok(Standing { escrow, taxes: Money::new(all.minor - borne, currency) });
    }
    let id = booking.id;
    let held = ledger::balance_of_booking(&**tx, id, Account::GuestFunds(id), currency).await?;
    let handed = ledger::balance_of_booking(&**tx, id, Account::TaxesPayable, currency).await?;
    let leaving: Vec<_> = refunds.filter(is_leaving).collect();
    let promised: i64 = leaving.iter().map(|refund| refund.from_escrow).sum();
    // Those that were asked for before the end are in what was handed to the tax office.
    let at_once = leaving.iter().filter(|refund| refund.from_escrow < refund.listing_amount);
    let taxes: i64 = at_once.map(|refund| refund.taxes_bear).sum();
    Ok(Standing {
        escrow: Money::new((-held.minor - promised).max(0), currency),
        taxes: Money::new((-handed.minor - taxes).max(0), currency),
    })
}

fn is_live(refund: &refund::Model) -> bool {
    refund.status != refund::Status::Failed
}

fn is_leaving(refund: &refund::Model) -> bool {
    matches!(refund.status, refund::Status::Pending | refund::Status::Unknown)
}

fn refused(refusal: ask_refund::Refusal, currency: Currency) -> Refusal {
    match refusal {
        ask_refund::Refusal::MoreThanPaid { left } => Refusal::MoreThanLeft(left),
        ask_refund::Refusal::NotAnAmount => Refusal::NotAnAmount,
        ask_refund::Refusal::OtherCurrency => Refusal::OtherCurrency(currency),
    }
}
