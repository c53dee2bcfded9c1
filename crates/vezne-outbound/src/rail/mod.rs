//! How money leaves: one file or folder per rail, and the list that registers them.

use std::sync::Arc;

use vezne_core::port::Rail;

pub mod manual;
pub mod simulator;

use crate::settings::{OutboundSettings, SettingsError};
use manual::Manual;
use simulator::Simulator;

/// Every rail, one line each.
///
/// # Errors
/// [`SettingsError`] names the setting that a rail cannot use.
pub fn all(settings: &OutboundSettings) -> Result<Vec<Arc<dyn Rail>>, SettingsError> {
    Ok(vec![Arc::new(Manual), Arc::new(Simulator::open(settings.simulator.clone())?)])
}
