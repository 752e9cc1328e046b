//! The real binary, killed and stopped. What a single function does when it fails is not tested here.

mod kill;
mod matrix;
mod terminate;
