//! Distances on the sphere in whole numbers, so that every machine finds the same: a place is a
//! point in space, centimetres from the Earth's centre, and what is compared is the straight line through the Earth.
//! It grows with the way over ground, knows no date line and no poles, and needs no angles. Pure.

use super::ask::Bounds;

/// The Earth's mean radius, in centimetres.
const RADIUS: i128 = 637_100_880;

/// The largest radius around a point, in metres: nearly to the other end of the world.
pub const FARTHEST: i64 = 20_000_000;

/// Angles and sines are counted in 2⁻⁴⁰.
const ONE: i128 = 1 << 40;
const PI: i128 = 3_454_217_652_358;

/// Millionths of a degree in a quarter of a circle.
const QUARTER: i64 = 90_000_000;

/// What a box is made larger by, in millionths of a degree: what whole numbers lose near the poles.
const SLACK: i64 = 1_000;

/// A place as a point in space, in centimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot3 {
    /// Towards longitude 0 on the equator.
    pub x: i32,
    /// Towards longitude 90° east on the equator.
    pub y: i32,
    /// Towards the north pole.
    pub z: i32,
}

impl Spot3 {
    /// The square of the straight line to another point, in square centimetres.
    pub fn squared(self, other: Self) -> i64 {
        let part = |a: i32, b: i32| (i64::from(a) - i64::from(b)).pow(2);
        part(self.x, other.x) + part(self.y, other.y) + part(self.z, other.z)
    }
}

/// The point in space of a place on the map, in millionths of a degree.
pub fn spot(lat_e6: i32, lon_e6: i32) -> Spot3 {
    let (lat, lon) = (i64::from(lat_e6), i64::from(lon_e6));
    let around = sine(QUARTER - lat.abs());
    let centimetres = |share: i128| i32::try_from(round(share * RADIUS)).unwrap_or(0);
    Spot3 {
        x: centimetres(round(around * sine(QUARTER - lon.abs()))),
        y: centimetres(round(around * sine(lon))),
        z: centimetres(sine(lat)),
    }
}

/// The square of the straight line to what is so many metres away over ground, in square centimetres.
pub fn straight_squared(metres: i64) -> i64 {
    let half_angle = (i128::from(metres) * 100 * ONE) / (2 * RADIUS);
    let line = round(2 * RADIUS * sine_of(half_angle));
    i64::try_from(line * line).unwrap_or(i64::MAX)
}

/// The way over ground, in metres, of a straight line of which this is the square: for people to read.
#[allow(clippy::cast_precision_loss, reason = "a figure for people: it is rounded to metres")]
#[allow(clippy::cast_possible_truncation, reason = "half of the Earth's circumference at most")]
pub fn over_ground(straight_squared: i64) -> i32 {
    let radius = RADIUS as f64;
    let half_angle = ((straight_squared as f64).sqrt() / (2.0 * radius)).clamp(0.0, 1.0).asin();
    (2.0 * radius * half_angle / 100.0).round() as i32
}

/// A part of the map in which everything lies that is so near, and not much more.
pub fn box_around(lat_e6: i32, lon_e6: i32, metres: i64) -> Bounds {
    let (lat, lon) = (i64::from(lat_e6), i64::from(lon_e6));
    let angle = i128::from(metres) * 100 * ONE / RADIUS;
    let height = i64::try_from(angle * 2 * i128::from(QUARTER) / PI).unwrap_or(i64::MAX) + SLACK;
    let (south, north) = (lat - height, lat + height);
    let edge = |at: i64| i32::try_from(at).unwrap_or(0);
    let whole_turn = || Bounds {
        south: edge(south.max(-QUARTER)),
        north: edge(north.min(QUARTER)),
        west: edge(-2 * QUARTER),
        east: edge(2 * QUARTER),
    };
    if south <= -QUARTER || north >= QUARTER {
        return whole_turn();
    }
    // No pole is inside, so that the meridians that touch the circle are less than a quarter away.
    let (reach, around) = (sine_of(angle) * ONE, sine(QUARTER - lat.abs()));
    let (mut near, mut far) = (0, QUARTER);
    while near < far {
        let middle = i64::midpoint(near, far);
        if sine(middle) * around >= reach { far = middle } else { near = middle + 1 }
    }
    let width = near + SLACK;
    if width >= 2 * QUARTER {
        return whole_turn();
    }
    let turned = |lon: i64| match lon {
        ..-180_000_000 => lon + 4 * QUARTER,
        180_000_001.. => lon - 4 * QUARTER,
        _ => lon,
    };
    Bounds {
        south: edge(south),
        north: edge(north),
        west: edge(turned(lon - width)),
        east: edge(turned(lon + width)),
    }
}

