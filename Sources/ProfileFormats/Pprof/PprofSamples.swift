import PprofMessages
import ProfileModel
import Profiles

/// Makes a profile of the messages of a file.
struct PprofSamples {
    private struct ReadLocation {
        let location: Profile.LocationIndex
        /// The reason where it stands for a missing root.
        let truncation: String?
    }

    private let tables: PprofTables
    private let limits: ProfileLimits
    private let types: [SampleType]
    /// How many nanoseconds a value of each type has; `nil` for other units than times.
    private let factors: [Int64?]
    private var builder: ProfileBuilder
    private var places: [UInt64: ReadLocation] = [:]
    private var processes: Set<ProcessID> = []
    private let programName: String

    /// - Parameter end: the size of the file, where what is missing is reported.
    init(_ tables: PprofTables, _ limits: ProfileLimits, end: Int) throws(ProfileReadingError) {
        self.tables = tables
        self.limits = limits
        let position = ProfileReadingError.Position.byte(end)
        guard !tables.sampleTypes.isEmpty else { throw Self.error("a type of samples is missing", position) }
        let units = tables.sampleTypes.map { PprofUnit.unit(named: tables.text($0.unit) ?? "") }
        let types = zip(tables.sampleTypes, units).map { type, unit in
            SampleType(name: tables.text(type.type) ?? "", unit: unit.unit)
        }
        let shown = tables.text(tables.defaultSampleType).flatMap { name in types.last { $0.name == name } }
        let metadata = tables.metadata()
        guard let last = types.last else { throw Self.error("a type of samples is missing", position) }
        builder = ProfileBuilder(metadata: metadata, sampleTypes: types, shown: shown ?? last)
        self.types = types
        factors = units.map(\.nanoseconds)
        programName = metadata.command
        try addPlaces(position)
    }

    /// - Parameter position: of the sample, for errors.
    mutating func add(_ sample: PprofSample, at position: ProfileReadingError.Position) throws(ProfileReadingError) {
        guard sample.value.count == types.count else {
            throw Self.error("a sample has \(sample.value.count) values where there are \(types.count) types", position)
        }
        try limits.check(depth: sample.locationID.count, in: .pprof, at: position)
        var truncation: String?
        var stack: [Profile.LocationIndex] = []
        stack.reserveCapacity(sample.locationID.count)
        for (index, id) in sample.locationID.enumerated() {
            guard let place = places[id] else { throw Self.error("there is no location \(id)", position) }
            if let reason = place.truncation, index == sample.locationID.count - 1 {
                truncation = reason
            } else {
                stack.append(place.location)
            }
        }
        let values = zip(sample.value, factors).map { value, factor in
            let (product, overflow) = value.multipliedReportingOverflow(by: factor ?? 1)
            return overflow ? (value < 0 ? -.max : .max) : product
        }
        builder.add(stack: stack, thread: thread(of: sample), truncation: truncation, values: values)
        try limits.check(builder.size, in: .pprof, at: position)
    }

    consuming func finish() -> Profile {
        if builder.metadata.processes.isEmpty { builder.metadata.processes = processes.sorted() }
        return builder.finish()
    }

    private mutating func addPlaces(_ position: ProfileReadingError.Position) throws(ProfileReadingError) {
        var functions: [UInt64: PprofFunction] = [:]
        for function in tables.functions { functions[function.id] = function }
        var mappings: [UInt64: PprofMapping] = [:]
        for mapping in tables.mappings { mappings[mapping.id] = mapping }
        for location in tables.locations {
            let mapping = location.mappingID == 0 ? nil : mappings[location.mappingID]
            guard location.mappingID == 0 || mapping != nil else {
                throw Self.error("there is no mapping \(location.mappingID)", position)
            }
            places[location.id] = try place(of: location, in: mapping, functions, position)
        }
    }

