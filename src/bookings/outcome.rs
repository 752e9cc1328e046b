//! What everybody gets when a booking is called off at an instant: what is shown before and done after is this one
//! judgement. Plain values; no database, no clock.

use super::{
    booking,
    cancellation::{self, Facts, Refund, Rule},
    giving_back::{self, Back},
    penalty,
};
use crate::{
    kernel::{Money, clock::Instant, money::MoneyError},
    ledger::{
        Borne,
        postings::{self, Settlement},
    },
    payments::payment,
    pricing::price::{LineKind, Price},
};

/// What everybody gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which row of the table fired.
    pub rule: Rule,
    /// What goes back to the guest.
    pub back: Back,
    /// What is kept of which lines, in the listing's currency, before anybody bears what went back out of goodwill.
    pub kept: Vec<(LineKind, Money)>,
    /// Who gets how much of what is kept.
    pub settlement: Settlement,
    /// What a host owes who calls it off.
    pub penalty: Option<Money>,
}

/// What everybody gets when the guest or the host calls a confirmed booking off at `at`, of what was paid for it (oldest
/// first); these have `borne` what went back out of goodwill before.
pub fn outcome(
    booking: &booking::Model,
    payments: &[payment::Model],
    borne: Borne,
    by_guest: bool,
    at: Instant,
) -> Result<Outcome, MoneyError> {
    let facts = Facts::of(booking);
    let (refund, penalty) = if by_guest {
        (cancellation::by_guest(&facts, at)?, None)
    } else {
        (cancellation::by_host(&booking.price)?, Some(penalty::penalty(&facts, at)?))
    };
    let back = giving_back::of(&booking.price, &refund, payments, borne)?;
    let settlement = postings::settlement(back.kept.parts, back.kept.borne, booking.price.host_fee)?;
    let kept = lines_kept(&booking.price, &refund, &back)?;
    Ok(Outcome { rule: refund.rule, back, kept, settlement, penalty })
}

/// What is kept of which lines; those of zero are left out. They add up to what is kept.
fn lines_kept(price: &Price, refund: &Refund, back: &Back) -> Result<Vec<(LineKind, Money)>, MoneyError> {
    use LineKind::{Cleaning, ExtraGuests, Nights, PercentTax, PersonNightTax, Pets, ServiceFee};
    let parts = back.kept.parts;
    let of_parts = [
        (parts.base, &[Nights, ExtraGuests, Cleaning, Pets][..]),
        (parts.service_fee, &[ServiceFee][..]),
        (parts.taxes, &[PercentTax, PersonNightTax][..]),
    ];
    // Where the currency has no coin for what goes back, it is kept.
    let is_back = back.parts.total()? == refund.total;
    let mut lines = Vec::new();
    for (part, kinds) in of_parts {
        let rest = |kind: &LineKind| -> Result<u64, MoneyError> {
            let all = if *kind == Nights { price.nights()? } else { price.of(&[*kind])? };
            let gone = refund.lines.iter().filter(|(gone, _)| is_back && gone == kind);
            let gone = Money::sum(price.currency, gone.map(|(_, amount)| *amount))?;
            Ok(u64::try_from(all.minus(gone)?.minor).unwrap_or(0))
        };
        let weights = kinds.iter().map(rest).collect::<Result<Vec<_>, _>>()?;
        lines.extend(kinds.iter().copied().zip(part.split(&weights)));
    }
    lines.retain(|(_, amount)| amount.minor != 0);
    Ok(lines)
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
