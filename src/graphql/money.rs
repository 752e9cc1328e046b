//! Money on the roof: a decimal string with its currency, and a written form.

use async_graphql::{InputObject, Object, Result};

use super::{
    context::bad_input,
    scalars::{CurrencyCode, Decimal, Locale},
};
use crate::kernel;

/// An amount of money.
#[derive(Debug, Clone, Copy)]
pub struct Money(pub kernel::Money);

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: kernel::Currency) -> Self {
        Self(kernel::Money::new(minor, currency))
    }
}

/// An amount of money; never a float.
#[Object]
impl Money {
    /// The amount with all places of its currency, as a string: `"12.50"`, `"1200"` for yen.
    async fn amount(&self) -> Decimal {
        Decimal(self.0.decimal())
    }

    /// The currency.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// The amount as a person reads it: `€12.50`; grouped as the locale does, English when none is given.
    async fn formatted(
        &self,
        #[graphql(desc = "A language tag such as `de`.")] locale: Option<Locale>,
    ) -> String {
        formatted(self.0, locale.map_or_else(|| "en".to_owned(), |locale| locale.0).as_str())
    }
}

/// An amount of money.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// The amount as a string: `"12.50"`. No more places than the currency has.
    pub amount: Decimal,
    /// The currency.
    pub currency_code: CurrencyCode,
}

impl MoneyInput {
    /// The amount, if it is one of its currency.
    pub fn read(&self, field: &str) -> Result<kernel::Money> {
        kernel::Money::parse(&self.amount.0, self.currency_code.0).map_err(|e| bad_input(field, e))
    }
}

/// Languages that write 1.234,56 and put the sign behind; all others write 1,234.56 with the sign before.
const COMMA: &[&str] = &["de", "es", "it", "pt", "nl", "da", "id", "tr"];
/// Languages that group with a narrow space.
const SPACE: &[&str] = &["fr", "sv", "nb", "no", "fi", "pl", "cs", "uk", "ru", "sk", "bg", "hu"];

fn formatted(money: kernel::Money, locale: &str) -> String {
    let language = locale.split('-').next().unwrap_or("en").to_ascii_lowercase();
    let (group, point, behind) = match language.as_str() {
        l if COMMA.contains(&l) => (".", ",", true),
        l if SPACE.contains(&l) => ("\u{202f}", ",", true),
        _ => (",", ".", false),
    };
    let decimal = money.decimal();
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|chunk| std::str::from_utf8(chunk).unwrap_or_default())
        .collect();
    let number = match part {
        "" => groups.join(group),
        part => format!("{}{point}{part}", groups.join(group)),
    };
    let symbol = money.currency.symbol();
    if behind { format!("{sign}{number}\u{a0}{}", symbol.trim()) } else { format!("{sign}{symbol}{number}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn amounts_read_as_people_of_the_locale_write_them() {
        let euro = kernel::Money::new(-123_456_789, Currency::EUR);
        assert_eq!(formatted(euro, "en"), "-€1,234,567.89");
        assert_eq!(formatted(euro, "de-AT"), "-1.234.567,89\u{a0}€");
        assert_eq!(formatted(kernel::Money::new(1_200, Currency::JPY), "fr"), "1\u{202f}200\u{a0}¥");
        assert_eq!(formatted(kernel::Money::new(1_230, Currency::KWD), "xx"), "KWD 1.230");
    }
}
