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
        let shown = isSplit ? line.number.map { source.name(of: function, atLine: $0) } ?? name : name
        return self.function(
            named: shown, systemName: function.systemName.map { source[text: $0] }, kind: function.kind,
            file: function.file.map { source[text: $0] }, startLine: function.startLine)
    }
}

extension Profile {
    /// A function's name with a line: `parse parser.c:42`, and of Python `get (views.py:42)`.
    fileprivate func name(of function: Function, atLine line: Int) -> String {
        let file = function.file.map { SourcePosition.shortName(ofFile: self[text: $0]) } ?? "?"
        let place = "\(file):\(line)"
        return self[text: function.name] + (function.kind == .python ? " (\(place))" : " \(place)")
    }
}
