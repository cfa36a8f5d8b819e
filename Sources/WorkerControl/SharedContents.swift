internal import ProfileModel
internal import WorkerProtocol

/// The copies of one request, one behind the other in the shared area; what doesn't fit is left out.
struct SharedContents {
    private let area: SharedArea
    private var offset = 0

    init(_ area: SharedArea) { self.area = area }

    mutating func add(_ window: StackWindow) -> SnapshotReference.Window {
        let count = min(window.bytes.count, area.capacity - offset)
        area.write(count == window.bytes.count ? window.bytes : Array(window.bytes[..<count]), at: offset)
        defer { offset += count }
        return SnapshotReference.Window(base: window.base, offset: UInt32(offset), count: UInt32(count))
    }
}
