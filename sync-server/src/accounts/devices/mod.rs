//! The devices of experts: one row for each installation of the app, an incarnation number for each life of it, and how
//! far each life has come (sync.md). Push and dispatch read from here whom they can reach.
//!
//! A device belongs to one expert for ever; when another expert signs in on the same phone, the app makes another one.

pub mod store;

pub use store::{
    acknowledge, acknowledged, best_ack, get, is_live, lock, note_sync, of_expert, reach, register, retire_push_token,
    revoke, revoke_all, set_push_token,
};

use serde::{Deserialize, Serialize};
use shared::ids::{DeviceId, ExpertId};
use shared::text::ShortLine;
use shared::time::Timestamp;

/// A provider's address of an app; FCM's have about 160 characters.
pub const PUSH_TOKEN_BYTES_MAX: usize = 4_096;

/// What runs on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// The app's window on a computer.
    Desktop,
}

impl Platform {
    const ALL: [Self; 3] = [Self::Android, Self::Ios, Self::Desktop];

    fn word(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Desktop => "desktop",
        }
    }
}

/// One incarnation of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub id: DeviceId,
    /// The incarnation that was asked for.
    pub inc: i64,
    /// Whose it is.
    pub expert: ExpertId,
    /// The last mutation that was taken of this incarnation.
    pub last_n: i64,
    /// The incarnation that speaks for the device now.
    pub newest_inc: i64,
    /// Whether it was switched off.
    pub revoked: bool,
    /// When this incarnation last synced, by the real clock.
    pub seen_at: Option<Timestamp>,
}

/// A device that introduces itself.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its id, if it was registered before.
    pub device: Option<DeviceId>,
    /// Who signed in on it.
    pub expert: ExpertId,
    /// What to call it in the list.
    pub name: ShortLine,
    /// What runs on it.
    pub platform: Platform,
    /// Where push reaches it.
    pub push_token: Option<String>,
    /// The real instant.
    pub now: Timestamp,
}

/// What a device is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Its id.
    #[serde(rename = "device_id")]
    pub device: DeviceId,
    /// Its new incarnation.
    pub inc: i64,
}

/// Where push reaches an expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushTarget {
    /// The device.
    pub device: DeviceId,
    /// The provider's address of it.
    pub push_token: String,
}

/// A device in the list of an expert's devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// Its id.
    pub id: DeviceId,
    /// What its owner calls it.
    pub name: String,
    /// What runs on it.
    pub platform: Platform,
    /// Whether push reaches it.
    pub has_push: bool,
    /// Whether it was switched off.
    pub revoked: bool,
    /// Its last sync.
    pub seen_at: Option<Timestamp>,
    /// When it was first registered.
    pub created_at: Timestamp,
}
