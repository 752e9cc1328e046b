//! Stories of accounts that need a database: a SQLite file each. What clients see is told in `tests/it`.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use clap::Parser;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    BadToken, Caller, Keys, SignedIn, Viewer, become_host, list_sessions, mail_sign_up, make_admin,
    pending_sign_up, refresh_session, revoke_session, session, sign_in, sign_out, sign_up, sign_up_token,
    update_profile, user, verify_email,
};
use crate::{
    app::App,
    config::Settings,
    jobs,
    kernel::{Clock, EmailAddress, Fault, PageAsk, UserId, clock::Instant},
    server::open,
};

const PASSWORD: &str = "vexing-Krakow-teapot";
const OTHER: &str = "mellow-Quito-lantern";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

/// Keys that are nobody's.
pub fn keys() -> Keys {
    let key = |kid: &str| format!("{kid}:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()));
    Keys::from_settings(Some(&key("a")), Some(&key("b")), std::path::Path::new("/"), false).unwrap()
}

/// A person who was never stored.
pub fn person(email: &str) -> user::Model {
    user::Model {
        id: UserId::new(),
        email: email.parse().unwrap(),
        password_hash: None,
        display_name: "Bob".into(),
        bio: String::new(),
        is_host: false,
        is_admin: false,
        email_verified_at: None,
        suspended_at: None,
        revision: 0,
        notification_seq: 0,
        created_at: Instant::UNIX_EPOCH,
    }
}

struct World {
    app: App,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let settings = Cli::parse_from(["test", &data_dir]).settings;
    let app = open::app(settings, Clock::ticking(), &[]).await.unwrap();
    World { app: App { keys: keys(), ..app }, _folder: folder }
}

impl World {
    async fn sign_up(&self, email: &str, password: &str) {
        let ask = sign_up::Ask {
            email: email.into(),
            password: password.into(),
            display_name: "Ann".into(),
            wants_host: false,
            caller: Caller::default(),
        };
        sign_up::sign_up(&self.app, ask).await.unwrap();
    }

    /// The link's tokens, oldest first.
    async fn tokens(&self, email: &str) -> Vec<String> {
        let rows = pending_sign_up::Entity::find()
            .filter(pending_sign_up::Column::Email.eq(email))
            .all(self.app.db.read())
            .await
            .unwrap();
        rows.iter().map(|row| sign_up_token::of(&self.app.keys, row).unwrap()).collect()
    }

    async fn verify(&self, token: &str, password: &str) -> Result<SignedIn, Fault<verify_email::Refusal>> {
        let ask =
            verify_email::Ask { token: token.into(), password: password.into(), caller: Caller::default() };
        verify_email::verify_email(&self.app, ask).await
    }

    async fn ann(&self) -> SignedIn {
        self.sign_up("ann@example.org", PASSWORD).await;
        let token = self.tokens("ann@example.org").await.remove(0);
        self.verify(&token, PASSWORD).await.unwrap()
    }

    async fn sign_in(&self, password: &str) -> Result<SignedIn, Fault<sign_in::Refusal>> {
        let caller = Caller::new(Some("192.0.2.1".into()), "Lynx/2.9\n");
        let ask = sign_in::Ask { email: "Ann@Example.org".into(), password: password.into(), caller };
        sign_in::sign_in(&self.app, ask).await
    }

    async fn refresh(&self, token: &str, seconds: i64) -> Result<SignedIn, Fault<refresh_session::Refusal>> {
        let now = self.app.clock.real_now() + TimeDelta::seconds(seconds);
        refresh_session::exchange(&self.app, token, now).await
    }

    async fn viewer(&self, signed_in: &SignedIn) -> Result<Viewer, Fault<BadToken>> {
        Viewer::admit(&self.app, &signed_in.access_token).await
    }

    async fn count_users(&self) -> u64 {
        user::Entity::find().count(self.app.db.read()).await.unwrap()
    }

    async fn job_kinds(&self) -> Vec<String> {
        let jobs = jobs::entity::Entity::find().all(self.app.db.read()).await.unwrap();
        jobs.into_iter().map(|job| job.kind).collect()
    }
}

fn refusal<T, R>(outcome: Result<T, Fault<R>>) -> R {
    match outcome {
        Err(Fault::Refused(refusal)) => refusal,
        Err(_) => panic!("another fault"),
        Ok(_) => panic!("no refusal"),
    }
}

#[tokio::test]
async fn an_account_begins_with_the_mailed_link_and_its_own_password() {
    let world = world().await;
    // A stranger lays an account in wait for Ann; then she signs up herself.
    world.sign_up("ann@example.org", OTHER).await;
    world.sign_up("ann@example.org", PASSWORD).await;
    assert_eq!(world.count_users().await, 0);
    assert_eq!(world.job_kinds().await, ["accounts.mail_sign_up"; 2]);
    let tokens = world.tokens("ann@example.org").await;
    assert_eq!(refusal(world.verify(&tokens[0], PASSWORD).await), verify_email::Refusal::WrongPassword);
    assert_eq!(refusal(world.verify("made-up", PASSWORD).await), verify_email::Refusal::InvalidToken);
    let signed_in = world.verify(&tokens[1], PASSWORD).await.unwrap();
    assert_eq!(signed_in.user.email.as_str(), "ann@example.org");
    assert!(world.viewer(&signed_in).await.unwrap().verified);
    // All links to this address are void now: the used one and the stranger's.
    assert_eq!(refusal(world.verify(&tokens[1], PASSWORD).await), verify_email::Refusal::InvalidToken);
    assert_eq!(refusal(world.verify(&tokens[0], OTHER).await), verify_email::Refusal::InvalidToken);
    assert!(world.sign_in(PASSWORD).await.is_ok());
    assert_eq!(refusal(world.sign_in(OTHER).await), sign_in::Refusal::WrongCredentials);
}

#[tokio::test]
async fn a_known_address_gets_the_same_answer_and_another_letter() {
    let world = world().await;
    let signed_in = world.ann().await;
    world.sign_up("ANN@example.org", OTHER).await;
    assert_eq!(world.tokens("ann@example.org").await.len(), 0);
    let jobs = jobs::entity::Entity::find().all(world.app.db.read()).await.unwrap();
    let notice = jobs.iter().find(|job| job.kind == "accounts.mail_known_email").unwrap();
    assert!(notice.payload.contains(&signed_in.user.id.to_string()));
    let (id, at) = (signed_in.user.id, Instant::UNIX_EPOCH);
    let letter = mail_sign_up::mail_known_email(&world.app, id, notice.id, at).await.unwrap().unwrap();
    assert_eq!(letter.to, signed_in.user.email);
}

#[tokio::test]
async fn the_letter_carries_a_token_that_is_stored_nowhere() {
    let world = world().await;
    world.sign_up("ann@example.org", PASSWORD).await;
    let row = pending_sign_up::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
    let token = world.tokens("ann@example.org").await.remove(0);
    let letter = mail_sign_up::mail_sign_up(&world.app, row.id).await.unwrap().unwrap();
    assert!(letter.text.contains(&token));
    let job = jobs::entity::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
    assert!(!format!("{row:?}{job:?}").contains(&token));
    world.verify(&token, PASSWORD).await.unwrap();
    assert!(mail_sign_up::mail_sign_up(&world.app, row.id).await.unwrap().is_none(), "used: nothing to send");
}

#[tokio::test]
async fn a_link_ends_after_a_day() {
    let world = world().await;
    world.sign_up("ann@example.org", PASSWORD).await;
    let token = world.tokens("ann@example.org").await.remove(0);
    let row = pending_sign_up::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
    assert_eq!(row.expires_at - row.created_at, TimeDelta::hours(24));
    let old = pending_sign_up::ActiveModel { expires_at: Set(row.created_at), ..row.into() };
    old.update(world.app.db.writer()).await.unwrap();
    assert_eq!(refusal(world.verify(&token, PASSWORD).await), verify_email::Refusal::InvalidToken);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_verify_at_once_make_one_account() {
    let world = world().await;
    world.sign_up("ann@example.org", PASSWORD).await;
    world.sign_up("ann@example.org", OTHER).await;
    let tokens = world.tokens("ann@example.org").await;
    let (first, again, other) = tokio::join!(
        world.verify(&tokens[0], PASSWORD),
        world.verify(&tokens[0], PASSWORD),
        world.verify(&tokens[1], OTHER),
    );
    let outcomes = [first, again, other];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(outcome), verify_email::Refusal::InvalidToken);
    }
    assert_eq!(world.count_users().await, 1);
    assert_eq!(session::Entity::find().count(world.app.db.read()).await.unwrap(), 1);
}

