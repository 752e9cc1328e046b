//! Hosts are paid: where, what, when, and whether it arrived. Who earned what is decided elsewhere and told by
//! `schedule`; no bookings here, and no mail.

pub mod find;
mod follow_account;
mod hold;
mod pay;
pub mod payout;
pub mod payout_account;
pub mod payout_hold;
pub mod payout_leg;
pub mod rules;
pub mod sandbox_onboard;
mod schedule;
mod send_leg;
mod send_reversal;
mod settle_leg;
pub mod start_onboarding;
mod take_back;
pub mod transfer_reversal;

pub use follow_account::follow_account;
pub use hold::{hold, release};
pub use pay::pay;
pub use sandbox_onboard::sandbox_onboard;
pub use schedule::{Earned, compensate, schedule};
pub use send_leg::send_leg;
pub use send_reversal::send_reversal;
pub use settle_leg::follow_transfer;
pub use start_onboarding::start_onboarding;
pub use take_back::take_back;
