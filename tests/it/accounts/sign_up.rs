//! Signing up and proving an address: nobody learns who has an account, and a link without its password opens nothing.

use serde_json::{Value, json};

use crate::{
    both,
    support::{Client, Person, only_error, people::PASSWORD},
};

const SIGN_UP: &str =
    "mutation($input: SignUpInput!) { signUp(input: $input) { mailSent errors { code message path } } }";
const VERIFY: &str = "mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) {
  user { id displayName isVerified isHost } tokens { accessToken refreshToken } errors { code message path } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { user { id } tokens { accessToken } errors { code message path } } }";

/// The whole answer but for what differs from request to request.
async fn answer(client: &Client, query: &str, input: Value) -> (u16, Value) {
    let (status, answer) = client.send(query, json!({ "input": input })).await;
    (status.as_u16(), answer["data"].clone())
}

both! {
    async fn nobody_learns_who_has_an_account(world: World) {
        let known = world.guest("Known Person").await;
        let stranger = world.stranger();
        let ask = |email: &str| json!({ "email": email, "password": "another good long phrase", "displayName": "Somebody" });
        let (to_known, to_unknown) = (
            answer(&stranger, SIGN_UP, ask(&known.email)).await,
            answer(&stranger, SIGN_UP, ask("unknown@example.org")).await,
        );
        assert_eq!(to_known, to_unknown);
        assert_eq!(to_known.1["signUp"]["mailSent"], true);

        // The owner of the address is told, and gets no link that would make an account or change the password.
        let letters = world.letters(&known.email).await;
        assert_eq!(letters.len(), 2);
        assert!(letters[1].links().iter().all(|link| !link.contains("verify-email?token=")), "a link to a known address");

        let guess = |email: &str| json!({ "email": email, "password": "this is not the password" });
        let (wrong, nobody) = (
            answer(&stranger, SIGN_IN, guess(&known.email)).await,
            answer(&stranger, SIGN_IN, guess("nobody@example.org")).await,
        );
        assert_eq!(wrong, nobody);
        assert_eq!(only_error(&wrong.1["signIn"]), "WRONG_CREDENTIALS");

        // The old password still works; the one of the second sign-up never did.
        let mine = json!({ "email": known.email.to_uppercase(), "password": PASSWORD });
        assert_eq!(stranger.done(SIGN_IN, mine).await["user"]["id"], known.id.as_str());
        let theirs = json!({ "email": known.email, "password": "another good long phrase" });
        assert_eq!(only_error(&stranger.attempt(SIGN_IN, theirs).await), "WRONG_CREDENTIALS");
    }
}

both! {
    async fn a_mailed_link_needs_its_password_and_works_once(world: World) {
        let stranger = world.stranger();
        let email = "nina@example.org";
        let ask = json!({ "email": email, "password": PASSWORD, "displayName": "Nina", "asHost": true });
        stranger.done(SIGN_UP, ask.clone()).await;
        let old = Person::mailed_token(world, email).await;

        // Not before it is verified.
        let early = stranger.attempt(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(only_error(&early), "WRONG_CREDENTIALS");

        // Whoever reads the mail has not chosen the password.
        let thief = stranger.attempt(VERIFY, json!({ "token": old, "password": "the password of a thief" })).await;
        assert_eq!(only_error(&thief), "WRONG_CREDENTIALS");
        assert_eq!((&thief["user"], &thief["tokens"]), (&json!(null), &json!(null)));

        // Whoever signs up again gets a link of their own: nobody can void another's. The first to be used ends all.
        stranger.done(SIGN_UP, ask).await;
        let token = Person::mailed_token(world, email).await;
        assert_ne!(token, old);
        for bad in ["", "x", &token[1..], &format!("{token}x")] {
            let payload = stranger.attempt(VERIFY, json!({ "token": bad, "password": PASSWORD })).await;
            assert_eq!(only_error(&payload), "INVALID_TOKEN", "{bad}");
        }

        let payload = stranger.done(VERIFY, json!({ "token": token, "password": PASSWORD })).await;
        assert_eq!(payload["user"]["displayName"], "Nina");
        assert_eq!((&payload["user"]["isVerified"], &payload["user"]["isHost"]), (&json!(true), &json!(true)));
        for used in [&token, &old] {
            let again = stranger.attempt(VERIFY, json!({ "token": used, "password": PASSWORD })).await;
            assert_eq!(only_error(&again), "INVALID_TOKEN");
        }
        stranger.done(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await;
    }
}

both! {
    async fn what_no_account_can_be_made_of(world: World) {
        let stranger = world.stranger();
        let long = "p".repeat(129);
        for (change, code, field) in [
            (json!({ "email": "no address" }), "EMAIL_INVALID", "email"),
            (json!({ "password": "short" }), "PASSWORD_TOO_SHORT", "password"),
            (json!({ "password": long }), "PASSWORD_TOO_LONG", "password"),
            (json!({ "password": "passwordpassword" }), "PASSWORD_TOO_WEAK", "password"),
            (json!({ "password": "new@example.org!" }), "PASSWORD_TOO_WEAK", "password"),
            (json!({ "displayName": " \u{200b} " }), "NAME_INVALID", "displayName"),
        ] {
            let mut input = json!({ "email": "new@example.org", "password": PASSWORD, "displayName": "New" });
            for (field, value) in change.as_object().unwrap() {
                input[field] = value.clone();
            }
            let payload = stranger.attempt(SIGN_UP, input).await;
            assert_eq!(only_error(&payload), code, "{change}: {payload}");
            assert_eq!(payload["errors"][0]["path"], json!([field]), "{change}");
            assert_eq!(payload["mailSent"], false);
        }
        assert_eq!(world.letters("new@example.org").await.len(), 0);
    }
}
