//! Every address that the emulator knows, and who answers there. No decision is made here.

use serde_json::Value;

use super::{
    accounts, books::Turn, charges, disputes, errors::ApiError, intents, paying, refunds, service::Call,
    transfers,
};

/// Does a call; `url` is where the emulator itself listens.
pub(super) fn go(turn: &mut Turn<'_>, call: &Call, url: &str) -> Result<Value, ApiError> {
    let params = &call.params;
    match (call.method.as_str(), call.parts().as_slice()) {
        ("POST", ["payment_intents"]) => intents::create(turn, params),
        ("GET", ["payment_intents"]) => intents::list_all(turn, params),
        ("GET", ["payment_intents", id]) => intents::fetch(turn, id, params),
        ("POST", ["payment_intents", id, "confirm"]) => paying::confirm(turn, id, params),
        ("POST", ["payment_intents", id, "capture"]) => paying::capture(turn, id, params),
        ("POST", ["payment_intents", id, "cancel"]) => paying::cancel(turn, id, params),
        ("POST", ["test_helpers", "payment_intents", id, "authenticate"]) => {
            paying::authenticate(turn, id, params)
        }
        ("POST", ["refunds"]) => refunds::create(turn, params),
        ("GET", ["refunds"]) => refunds::list_all(turn, params),
        ("GET", ["refunds", id]) => refunds::fetch(turn, id, params),
        ("GET", ["disputes"]) => disputes::list_all(turn, params),
        ("GET", ["disputes", id]) => disputes::fetch(turn, id, params),
        ("POST", ["disputes", id]) => disputes::update(turn, id, params),
        ("POST", ["disputes", id, "close"]) => disputes::close(turn, id, params),
        ("POST", ["test_helpers", "charges", id, "dispute"]) => disputes::plant(turn, id, params),
        ("GET", ["charges", id]) => charges::fetch(turn, id, params),
        ("GET", ["balance_transactions"]) => charges::list_transactions(turn, params),
        ("GET", ["balance_transactions", id]) => charges::fetch_transaction(turn, id, params),
        ("POST", ["accounts"]) => accounts::create(turn, params),
        ("GET", ["accounts", id]) => accounts::fetch(turn, id, params),
        ("POST", ["account_links"]) => accounts::link(turn, params, url),
        ("POST", ["test_helpers", "accounts", id, "complete_onboarding"]) => {
            accounts::complete(turn, id, params)
        }
        ("POST", ["test_helpers", "accounts", id, "disable"]) => accounts::disable(turn, id, params),
        ("POST", ["test_helpers", "accounts", id, "empty"]) => accounts::empty(turn, id, params),
        ("POST", ["transfers"]) => transfers::create(turn, params),
        ("GET", ["transfers"]) => transfers::list_all(turn, params),
        ("GET", ["transfers", id]) => transfers::fetch(turn, id, params),
        ("POST", ["transfers", id, "reversals"]) => transfers::reverse(turn, id, params),
        ("GET", ["transfers", id, "reversals"]) => transfers::list_reversals(turn, id, params),
        (method, _) => Err(ApiError::no_such_address(method, &call.path)),
    }
}
