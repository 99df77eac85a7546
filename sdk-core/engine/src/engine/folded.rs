//! The planted bug `edit_folded`, which takes more than a line. Compiled in only with
//! `--cfg planted`.

use causerie_protocol::{EditMessage, Target, WriteOp};

use super::Engine;

impl Engine {
    /// An edit of a message on its way changes the message in the outbox, though the server may have
    /// it as it was. Says whether there was such a message.
    pub(super) fn fold_edit(&mut self, op: &WriteOp) -> bool {
        let WriteOp::EditMessage(EditMessage {
            target: Target::Temp { target_temp_id },
            content,
        }) = op
        else {
            return false;
        };
        let Some(mut row) = self.outbox.get(*target_temp_id).cloned() else {
            return false;
        };
        let WriteOp::SendMessage(send) = &mut row.op else {
            return false;
        };
        send.content = content.clone();
        self.outbox.remove(row.key);
        self.changes.rows.insert(row.key);
        self.touch_views(&row);
        self.outbox.enqueue(row);
        true
    }
}
