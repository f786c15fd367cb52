//! Customers from a spreadsheet, read as a registration by an agent is.

use super::register::{By, Typed, TypedAddress, read};
use super::{Customer, NewCustomer, Site};
use crate::faults::Faults;
use crate::sheet::{Column, Line, Sheet, cut, without_faulty};
use shared::problem::FieldError;
use shared::text::{ShortLine, Slug, fold_key};
use std::collections::BTreeMap;

/// Customers in one file.
pub const CUSTOMERS_MAX: usize = 1_000;

/// A customer as a line of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCustomer {
    /// The line.
    pub line: u64,
    /// Who, and where.
    pub customer: NewCustomer,
    /// The word of the plan they have.
    pub plan: Option<Slug>,
}

/// The columns of a file.
pub const COLUMNS: [Column; 10] = [
    Column::required("name"),
    Column::optional("email"),
    Column::required("phone"),
    Column::optional("notify_by"),
    Column::required("line1"),
    Column::optional("line2"),
    Column::optional("city"),
    Column::required("postal_code"),
    Column::optional("access_note"),
    Column::optional("plan"),
];

/// Reads customers. Each fault names its line and column.
pub fn customers(bytes: &[u8]) -> Result<Vec<ImportedCustomer>, Vec<FieldError>> {
    let (customers, faults) = customers_and_faults(bytes)?;
    if faults.is_empty() { Ok(customers) } else { Err(cut(faults)) }
}

/// Reads the customers of the good lines, and what is wrong with the others. An e-mail address signs in one person, so
/// the second line with it is faulty; a phone may be a family's.
pub fn customers_and_faults(bytes: &[u8]) -> Result<(Vec<ImportedCustomer>, Vec<FieldError>), Vec<FieldError>> {
    let (sheet, mut found) = Sheet::read_good(bytes, &COLUMNS, CUSTOMERS_MAX)?;
    let mut emails: BTreeMap<String, u64> = BTreeMap::new();
    let mut faults = Faults::default();
    let mut customers = Vec::new();
    for line in sheet.lines() {
        let plan = faults.read_optional(&line.place("plan"), line.cell("plan"));
        match read(&typed(&line), By::Agent) {
            Ok(customer) => {
                let key = customer.email.as_ref().map(|email| fold_key(email.as_str()));
                match key.as_ref().and_then(|key| emails.get(key)) {
                    Some(first) => {
                        faults.add(&line.place("email"), "twice", format!("line {first} has the same e-mail address"));
                    }
                    None => {
                        emails.extend(key.map(|key| (key, line.number)));
                        customers.push(ImportedCustomer { line: line.number, customer, plan });
                    }
                }
            }
            Err(errors) => {
                for error in errors {
                    let column = error.field.rsplit('.').next().unwrap_or_default();
                    faults.add(&line.place(column), &error.code, error.message);
                }
            }
        }
    }
    found.extend(faults.into_errors());
    Ok((without_faulty(customers, |one| one.line, &found), found))
}

/// Writes customers with their first address in the form that [`customers`] reads. Plans are not written: to bring them in
/// elsewhere would grant them anew.
pub fn write<'a>(rows: impl Iterator<Item = (&'a Customer, Option<&'a Site>)>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.map(|column| column.name))?;
    for (customer, site) in rows {
        let line = |line: Option<&ShortLine>| line.map(ToString::to_string).unwrap_or_default();
        writer.write_record([
            customer.name.to_string(),
            customer.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            customer.phone.to_string(),
            customer.notify_by.word().to_owned(),
            line(site.map(|site| &site.line1)),
            line(site.and_then(|site| site.line2.as_ref())),
            line(site.map(|site| &site.city)),
            site.map(|site| site.postal_code.clone()).unwrap_or_default(),
            site.and_then(|site| site.access_note.as_ref()).map(ToString::to_string).unwrap_or_default(),
            String::new(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn typed(line: &Line<'_>) -> Typed {
    let cell = |column: &str| line.cell(column).to_owned();
    Typed {
        name: cell("name"),
        email: cell("email"),
        phone: cell("phone"),
        notify_by: cell("notify_by"),
        address: TypedAddress {
            line1: cell("line1"),
            line2: cell("line2"),
            city: cell("city"),
            postal_code: cell("postal_code"),
            country: String::new(),
        },
        access_note: cell("access_note"),
        ..Typed::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_customers_are_read_without_a_fault() {
        let customers = customers(include_str!("../../demo-data/customers.csv").as_bytes()).unwrap();
        assert_eq!(customers.len(), 300);
        assert_eq!(customers[0].customer.email.as_ref().unwrap().as_str(), "mia@example.com");
        assert!(customers.iter().any(|customer| customer.plan.is_none()));
    }

    #[test]
    fn faults_name_the_cell() {
        let text = "name,phone,line1,postal_code\nMia,12,1 Main St,00000\n";
        let errors = customers(text.as_bytes()).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["line 2, column phone", "line 2, column postal_code"]);
    }
}
