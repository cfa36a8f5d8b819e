internal import ProfileModel

extension MappedRange {
    /// Bytes of one without a file or a name.
    static let smallestSize = 26

    func write(to writer: inout MessageWriter) {
        writer.put(start.rawValue)
        writer.put(end.rawValue)
        writer.put(UInt8(isReadable ? 4 : 0) | (isWritable ? 2 : 0) | (isExecutable ? 1 : 0) | (isShared ? 8 : 0))
        writer.put(fileOffset)
        switch content {
        case .file(let path, let object):
            writer.put(UInt8(0))
            writer.put(path)
            writer.put(object?.rawValue ?? 0)
        case .vdso(let object):
            writer.put(UInt8(1))
            writer.put(object?.rawValue ?? 0)
        case .stack: writer.put(UInt8(2))
        case .heap: writer.put(UInt8(3))
        case .anonymous: writer.put(UInt8(4))
        case .named(let name):
            writer.put(UInt8(5))
            writer.put(name)
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let start = Address(rawValue: try reader.integer())
        let end = Address(rawValue: try reader.integer())
        let permissions = try reader.integer(UInt8.self)
        guard start < end, permissions < 16 else { throw reader.invalid("range") }
        self.init(
            start: start, end: end, isReadable: permissions & 4 != 0, isWritable: permissions & 2 != 0,
            isExecutable: permissions & 1 != 0, isShared: permissions & 8 != 0, fileOffset: try reader.integer(),
            content: try Content(reading: &reader))
    }
}

extension MappedRange.Content {
    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        switch try reader.integer(UInt8.self) {
        case 0:
            self = .file(path: try reader.text("path", limit: MessageLimits.path), try Self.object(&reader))
        case 1: self = .vdso(try Self.object(&reader))
        case 2: self = .stack
        case 3: self = .heap
        case 4: self = .anonymous
        case 5: self = .named(try reader.text("name", limit: MessageLimits.path))
        default: throw reader.invalid("content")
        }
    }

    /// Object files are numbered from 1 on.
    private static func object(_ reader: inout MessageReader) throws(MessageError) -> ObjectID? {
        let number: UInt32 = try reader.integer()
        return number == 0 ? nil : ObjectID(rawValue: number)
    }
}

extension CodeLocation {
    func write(to writer: inout MessageWriter) {
        switch self {
        case .object(let object, let address):
            writer.put(UInt8(0))
            writer.put(object.rawValue)
            writer.put(address.rawValue)
        case .anonymous(let address):
            writer.put(UInt8(1))
            writer.put(address.rawValue)
        case .generated(let map, let code, let address):
            writer.put(UInt8(6))
            writer.put(map.rawValue)
            writer.put(code.rawValue)
            writer.put(address.rawValue)
        case .interpreted(let function, let line):
            writer.put(UInt8(7))
            writer.put(function.rawValue)
            writer.put(line)
        case .unmapped(let address):
            writer.put(UInt8(2))
            writer.put(address.rawValue)
        case .kernel(let address):
            writer.put(UInt8(3))
            writer.put(address.rawValue)
        case .kernelWorker: writer.put(UInt8(4))
        case .signalReturn(let address):
            writer.put(UInt8(5))
            writer.put(address.rawValue)
        }
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .object(ObjectID(rawValue: try reader.integer()), FileAddress(rawValue: try reader.integer()))
        case 1: self = .anonymous(Address(rawValue: try reader.integer()))
        case 2: self = .unmapped(Address(rawValue: try reader.integer()))
        case 3: self = .kernel(Address(rawValue: try reader.integer()))
        case 4: self = .kernelWorker
        case 5: self = .signalReturn(Address(rawValue: try reader.integer()))
        case 6:
            self = .generated(
                ObjectID(rawValue: try reader.integer()), GeneratedCodeID(rawValue: try reader.integer()),
                Address(rawValue: try reader.integer()))
        case 7:
            self = .interpreted(
                InterpretedFunctionID(rawValue: try reader.integer()), line: try reader.optionalInteger("line"))
        default: throw reader.invalid("location")
        }
    }
}

extension RawStack {
    func write(to writer: inout MessageWriter) {
        writer.list(frames) { writer, frame in
            switch frame.address {
            case .programCounter(let address):
                writer.put(UInt8(0))
                writer.put(address.rawValue)
            case .returnAddress(let address):
                writer.put(UInt8(1))
                writer.put(address.rawValue)
            }
            frame.location.write(to: &writer)
        }
        ending.write(to: &writer)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let frames = try reader.list("frames", limit: MessageLimits.list, size: 18) { (reader) throws(MessageError) in
            let kind: UInt8 = try reader.integer()
            let value = Address(rawValue: try reader.integer())
            guard kind < 2 else { throw reader.invalid("frame") }
            return RawFrame(
                address: kind == 0 ? .programCounter(value) : .returnAddress(value),
                location: try CodeLocation(reading: &reader))
        }
        self.init(frames: frames, ending: try StackEnding(reading: &reader))
    }
}

