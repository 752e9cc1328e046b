//! Sojourn: the backend of a vacation-rental marketplace.

pub mod accounts;
pub mod app;
pub mod bookings;
pub mod calendar;
pub mod config;
pub mod db;
pub mod event;
pub mod graphql;
pub mod jobs;
pub mod kernel;
pub mod ledger;
pub mod listings;
pub mod notifications;
pub mod payments;
pub mod ports;
pub mod pricing;
pub mod reviews;
pub mod sandbox;
pub mod search;
pub mod server;
