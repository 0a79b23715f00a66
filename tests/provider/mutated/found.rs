//! What mutated requests have found, each by its name.

use authwright::wire::{Headers, Method};

use crate::tenant::Tenant;
