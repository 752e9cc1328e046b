//! Where pictures are developed: a few at a time, off the threads that answer requests. What it does is in `picture`.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::picture::{NotAPicture, Picture, develop};

/// How many pictures are in work at once: each may take some hundred megabytes for a moment.
const HANDS: usize = 2;
/// How many pictures are in the house at once, in work or waiting: each is held in memory meanwhile.
const PLACES: usize = 12;

/// A bounded number of hands for work on pictures, and of places to wait for them. Clones share both.
#[derive(Debug, Clone)]
pub struct Darkroom {
    places: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

/// A place for one picture; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    place: OwnedSemaphorePermit,
    hands: Arc<Semaphore>,
}

impl Default for Darkroom {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), hands: Arc::new(Semaphore::new(HANDS)) }
    }
}

impl Darkroom {
    /// A place for a picture that is about to come in; `None` if too many are here already.
    pub fn enter(&self) -> Option<Place> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        Some(Place { place, hands: self.hands.clone() })
    }
}

impl Place {
    /// Waits for a free hand, then develops on a blocking thread; see [`develop`].
    pub async fn develop(self, bytes: Bytes) -> Result<Picture, NotAPicture> {
        // The semaphore is never closed, so there is always a permit to come.
        let hand = self.hands.acquire_owned().await.map_err(|_| NotAPicture::Broken)?;
        let place = self.place;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller who goes away doesn't free the hand while it is still busy.
            let _held = (place, hand);
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
        let work = (0..10).map(|_| darkroom.enter().unwrap().develop(png.clone()));
        for developed in futures_util::future::join_all(work).await {
            assert_eq!(developed.map(|picture| (picture.width, picture.height)), Ok((40, 30)));
        }
        let text = darkroom.enter().unwrap().develop("text".into()).await;
        assert_eq!(text.err(), Some(NotAPicture::UnknownFormat));
        assert_eq!(darkroom.hands.available_permits(), HANDS);
    }

    #[test]
    fn who_comes_when_too_many_wait_is_sent_away() {
        let darkroom = Darkroom::default();
        let mut places: Vec<_> = (0..PLACES).map(|_| darkroom.enter().unwrap()).collect();
        assert!(darkroom.enter().is_none());
        places.pop();
        assert!(darkroom.enter().is_some());
    }
}
