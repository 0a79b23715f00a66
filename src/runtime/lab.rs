//! The lab tenant behind loopback ports.
