//! `create_conversation`: ids that nobody can squat on, and creating what exists.

use causerie_protocol::{
    ConversationId, ConversationKind, CreateConversation, ErrorReply, HistoryPolicy, Role, UserId,
};

use crate::store::{
    Actor, Outcome,
    tables::{ConversationKey, ConversationRow, MemberRow, TableError, Tables},
};

use super::{
    Work,
    refusal::{self, Ruling},
    room::Room,
    write::{Names, created},
};

impl<T: Tables> Work<'_, T> {
    pub(super) fn create(
        &mut self,
        room: &mut Option<Box<Room>>,
        actor: &Actor,
        names: Names,
        create: &CreateConversation,
    ) -> Ruling<Outcome> {
        if let Some(there) = room.as_deref_mut()
            && let Some(standing) = self.standing(there, &actor.user_id)?
        {
            if there.row.kind != create.kind {
                return Err(refusal::conflict(&format!(
                    "this conversation exists, as {}",
                    there.row.kind
                ))
                .into());
            }
            self.remember(there, standing.key, names, None)?;
            let item = self.item_of(there, actor)?;
            return Ok(created(names, self.now, true, item));
        }
        // Whoever is no member gets the same answer whether it exists or not, for any id that they
        // could have guessed.
        let members = first_members(actor, names.conversation_id, create)?;
        if room.is_some() {
            return Err(refusal::forbidden().into());
        }

        let mut made = self.make(names.conversation_id, create)?;
        self.let_in_first(&mut made, actor, names, members)?;
        let key = self.people.intern(self.tables, &actor.user_id)?;
        self.remember(&made, key, names, None)?;
        let item = self.item_of(&mut made, actor)?;
        *room = Some(Box::new(made));
        Ok(created(names, self.now, false, item))
    }

    fn make(
        &mut self,
        id: ConversationId,
        create: &CreateConversation,
    ) -> Result<Room, TableError> {
        let direct = create.kind == ConversationKind::Direct;
        let mut row = ConversationRow {
            key: ConversationKey(0),
            id,
            kind: create.kind.clone(),
            group_id: None,
            title: create.title.clone().filter(|_| !direct),
            avatar: None,
            settings: None,
            history: create.history.clone().unwrap_or(HistoryPolicy::FromJoin),
            created_at: self.now,
            head_seq: 0,
            head_number: 0,
            active_at: 0,
            members_count: 0,
            change: self.change,
        };
        row.key = self.tables.add_conversation(&row)?;
        Ok(Room::new(row))
    }

    /// The first members see all, and have no `member_joined`: there is nothing before them.
    fn let_in_first(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        members: Vec<UserId>,
    ) -> Result<(), TableError> {
        let mut rows = Vec::with_capacity(members.len());
        for user_id in members {
            let user = self.people.intern(self.tables, &user_id)?;
            self.audit(
                actor,
                names.kind.as_str(),
                names.conversation_id,
                Some(&user_id),
                "ok",
            )?;
            let role = if user_id == actor.user_id {
                Role::Owner
            } else {
                Role::Member
            };
            rows.push(MemberRow {
                conversation: room.row.key,
                user,
                user_id,
                role,
                rev: 1,
                visible_from: 1,
                joined_at: self.now,
                read_seq: 0,
                read_number: 0,
                mentions_unread: 0,
                delivered_seq: 0,
                left: None,
                change: self.change,
            });
        }
        room.put_first_members(rows);
        Ok(())
    }
}

/// Checks what is asked against the id, and gives the first members, the creator first.
fn first_members(
    actor: &Actor,
    id: ConversationId,
    create: &CreateConversation,
) -> Result<Vec<UserId>, ErrorReply> {
    match &create.history {
        None | Some(HistoryPolicy::FromJoin | HistoryPolicy::All) => {}
        Some(HistoryPolicy::Other(_)) => {
            return Err(ErrorReply::invalid(
                "history",
                "history is from_join or all",
            ));
        }
    }
    if create.group_id.is_some() {
        // Groups are not served yet, so there is none that the actor could belong to.
        return Err(ErrorReply {
            field: Some("group_id".into()),
            ..refusal::forbidden()
        });
    }
    let mut members = vec![actor.user_id.clone()];
    for user in create.members.iter().flatten() {
        if !members.contains(user) {
            members.push(user.clone());
        }
    }
    match &create.kind {
        ConversationKind::Direct => check_direct(actor, id, create, &members)?,
        ConversationKind::Group | ConversationKind::Broadcast => {
            if !id.is_v7() {
                return Err(ErrorReply::invalid(
                    "conversation_id",
                    "the id of a conversation that is not direct is a UUIDv7",
                ));
            }
        }
        ConversationKind::Other(_) => {
            return Err(ErrorReply::invalid(
                "kind",
                "a conversation is direct, group or broadcast",
            ));
        }
    }
    Ok(members)
}

fn check_direct(
    actor: &Actor,
    id: ConversationId,
    create: &CreateConversation,
    members: &[UserId],
) -> Result<(), ErrorReply> {
    let [creator, other] = members else {
        let of_two_others = match create.members.as_deref() {
            Some([one, other]) => {
                !create
                    .members
                    .iter()
                    .flatten()
                    .any(|user| *user == actor.user_id)
                    && id == ConversationId::direct(one, other)
            }
            _ => false,
        };
        return Err(if of_two_others {
            refusal::forbidden()
        } else {
            ErrorReply::invalid(
                "members",
                "a direct conversation names exactly one other user",
            )
        });
    };
    if id != ConversationId::direct(creator, other) {
        return Err(ErrorReply::invalid(
            "conversation_id",
            "this is not the id that follows from the two users",
        ));
    }
    Ok(())
}
