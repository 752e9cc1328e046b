//! What is put into the books by hand: the past of a seeded market, and what a test plants for others to find. Nothing
//! of Stripe's rules here.

use std::{collections::BTreeMap, sync::PoisonError};

use super::{
    Emulator,
    accounts::Account,
    books::{Turn, mint},
    charges::{Charge, Transaction},
    intents::{Intent, Status},
    transfers::Transfer,
};
use crate::kernel::{Money, clock::Instant};

/// A charge that was paid long ago, without a fee.
#[derive(Debug, Clone)]
pub struct OldCharge {
    /// `ch_…`
    pub id: String,
    /// `pi_…`
    pub intent: String,
    /// What was taken.
    pub amount: Money,
    /// As at a new one: our booking, by which its intent is known too.
    pub transfer_group: String,
    /// When.
    pub at: Instant,
}

/// A transfer that was made long ago.
#[derive(Debug, Clone)]
pub struct OldTransfer {
    /// `tr_…`
    pub id: String,
    /// `acct_…`
    pub destination: String,
    /// `ch_…`
    pub charge: String,
    /// What was sent; it is at the host's bank by now.
    pub amount: Money,
    /// As at a new one.
    pub transfer_group: String,
    /// When.
    pub at: Instant,
}

/// An account whose form was filled in long ago.
#[derive(Debug, Clone)]
pub struct OldAccount {
    /// `acct_…`
    pub id: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// When.
    pub at: Instant,
}

impl Emulator {
    /// Puts a past into the books, without a word to anybody.
    pub fn remember(
        &self,
        accounts: Vec<OldAccount>,
        charges: Vec<OldCharge>,
        transfers: Vec<OldTransfer>,
    ) -> anyhow::Result<()> {
        self.plant(|turn| {
            for old in accounts {
                turn.books.accounts.insert(old.id.clone(), account(old));
            }
            for old in charges {
                turn.now = old.at.timestamp();
                let amount = old.amount;
                let line = Transaction::write(turn, "charge", &old.id, amount.minor, 0, amount.currency);
                if !old.transfer_group.is_empty() {
                    turn.books.intents.insert(old.intent.clone(), intent(&old));
                }
                turn.books.charges.insert(old.id.clone(), charge(old, line));
            }
            for old in transfers {
                turn.now = old.at.timestamp();
                let amount = old.amount;
                let line = Transaction::write(turn, "transfer", &old.id, -amount.minor, 0, amount.currency);
                turn.books.transfers.insert(old.id.clone(), transfer(old, line));
            }
        })
    }

    /// Plants a charge that nobody has made; returns its id. For tests of those who look for it.
    pub fn plant_charge(&self, amount: Money) -> anyhow::Result<String> {
        let (id, at) = (mint("ch"), self.service.clock.now());
        let old = OldCharge { id: id.clone(), intent: mint("pi"), amount, transfer_group: String::new(), at };
        self.remember(vec![], vec![old], vec![])?;
        Ok(id)
    }

    /// Loses the lines of our balance that are about `source`. For tests of those who miss them.
    pub fn lose(&self, source: &str) -> anyhow::Result<()> {
        self.plant(|turn| {
            let lines = turn.books.transactions.iter().filter(|(_, line)| line.source == source);
            let lines: Vec<String> = lines.map(|(id, _)| id.clone()).collect();
            for line in lines {
                turn.books.transactions.remove(&line);
            }
        })
    }

    fn plant(&self, work: impl FnOnce(&mut Turn<'_>)) -> anyhow::Result<()> {
        let mut books = self.service.books.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.service.clock.now().timestamp();
        work(&mut Turn { books: &mut books, now, request: None, key: None });
        self.service.note(&mut books).map_err(|_| anyhow::anyhow!("the emulator can't write its file"))
    }
}

fn account(old: OldAccount) -> Account {
    Account {
        id: old.id,
        country: old.country,
        email: None,
        wants_transfers: true,
        submitted: true,
        disabled_reason: None,
        balance: BTreeMap::new(),
        metadata: BTreeMap::new(),
        created: old.at.timestamp(),
    }
}

fn intent(old: &OldCharge) -> Intent {
    Intent {
        id: old.intent.clone(),
        client_secret: format!("{}_secret_of_the_past", old.intent),
        amount: old.amount.minor,
        currency: old.amount.currency,
        status: Status::Succeeded,
        capture_method: "automatic".to_owned(),
        redirects: None,
        payment_method: Some("pm_card_visa".to_owned()),
        latest_charge: Some(old.id.clone()),
        last_error: None,
        next_action: None,
        amount_capturable: 0,
        amount_received: old.amount.minor,
        capture_before: None,
        canceled_at: None,
        cancellation_reason: None,
        description: None,
        receipt_email: None,
        metadata: BTreeMap::from([("booking".to_owned(), old.transfer_group.clone())]),
        transfer_group: Some(old.transfer_group.clone()),
        created: old.at.timestamp(),
    }
}

fn charge(old: OldCharge, line: String) -> Charge {
    Charge {
        id: old.id,
        intent: old.intent,
        amount: old.amount.minor,
        amount_captured: old.amount.minor,
        amount_refunded: 0,
        currency: old.amount.currency,
        payment_method: "pm_card_visa".to_owned(),
        failure: None,
        capture_before: None,
        transaction: Some(line),
        description: None,
        metadata: BTreeMap::new(),
        transfer_group: Some(old.transfer_group).filter(|group| !group.is_empty()),
        created: old.at.timestamp(),
        disputed: false,
    }
}

fn transfer(old: OldTransfer, line: String) -> Transfer {
    Transfer {
        id: old.id,
        amount: old.amount.minor,
        currency: old.amount.currency,
        destination: old.destination,
        source_transaction: Some(old.charge),
        transfer_group: Some(old.transfer_group),
        transaction: line,
        description: None,
        reversals: vec![],
        metadata: BTreeMap::new(),
        created: old.at.timestamp(),
    }
}
