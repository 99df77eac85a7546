//! Who belongs to a conversation, and as what: add, remove, set role, quit.
//!
//! Each request is checked as a whole before anything of it is done. Users named twice count once.

use std::collections::BTreeMap;

use causerie_protocol::{ConversationKind, ErrorReply, HistoryPolicy, Members, Role, Seq, UserId};

use crate::store::{
    Actor, EventBody, Outcome,
    tables::{Farewell, MemberRow, TableError, Tables, UserKey},
};

use super::{
    Work,
    refusal::{self, Ruling},
    room::{Note, Room, Standing},
    write::Names,
};

impl<T: Tables> Work<'_, T> {
    pub(super) fn add_members(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        members: &Members,
    ) -> Ruling<Outcome> {
        let standing = self.managing_standing(room, actor)?;
        let mut last = None;
        for user in distinct(&members.user_ids) {
            if room.is_joined(user) {
                continue;
            }
            last = Some(self.let_in(room, (actor, standing.key), user)?);
            self.audit_change(actor, names, user)?;
        }
        self.ack(room, standing.key, names, last)
    }

    fn let_in(
        &mut self,
        room: &mut Room,
        by: (&Actor, UserKey),
        user: &UserId,
    ) -> Result<Seq, TableError> {
        let key = self.people.intern(self.tables, user)?;
        let before = room
            .member(self.tables, self.people, user)?
            .map_or(0, |row| row.rev);
        let body = EventBody::MemberJoined {
            user_id: user.clone(),
            role: Role::Member,
        };
        let seq = self.record(room, by, Some(key), body)?;
        room.put_joined(MemberRow {
            conversation: room.row.key,
            user: key,
            user_id: user.clone(),
            role: Role::Member,
            rev: before + 1,
            visible_from: match &room.row.history {
                HistoryPolicy::All => 1,
                HistoryPolicy::FromJoin | HistoryPolicy::Other(_) => seq,
            },
            joined_at: self.now,
            read_seq: seq,
            read_number: room.row.head_number,
            mentions_unread: 0,
            delivered_seq: seq,
            left: None,
            change: self.change,
        });
        Ok(seq)
    }

    pub(super) fn remove_members(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        members: &Members,
    ) -> Ruling<Outcome> {
        let standing = self.managing_standing(room, actor)?;
        let mut going = Vec::new();
        for user in distinct(&members.user_ids) {
            if *user == actor.user_id {
                return Err(refusal::not_allowed(
                    "to leave a conversation oneself, use quit_conversation",
                )
                .into());
            }
            let Some(their) = self.standing(room, user)? else {
                continue;
            };
            if !may_remove(&standing.role, &their.role) {
                return Err(refusal::not_allowed(
                    "nobody removes an owner, and only the owner removes an admin",
                )
                .into());
            }
            going.push((user, their));
        }
        let mut last = None;
        for (user, their) in going {
            last = Some(self.let_go(room, (actor, standing.key), user, &their)?);
            self.audit_change(actor, names, user)?;
        }
        self.ack(room, standing.key, names, last)
    }

    /// Ends a membership: from its `member_left` on, this user sees nothing new.
    fn let_go(
        &mut self,
        room: &mut Room,
        by: (&Actor, UserKey),
        user: &UserId,
        their: &Standing,
    ) -> Result<Seq, TableError> {
        let body = EventBody::MemberLeft {
            user_id: user.clone(),
            role: their.role.clone(),
        };
        let seq = self.record(room, by, Some(their.key), body)?;
        room.drop_joined(user);
        let mut farewell = Farewell {
            seq,
            number: room.row.head_number,
            title: room.row.title.clone(),
            avatar: room.row.avatar.clone(),
            members_count: room.row.members_count,
            updated_at: room.row.active_at,
        };
        self.change_member(room, user, Note::Left(seq), |row| {
            farewell.updated_at = farewell.updated_at.max(row.joined_at);
            row.left = Some(farewell);
        })?;
        Ok(seq)
    }

    pub(super) fn set_role(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        members: &Members,
    ) -> Ruling<Outcome> {
        let standing = self.managing_standing(room, actor)?;
        let role = match &members.role {
            Some(role @ (Role::Owner | Role::Admin | Role::Member)) => role.clone(),
            Some(Role::Other(_)) | None => {
                return Err(ErrorReply::invalid("role", "a role is owner, admin or member").into());
            }
        };
        let mut changing = Vec::new();
        for user in distinct(&members.user_ids) {
            let Some(their) = self.standing(room, user)? else {
                return Err(ErrorReply::invalid("user_ids", format!("{user} is no member")).into());
            };
            if their.role == role {
                continue;
            }
            if !may_change(&standing.role, &their.role, &role) {
                return Err(refusal::not_allowed(
                    "admins make members admins; all else about roles is for the owner",
                )
                .into());
            }
            changing.push((user, their));
        }
        self.check_an_owner_stays(room, &changing)?;
        let mut last = None;
        for (user, their) in changing {
            last = Some(self.give_role(room, (actor, standing.key), user, their.key, &role)?);
            self.audit_change(actor, names, user)?;
        }
        self.ack(room, standing.key, names, last)
    }

    /// All of `changing` get another role than they have: are any of them the last owners?
    fn check_an_owner_stays(
        &mut self,
        room: &mut Room,
        changing: &[(&UserId, Standing)],
    ) -> Ruling<()> {
        let demoted = |user: &UserId| {
            changing
                .iter()
                .any(|(who, their)| *who == user && their.role == Role::Owner)
        };
        if !changing.iter().any(|(user, _)| demoted(user)) {
            return Ok(());
        }
        let rows = self.joined_rows(room)?;
        let stays = rows
            .values()
            .any(|row| row.role == Role::Owner && !demoted(&row.user_id));
        if stays {
            return Ok(());
        }
        Err(refusal::conflict("a conversation keeps an owner: make another one first").into())
    }

    fn give_role(
        &mut self,
        room: &mut Room,
        by: (&Actor, UserKey),
        user: &UserId,
        key: UserKey,
        role: &Role,
    ) -> Result<Seq, TableError> {
        let body = EventBody::MemberUpdated {
            user_id: user.clone(),
            role: role.clone(),
        };
        let seq = self.record(room, by, Some(key), body)?;
        self.change_member(room, user, Note::Touched, |row| row.role = role.clone())?;
        Ok(seq)
    }

    pub(super) fn quit(&mut self, room: &mut Room, actor: &Actor, names: Names) -> Ruling<Outcome> {
        let standing = self.member_standing(room, actor)?;
        if room.row.kind == ConversationKind::Direct {
            return Err(refusal::not_allowed("a direct conversation cannot be quit").into());
        }
        let by = (actor, standing.key);
        if standing.role == Role::Owner
            && let Some(heir) = self.heir(room, &actor.user_id)?
        {
            self.give_role(room, by, &heir.user_id, heir.user, &Role::Owner)?;
            self.audit_change(actor, names, &heir.user_id)?;
        }
        let seq = self.let_go(room, by, &actor.user_id, &standing)?;
        self.audit_change(actor, names, &actor.user_id)?;
        self.ack(room, standing.key, names, Some(seq))
    }

    /// Who owns the conversation when its last owner goes: the admin, else the member, who joined
    /// first; of several, the first in bytewise order. `None` if another owner stays, or nobody.
    fn heir(&mut self, room: &mut Room, going: &UserId) -> Result<Option<MemberRow>, TableError> {
        let mut rows = self.joined_rows(room)?;
        rows.remove(going);
        if rows.values().any(|row| row.role == Role::Owner) {
            return Ok(None);
        }
        Ok(rows
            .into_values()
            .min_by_key(|row| (row.role != Role::Admin, row.joined_at)))
    }

    /// The rows of all who are joined, in bytewise order of their ids.
    fn joined_rows(&mut self, room: &mut Room) -> Result<BTreeMap<UserId, MemberRow>, TableError> {
        room.write_back(self.tables, self.change)?;
        let rows = self
            .tables
            .members(room.row.key, UserKey(0), usize::MAX)?
            .into_iter()
            .map(|row| (row.user_id.clone(), row));
        Ok(rows.collect())
    }

    fn audit_change(
        &mut self,
        actor: &Actor,
        names: Names,
        subject: &UserId,
    ) -> Result<(), TableError> {
        self.audit(
            actor,
            names.kind.as_str(),
            names.conversation_id,
            Some(subject),
            "ok",
        )
    }
}

fn may_remove(actor: &Role, subject: &Role) -> bool {
    match subject {
        Role::Owner => false,
        Role::Admin => *actor == Role::Owner,
        Role::Member | Role::Other(_) => true,
    }
}

/// Whether `actor` may give `subject` another role.
fn may_change(actor: &Role, subject: &Role, to: &Role) -> bool {
    match actor {
        Role::Owner => true,
        Role::Admin => *subject == Role::Member && *to == Role::Admin,
        Role::Member | Role::Other(_) => false,
    }
}

/// Each user once, in the order named.
fn distinct(users: &[UserId]) -> Vec<&UserId> {
    let mut seen = Vec::with_capacity(users.len());
    for user in users {
        if !seen.contains(&user) {
            seen.push(user);
        }
    }
    seen
}
