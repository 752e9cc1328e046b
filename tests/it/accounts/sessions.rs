//! Sessions: refreshed, listed, ended; an ended one loses its open socket.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::accounts::access_token;

use crate::{
    both,
    support::{Client, World, only_error, people::PASSWORD},
};

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken refreshToken } errors { code } } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
  user { id } tokens { accessToken refreshToken } errors { code } } }";
const REVOKE: &str =
    "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId errors { code } } }";
const SESSIONS: &str = "{ viewer { sessions { nodes { id isCurrent } totalCount } } }";
const NOTICES: &str = "subscription { notificationReceived { id } }";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn holder(world: &World, tokens: &Value) -> Client {
    Client::new(&world.url, Some(text(&tokens["accessToken"])))
}

/// The code of a request with an ended session: the token itself is refused.
async fn locked_out(client: &Client) {
    let (status, answer) = client.send("{ amenities { code } }", json!({})).await;
    assert_eq!(status.as_u16(), 401, "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

both! {
    async fn a_refresh_token_is_rotated_and_an_old_one_ends_the_session(world: World) {
        let guest = world.guest("Greta").await;
        let stranger = world.stranger();
        let exchange = async |token: &str| stranger.attempt(REFRESH, json!({ "refreshToken": token })).await;

        let first = guest.refresh_token.clone();
        let second = exchange(&first).await;
        assert_eq!((&second["errors"], &second["user"]["id"]), (&json!([]), &json!(guest.id)));
        let second = second["tokens"].clone();
        assert_ne!(second["refreshToken"], first.as_str());
        // The same exchange at the same time, as two tabs do it, gets the same answer.
        assert_eq!(exchange(&first).await["tokens"]["refreshToken"], second["refreshToken"]);
        let third = exchange(&text(&second["refreshToken"])).await["tokens"].clone();
        let alive = holder(world, &third);
        assert_eq!(alive.get("{ viewer { user { id } } }", json!({})).await["user"]["id"], guest.id.as_str());

        // Somebody has a copy of an old one: the whole family ends.
        assert_eq!(only_error(&exchange(&first).await), "INVALID_TOKEN");
        assert_eq!(only_error(&exchange(&text(&third["refreshToken"])).await), "INVALID_TOKEN");
        locked_out(&alive).await;
        locked_out(&guest).await;

        for bad in ["", "x", "ses_x.y", &first[1..]] {
            assert_eq!(only_error(&exchange(bad).await), "INVALID_TOKEN", "{bad}");
        }
        // An access token is no refresh token, and the other way round.
        assert_eq!(only_error(&exchange(guest.token.as_deref().unwrap()).await), "INVALID_TOKEN");
        locked_out(&Client::new(&world.url, Some(first))).await;
    }
}

both! {
    async fn a_session_that_is_ended_loses_its_socket(world: World) {
        let guest = world.guest("Greta").await;
        let other = world.guest("Otto").await;
        let tokens = world.stranger().done(SIGN_IN, json!({ "email": guest.email, "password": PASSWORD })).await;
        let phone = holder(world, &tokens["tokens"]);
        let mut hears = phone.socket().await;
        hears.subscribe(NOTICES, json!({})).await;

        let sessions = guest.get(SESSIONS, json!({})).await;
        assert_eq!(sessions["sessions"]["totalCount"], 2);
        let nodes = sessions["sessions"]["nodes"].as_array().unwrap().clone();
        let id = nodes.iter().find(|one| one["isCurrent"] == false).unwrap()["id"].clone();

        let ask = json!({ "input": { "sessionId": id } });
        assert_eq!(other.refused(REVOKE, ask.clone()).await, "NOT_FOUND");
        assert_eq!(guest.done(REVOKE, json!({ "sessionId": id })).await["sessionId"], id);

        assert_eq!(hears.closed().await, 4403);
        locked_out(&phone).await;
        let refreshed = json!({ "refreshToken": tokens["tokens"]["refreshToken"] });
        assert_eq!(only_error(&world.stranger().attempt(REFRESH, refreshed).await), "INVALID_TOKEN");
        // Once is enough, and the others go on.
        assert_eq!(guest.refused(REVOKE, ask).await, "NOT_FOUND");
        assert_eq!(guest.get(SESSIONS, json!({})).await["sessions"]["totalCount"], 1);
    }
}

both! {
    async fn signing_out_ends_this_session_only(world: World) {
        let guest = world.guest("Greta").await;
        let tokens = world.stranger().done(SIGN_IN, json!({ "email": guest.email, "password": PASSWORD })).await;
        let phone = holder(world, &tokens["tokens"]);
        let out = phone.get("mutation { signOut { signedOut errors { code } } }", json!({})).await;
        assert_eq!(out, json!({ "signedOut": true, "errors": [] }));
        locked_out(&phone).await;
        assert_eq!(guest.get(SESSIONS, json!({})).await["sessions"]["totalCount"], 1);
    }
}

both! {
    async fn a_token_whose_time_is_over_opens_nothing(world: World) {
        let guest = world.guest("Greta").await;
        let session = guest.get(SESSIONS, json!({})).await["sessions"]["nodes"][0]["id"].clone();
        let (user, session) = (guest.id.parse().unwrap(), session.as_str().unwrap().parse().unwrap());
        let app = &world.app;
        let signed = |ago: TimeDelta| {
            let at = app.clock.real_now() - ago;
            access_token::sign(&app.keys, &app.settings.public_url(), user, session, at).unwrap().0
        };
        // The same key, the same session: only the time differs.
        let fresh = Client::new(&world.url, Some(signed(TimeDelta::minutes(1))));
        assert!(fresh.get("{ viewer { email } }", json!({})).await["email"].is_string());
        let expired = Client::new(&world.url, Some(signed(TimeDelta::minutes(access_token::MINUTES + 2))));
        locked_out(&expired).await;
        let (_, answer) = expired.send("{ viewer { email } }", json!({})).await;
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("expired"), "{answer}");
        assert_eq!(expired.post_bytes("/uploads", "image/jpeg", Vec::new()).await.status(), 401);
    }
}
