//! A guest's receipt: what was booked, what was paid, what went back, between whom. For the guest alone.

use chrono::{Days, TimeDelta};
use serde_json::{Value, json};

use super::{TAXES, instant, money, seen, text};
use crate::{
    both,
    support::{
        ListingAsk, Person,
        people::{REFUND, in_days},
    },
};

const RECEIPT: &str = "query($id: ID!) { booking(by: { id: $id }) { code receipt {
    code guestName hostName listingTitle checkIn checkOut bookedAt cancelledAt taxes { amount currencyCode }
    price { lines { kind amount { amount } } total { amount } }
    payments { at amount { amount } } refunds { at amount { amount } }
    paid { amount } refunded { amount } total { amount currencyCode } } } }";
const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { quote { id } errors { code path } } }";

async fn receipt(who: &Person, booking: &str) -> Value {
    who.get(RECEIPT, json!({ "id": booking })).await["receipt"].clone()
}

fn amounts(of: &Value) -> Vec<&str> {
    of.as_array().unwrap().iter().map(|movement| text(&movement["amount"]["amount"])).collect()
}

both! {
    async fn a_receipt_says_what_was_paid_and_what_went_back(world: World) {
        let (host, guest, admin) =
            (world.host("Hanna").await, world.guest("Gustavo").await, world.admin("Ada").await);
        admin.done(TAXES, json!({ "taxRules": [{ "country": "PT", "percent": 500 }], "reason": "A new law" })).await;
        let listing = host.listing(&ListingAsk::default()).await;
        let check_in = in_days(world, 20);

        // In the currency that was paid in: 351.00 at 1.16.
        let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(3) });
        let input = json!({ "listingId": listing, "stay": stay, "party": { "adults": 2 }, "currencyCode": "USD" });
        let quote = guest.done(QUOTE, input).await["quote"]["id"].as_str().unwrap().to_owned();
        let booked = guest.book(&quote, &quote).await;
        let id = text(&booked["booking"]["id"]).to_owned();
        assert_eq!(receipt(&guest, &id).await, Value::Null, "nothing is paid");
        guest.pay(text(&booked["payment"]["id"]), "4242424242424242").await;
        world.settle().await;

        let paper = receipt(&guest, &id).await;
        let booking = guest.booking(&id).await;
        assert_eq!(paper["code"], booking["code"]);
        assert_eq!((&paper["guestName"], &paper["hostName"]), (&json!("Gustavo"), &json!("Hanna")));
        assert_eq!(paper["listingTitle"], "A quiet home in Lisbon");
        assert_eq!((&paper["checkIn"], &paper["checkOut"]), (&json!(check_in), &json!(check_in + Days::new(3))));
        assert_eq!((&paper["price"]["total"]["amount"], &paper["taxes"]), (&json!("407.16"), &money("17.40", "USD")));
        assert_eq!((amounts(&paper["payments"]), amounts(&paper["refunds"])), (vec!["407.16"], vec![]));
        assert_eq!((&paper["paid"]["amount"], &paper["total"]), (&json!("407.16"), &money("407.16", "USD")));
        assert_eq!(paper["cancelledAt"], Value::Null);
        assert_eq!(receipt(&host, &id).await, Value::Null, "it is the guest's");

        // Some goes back by hand, then some by the policy: two nights of three and their tax, 210.00 of 351.00.
        let ask = json!({ "bookingId": id, "amount": money("11.70", "EUR"), "reason": "Noise", "idempotencyKey": "noise" });
        admin.done(REFUND, ask).await;
        world.advance_to(instant(&seen(&guest, &id).await["checkInAt"]) - TimeDelta::hours(1)).await;
        guest.cancel(&id, "rain").await;
        world.settle().await;
        let paper = receipt(&guest, &id).await;
        assert_eq!(amounts(&paper["refunds"]), ["13.57", "243.60"]);
        assert_eq!((&paper["refunded"]["amount"], &paper["total"]), (&json!("257.17"), &money("149.99", "USD")));
        assert_eq!(paper["cancelledAt"], seen(&guest, &id).await["cancelledAt"]);
    }
}
