/// Which files' mappings are next to executable memory that may be a copy of their code.
package enum MappingNeighbours {
    /// For each executable mapping, the index of the last one before it in an order that shows another file.
    ///
    /// - Parameters:
    ///   - order: of the mappings' indices, ascending or descending.
    ///   - file: what the mapping of an index shows; `nil` where it shows no file.
    package static func otherFiles<File: Equatable>(
        _ order: some Sequence<Int>, isExecutable: (Int) -> Bool, file: (Int) -> File?
    ) -> [Int: Int] {
        var found: [Int: Int] = [:]
        var last: (index: Int, file: File)?
        var beforeFile: Int?
        for index in order {
            guard let here = file(index) else {
                if isExecutable(index) { found[index] = last?.index }
                continue
            }
            if let last, last.file != here { beforeFile = last.index }
            last = (index, here)
            if isExecutable(index) { found[index] = beforeFile }
        }
        return found
    }
}
