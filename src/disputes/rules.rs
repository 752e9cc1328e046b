//! Judgements about disputes over plain values: who may open one when, what a decision may be, and who bears a chargeback
//! that was lost. No database, no clock.

use chrono::TimeDelta;

use super::dispute::{self, Kind, Status};
use crate::{
    bookings::booking::{self, Status as Stay},
    kernel::{Money, can_be_shown, clock::Instant, money::MoneyError},
    ledger::Borne,
    payments::{payment, refund},
    ports::stripe::Dispute as Seen,
};

/// How long after check-out a dispute may be opened.
pub const OPEN_FOR: TimeDelta = TimeDelta::days(14);

/// How long the other side has to answer.
pub const ANSWERED_WITHIN: TimeDelta = TimeDelta::hours(72);

/// The longest text of one side, in characters.
pub const LONGEST_TEXT: usize = 2_000;

/// Why there is no dispute about a booking now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// It was never confirmed, or called off before the stay began.
    NotStayed,
    /// The stay has not begun.
    TooEarly,
    /// The stay ended too long ago.
    TooLate,
}

/// Whether a side of a booking may open a dispute now: from check-in to 14 days after check-out, also of a stay that was
/// called off after it had begun.
pub fn may_open(booking: &booking::Model, now: Instant) -> Result<(), NotNow> {
    let stayed = match booking.status {
        Stay::Confirmed | Stay::Completed => true,
        Stay::Cancelled => {
            booking.confirmed_at.is_some() && booking.cancelled_at.is_some_and(|at| at >= booking.check_in_at)
        }
        Stay::PendingPayment | Stay::PendingApproval | Stay::Expired | Stay::Declined => false,
    };
    match now {
        _ if !stayed => Err(NotNow::NotStayed),
        now if now < booking.check_in_at => Err(NotNow::TooEarly),
        now if now > booking.check_out_at + OPEN_FOR => Err(NotNow::TooLate),
        _ => Ok(()),
    }
}

/// Whether a text can be what one side says.
pub fn is_text(text: &str) -> bool {
    let length = text.trim().chars().count();
    (1..=LONGEST_TEXT).contains(&length) && can_be_shown(text)
}

/// Whether a claim waits for anybody.
pub const fn is_open(status: Status) -> bool {
    matches!(status, Status::Open | Status::Answered)
}

/// Whether the other side may answer now.
pub fn may_answer(dispute: &dispute::Model, now: Instant) -> bool {
    dispute.kind == Kind::Claim
        && dispute.status == Status::Open
        && dispute.respond_by.is_some_and(|until| now < until)
}

/// Whether an admin may decide now: the other side has answered, or its time is over. What a bank says and what fits
/// nothing of ours may be put aside, as long as nothing was posted for it.
pub fn may_decide(dispute: &dispute::Model, now: Instant) -> bool {
    match (dispute.kind, dispute.status) {
        (Kind::Claim, Status::Answered) => true,
        (Kind::Claim, Status::Open) => dispute.respond_by.is_some_and(|until| now >= until),
        (Kind::Chargeback, Status::NeedsReview) => !dispute.withdrawn,
        _ => false,
    }
}

/// What an admin may give away by deciding: what was claimed, and nothing of what is put aside.
pub fn claimed(dispute: &dispute::Model) -> Money {
    match dispute.kind {
        Kind::Claim => Money::new(dispute.amount, dispute.currency),
        Kind::Chargeback => Money::zero(dispute.currency),
    }
}

/// What an admin decides. Together with what is dismissed, refund and award are what was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What goes back to the guest.
    pub refund: Money,
    /// Who bears that; it adds up to it.
    pub borne: Borne,
    /// What the platform pays to the host.
    pub to_host: Money,
}

/// A part of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What goes back to the guest.
    Refund,
    /// What the platform pays to the host.
    ToHost,
}

/// Why a decision is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// An amount is in another currency than the listing's.
    OtherCurrency,
    /// An amount is negative, or no multiple of the currency's step.
    NotAnAmount(Part),
    /// What is borne does not add up to the refund, or a part is negative.
    Split,
    /// More than was claimed.
    MoreThanClaimed(Part),
}

