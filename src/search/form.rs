//! The form of search's entries: what they hold, and what it means. A database whose entries have another form gets all of
//! them anew before anything is served from it. What an entry holds is `entry`'s part.

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use super::{changes, rebuild, row};
use crate::{
    config::setting,
    db::{Db, Tx},
    kernel::{Fault, Never, clock::Instant},
};

/// The number of the form. One more whenever entries of the same facts come out otherwise than before: a new column, or
/// the old one with another meaning.
const FORM: u32 = 3;

/// The setting that says which form the entries have.
const KEY: &str = "search.form";

/// The form that this program makes, with the edition of the time zones that rows have the numbers of.
fn ours() -> String {
    format!("{FORM}, time zones {}", chrono_tz::IANA_TZDB_VERSION)
}

/// Makes all entries anew if they are of another form than ours. Of several servers that start at once one does it, and
/// the others wait.
pub async fn renew(db: &Db, secret: &[u8; 32], now: Instant) -> anyhow::Result<()> {
    db.write(|tx| async move { Ok::<_, Fault<Never>>(changes::begin(&tx).await?) })
        .await
        .map_err(anyhow::Error::new)?;
    if is_ours(db).await? {
        return Ok(());
    }
    let work = async || {
        if is_ours(db).await? {
            return Ok(());
        }
        if row::Entity::find().one(db.read()).await?.is_some() {
            tracing::info!(
                "the entries of search are of an older form: all are made anew, which may take some time"
            );
        }
        let rebuilt = rebuild(db, secret, now).await.map_err(anyhow::Error::new)?;
        if rebuilt.made > 0 {
            tracing::info!(made = rebuilt.made, removed = rebuilt.removed, "search has its entries anew");
        }
        Ok(())
    };
    db.alone(|_| work()).await
}

async fn is_ours(db: &Db) -> Result<bool, DbErr> {
    let theirs = setting::Entity::find_by_id(KEY).one(db.read()).await?;
    Ok(theirs.is_some_and(|row| row.value == ours()))
}

/// Notes that all entries are of our form.
pub(super) async fn remember(tx: &Tx) -> Result<(), DbErr> {
    let row = setting::ActiveModel { key: Set(KEY.to_owned()), value: Set(ours()) };
    let newer = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
    setting::Entity::insert(row).on_conflict(newer).exec_without_returning(&**tx).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use sea_orm::{IdenStatic, Iterable};

    use super::*;

    /// Whoever changes the columns is reminded of the number.
    #[test]
    fn a_row_with_other_columns_is_of_another_form() {
        let columns: Vec<&str> = row::Column::iter().map(|column| column.as_str()).collect();
        assert_eq!(
            (FORM, columns.join(" ").as_str()),
            (
                3,
                "listing_id host_id city region country title lat_e6 lon_e6 price guests bedrooms beds half_bathrooms \
                 room_type property_type amenities instant_book rating review_count score published week_min week_max \
                 has_ranges zone notice_minutes window_months closed_to_arrival closed_to_departure nights_0 nights_1 \
                 nights_2 nights_3 nights_4 nights_5 nights_6 nights_7 nights_8 nights_9 nights_10 nights_11 nights_12 \
                 currency nightly weekend discount_7 discount_28 cleaning_fee guests_included extra_guest_fee pet_fee \
                 tax_percent tax_person tax_up tax_down has_spans card_stamp space_x space_y space_z"
            )
        );
    }
}
