//! Secrets of webhooks as operators write them: an empty one opens nothing.

use serde_json::json;

use crate::support::{World, stripe::signature_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_part_of_the_secret_signs_nothing() {
    for secret in ["", ",", "whsec_abcdefghijklmnop,", " , whsec_abcdefghijklmnop"] {
        let flags = [
            "--stripe-secret-key=sk_test_elsewhere",
            "--stripe-api-url=http://127.0.0.1:1",
            &format!("--stripe-webhook-secret={secret}"),
        ];
        let world = World::with_flags(&flags).await;
        let body = json!({ "id": "evt_1", "object": "event", "type": "charge.failed" }).to_string();
        let forged = signature_of("", body.as_bytes(), world.app.clock.real_now());
        assert_eq!(world.stranger().post_webhook(body.as_bytes(), &forged).await, 400, "{secret:?}");
        if secret.contains("whsec") {
            let right = signature_of("whsec_abcdefghijklmnop", body.as_bytes(), world.app.clock.real_now());
            assert_eq!(world.stranger().post_webhook(body.as_bytes(), &right).await, 200, "{secret:?}");
        }
        world.stop().await;
    }
}
