internal import ProfileModel

extension ProfileBuilder {
    /// The location of an instruction of another profile, with some of its lines.
    ///
    /// - Parameter isSplit: whether a function's name says the line.
    mutating func location(
        copying position: Profile.Position, lines: [Profile.Line], of source: Profile, splittingLines isSplit: Bool
    ) -> Profile.LocationIndex {
        let lines = lines.map { line in
            Profile.Line(function: function(copying: line, of: source, splittingLines: isSplit), number: line.number)
        }
        return location(at: self.position(copying: position, of: source), lines: lines)
    }

    private mutating func position(copying position: Profile.Position, of source: Profile) -> Profile.Position {
        switch position {
        case .process, .unknown: position
        case .object(let mapping, let address): .object(self.mapping(copying: mapping, of: source), address)
        case .kernel(let mapping, let address): .kernel(self.mapping(copying: mapping, of: source), address)
        }
    }

    private mutating func mapping(copying index: Profile.MappingIndex, of source: Profile) -> Profile.MappingIndex {
        let mapping = source.mappings[index]
        return self.mapping(path: source[text: mapping.path], buildID: mapping.buildID, segment: mapping.segment)
    }

    private mutating func function(
        copying line: Profile.Line, of source: Profile, splittingLines isSplit: Bool
    ) -> Profile.FunctionIndex {
        let function = source.functions[line.function]
        let name = source[text: function.name]
        let shown = isSplit ? line.number.map { "\(name) \(source.fileName(of: function)):\($0)" } ?? name : name
        return self.function(
            named: shown, systemName: function.systemName.map { source[text: $0] }, kind: function.kind,
            file: function.file.map { source[text: $0] }, startLine: function.startLine)
    }
}

extension Profile {
    /// The last part of the path of a function's source file; `?` without one.
    fileprivate func fileName(of function: Function) -> Substring {
        guard let path = function.file.map({ self[text: $0] }) else { return "?" }
        return path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path[...]
    }
}
