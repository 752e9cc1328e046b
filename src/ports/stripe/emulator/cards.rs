//! Stripe's documented test cards. No state here, and no card number is ever taken by the emulator itself.

use serde_json::{Value, json};

/// Why a card does not pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Stripe's code, e.g. `card_declined`.
    pub code: &'static str,
    /// The issuer's reason, with `card_declined`.
    pub decline_code: Option<&'static str>,
    /// The sentence for the guest.
    pub message: &'static str,
}

const fn declined(reason: &'static str, message: &'static str) -> Option<Refusal> {
    Some(Refusal { code: "card_declined", decline_code: Some(reason), message })
}

const fn failed(code: &'static str, message: &'static str) -> Option<Refusal> {
    Some(Refusal { code, decline_code: None, message })
}

/// A test card.
#[derive(Debug, Clone, Copy)]
pub struct TestCard {
    /// What a guest would type.
    pub number: &'static str,
    /// What stands for it in a call.
    pub payment_method: &'static str,
    /// `visa`, `mastercard`, `amex`
    pub brand: &'static str,
    /// True when the guest must authenticate before anything else happens.
    pub asks_3ds: bool,
    /// Why it is refused (after the authentication, where one is asked for); `None` pays.
    pub refusal: Option<Refusal>,
    /// True when the guest's bank takes the money back as soon as it is paid.
    pub disputes: bool,
}

const fn card(
    number: &'static str,
    payment_method: &'static str,
    asks_3ds: bool,
    refusal: Option<Refusal>,
) -> TestCard {
    TestCard { number, payment_method, brand: "visa", asks_3ds, refusal, disputes: false }
}

const NO: &str = "Your card was declined.";
const POOR: &str = "Your card has insufficient funds.";

/// What is emulated of <https://docs.stripe.com/testing>.
pub const CARDS: &[TestCard] = &[
    card("4242424242424242", "pm_card_visa", false, None),
    card("4000056655665556", "pm_card_visa_debit", false, None),
    TestCard { brand: "mastercard", ..card("5555555555554444", "pm_card_mastercard", false, None) },
    TestCard { brand: "amex", ..card("378282246310005", "pm_card_amex", false, None) },
    TestCard { disputes: true, ..card("4000000000000259", "pm_card_createDispute", false, None) },
    card("4000000000000002", "pm_card_visa_chargeDeclined", false, declined("generic_decline", NO)),
    card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        false,
        declined("insufficient_funds", POOR),
    ),
    card("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", false, declined("lost_card", NO)),
    card("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", false, declined("stolen_card", NO)),
    card(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        false,
        failed("expired_card", "Your card has expired."),
    ),
    card(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        false,
        failed("incorrect_cvc", "Your card's security code is incorrect."),
    ),
    card(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        false,
        failed(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    card("4100000000000019", "pm_card_radarBlock", false, declined("fraudulent", NO)),
    card("4000000000003220", "pm_card_threeDSecure2Required", true, None),
    card("4000000000003063", "pm_card_threeDSecureRequired", true, None),
    card("4000002500003155", "pm_card_authenticationRequiredOnSetup", true, None),
    card("4000002760003184", "pm_card_authenticationRequired", true, None),
    card(
        "4000008400001629",
        "pm_card_threeDSecureRequiredChargeDeclined",
        true,
        declined("generic_decline", NO),
    ),
    card(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        true,
        declined("insufficient_funds", POOR),
    ),
];

/// The payment method that stands for a test card's number (spaces allowed); none for any other number.
pub fn payment_method_for(number: &str) -> Option<&'static str> {
    let digits: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    CARDS.iter().find(|card| card.number == digits).map(|card| card.payment_method)
}

/// The card that a payment method stands for.
pub fn find(payment_method: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.payment_method == payment_method)
}

impl TestCard {
    /// The last four digits of the number.
    pub fn last4(&self) -> &'static str {
        self.number.get(self.number.len() - 4..).unwrap_or(self.number)
    }

    /// The payment method as Stripe writes it.
    pub fn wire(&self, created: i64) -> Value {
        json!({
            "id": self.payment_method,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null },
            "card": {
                "brand": self.brand,
                "checks": null,
                "country": "US",
                "display_brand": self.brand,
                "exp_month": 12,
                "exp_year": 2040,
                "fingerprint": null,
                "funding": "credit",
                "generated_from": null,
                "last4": self.last4(),
                "networks": null,
                "three_d_secure_usage": { "supported": true },
                "wallet": null,
            },
            "created": created,
            "customer": null,
            "livemode": false,
            "metadata": {},
            "type": "card",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_has_one_number_and_one_name() {
        for card in CARDS {
            assert_eq!(payment_method_for(card.number), Some(card.payment_method));
            assert_eq!(find(card.payment_method).unwrap().number, card.number);
            assert_eq!(card.last4().len(), 4);
        }
        assert_eq!(payment_method_for("4242 4242 4242 4242"), Some("pm_card_visa"));
        assert_eq!(payment_method_for("4111111111111111"), None);
    }
}
