/// System calls that fail with `EINTR` after a stop, whatever the signal's `SA_RESTART` says, and have had no effect then.
///
/// Source: signal(7), "Interruption of system calls and library functions by stop signals". `close` and `connect` are not
/// among them: they have had an effect.
package enum RestartableSystemCalls {
    /// Numbers of x86-64 (`asm/unistd_64.h`).
    static let numbers: Set<Int64> = [
        43,  // accept, with a receive timeout
        44, 45, 46, 47,  // sendto, recvfrom, sendmsg, recvmsg, with a timeout
        65,  // semop
        69, 70,  // msgsnd, msgrcv
        128,  // rt_sigtimedwait
        208,  // io_getevents
        220,  // semtimedop
        232, 281, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
        288,  // accept4, with a receive timeout
        299, 307,  // recvmmsg, sendmmsg, with a timeout
        426,  // io_uring_enter
    ]

    /// Whether a stop of a thread that sleeps in this call goes unnoticed by its program.
    package static func canBeInterrupted(_ number: Int32) -> Bool {
        // close and connect: what they had begun is not begun again.
        number != 3 && number != 42
    }
}
