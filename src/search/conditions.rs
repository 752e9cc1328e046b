//! From what is asked to the conditions of a statement, with every value bound. No statement is run here.

use chrono::{Days, NaiveDate};
use sea_orm::{ActiveEnum, Value};

use super::{
    ask::Ask,
    nights::{self, Nights},
    resolve::Spot,
};
use crate::kernel::{Stay, stay::BOOKABLE_DAYS};

/// Conditions that all must hold, and the values of their placeholders (`$1` and so on: both databases read them).
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub clauses: Vec<String>,
    pub values: Vec<Value>,
}

impl Conditions {
    /// Binds a value and says what stands for it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn compare(&mut self, left: &str, value: impl Into<Value>) {
        let value = self.bind(value);
        self.clauses.push(format!("{left} {value}"));
    }

    fn one_of<V: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = V>) {
        let bound: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        match bound.as_slice() {
            [] => {}
            [one] => self.clauses.push(format!("{column} = {one}")),
            many => self.clauses.push(format!("{column} IN ({})", many.join(", "))),
        }
    }
}

/// The conditions of an ask, or none where nothing can match.
pub(super) fn conditions(ask: &Ask, spot: &Spot) -> Option<Conditions> {
    let mut all = Conditions::default();
    all.one_of("city", spot.cities.iter().map(String::as_str));
    all.one_of("region", spot.region.as_deref());
    all.one_of("country", spot.country.as_deref());
    for word in &spot.words {
        all.compare("title LIKE", format!("%{word}%"));
    }
    if let Some(bounds) = ask.bounds {
        all.compare("lat_e6 >=", bounds.south);
        all.compare("lat_e6 <=", bounds.north);
        let (west, east) = (all.bind(bounds.west), all.bind(bounds.east));
        let joint = if bounds.west <= bounds.east { "AND" } else { "OR" };
        all.clauses.push(format!("(lon_e6 >= {west} {joint} lon_e6 <= {east})"));
    }
    for (column, least) in [
        ("guests >=", ask.guests),
        ("bedrooms >=", ask.bedrooms),
        ("beds >=", ask.beds),
        ("half_bathrooms >=", ask.half_bathrooms),
        ("rating >=", ask.min_rating),
    ] {
        if let Some(least) = least.filter(|least| *least > 0) {
            all.compare(column, i32::try_from(least).ok()?);
        }
    }
    if let Some(price) = ask.price_min {
        all.compare("price >=", price);
    }
    if let Some(price) = ask.price_max {
        all.compare("price <=", price);
    }
    all.one_of("room_type", ask.room_types.iter().map(ActiveEnum::to_value));
    all.one_of("property_type", ask.property_types.iter().map(ActiveEnum::to_value));
    if !ask.amenities.is_empty() {
        let bits = all.bind(ask.amenities.bits());
        all.clauses.push(format!("COALESCE(amenities & {bits} = {bits}, FALSE)"));
    }
    if ask.instant_book {
        all.clauses.push("instant_book".to_owned());
    }
    if let Some(host) = ask.host {
        all.compare("host_id =", host.0);
    }
    if let Some(stay) = ask.stay {
        bookable(&mut all, stay, ask.now.date_naive())?;
    }
    if all.clauses.is_empty() {
        all.clauses.push("TRUE".to_owned());
    }
    Some(all)
}

/// Free nights, and the host's rules. `today` is UTC's; a listing's own may be a day earlier or later, and what one of
/// the three would allow is found.
fn bookable(all: &mut Conditions, stay: Stay, today: NaiveDate) -> Option<()> {
    let (yesterday, tomorrow) =
        (today.checked_sub_days(Days::new(1))?, today.checked_add_days(Days::new(1))?);
    let notice = i32::try_from((stay.check_in() - yesterday).num_days()).ok()?;
    let window = i32::try_from((stay.check_out() - tomorrow).num_days()).ok()?;
    if notice < 0 || window > i32::try_from(BOOKABLE_DAYS).ok()? {
        return None;
    }
    let nights = i32::try_from(stay.len()).ok()?;
    all.compare("min_nights <=", nights);
    all.compare("max_nights >=", nights);
    all.compare("notice_days <=", notice);
    all.compare("window_days >=", window);

    let masks: Vec<String> = stay
        .nights()
        .collect::<Nights>()
        .touched()
        .map(|(chunk, mask)| format!("(nights_{chunk} & {})", all.bind(mask)))
        .collect();
    all.clauses.push(format!("COALESCE(({}) = 0, FALSE)", masks.join(" | ")));
    debug_assert!(nights::newest(today) >= stay.check_out());
    Some(())
}
