//! The steps of the proof, as plain numbers that a seed deals: which booking or host a step is about is found out when it
//! is played, so that a list that was shortened can still be played. No I/O.

use sojourn::seed::chance::Chance;

/// A number that chooses among whatever there is when the step is played.
pub type Raw = u64;

/// A step.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A guest asks for a price and books; perhaps with a second click, and perhaps pays at once; and the host
    /// who is asked perhaps accepts at once.
    Book { guest: Raw, home: Raw, stay: Raw, coin: Raw, haste: Raw, twice: bool },
    /// Two guests ask for the price of the same nights, and then both book.
    Race { home: Raw, stay: Raw },
    /// A guest pays, with a good card, a bad one, or one whose bank asks.
    Pay { which: Raw, card: Raw },
    /// A guest or a host proposes other dates or guests of a booking; perhaps the other side agrees at once, and the guest
    /// pays at once.
    Propose { which: Raw, by_host: bool, terms: Raw, haste: Raw, twice: bool },
    /// The other side of a change answers it; now and then whoever has proposed it.
    AnswerChange { which: Raw, who: Raw, accept: bool, twice: bool },
    /// Whoever has proposed a change takes it back; now and then the other side.
    WithdrawChange { which: Raw, who: Raw, twice: bool },
    /// A guest pays what a change costs more, or a booking where no change waits for it.
    PayChange { which: Raw, card: Raw },
    /// A host answers a request.
    Answer { which: Raw, accept: bool, twice: bool },
    /// A guest or a host calls off.
    Cancel { which: Raw, by_host: bool, twice: bool },
    /// An admin gives money back: so many hundredths of what is left, borne so by host and taxes.
    Refund { which: Raw, share: Raw, host: Raw, taxes: Raw, twice: bool },
    /// A guest or a host opens a dispute for so many hundredths of what is there to be claimed.
    Claim { which: Raw, by_host: bool, share: Raw },
    /// The other side of a dispute answers it.
    Reply { which: Raw },
    /// Whoever opened a dispute takes it back.
    Withdraw { which: Raw },
    /// An admin decides a dispute: hundredths of the claim that go back, of that the host's and the taxes' part, and
    /// hundredths that the host is awarded.
    Resolve { which: Raw, refund: Raw, host: Raw, taxes: Raw, award: Raw, twice: bool },
    /// A guest's bank takes back all that is left of a payment.
    ChargeBack { which: Raw },
    /// The bank decides.
    BankDecides { which: Raw, is_won: bool },
    /// A guest and a host look at what calling off would give, at a boundary or a second beside it.
    Look { which: Raw, boundary: Raw, beside: i64 },
    /// A host's account is begun, closed, opened again or replaced.
    Account { host: Raw, replace: bool },
    /// Webhooks come at once, twice, are kept back or lost from now on; those that were kept come now.
    Post { how: Raw, double: bool, newest_first: bool },
    /// Webhooks that were lost come after all, in another order.
    Found { order: Raw },
    /// Minutes or days pass.
    Wait { minutes: Raw },
    /// Time passes until a boundary of a booking.
    WaitFor { which: Raw, boundary: Raw, beside: i64 },
}

/// The steps of a seed.
pub fn deal(seed: u64, count: usize) -> Vec<Step> {
    let mut chance = Chance::new(seed, "proof", 0);
    (0..count).map(|n| step(&mut chance, n)).collect()
}

fn step(chance: &mut Chance, n: usize) -> Step {
    #[derive(Clone, Copy)]
    enum Sort {
        Book,
        Race,
        Pay,
        Propose,
        AnswerChange,
        WithdrawChange,
        PayChange,
        Answer,
        Cancel,
        Refund,
        Claim,
        Reply,
        Withdraw,
        Resolve,
        ChargeBack,
        BankDecides,
        Look,
        Account,
        Post,
        Found,
        Wait,
        WaitFor,
    }
    // There must be something to argue about.
    let booking = if n < 6 { 60 } else { 24 };
    let sort = chance.weighted(&[
        (Sort::Book, booking),
        (Sort::Race, 3),
        (Sort::Pay, 10),
        (Sort::Propose, 24),
        (Sort::AnswerChange, 12),
        (Sort::WithdrawChange, 2),
        (Sort::PayChange, 10),
        (Sort::Answer, 7),
        (Sort::Cancel, 8),
        (Sort::Refund, 9),
        (Sort::Claim, 8),
        (Sort::Reply, 4),
        (Sort::Withdraw, 2),
        (Sort::Resolve, 8),
        (Sort::ChargeBack, 4),
        (Sort::BankDecides, 4),
        (Sort::Look, 4),
        (Sort::Account, 5),
        (Sort::Post, 6),
        (Sort::Found, 2),
        (Sort::Wait, 7),
        (Sort::WaitFor, 10),
    ]);
    let which = chance.draw();
    let (other, twice) = (chance.draw(), chance.percent(25));
    let beside = i64::from(chance.between(-1, 1));
    match sort {
        Sort::Book => {
            let (stay, coin, haste) = (chance.draw(), chance.draw(), chance.draw());
            Step::Book { guest: which, home: other, stay, coin, haste, twice }
        }
        Sort::Race => Step::Race { home: which, stay: other },
        Sort::Pay => Step::Pay { which, card: other },
        Sort::Propose => {
            let by_host = chance.percent(40);
            Step::Propose { which, by_host, terms: other, haste: chance.draw(), twice }
        }
        Sort::AnswerChange => Step::AnswerChange { which, who: other, accept: chance.percent(80), twice },
        Sort::WithdrawChange => Step::WithdrawChange { which, who: other, twice },
        Sort::PayChange => Step::PayChange { which, card: other },
        Sort::Answer => Step::Answer { which, accept: chance.percent(75), twice },
        Sort::Cancel => Step::Cancel { which, by_host: chance.percent(35), twice },
        Sort::Refund => {
            let share = if chance.percent(20) { 100 } else { chance.count(1, 115) };
            let host = if chance.percent(40) { 0 } else { chance.count(0, 100) };
            let taxes = if chance.percent(60) { 0 } else { chance.count(0, 100 - host) };
            Step::Refund { which, share, host, taxes, twice }
        }
        Sort::Claim => Step::Claim { which, by_host: chance.percent(40), share: chance.count(1, 110) },
        Sort::Reply => Step::Reply { which },
        Sort::Withdraw => Step::Withdraw { which },
        Sort::Resolve => {
            let refund = chance.count(0, 100);
            let host = chance.count(0, 100);
            let taxes = if chance.percent(60) { 0 } else { chance.count(0, 100 - host) };
            let award = if chance.percent(60) { 0 } else { chance.count(0, 105 - refund) };
            Step::Resolve { which, refund, host, taxes, award, twice }
        }
        Sort::ChargeBack => Step::ChargeBack { which },
        Sort::BankDecides => Step::BankDecides { which, is_won: chance.percent(40) },
        Sort::Look => Step::Look { which, boundary: other, beside },
        Sort::Account => Step::Account { host: which, replace: chance.percent(25) },
        Sort::Post => Step::Post { how: which, double: chance.percent(50), newest_first: chance.percent(50) },
        Sort::Found => Step::Found { order: which },
        Sort::Wait => {
            let minutes = match chance.below(4) {
                0 => chance.count(1, 30),
                1 => chance.count(60, 36 * 60),
                _ => chance.count(24 * 60, 7 * 24 * 60),
            };
            Step::Wait { minutes }
        }
        Sort::WaitFor => Step::WaitFor { which, boundary: other, beside },
    }
}
