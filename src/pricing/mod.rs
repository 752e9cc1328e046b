//! What a stay costs: prices of a listing, taxes of a region, the rules, and quotes that are kept. No calendar, no payment.

pub mod create_quote;
pub mod exchange;
pub mod exchange_rate;
pub mod facts;
pub mod forget;
pub mod price;
pub mod price_override;
pub mod quote;
pub mod rate_plan;
pub mod rate_table;
pub mod rates;
pub mod refresh_rates;
pub mod rules;
pub mod settings;
pub mod tax_rule;
pub mod update;
pub mod update_taxes;

pub use create_quote::{create_quote, prices_of};
pub use rate_plan::RatePlan;
pub use rate_table::RateTable;
pub use refresh_rates::refresh_rates;
pub use update::update;
pub use update_taxes::update_taxes;
