import ProfileModel
import Profiles

/// What names alone say, in formats that hold no more.
enum NamesInFiles {
    /// The path of the mapping of the kernel's own code.
    static let kernelPath = "[kernel]"
    /// The path that stands for code that a runtime generated.
    static let jitPath = "[jit]"

    /// Whether a function's name stands for code without one: `[unknown]`, `[libfoo.so+0x1234]` or `0x1234`.
    static func isUnknown(_ name: String) -> Bool {
        if name == "[unknown]" || isHexadecimal(name.utf8[...]) { return true }
        return offset(in: name) != nil
    }

    /// The object and the address of `[libfoo.so+0x1234]`; `nil` for another name.
    static func offset(in name: String) -> (object: String, address: FileAddress)? {
        guard name.hasPrefix("["), name.hasSuffix("]") else { return nil }
        let inner = name.utf8.dropFirst().dropLast()
        guard let plus = inner.lastIndex(of: UInt8(ascii: "+")), plus > inner.startIndex else { return nil }
        let digits = inner[inner.index(after: plus)...]
        guard isHexadecimal(digits), let address = UInt64(String(Substring(digits.dropFirst(2))), radix: 16) else {
            return nil
        }
        return (String(Substring(inner[..<plus])), FileAddress(rawValue: address))
    }

    /// The reason in a row such as `[truncated: frame_limit]`; `nil` for another name.
    static func truncation(in name: String) -> String? {
        let (start, end) = ("[truncated: ", "]")
        guard name.hasPrefix(start), name.hasSuffix(end), name.utf8.count > start.utf8.count + 1 else { return nil }
        return String(name.dropFirst(start.count).dropLast())
    }

    /// Whether a mapping is the kernel's: `[kernel]`, `[kernel.kallsyms]`, or `[` and a module and `]`.
    static func isKernel(mapping path: String) -> Bool {
        guard path.hasPrefix("["), path.hasSuffix("]") else { return false }
        let name = path.dropFirst().dropLast()
        let others: Set<Substring> = [
            "vdso", "vsyscall", "heap", "stack", "unknown", "jit", "python", "anonymous", "uprobes",
        ]
        return !name.isEmpty && !others.contains(name) && !name.hasPrefix("anon") && !name.hasPrefix("stack")
    }

    /// Whether a mapping is code that a runtime generated and named in a perf map.
    static func isJIT(mapping path: String) -> Bool {
        if path == jitPath { return true }
        let name = path.split(separator: "/").last ?? ""
        return name.hasPrefix("perf-") && name.hasSuffix(".map")
    }

    /// Whether a mapping stands for code that is in no object file.
    static func isPlaceholder(mapping path: String) -> Bool { isJIT(mapping: path) || path == PythonNames.mappingPath }

    /// The kind of a function by its name and its mapping.
    static func kind(of name: String, in mapping: String?) -> FrameKind {
        if isUnknown(name) { return .unknown }
        guard let mapping else { return .native }
        if isJIT(mapping: mapping) { return .jit }
        if mapping == PythonNames.mappingPath { return .python }
        return isKernel(mapping: mapping) ? .kernel : .native
    }

    /// The thread that `comm-PID/TID` stands for; another text is the name of one without numbers.
    static func thread(_ text: String) -> ProfiledThread {
        let bytes = Array(text.utf8)[...]
        guard let (front, thread) = bytes.splitAtLast(UInt8(ascii: "/")), let threadID = number(thread),
            let (name, process) = front.splitAtLast(UInt8(ascii: "-")), let processID = number(process)
        else { return ProfiledThread(process: nil, thread: nil, name: text, processName: text) }
        return ProfiledThread(
            process: ProcessID(rawValue: processID), thread: ThreadID(rawValue: threadID), name: name.text,
            processName: name.text)
    }

    /// The process that `comm-PID` stands for; `nil` for another text.
    static func process(_ text: String) -> ProfiledThread? {
        guard let (name, process) = Array(text.utf8)[...].splitAtLast(UInt8(ascii: "-")), let id = number(process)
        else { return nil }
        return ProfiledThread(process: ProcessID(rawValue: id), thread: nil, name: name.text, processName: name.text)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        digits.first == UInt8(ascii: "0") && digits.count > 1 ? nil : digits.decimal.flatMap { Int32(exactly: $0) }
    }

    private static func isHexadecimal(_ text: some Collection<UInt8>) -> Bool {
        guard text.starts(with: "0x".utf8), text.count > 2, text.count <= 18 else { return false }
        return text.dropFirst(2).allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
        }
    }
}
