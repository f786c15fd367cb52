//! How often one key (an address, a login) may do something. In memory and per process: it protects this process, and
//! what must hold across processes is a rule in a table.

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Keys that are remembered before those at rest are forgotten.
const KEYS_MAX: usize = 100_000;
/// Forgetting walks over all keys, so it happens at most once in so many checks.
const FORGET_EVERY: u32 = 4_096;

/// A rate per key. Without a quota it lets everything pass.
pub struct Limiter<K: Hash + Eq + Clone> {
    inner: Option<RateLimiter<K, HashMapStateStore<K>, DefaultClock>>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// So many a second, after a burst; `None` means no limit.
    pub fn per_second(rate: Option<NonZeroU32>, burst: NonZeroU32) -> Self {
        Self::of(rate.map(|rate| Quota::per_second(rate).allow_burst(burst)))
    }

    /// So many a minute, after a burst; `None` means no limit.
    pub fn per_minute(rate: Option<NonZeroU32>, burst: NonZeroU32) -> Self {
        Self::of(rate.map(|rate| Quota::per_minute(rate).allow_burst(burst)))
    }

    fn of(quota: Option<Quota>) -> Self {
        let inner = quota.map(|quota| RateLimiter::new(quota, HashMapStateStore::default(), DefaultClock::default()));
        Self { inner, checks: AtomicU32::new(0) }
    }

    /// Takes one from the key's allowance, or says in how many seconds there is one again (at least 1).
    pub fn check(&self, key: &K) -> Result<(), u32> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let n = self.checks.fetch_add(1, Ordering::Relaxed);
        if n % FORGET_EVERY == FORGET_EVERY - 1 && inner.len() > KEYS_MAX {
            inner.retain_recent();
        }
        inner.check_key(key).map_err(|not_until| whole_seconds(not_until.wait_time_from(inner.clock().now())))
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

/// The key under which an address is counted: one household of IPv6 is a /64, whatever addresses it makes up.
pub fn address_key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn one_key_over_its_rate_does_not_cost_another() {
        let limiter = Limiter::per_minute(Some(number(1)), number(3));
        assert_eq!((0..3).filter(|_| limiter.check(&"loud").is_ok()).count(), 3);
        let wait = limiter.check(&"loud").unwrap_err();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(limiter.check(&"quiet"), Ok(()));
    }

    #[test]
    fn without_a_rate_everything_passes() {
        let limiter = Limiter::per_second(None, number(1));
        assert!((0..1_000).all(|_| limiter.check(&1).is_ok()));
    }

    #[test]
    fn a_household_of_ipv6_is_one_key() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
