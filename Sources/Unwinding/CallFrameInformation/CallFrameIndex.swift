internal import ObjectFiles
internal import ProfileModel
internal import SystemSupport

/// An index of all frame descriptions of a section, for objects whose linker wrote no search table.
struct CallFrameIndex {
    /// Go programs have up to about five mebibytes.
    private static let decompressedLimit = 32 << 20
    private static let reservationStep = 4096

    private struct Item {
        let start: FileAddress
        let position: UInt64
    }

    private let section: CallFrameSection
    /// In ascending order of `start`.
    private let items: [Item]
    private let reservation: MemoryReservation?
    /// Why there may be descriptions that the index lacks.
    private let defect: CallFrameError?

    /// An index of `.eh_frame`; `nil` when the object has no such section, or an empty one.
    init?(exceptionFramesOf object: ObjectFile) {
        guard let frames = object.section(named: ".eh_frame"), frames.size > 0 else { return nil }
        let section = CallFrameSection(form: .exceptionFrames(object))
        // By the section's place in the file: segments can show the same bytes any number of times.
        self.init(
            CallFrameScan(section, budget: object.budget, base: frames.address.rawValue) { offset, count in
                object.storedBytes(of: frames, at: offset, count: count)
            }, section, object)
    }

    /// An index of `.debug_frame`; `nil` when the object has no such section, or an empty or unreadable one.
    ///
    /// One that may not be decompressed has no items.
    init?(debugFramesOf object: ObjectFile) {
        guard let frames = object.section(named: ".debug_frame"), frames.size > 0 else { return nil }
        guard frames.isStoredCompressed else {
            let section = CallFrameSection(form: .debugFrames(.stored(object, frames)))
            self.init(CallFrameScan(section, budget: object.budget), section, object)
            return
        }
        do {
            let bytes = try object.contents(of: frames, limit: Self.decompressedLimit)
            let section = CallFrameSection(form: .debugFrames(.decompressed(bytes)))
            let reservation = try object.budget.reserve(bytes.count)
            self.init(CallFrameScan(section, budget: object.budget), section, object, reservation)
        } catch let error as BudgetExhausted {
            self.init(refused: error)
        } catch ObjectFileError.budgetExhausted(_, _, let error) {
            self.init(refused: error)
        } catch {
            return nil
        }
    }

    private init(refused error: BudgetExhausted) {
        section = CallFrameSection(form: .debugFrames(.decompressed([])))
        items = []
        reservation = nil
        defect = .budgetExhausted(error)
    }

    /// Keeps what was read before the section ends, is damaged or becomes too expensive.
    ///
    /// - Parameter known: what the section itself takes.
    private init(
        _ entries: CallFrameScan, _ section: CallFrameSection, _ object: ObjectFile,
        _ known: MemoryReservation? = nil
    ) {
        var scan = entries
        var items: [Item] = []
        var defect: CallFrameError?
        var reservation = known
        do throws(BudgetExhausted) {
            let memory = if let known { known } else { try object.budget.reserve(0) }
            reservation = memory
            while let description = try scan.next() {
                if items.count.isMultiple(of: Self.reservationStep) {
                    try memory.grow(by: Self.reservationStep * MemoryLayout<Item>.stride)
                }
                items.append(Item(start: description.start, position: description.position))
            }
        } catch {
            defect = .budgetExhausted(error)
        }
        self.section = section
        self.items = items.sorted { $0.start < $1.start }
        self.reservation = reservation
        self.defect = defect
    }

    func description(covering address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        if let item = items[..<items.partitionPoint { $0.start <= address }].last {
            let found = try section.description(at: item.position)
            if found.contains(address) { return found }
        }
        if let defect { throw defect }
        return nil
    }

    /// The description that begins last of those that begin at or before `address`.
    func description(startingBefore address: FileAddress) throws(CallFrameError) -> FrameDescription? {
        if let defect { throw defect }
        guard let item = items[..<items.partitionPoint { $0.start <= address }].last else { return nil }
        return try section.description(at: item.position)
    }
}
