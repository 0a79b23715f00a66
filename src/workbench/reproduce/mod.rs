//! How the lab tenant gives a number: for each that it raises, which run to start as whom, what to change about the request,
//! and what to do to the tenant first, and how that is mended again.
//!
//! The recipes are data (`recipes.toml`). [`Recipe`] reads them, `plan` turns one into orders and runs with the ids and the
//! address of this lab, `undo` finds the orders that take others back, and `stage` has it all done, one thing after the
//! other, as events come in. `told` says all this in words.

mod plan;
mod recipe;
mod stage;
mod told;
mod undo;

pub use recipe::{On, Recipe, recipe, recipes};
pub use stage::Reproduction;
pub use told::{Part, Standing, Told};
