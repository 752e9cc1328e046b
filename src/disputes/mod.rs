//! Disputes of the two sides of a stay, which an admin decides, and chargebacks of guests' banks, in one queue. No
//! GraphQL, no mail; money moves by what payments, payouts and the ledger already know.

mod answer;
mod bear;
pub mod dispute;
pub mod dispute_photo;
pub mod evidence;
pub mod find;
mod follow_chargeback;
mod open;
mod photos;
mod resolve;
pub mod rules;
mod sandbox_close;
mod withdraw;

pub use answer::{Refusal as AnswerRefusal, answer};
pub use bear::bear_chargebacks;
pub use follow_chargeback::follow_chargeback;
pub use open::{Ask as OpenAsk, Refusal as OpenRefusal, open};
pub use resolve::{Ask as ResolveAsk, Refusal as ResolveRefusal, resolve};
pub use sandbox_close::{Refusal as CloseRefusal, sandbox_close};
pub use withdraw::{Refusal as WithdrawRefusal, withdraw};
