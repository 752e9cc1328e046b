//! Where a host is paid: begun with the password, within the region, filled in at the provider, and changed not without
//! a word and not at once.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{COMPLETE, START, account, accounts, live, onboard, payout, transfers};
use crate::{
    both,
    support::{
        ListingAsk, World, only_error,
        people::{PASSWORD, in_days},
        stripe,
    },
};

both! {
    async fn a_host_is_led_into_the_form_and_can_be_paid_afterwards(world: World) {
        let host = world.host("Hanna").await;
        let begun = host.done(START, json!({ "country": "PT", "password": PASSWORD })).await;
        let begun_account = &begun["payoutAccount"];
        assert_eq!((&begun_account["country"], &begun_account["canReceive"]), (&json!("PT"), &json!(false)));
        assert!(begun_account["missing"].as_array().unwrap().contains(&json!("external_account")));
        assert!(begun["expiresAt"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() > world.now());

        // In the browser: a page with one button, which leads back.
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let url = begun["url"].as_str().unwrap();
        let page = browser.get(url).send().await.unwrap();
        assert!(page.status().is_success() && page.text().await.unwrap().contains("<button>"));
        world.settle().await;
        assert_eq!(account(&host).await["canReceive"], false, "looking changes nothing");
        let back = browser.post(url).send().await.unwrap();
        assert_eq!(back.status(), 303);
        assert_eq!(back.headers()["location"].to_str().unwrap(), format!("{}/?payouts=done", world.url));
        world.settle().await;
        let ready = account(&host).await;
        assert_eq!(ready, json!({ "country": "PT", "canReceive": true, "isSubmitted": true, "missing": [], "disabledReason": null, "heldUntil": null }));

        // Once more leads into the same account.
        host.done(START, json!({ "country": "PT", "password": PASSWORD })).await;
        assert_eq!(accounts(world).len(), 1);
        let made = &stripe::books(world)["accounts"][&accounts(world)[0]];
        assert_eq!((&made["country"], &made["email"]), (&json!("PT"), &json!(host.email)));
    }
}

both! {
    async fn a_second_click_makes_no_second_account(world: World) {
        let host = world.host("Hanna").await;
        world.switches().silent_after_success("POST /v1/accounts", 1);
        let start = || host.attempt(START, json!({ "country": "PT", "password": PASSWORD }));
        assert_eq!(only_error(&start().await), "PROVIDER_UNAVAILABLE");
        let answers = futures_util::future::join_all((0..3).map(|_| start())).await;
        // The server may be busy with passwords, or with this very call.
        assert!(answers.iter().all(|it| it["errors"] == json!([])
            || ["RATE_LIMITED", "PROVIDER_UNAVAILABLE"].contains(&only_error(it))), "{answers:?}");
        host.done(START, json!({ "country": "PT", "password": PASSWORD })).await;
        world.settle().await;
        assert_eq!(accounts(world).len(), 1);
    }
}

both! {
    async fn who_does_not_know_the_password_or_lives_too_far_begins_nothing(world: World) {
        // First of all: whoever guesses closes the door to everybody at their address for a while.
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let start = async |country: &str, password: &str| {
            host.attempt(START, json!({ "country": country, "password": password })).await
        };
        let wrong = start("PT", "not the password at all").await;
        assert_eq!((only_error(&wrong), &wrong["errors"][0]["path"]), ("WRONG_PASSWORD", &json!(["password"])));
        for country in ["US", "BR", "ZZ"] {
            let far = start(country, PASSWORD).await;
            assert_eq!((only_error(&far), &far["errors"][0]["path"]), ("COUNTRY_NOT_SERVED", &json!(["country"])));
        }
        assert_eq!((account(&host).await, accounts(world).len()), (Value::Null, 0));
        let nothing = host.get(COMPLETE, json!({})).await;
        assert_eq!(only_error(&nothing), "NO_ACCOUNT");
        // Guessing is slowed down.
        let mut limited = None;
        for _ in 0..12 {
            let answer = start("PT", "not the password at all").await;
            limited = limited.or((only_error(&answer) == "RATE_LIMITED").then_some(answer));
        }
        assert!(limited.unwrap()["errors"][0]["retryAfterSeconds"].as_u64().unwrap() > 0);
        let input = json!({ "input": { "country": "PT", "password": PASSWORD } });
        assert_eq!(guest.refused(START, input).await, "FORBIDDEN");
    }
}

both! {
    async fn another_account_is_paid_after_three_days_and_its_owner_is_told(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        onboard(world, &host).await;
        let guest = world.guest("Gustavo").await;
        let id = guest.confirmed(world, &listing, in_days(world, 3), 3).await;
        assert_eq!(only_error(&host.attempt(START, json!({ "country": "ES", "password": PASSWORD })).await), "OTHER_COUNTRY");

        live_until_the_day_before(world, &guest, &id).await;
        host.done(START, json!({ "country": "ES", "password": PASSWORD, "replace": true })).await;
        let changed = world.now();
        assert_eq!(host.get(COMPLETE, json!({})).await["errors"], json!([]));
        world.settle().await;
        let held = account(&host).await;
        assert_eq!((&held["country"], &held["canReceive"]), (&json!("ES"), &json!(true)));
        let until = held["heldUntil"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        assert!(until >= changed + TimeDelta::hours(71) && until <= changed + TimeDelta::hours(72));
        assert!(host.notices().await.contains(&"PAYOUT_ACCOUNT_CHANGED".to_owned()));
        let letters = world.letters(&host.email).await;
        assert!(letters.iter().any(|letter| letter.subject == "Your payout account was changed"));

        live(world, &guest, &id).await;
        assert_eq!((&payout(&host, &id).await["status"], transfers(world).len()), (&json!("HELD"), 0));
        world.advance_to(until).await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
        assert_eq!(transfers(world)[0]["destination"].as_str(), accounts(world).last().map(String::as_str));
    }
}

async fn live_until_the_day_before(world: &World, guest: &crate::support::Person, booking: &str) {
    let (_, check_out) = super::times(guest, booking).await;
    world.advance_to(check_out).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_business_nobody_fills_in_the_form_for_somebody_else() {
    let world = World::in_business(&[]).await;
    let host = world.host("Hanna").await;
    assert_eq!(only_error(&host.get(COMPLETE, json!({})).await), "SANDBOX_ONLY");
    world.stop().await;
}
