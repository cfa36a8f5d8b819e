/// The name that somebody probably meant.
enum NearMiss {
    /// The nearest of the candidates, if it is near: one edit, or two in longer names, or a third of its letters.
    static func suggestion(for name: String, among candidates: [String], ignoringCase: Bool = true) -> String? {
        guard name.count <= 64 else { return nil }
        let name = ignoringCase ? name.lowercased() : name
        let limit = max(1, min(3, name.count / 3))
        let distances = candidates.map { (name: $0, distance: distance(name, $0)) }
        return distances.min { $0.distance < $1.distance }.flatMap { $0.distance <= limit ? $0.name : nil }
    }

    /// Insertions, deletions, replacements and swaps of neighbours: optimal string alignment.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var rows = [Array(0...right.count)]
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(rows[i][j + 1], row[j]) + 1
                best = min(best, rows[i][j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