extension StackEnding {
    fileprivate func write(to writer: inout MessageWriter) {
        switch self {
        case .rootReached: writer.put(UInt8(0))
        case .truncated(let reason):
            let (kind, value) = reason.coded
            writer.put(kind)
            writer.put(value)
        }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let kind: UInt8 = try reader.integer()
        guard kind != 0 else {
            self = .rootReached
            return
        }
        let value: UInt64 = try reader.integer()
        guard let reason = TruncationReason(kind: kind, value: value) else { throw reader.invalid("ending") }
        self = .truncated(reason)
    }
}

extension TruncationReason {
    fileprivate var coded: (kind: UInt8, value: UInt64) {
        switch self {
        case .frameLimit(let limit): (1, UInt64(clamping: limit))
        case .beyondCopiedStack(let address): (2, address.rawValue)
        case .unreadableMemory(let address): (3, address.rawValue)
        case .noUnwindInformation(let address): (4, address.rawValue)
        case .unknownRegister(let address): (5, address.rawValue)
        case .implausibleReturnAddress(let address): (6, address.rawValue)
        case .stackNotAscending(let address): (7, address.rawValue)
        case .codeChanged(let address): (8, address.rawValue)
        case .unsupportedUnwindInformation(let address): (9, address.rawValue)
        case .parsingBudgetExhausted(let address): (10, address.rawValue)
        case .workLimit(let address): (11, address.rawValue)
        case .otherStackNotCopied(let address): (12, address.rawValue)
        }
    }

    fileprivate init?(kind: UInt8, value: UInt64) {
        let address = Address(rawValue: value)
        switch kind {
        case 1: self = .frameLimit(Int(clamping: value))
        case 2: self = .beyondCopiedStack(address)
        case 3: self = .unreadableMemory(address)
        case 4: self = .noUnwindInformation(address)
        case 5: self = .unknownRegister(at: address)
        case 6: self = .implausibleReturnAddress(address)
        case 7: self = .stackNotAscending(address)
        case 8: self = .codeChanged(address)
        case 9: self = .unsupportedUnwindInformation(address)
        case 10: self = .parsingBudgetExhausted(address)
        case 11: self = .workLimit(address)
        case 12: self = .otherStackNotCopied(address)
        default: return nil
        }
    }
}

extension Frame {
    /// The bytes of its texts.
    package var textSize: Int {
        name.utf8.count + (systemName?.utf8.count ?? 0) + (object?.utf8.count ?? 0) + (source?.file.utf8.count ?? 0)
    }

    func write(to writer: inout MessageWriter) {
        writer.put(name)
        writer.put(systemName)
        writer.put(kind.rawValue)
        writer.put(object)
        writer.put(source != nil)
        source?.write(to: &writer)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        let name = try reader.text("name", limit: MessageLimits.name)
        let systemName = try reader.optionalText("system name", limit: MessageLimits.name)
        guard let kind = FrameKind(rawValue: try reader.text("kind", limit: 16)) else { throw reader.invalid("kind") }
        let object = try reader.optionalText("object", limit: MessageLimits.path)
        let source = try reader.flag("source") ? try SourcePosition(reading: &reader) : nil
        self.init(name: name, systemName: systemName, kind: kind, object: object, source: source)
    }
}

extension SourcePosition {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.put(file)
        writer.put(UInt32(clamping: line))
        writer.put(functionLine.map { UInt32(clamping: $0) })
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let file = try reader.text("file", limit: MessageLimits.path)
        let line = Int(try reader.integer(UInt32.self))
        let functionLine = try reader.optionalInteger("function line").map(Int.init)
        self.init(file: file, line: line, functionLine: functionLine)
    }
}

extension CodeSegment {
    func write(to writer: inout MessageWriter) {
        writer.put(start.rawValue)
        writer.put(limit.rawValue)
        writer.put(fileOffset)
    }

    init(reading reader: inout MessageReader) throws(MessageError) {
        self.init(
            start: FileAddress(rawValue: try reader.integer()), limit: FileAddress(rawValue: try reader.integer()),
            fileOffset: try reader.integer())
    }
}
