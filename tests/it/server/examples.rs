//! GraphiQL's example operations, played in their order as a reader would: what one answers is pasted into the next.
//! No browser: that is `explorer`.

use serde_json::{Value, json};
use sojourn::seed;

use crate::{
    both,
    support::{ListingAsk, Person, World},
};

/// What the page is given.
async fn examples(world: &World) -> Vec<(String, String, Value)> {
    let settings: Value = world.stranger().fetch("/graphiql/settings.json").await.json().await.unwrap();
    assert!(settings["token"].is_string(), "the demo guest is signed in");
    let examples = settings["examples"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    examples.map(|one| (text(&one["title"]), text(&one["query"]), one["variables"].clone())).collect()
}

/// The variables with `what` where the reader is asked to paste something.
fn paste(variables: &Value, what: &str) -> Value {
    let text = variables.to_string();
    let Some((before, rest)) = text.split_once("<paste ") else { return variables.clone() };
    let (_, after) = rest.split_once('>').unwrap();
    serde_json::from_str(&format!("{before}{what}{after}")).unwrap()
}

both! {
    async fn the_examples_play_the_road_as_they_stand(world: World) {
        let host = Person::demo(world, "Hanna", seed::HOST, true).await;
        let guest = Person::demo(world, "Gustavo", seed::GUEST, false).await;
        host.listing(&ListingAsk::default()).await;
        let examples = examples(world).await;
        let mut hears = guest.socket().await;
        let (mut quote, mut payment, mut booking) = (String::new(), String::new(), String::new());
        let mut played = Vec::new();

        for (title, query, variables) in &examples {
            let who = match title.as_str() {
                "Hosting" => &host.client,
                "Sign up" | "Verify the address" | "Sign in" => &world.stranger(),
                _ => &guest.client,
            };
            let pasted = match title.as_str() {
                "Book" => quote.clone(),
                "Pay" => payment.clone(),
                "Cancel" => booking.clone(),
                "Verify the address" => Person::mailed_token(world, "you@example.com").await,
                _ => String::new(),
            };
            let variables = paste(variables, &pasted);
            if title == "Live notifications" {
                // The booking was paid a moment ago: from the first notice on, nothing is lost.
                hears.subscribe(query, variables).await;
                played.push(title.as_str());
                continue;
            }
            let answer = who.get(query, variables).await;
            if let Some(errors) = answer.get("errors") {
                assert_eq!(*errors, json!([]), "{title}");
            }
            let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{title}: {answer:#}")).to_owned();
            match title.as_str() {
                "Search" => assert_eq!(answer["totalCount"], 1),
                "Listing" => assert_eq!(answer["availability"]["isAvailable"], true),
                "Quote" => quote = text(&answer["quote"]["id"]),
                "Book" => {
                    payment = text(&answer["payment"]["id"]);
                    booking = text(&answer["booking"]["id"]);
                }
                "Pay" => {
                    assert_eq!(answer["declineCode"], json!(null));
                    world.settle().await;
                }
                "My trips" => assert_eq!(answer["bookings"]["nodes"][0]["status"], "CONFIRMED"),
                "Cancel: preview" => {
                    assert!(answer["bookings"]["nodes"][0]["refundPreview"]["total"]["formatted"].is_string());
                }
                "Cancel" => {
                    assert_eq!(answer["booking"]["status"], "CANCELLED");
                    assert_eq!(hears.next().await["kind"], "BOOKING_CANCELLED");
                }
                "Hosting" => assert_eq!(answer["hosting"]["reservations"]["nodes"][0]["status"], "CANCELLED"),
                "Advance the clock" => assert!(answer["now"].is_string()),
                "Sign up" => assert_eq!(answer["mailSent"], true),
                "Verify the address" | "Sign in" => assert!(answer["tokens"]["accessToken"].is_string()),
                other => panic!("{other}: an example that this test does not know"),
            }
            played.push(title.as_str());
        }
        assert_eq!(played.len(), 14);
        assert_eq!(played[..3], ["Search", "Listing", "Quote"]);
    }
}
