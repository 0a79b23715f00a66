//! The last step of every flow: fetch the keys, check what came.
