//! A full disk.

use std::{ffi::c_int, sync::atomic::Ordering::SeqCst};

use crate::{board::Board, start::board, system};

/// How many of `count` bytes at `offset` there is room for; ENOSPC if for none.
pub(crate) fn room(fd: c_int, offset: u64, count: usize) -> Result<usize, c_int> {
    let Some(board) = board() else {
        return Ok(count);
    };
    let room = match board.full.load(SeqCst) {
        0 => count,
        1 => count - growth(fd, offset, count),
        2 => 0,
        _ => {
            let growth = growth(fd, offset, count);
            let left = usize::try_from(board.space.load(SeqCst)).unwrap_or(0);
            let granted = growth.min(left);
            board.space.fetch_sub(granted as i64, SeqCst);
            count - (growth - granted)
        }
    };
    if room == 0 && count > 0 {
        Board::count(&board.refused, 1);
        return Err(libc::ENOSPC);
    }
    Ok(room)
}

/// By how much the file would grow.
fn growth(fd: c_int, offset: u64, count: usize) -> usize {
    let size = system::stat(fd).map_or(0, |stat| stat.st_size as u64);
    let end = offset + count as u64;
    usize::try_from(end.saturating_sub(size)).map_or(count, |growth| growth.min(count))
}
