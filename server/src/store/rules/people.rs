//! Users' keys, and what a token said of its user.

use std::collections::HashMap;

use causerie_protocol::UserId;

use crate::store::tables::{TableError, Tables, UserKey};

/// Most keys held in memory.
const LIMIT: usize = 100_000;

/// Keys of users, which never change.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    keys: HashMap<UserId, UserKey>,
}

impl People {
    /// The key of a user who is known.
    pub(super) fn find<T: Tables>(
        &mut self,
        tables: &T,
        user: &UserId,
    ) -> Result<Option<UserKey>, TableError> {
        if let Some(key) = self.keys.get(user) {
            return Ok(Some(*key));
        }
        let key = tables.user(user)?.map(|row| row.key);
        if let Some(key) = key {
            self.keys.insert(user.clone(), key);
        }
        Ok(key)
    }

    /// The key of a user, who is known from now on.
    pub(super) fn intern<T: Tables>(
        &mut self,
        tables: &mut T,
        user: &UserId,
    ) -> Result<UserKey, TableError> {
        if let Some(key) = self.find(tables, user)? {
            return Ok(key);
        }
        let key = tables.add_user(user)?;
        self.keys.insert(user.clone(), key);
        Ok(key)
    }

    /// Between transactions: stays within bounds.
    pub(super) fn forget_unused(&mut self) {
        if self.keys.len() > LIMIT {
            self.keys.clear();
        }
    }

    /// Forgets everything: a transaction that failed may have made some of them.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
    }
}

/// Gives a user the name and picture that the token has; what the token does not say stays.
pub(super) fn put_user<T: Tables>(
    tables: &mut T,
    people: &mut People,
    user: &UserId,
    name: Option<&str>,
    avatar: Option<&str>,
) -> Result<(), TableError> {
    let key = people.intern(tables, user)?;
    let Some(mut row) = tables.user_by_key(key)? else {
        return Err(TableError::Defect(format!("user {} is gone", key.0)));
    };
    let news = |old: &Option<String>, new: Option<&str>| new.is_some() && old.as_deref() != new;
    if row.user.rev > 0 && !news(&row.user.name, name) && !news(&row.user.avatar, avatar) {
        return Ok(());
    }
    row.user.rev += 1;
    row.user.name = name.map(str::to_owned).or(row.user.name);
    row.user.avatar = avatar.map(str::to_owned).or(row.user.avatar);
    tables.put_user(&row)
}
