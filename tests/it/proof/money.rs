//! Coins and what is reckoned with them, written anew from the design: minor units, each amount rounded once, half away
//! from zero, and parts that add up. Nothing of the server's arithmetic is used here.

use serde_json::{Value, json};

/// A currency of the proof: of two, none and three places, and one that only guests pay in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coin {
    Eur,
    Jpy,
    Kwd,
    Usd,
}

use Coin::{Eur, Jpy, Kwd, Usd};

impl Coin {
    /// Its ISO code.
    pub fn code(self) -> &'static str {
        match self {
            Eur => "EUR",
            Jpy => "JPY",
            Kwd => "KWD",
            Usd => "USD",
        }
    }

    /// The coin of a code.
    pub fn of(code: &str) -> Self {
        [Eur, Jpy, Kwd, Usd].into_iter().find(|coin| coin.code() == code).unwrap_or_else(|| panic!("{code}"))
    }

    /// Places behind the point.
    pub fn places(self) -> u32 {
        match self {
            Eur | Usd => 2,
            Jpy => 0,
            Kwd => 3,
        }
    }

    /// What every amount is a multiple of; Stripe takes dinars in tens of fils.
    pub fn step(self) -> i64 {
        if self == Kwd { 10 } else { 1 }
    }

    /// The least that can be charged: what Stripe publishes, as the design's table of currencies has it.
    pub fn smallest_charge(self) -> i64 {
        if self == Kwd { 200 } else { 50 }
    }

    /// One unit, in minor units.
    pub fn unit(self) -> i64 {
        10_i64.pow(self.places())
    }

    /// What a euro is worth in it by the recorded table that is shipped: thousandths.
    fn per_euro_e3(self) -> i64 {
        match self {
            Eur => 1_000,
            Usd => 1_160,
            Jpy => 177_000,
            Kwd => 355,
        }
    }
}

/// `amount × up / down`, rounded once, half away from zero, to the coin's step.
pub fn part(amount: i64, up: i64, down: i64, coin: Coin) -> i64 {
    rounded(i128::from(amount) * i128::from(up), i128::from(down), coin)
}

fn rounded(up: i128, down: i128, coin: Coin) -> i64 {
    if down == 0 {
        return 0;
    }
    let down = down * i128::from(coin.step());
    let (up, down) = if down < 0 { (-up, -down) } else { (up, down) };
    let steps = (2 * up.abs() + down) / (2 * down);
    i64::try_from(up.signum() * steps).unwrap() * coin.step()
}

/// The amount at the recorded rate, rounded once to the other coin's step.
pub fn convert(amount: i64, from: Coin, to: Coin) -> i64 {
    let up = i128::from(amount) * i128::from(to.per_euro_e3()) * i128::from(to.unit());
    rounded(up, i128::from(from.per_euro_e3()) * i128::from(from.unit()), to)
}

/// The amount in parts of these weights that add up to it: largest remainder, of two equal ones the earlier first.
pub fn split(amount: i64, weights: &[i64], coin: Coin) -> Vec<i64> {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let steps = i128::from((amount / coin.step()).abs());
    let mut parts: Vec<i128> = weights.iter().map(|weight| steps * i128::from(*weight) / total).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(steps * i128::from(weights[*n]) % total));
    let missing = usize::try_from(steps - parts.iter().sum::<i128>()).unwrap();
    for n in &order[..missing] {
        parts[*n] += 1;
    }
    let sign = amount.signum() * coin.step();
    parts.into_iter().map(|part| i64::try_from(part).unwrap() * sign).collect()
}

/// As the API writes an amount.
pub fn decimal(minor: i64, coin: Coin) -> String {
    let (unit, places) = (coin.unit().unsigned_abs(), coin.places() as usize);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0places$}") }
}

/// The same with its currency.
pub fn money(minor: i64, coin: Coin) -> Value {
    json!({ "amount": decimal(minor, coin), "currencyCode": coin.code() })
}

/// Minor units of an amount of the API.
pub fn minor(value: &Value) -> i64 {
    let text = value["amount"].as_str().unwrap_or_else(|| panic!("{value} is no money"));
    text.replace('.', "").parse().unwrap()
}

#[test]
fn the_oracle_itself_can_reckon() {
    assert_eq!((part(12_345, 1, 2, Eur), part(-5, 1, 2, Eur), part(12_345, 1, 1, Kwd)), (6_173, -3, 12_350));
    assert_eq!(
        (convert(10_000, Eur, Usd), convert(10_000, Eur, Jpy), convert(10_000, Eur, Kwd)),
        (11_600, 17_700, 35_500)
    );
    assert_eq!(convert(5_000, Usd, Kwd), 15_300);
    assert_eq!(split(-8_642, &[1; 7], Jpy), [-1_235, -1_235, -1_235, -1_235, -1_234, -1_234, -1_234]);
    assert_eq!(
        (decimal(-5, Eur), decimal(1_230, Kwd), decimal(7, Jpy)),
        ("-0.05".into(), "1.230".into(), "7".into())
    );
}
