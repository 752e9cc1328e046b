//! Signing out: the viewer's own session ends.

use super::{Viewer, revoke_session::revoke_session};
use crate::{
    app::App,
    kernel::{Fault, Never},
};

/// Ends the session that the viewer came with. Signing out twice is no fault.
pub async fn sign_out(app: &App, viewer: &Viewer) -> Result<(), Fault<Never>> {
    match revoke_session(app, viewer, viewer.session).await {
        Err(Fault::Missing) => Ok(()),
        outcome => outcome,
    }
}
