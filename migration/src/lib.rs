//! Sojourn's database, one file per change, written once for SQLite and PostgreSQL. No data, no domain rule.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_settings;
mod m0002_accounts;
mod m0003_listings;
mod m0004_calendar;
mod m0005_pricing;
mod m0006_search;
mod m0007_bookings;
mod m0008_payments;
mod m0009_ledger;
mod m0010_reviews;
mod m0011_notifications;
mod m0012_jobs;
mod m0014_listings;
mod m0014b_taxes;
mod m0014c_wishlists;
mod m0014d_moderation;
mod m0015_currency;
mod m0015b_listing_amounts;
mod m0016_calendar;
mod m0017_feeds;
mod m0018_search;
mod m0019_search_zones;
mod m0020_indices;
mod m0021_requests;
mod m0022_goodwill;
mod m0023_payouts;
mod m0024_booking_changes;
mod m0025_disputes;
mod m0026_taking_back;
mod m0028_card_stamp;
mod m0029_search_changes;
mod m0030_booking_key;
mod m0031_waiting_for_admins;
mod table;

/// Runs every migration in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_settings::Migration),
            Box::new(m0002_accounts::Migration),
            Box::new(m0003_listings::Migration),
            Box::new(m0004_calendar::Migration),
            Box::new(m0005_pricing::Migration),
            Box::new(m0006_search::Migration),
            Box::new(m0007_bookings::Migration),
            Box::new(m0008_payments::Migration),
            Box::new(m0009_ledger::Migration),
            Box::new(m0010_reviews::Migration),
            Box::new(m0011_notifications::Migration),
            Box::new(m0012_jobs::Migration),
            Box::new(m0014_listings::Migration),
            Box::new(m0014b_taxes::Migration),
            Box::new(m0014c_wishlists::Migration),
            Box::new(m0014d_moderation::Migration),
            Box::new(m0015_currency::Migration),
            Box::new(m0015b_listing_amounts::Migration),
            Box::new(m0016_calendar::Migration),
            Box::new(m0017_feeds::Migration),
            Box::new(m0018_search::Migration),
            Box::new(m0019_search_zones::Migration),
            Box::new(m0020_indices::Migration),
            Box::new(m0021_requests::Migration),
            Box::new(m0022_goodwill::Migration),
            Box::new(m0023_payouts::Migration),
            Box::new(m0024_booking_changes::Migration),
            Box::new(m0025_disputes::Migration),
            Box::new(m0026_taking_back::Migration),
            Box::new(m0028_card_stamp::Migration),
            Box::new(m0029_search_changes::Migration),
            Box::new(m0030_booking_key::Migration),
            Box::new(m0031_waiting_for_admins::Migration),
        ]
    }
}
