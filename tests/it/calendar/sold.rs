//! What nobody can sell: stays whose total can't be charged, or isn't known, and places of a host who is kept out.

use chrono::{Days, TimeDelta};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{
    accounts::user,
    kernel::{Currency, UserId, clock::Instant},
    pricing::tax_rule,
};

use super::{availability, broken, set, weekday};
use crate::{
    both,
    pricing::currency::told,
    support::{ListingAsk, Person, only_error, people::in_days},
};

const PRICE: &str =
    "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }";

/// Sets a price of a night, in the currency of the listing.
async fn price(host: &Person, listing: &str, amount: &str, currency: &str, more: Value) {
    let mut input = more;
    input["listingId"] = json!(listing);
    input["nightly"] = json!({ "amount": amount, "currencyCode": currency });
    host.done(PRICE, input).await;
}

both! {
    async fn a_total_that_cannot_be_charged_is_named_with_its_bound_and_its_neighbours_are_offered(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        for (currency, cheap, least, dear, most) in [
            ("EUR", "0.40", "0.50", "100000.00", "999999.99"),
            ("JPY", "40", "50", "10000000", "99999999"),
            ("KWD", "0.150", "0.200", "10000.000", "99999.999"),
        ] {
            let listing = host.listing(&ListingAsk { currency, nightly: cheap, ..ListingAsk::default() }).await;
            let monday = weekday(in_days(world, 20), chrono::Weekday::Mon);
            // A night with the fee is less than the smallest charge; where the weekend is dearer, it can be had.
            let weekend = json!({ "weekend": { "amount": dear, "currencyCode": currency } });
            price(&host, &listing, cheap, currency, weekend).await;
            let answer = availability(&guest, &listing, monday, 1).await;
            assert_eq!(answer["isAvailable"], false);
            assert_eq!(broken(&guest, &listing, monday, 1).await, ["NOT_FOR_SALE"]);
            let bound = |amount: &str| json!({ "amount": amount, "currencyCode": currency });
            assert_eq!(answer["violations"][0]["amount"], bound(least));
            let offered: Vec<Value> = answer["alternatives"].as_array().unwrap().iter().map(|stay| stay["checkIn"].clone()).collect();
            let (saturday, friday) = (monday - Days::new(2), monday - Days::new(3));
            assert_eq!(offered, [json!(saturday), json!(friday), json!(monday + Days::new(4))]);
            assert_eq!(only_error(&guest.quote(&listing, monday, 1).await), "NOT_FOR_SALE");

            // Eight nights can be charged, nine can't, and a year is no number that anything breaks at.
            price(&host, &listing, dear, currency, json!({ "weekend": null })).await;
            set(&host, &listing, json!({ "maxNights": 365, "windowMonths": 24 })).await;
            assert_eq!(availability(&guest, &listing, monday, 8).await["isAvailable"], true);
            for nights in [9, 365] {
                let answer = availability(&guest, &listing, monday, nights).await;
                assert_eq!(answer["violations"].as_array().unwrap().len(), 1, "{answer:#}");
                assert_eq!(answer["violations"][0]["code"], "NOT_FOR_SALE");
                assert_eq!(answer["violations"][0]["amount"], bound(most));
                assert_eq!(answer["alternatives"], json!([]));
                assert_eq!(only_error(&guest.quote(&listing, monday, nights).await), "NOT_FOR_SALE");
            }
        }
    }
}

both! {
    async fn a_stay_whose_tax_nobody_can_convert_cannot_be_had(world: World) {
        let tax = tax_rule::Model {
            country: "PT".into(),
            per_person_night: 201,
            currency: Currency::USD,
            ..tax_rule::Model::none()
        };
        tax_rule::Entity::insert(tax.into_active_model()).exec_without_returning(world.app.db.writer()).await.unwrap();
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        told(world, &[(Currency::USD, "1.16")], world.now()).await;
        assert_eq!(availability(&guest, &listing, in_days(world, 30), 3).await["isAvailable"], true);
        told(world, &[(Currency::USD, "1.16")], world.now() - TimeDelta::days(4)).await;
        assert_eq!(broken(&guest, &listing, in_days(world, 30), 3).await, ["RATE_UNAVAILABLE"]);
        assert_eq!(only_error(&guest.quote(&listing, in_days(world, 30), 3).await), "RATE_UNAVAILABLE");
    }
}

both! {
    async fn a_host_who_is_kept_out_reads_that_nobody_can_book(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let suspend = async |since: Option<Instant>| {
            user::Entity::update_many()
                .col_expr(user::Column::SuspendedAt, Expr::value(since))
                .filter(user::Column::Id.eq(host.id.parse::<UserId>().unwrap()))
                .exec(world.app.db.writer())
                .await
                .unwrap();
        };
        assert_eq!(availability(&host, &listing, in_days(world, 30), 3).await["isAvailable"], true);
        suspend(Some(world.now())).await;
        // What the host still reads, for as long as a session lasts, is the place's own page.
        let answer = availability(&host, &listing, in_days(world, 30), 3).await;
        assert_eq!((&answer["isAvailable"], &answer["alternatives"]), (&json!(false), &json!([])));
        assert_eq!(broken(&host, &listing, in_days(world, 30), 3).await, ["NOT_ON_SALE"]);
        let own = "query($stay: StayInput!) { viewer { hosting { listings { nodes { availability(stay: $stay, party: {}) { isAvailable } } } } } }";
        let stay = json!({ "checkIn": in_days(world, 30), "checkOut": in_days(world, 33) });
        let seen = host.get(own, json!({ "stay": stay })).await;
        assert_eq!(seen["hosting"]["listings"]["nodes"], json!([{ "availability": { "isAvailable": false } }]));
        suspend(None).await;
    }
}
