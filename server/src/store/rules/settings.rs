//! `update_conversation`.

use causerie_protocol::{ConversationKind, UpdateConversation};

use crate::store::{Actor, EventBody, Outcome, tables::Tables};

use super::{
    Work,
    refusal::{self, Ruling},
    room::{Room, Standing},
    write::Names,
};

impl<T: Tables> Work<'_, T> {
    pub(super) fn update(
        &mut self,
        room: &mut Room,
        actor: &Actor,
        names: Names,
        update: &UpdateConversation,
    ) -> Ruling<Outcome> {
        let standing = self.managing_standing(room, actor)?;
        let news = UpdateConversation {
            title: differs(&room.row.title, &update.title),
            avatar: differs(&room.row.avatar, &update.avatar),
            settings: differs(&room.row.settings, &update.settings),
        };
        if news == UpdateConversation::default() {
            return self.ack(room, standing.key, names, None);
        }
        room.row.title = news.title.clone().or(room.row.title.take());
        room.row.avatar = news.avatar.clone().or(room.row.avatar.take());
        room.row.settings = news.settings.clone().or(room.row.settings.take());
        let body = EventBody::Updated {
            title: news.title,
            avatar: news.avatar,
            settings: news.settings,
        };
        let seq = self.record(room, (actor, standing.key), None, body)?;
        self.ack(room, standing.key, names, Some(seq))
    }

    /// What the actor may do, who must manage a conversation that can be managed.
    pub(super) fn managing_standing(&mut self, room: &mut Room, actor: &Actor) -> Ruling<Standing> {
        let standing = self.member_standing(room, actor)?;
        if room.row.kind == ConversationKind::Direct {
            return Err(refusal::not_allowed(
                "a direct conversation has no settings, and its members do not change",
            )
            .into());
        }
        if !standing.role.manages() {
            return Err(refusal::not_allowed("only the owner and admins do this").into());
        }
        Ok(standing)
    }
}

fn differs<V: PartialEq + Clone>(old: &Option<V>, new: &Option<V>) -> Option<V> {
    new.as_ref()
        .filter(|new| old.as_ref() != Some(new))
        .cloned()
}
