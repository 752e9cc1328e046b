//! Letters that the mail server refuses for good: said once in the log, never sent again.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use sojourn::{
    accounts::user,
    jobs::entity::{self, State},
    kernel::UserId,
    notifications::{
        deliver::{Notice, deliver},
        notification::{self, Kind},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::support::World;

/// A mail server that knows nobody.
async fn knows_nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (reads, mut writes) = stream.into_split();
                let mut lines = BufReader::new(reads).lines();
                writes.write_all(b"220 mail\r\n").await.ok();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer =
                        if line.starts_with("RCPT") { "550 5.1.1 no such user\r\n" } else { "250 fine\r\n" };
                    writes.write_all(answer.as_bytes()).await.ok();
                }
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_refused_for_good_is_not_sent_again() {
    let world = World::with_flags(&[&format!("--smtp-url={}", knows_nobody().await)]).await;
    world
        .stranger()
        .done(
            "mutation($input: SignUpInput!) { signUp(input: $input) { mailSent errors { code } } }",
            json!({
                "email": "nobody@example.org", "password": "seven quiet otters drift", "displayName": "Nobody",
                "asHost": false,
            }),
        )
        .await;
    let id = UserId::new();
    let person = user::ActiveModel {
        id: Set(id),
        email: Set("gone@example.org".parse().unwrap()),
        password_hash: Set(None),
        display_name: Set("Gone".to_owned()),
        bio: Set(String::new()),
        is_host: Set(false),
        is_admin: Set(false),
        email_verified_at: Set(Some(world.now())),
        suspended_at: Set(None),
        revision: Set(0),
        notification_seq: Set(0),
        created_at: Set(world.now()),
    };
    person.insert(world.app.db.writer()).await.unwrap();
    let notice = Notice {
        user: id,
        kind: Kind::PaymentFailed,
        title: "Hello".to_owned(),
        body: String::new(),
        booking: None,
        occasion: "hello".to_owned(),
    };
    deliver(&world.app, vec![notice]).await.unwrap();
    world.settle().await;

    let jobs = entity::Entity::find().all(world.app.db.read()).await.unwrap();
    for kind in ["accounts.mail_sign_up", "notifications.mail"] {
        let job = jobs.iter().find(|job| job.kind == kind).unwrap();
        assert_eq!((job.state, job.attempts, job.last_error.as_ref()), (State::Done, 1, None), "{kind}");
    }
    let notice = notification::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
    assert_eq!(notice.mailed_at, None, "it was not mailed, and nobody says so");
    world.finish().await;
}
