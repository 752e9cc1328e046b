//! Finding places: one narrow row per listing on sale with everything to filter and sort by, and a card with everything
//! to show, kept equal to the tables inside each transaction that changes them; and in each server an index of all rows,
//! which follows a log of their changes. No booking.

mod area;
pub mod ask;
pub mod card;
pub mod card_row;
pub mod change;
pub mod changes;
pub mod entry;
pub mod facets;
pub mod facts;
pub mod find;
mod follow;
pub mod form;
pub mod keeper;
mod index;
pub mod kept;
pub mod memory;
pub mod nights;
pub mod occupy;
mod order;
pub mod place;
pub mod range_row;
pub mod rebuild;
pub mod refresh;
pub mod resolve;
pub mod row;
mod shelf;
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
mod wanted;
pub mod zones;

pub use ask::{Ask, Bounds, Cursor, Flexible, Near, Refusal, Sort};
pub use card::{Card, CardPhoto};
pub use facets::{Facets, facets};
pub use find::{Hit, count, find};
pub use keeper::Keeper;
pub use memory::Memory;
pub use rebuild::rebuild;
pub use refresh::refresh;
pub use resolve::Spot;
pub use similar::similar;
pub use touch_region::touch_region;
pub use turn_day::turn_day;
pub use verify::verify;
