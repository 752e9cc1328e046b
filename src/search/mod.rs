//! Finding places: one narrow row per listing on sale with everything to filter and sort by, and a card with everything
//! to show, kept equal to the tables inside each transaction that changes them. No booking.

mod area;
pub mod ask;
pub mod card;
pub mod card_row;
mod conditions;
pub mod entry;
pub mod facets;
pub mod facts;
pub mod find;
pub mod form;
pub mod keeper;
pub mod kept;
pub mod nights;
pub mod occupy;
pub mod place;
pub mod range_row;
pub mod rebuild;
pub mod refresh;
pub mod resolve;
pub mod row;
pub mod similar;
pub mod span;
pub mod spans;
pub mod sphere;
pub mod stay_rules;
pub mod store;
#[cfg(test)]
mod tests;
mod total;
pub mod touch_region;
pub mod turn_day;
pub mod verify;
pub mod zones;

pub use ask::{Ask, Bounds, Cursor, Flexible, Near, Refusal, Sort};
pub use card::{Card, CardPhoto};
pub use facets::{Facets, facets};
pub use find::{Hit, count, find};
pub use keeper::Keeper;
pub use rebuild::rebuild;
pub use refresh::refresh;
pub use similar::similar;
pub use touch_region::touch_region;
pub use turn_day::turn_day;
pub use verify::verify;
