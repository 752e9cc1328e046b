//! What a notice says: plain values in, words out. No database.

use super::{deliver::Notice, notification::Kind};
use crate::{
    bookings::booking::{self, Status},
    disputes::dispute,
    kernel::{Money, UserId, clock::Instant},
    payouts::{payout, payout_account},
};

/// Of a card that was authorised only.
const NOT_CHARGED: &str = "Nothing was charged: what was set aside on the card is let go.";

/// What the words need to know.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The booking.
    pub booking: &'a booking::Model,
    /// The listing's title.
    pub title: &'a str,
    /// The guest's name.
    pub guest: &'a str,
    /// The host's name.
    pub host: &'a str,
}

impl Facts<'_> {
    pub(super) fn dates(&self) -> String {
        let date = |d: chrono::NaiveDate| d.format("%-d %b %Y").to_string();
        format!("{} – {}", date(self.booking.check_in), date(self.booking.check_out))
    }

    fn total(&self) -> String {
        let money = Money::new(self.booking.total, self.booking.currency);
        format!("{}{}", money.currency.symbol(), money.decimal())
    }

    /// An instant as the clocks say it where the listing is.
    pub(super) fn local(&self, at: Instant) -> String {
        let zone: chrono_tz::Tz = self.booking.time_zone.parse().unwrap_or(chrono_tz::UTC);
        at.with_timezone(&zone).format("%-d %b %Y, %H:%M (%Z)").to_string()
    }

    pub(super) fn notice(&self, user: UserId, kind: Kind, title: String, body: String) -> Notice {
        let occasion = format!("{kind:?}:{}", self.booking.id);
        Notice { user, kind, title, body, booking: Some(self.booking.id), occasion }
    }
}

/// A booking was paid: the guest is assured, the host is told who comes.
pub fn booking_confirmed(facts: &Facts) -> Vec<Notice> {
    let Facts { booking, title, guest, host } = facts;
    let dates = facts.dates();
    vec![
        facts.notice(
            booking.guest_id,
            Kind::BookingConfirmed,
            format!("Your stay at {title} is confirmed"),
            format!(
                "{dates}, hosted by {host}. You paid {}. Your booking code is {}.",
                facts.total(),
                booking.code
            ),
        ),
        facts.notice(
            booking.host_id,
            Kind::BookingConfirmed,
            format!("{guest} has booked {title}"),
            format!("{dates}. The booking code is {}.", booking.code),
        ),
    ]
}

/// A guest asks to book: the host learns until when an answer is waited for.
pub fn booking_requested(facts: &Facts) -> Vec<Notice> {
    let Facts { booking, title, guest, .. } = facts;
    let guests = booking.adults + booking.children;
    let body = format!(
        "{}, {guests} {}. The card is authorised and will be charged when you accept. Answer by {}, or the request \
         expires.",
        facts.dates(),
        if guests == 1 { "guest" } else { "guests" },
        facts.local(booking.hold_ends_at),
    );
    vec![facts.notice(
        booking.host_id,
        Kind::BookingRequested,
        format!("{guest} would like to stay at {title}"),
        body,
    )]
}

/// The host said no: the guest is told, with the host's own words.
pub fn booking_declined(facts: &Facts, reason: &str) -> Vec<Notice> {
    let Facts { booking, title, host, .. } = facts;
    let words = if reason.trim().is_empty() { String::new() } else { format!(" {host} wrote: {reason}") };
    vec![facts.notice(
        booking.guest_id,
        Kind::BookingDeclined,
        format!("Your request to stay at {title} was declined"),
        format!("{}.{words} {NOT_CHARGED}", facts.dates()),
    )]
}

/// The host would have had the guest, and the card could not be charged: both are told.
pub fn card_not_charged(facts: &Facts) -> Vec<Notice> {
    let Facts { booking, title, guest, .. } = facts;
    let dates = facts.dates();
    vec![
        facts.notice(
            booking.guest_id,
            Kind::BookingDeclined,
            format!("Your card could not be charged for {title}"),
            format!("{dates}. Your request came to nothing. {NOT_CHARGED}"),
        ),
        facts.notice(
            booking.host_id,
            Kind::BookingDeclined,
            format!("The stay of {guest} at {title} did not come about"),
            format!("{dates}. The guest's card could not be charged. The nights are free again."),
        ),
    ]
}

