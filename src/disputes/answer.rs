//! `answerDispute`: the other side of a stay says what it has to say, once, within 72 hours. Then an admin decides.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    dispute::{self, Status},
    find,
    photos::{self, MOST_PHOTOS},
    rules,
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    event::Event,
    kernel::{DisputeId, Fault, UploadId},
};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Empty, too long, or with control characters.
    #[error("an answer has 1 to {} characters, and no control characters", rules::LONGEST_TEXT)]
    Text,
    /// More pictures than one side may show, or one twice.
    #[error("at most {MOST_PHOTOS} pictures, each once")]
    TooManyPhotos,
    /// No such upload, or it was used already.
    #[error("there is no unused upload {0}")]
    UnknownUpload(UploadId),
    /// Whoever asks has opened it.
    #[error("the other side answers")]
    OwnDispute,
    /// It was answered, or is over, or the time for an answer is.
    #[error("this dispute waits for no answer")]
    NotOpen,
}

/// Answers a dispute, as the side that did not open it.
pub async fn answer(
    app: &App,
    viewer: &Viewer,
    id: DisputeId,
    text: &str,
    uploads: &[UploadId],
) -> Result<dispute::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    if !rules::is_text(text) {
        return Err(Fault::Refused(Refusal::Text));
    }
    let mut each = uploads.to_vec();
    each.sort_unstable();
    each.dedup();
    if uploads.len() > MOST_PHOTOS || each.len() < uploads.len() {
        return Err(Fault::Refused(Refusal::TooManyPhotos));
    }
    app.db
        .write(|tx| async move {
            let seen = find::seen_by(&*tx, viewer.user, &[id]).await?;
            let dispute = seen.into_iter().next().ok_or(Fault::Missing)?;
            if dispute.opened_by == Some(viewer.user) {
                return Err(Fault::Refused(Refusal::OwnDispute));
            }
            if !rules::may_answer(&dispute, now) {
                return Err(Fault::Refused(Refusal::NotOpen));
            }

            let change = dispute::ActiveModel {
                status: Set(Status::Answered),
                answer: Set(Some(text.trim().to_owned())),
                answered_at: Set(Some(now)),
                updated_at: Set(now),
                ..Default::default()
            };
            let moved = dispute::Entity::update_many()
                .set(change)
                .filter(dispute::Column::Id.eq(id))
                .filter(dispute::Column::Status.eq(Status::Open))
                .exec_with_returning(&*tx)
                .await?;
            let answered = moved.into_iter().next().ok_or(Fault::Refused(Refusal::NotOpen))?;
            photos::attach(&tx, id, viewer.user, uploads, true, Refusal::UnknownUpload, now).await?;
            Event::DisputeAnswered { dispute: id }.emit(&tx, now).await?;
            Ok(answered)
        })
        .await
}
