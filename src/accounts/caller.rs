//! Who is at the other end of the line, before we know who it is. Nothing here is trusted.

/// The longest description of a device that is kept, in characters.
const LONGEST_DEVICE: usize = 200;

/// Where a call comes from.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The network address, as limits count it (an IPv6 /64 is one); none for the command line.
    pub address: Option<String>,
    /// What the client says it is.
    user_agent: String,
}

impl Caller {
    /// `address` as limits count it; `user_agent` as the client sent it.
    pub fn new(address: Option<String>, user_agent: &str) -> Self {
        // Shown to the person in the list of sessions, and kept: so short, and in one line.
        let user_agent = user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE).collect();
        Self { address, user_agent }
    }

    /// The device, to be recognised by its owner; empty if the client doesn't say.
    pub fn device(&self) -> &str {
        &self.user_agent
    }
}
