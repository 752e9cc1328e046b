//! Named lists of places that a person likes, private or shared by a link. What a place is, is the listings' business.

pub mod create;
pub mod delete;
pub mod find;
mod rules;
pub mod save;
pub mod update;
pub mod wishlist;
pub mod wishlist_item;

pub use create::create;
pub use delete::delete;
pub use save::{save, unsave};
pub use update::update;