/// What of the claim is dismissed by a decision, or why it is none.
pub fn dismissed(decision: &Decision, claimed: Money) -> Result<Money, Unfit> {
    let Decision { refund, borne, to_host } = *decision;
    let all = [refund, to_host, borne.host, borne.platform, borne.taxes];
    if all.iter().any(|amount| amount.currency != claimed.currency) {
        return Err(Unfit::OtherCurrency);
    }
    let is_amount = |amount: &Money| amount.minor >= 0 && amount.minor % amount.currency.step() == 0;
    for (amount, part) in [(refund, Part::Refund), (to_host, Part::ToHost)] {
        if !is_amount(&amount) {
            return Err(Unfit::NotAnAmount(part));
        }
        if amount.minor > claimed.minor {
            return Err(Unfit::MoreThanClaimed(part));
        }
    }
    if !borne.is_of_parts() || borne.total() != Ok(refund) {
        return Err(Unfit::Split);
    }
    let too_much = Unfit::MoreThanClaimed(Part::Refund);
    let given = refund.plus(to_host).map_err(|_| too_much)?;
    let rest = claimed.minus(given).map_err(|_| too_much)?;
    if rest.minor < 0 { Err(too_much) } else { Ok(rest) }
}

/// Why a chargeback is not the one of a payment: an admin must look. What it is about must have been paid, in the
/// currency of the payment, and be no more than that.
pub fn problem(payment: &payment::Model, seen: &Seen) -> Option<String> {
    let all = Money::new(payment.captured, payment.currency);
    if payment.charge_id.as_deref() != Some(seen.charge.as_str()) {
        return Some(format!("{} is about another charge", seen.id));
    }
    if seen.amount.currency != all.currency || seen.amount.minor <= 0 || seen.amount.minor > all.minor {
        return Some(format!("{} is about {:?}, and {all:?} were paid", seen.id, seen.amount));
    }
    let withdrawn: i64 = seen.lines.iter().filter(|line| line.amount < 0).map(|line| -line.amount).sum();
    (seen.was_withdrawn() && withdrawn != seen.amount.minor)
        .then(|| format!("{} is about {:?}, and {withdrawn} were withdrawn", seen.id, seen.amount))
}

/// What a chargeback is worth in the listing's currency, at the rate that the payment kept.
pub fn worth(payment: &payment::Model, amount: Money) -> Result<Money, MoneyError> {
    let all = Money::new(payment.listing_amount, payment.listing_currency);
    if amount.minor == payment.captured { Ok(all) } else { all.part(amount.minor, payment.captured) }
}

/// What a chargeback that was lost takes the place of: a refund that was to go out anyway, all of it or a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// Minor units that need not be sent any more, as paid.
    pub paid: i64,
    /// The same in the listing's currency.
    pub worth: i64,
    /// What of that is in escrow.
    pub from_escrow: i64,
}

impl Cover {
    /// Whether nothing of the refund is left.
    pub fn is_all_of(&self, refund: &refund::Model) -> bool {
        self.worth == refund.listing_amount
    }
}

/// How much of each of these refunds, none of which was sent, a chargeback of so much takes the place of; in their order.
pub fn covers(paid: Money, worth: Money, refunds: &[refund::Model]) -> Vec<Cover> {
    let (mut paid_left, mut worth_left) = (paid.minor, worth.minor);
    let mut covers = Vec::new();
    for refund in refunds {
        let all = refund.listing_amount <= worth_left && refund.amount <= paid_left;
        let cover = if all {
            Cover { paid: refund.amount, worth: refund.listing_amount, from_escrow: refund.from_escrow }
        } else {
            // The last of it: what is left of both, and never the whole refund's last coin.
            let worth = worth_left.min(refund.listing_amount - worth.currency.step()).max(0);
            let paid = paid_left.min(refund.amount - refund.currency.step()).max(0);
            let either = worth > 0 && paid > 0;
            let worth = if either { worth } else { 0 };
            Cover { paid: if either { paid } else { 0 }, worth, from_escrow: worth.min(refund.from_escrow) }
        };
        paid_left -= cover.paid;
        worth_left -= cover.worth;
        covers.push(cover);
    }
    covers
}

/// Who bears what is left of a chargeback that was lost: each in proportion to what each has of the booking, and nobody
/// but the platform more than that.
pub fn bearers(rest: Money, has: Borne) -> Result<Borne, MoneyError> {
    let all = has.total()?;
    if rest.minor <= all.minor {
        return has.of_total(rest);
    }
    Ok(Borne { platform: has.platform.plus(rest.minus(all)?)?, ..has })
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
