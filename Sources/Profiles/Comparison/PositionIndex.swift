/// The places that some positions of a table have in a list of these alone.
struct PositionIndex {
    /// The positions, each once.
    let positions: [Int]
    private var places: [Int?]

    /// - Parameter count: of the table.
    init(of positions: [Int], count: Int) {
        self.positions = positions
        places = Array(repeating: nil, count: count)
        for (place, position) in positions.enumerated() { places[position] = place }
    }

    /// `nil` for a position that is not in the list.
    subscript(position: Int) -> Int? { places[position] }
}
