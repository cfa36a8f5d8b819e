internal import ObjectFiles
internal import ProfileModel

/// An index of all frame descriptions of a section, for objects whose linker wrote no search table.
struct CallFrameIndex {
    /// A section with more entries is refused; the largest programs known have about two million.
    private static let entryLimit = 8_000_000
    private static let sectionLimit = 512 * 1024 * 1024

    private struct Item {
        let start: FileAddress
        let position: UInt64
    }

    private let section: CallFrameSection
    /// In ascending order of `start`.
    private let items: [Item]

    /// An index of `.eh_frame`; `nil` when the object has no such section, or an empty one.
    init?(exceptionFramesOf object: ObjectFile) {
        guard let frames = object.section(named: ".eh_frame"), frames.size > 0 else { return nil }
        self.init(
            CallFrameSection(form: .exceptionFrames(object)), from: frames.address.rawValue, size: frames.size)
    }

    /// An index of `.debug_frame`; `nil` when the object has no such section, or an empty or unreadable one.
    init?(debugFramesOf object: ObjectFile) {
        guard let frames = object.section(named: ".debug_frame") ?? object.section(named: ".zdebug_frame"),
            let bytes = try? object.contents(of: frames, limit: Self.sectionLimit), !bytes.isEmpty
        else { return nil }
        self.init(CallFrameSection(form: .debugFrames(bytes)), from: 0, size: UInt64(bytes.count))
    }

    /// Reads entries up to the terminator, the section's end, or the first damaged one; what was read is kept.
    private init(_ section: CallFrameSection, from first: UInt64, size: UInt64) {
        var items: [Item] = []
        var position = first
        let end = first &+ size
        while position < end, items.count < Self.entryLimit,
            let (entry, next) = try? section.entry(at: position), next > position
        {
            if case .terminator = entry { break }
            if case .description(let start, let found) = entry { items.append(Item(start: start, position: found)) }
            position = next
        }
        self.section = section
        self.items = items.sorted { $0.start < $1.start }
    }

    func description(covering address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let found = try section.description(at: items[low - 1].position)
        return found.contains(address) ? found : nil
    }
}