#[tokio::test]
async fn sign_ups_are_checked_before_anything_is_stored() {
    let world = world().await;
    let ask = |email: &str, password: &str, name: &str| {
        let ask = sign_up::Ask {
            email: email.into(),
            password: password.into(),
            display_name: name.into(),
            wants_host: false,
            caller: Caller::default(),
        };
        sign_up::sign_up(&world.app, ask)
    };
    assert_eq!(refusal(ask("ann", PASSWORD, "Ann").await), sign_up::Refusal::EmailInvalid);
    assert_eq!(refusal(ask("ann@example.org", PASSWORD, " ").await), sign_up::Refusal::NameInvalid);
    assert_eq!(refusal(ask("ann@example.org", "short", "Ann").await), sign_up::Refusal::PasswordTooShort);
    let weak = refusal(ask("ann@example.org", "ann@example.org", "Ann").await);
    assert!(matches!(weak, sign_up::Refusal::PasswordTooWeak { .. }), "{weak}");
    assert!(world.job_kinds().await.is_empty());
}

#[tokio::test]
async fn letters_to_one_address_are_slowed_down() {
    let world = world().await;
    for _ in 0..5 {
        world.sign_up("ann@example.org", PASSWORD).await;
    }
    let ask = sign_up::Ask {
        email: "ann@example.org".into(),
        password: PASSWORD.into(),
        display_name: "Ann".into(),
        wants_host: true,
        caller: Caller::default(),
    };
    let limited = refusal(sign_up::sign_up(&world.app, ask).await);
    assert_eq!(limited, sign_up::Refusal::RateLimited { retry_after_seconds: 1 });
    world.sign_up("bob@example.org", PASSWORD).await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_an_account_that_exists_or_not() {
    let world = world().await;
    world.ann().await;
    for email in ["ann@example.org", "nobody@example.org"] {
        let guess = || {
            let ask = sign_in::Ask { email: email.into(), password: OTHER.into(), caller: Caller::default() };
            sign_in::sign_in(&world.app, ask)
        };
        for _ in 0..5 {
            assert_eq!(refusal(guess().await), sign_in::Refusal::WrongCredentials);
        }
        assert_eq!(refusal(guess().await), sign_in::Refusal::RateLimited { retry_after_seconds: 1 });
    }
}

#[tokio::test]
async fn a_weaker_hash_is_replaced_when_its_owner_signs_in() {
    let world = world().await;
    let signed_in = world.ann().await;
    let weak = argon2::Argon2::from(argon2::Params::new(8 * 1024, 1, 1, None).unwrap());
    let hash = argon2::PasswordHasher::hash_password(&weak, PASSWORD.as_bytes()).unwrap().to_string();
    let old = user::ActiveModel { password_hash: Set(Some(hash)), ..signed_in.user.into() };
    old.update(world.app.db.writer()).await.unwrap();
    world.sign_in(PASSWORD).await.unwrap();
    let kept = user::Entity::find().one(world.app.db.read()).await.unwrap().unwrap().password_hash.unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    world.sign_in(PASSWORD).await.unwrap();
}

#[tokio::test]
async fn who_is_suspended_stays_out() {
    let world = world().await;
    let signed_in = world.ann().await;
    let suspended =
        user::ActiveModel { suspended_at: Set(Some(world.app.clock.now())), ..signed_in.user.clone().into() };
    suspended.update(world.app.db.writer()).await.unwrap();
    assert_eq!(refusal(world.sign_in(PASSWORD).await), sign_in::Refusal::Suspended);
    assert_eq!(refusal(world.sign_in(OTHER).await), sign_in::Refusal::WrongCredentials);
    assert!(world.refresh(&signed_in.refresh_token, 0).await.is_err());
    let viewer = world.viewer(&signed_in).await.unwrap();
    assert!(viewer.suspended);
    assert!(matches!(become_host::become_host(&world.app, &viewer).await, Err(Fault::Forbidden)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_exchanged_once_and_parallel_exchanges_agree() {
    let world = world().await;
    let first = world.ann().await;
    let exchanges = (0..8).map(|_| world.refresh(&first.refresh_token, 60));
    let answers = futures_util::future::join_all(exchanges).await;
    let second = answers[0].as_ref().ok().unwrap().refresh_token.clone();
    assert_ne!(second, first.refresh_token);
    for answer in answers {
        let answer = answer.ok().unwrap();
        assert_eq!((answer.refresh_token, answer.session), (second.clone(), first.session));
        Viewer::admit(&world.app, &answer.access_token).await.unwrap();
    }
    let third = world.refresh(&second, 120).await.unwrap();
    assert_ne!(third.refresh_token, second);
}

#[tokio::test]
async fn reusing_an_old_refresh_token_ends_the_session() {
    let world = world().await;
    let first = world.ann().await;
    let other = world.sign_in(PASSWORD).await.unwrap();
    let second = world.refresh(&first.refresh_token, 60).await.unwrap();
    assert!(world.viewer(&second).await.is_ok());
    let ended = refusal(world.refresh(&first.refresh_token, 71).await);
    assert_eq!(ended, refresh_session::Refusal::InvalidToken);
    assert_eq!(refusal(world.refresh(&second.refresh_token, 72).await), ended, "the family is gone");
    assert_eq!(refusal(world.viewer(&second).await), BadToken::Ended, "at once");
    assert!(world.refresh(&other.refresh_token, 72).await.is_ok(), "other sessions live on");
}

#[tokio::test]
async fn the_grandfather_of_a_token_ends_the_session_too() {
    let world = world().await;
    let first = world.ann().await;
    let second = world.refresh(&first.refresh_token, 60).await.unwrap();
    let third = world.refresh(&second.refresh_token, 61).await.unwrap();
    assert!(world.refresh(&first.refresh_token, 62).await.is_err());
    assert!(world.refresh(&third.refresh_token, 63).await.is_err());
}

#[tokio::test]
async fn a_session_idles_for_thirty_days_and_lasts_for_ninety() {
    let world = world().await;
    let day = 24 * 60 * 60;
    let idle = world.ann().await;
    assert!(world.refresh(&idle.refresh_token, 30 * day + 5).await.is_err());
    let mut busy = world.sign_in(PASSWORD).await.unwrap();
    for days in [29, 58, 87] {
        busy = world.refresh(&busy.refresh_token, days * day).await.unwrap();
    }
    assert!(world.refresh(&busy.refresh_token, 90 * day + 5).await.is_err());
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner_only() {
    let world = world().await;
    let first = world.ann().await;
    let second = world.sign_in(PASSWORD).await.unwrap();
    let ann = world.viewer(&first).await.unwrap();
    world.sign_up("bob@example.org", PASSWORD).await;
    let token = world.tokens("bob@example.org").await.remove(0);
    let bob = world.verify(&token, PASSWORD).await.unwrap();
    let bob = world.viewer(&bob).await.unwrap();

    let list = |viewer: Viewer, page: PageAsk<_>| {
        let app = world.app.clone();
        async move { list_sessions::list_sessions(&app, &viewer, &page).await.unwrap() }
    };
    let now = world.app.clock.real_now();
    let total = list_sessions::count_of(world.app.db.read(), ann.user, now).await;
    assert_eq!(total.unwrap(), 2);
    let page = list(ann, PageAsk::first(1)).await;
    assert_eq!((page.rows[0].id, page.has_next), (second.session, true));
    assert_eq!(page.rows[0].device, "Lynx/2.9");
    let page = list(ann, PageAsk { size: 5, from: Some(second.session), backward: false }).await;
    assert_eq!((page.rows[0].id, page.rows.len()), (first.session, 1));
    let page = list(ann, PageAsk { size: 5, from: None, backward: true }).await;
    assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second.session, first.session]);

    let theirs = revoke_session::revoke_session(&world.app, &bob, second.session).await;
    assert!(matches!(theirs, Err(Fault::Missing)));
    assert!(world.viewer(&second).await.is_ok());
    revoke_session::revoke_session(&world.app, &ann, second.session).await.unwrap();
    assert_eq!(refusal(world.viewer(&second).await), BadToken::Ended);
    assert!(world.refresh(&second.refresh_token, 0).await.is_err());
    assert_eq!(list(ann, PageAsk::first(5)).await.rows.len(), 1);

    sign_out::sign_out(&world.app, &ann).await.unwrap();
    sign_out::sign_out(&world.app, &ann).await.unwrap();
    assert_eq!(refusal(world.viewer(&first).await), BadToken::Ended);
}

#[tokio::test]
async fn letting_somebody_in_again_asks_the_database_nothing() {
    let world = world().await;
    let signed_in = world.ann().await;
    world.viewer(&signed_in).await.unwrap();
    let before = world.app.db.statements();
    world.viewer(&signed_in).await.unwrap();
    assert_eq!(world.app.db.statements(), before);
    assert_eq!(refusal(Viewer::admit(&world.app, "made-up").await), BadToken::Invalid);
    assert_eq!(world.app.db.statements(), before);
}

#[tokio::test]
async fn roles_and_profiles_change() {
    let world = world().await;
    let signed_in = world.ann().await;
    let viewer = world.viewer(&signed_in).await.unwrap();
    assert!(!viewer.is_host && !viewer.is_admin);
    assert!(become_host::become_host(&world.app, &viewer).await.unwrap().is_host);
    assert!(world.viewer(&signed_in).await.unwrap().is_host, "at once");

    let nobody: EmailAddress = "nobody@example.org".parse().unwrap();
    assert!(matches!(make_admin::make_admin(&world.app.db, &nobody).await, Err(Fault::Missing)));
    assert!(make_admin::make_admin(&world.app.db, &signed_in.user.email).await.unwrap().is_admin);

    let update = |display_name: Option<&str>, bio: Option<&str>| {
        let ask =
            update_profile::Ask { display_name: display_name.map(Into::into), bio: bio.map(Into::into) };
        update_profile::update_profile(&world.app, &viewer, ask)
    };
    let changed = update(Some(" Ann M. "), Some("Hello.")).await.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.bio.as_str()), ("Ann M.", "Hello."));
    let same = update(None, None).await.unwrap();
    assert_eq!(same, changed);
    assert_eq!(update(None, Some("")).await.unwrap().bio, "");
    assert_eq!(refusal(update(Some("\u{200b}"), None).await), update_profile::Refusal::NameInvalid);
}
