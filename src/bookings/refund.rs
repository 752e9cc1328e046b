//! `refundBooking`: an admin gives a guest money back beyond what the policy gives, and says who bears it. Before the
//! booking ends that is remembered and borne at its end; afterwards it is borne when the money has gone.

use std::{fmt, str::FromStr};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    find, timeline,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    db::Tx,
    kernel::{BookingId, Currency, Fault, Money, RefundId, can_be_shown, clock::Instant, id::NotAnId},
    ledger::{self, Account, Borne},
    payments::{self, ask_refund, payment, refund, replace_refund},
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
    /// Whether the guest has been paid in another way than through Stripe: then nothing is sent, and it is written down.
    pub out_of_band: bool,
    /// The refund that failed and is done with by this one, if any.
    pub instead_of: Option<RefundId>,
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
    /// What it is to take the place of has not failed, or is of another booking.
    #[error("this is no refund of the booking that has failed")]
    NotFailed,
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

/// Gives a guest money back, as an admin: a refund of each payment that it comes out of, the newest first.
pub async fn refund(app: &App, admin: &Viewer, ask: Ask) -> Result<Vec<refund::Model>, Fault<Refusal>> {
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
            let way = if ask.out_of_band { " out of band" } else { "" };
            let place = ask.instead_of.map(|failed| format!(" instead of {failed}")).unwrap_or_default();
            let input = format!("{} {:?} {:?} {reason}{way}{place}", ask.booking, ask.amount, ask.borne);
            let key = &ask.idempotency_key;
            match idempotent_answer::recall::<Given>(&tx, admin.user, "refundBooking", key, &input).await? {
                None => {}
                Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
                Some(Ok(given)) => {
                    let mut refunds = Vec::new();
                    for id in given.0 {
                        refunds.push(payments::find::refund(&*tx, id).await?.0);
                    }
                    return Ok(refunds);
                }
            }
            let booking = find::locked(&tx, ask.booking).await?.ok_or(Fault::Missing)?;
            if let Some(failed) = ask.instead_of
                && !replace_refund::replace(&tx, booking.id, failed, now).await?
            {
                return Err(Fault::Refused(Refusal::NotFailed));
            }
            let refunds = give(&tx, admin, &booking, ask, reason, now).await?;
            timeline::note(&tx, booking.id, Kind::Refunded, Some(admin.user), reason, now).await?;
            let given = Given(refunds.iter().map(|refund| refund.id).collect());
            idempotent_answer::remember(&tx, admin.user, "refundBooking", key, &input, &given, now).await?;
            Ok(refunds)
        })
        .await
}

/// What a key was answered: the refunds, with commas between.
struct Given(Vec<RefundId>);

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.0.iter().map(RefundId::to_string).collect();
        f.write_str(&ids.join(","))
    }
}

impl FromStr for Given {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Judges and asks, in the transaction of whoever decides; the booking is locked.
pub async fn give(
    tx: &Tx,
    admin: &Viewer,
    booking: &booking::Model,
    ask: &Ask,
    reason: &str,
    now: Instant,
) -> Result<Vec<refund::Model>, Fault<Refusal>> {
    let currency = booking.price.currency;
    // Before it is confirmed, and where it never was, whatever arrives is kept or goes back as a whole.
    let has_ended = match booking.status {
        Status::Confirmed => false,
        Status::Completed => true,
        Status::Cancelled if booking.confirmed_at.is_some() => true,
        _ => return Err(Fault::Refused(Refusal::NothingPaid)),
    };
    payments::lock(tx, booking.id).await?;
    let paid = payments::find::counting(&**tx, booking.id).await?;
    let borne = ask.borne.unwrap_or(Borne::by_platform(ask.amount));
    let left = payments::rules::returnable_of(&paid, currency, ask.out_of_band);
    let left = left.map_err(anyhow::Error::from)?.worth;
    judge(&paid, currency, ask.amount, borne, left).map_err(Fault::Refused)?;

    let standing = standing(tx, booking, &paid, has_ended).await?;
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
    let portions = payments::rules::returnable_portions(&paid, ask.amount, ask.out_of_band);
    let portions = portions.map_err(anyhow::Error::from)?;
    let given = payments::rules::total_of(&portions, booking.currency, currency);
    if given.map_err(anyhow::Error::from)?.worth != ask.amount {
        return Err(Fault::Refused(Refusal::NotAnAmount));
    }
    let whole = ask_refund::Whole {
        reason,
        from_escrow,
        borne: borne.map_err(anyhow::Error::from)?,
        by: Some(admin.user),
        out_of_band: ask.out_of_band,
    };
    ask_refund::ask_each(tx, &portions, whole, now)
        .await
        .map_err(|fault| fault.map(|refusal| refused(refusal, currency)))
}

fn judge(
    paid: &[payment::Model],
    currency: Currency,
    amount: Money,
    borne: Borne,
    left: Money,
) -> Result<(), Refusal> {
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
    match amount.minor {
        _ if paid.iter().all(|payment| payment.captured == 0) => Err(Refusal::NothingPaid),
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
    paid: &[payment::Model],
    has_ended: bool,
) -> Result<Standing, Fault<Refusal>> {
    let currency = booking.price.currency;
    let payments: Vec<_> = paid.iter().map(|payment| payment.id).collect();
    // Before the balances: one that is done in between is taken off twice, and never not at all.
    let refunds = payments::find::refunds_of(&**tx, &payments).await?;
    let refunds = refunds.into_values().flatten();
    if !has_ended {
        let escrow = payments::rules::left_of(paid, currency).map_err(anyhow::Error::from)?.worth;
        let borne: i64 = refunds.filter(is_live).map(|refund| refund.taxes_bear).sum();
        let all = ledger::postings::Parts::of(&booking.price).map_err(anyhow::Error::from)?.taxes;
        return Ok(Standing { escrow, taxes: Money::new((all.minor - borne).max(0), currency) });
    }
    let id = booking.id;
    let held = ledger::balance_of_booking(&**tx, id, Account::GuestFunds(id), currency).await?;
    // Money of a change that was not made is not the booking's: it goes back by itself.
    let all = payments::find::of_bookings(&**tx, &[id]).await?;
    let strange = all.values().flatten().filter(|payment| !payment.counts);
    let strange: i64 = strange.map(|payment| payments::rules::left(payment).worth.minor).sum();
    let handed = ledger::balance_of_booking(&**tx, id, Account::TaxesPayable, currency).await?;
    let leaving: Vec<_> = refunds.filter(is_leaving).collect();
    let promised: i64 = leaving.iter().map(|refund| refund.from_escrow).sum();
    // Those that were asked for before the end are in what was handed to the tax office.
    let at_once = leaving.iter().filter(|refund| refund.from_escrow < refund.listing_amount);
    let taxes: i64 = at_once.map(|refund| refund.taxes_bear).sum();
    Ok(Standing {
        escrow: Money::new((-held.minor - promised - strange).max(0), currency),
        taxes: Money::new((-handed.minor - taxes).max(0), currency),
    })
}

fn is_live(refund: &refund::Model) -> bool {
    payments::rules::counts(refund)
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
