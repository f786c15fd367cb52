//! Twilio's signature on its calls: the whole address and every field of the form, under the account's secret. Who cannot
//! sign could mark a message delivered that nobody got.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Whether `signature` is Twilio's of this address and these fields, under this secret.
pub(in crate::notify) fn is_genuine(
    auth_token: &str,
    address: &str,
    fields: &[(String, String)],
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    mac(auth_token, address, fields).verify_slice(&signature).is_ok()
}

/// The signature of this address and these fields.
#[cfg(test)]
pub(in crate::notify) fn sign(auth_token: &str, address: &str, fields: &[(String, String)]) -> String {
    STANDARD.encode(mac(auth_token, address, fields).finalize().into_bytes())
}

fn mac(auth_token: &str, address: &str, fields: &[(String, String)]) -> Hmac<Sha1> {
    let mut fields: Vec<&(String, String)> = fields.iter().collect();
    fields.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("any key will do");
    mac.update(address.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<(String, String)> {
        let fields = [
            ("Digits", "1234"),
            ("To", "+18005551212"),
            ("From", "+14158675310"),
            ("Caller", "+14158675310"),
            ("CallSid", "CA1234567890ABCDE"),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    const ADDRESS: &str = "https://example.com/myapp.php?foo=1&bar=2";

    /// The example of Twilio's own documentation.
    #[test]
    fn a_call_that_twilio_signed_is_genuine_whatever_the_order_of_its_fields() {
        let signature = "L/OH5YylLD5NRKLltdqwSvS0BnU=";
        assert!(is_genuine("12345", ADDRESS, &fields(), signature));
        let mut other_order = fields();
        other_order.reverse();
        assert!(is_genuine("12345", ADDRESS, &other_order, signature));
    }

    #[test]
    fn a_call_with_anything_changed_is_not() {
        let signature = "L/OH5YylLD5NRKLltdqwSvS0BnU=";
        let mut changed = fields();
        changed[0].1 = "12345".to_owned();
        assert!(!is_genuine("12345", ADDRESS, &changed, signature));
        assert!(!is_genuine("12346", ADDRESS, &fields(), signature));
        assert!(!is_genuine("12345", "https://example.com/myapp.php", &fields(), signature));
        for wrong in ["", "=", "L/OH5YylLD5NRKLltdqwSvS0BnQ=", "L/OH"] {
            assert!(!is_genuine("12345", ADDRESS, &fields(), wrong), "{wrong}");
        }
    }
}
