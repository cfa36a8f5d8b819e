internal import Glibc

/// The log that libdispatch writes to syslog by itself.
package enum DispatchLog {
    /// Leaves it out, unless whoever started the program has set `LIBDISPATCH_LOG`.
    ///
    /// Each thread of libdispatch's pool asks for the priority of its quality of service and logs a refusal; without
    /// `CAP_SYS_NICE`, and begun at a lower priority (`Nice=` of a unit), that is some twenty lines a minute for as long as
    /// the program runs. Threads keep the lower priority, as they should.
    ///
    /// To be called before threads are started.
    package static func turnOff() {
        // Safe: no other thread reads the environment yet.
        unsafe setenv("LIBDISPATCH_LOG", "NO", 0)
    }
}