    private mutating func place(
        of location: PprofLocation, in mapping: PprofMapping?, _ functions: [UInt64: PprofFunction],
        _ position: ProfileReadingError.Position
    ) throws(ProfileReadingError) -> ReadLocation {
        let path = mapping.flatMap { tables.text($0.filename) }
        var lines: [Profile.Line] = []
        for line in location.line {
            guard let function = functions[line.functionID] else {
                throw Self.error("there is no function \(line.functionID)", position)
            }
            lines.append(
                Profile.Line(function: self.function(function, in: path), number: Self.line(line.line)))
        }
        if lines.isEmpty { lines = [unnamedLine(of: location, in: path)] }
        let index = builder.location(at: self.position(of: location, in: mapping, path), lines: lines)
        return ReadLocation(location: index, truncation: mapping == nil ? truncation(in: location, functions) : nil)
    }

    private func truncation(in location: PprofLocation, _ functions: [UInt64: PprofFunction]) -> String? {
        guard let line = location.line.first, location.line.count == 1, let function = functions[line.functionID]
        else { return nil }
        return tables.text(function.name).flatMap(NamesInFiles.truncation)
    }

    /// The name that a location without functions has: its address in its object.
    private mutating func unnamedLine(of location: PprofLocation, in path: String?) -> Profile.Line {
        let object = path?.split(separator: "/").last
        let address = hexadecimal(location.address)
        let name = object.map { "[\($0)+\(address)]" } ?? (location.address == 0 ? "[unknown]" : address)
        return Profile.Line(function: builder.function(named: name, kind: .unknown), number: nil)
    }

    private mutating func function(_ function: PprofFunction, in path: String?) -> Profile.FunctionIndex {
        let (known, system) = (tables.text(function.name) ?? "", tables.text(function.systemName) ?? "")
        let name = known.isEmpty ? (system.isEmpty ? "[unknown]" : system) : known
        let file = tables.text(function.filename) ?? ""
        let isPython = path == nil && PythonNames.isPython(file: file)
        return builder.function(
            named: name, systemName: system.isEmpty || Spelling(system) == Spelling(name) ? nil : system,
            kind: isPython ? .python : NamesInFiles.kind(of: name, in: path), file: file.isEmpty ? nil : file,
            startLine: Self.line(function.startLine))
    }

    private mutating func position(
        of location: PprofLocation, in mapping: PprofMapping?, _ path: String?
    ) -> Profile.Position {
        let address = Address(rawValue: location.address)
        guard let mapping, let path, !NamesInFiles.isPlaceholder(mapping: path) else {
            return location.address == 0 ? .unknown : .process(address)
        }
        if NamesInFiles.isKernel(mapping: path) { return .kernel(builder.mapping(path: path), address) }
        let hasSegment = mapping.memoryStart < mapping.memoryLimit
        let segment = CodeSegment(
            start: FileAddress(rawValue: mapping.memoryStart), limit: FileAddress(rawValue: mapping.memoryLimit),
            fileOffset: mapping.fileOffset)
        let index = builder.mapping(
            path: path, buildID: BuildID(hexadecimal: tables.text(mapping.buildID) ?? ""),
            segment: hasSegment ? segment : nil)
        return .object(index, FileAddress(rawValue: location.address))
    }

    private mutating func thread(of sample: PprofSample) -> ProfiledThread {
        var texts: [String: String] = [:]
        var numbers: [String: Int32] = [:]
        for label in sample.label {
            guard let key = tables.text(label.key) else { continue }
            let text = label.str == 0 ? nil : tables.text(label.str)
            if let text { texts[key] = text }
            let number = text.map { Int32($0) } ?? Int32(exactly: label.num)
            // No process or thread has a negative one.
            numbers[key] = number.flatMap { $0 < 0 ? nil : $0 }
        }
        let process = numbers["pid"].map(ProcessID.init)
        if let process { processes.insert(process) }
        let name = texts["thread_comm"] ?? texts["comm"] ?? programName
        return ProfiledThread(
            process: process, thread: (numbers["thread_id"] ?? numbers["tid"]).map(ThreadID.init), name: name,
            processName: texts["comm"] ?? name)
    }

    private static func line(_ number: Int64) -> Int? { number > 0 ? Int(number) : nil }

    private static func error(_ text: String, _ position: ProfileReadingError.Position) -> ProfileReadingError {
        ProfileReadingError(.malformed(text), in: .pprof, at: position)
    }
}

extension BuildID {
    /// Of hexadecimal digits, two for each byte; `nil` for another text.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard !digits.isEmpty, digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self.init(bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
