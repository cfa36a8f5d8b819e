internal import ProfileModel

/// Where the loader put an object file: which of its segments each mapping shows.
///
/// Several segments can lie in one page of the file, so that a mapping's offset alone doesn't distinguish them (LLD
/// packs them so). Their addresses do: all mappings of a loaded file have one bias.
struct ObjectPlacement {
    private let object: ObjectFile
    /// How many mappings each bias would explain; empty where no mapping has several that are possible.
    private var explained: [UInt64: Int] = [:]

    /// - Parameter ranges: all mappings of the object file in a process.
    init(of object: ObjectFile, at ranges: [MappedRange]) {
        self.object = object
        guard ranges.contains(where: { candidates($0).count > 1 }) else { return }
        for range in ranges {
            for bias in Set(object.segments.compactMap { Self.bias(of: $0, at: range) }) {
                explained[bias, default: 0] += 1
            }
        }
    }

    /// What the loader added to the object file's addresses in one of the mappings, wrapping; `nil` where the mapping
    /// shows no segment, or it is unknown which one it shows.
    func bias(at range: MappedRange) -> UInt64? {
        let candidates = candidates(range)
        guard candidates.count > 1 else { return candidates.first }
        let most = candidates.compactMap { explained[$0] }.max()
        let best = candidates.filter { explained[$0] == most }
        return best.count == 1 ? best.first : nil
    }

    private func candidates(_ range: MappedRange) -> Set<UInt64> {
        let segments = object.segments.filter { $0.isMapped(from: range.fileOffset) }
        // A segment that is executable as the mapping is comes before others.
        let alike = segments.filter { $0.isExecutable == range.isExecutable }
        let candidates = Set((alike.isEmpty ? segments : alike).compactMap { Self.bias(of: $0, at: range) })
        // A program that isn't position-independent is where its addresses say.
        return !object.isPositionIndependent && candidates.contains(0) ? [0] : candidates
    }

    private static func bias(of segment: LoadSegment, at range: MappedRange) -> UInt64? {
        guard segment.isMapped(from: range.fileOffset) else { return nil }
        return range.start.rawValue &- (segment.address.rawValue &+ range.fileOffset &- segment.fileOffset)
    }
}
