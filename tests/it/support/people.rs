//! Guests and hosts, who do everything through the public API.

use std::{ops::Deref, time::Duration};

use chrono::{Days, NaiveDate};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::seed;

use super::{Client, World, picture};

/// A password that the rules take.
pub const PASSWORD: &str = "seven quiet otters drift";

/// `createQuote`.
pub const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) {
    quote { id total { amount currencyCode } expiresAt price { lines { kind amount { amount } } } }
    errors { code message path nights } } }";

/// `createBooking`.
pub const BOOK: &str = "mutation($input: CreateBookingInput!) { createBooking(input: $input) {
    booking { id code status holdEndsAt total { amount } }
    payment { id status clientSecret publishableKey amount { amount } }
    errors { code message path nights alternatives { checkIn checkOut } quote { id } } } }";

/// `sandboxPay`.
pub const PAY: &str = "mutation($input: SandboxPayInput!) { sandboxPay(input: $input) { status declineCode errors { code message } } }";

/// `cancelBooking`.
pub const CANCEL: &str = "mutation($input: CancelBookingInput!) { cancelBooking(input: $input) { booking { id status } errors { code message } } }";

/// `acceptBooking`.
pub const ACCEPT: &str = "mutation($input: AcceptBookingInput!) { acceptBooking(input: $input) { booking { id status } errors { code message } } }";

/// `declineBooking`.
pub const DECLINE: &str = "mutation($input: DeclineBookingInput!) { declineBooking(input: $input) { booking { id status } errors { code message } } }";

/// `refundBooking`.
pub const REFUND: &str = "mutation($input: RefundBookingInput!) { refundBooking(input: $input) {
    refund { id status reason amount { amount currencyCode } } refunds { id amount { amount } }
    errors { code message path left { amount } } } }";

/// `proposeBookingChange`.
pub const PROPOSE: &str = "mutation($input: ProposeBookingChangeInput!) { proposeBookingChange(input: $input) {
    change { id status endsAt difference { amount currencyCode } listingDifference { amount currencyCode } total { amount } payment { id } }
    errors { code message path nights violations { code limit } limit { amount } } } }";

/// `answerBookingChange`.
pub const ANSWER: &str = "mutation($input: AnswerBookingChangeInput!) { answerBookingChange(input: $input) {
    change { id status payment { id } } payment { id status clientSecret amount { amount currencyCode } }
    errors { code message path nights violations { code } } } }";

/// `withdrawBookingChange`.
pub const WITHDRAW: &str =
    "mutation($input: WithdrawBookingChangeInput!) { withdrawBookingChange(input: $input) {
    change { id status } errors { code message path } } }";

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    /// What is sent is sent as this person.
    pub client: Client,
    /// The id of the account.
    pub id: String,
    /// The address.
    pub email: String,
    /// For `refreshSession`.
    pub refresh_token: String,
}

impl Deref for Person {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// What a listing of a test is like.
#[derive(Debug, Clone)]
pub struct ListingAsk {
    /// Its city.
    pub city: &'static str,
    /// Its currency.
    pub currency: &'static str,
    /// A night, as a decimal.
    pub nightly: &'static str,
    /// Its policy.
    pub policy: &'static str,
    /// Codes of amenities.
    pub amenities: &'static [&'static str],
}

impl Default for ListingAsk {
    fn default() -> Self {
        Self {
            city: "Lisbon",
            currency: "EUR",
            nightly: "100.00",
            policy: "FLEXIBLE",
            amenities: &["WIFI", "KITCHEN"],
        }
    }
}

impl Person {
    /// Signs up and proves the address with the mailed link.
    pub async fn sign_up(world: &World, name: &str, as_host: bool) -> Self {
        Self::sign_up_with(world, name, PASSWORD, as_host).await
    }

    /// One of the demo people, in a world without the demo market.
    pub async fn demo(world: &World, name: &str, email: &'static str, as_host: bool) -> Self {
        use sojourn::accounts::user::{Column, Entity};
        let person = Self::sign_up_with(world, name, seed::PASSWORD, as_host).await;
        // Nobody could sign up so: the password is too much like the address.
        let moved = Entity::update_many()
            .col_expr(Column::Email, Expr::value(email))
            .filter(Column::Email.eq(person.email.as_str()))
            .exec(world.app.db.writer())
            .await;
        assert_eq!(moved.unwrap().rows_affected, 1);
        Self { email: email.to_owned(), ..person }
    }

