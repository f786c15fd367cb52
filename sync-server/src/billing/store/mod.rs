//! The tables of money, a file each.

mod attempts;
mod calls;
mod charges;
mod checkouts;
mod payers;
mod refunds;
mod renewals;
mod report;
mod sums;

pub use attempts::{attempts, begin_attempt, end_attempt, last_attempt, set_intent};
pub use calls::{CALLS_MAX, CallMade, calls, declines, forget_calls, is_anything_old, note_call};
pub use charges::{
    Filter, begin_charge, charge, hurry, latest, list, lock_charge, of_customer, of_intent, of_period,
    open_of_entitlement, overdue, put_charge, scheduled_to_tell,
};
pub use checkouts::{Checkout, CheckoutState, begin, checkout, end, entered, lock, open_for, overdue_checkouts};
pub use payers::{Payer, expiring, is_under_way, lock_payer, payer, put_card, put_payer, told_expiry};
pub use refunds::{
    Dispute, begin_refund, disputes, end_refund, forget_events, open_refunds, refund, refunds, take_dispute,
    take_event, touch_refund,
};
pub use renewals::{
    begin_renewal, forget, lock_renewal, put_renewal, renewal, renewals_of, renewals_to_end, to_schedule,
};
pub use report::{Open, Row, counts, ledger_rows, open_items};
pub use sums::{Moved, Renewed, RenewedEnd, given_back, paid, renewed};

use crate::db::Error;
use shared::money::{Currency, Money};
use sqlx::Row as _;
use sqlx::any::AnyRow;

fn money(row: &AnyRow, minor: &str) -> Result<Money, Error> {
    let code: String = row.try_get("currency")?;
    Ok(Money { minor_units: row.try_get(minor)?, currency: currency(&code)? })
}

fn currency(code: &str) -> Result<Currency, Error> {
    let known = [Currency::Usd, Currency::Eur].into_iter().find(|currency| currency.code() == code);
    known.ok_or_else(|| Error::Bug(format!("money in {code:?}")))
}

fn word<T>(row: &AnyRow, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    read(&text).ok_or_else(|| Error::Bug(format!("the column {column} is {text:?}")))
}
