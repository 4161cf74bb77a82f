pub mod mapping;
pub mod xes;
