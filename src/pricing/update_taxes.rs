//! `updateSettings`, as far as taxes go: an admin sets the occupancy taxes of countries and regions. Quotes and bookings
//! that exist keep theirs.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};

use super::tax_rule;
use crate::{
    accounts::viewer::Viewer,
    app::App,
    db::Tx,
    kernel::{Currency, Fault, Money, can_be_shown, clock::Instant, country, fold},
};

/// The highest tax, in basis points of the base.
const HIGHEST_PERCENT: i32 = 10_000;

/// The highest tax per person and night, in minor units.
const HIGHEST_AMOUNT: i64 = 10_000_000;

/// Longest name of a region, as on a listing.
const LONGEST_REGION: usize = 80;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As on listings, in any spelling that folds to the same; empty for the whole country.
    pub region: String,
}

/// A tax to set, instead of the one that holds there.
#[derive(Debug, Clone)]
pub struct Tax {
    /// Where.
    pub place: Place,
    /// Basis points of the base.
    pub percent: i32,
    /// Per adult or child and night.
    pub per_person_night: Option<Money>,
}

/// What to change.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Taxes to set.
    pub set: Vec<Tax>,
    /// Where there is no tax of its own any more.
    pub remove: Vec<Place>,
    /// Why, for the record.
    pub reason: String,
}

/// Why taxes stay as they are. `field` is the name in the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such country.
    #[error("there is no country {country}")]
    Country {
        /// Which input field.
        field: &'static str,
        /// What was given.
        country: String,
    },
    /// Too long, without a letter, or with control characters.
    #[error("a region has at most {LONGEST_REGION} characters, and is written in letters")]
    Region {
        /// Which input field.
        field: &'static str,
    },
    /// The same place twice.
    #[error("{place} is named twice")]
    Twice {
        /// Which input field.
        field: &'static str,
        /// Which place.
        place: String,
    },
    /// Out of its range.
    #[error("a percentage is between 0 and {HIGHEST_PERCENT} hundredths of a percent")]
    Percent,
    /// Negative or too large.
    #[error("an amount is between 0 and {HIGHEST_AMOUNT} of the smallest unit")]
    Amount,
    /// There is no rule at this place.
    #[error("there is no tax of its own in {0}")]
    NoSuchRule(String),
    /// Empty, too long, or with control characters.
    #[error("say why, in 1 to {LONGEST_REASON} characters without control characters")]
    Reason,
}

/// Sets taxes, and takes others away; all of it or nothing. Returns all that are in force.
pub async fn update_taxes(
    app: &App,
    admin: &Viewer,
    ask: Ask,
) -> Result<Vec<tax_rule::Model>, Fault<Refusal>> {
    admin.may_administer()?;
    let now = app.clock.now();
    judge(&ask).map_err(Fault::Refused)?;
    app.db
        .write(|tx| {
            let ask = ask.clone();
            async move {
                for place in &ask.remove {
                    let rule = at(&tx, place).await?.filter(|rule| rule.removed_at.is_none());
                    let rule = rule.ok_or_else(|| Fault::Refused(Refusal::NoSuchRule(place.to_string())))?;
                    let gone = tax_rule::Model { removed_at: Some(now), ..rule };
                    put(&tx, signed(gone, admin, &ask.reason, now)).await?;
                    tx.touch_country(&place.country);
                }
                for tax in &ask.set {
                    put(&tx, signed(rule(tax), admin, &ask.reason, now)).await?;
                    tx.touch_country(&tax.place.country);
                }
                Ok(in_force(&*tx).await?)
            }
        })
        .await
}

/// All taxes in force, by country and region.
pub async fn in_force(conn: &impl ConnectionTrait) -> Result<Vec<tax_rule::Model>, DbErr> {
    tax_rule::Entity::find()
        .filter(tax_rule::Column::RemovedAt.is_null())
        .order_by_asc(tax_rule::Column::Country)
        .order_by_asc(tax_rule::Column::Region)
        .all(conn)
        .await
}

