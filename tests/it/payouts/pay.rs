//! What a host has earned is paid a day after the stay: whole, in other currencies, less what the host owes, and when
//! there is somewhere to pay it to.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::{
    kernel::{Currency, Fault, Money, Never, UserId},
    ledger::{self, Account, Draft, Kind},
};

use super::{TRANSFER, account, books, live, onboard, payout, sums, times, transfers};
use crate::{
    both,
    pricing::currency::{confirmed, told},
    support::{ListingAsk, Person, World, people::in_days},
};

fn money(amount: &str, currency: &str) -> Value {
    json!({ "amount": amount, "currencyCode": currency })
}

both! {
    async fn a_whole_stay_is_booked_lived_and_paid_out(world: World) {
        // The worked example: three nights at 100.00, cleaning 40.00, 5 % of tax.
        let tax = json!({ "taxRules": [{ "country": "PT", "percent": 500 }], "reason": "The law of 2026" });
        world.admin("Ada").await.done("mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code } } }", tax).await;
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let fee = json!({ "listingId": listing, "cleaningFee": { "amount": "40.00", "currencyCode": "EUR" } });
        host.done("mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code } } }", fee).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        let id = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        assert_eq!(payout(&host, &id).await, Value::Null, "nothing is earned yet");

        let (_, check_out) = times(&guest, &id).await;
        world.advance_to(check_out).await;
        let earned = payout(&host, &id).await;
        assert_eq!(earned["status"], "SCHEDULED");
        assert_eq!(earned["dueAt"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap(), check_out + TimeDelta::hours(24));
        world.advance_to(check_out + TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
        assert_eq!((&payout(&host, &id).await["status"], transfers(world).len()), (&json!("SCHEDULED"), 0));
        world.advance(TimeDelta::seconds(1)).await;

        let paid = payout(&host, &id).await;
        assert_eq!((&paid["status"], &paid["booking"]["id"]), (&json!("PAID"), &json!(id)));
        assert_eq!(paid["gross"], money("340.00", "EUR"));
        assert_eq!([&paid["hostFee"]["amount"], &paid["amount"]["amount"], &paid["netted"]["amount"], &paid["sent"]["amount"]],
                   ["10.20", "329.80", "0.00", "329.80"]);
        assert_eq!(paid["legs"], json!([{ "status": "PAID", "amount": money("329.80", "EUR"), "worth": money("329.80", "EUR") }]));
        assert_eq!(payout(&guest, &id).await, Value::Null, "what the host is paid is not the guest's business");

        let sent = transfers(world);
        assert_eq!((sent.len(), sent[0]["amount"].as_i64(), sent[0]["transfer_group"].as_str()), (1, Some(32_980), Some(id.as_str())));
        assert!(sent[0]["source_transaction"].as_str().unwrap().starts_with("ch_"));
        // All that is left with us is the platform's and the tax office's.
        assert_eq!(books(world, &id).await, sums(&[
            ("provider_cash", Currency::EUR, 39_780 - 32_980),
            ("platform_fees", Currency::EUR, -5_100), ("taxes_payable", Currency::EUR, -1_700),
        ]));
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "PAYOUT_SENT"]);
        let letters = world.letters(&host.email).await;
        assert!(letters.iter().any(|letter| letter.subject == "€329.80 is on its way to your account"));

        let list = host.get("{ viewer { payouts { totalCount nodes { id status } } } }", json!({})).await;
        assert_eq!(list["payouts"], json!({ "totalCount": 1, "nodes": [{ "id": paid["id"], "status": "PAID" }] }));
    }
}

both! {
    async fn in_another_currency_the_host_is_sent_a_share_of_what_was_paid(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        // 336.00 were paid in another currency; the host has earned 291.00 of them.
        for (n, currency, rate, paid, share, shown) in [
            (0, Currency::USD, "1.1637", 39_100, 33_863, "338.63"),
            (1, Currency::JPY, "177.35", 59_590, 51_609, "51609"),
            (2, Currency::KWD, "0.3555", 119_450, 103_450, "103.450"),
        ] {
            told(world, &[(currency, rate)], world.now()).await;
            let id = confirmed(world, &guest, &listing, in_days(world, 3), currency.code()).await;
            live(world, &guest, &id).await;
            let seen = payout(&host, &id).await;
            assert_eq!((&seen["status"], &seen["amount"]["amount"]), (&json!("PAID"), &json!("291.00")));
            assert_eq!(seen["legs"], json!([{ "status": "PAID", "amount": money(shown, currency.code()), "worth": money("291.00", "EUR") }]));
            assert_eq!(transfers(world)[n]["currency"], currency.code());
            assert_eq!(books(world, &id).await, sums(&[
                ("provider_cash", currency, paid - share), ("exchange", currency, share - paid),
                ("exchange", Currency::EUR, 33_600 - 29_100), ("platform_fees", Currency::EUR, -4_500),
            ]));
        }
    }
}

