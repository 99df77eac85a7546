//! The wall clock, set off by what the board says. The clocks that never go back stay right.

use std::{
    ffi::{c_int, c_void},
    sync::atomic::Ordering::Relaxed,
};

use libc::{clockid_t, time_t, timespec, timeval};

use crate::start::board;

fn ahead() -> i64 {
    board().map_or(0, |board| board.clock_ahead.load(Relaxed))
}

fn system(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the system checks the pointer.
    unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) as c_int }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let result = system(clock, time);
    let ahead = ahead();
    if result == 0
        && ahead != 0
        && matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE)
    {
        // SAFETY: the system has just written there.
        let time = unsafe { &mut *time };
        let nanos = time.tv_nsec + ahead.rem_euclid(1_000) * 1_000_000;
        time.tv_sec += ahead.div_euclid(1_000) + nanos / 1_000_000_000;
        time.tv_nsec = nanos % 1_000_000_000;
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, _zone: *mut c_void) -> c_int {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of ours.
    let result = unsafe { clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    if result == 0 && !time.is_null() {
        // SAFETY: the caller hands over a timeval.
        unsafe {
            (*time).tv_sec = now.tv_sec;
            (*time).tv_usec = now.tv_nsec / 1_000;
        }
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut time_t) -> time_t {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    if !time.is_null() {
        // SAFETY: the caller hands over a time_t.
        unsafe { *time = now.tv_sec };
    }
    now.tv_sec
}
