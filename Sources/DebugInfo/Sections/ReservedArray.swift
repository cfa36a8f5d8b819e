internal import ObjectFiles

/// An array whose memory is reserved before it grows.
struct ReservedArray<Element> {
    private(set) var elements: [Element] = []
    private let reservation: MemoryReservation
    private var capacity = 0

    init(_ reservation: MemoryReservation) { self.reservation = reservation }

    subscript(index: Int) -> Element {
        get { elements[index] }
        set { elements[index] = newValue }
    }

    mutating func append(_ element: Element) throws(DebugInfoError) {
        if elements.count == capacity { try grow() }
        elements.append(element)
    }

    private mutating func grow() throws(DebugInfoError) {
        let larger = max(2 * capacity, Self.smallest)
        // The old elements are there until they are copied.
        try withinBudget { () throws(BudgetExhausted) in
            try reservation.grow(by: larger * MemoryLayout<Element>.stride)
        }
        elements.reserveCapacity(larger)
        reservation.shrink(by: capacity * MemoryLayout<Element>.stride)
        capacity = larger
    }

    mutating func removeAll(from start: Int) { elements.removeSubrange(start...) }

    mutating func sort(from start: Int = 0, by areInOrder: (Element, Element) -> Bool) {
        elements[start...].sort(by: areInOrder)
    }

    /// Gives back the elements and their memory.
    mutating func release() {
        elements = []
        reservation.shrink(by: capacity * MemoryLayout<Element>.stride)
        capacity = 0
    }

    private static var smallest: Int { 8 }
}
