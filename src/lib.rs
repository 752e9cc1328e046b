//! Sojourn: the backend of a vacation-rental marketplace. Guests find, book and pay for a place, hosts offer it, and
//! both are told as it happens.
//!
//! # The map
//! The modules are listed in the order in which they may know each other: each knows only those above it. (Two pairs are
//! neighbours on one floor: `App` carries the keys of `accounts` and the hand that moves the `sandbox`'s clock, and `bookings` and `payments` read each other's rows;
//! what one *does* to the other is an event.)
//!
//! | floor | modules | what is there |
//! | --- | --- | --- |
//! | values | [`kernel`] | ids, money, stays, time, faults, pages: no I/O, no async |
//! | drills | [`drill`] | what only a debug build does: die at a named point, and stop whoever asks the outside within a transaction |
//! | ground | [`config`] [`db`] [`jobs`] [`event`] | settings; the one way to write; work for later, stored by the same transaction; what happened |
//! | doors | [`ports`] | cache, bus, files, mail, feeds, rates, Stripe: all that the server touches besides its database, each with a stand-in |
//! | hands | [`app`] | [`app::App`]: all that a use case may touch |
//! | domains | [`accounts`] [`listings`] [`wishlists`] [`calendar`] [`pricing`] [`search`] [`ledger`] [`payments`] [`payouts`] [`bookings`] [`reviews`] [`disputes`] [`notifications`] | entities (nouns), rules (pure judgements), use cases (verbs, one file each) |
//! | care | [`upkeep`] | once a day, what nobody needs any more is forgotten |
//! | play | [`sandbox`] [`seed`] | the clock that is moved by hand, the market for trying out |
//! | roof | [`graphql`] | one file per noun: thin objects over rows and use cases; how operations travel is `graphql::transport` |
//! | outside | [`server`] | routes, pages, webhooks, who reacts to which event, start and stop |
//!
//! # One word, the whole road
//! `createBooking` is the mutation, [`bookings::create`](bookings) the function, `bookings/create.rs` the file. A use case
//! is one function in three paragraphs: load the facts, judge (no `await`), write. A rule takes facts and returns a
//! verdict, so it is tested with plain values. A refusal is data for the client ([`kernel::Fault::Refused`]); a failure of
//! ours goes to the log.
//!
//! # How a booking happens
//! 1. `graphql/booking.rs` takes the input apart and calls `bookings/create.rs`.
//! 2. One transaction: it loads the quote, judges, inserts the booking, takes the nights (`calendar/hold.rs`: a unique key
//!    per listing and night, so nobody books twice), opens the payment, and stores the event `HoldEnds`, due in 15 minutes.
//! 3. After the commit, `payments/start.rs` makes the PaymentIntent at Stripe (or at its emulator in
//!    `ports/stripe/emulator`). The client pays with the client secret.
//! 4. `server/webhooks.rs` checks the signature of Stripe's notice, stores it once, and answers; a job settles it
//!    (`payments/settle.rs`): the payment moves on, `ledger` gets its entries, and the event `PaymentSettled` is stored.
//! 5. `server/reactions.rs` hands the event to `bookings/confirm.rs`, and the next one to `notifications`: a row, a
//!    mail, and a message on the bus, which reaches every open subscription of the guest and the host.
//! 6. At check-out, `bookings/complete.rs` says who has earned what (`ledger`), and `payouts/schedule.rs` writes down the
//!    host's part. A day later `payouts/pay.rs` takes it apart, one part per payment, and `payouts/send_leg.rs` sends each
//!    to the host's account at Stripe.

pub mod kernel;
pub mod drill;

pub mod config;
pub mod db;
pub mod jobs;
pub mod event;

pub mod ports;

pub mod app;

pub mod accounts;
pub mod listings;
pub mod wishlists;
pub mod calendar;
pub mod pricing;
pub mod search;
pub mod ledger;
pub mod payments;
pub mod payouts;
pub mod bookings;
pub mod reviews;
pub mod disputes;
pub mod notifications;

pub mod upkeep;
pub mod sandbox;
pub mod seed;

pub mod graphql;

pub mod server;
