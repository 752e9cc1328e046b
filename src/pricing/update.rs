//! `updatePricing`: the host sets prices. Quotes and bookings that exist keep theirs.

use chrono::NaiveDate;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict,
};

use super::{price_override, settings};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Currency, Fault, ListingId, Money, PriceOverrideId},
    listings::{find, listing},
};

/// The most that a night or a fee can cost, in minor units: totals of a year must fit what Stripe takes.
const MOST: i64 = 10_000_000;

/// The largest discount, in basis points.
const LARGEST_DISCOUNT: i32 = 9_000;

/// How many ranges with prices of their own a listing may have.
const MOST_OVERRIDES: usize = 250;

/// New prices; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A night.
    pub nightly: Option<Money>,
    /// A Friday or Saturday night; `Some(None)` for the nightly price.
    pub weekend: Option<Option<Money>>,
    /// Per stay.
    pub cleaning_fee: Option<Money>,
    /// Per night and guest beyond those included.
    pub extra_guest_fee: Option<Money>,
    /// Guests in the nightly price.
    pub guests_included: Option<i32>,
    /// Per stay with pets.
    pub pet_fee: Option<Money>,
    /// Basis points off from 7 nights.
    pub weekly_discount: Option<i32>,
    /// Basis points off from 28 nights.
    pub monthly_discount: Option<i32>,
    /// Whether guests may choose the cheaper rate that gives nothing back.
    pub non_refundable: Option<bool>,
    /// All ranges with prices of their own, instead of those there are.
    pub overrides: Option<Vec<Override>>,
}

/// A range with a price of its own.
#[derive(Debug, Clone, Copy)]
pub struct Override {
    /// First night.
    pub first_night: NaiveDate,
    /// Last night, included.
    pub last_night: NaiveDate,
    /// A night of it.
    pub nightly: Money,
}

/// Why prices were not set. `field` is the name in the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Negative, too large, or in another currency than the listing.
    #[error("{field} must be between 0 and {most}, in the currency of the listing", most = Money::new(MOST, *.currency).decimal())]
    Amount {
        /// Which input field.
        field: &'static str,
        /// The listing's currency.
        currency: Currency,
    },
    /// A listing without a nightly price can't have other prices.
    #[error("set a nightly price first")]
    NoNightlyPrice,
    /// Out of its range.
    #[error("{field} is out of range")]
    OutOfRange {
        /// Which input field.
        field: &'static str,
    },
    /// A range that ends before it begins, or one that stands twice.
    #[error("ranges must end after they begin, be different, and at most {MOST_OVERRIDES}")]
    Overrides,
}

/// Changes the prices, which are in the currency that comes back with them, of one of the host's listings.
pub async fn update(
    app: &App,
    host: &Viewer,
    listing: ListingId,
    ask: Ask,
) -> Result<(settings::Model, Currency), Fault<Refusal>> {
    app.db
        .write(|tx| {
            let ask = ask.clone();
            async move {
                let listing = find::owned_for_change(&tx, host, listing).await?;
                let before = settings::Entity::find_by_id(listing.id).one(&*tx).await?;

                let after = judge(&listing, before, &ask).map_err(Fault::Refused)?;

                settings::Entity::insert(settings::ActiveModel::from(after.clone()).reset_all())
                    .on_conflict(replace())
                    .exec_without_returning(&*tx)
                    .await?;
                if let Some(overrides) = ask.overrides {
                    price_override::Entity::delete_many()
                        .filter(price_override::Column::ListingId.eq(listing.id))
                        .exec(&*tx)
                        .await?;
                    let rows: Vec<_> =
                        overrides.iter().map(|range| override_row(listing.id, range)).collect();
                    if !rows.is_empty() {
                        price_override::Entity::insert_many(rows).exec_without_returning(&*tx).await?;
                    }
                }
                tx.touch_listing(listing.id);
                Ok((after, listing.currency))
            }
        })
        .await
}

/// The prices after the change.
fn judge(
    listing: &listing::Model,
    before: Option<settings::Model>,
    ask: &Ask,
) -> Result<settings::Model, Refusal> {
    let amount = |field, money: Money| {
        let fits = money.currency == listing.currency && (0..=MOST).contains(&money.minor);
        if fits { Ok(money.minor) } else { Err(Refusal::Amount { field, currency: listing.currency }) }
    };
    let discount = |field, points: i32| {
        if (0..=LARGEST_DISCOUNT).contains(&points) { Ok(points) } else { Err(Refusal::OutOfRange { field }) }
    };
    let first = settings::Model {
        listing_id: listing.id,
        nightly: 0,
        weekend: None,
        cleaning_fee: 0,
        extra_guest_fee: 0,
        guests_included: listing.max_guests,
        pet_fee: 0,
        weekly_discount: 0,
        monthly_discount: 0,
        non_refundable: false,
    };
    let mut after = before.unwrap_or(first);
    if let Some(money) = ask.nightly {
        after.nightly = amount("nightly", money)?;
    }
    if let Some(money) = ask.weekend {
        after.weekend = money.map(|money| amount("weekend", money)).transpose()?;
    }
    if let Some(money) = ask.cleaning_fee {
        after.cleaning_fee = amount("cleaningFee", money)?;
    }
    if let Some(money) = ask.extra_guest_fee {
        after.extra_guest_fee = amount("extraGuestFee", money)?;
    }
    if let Some(money) = ask.pet_fee {
        after.pet_fee = amount("petFee", money)?;
    }
    if let Some(guests) = ask.guests_included {
        let fits = (1..=50).contains(&guests);
        after.guests_included =
            if fits { guests } else { return Err(Refusal::OutOfRange { field: "guestsIncluded" }) };
    }
    if let Some(points) = ask.weekly_discount {
        after.weekly_discount = discount("weeklyDiscount", points)?;
    }
    if let Some(points) = ask.monthly_discount {
        after.monthly_discount = discount("monthlyDiscount", points)?;
    }
    if let Some(offered) = ask.non_refundable {
        after.non_refundable = offered;
    }
    if after.nightly == 0 {
        return Err(Refusal::NoNightlyPrice);
    }
    if let Some(overrides) = &ask.overrides {
        for range in overrides {
            amount("overrides", range.nightly)?;
        }
        let mut ranges: Vec<_> = overrides.iter().map(|o| (o.first_night, o.last_night)).collect();
        ranges.sort_unstable();
        let twice = ranges.windows(2).any(|pair| pair[0] == pair[1]);
        let reversed = ranges.iter().any(|(first, last)| first > last);
        if twice || reversed || ranges.len() > MOST_OVERRIDES {
            return Err(Refusal::Overrides);
        }
    }
    Ok(after)
}

fn override_row(listing: ListingId, range: &Override) -> price_override::ActiveModel {
    price_override::ActiveModel {
        id: Set(PriceOverrideId::new()),
        listing_id: Set(listing),
        first_night: Set(range.first_night),
        last_night: Set(range.last_night),
        nightly: Set(range.nightly.minor),
    }
}

fn replace() -> OnConflict {
    use settings::Column as C;
    OnConflict::column(C::ListingId)
        .update_columns([
            C::Nightly,
            C::Weekend,
            C::CleaningFee,
            C::ExtraGuestFee,
            C::GuestsIncluded,
            C::PetFee,
            C::WeeklyDiscount,
            C::MonthlyDiscount,
            C::NonRefundable,
        ])
        .to_owned()
}
