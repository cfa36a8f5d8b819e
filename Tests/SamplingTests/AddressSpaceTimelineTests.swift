import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

/// What was mapped when.
@Suite struct AddressSpaceTimelineTests {
    private var timeline = AddressSpaceTimeline()

    private func time(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    private func code(at start: UInt64, size: UInt64 = 0x1000) -> MappedRange {
        MappedRange(
            start: Address(rawValue: start), end: Address(rawValue: start + size), isReadable: true, isWritable: false,
            isExecutable: true, fileOffset: 0, content: .anonymous)
    }

    /// The starts of the mappings at a time; `nil` when nothing is known.
    private func starts(at nanoseconds: UInt64, _ timeline: AddressSpaceTimeline? = nil) -> [UInt64]? {
        (timeline ?? self.timeline).view(at: time(nanoseconds))?.map.ranges.map(\.start.rawValue)
    }

    private func isDisputed(at nanoseconds: UInt64) -> Bool {
        timeline.view(at: time(nanoseconds))?.others.isEmpty == false
    }

    private mutating func read(_ starts: [UInt64], from begin: UInt64, to end: UInt64) {
        timeline.read(MemoryMap(starts.map { code(at: $0) }), at: time(begin)...time(end))
    }

    @Test func `Of a process that nobody has read, nothing is known`() {
        #expect(timeline.isEmpty && timeline.view(at: time(5)) == nil)
    }

    @Test mutating func `Every time has its own mappings`() {
        read([0x1000], from: 10, to: 12)
        timeline.map(code(at: 0x5000), at: time(20))
        timeline.map(code(at: 0x9000), at: time(30))
        #expect(starts(at: 15) == [0x1000])
        #expect(starts(at: 20) == [0x1000, 0x5000])
        #expect(starts(at: 99) == [0x1000, 0x5000, 0x9000])
    }

    @Test mutating func `A mapping takes the place of what was there`() {
        timeline.read(MemoryMap([code(at: 0x1000, size: 0x4000)]), at: time(10)...time(11))
        timeline.map(code(at: 0x2000), at: time(20))
        #expect(starts(at: 25) == [0x1000, 0x2000, 0x3000])
        #expect(starts(at: 15) == [0x1000])
    }

    @Test mutating func `A change that a reading has shown already is dated back by its record`() {
        read([0x1000], from: 10, to: 11)
        read([0x1000, 0x5000], from: 50, to: 51)
        #expect(starts(at: 40) == [0x1000])
        timeline.map(code(at: 0x5000), at: time(30))
        #expect(starts(at: 40) == [0x1000, 0x5000])
        #expect(starts(at: 29) == [0x1000])
    }

    @Test mutating func `A reading counts from its end, with what was reported while it was made`() {
        read([0x1000], from: 10, to: 11)
        read([0x1000, 0x5000], from: 50, to: 60)
        timeline.map(code(at: 0x9000), at: time(55))
        #expect(starts(at: 54) == [0x1000])
        #expect(starts(at: 56) == [0x1000, 0x9000])
        #expect(starts(at: 61) == [0x1000, 0x5000, 0x9000])
    }

    @Test mutating func `A reading that was made before a report knows nothing of it`() {
        read([0x1000], from: 10, to: 11)
        read([0x1000, 0x5000], from: 50, to: 60)
        timeline.map(code(at: 0x9000), at: time(40))
        #expect(starts(at: 45) == [0x1000, 0x9000])
        // What was mapped before the reading began, and is not in it, is gone again.
        #expect(starts(at: 61) == [0x1000, 0x5000])
    }

    @Test mutating func `Executing leaves nothing of what there was`() {
        read([0x1000], from: 10, to: 11)
        timeline.execute(at: time(20))
        #expect(starts(at: 20) == [])
        timeline.map(code(at: 0x7000), at: time(21))
        #expect(starts(at: 25) == [0x7000])
        #expect(starts(at: 19) == [0x1000])
    }

    /// Another file may have been mapped there unseen, before the first one came back.
    @Test(arguments: [true, false])
    mutating func `What is mapped again while changes may go unreported says nothing of the time before`(
        isReportedBefore: Bool
    ) throws {
        read([0x1000, 0x5000], from: 10, to: 11)
        timeline.invalidate(since: time(20))
        if isReportedBefore { timeline.map(code(at: 0x5000), at: time(30)) }
        read([0x1000, 0x5000], from: 40, to: 41)
        if !isReportedBefore {
            #expect(timeline.mayChange(at: time(25), after: time(29)))
            timeline.map(code(at: 0x5000), at: time(30))
        }
        #expect(!timeline.mayChange(at: time(25), after: time(41)))
        #expect(!timeline.mayChange(at: time(15), after: time(29)))
        // It is the same for a process that was forked then.
        var child = AddressSpaceTimeline(forkedFrom: timeline, at: time(25))
        child.read(MemoryMap([code(at: 0x1000), code(at: 0x5000)]), at: time(50)...time(51))
        for timeline in [timeline, child] {
            let others = try #require(timeline.view(at: time(25))).others
            #expect(others.allSatisfy { $0.ranges.map(\.start.rawValue) == [0x1000] } && !others.isEmpty)
        }
        #expect(!isDisputed(at: 15) && !isDisputed(at: 45))
    }

    @Test mutating func `After lost records, a stack must agree with what was there before and after`() {
        read([0x1000], from: 10, to: 11)
        timeline.invalidate(since: time(20))
        timeline.invalidate(since: time(25))
        #expect(timeline.openGap == time(20))
        read([0x1000, 0x5000], from: 40, to: 42)
        #expect(timeline.openGap == nil)
        #expect(!isDisputed(at: 19) && isDisputed(at: 20) && isDisputed(at: 30) && isDisputed(at: 41))
        #expect(!isDisputed(at: 42))
    }

    @Test mutating func `Lost records that turn out to have changed nothing are no matter`() {
        read([0x1000], from: 10, to: 11)
        timeline.invalidate(since: time(20))
        read([0x1000], from: 40, to: 42)
        #expect(!isDisputed(at: 30) && timeline.openGap == nil)
    }

    @Test mutating func `A time before all that is remembered is disputed`() {
        read([0x1000], from: 10, to: 11)
        for change in 1...800 as ClosedRange<UInt64> {
            timeline.map(code(at: 0x10_0000 + change * 0x1000), at: time(100 + change))
        }
        #expect(isDisputed(at: 15))
        #expect(!isDisputed(at: 900))
        #expect(starts(at: 900)?.count == 801)
    }

    @Test mutating func `A forked process begins with its parent's mappings at the fork`() {
        read([0x1000], from: 10, to: 11)
        timeline.map(code(at: 0x5000), at: time(20))
        timeline.execute(at: time(40))
        timeline.map(code(at: 0x7000), at: time(41))
        let child = AddressSpaceTimeline(forkedFrom: timeline, at: time(30))
        #expect(starts(at: 50, child) == [0x1000, 0x5000])
        #expect(starts(at: 15, child) == [0x1000])
        #expect(child.openGap == nil)
    }

    @Test mutating func `A process that was forked in a gap is in doubt until it is read itself`() {
        read([0x1000], from: 10, to: 11)
        timeline.invalidate(since: time(20))
        #expect(AddressSpaceTimeline(forkedFrom: timeline, at: time(30)).openGap == time(20))
        #expect(AddressSpaceTimeline(forkedFrom: timeline, at: time(15)).openGap == nil)
        read([0x1000, 0x5000], from: 40, to: 42)
        #expect(AddressSpaceTimeline(forkedFrom: timeline, at: time(30)).openGap == time(20))
        #expect(AddressSpaceTimeline(forkedFrom: timeline, at: time(43)).openGap == nil)
    }

    @Test mutating func `Of a parent that was read only after the fork, nothing is known`() {
        read([0x1000], from: 10, to: 11)
        #expect(AddressSpaceTimeline(forkedFrom: timeline, at: time(5)).isEmpty)
    }

    @Test mutating func `What no later sample needs is evicted`() {
        read([0x1000], from: 10, to: 12)
        timeline.map(code(at: 0x5000), at: time(20))
        timeline.map(code(at: 0x9000), at: time(30))
        timeline.evict(before: time(25))
        #expect(timeline.mappingCount == 5)
        #expect(starts(at: 25) == [0x1000, 0x5000] && starts(at: 30) == [0x1000, 0x5000, 0x9000])
        timeline.evict(before: time(1000))
        #expect(timeline.mappingCount == 3 && starts(at: 1000) == [0x1000, 0x5000, 0x9000])
        // Of the time before it is only known what the newest mappings agree with.
        #expect(isDisputed(at: 25))
    }
}
