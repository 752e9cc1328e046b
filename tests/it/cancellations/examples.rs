//! The two worked examples, from quote to ledger, to the last coin.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{PRICE, TAXES, balances, instant, money, seen, sums};
use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

fn lines(of: &Value) -> Vec<(&str, &str)> {
    let lines = of.as_array().unwrap().iter();
    lines.map(|line| (line["kind"].as_str().unwrap(), line["amount"]["amount"].as_str().unwrap())).collect()
}

both! {
    async fn the_worked_example_in_euro_through_the_server(world: World) {
        let (host, guest, admin) =
            (world.host("Hanna").await, world.guest("Gustavo").await, world.admin("Ada").await);
        admin.done(TAXES, json!({ "taxRules": [{ "country": "PT", "percent": 500 }], "reason": "As in the example" })).await;
        let listing = host.listing(&ListingAsk { policy: "MODERATE", ..ListingAsk::default() }).await;
        host.done(PRICE, json!({ "listingId": listing, "cleaningFee": money("40.00", "EUR") })).await;
        let lived = guest.confirmed(world, &listing, in_days(world, 40), 3).await;
        let called_off = guest.confirmed(world, &listing, in_days(world, 60), 3).await;
        assert_eq!(guest.booking(&lived).await["total"]["amount"], "397.80");

        let at = instant(&seen(&guest, &called_off).await["checkInAt"]) - TimeDelta::days(2);
        world.advance_to(at).await;
        assert_eq!(guest.booking(&lived).await["status"], "COMPLETED");
        assert_eq!(balances(world, &lived).await, sums(&[
            ("provider_cash", 39_780), ("host_payable", -32_980), ("platform_fees", -5_100), ("taxes_payable", -1_700),
        ]));

        let preview = seen(&guest, &called_off).await["refundPreview"].clone();
        assert_eq!((&preview["rule"], &preview["isLimited"]), (&json!("STAYED_AND_NEXT"), &json!(false)));
        assert_eq!(lines(&preview["lines"]), [("NIGHTS", "100.00"), ("CLEANING", "40.00"), ("PERCENT_TAX", "7.00")]);
        assert_eq!(lines(&preview["kept"]), [("NIGHTS", "200.00"), ("SERVICE_FEE", "40.80"), ("PERCENT_TAX", "10.00")]);
        for (what, amount) in [
            ("total", "147.00"), ("hostKeeps", "200.00"), ("hostFee", "6.00"), ("hostGets", "194.00"),
            ("platformGets", "46.80"), ("taxes", "10.00"),
        ] {
            assert_eq!(preview[what]["amount"], amount, "{what}");
        }
        assert_eq!(guest.cancel(&called_off, "rain").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(seen(&guest, &called_off).await["payment"]["refunded"], money("147.00", "EUR"));
        assert_eq!(balances(world, &called_off).await, sums(&[
            ("provider_cash", 25_080), ("host_payable", -19_400), ("platform_fees", -4_680), ("taxes_payable", -1_000),
        ]));
    }
}

both! {
    async fn the_worked_example_in_yen_through_the_server(world: World) {
        let (host, guest, admin) =
            (world.host("Hanna").await, world.guest("Gustavo").await, world.admin("Ada").await);
        let tax = json!({ "country": "PT", "perPersonNight": money("200", "JPY") });
        admin.done(TAXES, json!({ "taxRules": [tax], "reason": "As in the example" })).await;
        let ask = ListingAsk { currency: "JPY", nightly: "12345", policy: "FIRM", ..ListingAsk::default() };
        let listing = host.listing(&ask).await;
        host.done(PRICE, json!({ "listingId": listing, "cleaningFee": money("5000", "JPY"), "weeklyDiscount": 1_000 })).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 60), 7).await;
        assert_eq!(guest.booking(&booking).await["total"]["amount"], "95506");

        let at = instant(&seen(&guest, &booking).await["checkInAt"]) - TimeDelta::days(10);
        world.advance_to(at).await;
        let preview = seen(&guest, &booking).await["refundPreview"].clone();
        assert_eq!(lines(&preview["lines"]), [("NIGHTS", "38886"), ("CLEANING", "5000"), ("PERSON_NIGHT_TAX", "2800")]);
        for (what, amount) in [("total", "46686"), ("hostGets", "37720"), ("platformGets", "11100"), ("taxes", "0")] {
            assert_eq!(preview[what]["amount"], amount, "{what}");
        }
        assert_eq!(guest.cancel(&booking, "rain").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 48_820), ("host_payable", -37_720), ("platform_fees", -11_100),
        ]));
    }
}
