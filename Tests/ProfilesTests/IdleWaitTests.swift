import ProfileModel
import Testing

@testable import Profiles

@Suite struct IdleWaitTests {
    @Test(arguments: [
        "epoll_wait", "__poll", "__GI___poll", "pthread_cond_wait@@GLIBC_2.3.2", "___pthread_cond_timedwait64",
        "__futex_abstimed_wait_common", "clock_nanosleep", "accept4", "runtime.futex",
        "std::sys::pal::unix::futex::futex_wait",
    ])
    func waitsForWorkAreIdle(name: String) {
        #expect(IdleWait.sign(of: CallTree.Label(name: Spelling(name), kind: .native)) == .waits)
    }

    @Test(arguments: [
        ("__lll_lock_wait", CallTree.RowKind.native), ("read", .native), ("Poller::poll", .native), ("wait", .native),
        ("epoll_wait", .jit), ("poll", .group),
    ])
    func locksAndWorkAreNot(name: String, kind: CallTree.RowKind) {
        #expect(IdleWait.sign(of: CallTree.Label(name: Spelling(name), kind: kind)) == .works)
    }

    @Test func theKernelBelowAWaitBelongsToIt() {
        let kernel = [SampleProfiles.frame("do_epoll_wait", .kernel)]
        let (main, wait, work) = (
            [SampleProfiles.frame("main")], [SampleProfiles.frame("epoll_wait")], [SampleProfiles.frame("write")]
        )
        let stacks = [
            [main, wait, kernel], [main, work, kernel], [main, [SampleProfiles.frame("syscall")]], [kernel],
        ]
        let profile = SampleProfiles.profile(
            of: stacks.map { SampleProfiles.Stack(locations: $0, value: 1) }, type: .wall)
        let left = profile.withoutIdleWaits()
        #expect(left.total(of: .wall) == 3)
        #expect(left.samples.map(\.stack) == Array(profile.samples.map(\.stack).dropFirst()))
    }

    @Test func `Without idle waits, samples are counted again and losses stay`() throws {
        var metadata = SampleProfiles.metadata()
        metadata.counts?.samples = 10
        metadata.counts?.lost = ["queue_full": 2]
        metadata.counts?.missedTicks = 4
        let (main, wait) = ([SampleProfiles.frame("main")], [SampleProfiles.frame("poll")])
        let stacks = [
            SampleProfiles.Stack(locations: [main, wait], value: 7),
            SampleProfiles.Stack(locations: [main], truncation: .frameLimit(1), value: 3),
        ]
        let left = SampleProfiles.profile(of: stacks, metadata: metadata).withoutIdleWaits()
        let counts = try #require(left.metadata.counts)
        #expect(counts.samples == 3 && counts.recordedSamples == 10 && counts.truncated == ["frame_limit": 3])
        #expect(counts.lost == ["queue_full": 2] && counts.missedTicks == 4)
    }

    @Test func aProfileOfCPUTimeHasNone() {
        let profile = SampleProfiles.profile([(["main", "epoll_wait"], 1)], type: .cpu)
        #expect(!profile.mayHaveIdleWaits)
        #expect(profile.withoutIdleWaits().total(of: .cpu) == 1)
    }
}
