//! The first steps: connect, send, be confirmed, receive.

use crate::common::{conv, temp, world::World};
use causerie_engine::{EngineConfig, SendState};
use causerie_protocol::{SendMessage, WriteOp};

#[test]
fn a_message_is_shown_at_once_and_confirmed_in_place() {
    let mut world = World::new(EngineConfig::default(), 1);
    world.device.start();
    world.settle();
    let screen = world.device.open(conv(1), 30);
    world.settle();
    let hello = world.write(conv(1), WriteOp::SendMessage(SendMessage::text("hello")));
    assert_eq!(world.shows(screen, hello), Some(Some(SendState::Queued)));
    world.settle();
    assert_eq!(world.shows(screen, hello), Some(None));
    let shown = world.device.screen(screen);
    assert_eq!((shown.inserts, shown.updates, shown.moves), (1, 1, 0));
    world.server.other_writes(
        conv(1),
        temp(900),
        &WriteOp::SendMessage(SendMessage::text("hi alice")),
    );
    world.settle();
    assert_eq!(world.device.screen(screen).texts(), ["hello", "hi alice"]);
    world.check_cache();
    world.check_screens();
    world.check_writes();
    world.check_items();
}