/// A booking was called off: both sides are told, the host only if it had heard of the booking; and what the host owes who
/// called it off.
pub fn booking_cancelled(facts: &Facts, penalty: Option<Money>) -> Vec<Notice> {
    let Facts { booking, title, guest, .. } = facts;
    let dates = facts.dates();
    let to_guest = facts.notice(
        booking.guest_id,
        Kind::BookingCancelled,
        format!("Your stay at {title} was cancelled"),
        match booking.requested_at {
            Some(_) if booking.confirmed_at.is_none() => {
                format!("{dates}, booking {}. {NOT_CHARGED}", booking.code)
            }
            _ => format!("{dates}, booking {}. What comes back to you is on its way.", booking.code),
        },
    );
    let to_host = booking.confirmed_at.or(booking.requested_at).map(|_| {
        facts.notice(
            booking.host_id,
            Kind::BookingCancelled,
            format!("The stay of {guest} at {title} was cancelled"),
            match penalty {
                Some(owed) => format!(
                    "{dates}, booking {}. Since you called it off, you owe a penalty of {}: it is taken from what you \
                     are paid next. The nights stay blocked.",
                    booking.code,
                    written(owed)
                ),
                None => format!("{dates}, booking {}.", booking.code),
            },
        )
    });
    std::iter::once(to_guest).chain(to_host).collect()
}

/// A hold ended unpaid, or a request unanswered: the guest is told. Of the one the host never knew, and of the other what
/// the host did.
pub fn booking_expired(facts: &Facts) -> Vec<Notice> {
    // Paid late after all: there is nothing to be sorry for.
    if facts.booking.status != Status::Expired {
        return Vec::new();
    }
    let (what, why) = match facts.booking.requested_at {
        Some(_) => ("request to stay at", format!("{} did not answer in time. {NOT_CHARGED}", facts.host)),
        None => ("booking of", "The nights were held for fifteen minutes and are free again.".to_owned()),
    };
    vec![facts.notice(
        facts.booking.guest_id,
        Kind::BookingExpired,
        format!("Your {what} {} has expired", facts.title),
        format!("{}. {why}", facts.dates()),
    )]
}

/// A card was declined. `failure` names this very failure: the guest may try more cards.
pub fn payment_failed(facts: &Facts, decline_code: Option<&str>, failure: &str) -> Vec<Notice> {
    let why = match decline_code {
        Some("insufficient_funds") => "The card has not enough money on it.",
        Some("expired_card") => "The card has expired.",
        _ => "The bank did not say why.",
    };
    let notice = facts.notice(
        facts.booking.guest_id,
        Kind::PaymentFailed,
        format!("Your payment for {} did not go through", facts.title),
        format!("{why} Try another card before the hold on your nights ends."),
    );
    vec![Notice { occasion: format!("PaymentFailed:{failure}"), ..notice }]
}

/// Money went back.
pub fn payment_refunded(facts: &Facts, amount: Money, refund: &str) -> Vec<Notice> {
    let amount = format!("{}{}", amount.currency.symbol(), amount.decimal());
    let notice = facts.notice(
        facts.booking.guest_id,
        Kind::PaymentRefunded,
        format!("{amount} is on its way back to you"),
        format!("For your booking {} at {}.", facts.booking.code, facts.title),
    );
    vec![Notice { occasion: format!("PaymentRefunded:{refund}"), ..notice }]
}

pub(super) fn written(money: Money) -> String {
    format!("{}{}", money.currency.symbol(), money.decimal())
}

/// A host was paid, or what was earned went to what the host owed.
pub fn payout_sent(facts: &Facts, payout: &payout::Model) -> Notice {
    let money = |minor| written(Money::new(minor, payout.currency));
    let sent = payout.amount - payout.netted;
    let title = match sent {
        0 => format!("{} went to what you owed", money(payout.netted)),
        _ => format!("{} is on its way to your account", money(sent)),
    };
    let mut body = format!(
        "For the stay of {} at {}, {}, booking {}. Your share of {} less our fee of {}",
        facts.guest,
        facts.title,
        facts.dates(),
        facts.booking.code,
        money(payout.gross),
        money(payout.host_fee),
    );
    if payout.netted > 0 {
        body += &format!(", and less {} that you owed", money(payout.netted));
    }
    let notice = facts.notice(payout.host_id, Kind::PayoutSent, title, format!("{body}."));
    Notice { occasion: format!("PayoutSent:{}", payout.id), ..notice }
}

/// A host could not be paid; `tries` tells this failure from an earlier one.
pub fn payout_failed(facts: &Facts, payout: &payout::Model, tries: i32) -> Notice {
    let amount = written(Money::new(payout.amount - payout.netted, payout.currency));
    let notice = facts.notice(
        payout.host_id,
        Kind::PayoutFailed,
        format!("{amount} could not be sent to you"),
        format!(
            "For booking {} at {}. Nothing is lost: look whether your payout account asks for something. We are told \
             too.",
            facts.booking.code, facts.title
        ),
    );
    Notice { occasion: format!("PayoutFailed:{}:{tries}", payout.id), ..notice }
}

/// A host is paid elsewhere from now on. Whoever did not do it must hear of it in time.
pub fn payout_account_changed(account: &payout_account::Model) -> Notice {
    Notice {
        user: account.host_id,
        kind: Kind::PayoutAccountChanged,
        title: "Your payout account was changed".to_owned(),
        body: "From now on, what you earn goes to another account. For your safety nothing is sent there for 72 hours. \
               If it was not you, change your password and write to us at once."
            .to_owned(),
        booking: None,
        occasion: format!("PayoutAccountChanged:{}", account.id),
    }
}

