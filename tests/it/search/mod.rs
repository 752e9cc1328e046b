//! Search as a client sees it. What it finds is tested beside it in `src/search`; here: the words of the API, totals
//! against quotes, and results that are kept.

mod form;
mod kept;
mod refused;
mod totals;
