//! All that is known about what a dispute is about, for whoever decides it or answers the guest's bank: read for many at
//! once. What people wrote to each other comes with messages. No judgement.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::{dispute, dispute_photo, find};
use crate::{
    accounts::user,
    bookings::{self, booking, booking_event},
    kernel::{BookingId, DisputeId, Money, PaymentId, UserId},
    ledger::movements::{self, Posted},
    payments::{self, payment, refund},
};

/// All that is known about a dispute.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The dispute.
    pub dispute: dispute::Model,
    /// The booking, with policy and price as they were agreed.
    pub booking: booking::Model,
    /// The guest's name, whatever became of the person since.
    pub guest: String,
    /// The host's name.
    pub host: String,
    /// Every change of the booking, oldest first.
    pub timeline: Vec<booking_event::Model>,
    /// What was paid.
    pub payments: Vec<payment::Model>,
    /// What went back, or is on its way.
    pub refunds: Vec<refund::Model>,
    /// What the ledger has of it, oldest first.
    pub postings: Vec<Posted>,
    /// What both sides show.
    pub photos: Vec<dispute_photo::Model>,
}

/// What is known about each of these disputes, in as many statements for many as for one. The caller has made sure that an
/// admin asks.
pub async fn of(
    conn: &impl ConnectionTrait,
    ids: &[DisputeId],
) -> Result<HashMap<DisputeId, Evidence>, DbErr> {
    let disputes = find::any(conn, ids).await?;
    let of: Vec<BookingId> = disputes.iter().map(|row| row.booking_id).collect();
    let bookings = booking::Entity::find().filter(booking::Column::Id.is_in(of.clone())).all(conn).await?;
    let bookings: HashMap<BookingId, booking::Model> =
        bookings.into_iter().map(|row| (row.id, row)).collect();
    let people = bookings.values().flat_map(|row| [row.guest_id, row.host_id]);
    let names: HashMap<UserId, String> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::DisplayName])
        .filter(user::Column::Id.is_in(people))
        .into_tuple::<(UserId, String)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let timeline = bookings::timeline::of(conn, &of).await?;
    let payments = payments::find::of_bookings(conn, &of).await?;
    let paid: Vec<PaymentId> = payments.values().flatten().map(|row| row.id).collect();
    let refunds = payments::find::refunds_of(conn, &paid).await?;
    let postings = movements::postings_of(conn, &of).await?;
    let photos = find::photos_of(conn, ids).await?;

    let name = |id: &UserId| names.get(id).cloned().unwrap_or_default();
    let one = |dispute: dispute::Model| {
        let booking = bookings.get(&dispute.booking_id)?.clone();
        let payments = payments.get(&booking.id).cloned().unwrap_or_default();
        let refunds = payments.iter().filter_map(|row| refunds.get(&row.id)).flatten().cloned().collect();
        let evidence = Evidence {
            guest: name(&booking.guest_id),
            host: name(&booking.host_id),
            timeline: timeline.iter().filter(|row| row.booking_id == booking.id).cloned().collect(),
            refunds,
            postings: postings.iter().filter(|row| row.booking == booking.id).cloned().collect(),
            photos: photos.iter().filter(|row| row.dispute_id == dispute.id).cloned().collect(),
            payments,
            booking,
            dispute,
        };
        Some((evidence.dispute.id, evidence))
    };
    Ok(disputes.into_iter().filter_map(one).collect())
}

impl Evidence {
    /// The same as one document, for whoever sends it on: names are those of the API.
    pub fn export(&self, file_url: impl Fn(&str) -> String) -> Value {
        let Self { dispute, booking, .. } = self;
        let amount =
            |money: Money| json!({ "amount": money.decimal(), "currencyCode": money.currency.code() });
        let of = |minor| amount(Money::new(minor, dispute.currency));
        let timeline = self.timeline.iter().map(
            |line| json!({ "at": line.at, "kind": line.kind, "note": line.note, "actor": line.actor_id }),
        );
        let payments = self.payments.iter().map(|row| {
            let money = |minor| amount(Money::new(minor, row.currency));
            json!({
                "id": row.id, "status": row.status, "amount": money(row.amount), "captured": money(row.captured),
                "refunded": money(row.refunded), "chargedBack": money(row.charged_back), "chargeId": row.charge_id,
                "at": row.created_at,
            })
        });
        let refunds = self.refunds.iter().map(|row| {
            let money = amount(Money::new(row.amount, row.currency));
            json!({
                "id": row.id, "status": row.status, "amount": money, "reason": row.reason, "at": row.created_at,
            })
        });
        let ledger = self.postings.iter().map(|row| {
            json!({ "at": row.at, "kind": row.kind, "account": row.account, "amount": amount(row.amount) })
        });
        let photos = self.photos.iter().map(|row| {
            let widest = row.widths.split(',').next_back().unwrap_or_default();
            let url = file_url(&format!("{}/{widest}.jpg", row.file_key));
            json!({ "id": row.id, "ofAnswer": row.of_answer, "url": url, "at": row.created_at })
        });
        json!({
            "dispute": {
                "id": dispute.id, "kind": dispute.kind, "status": dispute.status, "claim": dispute.claim,
                "bankReason": dispute.bank_reason, "providerId": dispute.provider_id, "amount": of(dispute.amount),
                "openedBy": dispute.opened_by, "text": dispute.text, "answer": dispute.answer,
                "answeredAt": dispute.answered_at, "respondBy": dispute.respond_by, "createdAt": dispute.created_at,
                "closedAt": dispute.closed_at,
                "decision": {
                    "reason": dispute.decision, "refund": of(dispute.refund), "toHost": of(dispute.to_host),
                    "host": of(dispute.host_bears), "platform": of(dispute.platform_bears),
                    "taxes": of(dispute.taxes_bear),
                },
            },
            "booking": {
                "id": booking.id, "code": booking.code, "status": booking.status, "guest": self.guest,
                "host": self.host, "listing": booking.listing_id, "checkIn": booking.check_in,
                "checkOut": booking.check_out, "checkInAt": booking.check_in_at, "checkOutAt": booking.check_out_at,
                "timeZone": booking.time_zone, "cancellationPolicy": booking.cancellation_policy,
                "ratePlan": booking.rate_plan, "price": booking.price,
                "total": amount(Money::new(booking.total, booking.currency)),
                "adults": booking.adults, "children": booking.children, "infants": booking.infants,
                "pets": booking.pets,
            },
            "timeline": timeline.collect::<Vec<_>>(),
            "payments": payments.collect::<Vec<_>>(),
            "refunds": refunds.collect::<Vec<_>>(),
            "ledger": ledger.collect::<Vec<_>>(),
            "photos": photos.collect::<Vec<_>>(),
        })
    }
}
