//! What a stay costs: prices of a listing, taxes of a region, the rules, and quotes that are kept. No calendar, no payment.

pub mod create_quote;
pub mod facts;
pub mod price;
pub mod price_override;
pub mod quote;
pub mod rate_plan;
pub mod rates;
pub mod rules;
pub mod settings;
pub mod tax_rule;
pub mod update;

pub use create_quote::{create_quote, prices_of};
pub use rate_plan::RatePlan;
pub use update::update;
