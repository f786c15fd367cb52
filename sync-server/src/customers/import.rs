//! Customers from a spreadsheet, read as a registration by an agent is.

use super::NewCustomer;
use super::register::{By, Typed, TypedAddress, read};
use crate::faults::Faults;
use crate::sheet::{Column, Line, Sheet, bounded};
use shared::problem::FieldError;
use shared::text::Slug;

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

/// Reads customers. Each fault names its line and column.
pub fn customers(bytes: &[u8]) -> Result<Vec<ImportedCustomer>, Vec<FieldError>> {
    let columns = [
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
    let sheet = Sheet::read(bytes, &columns, CUSTOMERS_MAX)?;
    let mut faults = Faults::default();
    let mut customers = Vec::new();
    for line in sheet.lines() {
        let plan = faults.read_optional(&line.place("plan"), line.cell("plan"));
        match read(&typed(&line), By::Agent) {
            Ok(customer) => customers.push(ImportedCustomer { line: line.number, customer, plan }),
            Err(errors) => {
                for error in errors {
                    let column = error.field.rsplit('.').next().unwrap_or_default();
                    faults.add(&line.place(column), &error.code, error.message);
                }
            }
        }
    }
    if faults.is_empty() { Ok(customers) } else { Err(bounded(faults)) }
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
