//! How many SQL statements a booking costs: numbers, so that nobody doubles them unseen.

use std::time::Duration;

use serde_json::json;

use crate::{
    both,
    support::{
        ListingAsk,
        people::{BOOK, QUOTE, in_days},
        until,
    },
};

/// Beginning a payment at Stripe.
const INTENT: &str = "POST /v1/payment_intents";

both! {
    async fn from_quote_to_held_booking(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        world.settle().await;
        // Only what the guest waits for: what follows from it is work for later.
        world.without_workers().await;
        // Stripe takes its time, so that what was run before it was asked can be counted.
        world.switches().slow(INTENT, Duration::from_millis(300));
        let (mut quoting, mut holding, mut booking) = (u64::MAX, u64::MAX, u64::MAX);
        for n in 0..3 {
            let stay = json!({ "checkIn": in_days(world, 20 + 5 * n), "checkOut": in_days(world, 23 + 5 * n) });
            let input = json!({ "input": { "listingId": listing, "stay": stay, "party": { "adults": 2 } } });
            let before = world.app.db.statements();
            let quote = guest.ask(QUOTE, input).await["createQuote"]["quote"]["id"].clone();
            let (between, asked) = (world.app.db.statements(), world.switches().calls(INTENT));
            let input = json!({ "input": { "quoteId": quote, "idempotencyKey": quote } });
            let held = async {
                until(async || world.switches().calls(INTENT) > asked).await;
                world.app.db.statements() - between
            };
            let (booked, held) = tokio::join!(guest.ask(BOOK, input), held);
            assert_eq!(booked["createBooking"]["booking"]["status"], "PENDING_PAYMENT");
            // Now and then a session's standing is looked at on the way: the fewest count.
            quoting = quoting.min(between - before);
            holding = holding.min(held);
            booking = booking.min(world.app.db.statements() - between);
        }
        println!("{quoting} statements for a quote, {holding} when Stripe is asked, {booking} with its answer");
        assert!(quoting <= 4, "{quoting}");
        // The last of them writes down that Stripe is asked: eleven from the quote to the held booking.
        assert!(holding - 1 < 12, "{holding}");
        assert!(booking <= 18, "{booking}");
        world.with_workers().await;
    }
}
