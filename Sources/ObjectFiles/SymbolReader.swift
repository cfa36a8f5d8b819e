/// Reads the symbols of several sources that belong to one object file.
///
/// The symbols of a source that can't be read to its end are left out: they could give an address the name of the function
/// before.
struct SymbolReader {
    let sources: [SymbolSource]
    /// Grows by what is returned.
    let reservation: MemoryReservation

    func all(defect: inout ObjectFileError?) -> [SymbolCandidate] {
        var candidates: [SymbolCandidate] = []
        for (number, source) in sources.enumerated() {
            let known = candidates.count
            do throws(ObjectFileError) {
                try source.read(number: UInt8(number)) { part throws(BudgetExhausted) in
                    try reservation.grow(by: part.count * Self.size)
                    candidates += part
                }
            } catch {
                reservation.shrink(by: (candidates.count - known) * Self.size)
                candidates.removeSubrange(known...)
                defect = defect ?? error
            }
        }
        return candidates
    }

    /// Those that decide which functions the addresses belong to.
    func symbols(deciding addresses: [UInt64], defect: inout ObjectFileError?) -> [SymbolCandidate] {
        let filters = self.filters(for: addresses, defect: &defect)
        let labels = filters.flatMap(\.labels)
        // What covers the start of a label decides whether it begins a function.
        let others = labels.isEmpty ? [] : self.filters(for: labels, defect: &defect)
        return filters.flatMap(\.kept) + others.flatMap(\.kept)
    }

    private func filters(for addresses: [UInt64], defect: inout ObjectFileError?) -> [SymbolFilter] {
        var filters: [SymbolFilter] = []
        for (number, source) in sources.enumerated() {
            var filter = SymbolFilter(addresses)
            do throws(ObjectFileError) {
                try source.read(number: UInt8(number)) { part throws(BudgetExhausted) in
                    let known = filter.count
                    for symbol in part { filter.add(symbol) }
                    try reservation.grow(by: (filter.count - known) * Self.size)
                }
                filters.append(filter)
            } catch {
                reservation.shrink(by: filter.count * Self.size)
                defect = defect ?? error
            }
        }
        return filters
    }

    private static let size = MemoryLayout<SymbolCandidate>.stride
}
