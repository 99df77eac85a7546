//! Each scenario against each store.

/// Makes a test of each scenario for each store.
macro_rules! for_every_store {
    ($($(#[$doc:meta])* fn $name:ident($h:ident: &mut Harness) $body:block)+) => {
        $($(#[$doc])* fn $name($h: &mut Harness) $body)+

        mod memory {
            $(#[test]
            fn $name() {
                let sources = crate::harness::Sources::default();
                let backend = crate::harness::Memory::new(sources.clone());
                super::$name(&mut crate::harness::Harness::new(Box::new(backend), sources));
            })+
        }

        mod sqlite {
            $(#[test]
            fn $name() {
                let sources = crate::harness::Sources::default();
                let backend = crate::harness::Sqlite::new(sources.clone());
                super::$name(&mut crate::harness::Harness::new(Box::new(backend), sources));
            })+
        }

        mod forgetful_memory {
            $(#[test]
            fn $name() {
                let sources = crate::harness::Sources::default();
                let backend = crate::harness::Memory::forgetful(sources.clone());
                super::$name(&mut crate::harness::Harness::new(Box::new(backend), sources));
            })+
        }
    };
}

mod audit;
mod changes;
mod creating;
mod cursors;
mod history;
mod lanes;
mod members;
mod repeats;
mod sending;
mod subscribing;
mod syncing;
mod targets;
