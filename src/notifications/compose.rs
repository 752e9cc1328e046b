//! What a notice says: plain values in, words out. No database.

use super::{deliver::Notice, notification::Kind};
use crate::{
    bookings::booking::{self, Status},
    kernel::{Money, UserId},
};

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
    fn dates(&self) -> String {
        let date = |d: chrono::NaiveDate| d.format("%-d %b %Y").to_string();
        format!("{} – {}", date(self.booking.check_in), date(self.booking.check_out))
    }

    fn total(&self) -> String {
        let money = Money::new(self.booking.total, self.booking.currency);
        format!("{}{}", money.currency.symbol(), money.decimal())
    }

    fn notice(&self, user: UserId, kind: Kind, title: String, body: String) -> Notice {
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

/// A booking was called off: both sides are told, the host only if the booking had been confirmed.
pub fn booking_cancelled(facts: &Facts) -> Vec<Notice> {
    let Facts { booking, title, guest, .. } = facts;
    let dates = facts.dates();
    let to_guest = facts.notice(
        booking.guest_id,
        Kind::BookingCancelled,
        format!("Your stay at {title} was cancelled"),
        format!("{dates}, booking {}. What comes back to you is on its way.", booking.code),
    );
    let to_host = booking.confirmed_at.map(|_| {
        facts.notice(
            booking.host_id,
            Kind::BookingCancelled,
            format!("The stay of {guest} at {title} was cancelled"),
            format!("{dates}, booking {}.", booking.code),
        )
    });
    std::iter::once(to_guest).chain(to_host).collect()
}

/// A hold ended unpaid: the guest is told; the host never knew.
pub fn booking_expired(facts: &Facts) -> Vec<Notice> {
    // Paid late after all: there is nothing to be sorry for.
    if facts.booking.status != Status::Expired {
        return Vec::new();
    }
    let body = format!("{}. The nights were held for fifteen minutes and are free again.", facts.dates());
    vec![facts.notice(
        facts.booking.guest_id,
        Kind::BookingExpired,
        format!("Your booking of {} has expired", facts.title),
        body,
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
