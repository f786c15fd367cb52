//! Addresses from a spreadsheet, beside those that customers have. Whose an address is, the file says by the e-mail address
//! or the phone number that we know them by.

use super::register::{TypedAddress, TypedSite};
use super::{Customer, Site};
use crate::sheet::{Column, Sheet};
use shared::problem::FieldError;

/// Addresses in one file.
pub const SITES_MAX: usize = 1_000;

/// The columns of a file.
pub const SITE_COLUMNS: [Column; 9] = [
    Column::required("customer"),
    Column::required("line1"),
    Column::optional("line2"),
    Column::optional("city"),
    Column::required("postal_code"),
    Column::optional("country"),
    Column::optional("contact_name"),
    Column::optional("contact_phone"),
    Column::optional("access_note"),
];

/// An address as a line of a file says.
#[derive(Clone, Debug)]
pub struct ImportedSite {
    /// The line.
    pub line: u64,
    /// Whose: their e-mail address or phone number.
    pub customer: String,
    /// Where. It is read when its customer is known, who is the contact where none is named.
    pub typed: TypedSite,
}

/// Reads addresses, and what is wrong with the lines that are none.
pub fn sites_and_faults(bytes: &[u8]) -> Result<(Vec<ImportedSite>, Vec<FieldError>), Vec<FieldError>> {
    let (sheet, mut faults) = Sheet::read_good(bytes, &SITE_COLUMNS, SITES_MAX)?;
    let mut sites = Vec::new();
    for line in sheet.lines() {
        let cell = |column: &str| line.cell(column).to_owned();
        if line.cell("customer").is_empty() {
            let message = "write the e-mail address or the phone number of the customer".to_owned();
            faults.push(FieldError { field: line.place("customer"), code: "required".to_owned(), message });
            continue;
        }
        let address = TypedAddress {
            line1: cell("line1"),
            line2: cell("line2"),
            city: cell("city"),
            postal_code: cell("postal_code"),
            country: cell("country"),
        };
        let typed = TypedSite {
            address,
            contact_name: cell("contact_name"),
            contact_phone: cell("contact_phone"),
            access_note: cell("access_note"),
        };
        sites.push(ImportedSite { line: line.number, customer: cell("customer"), typed });
    }
    Ok((sites, faults))
}

/// Writes addresses in the form that [`sites_and_faults`] reads.
pub fn write<'a>(rows: impl Iterator<Item = (&'a Customer, &'a Site)>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(SITE_COLUMNS.map(|column| column.name))?;
    for (customer, site) in rows {
        let whose = customer.email.as_ref().map_or_else(|| customer.phone.to_string(), ToString::to_string);
        writer.write_record([
            whose,
            site.line1.to_string(),
            site.line2.as_ref().map(ToString::to_string).unwrap_or_default(),
            site.city.to_string(),
            site.postal_code.clone(),
            site.country.clone(),
            site.contact_name.to_string(),
            site.contact_phone.to_string(),
            site.access_note.as_ref().map(ToString::to_string).unwrap_or_default(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_customer_is_told_and_the_others_are_read() {
        let text = "customer,line1,postal_code\nmia@example.com,1 Main St,10025\n,2 Main St,10025\n";
        let (sites, faults) = sites_and_faults(text.as_bytes()).unwrap();
        assert_eq!((sites.len(), sites[0].customer.as_str(), sites[0].line), (1, "mia@example.com", 2));
        assert_eq!(faults[0].field, "line 3, column customer");
    }
}