/// The sine of an angle in millionths of a degree, from half a turn west to half a turn east.
fn sine(micro_degrees: i64) -> i128 {
    let size = micro_degrees.abs();
    let acute = i128::from(if size > QUARTER { 2 * QUARTER - size } else { size });
    let value = sine_of(acute * PI / (2 * i128::from(QUARTER)));
    if micro_degrees < 0 { -value } else { value }
}

/// The sine of an angle of at most a right one, by its series.
fn sine_of(angle: i128) -> i128 {
    let square = round(angle * angle);
    let (mut term, mut sum) = (angle, 0);
    for n in (2..=26).step_by(2) {
        sum += term;
        term = -round(term * square) / (n * (n + 1));
    }
    sum
}

/// A product of two numbers that are counted in 2⁻⁴⁰, counted so again.
fn round(product: i128) -> i128 {
    (product + ONE / 2) >> 40
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn squared(a: (i32, i32), b: (i32, i32)) -> i64 {
        spot(a.0, a.1).squared(spot(b.0, b.1))
    }

    /// The way over ground in metres, as everybody reckons it.
    fn haversine(a: (i32, i32), b: (i32, i32)) -> f64 {
        let radians = |e6: i32| (f64::from(e6) / 1e6).to_radians();
        let (lat_a, lat_b) = (radians(a.0), radians(b.0));
        let lon = radians(a.1) - radians(b.1);
        let h = ((lat_a - lat_b) / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (lon / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
    }

    fn place() -> impl Strategy<Value = (i32, i32)> {
        let lat = prop_oneof![
            -90_000_000..=90_000_000_i32,
            89_990_000..=90_000_000_i32,
            -90_000_000..=-89_990_000_i32
        ];
        let lon = prop_oneof![
            -180_000_000..=180_000_000_i32,
            179_990_000..=180_000_000_i32,
            -180_000_000..=-179_990_000_i32
        ];
        (lat, lon)
    }

    fn within(bounds: Bounds, (lat, lon): (i32, i32)) -> bool {
        bounds.contains(lat, lon)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn distances_are_those_of_the_sphere(a in place(), b in place()) {
            let exact = haversine(a, b);
            let off = (f64::from(over_ground(squared(a, b))) - exact).abs();
            // Near the other end of the world a centimetre of the straight line is many of the way.
            let allowed = if exact > 19_900_000.0 { 2_000.0 } else { 3.0 };
            prop_assert!(off <= allowed, "{off} of {exact}");
            prop_assert_eq!(squared(a, b), squared(b, a));
        }

        #[test]
        fn a_radius_holds_what_is_nearer_and_nothing_farther(a in place(), b in place(), part in 1_u32..2_000) {
            let way = haversine(a, b);
            #[allow(clippy::cast_possible_truncation)]
            let radius = ((way * f64::from(part) / 1_000.0) as i64).clamp(1, FARTHEST);
            let inside = squared(a, b) <= straight_squared(radius);
            if (way - radius as f64).abs() > 0.5 + way / 1e4 {
                prop_assert_eq!(inside, way < radius as f64);
            }
            if inside {
                prop_assert!(within(box_around(a.0, a.1, radius), b));
            }
        }

        #[test]
        fn a_point_a_little_away_is_in_the_box(a in place(), north in -9_000..9_000_i32, east in -9_000..9_000_i32) {
            let b = ((a.0 + north).clamp(-90_000_000, 90_000_000), a.1 + east);
            let b = (b.0, if b.1 > 180_000_000 { b.1 - 360_000_000 } else if b.1 < -180_000_000 { b.1 + 360_000_000 } else { b.1 });
            let radius = i64::from(over_ground(squared(a, b))) + 1;
            prop_assert!(squared(a, b) <= straight_squared(radius));
            prop_assert!(within(box_around(a.0, a.1, radius), b));
        }
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edges() {
        assert_eq!(squared((10_000_000, 180_000_000), (10_000_000, -180_000_000)), 0);
        assert_eq!(squared((90_000_000, 0), (90_000_000, 123_000_000)), 0);
        assert_eq!(over_ground(squared((0, 179_999_000), (0, -179_999_000))), 222);
        assert_eq!(over_ground(squared((90_000_000, 0), (-90_000_000, 0))), 20_015_114);
        let fiji = box_around(-17_000_000, 179_900_000, 50_000);
        assert!(fiji.west > fiji.east);
        let pole = box_around(89_999_000, 10_000_000, 1_000);
        assert_eq!((pole.west, pole.east, pole.north), (-180_000_000, 180_000_000, 90_000_000));
        assert_eq!(box_around(0, 0, FARTHEST).south, -90_000_000);
        let metre = box_around(40_000_000, 0, 1);
        assert!(metre.north - metre.south < 2_100);
    }
}
