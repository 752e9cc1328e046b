//! Paying in another currency than the listing's: the quote keeps the rate, the booking charges it, and what comes back
//! is a part of what was paid.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};
use serde_json::{Value, json};
use sojourn::{
    kernel::{BookingId, Currency},
    ledger::{entry, transaction},
    pricing::{exchange_rate, tax_rule},
};

use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days},
};

const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { quote {
      id total { amount currencyCode } exchangeRate { from to rate recordedAt }
      price { total { amount currencyCode } nightly { amount } lines { kind amount { amount currencyCode } } } }
    errors { code path } } }";

const SHOWN: &str = "query($id: ID!, $stay: StayInput!, $currency: CurrencyCode) { listing(by: { id: $id }) {
    quote(stay: $stay, party: { adults: 2 }, currency: $currency) {
      total { amount currencyCode } nightly { amount } lines { kind amount { amount currencyCode } }
      exchangeRate { rate } } } }";

const BOOKING: &str = "query($id: ID!) { booking(by: { id: $id }) { status checkInAt
    total { amount currencyCode } price { total { amount } } listingPrice { total { amount currencyCode } }
    exchangeRate { from to rate } payment { amount { amount currencyCode } refunded { amount currencyCode } }
    refundPreview { rule isLimited total { amount currencyCode } lines { amount { amount } }
      hostKeeps { amount currencyCode } } } }";

/// Rates as if a source had just told them: stored, and taken over by the server.
pub async fn told(world: &World, rates: &[(Currency, &str)], at: DateTime<Utc>) {
    use exchange_rate::Column;
    world.settle().await;
    let rows = rates.iter().map(|(currency, rate)| {
        let row = exchange_rate::Model {
            currency: *currency,
            per_euro: (*rate).to_owned(),
            recorded_at: at,
            source: "test".to_owned(),
        };
        row.into_active_model()
    });
    let newer = OnConflict::column(Column::Currency)
        .update_columns([Column::PerEuro, Column::RecordedAt, Column::Source])
        .to_owned();
    let db = &world.app.db;
    exchange_rate::Entity::insert_many(rows)
        .on_conflict(newer)
        .exec_without_returning(db.writer())
        .await
        .unwrap();
    world.app.rates.read(db.read()).await.unwrap();
}

/// Asks for a quote of three nights in a currency and returns the payload.
pub async fn quote(guest: &Person, listing: &str, check_in: NaiveDate, currency: Option<&str>) -> Value {
    let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(3) });
    let input =
        json!({ "listingId": listing, "stay": stay, "party": { "adults": 2 }, "currencyCode": currency });
    guest.attempt(QUOTE, input).await
}

/// A stay of three nights that is paid for in a currency; returns the booking's id.
pub async fn confirmed(
    world: &World,
    guest: &Person,
    listing: &str,
    check_in: NaiveDate,
    currency: &str,
) -> String {
    let quoted = quote(guest, listing, check_in, Some(currency)).await;
    assert_eq!(quoted["errors"], json!([]));
    let quote = quoted["quote"]["id"].as_str().unwrap();
    let booked = guest.book(quote, quote).await;
    assert_eq!(booked["errors"], json!([]));
    guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
    world.settle().await;
    booked["booking"]["id"].as_str().unwrap().to_owned()
}

async fn booking(who: &Person, id: &str) -> Value {
    who.get(BOOKING, json!({ "id": id })).await
}

