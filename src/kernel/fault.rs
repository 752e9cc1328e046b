//! How a use case fails: five ways, one of them its own. The mapping to the API is the roof's work.

/// Why a use case did not do what was asked. `R` is its own small enum of refusals.
#[derive(Debug, thiserror::Error)]
pub enum Fault<R> {
    /// The rules say no: a normal answer, with data that helps to go on.
    #[error("refused")]
    Refused(R),
    /// There is no such thing, or it isn't yours: the two can't be told apart.
    #[error("there is no such thing")]
    Missing,
    /// The caller must sign in first.
    #[error("sign in first")]
    SignInFirst,
    /// The caller is known and may not do this.
    #[error("this is not allowed")]
    Forbidden,
    /// Something failed that is not the caller's fault; the cause goes to the log only.
    #[error("something failed")]
    Broken(#[source] anyhow::Error),
}

/// The refusal of what has no refusal of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {}

impl<R> Fault<R> {
    /// The same fault with another kind of refusal.
    pub fn map<S>(self, f: impl FnOnce(R) -> S) -> Fault<S> {
        match self {
            Self::Refused(refusal) => Fault::Refused(f(refusal)),
            Self::Missing => Fault::Missing,
            Self::SignInFirst => Fault::SignInFirst,
            Self::Forbidden => Fault::Forbidden,
            Self::Broken(cause) => Fault::Broken(cause),
        }
    }
}

impl Fault<Never> {
    /// A fault without a refusal fits every use case.
    pub fn widen<R>(self) -> Fault<R> {
        self.map(|never| match never {})
    }
}

impl<R> From<anyhow::Error> for Fault<R> {
    fn from(cause: anyhow::Error) -> Self {
        Self::Broken(cause)
    }
}

impl<R> From<sea_orm::DbErr> for Fault<R> {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::Broken(cause.into())
    }
}

impl<R: std::fmt::Debug> Fault<R> {
    /// A refusal that the caller has ruled out becomes a failure.
    pub fn map_to_broken<S>(self, what: &str) -> Fault<S> {
        match self {
            Self::Refused(refusal) => Fault::Broken(anyhow::anyhow!("{what} was refused: {refusal:?}")),
            Self::Missing => Fault::Missing,
            Self::SignInFirst => Fault::SignInFirst,
            Self::Forbidden => Fault::Forbidden,
            Self::Broken(cause) => Fault::Broken(cause),
        }
    }
}
