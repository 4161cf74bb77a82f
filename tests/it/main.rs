//! One test binary: what the whole product does, and what the repository promises about itself.
// Makes clippy's allowances for tests reach the functions beside the tests.
#![cfg(test)]

mod binary;

mod bench;
mod cli;

mod kinds_table;
mod refusals;
mod registry;
mod unlawful_but_true;

mod store;
mod restore;
mod damage;
mod poison;

mod crash;
mod power;
mod faults;

mod tidy;
