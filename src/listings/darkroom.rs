//! Where pictures are developed: a few at a time, off the threads that answer requests. What it does is in `picture`.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::picture::{NotAPicture, Picture, develop};

/// How many pictures are in work at once: each may take some hundred megabytes for a moment.
const HANDS: usize = 2;

/// A bounded number of hands for work on pictures. Clones share them.
#[derive(Debug, Clone)]
pub struct Darkroom {
    hands: Arc<Semaphore>,
}

impl Default for Darkroom {
    fn default() -> Self {
        Self { hands: Arc::new(Semaphore::new(HANDS)) }
    }
}

impl Darkroom {
    /// Waits for a free hand, then develops on a blocking thread; see [`develop`].
    pub async fn develop(&self, bytes: Bytes) -> Result<Picture, NotAPicture> {
        // The semaphore is never closed, so there is always a permit to come.
        let hand = self.hands.clone().acquire_owned().await.map_err(|_| NotAPicture::Broken)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller who goes away doesn't free the hand while it is still busy.
            let _hand = hand;
            develop(&bytes)
        });
        // A decoder that panics on a file has called it broken.
        work.await.unwrap_or(Err(NotAPicture::Broken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_pictures_share_few_hands() {
        let darkroom = Darkroom::default();
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(40, 30).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let png = Bytes::from(png.into_inner());
        let work = (0..10).map(|_| darkroom.develop(png.clone()));
        for developed in futures_util::future::join_all(work).await {
            assert_eq!(developed.map(|picture| (picture.width, picture.height)), Ok((40, 30)));
        }
        assert_eq!(darkroom.develop("text".into()).await.err(), Some(NotAPicture::UnknownFormat));
        assert_eq!(darkroom.hands.available_permits(), HANDS);
    }
}
