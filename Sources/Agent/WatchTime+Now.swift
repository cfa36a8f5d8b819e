internal import Glibc
internal import HostWatch

extension WatchTime {
    static var now: WatchTime { WatchTime(monotonic: seconds(CLOCK_MONOTONIC), wall: seconds(CLOCK_REALTIME)) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        // Safe: the call fills the structure, and both clocks always exist.
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
