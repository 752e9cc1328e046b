//! The public point of a listing: near the exact one, always the same, and no way back. No storage.

use std::f64::consts::{PI, TAU};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::kernel::ListingId;

/// How far the public point is from the exact one, in metres. A little inside of the promised 100 and 500, since
/// millionths of a degree are rounded to at most 8 cm.
const NEAREST: f64 = 101.0;
const FARTHEST: f64 = 499.0;

/// The Earth's mean radius, in metres.
const EARTH: f64 = 6_371_008.8;

/// Where everybody may see a listing: its exact point (millionths of a degree) moved by 100 to 500 m into a direction
/// that follows from the listing's id and the server's secret. Who knows the id, but not the secret, can't move it
/// back; and since the direction stays, looking often doesn't help.
pub fn public_point(secret: &[u8; 32], listing: ListingId, lat_e6: i32, lon_e6: i32) -> (i32, i32) {
    let (turn, reach) = chances(secret, listing);
    // Even over the area of the ring, so that the middle isn't the best guess.
    let distance = (NEAREST.powi(2) + reach * (FARTHEST.powi(2) - NEAREST.powi(2))).sqrt();
    moved((lat_e6, lon_e6), distance, turn * TAU)
}

/// Two numbers in 0..1 that only the secret's owner can foretell.
fn chances(secret: &[u8; 32], listing: ListingId) -> (f64, f64) {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(listing.0.as_bytes());
    let tag = mac.finalize().into_bytes();
    let chance = |bytes: &[u8]| {
        let number = bytes.iter().take(4).fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
        f64::from(number) / (f64::from(u32::MAX) + 1.0)
    };
    (chance(&tag[..4]), chance(&tag[4..8]))
}

/// The point at `distance` metres from here towards `bearing`, on the sphere: right at the poles and across the date
/// line too.
fn moved((lat_e6, lon_e6): (i32, i32), distance: f64, bearing: f64) -> (i32, i32) {
    let (lat, lon) = (radians(lat_e6), radians(lon_e6));
    let angle = distance / EARTH;
    let to_lat = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
    let east = bearing.sin() * angle.sin() * lat.cos();
    let to_lon = lon + east.atan2(angle.cos() - lat.sin() * to_lat.sin());
    (micro_degrees(to_lat), micro_degrees((to_lon + PI).rem_euclid(TAU) - PI))
}

fn radians(micro_degrees: i32) -> f64 {
    (f64::from(micro_degrees) / 1e6).to_radians()
}

#[allow(clippy::cast_possible_truncation, reason = "at most 180 million, and `as` saturates")]
fn micro_degrees(radians: f64) -> i32 {
    (radians.to_degrees() * 1e6).round() as i32
}

/// The distance of two points in metres (haversine).
pub fn distance((lat_a, lon_a): (i32, i32), (lat_b, lon_b): (i32, i32)) -> f64 {
    let (a, b) = (radians(lat_a), radians(lat_b));
    let half = |x: f64| (x / 2.0).sin().powi(2);
    let h = half(b - a) + a.cos() * b.cos() * half(radians(lon_b) - radians(lon_a));
    2.0 * EARTH * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn check(secret: [u8; 32], listing: ListingId, lat: i32, lon: i32) -> f64 {
        let public = public_point(&secret, listing, lat, lon);
        assert!((-90_000_000..=90_000_000).contains(&public.0), "{public:?}");
        assert!((-180_000_000..=180_000_000).contains(&public.1), "{public:?}");
        distance((lat, lon), public)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn everywhere_it_is_moved_by_100_to_500_metres(
            secret in any::<[u8; 32]>(),
            id in any::<u128>(),
            lat in -90_000_000_i32..=90_000_000,
            lon in -180_000_000_i32..=180_000_000,
        ) {
            let metres = check(secret, ListingId(Uuid::from_u128(id)), lat, lon);
            prop_assert!((100.0..=500.0).contains(&metres), "{metres}");
        }

        #[test]
        fn also_at_the_poles_and_the_date_line(secret in any::<[u8; 32]>(), id in any::<u128>(), off in 0_i32..3_000) {
            let listing = ListingId(Uuid::from_u128(id));
            for (lat, lon) in [(90_000_000 - off, 12_000_000), (-90_000_000 + off, -7), (10_000_000, 180_000_000 - off), (-17_000_000, off - 180_000_000)] {
                let metres = check(secret, listing, lat, lon);
                prop_assert!((100.0..=500.0).contains(&metres), "{lat} {lon}: {metres}");
            }
        }
    }

    #[test]
    fn it_is_stable_and_hangs_on_the_secret_and_the_listing() {
        let (listing, other) = (ListingId(Uuid::from_u128(1)), ListingId(Uuid::from_u128(2)));
        let lisbon = |secret, listing| public_point(&[secret; 32], listing, 38_722_252, -9_139_337);
        assert_eq!(lisbon(1, listing), lisbon(1, listing));
        assert_ne!(lisbon(1, listing), lisbon(2, listing));
        assert_ne!(lisbon(1, listing), lisbon(1, other));
    }
}
