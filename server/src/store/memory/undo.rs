//! An ordered map that can take back what was written since the last commit, and what was committed
//! since the last sync.

use std::collections::BTreeMap;

/// A map and its undo log.
#[derive(Debug, Clone)]
pub(super) struct Rewound<K, V> {
    map: BTreeMap<K, V>,
    undo: Vec<(K, Option<V>)>,
    /// What is committed, and not yet synced.
    unsynced: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Rewound<K, V> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            undo: Vec::new(),
            unsynced: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Rewound<K, V> {
    /// For reading.
    pub(super) fn read(&self) -> &BTreeMap<K, V> {
        &self.map
    }

    /// Adds or replaces.
    pub(super) fn put(&mut self, key: K, value: V) {
        let before = self.map.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    /// Adds; false, and nothing is done, if there is such a row.
    pub(super) fn add(&mut self, key: K, value: V) -> bool {
        let fresh = !self.map.contains_key(&key);
        if fresh {
            self.put(key, value);
        }
        fresh
    }

    /// Removes; false if there was nothing.
    pub(super) fn remove(&mut self, key: &K) -> bool {
        let Some(before) = self.map.remove(key) else {
            return false;
        };
        self.undo.push((key.clone(), Some(before)));
        true
    }

    /// What was written stays, unless [`lose`](Self::lose) comes before [`sync`](Self::sync).
    pub(super) fn commit(&mut self) {
        self.unsynced.append(&mut self.undo);
    }

    /// What was committed stays for good.
    pub(super) fn sync(&mut self) {
        self.unsynced.clear();
    }

    /// What was committed since the last sync never was.
    pub(super) fn lose(&mut self) {
        self.rollback();
        std::mem::swap(&mut self.undo, &mut self.unsynced);
        self.rollback();
    }

    /// What was written since the last commit never was.
    pub(super) fn rollback(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.map.insert(key, value),
                None => self.map.remove(&key),
            };
        }
    }
}
