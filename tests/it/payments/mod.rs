//! Payments as guests, Stripe and the ledger see them. What bookings make of them is judged on the way.

mod cards;
mod late;
mod ledger;
mod refunds;
mod trouble;
mod webhooks;