/// Somebody argues about a stay: the other side learns until when an answer is waited for. Of a bank that argues, the host
/// learns why it is not paid yet.
pub fn dispute_opened(facts: &Facts, dispute: &dispute::Model) -> Vec<Notice> {
    if dispute.status == dispute::Status::NeedsReview {
        // Nobody knows yet what it is about.
        return Vec::new();
    }
    let Facts { booking, title, guest, host } = facts;
    let about = written(Money::new(dispute.amount, dispute.currency));
    let (user, headline, body) = match dispute.kind {
        dispute::Kind::Chargeback => (
            booking.host_id,
            format!("The bank of {guest} argues about the stay at {title}"),
            format!(
                "{}, booking {}. It is about {about}. Your payout for this stay waits until the bank has decided.",
                facts.dates(),
                booking.code
            ),
        ),
        dispute::Kind::Claim => {
            let (user, who) = match dispute.opened_by == Some(booking.guest_id) {
                true => (booking.host_id, guest),
                false => (booking.guest_id, host),
            };
            let until = dispute.respond_by.map(|at| facts.local(at)).unwrap_or_default();
            let body = format!(
                "{}, booking {}. It is about {about}. Answer by {until}; then we decide. {who} wrote: {}",
                facts.dates(),
                booking.code,
                dispute.text
            );
            (user, format!("{who} has opened a dispute about the stay at {title}"), body)
        }
    };
    vec![of_dispute(facts, dispute, user, Kind::DisputeOpened, headline, body)]
}

/// The other side has answered: whoever opened the dispute is told.
pub fn dispute_answered(facts: &Facts, dispute: &dispute::Model) -> Vec<Notice> {
    let Facts { booking, title, guest, host } = facts;
    let Some(opener) = dispute.opened_by else { return Vec::new() };
    let who = if opener == booking.guest_id { host } else { guest };
    let body = format!(
        "Booking {}. We decide next. {who} wrote: {}",
        booking.code,
        dispute.answer.as_deref().unwrap_or_default()
    );
    let headline = format!("{who} has answered your dispute about the stay at {title}");
    vec![of_dispute(facts, dispute, opener, Kind::DisputeAnswered, headline, body)]
}

/// A dispute is over: both sides are told, but for whoever ended it; of a bank's, the host.
pub fn dispute_resolved(facts: &Facts, dispute: &dispute::Model) -> Vec<Notice> {
    use dispute::Status::{Lost, Resolved, Withdrawn, Won};
    let Facts { booking, title, .. } = facts;
    let money = |minor| written(Money::new(minor, dispute.currency));
    let code = &booking.code;
    let (people, headline, body) = match dispute.status {
        Resolved if dispute.kind == dispute::Kind::Chargeback => {
            let body = format!("Booking {code}. Your payout goes on.");
            let headline = format!("What the guest's bank said about the stay at {title} was put aside");
            (vec![booking.host_id], headline, body)
        }
        Resolved => {
            let mut body = format!("Booking {code}. {}", dispute.decision.as_deref().unwrap_or_default());
            body += &format!(" To the guest: {}.", money(dispute.refund));
            if dispute.host_bears > 0 {
                body += &format!(" Of that the host bears {}.", money(dispute.host_bears));
            }
            body += &format!(" To the host: {}.", money(dispute.to_host));
            let both = vec![booking.guest_id, booking.host_id];
            (both, format!("The dispute about the stay at {title} is decided"), body)
        }
        Withdrawn => {
            let other = [booking.guest_id, booking.host_id];
            let other = other.into_iter().filter(|user| Some(*user) != dispute.opened_by).collect();
            let body = format!("Booking {code}. Nothing changes.");
            (other, format!("The dispute about the stay at {title} was taken back"), body)
        }
        Won => {
            let body = format!("Booking {code}. Your payout goes on.");
            (vec![booking.host_id], format!("The guest's bank gave in about the stay at {title}"), body)
        }
        Lost => {
            let bears = match dispute.host_bears {
                0 => String::new(),
                minor => format!(" Of that you bear {}, which is taken from your payouts.", money(minor)),
            };
            let body = format!("Booking {code}. {} stay with the guest.{bears}", money(dispute.amount));
            (vec![booking.host_id], format!("The guest's bank has decided about the stay at {title}"), body)
        }
        dispute::Status::Open | dispute::Status::Answered | dispute::Status::NeedsReview => {
            return Vec::new();
        }
    };
    let one = |user| of_dispute(facts, dispute, user, Kind::DisputeResolved, headline.clone(), body.clone());
    people.into_iter().map(one).collect()
}

fn of_dispute(
    facts: &Facts,
    dispute: &dispute::Model,
    user: UserId,
    kind: Kind,
    title: String,
    body: String,
) -> Notice {
    let notice = facts.notice(user, kind, title, body);
    Notice { occasion: format!("{kind:?}:{}", dispute.id), ..notice }
}
