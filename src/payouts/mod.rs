//! Hosts are paid: where, what, when, and whether it arrived. Who earned what is decided elsewhere and told by
//! `schedule`; no bookings here, and no mail.

pub mod find;
mod follow_account;
mod pay;
pub mod payout;
pub mod payout_account;
pub mod payout_leg;
pub mod rules;
pub mod sandbox_onboard;
mod schedule;
mod send_leg;
mod settle_leg;
pub mod start_onboarding;

pub use follow_account::follow_account;
pub use pay::pay;
pub use sandbox_onboard::sandbox_onboard;
pub use schedule::{Earned, schedule};
pub use send_leg::send_leg;
pub use settle_leg::follow_transfer;
pub use start_onboarding::start_onboarding;
