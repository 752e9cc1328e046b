//! What a stay costs and whether it can be had for that: prices of a listing, taxes of a region, the rules, offers, and
//! quotes that are kept. Which nights are for sale is the calendar's part. No payment.

pub mod create_quote;
pub mod exchange;
pub mod exchange_rate;
pub mod facts;
pub mod forget;
pub mod offer;
pub mod price;
pub mod price_override;
pub mod quote;
pub mod rate_plan;
pub mod rate_table;
pub mod rates;
pub mod refresh_rates;
pub mod rules;
pub mod sellable;
pub mod settings;
pub mod tax_rule;
mod terms;
pub mod update;
pub mod update_taxes;

pub use create_quote::{create_quote, prices_of};
pub use offer::{offer, offers};
pub use rate_plan::RatePlan;
pub use rate_table::RateTable;
pub use refresh_rates::refresh_rates;
pub use update::update;
pub use update_taxes::update_taxes;