both! {
    async fn yen_have_no_cents(world: World) {
        let host = world.host("Hanna").await;
        let yen = ListingAsk { currency: "JPY", nightly: "12345", ..ListingAsk::default() };
        let listing = host.listing(&yen).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        let id = guest.confirmed(world, &listing, in_days(world, 3), 2).await;
        live(world, &guest, &id).await;
        // 24,690 less 3 %: 741 (740.7).
        let seen = payout(&host, &id).await;
        assert_eq!([&seen["gross"]["amount"], &seen["hostFee"]["amount"], &seen["sent"]["amount"]], ["24690", "741", "23949"]);
        assert_eq!(transfers(world)[0]["amount"], 23_949);
    }
}

both! {
    async fn who_cannot_be_paid_yet_is_paid_when_the_account_is_ready(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let first = guest.confirmed(world, &listing, in_days(world, 3), 3).await;
        let second = guest.confirmed(world, &listing, in_days(world, 8), 3).await;
        live(world, &guest, &second).await;
        for id in [&first, &second] {
            assert_eq!(payout(&host, id).await["status"], "WAITING_FOR_ACCOUNT");
        }
        assert_eq!(account(&host).await, Value::Null);
        assert_eq!(world.switches().calls(TRANSFER), 0);

        onboard(world, &host).await;
        for id in [&first, &second] {
            assert_eq!(payout(&host, id).await["status"], "PAID");
        }
        assert_eq!(transfers(world).len(), 2);
    }
}

both! {
    async fn what_is_kept_of_a_stay_that_was_called_off_is_paid_a_day_after_it_would_have_begun(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk { policy: "MODERATE", ..ListingAsk::default() }).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        let id = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        let (check_in, _) = times(&guest, &id).await;
        world.advance_to(check_in - TimeDelta::days(2)).await;
        assert_eq!(guest.cancel(&id, "rain").await["errors"], json!([]));
        world.settle().await;
        // One night, and half of the other two, less 3 %.
        let seen = payout(&host, &id).await;
        assert_eq!((&seen["status"], &seen["gross"]["amount"], &seen["amount"]["amount"]), (&json!("SCHEDULED"), &json!("200.00"), &json!("194.00")));
        world.advance_to(check_in + TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
        assert_eq!(transfers(world).len(), 0);
        world.advance(TimeDelta::seconds(1)).await;
        assert_eq!((&payout(&host, &id).await["status"], transfers(world)[0]["amount"].as_i64()), (&json!("PAID"), Some(19_400)));

        // One that comes back as a whole earns nothing.
        let none = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        guest.cancel(&none, "snow").await;
        world.settle().await;
        assert_eq!(payout(&host, &none).await, Value::Null);
    }
}

/// The host comes to owe something, as a penalty would have it.
async fn owes(world: &World, host: &Person, minor: i64) {
    let (host, amount) = (host.id.parse::<UserId>().unwrap(), Money::new(minor, Currency::EUR));
    let draft = Draft::new(Kind::Netting, format!("test:{minor}"), None, world.now())
        .debit(Account::HostDebt(host), amount)
        .credit(Account::PlatformFees, amount);
    let draft = &draft;
    let posted = world.app.db.write(|tx| async move {
        ledger::post(&tx, draft).await?;
        Ok::<_, Fault<Never>>(())
    });
    posted.await.unwrap();
}

both! {
    async fn what_a_host_owes_is_taken_from_the_next_payouts(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        // More than one stay of 291.00 earns, and less than two.
        owes(world, &host, 40_000).await;
        let mut stays = Vec::new();
        for n in 0..3 {
            stays.push(guest.confirmed(world, &listing, in_days(world, 3 + 4 * n), 3).await);
        }
        live(world, &guest, &stays[2]).await;
        let mut seen = Vec::new();
        for id in &stays {
            let payout = payout(&host, id).await;
            assert_eq!(payout["status"], "PAID");
            seen.push((payout["netted"]["amount"].clone(), payout["sent"]["amount"].clone(), payout["legs"].as_array().unwrap().len()));
        }
        assert_eq!(seen, [
            (json!("291.00"), json!("0.00"), 0),
            (json!("109.00"), json!("182.00"), 1),
            (json!("0.00"), json!("291.00"), 1),
        ]);
        let sent: Vec<_> = transfers(world).iter().map(|it| it["amount"].as_i64().unwrap()).collect();
        assert_eq!(sent, [18_200, 29_100]);
        let owed = ledger::balance(world.app.db.read(), Account::HostDebt(host.id.parse().unwrap()), Currency::EUR).await;
        assert_eq!(owed.unwrap().minor, 0);
        assert_eq!(host.notices().await.iter().filter(|kind| *kind == "PAYOUT_SENT").count(), 3);
    }
}
