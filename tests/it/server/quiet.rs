//! What people entrust to the server stands in no log, and comes back in no error.

use serde_json::{Value, json};

use crate::{
    both,
    support::{Client, process::Process},
};

const EMAIL: &str = "canary-email@example.org";
const PASSWORD: &str = "canary-password-4711";
const TOKEN: &str = "canary-token-4711";
const CARD: &str = "4111111111111199";

both! {
    async fn no_secret_is_logged_or_said_again(world: World) {
        let ann = world.guest("Ann").await;
        world.settle().await;
        world.stop().await;
        let process = Process::start(world).await;
        let mut said = Vec::new();
        let stranger = Client::new(&world.url, None);
        let forged = Client::new(&world.url, Some(TOKEN.to_owned()));

        let right = [
            ("signUp", "SignUpInput", json!({ "email": EMAIL, "password": PASSWORD, "displayName": "Canary" })),
            ("signIn", "SignInInput", json!({ "email": EMAIL, "password": PASSWORD })),
            ("signIn", "SignInInput", json!({ "email": PASSWORD, "password": EMAIL })),
            ("verifyEmail", "VerifyEmailInput", json!({ "token": TOKEN, "password": PASSWORD })),
            ("refreshSession", "RefreshSessionInput", json!({ "refreshToken": TOKEN })),
            ("sandboxPay", "SandboxPayInput", json!({ "paymentId": "pay_x", "card": CARD, "idempotencyKey": "k" })),
            // In the wrong place, and of the wrong type.
            ("signIn", "SignInInput", json!({ "email": [EMAIL], "password": { "value": PASSWORD } })),
            ("sandboxPay", "SandboxPayInput", json!({ "paymentId": TOKEN, "card": 4_111_111_111_111_199_i64 })),
            ("advanceClock", "AdvanceClockInput", json!({ "to": PASSWORD })),
            ("revokeSession", "RevokeSessionInput", json!({ "sessionId": TOKEN })),
        ];
        for (mutation, ty, input) in right {
            let document = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ errors {{ message path }} }} }}");
            for client in [&stranger, &forged, &ann.client] {
                let body = json!({ "query": document, "variables": { "input": input } });
                said.push(client.post("/graphql", body).await.text().await.unwrap());
            }
        }
        for query in [
            format!("mutation {{ signIn(input: {{ email: \"{EMAIL}\", password: {CARD} }}) {{ errors {{ message }} }} }}"),
            format!("mutation {{ advanceClock(input: {{ to: \"{PASSWORD}\" }}) {{ errors {{ message }} }} }}"),
            format!("{{ node(id: \"{TOKEN}\") {{ id }} }}"),
        ] {
            said.push(ann.post("/graphql", json!({ "query": query })).await.text().await.unwrap());
        }
        said.push(forged.post_bytes("/uploads", "image/jpeg", PASSWORD.into()).await.text().await.unwrap());
        said.push(stranger.fetch(&format!("/verify-email?token={TOKEN}")).await.text().await.unwrap());
        assert_eq!(stranger.post_webhook(PASSWORD.as_bytes(), TOKEN).await, 400);
        process.stop().await;

        let log = std::fs::read_to_string(world.folder().join("server.log")).unwrap();
        assert!(!log.is_empty());
        let said = Value::from(said).to_string();
        for secret in [EMAIL, "canary-email", PASSWORD, TOKEN, CARD] {
            let at = |text: &str| text.find(secret).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert_eq!(at(&log), None, "in the log");
            assert_eq!(at(&said), None, "in an answer");
        }
        world.start(8).await;
    }
}
