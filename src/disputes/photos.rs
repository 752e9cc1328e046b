//! Attaching pictures to a dispute, in the transaction of whoever says something. Whether they may is judged there.

use sea_orm::{ActiveValue::Set, EntityTrait};

use super::dispute_photo;
use crate::{
    db::Tx,
    kernel::{DisputeId, Fault, PhotoId, UploadId, UserId, clock::Instant},
    listings::take_upload::take_upload,
};

/// Pictures that one side may show.
pub const MOST_PHOTOS: usize = 10;

/// Attaches a person's own uploads; the first that there is not, or that was used, is told by `unknown`.
pub async fn attach<R>(
    tx: &Tx,
    dispute: DisputeId,
    user: UserId,
    uploads: &[UploadId],
    of_answer: bool,
    unknown: impl Fn(UploadId) -> R,
    now: Instant,
) -> Result<(), Fault<R>> {
    for (id, position) in uploads.iter().zip(0..) {
        let upload = take_upload(tx, user, *id, now).await?;
        let upload = upload.ok_or_else(|| Fault::Refused(unknown(*id)))?;
        let row = dispute_photo::ActiveModel {
            id: Set(PhotoId::new()),
            dispute_id: Set(dispute),
            of_answer: Set(of_answer),
            position: Set(position),
            file_key: Set(upload.file_key),
            width: Set(upload.width),
            height: Set(upload.height),
            blurhash: Set(upload.blurhash),
            color: Set(upload.color),
            widths: Set(upload.widths),
            created_at: Set(now),
        };
        dispute_photo::Entity::insert(row).exec_without_returning(&**tx).await?;
    }
    Ok(())
}
