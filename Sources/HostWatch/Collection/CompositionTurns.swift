import ProcFS
import ProfileModel

/// Of which processes it is read what their memory is, and when: of those whose memory has grown since, whose figures may be
/// freed or shared memory.
struct CompositionTurns {
    private let reader: CompositionReader
    /// A reading that is older than so many intervals says nothing any more.
    private static let mostIntervals = 4.0

    init(_ reader: CompositionReader) { self.reader = reader }

    /// Takes what has been read, and asks for what is due.
    mutating func update(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, _ settings: HostWatchSettings,
        degradation: Degradation
    ) {
        take(scan, context, settings)
        guard !degradation.contains(.proportional), reader.isReady() else { return }
        reader.evict { identity in scan.processes[identity.process.rawValue]?.identity == identity }
        var requests: [CompositionReader.Request] = []
        for process in scan.grouped where Self.isDue(process, context, settings) {
            process.slow.composition.turn.take(at: context.now)
            requests.append(
                CompositionReader.Request(
                    identity: process.identity,
                    byMapping: process.slow.shared >= CompositionFigures.leastGrowth || process.sockets.hasMemoryFiles))
        }
        reader.begin(requests)
    }

    private mutating func take(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, _ settings: HostWatchSettings
    ) {
        let readings = reader.takeReadings()
        for (identity, reading) in readings {
            guard let process = scan.processes[identity.process.rawValue], process.identity == identity else {
                continue
            }
            let figures = process.figures
            process.slow.composition.take(reading, figures, at: context.now)
        }
        for process in scan.grouped {
            process.slow.composition.expire(at: context.now, after: Self.mostIntervals * settings.statusInterval)
        }
        guard !readings.isEmpty else { return }
        shareFiles(scan)
    }

    /// A file in memory counts for the process that holds it, unless several do.
    private func shareFiles(_ scan: borrowing ProcessScan) {
        var holders: [SharedMemoryUse.Key: Int] = [:]
        for process in scan.grouped {
            for file in process.slow.composition.files { holders[file.key, default: 0] += 1 }
        }
        for process in scan.grouped {
            process.slow.composition.ownFiles = process.slow.composition.files
                .filter { holders[$0.key] == 1 }.reduce(0) { $0 &+ $1.bytes }
        }
    }

    private static func isDue(
        _ process: WatchedProcess, _ context: CollectionContext, _ settings: HostWatchSettings
    ) -> Bool {
        let slow = process.slow
        guard process.resident <= settings.proportionalLimit,
            slow.composition.turn.isDue(at: context.now, interval: settings.statusInterval, of: process.number)
        else { return false }
        return process.figures.areDue(
            since: slow.composition.figures, isMixed: slow.composition.isMixed,
            holdsFiles: process.sockets.hasMemoryFiles)
    }
}

extension WatchedProcess {
    fileprivate var figures: CompositionFigures {
        CompositionFigures(anonymous: anonymous, shared: slow.shared, hugeTLB: slow.hugeTLB)
    }
}

/// The figures of a process, in bytes, whose growth says that its memory may be something else than it was.
package struct CompositionFigures: Sendable {
    private let anonymous: UInt64
    private let shared: UInt64
    private let hugeTLB: UInt64

    /// Growth that is worth a reading: what a leak needs at least, and a hundredth of what there was.
    static let leastGrowth: UInt64 = 1 << 20

    package init(anonymous: UInt64, shared: UInt64, hugeTLB: UInt64) {
        self.anonymous = anonymous
        self.shared = shared
        self.hugeTLB = hugeTLB
    }

    /// Whether it is to be read again what the memory is.
    ///
    /// - Parameters:
    ///   - before: when it was read last.
    ///   - isMixed: whether it was more than anonymous memory in use then.
    ///   - holdsFiles: whether a descriptor holds a file in memory, which may grow without any figure.
    package func areDue(since before: CompositionFigures, isMixed: Bool, holdsFiles: Bool) -> Bool {
        isMixed || holdsFiles || haveGrown(since: before)
    }

    private func haveGrown(since before: CompositionFigures) -> Bool {
        [(anonymous, before.anonymous), (shared, before.shared), (hugeTLB, before.hugeTLB)].contains { now, before in
            now >= before &+ max(Self.leastGrowth, before / 100)
        }
    }
}

/// What was read of a process's memory, and at which figures.
struct CompositionState {
    var turn = Turn()
    private(set) var known: Known<MemoryComposition> = .notRead
    /// The files in memory that it holds, and what those take up that no other process holds.
    private(set) var files: [MemoryFile] = []
    var ownFiles: UInt64 = 0
    /// At the last reading, or at the beginning.
    private(set) var figures: CompositionFigures
    private var readAt = -Double.infinity

    init(anonymous: UInt64) { figures = CompositionFigures(anonymous: anonymous, shared: 0, hugeTLB: 0) }

    /// Whether there is more in it than anonymous memory in use, so that its figures are renewed as long as they matter.
    var isMixed: Bool { known.value?.isMixed ?? false }

    mutating func take(_ reading: CompositionReader.Reading, _ figures: CompositionFigures, at now: Double) {
        known = reading.composition
        files = reading.files
        readAt = now
        self.figures = figures
    }

    mutating func expire(at now: Double, after seconds: Double) {
        guard now - readAt > seconds, known != .notRead else { return }
        // What is plain anonymous memory needs no second reading before it grows.
        if isMixed || !files.isEmpty { (known, files, ownFiles) = (.notRead, [], 0) }
    }
}
