package import ProfileModel

/// Weighted stacks of threads in the shape of pprof's `profile.proto`, with every string, function, location and stack
/// stored once.
///
/// The stack table is a prefix tree: a row is a location and the stack of its caller, so a caller always precedes its
/// callees. The magnitudes of all values of one type never sum up to more than `Int64.max`: what would exceed it is not
/// added. A `ProfileBuilder` makes profiles.
package struct Profile: Sendable {
    package typealias StringIndex = Table<Spelling>.Index
    package typealias MappingIndex = Table<Mapping>.Index
    package typealias FunctionIndex = Table<Function>.Index
    package typealias LocationIndex = Table<Location>.Index
    package typealias StackIndex = Table<Stack>.Index
    package typealias ThreadIndex = Table<Thread>.Index

    /// The code of one segment of an object file, or of the kernel or one of its modules.
    package struct Mapping: Hashable, Sendable {
        /// The object file's path, `[kernel]`, or `[` and the name of a kernel module and `]`.
        package let path: StringIndex
        package let buildID: BuildID?
        /// `nil` for the kernel, and where no segment of the object file holds the address.
        package let segment: CodeSegment?
    }

    /// A function, wherever it was called or inlined.
    package struct Function: Hashable, Sendable {
        package let name: StringIndex
        /// As the linker knows it; `nil` where that is the name itself.
        package let systemName: StringIndex?
        package let kind: FrameKind
        /// The source file and the line on which the function begins there, where debug information has them.
        package let file: StringIndex?
        package let startLine: Int?
    }

    /// A place in the source of a function.
    package struct Line: Hashable, Sendable {
        package let function: FunctionIndex
        /// From 1; `nil` without debug information.
        package let number: Int?

        package init(function: FunctionIndex, number: Int?) {
            self.function = function
            self.number = number
        }
    }

    /// Where an instruction is.
    package enum Position: Hashable, Sendable {
        /// In an object file, at the address that its symbols use.
        case object(MappingIndex, FileAddress)
        case kernel(MappingIndex, Address)
        /// In generated or unmapped code of the process.
        case process(Address)
        /// An interpreter runs it, or a file that holds names only doesn't say.
        case unknown
    }

    /// An instruction, and the lines of source that it belongs to.
    package struct Location: Hashable, Sendable {
        package let position: Position
        /// The innermost inlined function first, the function that is called last; never empty.
        package let lines: [Line]
    }

    /// A location called from its caller's stack.
    package struct Stack: Hashable, Sendable {
        /// `nil` for the outermost location.
        package let caller: Table<Stack>.Index?
        package let location: LocationIndex
    }

    /// A `ProfiledThread` in terms of the string table.
    package struct Thread: Hashable, Sendable {
        package let process: ProcessID?
        package let thread: ThreadID?
        package let name: StringIndex
        package let processName: StringIndex
    }

    /// What tells samples apart.
    struct SampleKey: Hashable, Sendable {
        let stack: StackIndex?
        let thread: ThreadIndex
        let truncation: StringIndex?
    }

    /// One stack of one thread, and its values.
    package struct Sample: Sendable {
        /// The innermost location; `nil` for a sample without any.
        package let stack: StackIndex?
        package let thread: ThreadIndex
        /// The `TruncationReason.label` of a stack without a root.
        package let truncation: StringIndex?
        /// One for each of the profile's `sampleTypes`; negative ones are in differences of profiles only.
        package let values: ArraySlice<Int64>
        /// When it was sampled, in nanoseconds since the recording's start; empty where that is not known.
        ///
        /// The count of a run is its share of the values: cutting a time out of a sample takes the same share of each.
        package let runs: SampleRuns
    }

    package internal(set) var metadata: ProfileMetadata
    package let sampleTypes: [SampleType]
    /// The position in `sampleTypes` of the type that is shown.
    package let shownType: Int
    package internal(set) var strings = Table<Spelling>()
    package internal(set) var mappings = Table<Mapping>()
    package internal(set) var functions = Table<Function>()
    package internal(set) var locations = Table<Location>()
    package internal(set) var stacks = Table<Stack>()
    package internal(set) var threads = Table<Thread>()
    var samplesByKey = Table<SampleKey>()
    /// The values of all samples, one after another.
    var values: [Int64] = []
    /// The runs of each sample.
    var runs: [SampleRuns] = []

    /// The samples, in the order in which their stacks were first added.
    package var samples: some RandomAccessCollection<Sample> {
        samplesByKey.rows.indices.lazy.map { position in
            let key = samplesByKey.rows[position]
            let start = position * sampleTypes.count
            return Sample(
                stack: key.stack, thread: key.thread, truncation: key.truncation,
                values: values[start..<start + sampleTypes.count], runs: runs[position])
        }
    }

    package var isEmpty: Bool { samplesByKey.rows.isEmpty }

    /// The type that is shown.
    package var shownSampleType: SampleType { sampleTypes[shownType] }

    /// The sum of the values of a type; `nil` where the profile has no such values.
    package func total(of type: SampleType) -> Int64? {
        sampleTypes.firstIndex(of: type).map { index in
            stride(from: index, to: values.count, by: sampleTypes.count).reduce(0) { $0 + values[$1] }
        }
    }

    /// The value of a sample that is shown.
    package func shownValue(of sample: Sample) -> Int64 { sample.values[sample.values.startIndex + shownType] }

    /// The locations of a stack, the innermost first.
    package func locations(of stack: StackIndex?) -> some Sequence<LocationIndex> {
        sequence(state: stack) { stack in
            guard let row = stack.map({ stacks[$0] }) else { return nil }
            stack = row.caller
            return row.location
        }
    }

    /// The text at an index of this profile's string table.
    package subscript(text index: StringIndex) -> String { strings[index].text }

    /// The thread at an index of this profile's thread table.
    package func thread(at index: ThreadIndex) -> ProfiledThread {
        let row = threads[index]
        return ProfiledThread(
            process: row.process, thread: row.thread, name: self[text: row.name],
            processName: self[text: row.processName])
    }
}

extension Profile.Position {
    /// The mapping that it is in; `nil` for code that is in none.
    package var mapping: Profile.MappingIndex? {
        switch self {
        case .object(let mapping, _), .kernel(let mapping, _): mapping
        case .process, .unknown: nil
        }
    }
}

/// The thread of a sample, as far as a profile says which one it was.
package struct ProfiledThread: Hashable, Sendable {
    package let process: ProcessID?
    package let thread: ThreadID?
    /// The thread's `comm`.
    package let name: String
    /// The `comm` of the process's main thread.
    package let processName: String

    package init(process: ProcessID?, thread: ThreadID?, name: String, processName: String) {
        self.process = process
        self.thread = thread
        self.name = name
        self.processName = processName
    }

    package init(_ thread: ThreadIdentity) {
        self.init(
            process: thread.process, thread: thread.thread, name: thread.name, processName: thread.processName)
    }
}
