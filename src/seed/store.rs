//! Writing a market in bulk: many rows per statement, a few hundred listings per transaction. What is in it is made elsewhere.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable, ModelTrait, QueryFilter,
    prelude::Uuid, sea_query::Expr,
};

use super::{chance::Chance, home::Home, stays::Stays};
use crate::{
    bookings::booking::Status,
    event::Event,
    jobs,
    kernel::{JobId, LedgerEntryId, LedgerTransactionId, clock::Instant},
    ledger::{Draft, entry, transaction},
    pricing::tax_rule,
    search::{
        entry::{Entry, Facts},
        nights, store,
    },
};

/// Values per statement: SQLite takes 32,766.
const VALUES: usize = 32_000;

/// Inserts rows of any table, as many per statement as fit.
pub async fn insert<M>(conn: &impl ConnectionTrait, rows: Vec<M>) -> Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: Send,
{
    let most = VALUES / <M::Entity as EntityTrait>::Column::iter().count();
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(most).collect();
        <M::Entity as EntityTrait>::insert_many(some).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Some homes with everything that belongs to them.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    homes: Vec<Home>,
    stays: Stays,
    entries: Vec<Entry>,
}

impl Batch {
    /// Adds a home and its stays, and makes its search entry.
    pub fn add(
        &mut self,
        home: Home,
        stays: Stays,
        taxes: &[tax_rule::Model],
        secret: &[u8; 32],
        now: Instant,
    ) {
        let kept = nights::kept(now);
        let facts = Facts {
            listing: home.listing.clone(),
            prices: home.prices.clone(),
            overrides: home.overrides.clone(),
            tax: tax_rule::of(taxes, &home.listing.country, &home.listing.region).cloned(),
            rules: home.rules.clone(),
            photos: home.photos.clone(),
            nights: stays.nights.iter().map(|row| row.night).filter(|night| kept.contains(night)).collect(),
        };
        self.entries.push(Entry::of(&facts, secret));
        self.homes.push(home);
        let all = &mut self.stays;
        all.quotes.extend(stays.quotes);
        all.bookings.extend(stays.bookings);
        all.events.extend(stays.events);
        all.payments.extend(stays.payments);
        all.payouts.extend(stays.payouts);
        all.legs.extend(stays.legs);
        all.drafts.extend(stays.drafts);
        all.reviews.extend(stays.reviews);
        all.nights.extend(stays.nights);
        all.reasons.extend(stays.reasons);
    }

    /// Bookings, reviews and taken nights in it.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.stays.bookings.len(), self.stays.reviews.len(), self.stays.nights.len())
    }

    /// Writes everything, in the order in which rows point at each other.
    pub async fn write(self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
        let (mut listings, mut prices, mut rules) = (Vec::new(), Vec::new(), Vec::new());
        let (mut overrides, mut photos) = (Vec::new(), Vec::new());
        for home in self.homes {
            listings.push(home.listing);
            prices.push(home.prices);
            rules.push(home.rules);
            overrides.extend(home.overrides);
            photos.extend(home.photos);
        }
        insert(conn, listings).await?;
        insert(conn, prices).await?;
        insert(conn, rules).await?;
        insert(conn, overrides).await?;
        insert(conn, photos).await?;
        let stays = self.stays;
        let check_outs = stays
            .bookings
            .iter()
            .filter(|booking| booking.status == Status::Confirmed)
            .map(|booking| check_out(Event::CheckOut { booking: booking.id }, booking.check_out_at))
            .collect::<Result<Vec<_>, _>>()?;
        insert(conn, stays.quotes).await?;
        insert(conn, stays.bookings).await?;
        insert(conn, stays.events).await?;
        insert(conn, stays.payments).await?;
        insert(conn, stays.payouts).await?;
        insert(conn, stays.legs).await?;
        insert(conn, stays.reviews).await?;
        insert(conn, stays.nights).await?;
        insert(conn, stays.reasons).await?;
        insert(conn, check_outs).await?;
        post(conn, stays.drafts).await?;
        // Last: a new name of a place makes others who write it wait until this commits.
        store::put(conn, self.entries).await
    }
}

/// The id of what has a name of its own: the same in every run.
fn id_of(name: &str, number: u64, at: Instant) -> Uuid {
    Chance::new(0, name, number).id(at)
}

/// What `confirm` would have left for the day of leaving.
fn check_out(event: Event, at: Instant) -> Result<jobs::entity::Model, DbErr> {
    let payload = serde_json::to_string(&event).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(jobs::entity::Model {
        id: JobId(id_of(&payload, 0, at)),
        kind: event.kind().to_owned(),
        payload,
        dedup_key: None,
        state: jobs::entity::State::Waiting,
        run_at: at,
        not_before: Instant::UNIX_EPOCH,
        attempts: 0,
        max_attempts: jobs::MAX_ATTEMPTS,
        lease_until: None,
        lease_token: None,
        last_error: None,
        ended_at: None,
    })
}

/// Posts many drafts: all as drafts, all entries, then the seals. The database checks each of them as ever.
async fn post(conn: &impl ConnectionTrait, drafts: Vec<Draft>) -> Result<(), DbErr> {
    let (mut transactions, mut entries, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for draft in drafts {
        draft.check().map_err(|error| DbErr::Custom(error.to_string()))?;
        let name = format!("{} {}", draft.kind().word(), draft.source());
        let id = LedgerTransactionId(id_of(&name, 0, draft.at()));
        ids.push(id);
        entries.extend(draft.entries().iter().zip(1..).map(|((account, amount), number)| entry::Model {
            id: LedgerEntryId(id_of(&name, number, draft.at())),
            transaction_id: id,
            account: account.to_string(),
            currency: amount.currency,
            amount: amount.minor,
        }));
        transactions.push(transaction::Model {
            id,
            kind: draft.kind().word().to_owned(),
            source: draft.source().to_owned(),
            booking_id: draft.booking(),
            posted: false,
            at: draft.at(),
        });
    }
    insert(conn, transactions).await?;
    insert(conn, entries).await?;
    for some in ids.chunks(VALUES) {
        transaction::Entity::update_many()
            .col_expr(transaction::Column::Posted, Expr::value(true))
            .filter(transaction::Column::Id.is_in(some.iter().copied()))
            .exec(conn)
            .await?;
    }
    Ok(())
}
