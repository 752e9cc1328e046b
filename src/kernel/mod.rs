//! Values that every floor shares: ids, money, stays, time, faults, pages. No I/O, no async, no domain rule.

pub mod clock;
pub mod country;
pub mod email;
pub mod fault;
pub mod fold;
pub mod id;
pub mod money;
pub mod page;
pub mod party;
pub mod stay;
pub mod text;
pub mod zone;

pub use clock::Clock;
pub use email::EmailAddress;
pub use fault::{Fault, Never};
pub use fold::fold;
pub use id::*;
pub use money::{Currency, Money};
pub use page::{Page, PageAsk};
pub use party::Party;
pub use stay::Stay;
pub use text::can_be_shown;
