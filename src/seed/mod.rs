//! A believable market for trying out. Nothing here is needed by a server that has customers.

pub mod chance;
pub mod cities;

/// Stand-in.
pub const GUEST: &str = "guest@demo.sojourn.test";
/// Stand-in.
pub const HOST: &str = "host@demo.sojourn.test";
/// Stand-in.
pub const ADMIN: &str = "admin@demo.sojourn.test";
/// Stand-in.
pub const PASSWORD: &str = "sojourn-demo-2026";
/// Stand-in.
pub struct Ask {
    /// n
    pub listings: u32,
    /// s
    pub seed: u64,
}
/// Stand-in.
pub async fn seed(
    _: &crate::db::Db,
    _: &crate::ports::Files,
    _: Ask,
    _: crate::kernel::clock::Instant,
    _: &[u8; 32],
) -> anyhow::Result<String> {
    Ok("nothing".into())
}
