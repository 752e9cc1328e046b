//! `sojourn ledger reconcile`: the ledger against Stripe's own list.

use serde_json::json;
use sojourn::{
    kernel::{Currency, Money},
    ledger::{Difference, reconcile},
};

use super::{live, onboard};
use crate::{
    both,
    support::{ListingAsk, people::in_days, process::run_well, stripe},
};

both! {
    async fn what_stripe_has_is_what_the_ledger_has_and_what_is_planted_is_found(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        // More than a page of Stripe's list is told in the emulator's own tests; here one of each kind.
        let lived = guest.confirmed(world, &listing, in_days(world, 3), 3).await;
        let called_off = guest.confirmed(world, &listing, in_days(world, 40), 2).await;
        guest.cancel(&called_off, "rain").await;
        live(world, &guest, &lived).await;
        let (db, door) = (&world.app.db, &world.app.stripe);
        assert_eq!(reconcile(db, door).await.unwrap(), []);
        run_well(world, &["ledger", "verify"]);

        // A charge that nobody here has heard of, and one that Stripe's list has lost.
        let emulator = world.app.emulator.as_ref().unwrap();
        let extra = emulator.plant_charge(Money::new(1_234, Currency::EUR)).unwrap();
        let books = stripe::books(world);
        let charges = books["charges"].as_object().unwrap();
        let (lost, _) = charges.iter().find(|(_, it)| it["transfer_group"] == json!(lived)).unwrap();
        let fee = books["transactions"].as_object().unwrap().values().find(|line| line["source"] == json!(lost)).unwrap()["fee"].as_i64().unwrap();
        emulator.lose(lost).unwrap();
        let found = reconcile(db, door).await.unwrap();
        let currency = Currency::EUR;
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], Difference::MissingAtStripe { object: lost.clone(), currency, ours: 33_600 });
        assert_eq!(found[1], Difference::MissingHere { object: extra, kind: "charge".to_owned(), currency, theirs: 1_234 });
        let Difference::Cash { ours, theirs, .. } = found[2] else { panic!("{:?}", found[2]) };
        assert_eq!(ours - theirs, 33_600 - fee - 1_234);
    }
}