    async fn sign_up_with(world: &World, name: &str, password: &str, as_host: bool) -> Self {
        let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        let stranger = world.stranger();
        let input = json!({ "email": email, "password": password, "displayName": name, "asHost": as_host });
        stranger
            .done("mutation($input: SignUpInput!) { signUp(input: $input) { mailSent errors { code message } } }", input)
            .await;
        let token = Self::mailed_token(world, &email).await;
        let payload = stranger
            .done(
                "mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) {
                   user { id } tokens { accessToken refreshToken } errors { code message } } }",
                json!({ "token": token, "password": password }),
            )
            .await;
        Self::of(world, &email, &payload)
    }

    /// A person from a payload with `user { id } tokens { accessToken refreshToken }`.
    pub fn of(world: &World, email: &str, payload: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            client: Client::new(&world.url, Some(text(&payload["tokens"]["accessToken"]))),
            id: text(&payload["user"]["id"]),
            email: email.to_owned(),
            refresh_token: text(&payload["tokens"]["refreshToken"]),
        }
    }

    /// The token of the latest link that was mailed to an address.
    pub async fn mailed_token(world: &World, email: &str) -> String {
        let letters = world.letters(email).await;
        let letter = letters.last().expect("a letter");
        let links = letter.links();
        let link = links.iter().find(|link| link.contains("verify-email?token=")).expect("a link");
        link.split("token=").nth(1).unwrap().to_owned()
    }

    /// Uploads a picture and returns the upload's id.
    pub async fn upload(&self) -> String {
        let response = self.post_bytes("/uploads", "image/jpeg", picture::jpeg(400, 300)).await;
        assert_eq!(response.status(), 201);
        let stored: Value = response.json().await.unwrap();
        stored["id"].as_str().unwrap().to_owned()
    }

    /// A draft with all of its fields, but neither photo nor price.
    pub async fn draft(&self, ask: &ListingAsk) -> String {
        let fields = json!({
            "title": format!("A quiet home in {}", ask.city),
            "description": "Two rooms with morning light, a long table, and a balcony over the old town.",
            "propertyType": "APARTMENT", "roomType": "ENTIRE_PLACE",
            "street": "Rua das Flores 7", "postalCode": "1200-192", "city": ask.city, "region": "Lisboa",
            "country": "PT", "latitudeE6": 38_710_000, "longitudeE6": -9_140_000, "timeZone": "Europe/Lisbon",
            "bedrooms": 2, "beds": 3, "halfBathrooms": 3, "maxGuests": 4, "amenities": ask.amenities,
            "cancellationPolicy": ask.policy, "checkInInstructions": "The key is with the baker.",
        });
        let payload = self
            .done(
                "mutation($input: CreateListingInput!) { createListing(input: $input) {
                   listing { id } errors { code message path } } }",
                json!({ "currencyCode": ask.currency, "fields": fields }),
            )
            .await;
        payload["listing"]["id"].as_str().unwrap().to_owned()
    }

    /// A listing on sale.
    pub async fn listing(&self, ask: &ListingAsk) -> String {
        let id = self.draft(ask).await;
        self.done(
            "mutation($input: AddListingPhotosInput!) { addListingPhotos(input: $input) { photos { id } errors { code message } } }",
            json!({ "listingId": id, "photos": [{ "uploadId": self.upload().await, "caption": "Morning" }] }),
        )
        .await;
        self.done(
            "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { pricing { nightly { amount } } errors { code message } } }",
            json!({ "listingId": id, "nightly": { "amount": ask.nightly, "currencyCode": ask.currency } }),
        )
        .await;
        self.done(
            "mutation($input: ListingIdInput!) { publishListing(input: $input) { listing { status } errors { code message path } } }",
            json!({ "listingId": id }),
        )
        .await;
        id
    }

    /// A listing on sale whose host is asked first.
    pub async fn asked_first(&self) -> String {
        let id = self.listing(&ListingAsk::default()).await;
        self.done(
            "mutation($input: UpdateListingInput!) { updateListing(input: $input) { errors { code message } } }",
            json!({ "listingId": id, "fields": { "instantBook": false } }),
        )
        .await;
        id
    }

    /// Asks for a quote and returns the payload.
    pub async fn quote(&self, listing: &str, check_in: NaiveDate, nights: u64) -> Value {
        let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(nights) });
        self.attempt(QUOTE, json!({ "listingId": listing, "stay": stay, "party": { "adults": 2 } })).await
    }

    /// The id of a quote that must be given.
    pub async fn quoted(&self, listing: &str, check_in: NaiveDate, nights: u64) -> String {
        let quoted = self.quote(listing, check_in, nights).await;
        assert_eq!(quoted["errors"], json!([]));
        quoted["quote"]["id"].as_str().unwrap().to_owned()
    }

    /// Books a quote and returns the payload.
    pub async fn book(&self, quote: &str, key: &str) -> Value {
        self.attempt(BOOK, json!({ "quoteId": quote, "idempotencyKey": key })).await
    }

    /// Quotes and books a stay that must be free; returns the payload of `createBooking`.
    pub async fn hold(&self, listing: &str, check_in: NaiveDate, nights: u64) -> Value {
        let quote = self.quoted(listing, check_in, nights).await;
        let booked = self.book(&quote, &quote).await;
        assert_eq!(booked["errors"], json!([]));
        booked
    }

    /// Pays with a test card and returns the payload; where the bank asks, the guest proves who they are.
    pub async fn pay(&self, payment: &str, card: &str) -> Value {
        self.pay_as(payment, card, "SUCCEED").await
    }

    /// Pays with a test card; `authentication` is what the guest does when the bank asks.
    pub async fn pay_as(&self, payment: &str, card: &str, authentication: &str) -> Value {
        let key = format!("{payment}:{card}:{authentication}");
        let input = json!({ "paymentId": payment, "card": card, "authentication": authentication, "idempotencyKey": key });
        // Where a machine stands still for some seconds, whoever books hears before the provider has answered; then a job
        // asks, half a minute later.
        let mut looks = tokio::time::interval(Duration::from_millis(250));
        for _ in 0..400 {
            looks.tick().await;
            let paid = self.attempt(PAY, input.clone()).await;
            if paid["errors"][0]["code"] != "NOT_STARTED" {
                return paid;
            }
        }
        panic!("the payment never begins: a guard against hanging, not a limit");
    }

    /// Calls a booking off and returns the payload.
    pub async fn cancel(&self, booking: &str, key: &str) -> Value {
        self.attempt(CANCEL, json!({ "bookingId": booking, "reason": "Rain", "idempotencyKey": key })).await
    }

    /// Gives the guest of a booking so many euros back, as an admin.
    pub async fn give_back(&self, booking: &str, amount: &str) {
        let ask = json!({
            "bookingId": booking, "amount": { "amount": amount, "currencyCode": "EUR" }, "reason": "Sorry",
            "idempotencyKey": format!("{booking} {amount}"),
        });
        self.done(REFUND, ask).await;
    }

    /// The kinds of this person's notices, oldest first.
    pub async fn notices(&self) -> Vec<String> {
        let viewer = self.get("{ viewer { notifications(last: 100) { nodes { kind } } } }", json!({})).await;
        let nodes = viewer["notifications"]["nodes"].as_array().unwrap().clone();
        nodes.iter().rev().map(|node| node["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// A booking that is paid and confirmed; returns its id.
    pub async fn confirmed(&self, world: &World, listing: &str, check_in: NaiveDate, nights: u64) -> String {
        let booked = self.hold(listing, check_in, nights).await;
        self.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        world.settle().await;
        let id = booked["booking"]["id"].as_str().unwrap().to_owned();
        assert_eq!(self.booking(&id).await["status"], "CONFIRMED");
        id
    }

    /// A booking whose card is authorised and whose host is asked; returns its id.
    pub async fn requested(&self, world: &World, listing: &str, check_in: NaiveDate, nights: u64) -> String {
        let booked = self.hold(listing, check_in, nights).await;
        let paid = self.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        assert_eq!(paid["status"], "AUTHORISED", "{paid}");
        world.settle().await;
        let id = booked["booking"]["id"].as_str().unwrap().to_owned();
        assert_eq!(self.booking(&id).await["status"], "PENDING_APPROVAL");
        id
    }

    /// Accepts a request and returns the payload.
    pub async fn accept(&self, booking: &str, key: &str) -> Value {
        self.attempt(ACCEPT, json!({ "bookingId": booking, "idempotencyKey": key })).await
    }

    /// Declines a request and returns the payload.
    pub async fn decline(&self, booking: &str, reason: &str) -> Value {
        self.attempt(DECLINE, json!({ "bookingId": booking, "reason": reason })).await
    }

    /// Proposes other dates of a booking and returns the payload.
    pub async fn propose(&self, booking: &str, check_in: NaiveDate, nights: u64, key: &str) -> Value {
        let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(nights) });
        self.attempt(PROPOSE, json!({ "bookingId": booking, "stay": stay, "idempotencyKey": key })).await
    }

    /// Proposes other dates that can be had; returns the id of the change.
    pub async fn proposed(&self, booking: &str, check_in: NaiveDate, nights: u64) -> String {
        let key = format!("{booking} {check_in} {nights}");
        let payload = self.propose(booking, check_in, nights, &key).await;
        assert_eq!(payload["errors"], json!([]));
        payload["change"]["id"].as_str().unwrap().to_owned()
    }

    /// Answers a change and returns the payload.
    pub async fn answer(&self, change: &str, accept: bool, key: &str) -> Value {
        self.attempt(ANSWER, json!({ "changeId": change, "accept": accept, "idempotencyKey": key })).await
    }

    /// Takes a change back and returns the payload.
    pub async fn withdraw(&self, change: &str, key: &str) -> Value {
        self.attempt(WITHDRAW, json!({ "changeId": change, "idempotencyKey": key })).await
    }

    /// A booking as this person sees it; null for who may not.
    pub async fn booking(&self, id: &str) -> Value {
        self.get(
            "query($id: ID!) { booking(by: { id: $id }) { id code status viewerActions holdEndsAt respondBy total { amount }
               address { street } payment { id status refunded { amount } declineCode }
               timeline { kind note } refundPreview { rule total { amount } } } }",
            json!({ "id": id }),
        )
        .await
    }
}

/// A day so many days from the world's today.
pub fn in_days(world: &World, days: u64) -> NaiveDate {
    world.now().date_naive() + Days::new(days)
}
