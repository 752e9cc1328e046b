//! `notificationReceived`: nothing is lost or doubled, whenever somebody comes back; and the stream ends with the session.

use futures_util::future::join_all;
use serde_json::json;

use super::{HEAR, all, listen, pair, tell};
use crate::both;

both! {
    async fn whoever_comes_back_hears_each_notice_once_and_in_order(world: World) {
        const ROUNDS: usize = 4;
        const AT_ONCE: usize = 8;
        const EACH: usize = 8;
        let guest = world.guest("Gustavo").await;
        tell(&world.app, &guest, "the first").await;
        let first = all(&guest).await.remove(0);
        let mut heard = vec![first];

        for round in 0..ROUNDS {
            // A storm from many sides, while the guest comes and goes.
            let storm: Vec<_> = (0..AT_ONCE)
                .map(|n| {
                    let (app, guest) = (world.app.clone(), guest.clone());
                    tokio::spawn(async move {
                        for m in 0..EACH {
                            tell(&app, &guest, &format!("{round} {n} {m}")).await;
                        }
                    })
                })
                .collect();
            let until = 1 + (round + 1) * AT_ONCE * EACH;
            while heard.len() < until {
                // A few, then gone again: some come while nobody listens, some while the socket opens.
                let mut socket = listen(&guest, heard.last().map(|(id, _)| id.as_str())).await;
                for _ in 0..rand::random_range(1..=20).min(until - heard.len()) {
                    heard.push(pair(&socket.next().await));
                }
            }
            for part in join_all(storm).await {
                part.unwrap();
            }
        }
        assert_eq!(heard, all(&guest).await);

        // Nothing comes twice: what comes next is what happens next.
        let mut socket = listen(&guest, heard.last().map(|(id, _)| id.as_str())).await;
        tell(&world.app, &guest, "the last").await;
        tell(&world.app, &guest, "the last").await;
        tell(&world.app, &guest, "the very last").await;
        assert_eq!(socket.next().await["title"], "the last");
        assert_eq!(socket.next().await["title"], "the very last");
    }
}

both! {
    async fn what_is_not_ones_own_is_not_heard(world: World) {
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        tell(&world.app, &guest, "for Gustavo").await;
        let foreign = all(&guest).await.remove(0).0;

        // From somebody else's notice, or from none at all, nothing can be heard.
        let mut socket = other.socket().await;
        for after in [foreign.as_str(), "ntf_00000000000000000000000000000000", "nonsense"] {
            socket.subscribe(HEAR, json!({ "after": after })).await;
            let message = socket.receive().await;
            let error = if message["type"] == "error" { &message["payload"][0] } else { &message["payload"]["errors"][0] };
            assert!(error["extensions"]["code"].is_string(), "{message:#}");
            if message["type"] != "error" {
                assert_eq!(socket.receive().await["type"], "complete");
            }
        }
        tell(&world.app, &other, "ready").await;
        let ready = all(&other).await.remove(0).0;
        let mut socket = listen(&other, Some(&ready)).await;
        tell(&world.app, &guest, "again for Gustavo").await;
        tell(&world.app, &other, "for Greta").await;
        assert_eq!(socket.next().await["title"], "for Greta");
    }
}

both! {
    async fn a_stream_ends_with_its_session(world: World) {
        let guest = world.guest("Gustavo").await;
        let socket = listen(&guest, None).await;
        let sessions = guest.get("{ viewer { sessions(first: 5) { nodes { id isCurrent } } } }", json!({})).await;
        let session = sessions["sessions"]["nodes"][0]["id"].clone();
        guest.done(
            "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId errors { code message } } }",
            json!({ "sessionId": session }),
        ).await;
        assert_eq!(socket.closed().await, 4403);
    }
}
