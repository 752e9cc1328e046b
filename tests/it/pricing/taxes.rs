//! Occupancy taxes: set by an admin with a reason, of a country or a region, in any currency.

use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, only_error, people::in_days},
};

const SET: &str = "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) {
    settings { taxRules { country region percent perPersonNight { amount currencyCode } reason } }
    errors { code path } } }";

/// The lines of a quote for two, three nights from day 20 on, that are taxes.
async fn taxes(world: &crate::support::World, guest: &Person, listing: &str) -> Value {
    let quoted = guest.quote(listing, in_days(world, 20), 3).await;
    let lines = quoted["quote"]["price"]["lines"].as_array().unwrap();
    let taxes = lines.iter().filter(|line| line["kind"].as_str().unwrap().ends_with("TAX"));
    taxes.map(|line| json!([line["kind"], line["amount"]["amount"]])).collect()
}

both! {
    async fn taxes_of_a_region_beat_those_of_its_country(world: World) {
        let admin = world.admin("Ada").await;
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        assert_eq!(taxes(world, &guest, &listing).await, json!([]));

        // Of the country first: 5 % of 300.00.
        let set = admin.done(SET, json!({ "taxRules": [{ "country": "PT", "percent": 500 }], "reason": "The law of 2026" })).await;
        assert_eq!(set["settings"]["taxRules"], json!([{ "country": "PT", "region": "", "percent": 500,
            "perPersonNight": { "amount": "0.00", "currencyCode": "EUR" }, "reason": "The law of 2026" }]));
        assert_eq!(taxes(world, &guest, &listing).await, json!([["PERCENT_TAX", "15.00"]]));
        let kept = guest.quoted(&listing, in_days(world, 20), 3).await;

        // Then of the region, which the host has written otherwise: both kinds, 1 % and 2.00 for each of two, three nights.
        let lisbon = json!({ "country": "PT", "region": "LISBOA ", "percent": 100, "perPersonNight": { "amount": "2.00", "currencyCode": "EUR" } });
        admin.done(SET, json!({ "taxRules": [lisbon], "reason": "Lisbon wants more" })).await;
        assert_eq!(taxes(world, &guest, &listing).await, json!([["PERCENT_TAX", "3.00"], ["PERSON_NIGHT_TAX", "12.00"]]));
        // Once more in another spelling is the same place.
        let set = admin.done(SET, json!({ "taxRules": [{ "country": "PT", "region": "Lisboa", "percent": 200 }], "reason": "Less again" })).await;
        assert_eq!(set["settings"]["taxRules"].as_array().unwrap().len(), 2);
        assert_eq!(taxes(world, &guest, &listing).await, json!([["PERCENT_TAX", "6.00"]]));

        // Taken away, the country's holds again; and what was quoted stays as it was.
        let gone = admin.done(SET, json!({ "removeTaxRules": [{ "country": "PT", "region": "lisboa" }], "reason": "Enough" })).await;
        assert_eq!(gone["settings"]["taxRules"].as_array().unwrap().len(), 1);
        assert_eq!(taxes(world, &guest, &listing).await, json!([["PERCENT_TAX", "15.00"]]));
        admin.done(SET, json!({ "removeTaxRules": [{ "country": "PT" }], "reason": "Enough" })).await;
        assert_eq!(guest.book(&kept, "as quoted").await["booking"]["total"]["amount"], "351.00");
        let seen = admin.get("{ admin { settings { taxRules { country } } } }", json!({})).await;
        assert_eq!(seen["settings"]["taxRules"], json!([]));
    }
}

both! {
    async fn a_tax_in_another_currency_is_never_lost(world: World) {
        let admin = world.admin("Ada").await;
        let yen = ListingAsk { currency: "JPY", nightly: "10000", ..ListingAsk::default() };
        let listing = world.host("Hanna").await.listing(&yen).await;
        let guest = world.guest("Gustavo").await;
        let tax = json!({ "country": "PT", "perPersonNight": { "amount": "2.00", "currencyCode": "EUR" } });
        admin.done(SET, json!({ "taxRules": [tax], "reason": "The law of 2026" })).await;
        // 12.00 euros for two and three nights, at the recorded 177 yen.
        assert_eq!(taxes(world, &guest, &listing).await, json!([["PERSON_NIGHT_TAX", "2124"]]));
    }
}

both! {
    async fn taxes_that_cannot_be(world: World) {
        let admin = world.admin("Ada").await;
        let tax = |country: &str, region: &str, percent: i32| json!({ "country": country, "region": region, "percent": percent });
        for (input, code, path) in [
            (json!({ "taxRules": [tax("ZZ", "", 100)], "reason": "Why" }), "UNKNOWN_COUNTRY", json!(["taxRules", "country"])),
            (json!({ "taxRules": [tax("PT", "…", 100)], "reason": "Why" }), "INVALID_REGION", json!(["taxRules", "region"])),
            (json!({ "taxRules": [tax("PT", "", 10_001)], "reason": "Why" }), "OUT_OF_RANGE", json!(["taxRules", "percent"])),
            (json!({ "taxRules": [tax("PT", "", 1), tax("PT", " ", 2)], "reason": "Why" }), "NAMED_TWICE", json!(["taxRules"])),
            (json!({ "removeTaxRules": [{ "country": "PT" }], "reason": "Why" }), "NO_SUCH_RULE", json!(["removeTaxRules"])),
            (json!({ "taxRules": [tax("PT", "", 1)], "reason": " " }), "REASON_INVALID", json!(["reason"])),
        ] {
            let refused = admin.attempt(SET, input.clone()).await;
            assert_eq!(only_error(&refused), code, "{input}");
            assert_eq!(refused["errors"][0]["path"], path, "{input}");
        }
        // One that can't be, and nothing is set.
        let half = json!({ "taxRules": [tax("PT", "", 100)], "removeTaxRules": [{ "country": "ES" }], "reason": "Why" });
        assert_eq!(only_error(&admin.attempt(SET, half).await), "NO_SUCH_RULE");
        let seen = admin.get("{ admin { settings { taxRules { country } } } }", json!({})).await;
        assert_eq!(seen["settings"]["taxRules"], json!([]));
    }
}
