//! Arguments, choice of driver, exit status.
fn main() {}