fn judge(ask: &Ask) -> Result<(), Refusal> {
    let reason = ask.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || !can_be_shown(reason) {
        return Err(Refusal::Reason);
    }
    let set = ask.set.iter().map(|tax| ("taxRules", &tax.place));
    let mut seen = Vec::new();
    for (field, place) in set.chain(ask.remove.iter().map(|place| ("removeTaxRules", place))) {
        judge_place(field, place)?;
        let folded = (place.country.as_str(), fold(&place.region));
        if seen.contains(&folded) {
            return Err(Refusal::Twice { field, place: place.to_string() });
        }
        seen.push(folded);
    }
    for tax in &ask.set {
        if !(0..=HIGHEST_PERCENT).contains(&tax.percent) {
            return Err(Refusal::Percent);
        }
        let amount = tax.per_person_night.map_or(0, |amount| amount.minor);
        let step = tax.per_person_night.map_or(1, |amount| amount.currency.step());
        if !(0..=HIGHEST_AMOUNT).contains(&amount) || amount % step != 0 {
            return Err(Refusal::Amount);
        }
    }
    Ok(())
}

fn judge_place(field: &'static str, place: &Place) -> Result<(), Refusal> {
    if !country::is_code(&place.country) {
        return Err(Refusal::Country { field, country: place.country.clone() });
    }
    let region = place.region.trim();
    // What folds to nothing would be the whole country.
    let named = region.is_empty() || !fold(region).is_empty();
    if named && region.chars().count() <= LONGEST_REGION && can_be_shown(region) {
        Ok(())
    } else {
        Err(Refusal::Region { field })
    }
}

/// The rule of a place, in force or not, whatever the spelling of its region.
async fn at(tx: &Tx, place: &Place) -> Result<Option<tax_rule::Model>, DbErr> {
    let rules =
        tax_rule::Entity::find().filter(tax_rule::Column::Country.eq(&place.country)).all(&**tx).await?;
    let region = fold(&place.region);
    Ok(rules.into_iter().find(|rule| fold(&rule.region) == region))
}

/// Writes a rule in place of the one that is there.
async fn put(tx: &Tx, rule: tax_rule::Model) -> Result<(), DbErr> {
    let place = Place { country: rule.country.clone(), region: rule.region.clone() };
    if let Some(before) = at(tx, &place).await? {
        tax_rule::Entity::delete_by_id((before.country, before.region)).exec(&**tx).await?;
    }
    let row = rule.into_active_model().reset_all();
    tax_rule::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

fn rule(tax: &Tax) -> tax_rule::Model {
    let amount = tax.per_person_night.unwrap_or(Money::zero(Currency::EUR));
    tax_rule::Model {
        country: tax.place.country.clone(),
        region: tax.place.region.trim().to_owned(),
        percent: tax.percent,
        per_person_night: amount.minor,
        currency: amount.currency,
        ..tax_rule::Model::none()
    }
}

fn signed(rule: tax_rule::Model, admin: &Viewer, reason: &str, now: Instant) -> tax_rule::Model {
    let reason = reason.trim().to_owned();
    tax_rule::Model { reason, changed_by: Some(admin.user), changed_at: Some(now), ..rule }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let region = self.region.trim();
        if region.is_empty() { f.write_str(&self.country) } else { write!(f, "{region}, {}", self.country) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(country: &str, region: &str, percent: i32, amount: i64) -> Ask {
        let place = Place { country: country.into(), region: region.into() };
        let tax = Tax { place, percent, per_person_night: Some(Money::new(amount, Currency::KWD)) };
        Ask { set: vec![tax], reason: "A new law".into(), ..Ask::default() }
    }

    #[test]
    fn taxes_are_of_a_country_and_within_bounds() {
        assert_eq!(judge(&ask("PT", "Lisboa", 10_000, 10)), Ok(()));
        assert_eq!(judge(&ask("PT", "", 0, 0)), Ok(()));
        assert!(matches!(judge(&ask("ZZ", "", 0, 0)), Err(Refusal::Country { .. })));
        assert!(matches!(judge(&ask("PT", "—", 0, 0)), Err(Refusal::Region { .. })));
        assert_eq!(judge(&ask("PT", "", 10_001, 0)), Err(Refusal::Percent));
        assert_eq!(judge(&ask("PT", "", -1, 0)), Err(Refusal::Percent));
        assert_eq!(judge(&ask("PT", "", 0, -10)), Err(Refusal::Amount));
        // Stripe takes Kuwaiti dinars in tens of their thousandths.
        assert_eq!(judge(&ask("PT", "", 0, 15)), Err(Refusal::Amount));
        let mut twice = ask("PT", "Lisboa", 0, 0);
        twice.remove.push(Place { country: "PT".into(), region: "LISBOÁ".into() });
        assert!(matches!(judge(&twice), Err(Refusal::Twice { .. })));
        assert_eq!(judge(&Ask { reason: "  ".into(), ..ask("PT", "", 0, 0) }), Err(Refusal::Reason));
    }
}
