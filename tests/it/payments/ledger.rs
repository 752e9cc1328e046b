//! The ledger's own tables after each thing that money does. Amounts are minor units, debit positive.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    kernel::BookingId,
    ledger::{entry, transaction},
};

use crate::{
    both,
    support::{ListingAsk, World, people::in_days},
};

/// Each transaction of a booking, by its kind: account and amount. Accounts of a booking or person lose their id.
async fn postings(world: &World, booking: &str) -> BTreeMap<String, BTreeMap<String, i64>> {
    let (db, booking) = (world.app.db.read(), booking.parse::<BookingId>().unwrap());
    let of = transaction::Column::BookingId.eq(booking);
    let mut all = BTreeMap::new();
    for row in transaction::Entity::find().filter(of).all(db).await.unwrap() {
        assert!(row.posted, "{} is a draft", row.source);
        let entries =
            entry::Entity::find().filter(entry::Column::TransactionId.eq(row.id)).all(db).await.unwrap();
        let account = |entry: &entry::Model| entry.account.split(':').next().unwrap().to_owned();
        let sums: BTreeMap<_, _> = entries.iter().map(|entry| (account(entry), entry.amount)).collect();
        assert_eq!(sums.values().sum::<i64>(), 0);
        assert!(all.insert(row.kind, sums).is_none(), "one of a kind");
    }
    all
}

fn two(debit: &str, credit: &str, amount: i64) -> BTreeMap<String, i64> {
    BTreeMap::from([(debit.to_owned(), amount), (credit.to_owned(), -amount)])
}

both! {
    async fn each_movement_has_its_postings(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;

        // A stay that is paid and lived: 3 × 100.00 and 12 % for the platform; the host gives 3 %.
        let lived = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        let posted = postings(world, &lived).await;
        assert_eq!(posted["charge"], two("provider_cash", "guest_funds", 33_600));
        let fee = posted["provider_fee"]["provider_fees"];
        assert!(fee > 0);
        assert_eq!(posted["provider_fee"], two("provider_fees", "provider_cash", fee));
        assert_eq!(posted.len(), 2);

        // One that is called off in its first day: all of it comes back, and nothing is anybody's.
        let called_off = guest.confirmed(world, &listing, in_days(world, 40), 3).await;
        guest.cancel(&called_off, "rain").await;
        world.settle().await;
        let posted = postings(world, &called_off).await;
        assert_eq!(posted["refund"], two("guest_funds", "provider_cash", 33_600));
        assert_eq!(posted.keys().collect::<Vec<_>>(), ["charge", "provider_fee", "refund"]);

        // One that is called off an hour before: the first night, and the fee, are kept.
        let short = guest.confirmed(world, &listing, in_days(world, 50), 3).await;
        let at: Value = guest.get("query($id: ID!) { booking(by: { id: $id }) { checkInAt } }", json!({ "id": short })).await;
        let at: chrono::DateTime<chrono::Utc> = at["checkInAt"].as_str().unwrap().parse().unwrap();
        world.advance_to(at - TimeDelta::hours(1)).await;

        assert_eq!(guest.booking(&lived).await["status"], "COMPLETED");
        let earned = BTreeMap::from([
            ("guest_funds".to_owned(), 33_600),
            ("host_payable".to_owned(), -29_100),
            ("platform_fees".to_owned(), -4_500),
        ]);
        assert_eq!(postings(world, &lived).await["recognition"], earned);

        guest.cancel(&short, "snow").await;
        world.settle().await;
        let posted = postings(world, &short).await;
        assert_eq!(posted["refund"], two("guest_funds", "provider_cash", 20_000));
        let kept = BTreeMap::from([
            ("guest_funds".to_owned(), 13_600),
            ("host_payable".to_owned(), -9_700),
            ("platform_fees".to_owned(), -3_900),
        ]);
        assert_eq!(posted["recognition"], kept);
    }
}
