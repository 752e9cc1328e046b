//! Changing what others see of oneself.

use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Viewer,
    display_name::{self, DisplayName, is_harmful},
    user,
};
use crate::{app::App, kernel::Fault};

/// The longest bio, in characters.
pub const LONGEST_BIO: usize = 2_000;

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The name that others see.
    pub display_name: Option<String>,
    /// A few words; an empty text clears them.
    pub bio: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing to be seen, too long, or with control characters.
    #[error("a name has 1 to {} visible characters", display_name::LONGEST)]
    NameInvalid,
    /// Too long, or with control characters.
    #[error("a bio has at most {LONGEST_BIO} characters, and no control characters")]
    BioInvalid,
}

/// Changes the viewer's profile and returns the account.
pub async fn update_profile(app: &App, viewer: &Viewer, ask: Ask) -> Result<user::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let name = ask.display_name.map(|text| text.parse::<DisplayName>()).transpose();
    let name = name.map_err(|_| Fault::Refused(Refusal::NameInvalid))?.map(String::from);
    let bio = ask.bio.map(read_bio).transpose().map_err(Fault::Refused)?;

    let id = viewer.user;
    let change = user::ActiveModel {
        // Something is always set, so that an ask that changes nothing is answered like the others.
        id: ActiveValue::Set(id),
        display_name: name.map_or(ActiveValue::NotSet, ActiveValue::Set),
        bio: bio.map_or(ActiveValue::NotSet, ActiveValue::Set),
        ..Default::default()
    };
    let change = &change;
    let changed = app
        .db
        .write(|tx| async move {
            let changed = user::Entity::update_many()
                .set(change.clone())
                .filter(user::Column::Id.eq(id))
                .exec_with_returning(&*tx)
                .await?;
            Ok::<_, Fault<Refusal>>(changed)
        })
        .await?;
    changed.into_iter().next().ok_or(Fault::Missing)
}

fn read_bio(text: String) -> Result<String, Refusal> {
    // Four bytes is the longest character.
    if text.len() > LONGEST_BIO * 4 {
        return Err(Refusal::BioInvalid);
    }
    let text = text.replace("\r\n", "\n").trim().to_owned();
    let fits = text.chars().count() <= LONGEST_BIO && !text.chars().any(|c| c != '\n' && is_harmful(c));
    if fits { Ok(text) } else { Err(Refusal::BioInvalid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bio_has_lines_and_a_length() {
        let bio = |text: &str| read_bio(text.to_owned());
        assert_eq!(bio("  I like trees.\r\n\r\nAnd you?\n"), Ok("I like trees.\n\nAnd you?".into()));
        assert_eq!(bio(""), Ok(String::new()));
        assert!(bio(&"界".repeat(2_000)).is_ok());
        for text in [&"x".repeat(2_001), "a\u{0}b", "a\u{202e}b", "a\tb\u{1b}[31m"] {
            assert_eq!(bio(text), Err(Refusal::BioInvalid), "{text:?}");
        }
    }
}