/// The sums of a booking's postings by account and currency, Stripe's fee aside; those of zero are left out.
async fn books(world: &World, booking: &str) -> BTreeMap<(String, Currency), i64> {
    let (db, id) = (world.app.db.read(), booking.parse::<BookingId>().unwrap());
    let of = transaction::Entity::find()
        .filter(transaction::Column::BookingId.eq(id))
        .filter(transaction::Column::Kind.ne("provider_fee"));
    let ids: Vec<_> = of.all(db).await.unwrap().into_iter().map(|row| row.id).collect();
    let entries =
        entry::Entity::find().filter(entry::Column::TransactionId.is_in(ids)).all(db).await.unwrap();
    let mut sums = BTreeMap::new();
    for entry in entries {
        let account = entry.account.split(':').next().unwrap().to_owned();
        *sums.entry((account, entry.currency)).or_default() += entry.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn sums(of: &[(&str, Currency, i64)]) -> BTreeMap<(String, Currency), i64> {
    of.iter().map(|(account, currency, sum)| (((*account).to_owned(), *currency), *sum)).collect()
}

fn money(amount: &str, currency: Currency) -> Value {
    json!({ "amount": amount, "currencyCode": currency.code() })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

both! {
    async fn a_guest_pays_in_another_currency_at_the_kept_rate(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;

        // Three nights at 100.00 and 12 % are 336.00: each line is converted once, in the currency's own steps.
        for (n, currency, rate, later, nights, fee, total, minor) in [
            (0, Currency::USD, "1.1637", "1.4", "349.11", "41.89", "391.00", 39_100),
            (1, Currency::JPY, "177.35", "150", "53205", "6385", "59590", 59_590),
            (2, Currency::KWD, "0.3555", "0.3", "106.650", "12.800", "119.450", 119_450),
        ] {
            let check_in = in_days(world, 30 + 10 * n);
            told(world, &[(currency, rate)], world.now()).await;
            let quoted = quote(&guest, &listing, check_in, Some(currency.code())).await;
            assert_eq!(quoted["errors"], json!([]));
            let kept = &quoted["quote"];
            assert_eq!(kept["total"], money(total, currency));
            assert_eq!(kept["price"]["total"], kept["total"]);
            assert_eq!(kept["price"]["lines"], json!([
                { "kind": "NIGHTS", "amount": money(nights, currency) },
                { "kind": "SERVICE_FEE", "amount": money(fee, currency) },
            ]));
            let exchange = &kept["exchangeRate"];
            assert_eq!((&exchange["from"], &exchange["to"]), (&json!("EUR"), &json!(currency.code())));
            assert_eq!(exchange["rate"], rate);
            let shown = json!({ "id": listing, "stay": { "checkIn": check_in, "checkOut": check_in + Days::new(3) }, "currency": currency.code() });
            let shown = world.stranger().get(SHOWN, shown).await;
            assert_eq!(shown["quote"]["lines"], kept["price"]["lines"], "what is shown is what is kept");
            assert_eq!(shown["quote"]["nightly"], kept["price"]["nightly"]);

            // The rate changes: the quote has its own.
            told(world, &[(currency, later)], world.now()).await;
            let booked = guest.book(text(&kept["id"]), text(&kept["id"])).await;
            assert_eq!(booked["payment"]["amount"]["amount"], total);
            guest.pay(text(&booked["payment"]["id"]), "4242424242424242").await;
            world.settle().await;
            let id = text(&booked["booking"]["id"]);
            let paid = booking(&guest, id).await;
            assert_eq!((&paid["status"], &paid["exchangeRate"]["rate"]), (&json!("CONFIRMED"), &json!(rate)));
            assert_eq!((&paid["total"], &paid["payment"]["amount"]), (&money(total, currency), &money(total, currency)));
            assert_eq!(booking(&host, id).await["listingPrice"]["total"], money("336.00", Currency::EUR));
            assert_eq!(books(world, id).await, sums(&[
                ("provider_cash", currency, minor), ("exchange", currency, -minor),
                ("exchange", Currency::EUR, 33_600), ("guest_funds", Currency::EUR, -33_600),
            ]));

            // Called off within a day: all of it comes back, to the last coin, whatever the rate is now.
            assert_eq!(paid["refundPreview"]["total"], money(total, currency));
            assert_eq!(guest.cancel(id, id).await["errors"], json!([]));
            world.settle().await;
            assert_eq!(booking(&guest, id).await["payment"]["refunded"], money(total, currency));
            assert_eq!(books(world, id).await, sums(&[]));
        }

        // Without a word about it, it is the listing's currency.
        let own = quote(&guest, &listing, in_days(world, 90), None).await;
        assert_eq!((&own["quote"]["total"], &own["quote"]["exchangeRate"]), (&money("336.00", Currency::EUR), &Value::Null));
        let same = quote(&guest, &listing, in_days(world, 90), Some("EUR")).await;
        assert_eq!((&same["quote"]["total"], &same["quote"]["exchangeRate"]), (&money("336.00", Currency::EUR), &Value::Null));
    }
}

both! {
    async fn a_part_of_a_stay_comes_back_in_the_currency_it_was_paid_in(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        told(world, &[(Currency::USD, "1.1637"), (Currency::JPY, "177.35"), (Currency::KWD, "0.3555")], world.now()).await;

        let mut stays = Vec::new();
        for (n, currency, back, minor) in [
            // Two of three nights: 200.00 of 336.00 of what was paid.
            (0, Currency::USD, "232.74", 39_100 - 23_274),
            (1, Currency::JPY, "35470", 59_590 - 35_470),
            (2, Currency::KWD, "71.100", 119_450 - 71_100),
        ] {
            let check_in = in_days(world, 20 + 10 * n);
            let id = confirmed(world, &guest, &listing, check_in, currency.code()).await;
            stays.push((id, currency, back, minor));
        }
        let lived = confirmed(world, &guest, &listing, in_days(world, 60), "JPY").await;
        let by_host = confirmed(world, &guest, &listing, in_days(world, 70), "USD").await;

        // Each is called off an hour before it begins: a night and the fee are kept, as in the listing's own currency.
        for (id, currency, back, minor) in &stays {
            let at: DateTime<Utc> = text(&booking(&guest, id).await["checkInAt"]).parse().unwrap();
            world.advance_to(at - TimeDelta::hours(1)).await;
            let preview = booking(&guest, id).await["refundPreview"].clone();
            assert_eq!((&preview["rule"], &preview["isLimited"]), (&json!("STAYED_AND_NEXT"), &json!(false)));
            assert_eq!(preview["total"], money(back, *currency));
            assert_eq!(preview["lines"], json!([{ "amount": { "amount": back } }]));
            assert_eq!(preview["hostKeeps"], money("100.00", Currency::EUR));
            assert_eq!(guest.cancel(id, id).await["errors"], json!([]));
            world.settle().await;
            assert_eq!(booking(&guest, id).await["payment"]["refunded"], money(back, *currency));
            assert_eq!(books(world, id).await, sums(&[
                ("provider_cash", *currency, *minor), ("exchange", *currency, -*minor),
                ("exchange", Currency::EUR, 13_600), ("host_payable", Currency::EUR, -9_700),
                ("platform_fees", Currency::EUR, -3_900),
            ]));
        }

        // The host calls one off: everything goes back, and the host owes 50 dollars at the quote's rate. And one is lived: it is recognised in the listing's currency.
        assert_eq!(booking(&host, &by_host).await["refundPreview"]["total"], money("391.00", Currency::USD));
        assert_eq!(host.cancel(&by_host, "by host").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(books(world, &by_host).await, sums(&[
            ("host_debt", Currency::EUR, 4_297), ("platform_fees", Currency::EUR, -4_297),
        ]));
        world.advance(TimeDelta::days(30)).await;
        assert_eq!(booking(&guest, &lived).await["status"], "COMPLETED");
        assert_eq!(books(world, &lived).await, sums(&[
            ("provider_cash", Currency::JPY, 59_590), ("exchange", Currency::JPY, -59_590),
            ("exchange", Currency::EUR, 33_600), ("host_payable", Currency::EUR, -29_100),
            ("platform_fees", Currency::EUR, -4_500),
        ]));
    }
}

both! {
    async fn without_a_recent_rate_there_is_no_quote_in_another_currency(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let check_in = in_days(world, 30);
        let variables = json!({ "id": listing, "currency": "USD", "stay": { "checkIn": check_in, "checkOut": check_in + Days::new(3) } });

        told(world, &[(Currency::USD, "1.16")], world.now() - TimeDelta::days(3) - TimeDelta::seconds(1)).await;
        let refused = quote(&guest, &listing, check_in, Some("USD")).await;
        assert_eq!(only_error(&refused), "RATE_UNAVAILABLE");
        assert_eq!(refused["errors"][0]["path"], json!(["currencyCode"]));
        assert_eq!(guest.get(SHOWN, variables.clone()).await["quote"], Value::Null);
        // Other currencies, and the listing's own, are not touched by that.
        assert_eq!(quote(&guest, &listing, check_in, Some("GBP")).await["errors"], json!([]));
        assert_eq!(quote(&guest, &listing, check_in, None).await["errors"], json!([]));

        // A stay that costs too little or too much in that currency is not for sale in it.
        told(world, &[(Currency::USD, "1.16"), (Currency::KRW, "100000000")], world.now()).await;
        assert_eq!(only_error(&quote(&guest, &listing, check_in, Some("KRW")).await), "NOT_FOR_SALE");

        // An unpaid quote comes anew in the same currency, at the rate of the day.
        let old = quote(&guest, &listing, check_in, Some("USD")).await;
        assert_eq!(old["quote"]["total"], money("389.76", Currency::USD));
        world.advance(TimeDelta::minutes(16)).await;
        told(world, &[(Currency::USD, "1.2")], world.now()).await;
        let late = guest.attempt(
            "mutation($input: CreateBookingInput!) { createBooking(input: $input) { errors { code quote { total { amount currencyCode } } } } }",
            json!({ "quoteId": old["quote"]["id"], "idempotencyKey": "late" }),
        ).await;
        assert_eq!(only_error(&late), "QUOTE_EXPIRED");
        assert_eq!(late["errors"][0]["quote"]["total"], money("403.20", Currency::USD));

        // The rates are in the server's memory: another currency costs no statement.
        let count = async |variables: &Value| {
            let mut fewest = u64::MAX;
            for _ in 0..4 {
                fewest = fewest.min(world.statements(guest.get(SHOWN, variables.clone())).await.0);
            }
            fewest
        };
        let mut own = variables.clone();
        own["currency"] = Value::Null;
        let (own, other) = (count(&own).await, count(&variables).await);
        assert!(own <= 4 && other <= own, "{own} {other}");
    }
}

both! {
    async fn a_tax_in_another_currency_is_converted_at_the_rate_of_the_day(world: World) {
        let tax = tax_rule::Model {
            country: "PT".into(),
            region: String::new(),
            percent: 0,
            per_person_night: 201,
            currency: Currency::EUR,
            ..tax_rule::Model::none()
        };
        tax_rule::Entity::insert(tax.into_active_model()).exec_without_returning(world.app.db.writer()).await.unwrap();
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk { currency: "USD", ..ListingAsk::default() }).await;
        let guest = world.guest("Gustavo").await;
        told(world, &[(Currency::USD, "1.16"), (Currency::JPY, "174")], world.now()).await;

        // Two people, three nights: 12.06 EUR are 13.99 USD, and at 150 yen a dollar 2,099 JPY.
        let lines = async |currency| quote(&guest, &listing, in_days(world, 30), currency).await["quote"]["price"]["lines"].clone();
        assert_eq!(lines(None).await[2], json!({ "kind": "PERSON_NIGHT_TAX", "amount": money("13.99", Currency::USD) }));
        assert_eq!(lines(Some("JPY")).await[2], json!({ "kind": "PERSON_NIGHT_TAX", "amount": money("2099", Currency::JPY) }));

        // What a tax is that nobody can convert is unknown: there is no price without it.
        told(world, &[(Currency::USD, "1.16")], world.now() - TimeDelta::days(4)).await;
        assert_eq!(only_error(&quote(&guest, &listing, in_days(world, 30), None).await), "RATE_UNAVAILABLE");
    }
}
