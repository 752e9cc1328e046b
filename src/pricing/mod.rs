//! Domain pricing.

pub mod price;
pub mod price_override;
pub mod quote;
pub mod settings;
pub mod tax_rule;
