//! The pieces that panes are put together from. Each is drawn from explicit inputs and a [`Look`](super::look::Look);
//! what has to be remembered between frames (a selection, a scroll position) is a value of the pane that draws it. Any
//! area will do, also an empty one.

pub mod field;
pub mod fit;
pub mod footer;
pub mod frame;
pub mod lines;
pub mod list;
pub mod progress;
pub mod qr;
pub mod sequence;
pub mod spinner;
pub mod toast;

#[cfg(test)]
mod testing;
